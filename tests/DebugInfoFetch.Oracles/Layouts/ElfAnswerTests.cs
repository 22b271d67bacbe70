using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Layouts;

/// <summary>What <c>--elf</c> answers straight from a vmlinux, against what the cache says of the same types.</summary>
[Trait("needs", "kernel")]
public class ElfAnswerTests(ITestOutputHelper log)
{
    private const int SampledNames = 300, Seed = 20261124;

    [Fact]
    public void Layouts_straight_from_vmlinux_are_those_of_the_cache()
    {
        string vmlinux = IndexedKernel.Shared.Kernel.Vmlinux;
        using var folder = new ScratchFolder();
        string[] kernel = ["--kernel", "own-build", "--arch", "x86_64", "--cache", folder["cache"]];
        DbgfetchProgram.Run(["fetch", "--elf", vmlinux, .. kernel]).OrThrow();
        string[] cached = [.. DbgfetchProgram.Run(["struct", "--all", "--json", .. kernel]).OrThrow().Lines];
        string[] direct = [.. DbgfetchProgram.Run(["struct", "--all", "--json", "--elf", vmlinux]).OrThrow().Lines];
        Assert.Equal(cached.Order(StringComparer.Ordinal), direct.Order(StringComparer.Ordinal));
        Assert.True(direct.Length > 5000, $"only {direct.Length} layouts were compared");

        // By name, as users ask: that is another way through the file, which stops at what was asked for.
        IGrouping<string, TypeLayout>[] names = [.. StructJson.Parse(cached).GroupBy(layout => layout.Name)];
        string[] asked = [.. names.Where(n => n.Count() > 1).Select(n => n.Key), .. new Random(Seed).GetItems(names, SampledNames).Select(n => n.Key).Distinct()];
        string[] fromCache = [.. DbgfetchProgram.Run(["struct", "--json", .. kernel, .. asked]).OrThrow().Lines];
        ToolResult fromElf = DbgfetchProgram.Run(["struct", "--json", "--elf", vmlinux, .. asked]).OrThrow();
        Assert.Equal(fromCache.Order(StringComparer.Ordinal), fromElf.Lines.Order(StringComparer.Ordinal));
        log.WriteLine($"{direct.Length} layouts, and {asked.Length} by name in {fromElf.Elapsed.TotalSeconds:f1} s, are the same");
    }
}
