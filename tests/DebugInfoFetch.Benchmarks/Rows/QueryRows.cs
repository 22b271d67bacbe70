using System.Globalization;
using System.Runtime.InteropServices;
using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks.Rows;

internal static class QueryRows
{
    private const double PerfBar = 0.2, Milliseconds = 60;

    // Process start alone differs by some per cent from run to run.
    private const double FlatBar = 1.15;
    private const int Kernels = 200;

    public static void Measure(BenchmarkSession session)
    {
        FillCache(session, session.CachedKernelFile());
        NamedInput vmlinux = session.Vmlinux();
        (string Name, Func<string, string> Ours, string Perf)[] queries =
        [
            ("`offset`", cache => OurCommands.Offset(session.Kernel.Release, cache, "file.f_pos"), "'vfs_read file->f_pos'"),
            ("`probe`", cache => OurCommands.Probe(session.Kernel.Release, cache, "vfs_read '$params'"), "'vfs_read $params'"),
        ];
        foreach ((string name, Func<string, string> ours, string question) in queries)
        {
            List<TimedCommand> commands = [new(ours("cached")), new(ours("many"))];
            if (Peer.Perf.IsInstalled) { commands.Add(new($"perf probe --vmlinux vmlinux -D {question}")); }
            IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountQuery, warmUp: true, commands);
            string input = "cached, vmlinux and all modules", measured = $"one {name} query";
            if (Peer.Perf.IsInstalled) { session.Report.Compare(measured, $"{input}; perf: {vmlinux.Description}", series[0], series[2], Peer.Perf, PerfBar); }
            else { session.Report.Missing(measured, input, series[0], Peer.Perf, PerfBar); }
            session.Report.Limit(measured, input, series[0], s => s.Seconds * 1000, Milliseconds, "ms");
            session.Report.Compare($"{measured} with {Kernels} kernels cached, over that with one", input, series[1], series[0], null, FlatBar);
        }
    }

    /// <summary>The kernel and hard links to it under other releases: the cache directory <c>many</c>.</summary>
    private static void FillCache(BenchmarkSession session, string file)
    {
        session.Forget("many");
        string many = Directory.CreateDirectory(Path.Combine(session.WorkFolder, "many")).FullName;
        string suffix = Path.GetFileName(file)[session.Kernel.Release.Length..];
        HardLink(file, Path.Combine(many, Path.GetFileName(file)));
        for (int other = 1; other < Kernels; other++)
        {
            string release = string.Create(CultureInfo.InvariantCulture, $"6.{other / 20}.{other % 20}-{other}.fc41");
            HardLink(file, Path.Combine(many, release + suffix));
        }
    }

    private static void HardLink(string file, string link)
    {
        if (CreateLink(file, link) != 0) { throw new IOException($"{link}: {Marshal.GetLastPInvokeErrorMessage()}"); }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int CreateLink(string file, string link);
}
