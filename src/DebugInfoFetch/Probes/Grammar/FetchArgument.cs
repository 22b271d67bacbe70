namespace DebugInfoFetch.Probes.Grammar;

/// <summary>
/// ARG: <c>NAME=FETCH[:TYPE]</c>. The name is always written: unnamed arguments mean other things on newer kernels (KPROBES.md §1.4).
/// </summary>
public sealed record FetchArgument
{
    /// <summary>MAX_ARGSTR_LEN (kernel/trace/trace_probe.h): characters behind <c>=</c>, the type included.</summary>
    public const int MaxLength = 63;

    /// <param name="type">Null leaves it to the kernel's default, <c>x64</c> (<c>x32</c> on 32-bit machines).</param>
    /// <exception cref="ArgumentException">A name that the kernel would not take.</exception>
    public FetchArgument(string name, FetchExpression expression, FetchType? type)
    {
        if (!KernelIdentifier.IsArgument(name)) { throw new ArgumentException($"not an argument name: {name}", nameof(name)); }
        Name = name;
        Expression = expression;
        Type = type;
    }

    public string Name { get; }
    public FetchExpression Expression { get; }
    public FetchType? Type { get; }

    /// <summary>Without <c>NAME=</c>: what the kernel's limit counts.</summary>
    public string Fetch => Type is null ? Expression.Render() : $"{Expression.Render()}:{Type.Render()}";

    public override string ToString() => $"{Name}={Fetch}";
}
