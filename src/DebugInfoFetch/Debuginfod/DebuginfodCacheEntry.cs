using System.Security.Cryptography;

namespace DebugInfoFetch.Debuginfod;

/// <summary>A file of the client cache on its way: written as <c>NAME.XXXXXX</c>, then renamed, so that no other client ever sees a part of it.</summary>
public sealed class DebuginfodCacheEntry : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private readonly TimeProvider _clock;
    private readonly string _temporaryPath;
    private readonly FileStream _stream;
    private bool _isCommitted;

    internal DebuginfodCacheEntry(string path, TimeProvider clock)
    {
        Path = path;
        _clock = clock;
        _temporaryPath = $"{path}.{new string(RandomNumberGenerator.GetItems<char>(Letters, 6))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) { options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; }
        _stream = new FileStream(_temporaryPath, options);
    }

    /// <summary>Where it will be.</summary>
    public string Path { get; }

    /// <summary>For its bytes.</summary>
    public FileStream Stream => _stream;

    /// <summary>It is whole: gives it its name, read-only. One that another client has put there meanwhile is replaced.</summary>
    /// <param name="modified">The file's own date, when the server told.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="InvalidOperationException">It is empty, which would mean that nobody has it.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Commit(DateTimeOffset? modified = null)
    {
        if (_stream.Length == 0) { throw new InvalidOperationException("an empty file in the client cache means that nobody has it"); }
        _stream.Dispose();
        var file = new FileInfo(_temporaryPath);
        DateTime now = _clock.GetUtcNow().UtcDateTime;
        file.LastWriteTimeUtc = modified?.UtcDateTime ?? now;
        // Cleaning goes by this one.
        file.LastAccessTimeUtc = now;
        if (!OperatingSystem.IsWindows()) { file.UnixFileMode = UnixFileMode.UserRead; }
        File.Move(_temporaryPath, Path, overwrite: true);
        _isCommitted = true;
        return Path;
    }

    /// <summary>Without <see cref="Commit"/>: away with it.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_isCommitted) { File.Delete(_temporaryPath); }
    }
}
