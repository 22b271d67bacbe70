using System.Globalization;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Rows;

internal static class CacheSizeRows
{
    private const double Megabytes = 200, ZstdMegabytes = 50;

    public static void Measure(BenchmarkSession session)
    {
        string file = session.CachedKernelFile();
        string input = session.Package().Description;
        session.Report.Amount("cache size: vmlinux and all modules", input, new FileInfo(file).Length / 1e6, Megabytes, "MB");
        if (!Peer.Zstd.IsInstalled)
        {
            session.Report.Missing("`zstd -3` of it", input, null, Peer.Zstd, 1);
            return;
        }

        ToolResult compressed = ToolRun.Shell($"zstd -3 -c '{file}' | wc -c").OrThrow();
        session.Report.Amount("`zstd -3` of it", input, double.Parse(compressed.Output, CultureInfo.InvariantCulture) / 1e6, ZstdMegabytes, "MB");
    }
}
