using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks.Rows;

internal static class VmlinuxRows
{
    private const string Measured = "index vmlinux";
    private const double PaholeBar = 0.30, Dwarf2JsonBar = 0.05, PeakMegabytes = 700;

    public static void Measure(BenchmarkSession session)
    {
        NamedInput vmlinux = session.Vmlinux();
        (Peer Peer, string Line, double Bar)[] peers =
        [
            (Peer.Pahole, "pahole -j2 -F dwarf vmlinux > /dev/null", PaholeBar),
            (Peer.Dwarf2Json, "dwarf2json linux --elf vmlinux > /dev/null", Dwarf2JsonBar),
        ];
        var installed = peers.Where(p => p.Peer.IsInstalled).ToList();
        var ours = new TimedCommand(OurCommands.IndexVmlinux(session.Kernel.Release)) { Prepare = session.ForgetNewCache };
        IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountShort, warmUp: true, [ours, .. installed.Select(p => new TimedCommand(p.Line))]);
        foreach ((Peer peer, string line, double bar) in peers)
        {
            if (peer.IsInstalled) { session.Report.Compare(Measured, vmlinux.Description, series[0], series.Single(s => s.Command.Line == line), peer, bar); }
            else { session.Report.Missing(Measured, vmlinux.Description, series[0], peer, bar); }
        }

        session.Report.Limit($"{Measured}: peak memory", vmlinux.Description, series[0], s => s.PeakBytes / 1e6, PeakMegabytes, "MB");
        session.ForgetNewCache();
    }
}
