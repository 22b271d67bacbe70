using DebugInfoFetch.Benchmarks.Inputs;
using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks.Rows;

internal static class PackageRows
{
    private const string Measured = "whole package: vmlinux and all modules";
    private const double XzBar = 1.35, PeakMegabytes = 1500;

    public static void Measure(BenchmarkSession session)
    {
        NamedInput package = session.Package();
        var ours = new TimedCommand(OurCommands.FetchPackage(session.Kernel.Release, package.Name)) { Prepare = session.ForgetNewCache };
        var theirs = new List<TimedCommand>();
        if (Peer.Xz.IsInstalled)
        {
            session.Link(XzPayload.Of(session.Kernel), "data.tar.xz");
            theirs.Add(new TimedCommand("xz -dc -T2 data.tar.xz > /dev/null"));
        }

        IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountLong, warmUp: false, [ours, .. theirs]);
        if (theirs.Count > 0) { session.Report.Compare(Measured, package.Description, series[0], series[1], Peer.Xz, XzBar); }
        else { session.Report.Missing(Measured, package.Description, series[0], Peer.Xz, XzBar); }
        session.Report.Limit("whole package: peak memory", package.Description, series[0], s => s.PeakBytes / 1e6, PeakMegabytes, "MB");
        if (series[0].Fault is null) { session.KeepNewCache(); }
    }
}
