using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Boot;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>The rule table against kernels: their READMEs, and lines that use each feature.</summary>
public sealed class RulesTests(ITestOutputHelper output)
{
    /// <summary>A line that needs one feature and nothing else that is younger than 4.20.</summary>
    private static readonly (KernelFeature Feature, string Line)[] s_trials =
    [
        (KernelFeature.CommandName, "p:t/comm vfs_read x=$comm"),
        (KernelFeature.Hexadecimal, "p:t/hex vfs_read x=%di:x64"),
        (KernelFeature.MaxActive, "r64:t/maxactive vfs_read"),
        (KernelFeature.Array, "p:t/array vfs_read x=+0(%di):u8[4]"),
        (KernelFeature.Symbol, "p:t/symbol vfs_read x=%di:symbol"),
        (KernelFeature.UserText, "p:t/ustring vfs_read x=+0(%si):ustring"),
        (KernelFeature.Immediate, @"p:t/imm vfs_read x=\1:u8"),
        (KernelFeature.SymbolText, "p:t/symstr vfs_read x=%di:symstr"),
        (KernelFeature.Character, "p:t/char vfs_read x=+0(%di):char"),
        (KernelFeature.EntryAtReturn, "r:t/entry vfs_read x=$arg1:u64"),
        (KernelFeature.FileName, "p:t/pd vfs_read x=%di:%pD"),
    ];

    public static TheoryData<string> Kernels => [.. ReporterKernel.Names];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_table_s_word_on_a_feature_is_what_the_kernel_does(string name)
    {
        ReporterKernel kernel = ReporterKernel.Of(name);
        string readme = string.Join('\n', Vm.Run(kernel.Stock, new InitramfsBuilder().AddModules(KernelModule.InLoadOrder(kernel.Stock, []))
            .Build("section readme\ncat README >&3\n"), TimeSpan.FromMinutes(2))["readme"]);
        var info = new KernelInfo { Release = kernel.Stock.Release, Architecture = "x86_64", Distribution = "debian" };
        KernelRules byReadme = KernelRules.Of(info, readme), byVersion = KernelRules.Of(info);

        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(kernel.Stock, [], [.. s_trials.Select(trial => trial.Line)], TimeSpan.FromMinutes(2));

        foreach (((KernelFeature feature, string _), DefinitionVerdict verdict) in s_trials.Zip(verdicts))
        {
            output.WriteLine($"{feature.Since,-5} {feature.What,-40} README: {byReadme.Has(feature),-5} version: {byVersion.Has(feature),-5} {verdict}");
            Assert.True(byReadme.Has(feature) == verdict.IsAccepted, $"{feature.What}: the README is read as {byReadme.Has(feature)}, but {verdict}");
            // A stable kernel may have more than its version says, as 6.1.y has symstr; never less.
            Assert.True(verdict.IsAccepted || !byVersion.Has(feature), $"{feature.What}: by version the kernel has it, but {verdict}");
        }
    }

    [Fact]
    public void What_6_1_lacks_is_said_in_words_that_it_takes()
    {
        ReporterKernel kernel = ReporterKernel.Of("6.1");
        IReadOnlyList<ProbeReply> replies = kernel.Probe(
            ["vfs_read file:%pD", "vfs_read name=file->f_path.dentry:%pd", "vfs_read p=file:symstr", "vfs_read text=@init_uts_ns.name.release:char[8]"]);
        string[] lines = [.. replies.SelectMany(reply => reply.Lines)];
        Assert.Equal(replies.Count, lines.Length);
        Assert.DoesNotContain(lines, line => line.Contains(":%p", StringComparison.Ordinal) || line.Contains("char", StringComparison.Ordinal) || line.Contains("symstr", StringComparison.Ordinal));
        Assert.All(DefinitionTrial.Run(kernel.Stock, [], lines, TimeSpan.FromMinutes(2)), verdict => Assert.True(verdict.IsAccepted, verdict.ToString()));
    }

    [Fact]
    public void Init_code_of_a_module_takes_a_line_before_the_module_is_loaded_as_the_refusal_says()
    {
        ReporterKernel kernel = ReporterKernel.Of("6.12-amd64");
        ProbeReply refused = Assert.Single(kernel.Probe(["loop:loop_init"]));
        Assert.Contains(refused.Hints, hint => hint.Contains("while loop is not loaded", StringComparison.Ordinal));

        byte[] initramfs = new InitramfsBuilder()
            .AddModules(KernelModule.InLoadOrder(kernel.Stock, []))
            .AddFile("loop.ko", kernel.Stock.ReadModule("loop"))
            .Build("""
                section profile
                echo p:early loop:loop_init >kprobe_events
                echo 1 >events/kprobes/early/enable
                insmod /loop.ko
                cat kprobe_profile >&3
                if echo p:late loop:loop_init 2>/dev/null >>kprobe_events; then echo late was accepted >&3; fi

                """);
        Assert.Matches(@"^\s*early\s+1\s+0$", Assert.Single(Vm.Run(kernel.Stock, initramfs, TimeSpan.FromMinutes(2))["profile"]));
    }
}
