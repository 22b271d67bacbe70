using System.Globalization;
using System.Text.RegularExpressions;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Bodies;

/// <summary>Where the frame is at any address, against <c>readelf --debug-dump=frames-interp</c>: each row at its start and at an address in it drawn by a fixed seed.</summary>
public partial class CallFrameTests(ITestOutputHelper log)
{
    private const int Seed = 20261128;

    /// <summary>DWARF numbers by binutils' names, where they are not rN.</summary>
    private static readonly Dictionary<ElfMachine, Dictionary<string, int>> s_registers = new()
    {
        [ElfMachine.X86_64] = new() { ["rax"] = 0, ["rdx"] = 1, ["rcx"] = 2, ["rbx"] = 3, ["rsi"] = 4, ["rdi"] = 5, ["rbp"] = 6, ["rsp"] = 7 },
        [ElfMachine.AArch64] = new() { ["sp"] = 31 },
        [ElfMachine.S390] = [],
        [ElfMachine.PowerPc64] = [],
        [ElfMachine.RiscV] = new() { ["sp"] = 2, ["s0"] = 8 },
    };

    [Fact]
    [Trait("needs", "kernel")]
    public void The_frame_is_where_readelf_computes_it_all_over_vmlinux() => Compare(DebianKernel.Newest.Vmlinux, 300_000);

    [Fact]
    [Trait("needs", "kernel")]
    public void The_frame_is_where_readelf_computes_it_all_over_an_arm64_vmlinux() => Compare(DebianKernel.Arm64.DebugFile("vmlinux"), 100_000);

    /// <summary>readelf's addresses of a module count from each section's start: those beyond the end of all others are in .text.</summary>
    [Fact]
    [Trait("needs", "kernel")]
    public void The_frame_is_where_readelf_computes_it_in_a_module() => Compare(DebianKernel.Newest.Module("btrfs"), 10_000);

    [Theory]
    [InlineData("aarch64-linux-gnu")]
    [InlineData("s390x-linux-gnu")]
    [InlineData("powerpc64le-linux-gnu")]
    [InlineData("riscv64-linux-gnu")]
    public void The_frame_is_where_readelf_computes_it_on_each_architecture(string compiler)
    {
        using ScratchFolder folder = new();
        string file = folder["vmlinux"];
        ToolRun.Run($"{compiler}-gcc", ["-O2", "-g", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-asynchronous-unwind-tables", "-nostdlib", "-static", "-Wl,-e,_start", "-o", file,
            Path.Combine(DbgfetchProgram.SourceRoot, "tests/DebugInfoFetch.Oracles/Architectures/fixture.c")]).OrThrow();
        Compare(file, 8);
    }

    private void Compare(string path, int wanted)
    {
        ElfFile elf = ElfFile.Parse(path, File.ReadAllBytes(path));
        ElfSymbol[] symbols = elf.Type == ElfType.Relocatable ? elf.ReadSymbols() : [];
        var frames = new CallFrames(DwarfSections.Load(elf, symbols));
        bool isModule = elf.Type == ElfType.Relocatable;
        ulong textAt = isModule ? elf.Find(".text")!.Address : 0;
        ulong others = isModule ? (ulong)elf.Sections.Where(s => s.IsExecutable && s.Name != ".text").Max(s => s.ByteSize) : 0;
        var random = new Random(Seed);
        int rows = 0;
        List<string> wrong = [];
        foreach ((ulong start, ulong end, string cfa) in Rows(path))
        {
            if (isModule && start < others) { continue; }
            rows++;
            foreach (ulong pc in (ReadOnlySpan<ulong>)[start, start + (ulong)random.NextInt64((long)(end - start))])
            {
                CfaRule? rule = frames.CfaAt(textAt + pc);
                if (rule != Rule(cfa, elf.Machine)) { wrong.Add($"0x{pc:x}: readelf says {cfa}, we {rule}"); }
            }
        }

        log.WriteLine($"{Path.GetFileName(path)}: {rows} rows");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
        Assert.InRange(rows, wanted, int.MaxValue);
    }

    private static CfaRule Rule(string cfa, ElfMachine machine)
    {
        if (cfa == "exp") { return new CfaRule(-1, 0); }
        Match match = Cfa().Match(cfa);
        string register = match.Groups["register"].Value;
        int number = s_registers[machine].TryGetValue(register, out int known) ? known : int.Parse(register.AsSpan(1), CultureInfo.InvariantCulture);
        return new CfaRule(number, long.Parse(match.Groups["offset"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    /// <summary>The rows of all descriptions; one without rows of its own has its CIE's.</summary>
    private static IEnumerable<(ulong Start, ulong End, string Cfa)> Rows(string path)
    {
        var initial = new Dictionary<string, string>(StringComparer.Ordinal);
        string cie = "";
        (ulong Start, ulong End, string Cie)? description = null;
        List<(ulong At, string Cfa)> rows = [];
        foreach (string line in ToolRun.Run("readelf", ["--debug-dump=frames-interp", path]).OrThrow().Lines.Append("00000000 0 0 CIE"))
        {
            if (Entry().Match(line) is { Success: true } entry)
            {
                // Code that the linker dropped stays described, at address 0.
                if (description is { Start: > 0 } ended && ended.End > ended.Start)
                {
                    if (rows.Count == 0) { rows.Add((ended.Start, initial[ended.Cie])); }
                    for (int i = 0; i < rows.Count; i++)
                    {
                        ulong end = i + 1 < rows.Count ? rows[i + 1].At : ended.End;
                        if (end > rows[i].At) { yield return (rows[i].At, end, rows[i].Cfa); }
                    }
                }

                rows = [];
                cie = entry.Groups["offset"].Value;
                description = entry.Groups["cie"].Success ? (Hex(entry.Groups["start"]), Hex(entry.Groups["end"]), entry.Groups["cie"].Value) : null;
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                if (description is null) { initial[cie] = row.Groups["cfa"].Value; } else { rows.Add((Hex(row.Groups["at"]), row.Groups["cfa"].Value)); }
            }
        }
    }

    private static ulong Hex(Group group) => ulong.Parse(group.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<offset>[0-9a-f]{8}) [0-9a-f]+ [0-9a-f]+ (CIE|FDE cie=(?<cie>[0-9a-f]+) pc=(?<start>[0-9a-f]+)\.\.(?<end>[0-9a-f]+))")]
    private static partial Regex Entry();

    [GeneratedRegex(@"^(?<at>[0-9a-f]{16}) (?<cfa>exp|\w+[+-]\d+) ")]
    private static partial Regex Row();

    [GeneratedRegex(@"^(?<register>\w+?)(?<offset>[+-]\d+)$")]
    private static partial Regex Cfa();
}
