using System.Text.RegularExpressions;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>
/// What a definition can use only from some kernel on: the one table of it (KPROBES.md §1.7). <see cref="KernelRules"/> applies it to a kernel;
/// limits that all kernels share are in <see cref="LineLimits"/>.
/// </summary>
/// <param name="What">As a message names it.</param>
/// <param name="Since">First mainline release.</param>
/// <param name="Source">The commit that brought it.</param>
/// <param name="Mark">What kernel/trace/trace.c's readme_msg says where the kernel has it; null where it says nothing of it.</param>
public sealed partial record KernelFeature(string What, Version Since, string Source, Regex? Mark)
{
    public static KernelFeature CommandName { get; } = new("$comm", new Version(4, 8), "35abb67de744", CommandNameMark());
    public static KernelFeature Hexadecimal { get; } = new("types x8 to x64", new Version(4, 9), "17ce3dc7e5a0", HexadecimalMark());
    public static KernelFeature MaxActive { get; } = new("a number of calls behind r (MAXACTIVE)", new Version(4, 12), "696ced4fb1d7", MaxActiveMark());
    public static KernelFeature DigitModule { get; } = new("modules whose names begin with a digit", new Version(4, 13), "9e52b3256712", null);
    public static KernelFeature Array { get; } = new("arrays of a fetch type", new Version(4, 20), "40b53b771806", ArrayMark());
    public static KernelFeature Symbol { get; } = new("type symbol", new Version(4, 20), "60c2e0cebfd0", SymbolMark());
    public static KernelFeature UserText { get; } = new("type ustring", new Version(5, 3), "88903c464321", UserTextMark());
    public static KernelFeature Immediate { get; } = new("immediates (\\NUMBER)", new Version(5, 4), "a42e3c4de964", ImmediateMark());
    public static KernelFeature SymbolText { get; } = new("type symstr", new Version(6, 2), "b26a124cbfa8", SymbolTextMark());
    public static KernelFeature Character { get; } = new("type char", new Version(6, 3), "8478cca1e3ab", CharacterMark());
    public static KernelFeature EntryAtReturn { get; } = new("arguments of the call at its return", new Version(6, 9), "25f00e40ce79", EntryAtReturnMark());
    public static KernelFeature FileName { get; } = new("types %pd and %pD", new Version(6, 10), "d9b15224dd8f", FileNameMark());

    /// <summary>The table, by age.</summary>
    public static IReadOnlyList<KernelFeature> All { get; } =
    [
        CommandName, Hexadecimal, MaxActive, DigitModule, Array, Symbol, UserText, Immediate, SymbolText, Character, EntryAtReturn, FileName,
    ];

    /// <summary>What a line needs of the kernel.</summary>
    public static IEnumerable<KernelFeature> Needs(DefinitionLine line) =>
    [
        .. line.MaxActive is null ? Nothing : [MaxActive],
        .. line.Point.Module is { } module && char.IsAsciiDigit(module[0]) ? [DigitModule] : Nothing,
        .. line.Arguments.SelectMany(a => Needs(a.Expression).Concat(Needs(a.Type))),
    ];

    /// <summary>What an expression needs, whatever its type.</summary>
    public static IReadOnlyList<KernelFeature> Needs(FetchExpression expression) => expression switch
    {
        FetchExpression.Immediate => [Immediate],
        FetchExpression.CommandName => [CommandName],
        FetchExpression.EntryArgument => [EntryAtReturn],
        FetchExpression.Dereference dereference => Needs(dereference.Base),
        _ => Nothing,
    };

    private static KernelFeature[] Needs(FetchType? type) => type switch
    {
        FetchType.Integer integer => [.. integer.Sign == 'x' ? [Hexadecimal] : Nothing, .. integer.Count is null ? Nothing : [Array]],
        FetchType.Text text => [.. text.FromUser ? [UserText] : Nothing, .. text.Count is null ? Nothing : [Array]],
        FetchType.Character character => [Character, .. character.Count is null ? Nothing : [Array]],
        FetchType.SymbolName symbol => [Symbol, .. symbol.Count is null ? Nothing : [Array]],
        FetchType.SymbolText => [SymbolText],
        FetchType.FileName => [FileName],
        _ => Nothing,
    };

    private static KernelFeature[] Nothing => [];

    [GeneratedRegex(@"^\s+\$stack<index>,.*\$comm\b", RegexOptions.Multiline)]
    private static partial Regex CommandNameMark();

    [GeneratedRegex(@"^\s+type:.*\bx8/16/32/64\b", RegexOptions.Multiline)]
    private static partial Regex HexadecimalMark();

    [GeneratedRegex(@"^\s+r\[maxactive\]", RegexOptions.Multiline)]
    private static partial Regex MaxActiveMark();

    [GeneratedRegex(@"<type>\\\[<array-size>\\\]")]
    private static partial Regex ArrayMark();

    // Types stand behind "type:" and on the lines that go on from it, which begin with one of these three.
    [GeneratedRegex(@"^\s+(?:type:|b<bit-width>|symstr|ustring)(?:.*[ ,\t])?symbol(?:,|$)", RegexOptions.Multiline)]
    private static partial Regex SymbolMark();

    [GeneratedRegex(@"\bustring\b")]
    private static partial Regex UserTextMark();

    [GeneratedRegex(@"\\imm-value")]
    private static partial Regex ImmediateMark();

    [GeneratedRegex(@"\bsymstr\b")]
    private static partial Regex SymbolTextMark();

    [GeneratedRegex(@"^\s+type:.*\bchar\b", RegexOptions.Multiline)]
    private static partial Regex CharacterMark();

    [GeneratedRegex(@"^\s+kernel return probes support:.*\$arg<N>", RegexOptions.Multiline)]
    private static partial Regex EntryAtReturnMark();

    [GeneratedRegex(@"%pd/%pD")]
    private static partial Regex FileNameMark();
}
