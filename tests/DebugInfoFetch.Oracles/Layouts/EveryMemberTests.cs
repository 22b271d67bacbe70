using System.Diagnostics;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Layouts;

/// <summary>What <c>dbgfetch struct --all --json</c> says of the kernel under test, asked once.</summary>
public sealed class AllStructs
{
    private readonly Lazy<IReadOnlyList<TypeLayout>> _types =
        new(() => StructJson.Parse(IndexedKernel.Shared.Dbgfetch("struct", "--all", "--json").OrThrow().Lines));

    public IReadOnlyList<TypeLayout> Types => _types.Value;
}

/// <summary>
/// Every member of every struct and union of a debug file, against <c>pahole -F dwarf --show_private_classes FILE</c>: byte offset, byte
/// size, bit offset, bit size and nesting. There is no list of excused differences.
/// </summary>
[Trait("needs", "kernel")]
public class EveryMemberTests(AllStructs ours, ITestOutputHelper log) : IClassFixture<AllStructs>
{
    /// <param name="file"><c>vmlinux</c> or a module's name.</param>
    /// <param name="atLeast">Members that the file has at the very least: a comparison of nothing must not pass.</param>
    [Theory]
    [InlineData("vmlinux", 50_000)]
    [InlineData("btrfs", 7_000)]
    [InlineData("xfs", 7_000)]
    [InlineData("nfsd", 7_000)]
    [InlineData("kvm", 7_000)]
    [InlineData("null_blk", 4_000)]
    public void Every_member_of_every_struct_and_union_lies_where_pahole_says(string file, int atLeast)
    {
        IReadOnlyList<TypeLayout> pahole = PaholeOutput.Of(IndexedKernel.Shared.Kernel.DebugFile(file), out TimeSpan elapsed);
        LayoutComparison comparison = LayoutComparison.Of(file, ours.Types, pahole);

        log.WriteLine($"{file}: {comparison.Members} members of {comparison.Types} types agree; {comparison.Differences.Count} differences; "
            + $"pahole took {elapsed.TotalSeconds:f1} s; {comparison.NotPrinted.Count} types of ours are not in its output");
        Assert.True(comparison.Differences.Count == 0, string.Join('\n', comparison.Differences.Take(50)));
        Assert.True(comparison.NotPrinted.Count == 0, string.Join('\n', comparison.NotPrinted.Take(50).Select(t => $"{t.Kind} {t.Name}: only ours has it")));
        Assert.True(comparison.Members >= atLeast, $"only {comparison.Members} members were compared");
    }

    private const int SampledModules = 60;

    /// <summary>Modules drawn by a fixed seed, pahole running beside itself on all processors.</summary>
    [Fact]
    public void Every_member_of_sampled_modules_lies_where_pahole_says()
    {
        IReadOnlyList<string> sample = IndexedKernel.Shared.Kernel.SampleModules(SampledModules);
        var comparisons = new LayoutComparison[sample.Count];
        var clock = Stopwatch.StartNew();
        IReadOnlyList<TypeLayout> mine = ours.Types;
        Parallel.For(0, sample.Count, i =>
        {
            string module = Path.GetFileNameWithoutExtension(sample[i]).Replace('-', '_');
            comparisons[i] = LayoutComparison.Of(module, mine, PaholeOutput.Of(sample[i], out _));
        });

        log.WriteLine($"{sample.Count} modules: {comparisons.Sum(c => c.Members)} members of {comparisons.Sum(c => c.Types)} types agree; "
            + $"{comparisons.Sum(c => c.Differences.Count)} differences; {clock.Elapsed.TotalSeconds:f1} s");
        string[] wrong =
        [
            .. sample.Zip(comparisons).SelectMany(pair => pair.Second.Differences.Select(d => $"{pair.First}: {d}")),
            .. sample.Zip(comparisons).SelectMany(pair => pair.Second.NotPrinted.Select(t => $"{pair.First}: {t.Kind} {t.Name}: only ours has it")),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Take(50)));
        Assert.True(sample.Count >= 50, $"only {sample.Count} modules were compared");
        Assert.All(comparisons, c => Assert.True(c.Members > 100, $"only {c.Members} members were compared"));
    }

    [Fact]
    public void Every_line_is_one_named_type_of_a_known_module()
    {
        Assert.All(ours.Types, type =>
        {
            Assert.Contains(type.Kind, (string[])["struct", "union"]);
            Assert.NotEqual("", type.Name);
            Assert.NotEqual("", type.Module);
            Assert.NotNull(type.ByteSize);
        });
    }
}
