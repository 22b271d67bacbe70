using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks.Rows;

internal static class FirstAnswerRows
{
    private const string Measured = "first answer, nothing cached";
    private const double DrgnBar = 5, GdbBar = 0.2;

    private const string DrgnScript = "from drgn import *; p = Program(); p.load_debug_info([\"vmlinux\"]); print(offsetof(p.type(\"struct task_struct\"), \"pid\"))";

    public static void Measure(BenchmarkSession session)
    {
        NamedInput vmlinux = session.Vmlinux();
        (Peer Peer, Func<string> Line, double Bar)[] peers =
        [
            (Peer.Drgn, () => $"{Peer.DrgnPython} -c '{DrgnScript}'", DrgnBar),
            (Peer.Gdb, () => "gdb -batch -ex 'ptype /o struct task_struct' vmlinux", GdbBar),
        ];
        var installed = peers.Where(p => p.Peer.IsInstalled).ToList();
        var ours = new TimedCommand(OurCommands.FirstAnswer);
        IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountShort, warmUp: true, [ours, .. installed.Select(p => new TimedCommand(p.Line()))]);
        foreach ((Peer peer, _, double bar) in peers)
        {
            int at = installed.FindIndex(p => p.Peer == peer);
            if (at >= 0) { session.Report.Compare(Measured, vmlinux.Description, series[0], series[at + 1], peer, bar); }
            else { session.Report.Missing(Measured, vmlinux.Description, series[0], peer, bar); }
        }
    }
}
