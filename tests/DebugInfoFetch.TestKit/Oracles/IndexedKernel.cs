namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>
/// The kernel under test in the program's own cache, indexed once by the very build that is tested and shared by every test that asks it.
/// It gets there the way a user would: one <c>probe</c>, typed on a machine that has nothing yet.
/// </summary>
public sealed class IndexedKernel
{
    private static readonly Lazy<IndexedKernel> Once = new(Prepare);

    private IndexedKernel(DebianKernel kernel, string firstProbe) => (Kernel, FirstProbe) = (kernel, firstProbe);

    /// <summary>The indexed kernel. Downloads and indexes it at the first use (minutes); throws what went wrong then.</summary>
    public static IndexedKernel Shared => Once.Value;

    public DebianKernel Kernel { get; }

    /// <summary>What the one command printed that went from nothing to the line.</summary>
    public string FirstProbe { get; }

    /// <summary>The source story's probe: function and fetch arguments as a developer types them.</summary>
    public static IReadOnlyList<string> StoryProbe { get; } =
    [
        "--name", "myprobe", "__btrfs_add_free_space_zoned",
        "block_group", "length=block_group->length", "alloc_offset=block_group->alloc_offset", "bytenr", "size", "used",
    ];

    /// <summary>Runs a command on this kernel and its cache: <c>Dbgfetch("offset", "list_head.next")</c>.</summary>
    public ToolResult Dbgfetch(string command, params IEnumerable<string> arguments)
        => DbgfetchProgram.Run([command, "--kernel", Kernel.Release, "--cache", TestCache.DbgfetchCache, .. arguments]);

    private static IndexedKernel Prepare()
    {
        DebianKernel kernel = DebianKernel.Newest;
        string identity = $"{kernel.Release} {DbgfetchProgram.BuildIdentity}";
        string stamp = Path.Combine(TestCache.Root, "indexed-by.txt");
        string output = Path.Combine(TestCache.Root, "first-probe.txt");
        if (!File.Exists(stamp) || !File.Exists(output) || File.ReadAllText(stamp) != identity)
        {
            File.Delete(stamp);
            Directory.Delete(TestCache.DbgfetchCache, recursive: true);
            ToolResult probe = DbgfetchProgram.Run(
                ["probe", "--kernel", kernel.MetaName, "--cache", TestCache.DbgfetchCache, "--format", "definition", .. StoryProbe], limit: TimeSpan.FromMinutes(30)).OrThrow();
            File.WriteAllText(output, probe.Output);
            File.WriteAllText(stamp, identity);
            Console.WriteLine($"indexed {kernel.Release} in {probe.Elapsed.TotalSeconds:f1} s");
        }

        return new IndexedKernel(kernel, File.ReadAllText(output));
    }
}
