using DebugInfoFetch.TestKit.Boot;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Boot;

/// <summary>
/// A stock kernel as a reporter runs it, and what the program knows of it: its debug package, downloaded by apt and indexed by the very build
/// that is tested.
/// </summary>
internal sealed class ReporterKernel
{
    private static readonly Dictionary<string, Lazy<ReporterKernel>> s_known = new()
    {
        // Debian's own kernel, with symbols that the cloud kernel leaves out.
        ["6.12-amd64"] = new(() => new ReporterKernel("6.12-amd64", ["btrfs", "xfs", "nfsd", "mac80211", "ext4", "nvme_core", "kvm", "loop"])),
        // Bookworm's: other rules (no BTF arguments, nothing of the entry at a return), another compiler, no IBT.
        ["6.1"] = new(() => new ReporterKernel("cloud-amd64", ["btrfs", "xfs", "nfsd", "kvm"])),
    };

    private readonly string _cache;
    private readonly Lazy<ProbeSample> _sample;

    private ReporterKernel(string metaName, IReadOnlyList<string> modules)
    {
        Debian = DebianKernel.Resolve(metaName, modules, "reporter");
        Modules = modules;
        Stock = StockKernel.Of(Debian);
        _cache = Index(Debian);
        _sample = new Lazy<ProbeSample>(() => new ProbeSample(this));
    }

    public static IEnumerable<string> Names => s_known.Keys;

    public static ReporterKernel Of(string name) => s_known[name].Value;

    /// <summary>The kernel's debug files, vmlinux and <see cref="Modules"/>, for the oracles.</summary>
    public DebianKernel Debian { get; }

    public StockKernel Stock { get; }

    /// <summary>The questions of a fixed seed, and the program's answers: asked once.</summary>
    public ProbeSample Sample => _sample.Value;

    /// <summary>Loaded on the reporter's machine, with all that they depend on.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>The program's file of this kernel.</summary>
    public string CacheFile => Directory.GetFiles(_cache, "*.sqlite").Single();

    /// <summary>Runs a command on this kernel.</summary>
    public ToolResult Dbgfetch(string command, params IEnumerable<string> arguments)
        => DbgfetchProgram.Run([command, "--kernel", Stock.Release, "--cache", _cache, .. arguments]);

    /// <summary>What <c>probe --file</c> answers to a list of <c>FUNCTION ARG...</c>, an answer an entry.</summary>
    public IReadOnlyList<ProbeReply> Probe(IEnumerable<string> entries, params IEnumerable<string> options)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, entries);
            // A refusal among the answers makes the exit code 1, as documented.
            ToolResult result = Dbgfetch("probe", ["--json", "--file", list, .. options]);
            return result.ExitCode is 0 or 1
                ? [.. result.Lines.Select(ProbeReply.Parse)]
                : throw new InvalidOperationException($"exit {result.ExitCode}: {result.Error}");
        }
        finally
        {
            File.Delete(list);
        }
    }

    private string Index(DebianKernel kernel)
    {
        string cache = TestCache.Folder("reporter", kernel.Release);
        string stamp = Path.Combine(cache, "indexed-by.txt");
        // What the modules depend on is loaded too: its symbols count where the kernel looks for a name.
        IEnumerable<string> loaded = KernelModule.InLoadOrder(Stock, Modules).Select(module => module.Name);
        string identity = $"{string.Join(' ', loaded)} {DbgfetchProgram.BuildIdentity}";
        if (File.Exists(stamp) && File.ReadAllText(stamp) == identity) { return cache; }
        Directory.Delete(cache, recursive: true);
        ToolResult fetched = DbgfetchProgram.Run(
        [
            "fetch", "--kernel", kernel.Release, "--cache", cache, "--package", kernel.DownloadPackage(), .. loaded.SelectMany(name => (string[])["--module", name]),
        ]).OrThrow();
        File.WriteAllText(stamp, identity);
        Console.WriteLine($"indexed {kernel.Release} in {fetched.Elapsed.TotalSeconds:f1} s");
        return cache;
    }
}
