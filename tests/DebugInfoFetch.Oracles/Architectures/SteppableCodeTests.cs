using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Architectures;

/// <summary>
/// Which instructions kprobes take on the architectures that choose, by the names that objdump gives them: instructions.c has an example of each kind, and Debian's arm64 kernel what
/// compilers and its authors really write.
/// </summary>
public partial class SteppableCodeTests(ITestOutputHelper log)
{
    private const string Release = "6.12.0-fixture";
    private const string Seed = "steppable 1";

    /// <summary>By architecture what is refused: mnemonic and operands, as arch_prepare_kprobe() of each and what it calls would have it.</summary>
    private static readonly Dictionary<string, Regex> s_refused = new()
    {
        ["aarch64"] = Arm64Refused(), ["ppc64le"] = PowerPcRefused(), ["s390x"] = S390Refused(), ["riscv64"] = RiscVRefused(),
    };

    [Theory]
    [InlineData("aarch64", "aarch64-linux-gnu", "-march=armv8.5-a+lse")]
    [InlineData("s390x", "s390x-linux-gnu", "-march=zEC12")]
    [InlineData("ppc64le", "powerpc64le-linux-gnu", "-mcpu=power10")]
    [InlineData("riscv64", "riscv64-linux-gnu", "-march=rv64gc")]
    public void Each_kind_of_instruction_is_taken_or_refused_as_the_kernel_does(string architecture, string compiler, string march)
    {
        using ScratchFolder folder = new();
        string file = folder["vmlinux"];
        ToolRun.Run($"{compiler}-gcc", ["-O1", "-g", march, "-ffreestanding", "-fno-pie", "-no-pie", "-nostdlib", "-static", "-Wl,--build-id", "-Wl,-e,_start", "-o", file,
            Path.Combine(DbgfetchProgram.SourceRoot, "tests/DebugInfoFetch.Oracles/Architectures/instructions.c")]).OrThrow();
        string[] kernel = ["--kernel", Release, "--arch", architecture, "--cache", folder.Path];
        DbgfetchProgram.Run(["fetch", .. kernel, "--elf", file]).OrThrow();
        (int taken, int refused) = Compare(architecture, kernel, folder["list"], [("instructions", Instructions($"{compiler}-objdump", file, "instructions"))]);
        Assert.True(taken >= 5 && refused >= 6, $"{taken} taken, {refused} refused");
    }

    [Fact]
    [Trait("needs", "kernel")]
    public void In_an_arm64_kernel_instructions_are_taken_or_refused_as_the_kernel_does()
    {
        DebianKernel debian = DebianKernel.Arm64;
        using ScratchFolder folder = new();
        string[] kernel = ["--kernel", debian.Release, "--arch", "aarch64", "--cache", folder.Path];
        string file = debian.DebugFile("vmlinux");
        DbgfetchProgram.Run(["fetch", .. kernel, "--elf", file]).OrThrow();
        FunctionSymbol[] sample = [.. FunctionSymbol.Sample(new ElfSymbols("vmlinux", file).Functions.Where(f => !f.Name.Contains('.', StringComparison.Ordinal) && f.ByteSize is > 100 and < 1000), Seed, 60)];
        (int taken, int refused) = Compare("aarch64", kernel, folder["list"], [.. sample.Select(f => (f.Name, Instructions("aarch64-linux-gnu-objdump", file, f.Name)))]);
        Assert.True(taken >= 2000 && refused >= 100, $"{taken} taken, {refused} refused");
    }

    private (int Taken, int Refused) Compare(string architecture, string[] kernel, string list, IReadOnlyList<(string Function, List<(ulong Offset, string Text)> Code)> functions)
    {
        (string Request, string Text, bool IsRefused)[] expected = [.. functions.SelectMany(f => Expected(architecture, f.Code)
            .Where(i => i.Offset > 0).Select(i => (string.Create(CultureInfo.InvariantCulture, $"{f.Function}+{i.Offset}"), i.Text, i.IsRefused)))];
        File.WriteAllLines(list, expected.Select(e => e.Request));
        string[] answers = [.. DbgfetchProgram.Run(["probe", .. kernel, "--json", "--file", list]).Lines];
        Assert.Equal(expected.Length, answers.Length);
        int taken = 0, refused = 0;
        List<string> wrong = [];
        foreach (((string request, string text, bool isRefused), string answer) in expected.Zip(answers))
        {
            JsonElement root = JsonDocument.Parse(answer).RootElement;
            string? message = root.TryGetProperty("refused", out JsonElement why) ? why.GetProperty("message").GetString() : null;
            // Code that the kernel itself rewrites, and functions that take no probe at all, say nothing about the instruction.
            if (message is not null && Elsewhere().IsMatch(message)) { continue; }
            if (isRefused != message is not null) { wrong.Add($"{request}: {text}: {message ?? "taken"}"); }
            else if (isRefused) { refused++; }
            else { taken++; }
        }

        log.WriteLine($"{architecture}: {taken} taken, {refused} refused");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(30)));
        return (taken, refused);
    }

    /// <summary>With what lies behind an exclusive load and before its store, 32 instructions at most; arm64 kernels before 6.15 took more for loads and for stores.</summary>
    private static IEnumerable<(ulong Offset, string Text, bool IsRefused)> Expected(string architecture, List<(ulong Offset, string Text)> code)
    {
        (Regex Load, Regex Store)[] rules = architecture switch { "aarch64" => [(Load(), Store()), (OldLoad(), OldStore())], "ppc64le" => [(Load(), Store())], _ => [] };
        int[] behind = [.. rules.Select(_ => int.MaxValue)];
        foreach ((ulong offset, string text) in code)
        {
            yield return (offset, text, behind.Any(b => b < 32) || s_refused[architecture].IsMatch(text));
            for (int i = 0; i < rules.Length; i++)
            {
                behind[i] = rules[i].Load.IsMatch(text) ? 0 : rules[i].Store.IsMatch(text) ? int.MaxValue : behind[i] == int.MaxValue ? behind[i] : behind[i] + 1;
            }
        }
    }

    private static List<(ulong Offset, string Text)> Instructions(string objdump, string file, string function)
    {
        var code = ToolRun.Run(objdump, ["-d", "--no-show-raw-insn", $"--disassemble={function}", file]).OrThrow().Lines.Select(l => Line().Match(l)).Where(m => m.Success)
            .Select(m => (At: ulong.Parse(m.Groups["at"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture), Text: m.Groups["text"].Value.Trim())).ToList();
        return [.. code.Select(i => (i.At - code[0].At, i.Text))];
    }

    [GeneratedRegex(@"^ *(?<at>[0-9a-f]+):\t(?<text>[a-z.][^<;/]*)")]
    private static partial Regex Line();

    [GeneratedRegex(@"ftrace patches|replaced at boot|jump label|static call|BUG or WARN|notrace|noinstr|init code|the kernel forbids|different functions are named|no function|knows nothing of its inside|there is no unique symbol")]
    private static partial Regex Elsewhere();

    [GeneratedRegex(@"^(msr|mrs\t(?!\w+, daif)|brk|hlt|svc|hvc|smc|eret|drps|dcps|wf[ei]|sevl?\b|yield|csdb|esb|psb|tsb|dgh|auti|hint|clrbhb|braa|brab|blraa|blrab|reta|ld[a]?x[rp]|st[l]?x[rp]|casp|prfm\t\w+, [0-9a-f]{4,}|udf|\.(inst|word))")]
    private static partial Regex Arm64Refused();

    [GeneratedRegex(@"^(tw|td|trap|sc\b|mtmsr|h?rfid|rfscv|stop)")]
    private static partial Regex PowerPcRefused();

    [GeneratedRegex(@"^(epsw|stnsm|stosm|diag|exrl|ex\b|pr\b|bassm|bsm|bakr|bsa|bsg|pc\b|pt\b|tbeginc?|tend)")]
    private static partial Regex S390Refused();

    // Atomic instructions are one opcode with lr and sc: all of it is left out.
    [GeneratedRegex(@"^(ecall|ebreak|csr|rd|fence|sfence|wfi|sret|mret|uret|lr\.|sc\.|amo)")]
    private static partial Regex RiscVRefused();

    [GeneratedRegex(@"^(lda?x[rp]|l[bhwdq]arx)")]
    private static partial Regex Load();

    [GeneratedRegex(@"^(stl?x[rp]|st[bhwdq]cx\.)")]
    private static partial Regex Store();

    [GeneratedRegex(@"^(lda?x[rp]|ldl?ar|casal?[bh]?\b)")]
    private static partial Regex OldLoad();

    [GeneratedRegex(@"^(stl?x[rp]|stll?r|casl?[bh]?\b)")]
    private static partial Regex OldStore();
}
