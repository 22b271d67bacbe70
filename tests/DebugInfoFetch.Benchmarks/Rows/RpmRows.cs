using DebugInfoFetch.Benchmarks.Timing;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Benchmarks.Rows;

/// <summary>The cloud kernel's debug files as Fedora would package them, whatever kernel the other rows take: an RPM of a 1 GB kernel takes long to make.</summary>
internal static class RpmRows
{
    private const string Member = "btrfs_block_group.length";

    // What is unpacked is asked with the least work there is: the one module that has the struct.
    private static string UnpackAndAsk(string rpm)
        => $"mkdir unpacked && cd unpacked && rpm2cpio ../{rpm} | cpio -id --quiet && pahole -F dwarf -C btrfs_block_group $(find . -name btrfs.ko.debug)";

    public static void Measure(BenchmarkSession session)
    {
        MeasurePayload(session, "w3T.xzdio", 0.7);
        MeasurePayload(session, "w3.zstdio", 3);
    }

    private static void MeasurePayload(BenchmarkSession session, string payload, double bar)
    {
        string measured = $"whole RPM, `{payload}`", answered = $"{measured}, to the first answer";
        if (!Peer.Rpm2Cpio.IsInstalled)
        {
            session.Report.Missing(measured, "cloud kernel", null, Peer.Rpm2Cpio, bar);
            return;
        }

        Console.Error.WriteLine($"making the {payload} RPM, unless it is there");
        string rpm = FedoraPackage.WholeKernel(DebianKernel.Newest, payload).Path;
        string name = session.Link(rpm, $"{payload}.rpm");
        string input = $"{DebianKernel.Newest.Release}, {Bytes.Text(new FileInfo(rpm).Length)}";
        string fetch = OurCommands.FetchPackage(FedoraPackage.Release, name);
        List<TimedCommand> commands =
        [
            new(fetch) { Prepare = session.ForgetNewCache },
            new($"rpm2cpio {name} > /dev/null"),
        ];
        if (Peer.Pahole.IsInstalled)
        {
            commands.Add(new($"{fetch} > /dev/null && {OurCommands.Offset(FedoraPackage.Release, "new", Member)}") { Prepare = session.ForgetNewCache });
            commands.Add(new(UnpackAndAsk(name)) { Prepare = () => session.Forget("unpacked") });
        }

        IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountLong, warmUp: false, commands);
        session.Report.Compare(measured, input, series[0], series[1], Peer.Rpm2Cpio, bar);
        if (Peer.Pahole.IsInstalled) { session.Report.Compare(answered, input, series[2], series[3], Peer.Pahole, 1); }
        else { session.Report.Missing(answered, input, null, Peer.Pahole, 1); }
        session.Forget("unpacked");
        session.ForgetNewCache();
    }
}
