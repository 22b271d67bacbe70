using DebugInfoFetch.Benchmarks.Inputs;
using DebugInfoFetch.Benchmarks.Rows;
using DebugInfoFetch.Benchmarks.Timing;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks;

/// <summary>
/// One run of the program: the kernel, the published <c>dbgfetch</c>, and a work folder in which every command line of the report runs. The
/// names in those lines (<c>vmlinux</c>, <c>new</c>, <c>cached</c>) are entries of that folder.
/// </summary>
internal sealed class BenchmarkSession : IDisposable
{
    private const int QueryRuns = 11, ShortRuns = 5, LongRuns = 3;
    private readonly int? _runs;

    public BenchmarkSession(string metaName, int? runs)
    {
        if (!File.Exists("/usr/bin/time")) { throw new InvalidOperationException("/usr/bin/time is missing: apt-get install time"); }
        _runs = runs;
        Kernel = DebianKernel.Resolve(metaName);
        WorkFolder = Path.Combine(TestCache.Folder("benchmarks"), "work");
        // What an interrupted run left.
        Dispose();
        Directory.CreateDirectory(WorkFolder);
        string program = Directory.CreateDirectory(Path.Combine(WorkFolder, "program")).FullName;
        PublishedProgram.Publish(program);
        // .NET itself may lie where a started program does not look for it: then it is named, as its users would.
        string dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));
        Timer = new ProcessTimer(WorkFolder, new Dictionary<string, string>
        {
            ["PATH"] = $"{program}:{Environment.GetEnvironmentVariable("PATH")}",
            ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? root : dotnet,
        });
        Report = new MarkdownReport(this);
    }

    public DebianKernel Kernel { get; }

    public ProcessTimer Timer { get; }

    public MarkdownReport Report { get; }

    public string WorkFolder { get; }

    /// <summary>The load average of a minute, from before anything was started here.</summary>
    public string LoadAtStart { get; } = File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <summary>How often commands are run, for the report.</summary>
    public string Runs => _runs is { } runs
        ? $"{runs} {(runs == 1 ? "run" : "runs")}"
        : $"{ShortRuns} runs ({QueryRuns} of a query, {LongRuns} of what takes long)";

    /// <summary>For queries of cached kernels, which take about as long as starting a process varies.</summary>
    public int CountQuery => _runs ?? QueryRuns;

    /// <summary>For commands of less than half a minute; these are also run once uncounted.</summary>
    public int CountShort => _runs ?? ShortRuns;

    public int CountLong => _runs ?? LongRuns;

    /// <summary>For the way without us, of which a run takes minutes.</summary>
    public int CountStory { get; init; } = 1;

    public void Run(IReadOnlyList<RowGroup> groups)
    {
        foreach (RowGroup group in groups)
        {
            Console.Error.WriteLine($"== {group.Name}: {group.Title}");
            group.Run(this);
        }
    }

    /// <summary>Makes a file known in the work folder and reads it once, so that no run waits for the disk.</summary>
    /// <returns>Its name there.</returns>
    public string Link(string file, string name)
    {
        string link = Path.Combine(WorkFolder, name);
        if (!File.Exists(link)) { File.CreateSymbolicLink(link, file); }
        ToolRun.Shell($"cat '{link}' > /dev/null").OrThrow();
        return name;
    }

    /// <summary>vmlinux, linked in the work folder under that name.</summary>
    public NamedInput Vmlinux()
    {
        Link(Kernel.Vmlinux, "vmlinux");
        byte[] elf = File.ReadAllBytes(Kernel.Vmlinux);
        return new NamedInput("vmlinux", $"vmlinux, {Bytes.Text(elf.Length)} ({Bytes.Text(DebugInfoSize.Of(elf))} of `.debug_info`)");
    }

    /// <summary>The debug package, linked in the work folder as <c>kernel.deb</c>.</summary>
    public NamedInput Package()
    {
        string deb = Kernel.DownloadPackage();
        return new NamedInput(Link(deb, "kernel.deb"), $"{Kernel.Package}, {Bytes.Text(new FileInfo(deb).Length)}");
    }

    /// <summary>Forgets what a run of <c>dbgfetch --cache new</c> left.</summary>
    public void ForgetNewCache() => Forget("new");

    /// <summary>Removes a folder of the work folder.</summary>
    public void Forget(string name)
    {
        string folder = Path.Combine(WorkFolder, name);
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>Keeps what the last fetch of the whole package left, for the rows that ask a cache.</summary>
    public void KeepNewCache()
    {
        Forget("cached");
        Directory.Move(Path.Combine(WorkFolder, "new"), Path.Combine(WorkFolder, "cached"));
    }

    /// <summary>The cache file of the whole package in the cache directory <c>cached</c>; made when no row has left it.</summary>
    public string CachedKernelFile()
    {
        string folder = Path.Combine(WorkFolder, "cached");
        if (!Directory.Exists(folder))
        {
            Package();
            Timer.Time(new TimedCommand(OurCommands.FetchPackage(Kernel.Release, "kernel.deb")) { Prepare = ForgetNewCache });
            KeepNewCache();
        }

        return Directory.GetFiles(folder, "*.sqlite").Single();
    }

    public void Dispose()
    {
        if (Directory.Exists(WorkFolder)) { Directory.Delete(WorkFolder, recursive: true); }
    }
}

/// <param name="Name">In the work folder.</param>
/// <param name="Description">What it is and how large.</param>
internal sealed record NamedInput(string Name, string Description);
