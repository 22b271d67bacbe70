using System.Globalization;
using DebugInfoFetch.Benchmarks.Timing;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Benchmarks.Rows;

/// <summary>
/// From a release and nothing else to the story's line: ours reads what it needs out of the package on a server that answers Range requests, the story's way is to download all
/// of it, unpack, and ask perf. The server is in this process; of an RPM it is the cloud kernel's, as <see cref="RpmRows"/> has it.
/// </summary>
internal static class PartRows
{
    // The rate that the story's own download had, in bytes a second.
    private const long StoryRate = 4_000_000;
    private const double Bar = 0.15, SharePerCent = 6, CappedSeconds = 20, QuickSeconds = 5;
    private const string Function = "__btrfs_add_free_space_zoned";

    public static void Measure(BenchmarkSession session)
    {
        using var server = new LoopbackServer();
        string deb = session.Kernel.DownloadPackage();
        var fromDeb = new Way(
            session, server, "deb", session.Link(deb, "kernel.deb"), session.Kernel.Release, $"{session.Kernel.Package}, {Bytes.Text(new FileInfo(deb).Length)}",
            file => $"dpkg-deb -x {file} unpacked", "btrfs.ko");
        fromDeb.MeasureFree();
        fromDeb.MeasureCapped();
        if (Peer.Rpm2Cpio.IsInstalled)
        {
            Console.Error.WriteLine("making the w3T.xzdio RPM, unless it is there");
            string rpm = FedoraPackage.WholeKernel(DebianKernel.Newest, "w3T.xzdio").Path;
            var fromRpm = new Way(
                session, server, "RPM, `w3T.xzdio`", session.Link(rpm, "kernel.rpm"), FedoraPackage.Release, $"{DebianKernel.Newest.Release}, {Bytes.Text(new FileInfo(rpm).Length)}",
                file => $"mkdir unpacked && rpm2cpio {file} | (cd unpacked && cpio -id --quiet)", "btrfs.ko.debug");
            fromRpm.MeasureFree();
        }

        MeasureQuick(session);
    }

    private static void MeasureQuick(BenchmarkSession session)
    {
        string image = session.Kernel.DownloadImage();
        string name = session.Link(image, "image.deb");
        var probe = new TimedCommand($"dbgfetch probe --quick --kernel {session.Kernel.Release} --package {name} --cache new vfs_read '$params'") { Prepare = session.ForgetNewCache };
        Series ours = Series.Measure(session.Timer, session.CountShort, warmUp: true, probe)[0];
        session.Report.Limit("quick mode, from the package to a line", $"linux-image-{session.Kernel.Release}, {Bytes.Text(new FileInfo(image).Length)}", ours, s => s.Seconds, QuickSeconds, "s");
        session.ForgetNewCache();
    }

    /// <summary>A package on the server, and both ways from there to the line.</summary>
    private sealed class Way
    {
        private readonly BenchmarkSession _session;
        private readonly LoopbackServer _server;
        private readonly string _kind, _input;
        private readonly long _total;
        private readonly TimedCommand _ours, _story;

        /// <param name="unpack">A file's name to the command that unpacks it into <c>unpacked</c>.</param>
        /// <param name="module">The module's file name there.</param>
        public Way(BenchmarkSession session, LoopbackServer server, string kind, string file, string release, string input, Func<string, string> unpack, string module)
        {
            (_session, _server, _kind, _input) = (session, server, kind, input);
            string path = Path.Combine(session.WorkFolder, file);
            _total = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
            server.Serve($"/{file}", LoopbackResponse.File(path) with { Length = _total, ETag = $"\"{file}\"" });
            string url = $"{server.BaseUrl}/{file}";
            const string Arguments = "block_group length=block_group->length alloc_offset=block_group->alloc_offset bytenr size used";
            string ours = $"dbgfetch probe --kernel {release} --package {url} --cache new --name myprobe btrfs:{Function} {Arguments.Replace(">", "\\>", StringComparison.Ordinal)}";
            string story = $"curl -sS -o downloaded {url} && {unpack("downloaded")} && perf probe -m $(find unpacked -name {module}) -D '{Function} {Arguments}'";
            _ours = new TimedCommand(ours) { Prepare = session.ForgetNewCache, Shown = Shown(ours) };
            _story = new TimedCommand(story) { Prepare = Clean, Shown = Shown(story) };
        }

        /// <summary>As fast as loopback is.</summary>
        public void MeasureFree()
        {
            long before = _server.BytesSent;
            _session.Timer.Time(_ours);
            double fetched = _server.BytesSent - before;
            Series ours = Series.Measure(_session.Timer, _session.CountShort, warmUp: false, _ours)[0];
            string input = $"{_input}, of which {Bytes.Text((long)fetched)} fetched";
            Compare($"zero to line, {_kind}", input, ours);
            _session.Report.Amount($"bytes of the package fetched for it, {_kind}", _input, 100 * fetched / _total, SharePerCent, "%");
        }

        /// <summary>Over a line of the story's own rate.</summary>
        public void MeasureCapped()
        {
            _server.LineRate = StoryRate;
            string measure = $"zero to line at {StoryRate / 1_000_000} MB/s, {_kind}";
            Series ours = Series.Measure(_session.Timer, _session.CountLong, warmUp: false, _ours)[0];
            _session.Report.Limit(measure, _input, ours, s => s.Seconds, CappedSeconds, "s");
            // Once: the line's rate decides, not chance.
            Compare(measure, _input, ours, runs: 1);
            _server.LineRate = null;
        }

        private void Compare(string measure, string input, Series ours, int? runs = null)
        {
            int count = runs ?? _session.CountStory;
            measure += string.Create(CultureInfo.InvariantCulture, $" (the story's way: {count} {(count == 1 ? "run" : "runs")})");
            if (Peer.Story.IsInstalled) { _session.Report.Compare(measure, input, ours, Series.Measure(_session.Timer, count, warmUp: false, _story)[0], Peer.Story, Bar); }
            else { _session.Report.Missing(measure, input, ours, Peer.Story, Bar); }
            Clean();
            _session.ForgetNewCache();
        }

        private void Clean()
        {
            _session.Forget("unpacked");
            File.Delete(Path.Combine(_session.WorkFolder, "downloaded"));
        }

        private string Shown(string line) => line.Replace(_server.BaseUrl, "http://SERVER", StringComparison.Ordinal);
    }
}
