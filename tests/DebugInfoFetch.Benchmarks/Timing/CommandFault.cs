namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>A command failed that was to be timed: its time would mean nothing.</summary>
internal sealed class CommandFault(string message) : Exception(message);
