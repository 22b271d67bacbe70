using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>
/// What of <see cref="KernelFeature"/>'s table one kernel has: by its version, or, because vendors backport, by the word of its own tracefs
/// <c>README</c>, which wins.
/// </summary>
public sealed class KernelRules
{
    /// <summary>The first words of every such README (kernel/trace/trace.c, readme_msg).</summary>
    private const string Title = "tracing mini-HOWTO:";

    private readonly Version _version;
    private readonly string? _readme;

    private KernelRules(Version version, string? readme) => (_version, _readme) = (version, readme);

    public static KernelRules Of(KernelInfo kernel) => new(kernel.KernelVersion, null);

    /// <param name="readme">Text of <c>/sys/kernel/tracing/README</c> on the kernel.</param>
    /// <exception cref="FormatException">The text is no such README; the message says what is.</exception>
    public static KernelRules Of(KernelInfo kernel, string readme)
        => readme.StartsWith(Title, StringComparison.Ordinal)
            ? new KernelRules(kernel.KernelVersion, readme)
            : throw new FormatException($"not a tracefs README, which begins with \"{Title}\"; on the kernel: cat /sys/kernel/tracing/README");

    public bool Has(KernelFeature feature)
        => _readme is not null && feature.Mark is { } mark ? mark.IsMatch(_readme) : _version >= feature.Since;

    /// <summary>Why not, as the end of a sentence.</summary>
    public string WhyNot(KernelFeature feature) => _readme is not null && feature.Mark is not null
        ? $"{feature.What}: the kernel's README does not know that"
        : $"{feature.What} came with Linux {feature.Since}, and this kernel is {_version}";

    /// <summary>The first thing in a line that the kernel lacks; null when it has all of them.</summary>
    public KernelFeature? Missing(DefinitionLine line) => KernelFeature.Needs(line).FirstOrDefault(f => !Has(f));

    /// <summary>The same of one expression, whatever its type: types can be said <see cref="Instead"/>.</summary>
    public KernelFeature? Missing(FetchExpression expression) => KernelFeature.Needs(expression).FirstOrDefault(f => !Has(f));

    /// <summary>
    /// A type that the kernel has and that prints the same in other words, or itself. Not among them is what reads other memory: <c>ustring</c>
    /// stays and is refused.
    /// </summary>
    public FetchType? Instead(FetchType? type) => type switch
    {
        // Before x8..x64 there were only u8..u64 beside the signed ones, and they were printed in hex (17ce3dc7e5a0).
        FetchType.Integer { Sign: 'x' } hex when !Has(KernelFeature.Hexadecimal) => hex with { Sign = 'u' },
        FetchType.Character character when !Has(KernelFeature.Character) => Instead(new FetchType.Integer('x', 8, character.Count)),
        FetchType.SymbolText when !Has(KernelFeature.SymbolText) => Instead(new FetchType.SymbolName()),
        FetchType.SymbolName { Count: null } when !Has(KernelFeature.Symbol) => null,
        _ => type,
    };
}
