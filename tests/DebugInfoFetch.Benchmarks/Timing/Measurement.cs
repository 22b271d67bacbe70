namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>What a command took, its child processes included.</summary>
/// <param name="Seconds">On the clock.</param>
/// <param name="CpuSeconds">User and system time of all threads.</param>
/// <param name="PeakBytes">Resident memory of its largest process at its peak.</param>
internal readonly record struct Measurement(double Seconds, double CpuSeconds, long PeakBytes);
