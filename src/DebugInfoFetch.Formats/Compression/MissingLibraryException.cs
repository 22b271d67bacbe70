namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// A system library that decodes a format is not on this machine, or too old. The message is one line that names the packages that hold it.
/// </summary>
public sealed class MissingLibraryException : Exception
{
    public MissingLibraryException(string message) : base(message) { }
    public MissingLibraryException(string message, Exception inner) : base(message, inner) { }
    public MissingLibraryException() { }
}
