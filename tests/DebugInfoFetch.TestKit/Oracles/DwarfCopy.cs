using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>A function's DIE in <c>llvm-dwarfdump --name=F --show-children --recurse-depth=1</c>'s text (checked with 14).</summary>
/// <param name="Entry">Where this out-of-line copy starts; null for an abstract instance.</param>
/// <param name="DeclaredAt">File and line, where this DIE has them: a concrete copy's stand in its abstract instance.</param>
/// <param name="IsInlined">A DW_TAG_inlined_subroutine: a copy in another function's code, which starts at DW_AT_entry_pc.</param>
internal sealed partial record DwarfCopy(string Name, ulong? Entry, string? DeclaredAt, IReadOnlyDictionary<string, DwarfEvidence> Parameters, bool IsInlined = false)
{
    /// <summary>The same at another address than the entry.</summary>
    public required Func<ulong, IReadOnlyDictionary<string, DwarfEvidence>> ParametersAt { get; init; }

    /// <summary>In the order of the DIEs.</summary>
    public string[] ParameterNames { get; private init; } = [];

    public static IEnumerable<DwarfCopy> Parse(IEnumerable<string> lines)
    {
        Die? function = null;
        Die? current = null;
        List<Die> parameters = [];
        foreach (string line in lines)
        {
            if (DieLine().Match(line) is { Success: true } start)
            {
                current = new Die(start.Groups["tag"].Value);
                // What matched is printed without indentation, its children below it. Members and variables of that name match as well.
                if (start.Groups["indent"].Length == 1)
                {
                    if (Finish(function, parameters) is { } copy)
                    {
                        yield return copy;
                    }

                    (function, parameters) = (current.Tag is "subprogram" or "inlined_subroutine" ? current : null, []);
                }
                else if (current.Tag == "formal_parameter" && function is not null)
                {
                    parameters.Add(current);
                }
            }
            else if (AttributeLine().Match(line) is { Success: true } attribute && current is not null)
            {
                current.Attributes[attribute.Groups["name"].Value] = attribute.Groups["value"].Value;
                current.Last = attribute.Groups["name"].Value;
            }
            else if (RangeLine().Match(line) is { Success: true } range && current is not null)
            {
                current.Ranges.Add((current.Last, Hex(range.Groups["low"]), Hex(range.Groups["high"]), range.Groups["expression"].Value));
            }
        }

        if (Finish(function, parameters) is { } last)
        {
            yield return last;
        }
    }

    private static DwarfCopy? Finish(Die? function, List<Die> parameters)
    {
        // A prototype (DW_AT_declaration) defines nothing.
        if (function?.Name is not { } name || function.Attributes.ContainsKey("declaration"))
        {
            return null;
        }

        Die[][] named = [.. parameters.Where(p => p.Name is not null && function.Entry is not null).GroupBy(p => p.Name).Select(same => same.ToArray())];
        Dictionary<string, DwarfEvidence> At(ulong pc) => named.ToDictionary(same => same[0].Name!, same => Evidence(same, pc));

        // What gcc has replaced a clone's parameter with is a second DIE of the name.
        static DwarfEvidence Evidence(Die[] same, ulong pc)
        {
            DwarfEvidence first = same[0].EvidenceAt(pc), last = same[^1].EvidenceAt(pc);
            return same.Length > 1 && last.ConstantAddress is not null ? last with { IsReplacement = true } : first;
        }

        string? declaredAt = function.Attributes.GetValueOrDefault("decl_file") is { } file ? $"{file}:{function.Attributes.GetValueOrDefault("decl_line")}" : null;
        return new DwarfCopy(name, function.Entry, declaredAt, At(function.Entry ?? 0), function.Tag == "inlined_subroutine")
        {
            ParametersAt = At,
            ParameterNames = [.. parameters.Select(parameter => parameter.Name ?? "")],
        };
    }

    private static ulong Hex(Group group) => ulong.Parse(group.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed class Die(string tag)
    {
        public string Tag => tag;
        public string Last { get; set; } = "";
        public Dictionary<string, string> Attributes { get; } = [];
        public List<(string Attribute, ulong Low, ulong High, string Expression)> Ranges { get; } = [];

        public string? Name => (Attributes.GetValueOrDefault("name") ?? Attributes.GetValueOrDefault("abstract_origin")) is { } text && Quoted().Match(text) is { Success: true } m
            ? m.Groups["text"].Value : null;

        /// <summary>DW_AT_entry_pc, DW_AT_low_pc, or the first of DW_AT_ranges: with a cold part split off, the entry's range comes first.</summary>
        public ulong? Entry
        {
            get
            {
                if ((Attributes.GetValueOrDefault("entry_pc") ?? Attributes.GetValueOrDefault("low_pc")) is { } low)
                {
                    return ulong.Parse(low.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                }

                return Ranges.FirstOrDefault(r => r.Attribute == "ranges") is { High: > 0 } range ? range.Low : null;
            }
        }

        public DwarfEvidence EvidenceAt(ulong entry)
        {
            if (Attributes.GetValueOrDefault("const_value") is { } constant)
            {
                string digits = constant.StartsWith("0x", StringComparison.Ordinal)
                    ? unchecked((long)ulong.Parse(constant.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)
                    : constant;
                return new DwarfEvidence(digits, false, null, null, IsConstant: true);
            }

            List<(string Attribute, ulong Low, ulong High, string Expression)> list = [.. Ranges.Where(r => r.Attribute == "location")];
            if (list.FirstOrDefault(r => r.Low <= entry && entry < r.High) is { Expression: { } covering })
            {
                return new DwarfEvidence(covering, false, null, null, false);
            }

            if (list.Count > 0)
            {
                (_, ulong low, _, string expression) = list.MinBy(r => r.Low);
                return new DwarfEvidence(null, false, (long)(low - entry), expression, false);
            }

            string? whole = Attributes.GetValueOrDefault("location");
            return new DwarfEvidence(whole, whole is not null, null, null, false);
        }
    }

    [GeneratedRegex(@"^0x[0-9a-f]+:(?<indent> +)DW_TAG_(?<tag>\w+)$")]
    private static partial Regex DieLine();

    /// <summary>A location list's value opens with its offset and goes on over the next lines.</summary>
    [GeneratedRegex(@"^ +DW_AT_(?<name>\w+)\t\((?<value>.*?)\)?$")]
    private static partial Regex AttributeLine();

    [GeneratedRegex(@"^ +\[0x(?<low>[0-9a-f]+), 0x(?<high>[0-9a-f]+)\)(?:(?: ""[^""]*"")?: (?<expression>.*?))?\)?$")]
    private static partial Regex RangeLine();

    [GeneratedRegex("\"(?<text>[^\"]*)\"")]
    private static partial Regex Quoted();
}
