namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>The runs of one command.</summary>
internal sealed class Series(TimedCommand command)
{
    private readonly List<Measurement> _runs = [];

    public TimedCommand Command => command;

    /// <summary>What went wrong; a series with a fault has no medians.</summary>
    public string? Fault { get; private set; }

    public double Seconds => Median(run => run.Seconds);

    public double CpuSeconds => Median(run => run.CpuSeconds);

    /// <summary>The greatest of all runs: a bound holds for each.</summary>
    public long PeakBytes => _runs.Max(run => run.PeakBytes);

    /// <summary>
    /// Runs the commands by turns, A B A B: whatever else the machine does then falls on all of them alike.
    /// </summary>
    /// <param name="warmUp">Whether each runs once before, uncounted.</param>
    public static IReadOnlyList<Series> Measure(ProcessTimer timer, int runs, bool warmUp, params IReadOnlyList<TimedCommand> commands)
    {
        Series[] all = [.. commands.Select(command => new Series(command))];
        for (int run = warmUp ? -1 : 0; run < runs; run++)
        {
            foreach (Series series in all.Where(s => s.Fault is null))
            {
                try
                {
                    Measurement measured = timer.Time(series.Command);
                    Console.Error.WriteLine($"  {(run < 0 ? "warm-up" : $"{run + 1}/{runs}")} {measured.Seconds:f3} s, {measured.PeakBytes / 1e6:f0} MB: {series.Command.Shown}");
                    if (run >= 0) { series._runs.Add(measured); }
                }
                catch (CommandFault e)
                {
                    Console.Error.WriteLine($"  {e.Message}");
                    series.Fault = e.Message;
                }
            }
        }

        return all;
    }

    private double Median(Func<Measurement, double> value)
    {
        double[] sorted = [.. _runs.Select(value).Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
