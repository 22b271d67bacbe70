namespace DebugInfoFetch.Download;

/// <summary>
/// A file that one process at a time holds, so that two that want the same share the work. It is flock(2) on Unix: the system lets go when the
/// owner dies, however it dies. The file stays; only who holds it matters.
/// </summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Waits until nobody else holds it.</summary>
    /// <param name="path">Made when absent, with its directory.</param>
    /// <param name="waiting">Told once, when there is somebody to wait for.</param>
    /// <exception cref="IOException">It cannot be written here.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written here.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public static async Task<FileLock> AcquireAsync(string path, Action waiting, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool isTold = false; ; await Task.Delay(Pause, ct).ConfigureAwait(false))
        {
            ct.ThrowIfCancellationRequested();
            if (TryOpen(path) is { } file) { return new FileLock(file); }
            if (!isTold) { waiting(); }
            isTold = true;
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream? TryOpen(string path)
    {
        try { return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0); }
        catch (IOException fault) when (StorageFault.IsHeldByAnother(fault)) { return null; }
    }
}
