using System.Globalization;
using System.Text;
using DebugInfoFetch.Benchmarks.Inputs;
using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks.Rows;

/// <summary>
/// Packages of vmlinux and 1, 10, 100, 1000 and all modules. Each holds no more than it is named for: out of one large package, a hundred modules would cost
/// unpacking nearly all of it.
/// </summary>
internal static class GrowthRows
{
    private const int Seed = 20261121;
    private static readonly int[] Counts = [1, 10, 100, 1000];

    public static void Measure(BenchmarkSession session)
    {
        ModuleSizes sizes = ModuleSizes.Of(session.Kernel);
        // Each selection holds the smaller ones.
        (string Name, long Bytes)[] shuffled = [.. sizes.Modules];
        new Random(Seed).Shuffle(shuffled);
        List<(int Count, long Bytes, TimedCommand Command)> steps = [];
        foreach (int count in Counts.Where(c => c < shuffled.Length).Append(shuffled.Length))
        {
            (string Name, long Bytes)[] chosen = shuffled[..count];
            string package = session.Link(SmallerPackage.Of(session.Kernel, [.. chosen.Select(m => m.Name)]), string.Create(CultureInfo.InvariantCulture, $"growth-{count}.deb"));
            steps.Add((count, sizes.Vmlinux + chosen.Sum(m => m.Bytes), new TimedCommand(OurCommands.FetchPackage(session.Kernel.Release, package)) { Prepare = session.ForgetNewCache }));
        }

        IReadOnlyList<Series> series = Series.Measure(session.Timer, session.CountLong, warmUp: false, [.. steps.Select(s => s.Command)]);
        session.Report.Paragraph(Describe([.. steps.Zip(series, (step, timed) => (step.Count, step.Bytes, timed))]));
        session.ForgetNewCache();
    }

    private static string Describe(IReadOnlyList<(int Count, long Bytes, Series Timed)> steps)
    {
        var text = new StringBuilder("Growth, packages of vmlinux and N modules (zstd):\n\n| N | `.debug_info` | seconds | of CPU | ns a byte | peak memory |\n|---|---|---|---|---|---|\n");
        foreach ((int count, long bytes, Series timed) in steps)
        {
            string figures = timed.Fault is { } fault
                ? $"failed: {fault} | | |"
                : $"{MarkdownReport.Number(timed.Seconds)} | {MarkdownReport.Number(timed.CpuSeconds)} | {MarkdownReport.Number(timed.Seconds * 1e9 / bytes)} | {Bytes.Text(timed.PeakBytes)} |";
            text.Append(CultureInfo.InvariantCulture, $"| {count} | {Bytes.Text(bytes)} | {figures}\n");
        }

        var points = steps.Where(s => s.Timed.Fault is null).ToList();
        if (points.Count < 3) { return text.ToString(); }
        text.Append('\n').Append(Line("Seconds", points, s => s.Timed.Seconds)).Append('\n').Append(Line("Seconds of CPU", points, s => s.Timed.CpuSeconds));
        return text.ToString();
    }

    private static string Line(string what, IReadOnlyList<(int Count, long Bytes, Series Timed)> points, Func<(int Count, long Bytes, Series Timed), double> value)
    {
        LinearFit fit = LinearFit.Through([.. points.Select(p => (p.Bytes / 1e9, value(p)))]);
        return $"{what} = {MarkdownReport.Number(fit.Intercept)} + {MarkdownReport.Number(fit.Slope)} × GB of `.debug_info`; no point is farther from it than {fit.WorstDeviation * 100:0.#} %.";
    }
}
