using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>
/// What the debug information itself says of a parameter at a function's first instruction, as <c>llvm-dwarfdump</c> decodes it: the judge when
/// perf and the program under test differ, and independent of both.
/// </summary>
/// <param name="AtEntry">The expression that covers the entry, or the constant; null when none does.</param>
/// <param name="IsWholeFunction">One expression without ranges: it says nothing about when the place is filled.</param>
/// <param name="FirstRangeStart">Bytes from the entry to where the earliest range starts, when it starts later.</param>
/// <param name="FirstRange">The expression of that earliest range.</param>
public sealed partial record DwarfEvidence(string? AtEntry, bool IsWholeFunction, long? FirstRangeStart, string? FirstRange, bool IsConstant)
{
    /// <summary>Whose registers the expressions mean.</summary>
    public DwarfMachine Machine { get; init; } = DwarfMachine.X86;

    /// <summary>The fetch that this place is at a function's entry; null when a fetch argument cannot say it.</summary>
    public string? Fetch => AtEntry is { } expression ? FetchOf(expression) : null;

    /// <summary>The same inside a function; null also where it counts from the frame, for only at an entry is that a fixed distance from the stack pointer.</summary>
    public string? FetchInside => AtEntry?.Contains("DW_OP_fbreg", StringComparison.Ordinal) == true ? null : Fetch;

    /// <summary>DW_OP_bregN K; DW_OP_stack_value: the value is register + K, and no memory holds it.</summary>
    public (string Register, long Offset)? Computed
        => AtEntry is not null && ComputedForm().Match(AtEntry) is { Success: true } m ? (Register(m), Offset(m)) : null;

    /// <summary>DW_OP_addr A; DW_OP_stack_value: the value is an address in the image.</summary>
    public ulong? ConstantAddress => AtEntry is not null && AddressForm().Match(AtEntry) is { Success: true } m
        ? ulong.Parse(m.Groups["address"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null;

    /// <summary>The value is made by more than an addition (DW_OP_and, …; DW_OP_stack_value): no memory holds it, and no fetch argument says it.</summary>
    public bool IsComplex => Fetch is null && Computed is null && ConstantAddress is null && AtEntry?.EndsWith("DW_OP_stack_value", StringComparison.Ordinal) == true;

    /// <summary>The copy has another DIE of the name in front, of the parameter as it was passed before a constant replaced it (-fipa-cp).</summary>
    public bool IsReplacement { get; init; }

    public bool IsInPieces => AtEntry?.Contains("DW_OP_piece", StringComparison.Ordinal) == true;

    /// <summary>A single DW_OP_regN, DW_OP_fbreg, DW_OP_bregN, or a constant however it is encoded.</summary>
    private string? FetchOf(string expression)
    {
        if (IsConstant)
        {
            return $"\\{expression}";
        }

        if (RegisterForm().Match(expression) is { Success: true } register)
        {
            return Register(register);
        }

        // The frame base is DW_OP_call_frame_cfa.
        if (FrameForm().Match(expression) is { Success: true } frame)
        {
            return Memory("%sp", Offset(frame) + Machine.CfaAtEntry);
        }

        if (MemoryForm().Match(expression) is { Success: true } memory)
        {
            return Memory(Register(memory), Offset(memory));
        }

        if (LiteralForm().Match(expression) is { Success: true } literal)
        {
            string digits = literal.Groups["value"].Value;
            Int128 value = digits.StartsWith("0x", StringComparison.Ordinal)
                ? Int128.Parse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : Int128.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            return $"\\{unchecked((long)(ulong)value)}";
        }

        return Computed is (string at, 0) ? at : null;
    }

    private static string Memory(string register, long offset) => string.Create(CultureInfo.InvariantCulture, $"{(offset < 0 ? "" : "+")}{offset}({register})");

    private string Register(Match match) => "%" + Machine.Registers[int.Parse(match.Groups["register"].Value, CultureInfo.InvariantCulture)];

    private static long Offset(Match match) => long.Parse(match.Groups["offset"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^DW_OP_reg(?<register>\d+) \w+$")]
    private static partial Regex RegisterForm();

    [GeneratedRegex(@"^DW_OP_fbreg (?<offset>[+-]\d+)$")]
    private static partial Regex FrameForm();

    [GeneratedRegex(@"^DW_OP_breg(?<register>\d+) \w+(?<offset>[+-]\d+)$")]
    private static partial Regex MemoryForm();

    [GeneratedRegex(@"^DW_OP_breg(?<register>\d+) \w+(?<offset>[+-]\d+), DW_OP_stack_value$")]
    private static partial Regex ComputedForm();

    [GeneratedRegex(@"^DW_OP_addr 0x(?<address>[0-9a-f]+), DW_OP_stack_value$")]
    private static partial Regex AddressForm();

    [GeneratedRegex(@"^DW_OP_(lit|const[1248][us] |constu |consts )(?<value>[+-]?(0x[0-9a-f]+|\d+)), DW_OP_stack_value$")]
    private static partial Regex LiteralForm();
}

/// <summary>What a machine's psABI says of DWARF's numbers, spelled as its kernel's <c>regs_query_register_offset</c> takes registers.</summary>
/// <param name="CfaAtEntry">Bytes from the stack pointer to the canonical frame address at the first instruction.</param>
public sealed record DwarfMachine(string[] Registers, long CfaAtEntry)
{
    /// <summary>psABI figure 3.36. The return address lies between stack pointer and CFA.</summary>
    public static DwarfMachine X86 { get; } = new(["ax", "dx", "cx", "bx", "si", "di", "bp", "sp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"], 8);

    /// <summary>AADWARF64 §4.1.</summary>
    public static DwarfMachine Arm64 { get; } = new([.. Enumerable.Range(0, 31).Select(n => $"x{n}"), "sp"], 0);
}
