using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>One line for <c>kprobe_events</c> and what it was made from.</summary>
public sealed record ProbeDefinition
{
    public required ProbeEvent Event { get; init; }
    public required ProbePoint Point { get; init; }
    public IReadOnlyList<ProbeArgument> Arguments { get; init; } = [];
    /// <summary>Of a return: calls under way at once that are not missed; null leaves it to the kernel.</summary>
    public int? MaxActive { get; init; }
    /// <summary>The module whose code is probed; <c>vmlinux</c> for the kernel itself.</summary>
    public required string Module { get; init; }
    /// <summary>The symbol's real name, suffixes included; null when the symbol table has none there.</summary>
    public string? Symbol { get; init; }
    /// <summary>The function of the source; null for assembly and whatever else has no debug information.</summary>
    public FunctionInfo? Function { get; init; }

    /// <summary>The bare line: <c>p:GROUP/EVENT PLACE ARGS</c>.</summary>
    public string ToDefinition() => ToLine().ToString();

    /// <summary>A command for a root shell (POSIX sh) that appends the line to <c>kprobe_events</c>.</summary>
    public string ToEcho() => ToLine().ToShellCommand();

    public DefinitionLine ToLine() => new(Event, Point, [.. Arguments.Select(a => a.Fetch)], MaxActive);
}

/// <summary>A fetch argument and what it stands for.</summary>
/// <param name="Source">The expression as asked for: <c>block_group-&gt;length</c>.</param>
/// <param name="CType">The C type of what is read; empty for registers, stack words and the like.</param>
/// <param name="EffectiveType">The fetch type that the kernel applies, also where the line leaves it out: <c>x64</c>.</param>
public sealed record ProbeArgument(FetchArgument Fetch, string Source, string CType, string EffectiveType)
{
    public string Name => Fetch.Name;
}
