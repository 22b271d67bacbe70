using System.Globalization;
using System.Text;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>
/// One line of <c>kprobe_events</c>, the top production (kernel/trace/trace_kprobe.c, Documentation/trace/kprobetrace.rst):
/// <code>line := (p|r[MAXACTIVE]) ":" [GRP "/"] EVENT SP PLACE { SP ARG }</code>
/// </summary>
/// <param name="MaxActive">Of a return: calls under way at once that are not missed; null leaves it to the kernel.</param>
public sealed record DefinitionLine(ProbeEvent Event, ProbePoint Point, IReadOnlyList<FetchArgument> Arguments, int? MaxActive = null)
{
    /// <summary>KRETPROBE_MAXACTIVE_MAX (kernel/trace/trace_kprobe.c). 0 is refused, whatever kprobetrace.rst says.</summary>
    public const int MaxMaxActive = 4096;
    /// <summary>WRITE_BUFSIZE less newline and zero (kernel/trace/trace.c): bytes of a line.</summary>
    public const int MaxLength = 4094;
    /// <summary>MAX_TRACE_ARGS (kernel/trace/trace_probe.h).</summary>
    public const int MaxArguments = 128;

    private const string EventsFile = "/sys/kernel/tracing/kprobe_events";

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Point.AtReturn ? 'r' : 'p').Append(CultureInfo.InvariantCulture, $"{MaxActive}").Append(':').Append(Event).Append(' ').Append(Point);
        foreach (FetchArgument argument in Arguments) { text.Append(' ').Append(argument); }
        return text.ToString();
    }

    /// <summary>
    /// Appends (<c>&gt;&gt;</c>; <c>&gt;</c> would delete every event of the machine). A line with a backslash goes through <c>printf</c>:
    /// dash's <c>echo</c> would take <c>\1</c> for an escape (KPROBES.md §6).
    /// </summary>
    public string ToShellCommand()
    {
        string line = ToString();
        string quoted = "'" + line.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
        return line.Contains('\\', StringComparison.Ordinal)
            ? $"printf '%s\\n' {quoted} >> {EventsFile}"
            : $"echo {quoted} >> {EventsFile}";
    }
}
