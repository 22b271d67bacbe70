namespace DebugInfoFetch.Download;

/// <summary>
/// A file that one process at a time holds, so that two that want the same share the work. It is flock(2) on Unix: the system lets go when the
/// owner dies, however it dies. Its last owner takes the file away.
/// </summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly string _path;
    private readonly FileStream _file;

    private FileLock(string path, FileStream file) => (_path, _file) = (path, file);

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
            if (TryOpen(path, FileMode.OpenOrCreate) is { } file)
            {
                if (IsAt(path)) { return new FileLock(path, file); }
                file.Dispose();
                continue;
            }

            if (!isTold) { waiting(); }
            isTold = true;
        }
    }

    public void Dispose()
    {
        File.Delete(_path);
        _file.Dispose();
    }

    /// <summary>Between opening and locking, the owner before may have taken the file away: what is locked then must still have its name.</summary>
    private static bool IsAt(string path)
    {
        try
        {
            using FileStream? second = TryOpen(path, FileMode.Open);
            return second is null;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private static FileStream? TryOpen(string path, FileMode mode)
    {
        try { return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0); }
        catch (IOException fault) when (StorageFault.IsHeldByAnother(fault)) { return null; }
    }
}
