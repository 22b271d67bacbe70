using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What binutils' readelf says of a debug file's symbols and of where the kernel can place a probe. Asked once a file.</summary>
public sealed partial class ElfSymbols
{
    private readonly string _file;
    private readonly string _path;
    private readonly Dictionary<string, List<ulong>> _addresses = [];
    private readonly Lazy<HashSet<(string Section, ulong Address)>> _ftraceSites;

    public ElfSymbols(string file, string path)
    {
        (_file, _path) = (file, path);
        Dictionary<string, string> sections = ToolRun.Run("readelf", ["-SW", path]).OrThrow().Lines.Select(l => SectionLine().Match(l)).Where(m => m.Success)
            .ToDictionary(m => m.Groups["index"].Value, m => m.Groups["name"].Value);
        List<FunctionSymbol> code = [];
        foreach (Match match in ToolRun.Run("readelf", ["-sW", path]).OrThrow().Lines.Select(l => SymbolLine().Match(l)).Where(m => m.Success))
        {
            (string name, ulong address) = (match.Groups["name"].Value, Hex(match.Groups["address"].Value));
            (_addresses.TryGetValue(name, out List<ulong>? known) ? known : _addresses[name] = []).Add(address);
            FunctionSymbol symbol = new(file, name, sections.GetValueOrDefault(match.Groups["section"].Value, ""), address, Size(match.Groups["size"].Value));
            if (match.Groups["type"].Value == "FUNC" && symbol.ByteSize > 0) { code.Add(symbol); }
        }

        Code = code;
        Functions = [.. code.Where(symbol => symbol.IsFunctionOfTheSource)];
        _ftraceSites = new Lazy<HashSet<(string, ulong)>>(ReadFtraceSites);
    }

    /// <summary>All that has code and is marked as a function, in the order of the file.</summary>
    public IReadOnlyList<FunctionSymbol> Code { get; }

    /// <summary>What of it is a function of the source.</summary>
    public IReadOnlyList<FunctionSymbol> Functions { get; }

    /// <summary>Other names of the same code.</summary>
    public IEnumerable<FunctionSymbol> OtherNames(FunctionSymbol symbol) => Code.Where(other => other.Address == symbol.Address && other.Section == symbol.Section && other.Name != symbol.Name);

    /// <summary>How many symbols, data included, have that name.</summary>
    public int Count(string name) => _addresses.GetValueOrDefault(name)?.Count ?? 0;

    /// <summary>Whether the place <c>ANCHOR+OFFSET</c> is where the function starts.</summary>
    public bool Reaches(FunctionSymbol function, string place, long offset)
        => AddressOf(place[(place.IndexOf(':', StringComparison.Ordinal) + 1)..]) is { } anchor && anchor + (ulong)offset == function.Address;

    /// <summary>The symbol's address; null when there is none or several of that name.</summary>
    public ulong? AddressOf(string name) => _addresses.GetValueOrDefault(name) is [ulong only] ? only : null;

    /// <summary>
    /// Why the kernel would refuse a probe at this function, from the file alone; null when it would take it: freed init code, sections that
    /// must not be instrumented, NOKPROBE_SYMBOL, or code that ftrace has no site in (notrace).
    /// </summary>
    public string? Obstacle(FunctionSymbol function)
        => function.Section.StartsWith(".init", StringComparison.Ordinal) || (_file == "vmlinux" && function.Section.StartsWith(".exit", StringComparison.Ordinal)) ? "freed after boot or init"
        : function.Section is ".noinstr.text" or ".kprobes.text" or ".entry.text" || Inside(function, "__noinstr_text") || Inside(function, "__kprobes_text") || Inside(function, "__entry_text") ? "noinstr"
        : _addresses.ContainsKey($"_kbl_addr_{function.BaseName}") ? "blacklisted"
        : !Enumerable.Range(0, (int)Math.Min(function.ByteSize, 16)).Any(at => _ftraceSites.Value.Contains((_file == "vmlinux" ? "" : function.Section, function.Address + (ulong)at))) ? "no ftrace site"
        : null;

    /// <summary>vmlinux keeps those sections inside .text, between a pair of symbols.</summary>
    private bool Inside(FunctionSymbol function, string bounds)
        => _addresses.GetValueOrDefault($"{bounds}_start") is [ulong start, ..] && _addresses.GetValueOrDefault($"{bounds}_end") is [ulong end, ..]
            && start <= function.Address && function.Address < end;

    /// <summary>vmlinux: the addresses between __start_mcount_loc and __stop_mcount_loc. A module: what __mcount_loc's relocations name.</summary>
    private HashSet<(string, ulong)> ReadFtraceSites()
    {
        if (_file != "vmlinux")
        {
            IEnumerable<string> lines = ToolRun.Run("readelf", ["-rW", _path]).OrThrow().Lines.SkipWhile(l => !l.Contains("'.rela__mcount_loc'", StringComparison.Ordinal)).Skip(1)
                .TakeWhile(l => !l.StartsWith("Relocation section", StringComparison.Ordinal));
            return [.. lines.Select(l => SiteRelocation().Match(l)).Where(m => m.Success).Select(m => (m.Groups["section"].Value, Hex(m.Groups["addend"].Value)))];
        }

        (ulong start, ulong stop) = (_addresses["__start_mcount_loc"].Single(), _addresses["__stop_mcount_loc"].Single());
        Match section = ToolRun.Run("readelf", ["-SW", _path]).OrThrow().Lines.Select(l => SectionLine().Match(l))
            .Single(m => m.Success && Hex(m.Groups["address"].Value) is var at && at != 0 && at <= start && start < at + Hex(m.Groups["size"].Value));
        byte[] table = new byte[stop - start];
        using FileStream stream = File.OpenRead(_path);
        stream.Position = (long)(Hex(section.Groups["offset"].Value) + (start - Hex(section.Groups["address"].Value)));
        stream.ReadExactly(table);
        return [.. table.Chunk(8).Select(entry => ("", BinaryPrimitives.ReadUInt64LittleEndian(entry)))];
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Size(string text) => text.StartsWith("0x", StringComparison.Ordinal) ? Hex(text[2..]) : ulong.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*\[\s*(?<index>\d+)\] (?<name>\S+)\s+\w+\s+(?<address>[0-9a-f]{16}) (?<offset>[0-9a-f]+) (?<size>[0-9a-f]+) ")]
    private static partial Regex SectionLine();

    [GeneratedRegex(@"^\s*\d+: (?<address>[0-9a-f]{16})\s+(?<size>\w+)\s+(?<type>FUNC|OBJECT|NOTYPE)\s+\w+\s+\w+\s+(?<section>\d+|ABS) (?<name>\S+)$")]
    private static partial Regex SymbolLine();

    [GeneratedRegex(@"^[0-9a-f]+\s+[0-9a-f]+ R_X86_64_64\s+[0-9a-f]+ (?<section>\S+) \+ (?<addend>[0-9a-f]+)$")]
    private static partial Regex SiteRelocation();
}
