using System.Globalization;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>
/// Times whole processes. <c>/usr/bin/time</c> reads the rusage of the child that it waits for; it stands between, because a child of this
/// process would start with this process's peak memory as its own (the kernel keeps it over exec). bash's clock is finer than its 10 ms.
/// </summary>
internal sealed class ProcessTimer(string workFolder, IReadOnlyDictionary<string, string> environment)
{
    private const string Script = """
        began=$EPOCHREALTIME
        /usr/bin/time -q -o "$1.usage" -f '%U %S %M' bash -o pipefail -c "$2" < /dev/null > "$1.output" 2> "$1.errors"
        code=$?
        echo "$began $EPOCHREALTIME"
        exit $code
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>Where commands run.</summary>
    public string WorkFolder => workFolder;

    /// <exception cref="CommandFault">The command failed.</exception>
    public Measurement Time(TimedCommand command)
    {
        command.Prepare();
        string files = Path.Combine(workFolder, "timed");
        ToolResult result = ToolRun.Run("bash", ["-c", Script, "bash", files, command.Line], environment, workFolder, Limit);
        if (result.ExitCode != 0)
        {
            string said = File.ReadLines($"{files}.errors").LastOrDefault(line => line.Length > 0) ?? "(it printed no error)";
            throw new CommandFault($"{command.Shown}: exit {result.ExitCode}: {said}");
        }

        double[] clock = Numbers(result.Output);
        double[] usage = Numbers(File.ReadLines($"{files}.usage").Last());
        return new Measurement(clock[1] - clock[0], usage[0] + usage[1], (long)usage[2] * 1024);
    }

    private static double[] Numbers(string line) => [.. line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
}
