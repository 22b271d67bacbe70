using System.Text.RegularExpressions;

namespace DebugInfoFetch.Boot;

/// <summary>What a probe must have recorded, given what was done.</summary>
/// <param name="Function">FUNCTION, and behind it what is asked of it.</param>
/// <param name="Expected">Rows that must be among the recorded ones: of each, the fields that are known.</param>
internal sealed record Truth(string Function, string Arguments, params string[] Expected)
{
    public override string ToString() => $"{Function} {Arguments}";
}

/// <summary>A line of the trace.</summary>
/// <param name="Fields"><c>NAME=VALUE</c> each.</param>
internal sealed partial record TraceRow(string Command, string Pid, string Event, IReadOnlyList<string> Fields)
{
    /// <summary>Null for what is no event.</summary>
    public static TraceRow? Parse(string line) => Row().Match(line) is { Success: true } match
        ? new TraceRow(match.Groups["command"].Value.Trim(), match.Groups["pid"].Value, match.Groups["event"].Value, match.Groups["fields"].Value.Split(' '))
        : null;

    /// <summary>Whether the row shows every field of an expectation; <c>PID</c> stands for the pid that the trace itself names.</summary>
    public bool Shows(string expected) => expected.Split(' ').All(field => Fields.Contains(field.Replace("PID", Pid, StringComparison.Ordinal)));

    [GeneratedRegex(@"^\s*(?<command>.+)-(?<pid>\d+)\s+\[\d+\] \S+\s+[\d.]+: (?<event>\w+): \(.*?\) ?(?<fields>.*)$")]
    private static partial Regex Row();
}
