using System.Globalization;
using DebugInfoFetch.Oracles.Layouts;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Quick;

/// <summary>The kernel under test in quick mode: fetched as a user would, from its image package, into a cache of its own.</summary>
public sealed class QuickCache
{
    private readonly Lazy<ToolResult> _fetched = new(() => DbgfetchProgram.Run(["fetch", "--quick", "--refresh", "--kernel", DebianKernel.Newest.Release, "--cache", Folder]).OrThrow());

    private static string Folder => TestCache.Folder("quick");

    public ToolResult Fetched => _fetched.Value;

    public ToolResult Dbgfetch(string command, params IEnumerable<string> arguments)
    {
        _ = Fetched;
        return DbgfetchProgram.Run([command, "--kernel", DebianKernel.Newest.Release, "--cache", Folder, .. arguments]);
    }
}

/// <summary>What is answered from BTF and kallsyms, beside what debug information says.</summary>
[Trait("needs", "kernel")]
public class QuickModeTests(QuickCache quick, AllStructs dwarf, ITestOutputHelper log) : IClassFixture<QuickCache>, IClassFixture<AllStructs>
{
    [Fact]
    public void Every_member_of_vmlinux_and_all_modules_lies_where_debug_information_says()
    {
        IReadOnlyList<TypeLayout> ours = StructJson.Parse(quick.Dbgfetch("struct", "--all", "--json").OrThrow().Lines);
        ILookup<(string, string), TypeLayout> fromBtf = ours.ToLookup(t => t.Key), fromDwarf = dwarf.Types.ToLookup(t => t.Key);
        string[] wrong =
        [
            .. dwarf.Types.Where(t => !fromBtf[t.Key].Any(b => b.DifferenceFrom(t) is null)).Select(t => $"{t.Module}: {t.Kind} {t.Name}: only debug information has it so"),
            .. ours.Where(t => !fromDwarf[t.Key].Any(d => d.DifferenceFrom(t) is null)).Select(t => $"{t.Module}: {t.Kind} {t.Name}: only BTF has it so"),
        ];
        log.WriteLine($"fetched in {quick.Fetched.Elapsed.TotalSeconds:f1} s; {ours.Count} types, {ours.Sum(t => t.Members.Count)} members; {wrong.Length} differences");
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Take(50)));
        Assert.True(ours.Sum(t => t.Members.Count) > 100_000);
    }

    [Fact]
    public void Sizes_are_those_that_pahole_reads_from_the_same_BTF()
    {
        Dictionary<string, long> theirs = [];
        foreach (string line in ToolRun.Run("pahole", ["-F", "btf", "--sizes", DebianKernel.Newest.Vmlinux]).OrThrow().Lines)
        {
            string[] fields = line.Split('\t');
            theirs.TryAdd(fields[0], long.Parse(fields[1], CultureInfo.InvariantCulture));
        }

        ILookup<string, long?> ours = StructJson.Parse(quick.Dbgfetch("struct", "--all", "--json").OrThrow().Lines).ToLookup(t => t.Name, t => t.ByteSize);
        string[] wrong = [.. theirs.Where(t => !ours[t.Key].Contains(t.Value)).Select(t => $"{t.Key}: {t.Value}, ours {string.Join(" or ", ours[t.Key])}")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Take(50)));
        Assert.True(theirs.Count > 5_000, $"only {theirs.Count} types were compared");
    }

    [Fact]
    public void A_function_that_is_only_there_with_a_suffix_is_refused_each_time()
    {
        string[] names = [.. ToolRun.Run("nm", [DebianKernel.Newest.Vmlinux]).OrThrow().Lines.Select(line => line.Split(' ')[^1])];
        HashSet<string> all = [.. names];
        string[] clones = [.. names.Where(n => n.Contains(".isra.", StringComparison.Ordinal) || n.Contains(".constprop.", StringComparison.Ordinal))
            .Select(n => n[..n.IndexOf('.', StringComparison.Ordinal)]).Where(n => n.Length > 0 && !all.Contains(n) && !n.StartsWith("__pfx_", StringComparison.Ordinal)).Distinct()];
        string list = Path.Combine(TestCache.Folder("quick"), "clones.txt");
        File.WriteAllLines(list, clones.Select(c => $"vmlinux:{c} $params"));
        string[] answers = [.. quick.Dbgfetch("probe", "--file", list).Lines];
        log.WriteLine($"{clones.Length} functions that exist only as clones");
        Assert.Equal(clones.Length, answers.Length);
        Assert.All(answers, a => Assert.StartsWith("# refused: ", a, StringComparison.Ordinal));
        Assert.All(answers, a => Assert.Contains("needs debuginfo", a, StringComparison.Ordinal));
        Assert.True(clones.Length > 300, $"only {clones.Length}");
    }

    [Fact]
    public void The_story_has_the_same_line()
    {
        ToolResult probe = quick.Dbgfetch("probe", ["--format", "definition", .. IndexedKernel.StoryProbe]).OrThrow();
        Assert.Equal(IndexedKernel.Shared.FirstProbe, probe.Output);
        Assert.Contains("from BTF, without debug information", probe.Error, StringComparison.Ordinal);
    }
}
