namespace DebugInfoFetch.Download;

/// <summary>How far a download is; reported some times a second, and at each change of state.</summary>
/// <param name="Place">The address, fit to be shown.</param>
/// <param name="BytesReceived">Bytes on disk, with those of an earlier, resumed transfer.</param>
/// <param name="ResumedFrom">How many of them were there when this transfer began: speed is counted without them.</param>
/// <param name="TotalBytes">Null while the server has not told.</param>
/// <param name="Attempt">1 for the first request to this address.</param>
/// <param name="Waiting">Set while the next attempt is waited for: why, and how long.</param>
public sealed record DownloadProgress(string Place, long BytesReceived, long ResumedFrom, long? TotalBytes, int Attempt, string? Waiting = null);
