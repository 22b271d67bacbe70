using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>
/// What a definition can use only from some kernel on: the one table of versions (KPROBES.md §1.7). Versions are mainline's; vendors
/// backport, so a refusal says which version it counts from.
/// </summary>
/// <param name="What">As a message names it.</param>
/// <param name="Since">First mainline release.</param>
/// <param name="Source">Commit or tag that brought it.</param>
public sealed record KernelFeature(string What, Version Since, string Source)
{
    private const string Unverified = "KPROBES.md §1.7, not traced to a commit";

    public static KernelFeature Hexadecimal { get; } = new("types x8 to x64", new Version(4, 9), Unverified);
    public static KernelFeature CommandName { get; } = new("$comm", new Version(4, 8), Unverified);
    public static KernelFeature Array { get; } = new("arrays of a fetch type", new Version(4, 20), "40b53b771806");
    public static KernelFeature Symbol { get; } = new("type symbol", new Version(4, 20), "60c2e0cebfd0");
    public static KernelFeature UserMemory { get; } = new("type ustring and +uOFFSET()", new Version(5, 3), Unverified);
    public static KernelFeature Immediate { get; } = new("immediates (\\NUMBER)", new Version(5, 4), "trace-v5.4");
    public static KernelFeature SymbolText { get; } = new("type symstr", new Version(6, 2), "b26a124cbfa8");
    public static KernelFeature Character { get; } = new("type char", new Version(6, 3), "probes-v6.3");
    public static KernelFeature FileName { get; } = new("types %pd and %pD", new Version(6, 10), Unverified);

    /// <summary>The first thing in a line that a kernel lacks; null when it has all of them.</summary>
    public static KernelFeature? Missing(DefinitionLine line, Version kernel)
        => line.Arguments.SelectMany(a => Needs(a.Expression).Concat(Needs(a.Type))).FirstOrDefault(f => kernel < f.Since);

    private static IEnumerable<KernelFeature> Needs(FetchExpression expression) => expression switch
    {
        FetchExpression.Immediate => [Immediate],
        FetchExpression.CommandName => [CommandName],
        FetchExpression.Dereference dereference => dereference.FromUser
            ? [UserMemory, .. Needs(dereference.Base)]
            : Needs(dereference.Base),
        _ => [],
    };

    private static KernelFeature[] Needs(FetchType? type) => type switch
    {
        FetchType.Integer integer => [.. integer.Sign == 'x' ? [Hexadecimal] : Nothing, .. integer.Count is null ? Nothing : [Array]],
        FetchType.Text text => [.. text.FromUser ? [UserMemory] : Nothing, .. text.Count is null ? Nothing : [Array]],
        FetchType.Character => [Character],
        FetchType.SymbolName => [Symbol],
        FetchType.SymbolText => [SymbolText],
        FetchType.FileName => [FileName],
        _ => Nothing,
    };

    private static KernelFeature[] Nothing => [];
}
