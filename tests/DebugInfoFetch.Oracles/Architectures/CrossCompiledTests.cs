using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Oracles.Architectures;

/// <summary>
/// A small program, compiled for each architecture by Debian's cross compilers, in the place of a kernel. Where arguments are at an entry is told by
/// the psABIs; what members hold is told by the program's own data: each line's fetch is done on the bytes of the file, as the kernel would.
/// </summary>
public partial class CrossCompiledTests
{
    private const string Release = "6.12.0-fixture";

    /// <summary>From fixture.c: the member, and the value that record_value has there.</summary>
    private static readonly (string Member, ulong Value)[] s_members =
    [
        ("small", 0xa5), ("half", 0xbeef), ("word", 0x12345678), ("wide", 0x1122334455667788), ("negative", unchecked((ulong)-2)),
        ("one", 1), ("three", 5), ("eleven", 0x5a3), ("five", 0x15), ("ten", 0x2aa), ("long_low", 0x155555555), ("long_high", 0x2aaaaaaa),
        ("byte_low", 6), ("byte_high", 0x13), ("inner[2].size", 300), ("inner[1].id", 2), ("name[3]", 't'), ("unnamed_member", 0x4321), ("next", 0),
    ];

    /// <summary>Architecture as <c>uname -m</c> says, the compiler's, and where the psABI passes ten longs and a struct of 40 bytes.</summary>
    public static TheoryData<string, string, string, string> Architectures => new()
    {
        { "x86_64", "x86_64-linux-gnu", "%di %si %dx %cx %r8 %r9 +8(%sp) +16(%sp) +24(%sp) +32(%sp)", "+32(%sp)" },
        { "aarch64", "aarch64-linux-gnu", "%x0 %x1 %x2 %x3 %x4 %x5 %x6 %x7 +0(%sp) +8(%sp)", "+24(%x0)" },
        { "s390x", "s390x-linux-gnu", "%r2 %r3 %r4 %r5 %r6 +160(%r15) +168(%r15) +176(%r15) +184(%r15) +192(%r15)", "+24(%r2)" },
        { "ppc64le", "powerpc64le-linux-gnu", "%gpr3 %gpr4 %gpr5 %gpr6 %gpr7 %gpr8 %gpr9 %gpr10 +96(%gpr1) +104(%gpr1)", "" },
        { "riscv64", "riscv64-linux-gnu", "%a0 %a1 %a2 %a3 %a4 %a5 %a6 %a7 +0(%sp) +8(%sp)", "+24(%a0)" },
    };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Arguments_are_where_the_psABI_passes_them_and_members_where_their_values_are(string architecture, string compiler, string many, string words3)
    {
        using ScratchFolder folder = new();
        string file = folder["vmlinux"];
        ToolRun.Run($"{compiler}-gcc", [.. Flags, "-o", file, Path.Combine(DbgfetchProgram.SourceRoot, "tests/DebugInfoFetch.Oracles/Architectures/fixture.c")]).OrThrow();
        string[] kernel = ["--kernel", Release, "--arch", architecture, "--cache", folder.Path];
        DbgfetchProgram.Run(["fetch", .. kernel, "--elf", file]).OrThrow();

        DefinitionLine Line(string function, params string[] arguments)
            => DefinitionLine.Parse(DbgfetchProgram.Run(["probe", .. kernel, "--format", "definition", function, .. arguments]).OrThrow().Output);

        Assert.Equal(many.Split(' '), Line("many", "$params").Arguments.Select(a => a.Fetch));
        string[] first = many.Split(' ')[..5];
        Assert.Equal([.. first.Zip(["u8", "s32", "u16", "u64", ""])], Line("narrow", "$params").Arguments.Select(a => (a.Fetch, a.Type)));
        // By value in five registers (ELFv2): not in memory at the entry, and no argument for it.
        ToolResult whole = DbgfetchProgram.Run(["probe", .. kernel, "--format", "definition", "--bare", "whole", "large.words[3]"]);
        Assert.Equal(words3, whole.ExitCode == 0 ? DefinitionLine.Parse(whole.Output).Arguments.Single().Fetch : "");

        var data = new FileData(file);
        FetchPlace[] members = [.. Line("many", [.. s_members.Select((member, index) => $"m{index}=@record_value.{member.Member}")]).Arguments];
        Assert.Equal(
            s_members.Select(member => $"{member.Member} {member.Value:x}"),
            members.Zip(s_members).Select(pair => $"{pair.Second.Member} {data.Fetch(pair.First):x}"));
    }

    /// <summary>In a linked file and in a relocatable one, whose calls are relocations; what is passed on the stack lies elsewhere before the call than behind it on x86-64.</summary>
    [Theory]
    [MemberData(nameof(Architectures))]
    public void Calls_are_where_objdump_decodes_them_and_arguments_where_they_are_passed(string architecture, string compiler, string many, string words3)
    {
        Assert.NotNull(words3);
        using ScratchFolder folder = new();
        (string linked, string module) = (folder["vmlinux"], folder["fixture.ko"]);
        string source = Path.Combine(DbgfetchProgram.SourceRoot, "tests/DebugInfoFetch.Oracles/Architectures/fixture.c");
        ToolRun.Run($"{compiler}-gcc", [.. Flags, "-o", linked, source]).OrThrow();
        ToolRun.Run($"{compiler}-gcc", [.. Flags.Where(f => !f.StartsWith("-Wl", StringComparison.Ordinal)), "-c", "-o", module, source]).OrThrow();
        // Each in a cache of its own: in one kernel they would be in each other's way.
        foreach (string file in (string[])[linked, module]) { DbgfetchProgram.Run(["fetch", .. Kernel(file), "--elf", file]).OrThrow(); }

        string[] Kernel(string file) => ["--kernel", Release, "--arch", architecture, "--cache", $"{file}.cache"];
        DefinitionLine[] Calls(string file, string function)
            => [.. DbgfetchProgram.Run(["probe", .. Kernel(file), "--format", "definition", "--bare", "--callers", function, "$params"]).OrThrow().Lines.Select(DefinitionLine.Parse)];

        string disassembly = ToolRun.Run($"{compiler}-objdump", ["-d", linked]).OrThrow().Output;
        foreach ((string function, string symbol) in (ReadOnlySpan<(string, string)>)[("many", "many"), ("next", "next"), ("shrunk", "shrunk.isra.0")])
        {
            DefinitionLine[] calls = Calls(linked, function);
            string[] places = [.. CallsIn(disassembly, symbol)];
            Assert.NotEmpty(places);
            Assert.Equal(places, calls.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Symbol}+{c.Offset}")));
            // The relocatable one has the same calls, some at other offsets: the linker shortens them (riscv).
            Assert.Equal(calls.Select(c => $"fixture:{c.Symbol}"), Calls(module, function).Select(c => c.Symbol));
        }

        string[] expected = many.Split(' ');
        if (architecture == "x86_64") { expected = [.. expected[..6], "+0(%sp)", "+8(%sp)", "+16(%sp)", "+24(%sp)"]; }
        Assert.All(Calls(linked, "many"), c => Assert.Equal(expected, c.Arguments.Select(a => a.Fetch)));
        // The record that the clone no longer gets is still in the caller's own register.
        Assert.StartsWith("%", Calls(linked, "shrunk")[0].Arguments.Single(a => a.Name == "r").Fetch, StringComparison.Ordinal);
    }

    /// <summary>Places of branches to a function's first byte, or to its local entry point (ELFv2), from other functions.</summary>
    private static IEnumerable<string> CallsIn(string disassembly, string symbol)
    {
        string function = "";
        ulong start = 0;
        foreach (string line in disassembly.Split('\n'))
        {
            if (FunctionStart().Match(line) is { Success: true } begin) { (start, function) = (ulong.Parse(begin.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), begin.Groups[2].Value); }
            else if (BranchTo().Match(line) is { Success: true } branch && branch.Groups["symbol"].Value == symbol && function != symbol)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{function}+{ulong.Parse(branch.Groups["at"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start}");
            }
        }
    }

    [GeneratedRegex(@"^([0-9a-f]+) <([^>]+)>:$")]
    private static partial Regex FunctionStart();

    [GeneratedRegex(@"^\s*(?<at>[0-9a-f]+):\t.*<(?<symbol>[^>+]+)(\+0x8)?>$")]
    private static partial Regex BranchTo();

    private static string[] Flags { get; } =
    [
        // What a kernel is compiled with, as far as it bears on places; linked, so that there are addresses.
        "-O2", "-g", "-gdwarf-5", "-std=gnu11", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing",
        "-nostdlib", "-static", "-Wl,--build-id", "-Wl,-e,_start",
    ];

    /// <summary>The file's .data as the loader would map it, and the kernel's way of reading it.</summary>
    private sealed partial class FileData
    {
        private readonly byte[] _bytes;
        private readonly ulong _start;
        private readonly bool _isBigEndian;
        private readonly Dictionary<string, ulong> _symbols;

        public FileData(string file)
        {
            string dump = $"{file}.data";
            ToolRun.Run("llvm-objcopy", [$"--dump-section=.data={dump}", file, $"{file}.copy"]).OrThrow();
            _bytes = File.ReadAllBytes(dump);
            string sections = ToolRun.Run("readelf", ["-hSW", file]).OrThrow().Output;
            _start = ulong.Parse(DataSection().Match(sections).Groups["address"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _isBigEndian = sections.Contains("big endian", StringComparison.Ordinal);
            _symbols = ToolRun.Run("llvm-nm", ["--format=posix", file]).OrThrow().Lines.Select(line => line.Split(' '))
                .ToDictionary(words => words[0], words => ulong.Parse(words[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }

        /// <summary><c>@SYM+OFF:TYPE</c>; a bit-field is cut out as kernel/trace/trace_probe.c does, by shifting its container left and right.</summary>
        public ulong Fetch(FetchPlace place)
        {
            Match at = AtSymbol().Match(place.Fetch), type = TypeForm().Match(place.Type.Length == 0 ? "x64" : place.Type);
            Assert.True(at.Success && type.Success, place.ToString());
            int offset = (int)(_symbols[at.Groups["symbol"].Value] - _start) + (at.Groups["offset"] is { Success: true } plus ? Number(plus) : 0);
            int bits = Number(type.Groups["bits"]);
            ulong value = bits switch
            {
                8 => _bytes[offset],
                16 => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(offset)) : BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset)),
                32 => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(offset)) : BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset)),
                _ => _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(offset)) : BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset)),
            };
            if (type.Groups["width"] is { Success: true } width)
            {
                value <<= 64 - Number(width) - Number(type.Groups["low"]);
                return value >> (64 - Number(width));
            }

            return type.Groups["kind"].Value == "s" ? unchecked((ulong)((long)value << (64 - bits) >> (64 - bits))) : value;
        }

        private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

        [GeneratedRegex(@" \.data +PROGBITS +(?<address>[0-9a-f]+) ")]
        private static partial Regex DataSection();

        [GeneratedRegex(@"^@(?<symbol>\w+)(\+(?<offset>\d+))?$")]
        private static partial Regex AtSymbol();

        [GeneratedRegex(@"^(?:(?<kind>[usx])|b(?<width>\d+)@(?<low>\d+)/)(?<bits>\d+)$")]
        private static partial Regex TypeForm();
    }
}
