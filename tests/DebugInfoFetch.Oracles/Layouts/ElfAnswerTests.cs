using System.Diagnostics;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Layouts;

/// <summary>What <c>--elf</c> answers straight from a vmlinux, against what the cache says of the same types.</summary>
[Trait("needs", "kernel")]
public partial class ElfAnswerTests(ITestOutputHelper log)
{
    private const int SampledNames = 150, Seed = 20261124;

    [Fact]
    public void Layouts_straight_from_vmlinux_are_those_of_the_cache()
    {
        string vmlinux = IndexedKernel.Shared.Kernel.Vmlinux;
        using var folder = new ScratchFolder();
        string[] kernel = ["--kernel", "6.12.117-mine", "--arch", "x86_64", "--cache", folder["cache"]];
        DbgfetchProgram.Run(["fetch", "--elf", vmlinux, .. kernel]).OrThrow();
        string[] cached = Struct(["--all", .. kernel]), direct = Struct(["--all", "--elf", vmlinux]);
        Assert.Equal(cached, direct);
        Assert.True(direct.Length > 5000, $"only {direct.Length} layouts were compared");

        // By name, as users ask: that is another way through the file, which stops at what was asked for.
        IGrouping<string, TypeLayout>[] names = [.. StructJson.Parse(cached).GroupBy(layout => layout.Name)];
        string[] asked = [.. names.Where(n => n.Count() > 1).Select(n => n.Key), .. new Random(Seed).GetItems(names, SampledNames).Select(n => n.Key).Distinct()];
        var clock = Stopwatch.StartNew();
        string[] named = Struct(["--elf", vmlinux, .. asked]);
        log.WriteLine($"{direct.Length} layouts, and {asked.Length} by name in {clock.Elapsed.TotalSeconds:f1} s, are the same");
        Assert.Equal(Struct([.. kernel, .. asked]), named);
    }

    /// <summary>
    /// Answers in an order of their own, without their places: where two files declare the same content under one name, the type is one, and its place is
    /// that of whichever file a thread came to first.
    /// </summary>
    private static string[] Struct(IEnumerable<string> arguments)
        => [.. DbgfetchProgram.Run(["struct", "--json", .. arguments]).OrThrow().Lines.Select(line => Place().Replace(line, "", 1)).Order(StringComparer.Ordinal)];

    [GeneratedRegex("\"file\":\"[^\"]*\",\"line\":[0-9]+,")]
    private static partial Regex Place();
}
