using System.Globalization;
using DebugInfoFetch.Benchmarks.Timing;

namespace DebugInfoFetch.Benchmarks;

/// <summary>What was measured, as the README carries it: the table, further lines, and the command lines.</summary>
internal sealed class MarkdownReport(BenchmarkSession session)
{
    private readonly List<string> _rows = [];
    private readonly List<string> _paragraphs = [];
    private readonly List<string> _commands = [];
    private readonly List<Peer> _peers = [];

    /// <summary>A row of times: ours must take at most <paramref name="bar"/> of the peer's.</summary>
    /// <param name="peer">Null when the other command is one of ours too.</param>
    public void Compare(string measure, string input, Series ours, Series theirs, Peer? peer, double bar)
    {
        if (peer is not null && !_peers.Contains(peer)) { _peers.Add(peer); }
        if (ours.Fault is not null || theirs.Fault is not null)
        {
            AddRow(measure, input, Cell(ours), Cell(theirs), "-", Bar(bar), holds: false);
            return;
        }

        double ratio = ours.Seconds / theirs.Seconds;
        AddRow(measure, input, Cell(ours), Cell(theirs), Number(ratio), Bar(bar), ratio <= bar);
    }

    /// <summary>A row of a peer that this machine lacks.</summary>
    public void Missing(string measure, string input, Series? ours, Peer peer, double bar)
        => AddRow(measure, input, ours is null ? "-" : Cell(ours), $"{peer.Name} not installed: `{peer.InstallLine}`", "-", Bar(bar), holds: null);

    /// <summary>A row of one amount and the most that it may be.</summary>
    public void Limit(string measure, string input, Series ours, Func<Series, double> value, double limit, string unit)
    {
        if (ours.Fault is not null)
        {
            AddRow(measure, input, Cell(ours), "", "", Bar(limit, unit), holds: false);
            return;
        }

        Amount(measure, input, value(ours), limit, unit);
    }

    public void Amount(string measure, string input, double value, double limit, string unit)
        => AddRow(measure, input, $"{Number(value)} {unit}", "", "", Bar(limit, unit), value <= limit);

    public void Paragraph(string text) => _paragraphs.Add(text);

    public void Write(TextWriter output)
    {
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "processor";
        string memory = Bytes.Text(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        output.WriteLine(
            $"Kernel {session.Kernel.Release}; {Environment.ProcessorCount} CPUs ({processor}), {memory} of memory; .NET {Environment.Version}"
            + string.Concat(_peers.Select(p => $", {p.Name} {p.Version}")) + ".");
        output.WriteLine(
            $"Whole processes, by turns in one run: medians of {session.Runs}. Seconds on the clock "
            + "(seconds of CPU; peak memory of the largest process). All input was read before; each command but those on whole packages also ran once uncounted. "
            + $"Starting a process that does nothing takes {Number(StartCost() * 1000)} ms of each. The machine's load was {session.LoadAtStart} at the start. "
            + "The bars are set for 6.12-amd64.");
        output.WriteLine();
        output.WriteLine("| measure | input | dbgfetch | peer | ratio | bar | holds |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (string row in _rows) { output.WriteLine(row); }
        foreach (string paragraph in _paragraphs)
        {
            output.WriteLine();
            output.WriteLine(paragraph);
        }

        output.WriteLine();
        output.WriteLine("Command lines:");
        output.WriteLine();
        for (int number = 1; number <= _commands.Count; number++) { output.WriteLine($"{number}. `{_commands[number - 1]}`"); }
    }

    private void AddRow(string measure, string input, string ours, string theirs, string ratio, string bar, bool? holds)
        => _rows.Add($"| {measure} | {input} | {ours} | {theirs} | {ratio} | {bar} | {holds switch { true => "yes", false => "**no**", null => "not measured" }} |");

    private string Cell(Series series)
    {
        string command = series.Command.Shown;
        if (!_commands.Contains(command)) { _commands.Add(command); }
        string number = $"[{_commands.IndexOf(command) + 1}]";
        return series.Fault is { } fault
            ? $"{number} failed: {fault[(fault.IndexOf(": exit", StringComparison.Ordinal) + 2)..].Replace("|", "\\|", StringComparison.Ordinal)}"
            : string.Create(CultureInfo.InvariantCulture, $"{number} {Number(series.Seconds)} s ({Number(series.CpuSeconds)} s; {Bytes.Text(series.PeakBytes)})");
    }

    private static string Bar(double limit, string unit = "×") => string.Create(CultureInfo.InvariantCulture, $"≤ {limit:0.##} {unit}");

    /// <summary>Three digits that count.</summary>
    internal static string Number(double value) => value.ToString(value switch { >= 100 => "0", >= 10 => "0.0", >= 1 => "0.00", _ => "0.000" }, CultureInfo.InvariantCulture);

    private double StartCost()
        => Series.Measure(session.Timer, 5, warmUp: true, new TimedCommand("exec /bin/true"))[0].Seconds;
}
