namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>A command line and what puts its surroundings back before each run.</summary>
/// <param name="Line">For bash; what it prints is kept apart, so that it costs both sides the same.</param>
internal sealed record TimedCommand(string Line)
{
    /// <summary>Not timed.</summary>
    public Action Prepare { get; init; } = static () => { };

    /// <summary>What the report shows, where the line itself is too long.</summary>
    public string Shown { get; init; } = Line;
}
