using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>A shared library of the system, loaded by name when it is first needed.</summary>
internal sealed class SystemLibrary
{
    private readonly nint _handle;
    private readonly string _fileName;
    private readonly string _remedy;

    /// <param name="fileName">Soname: <c>liblzma.so.5</c>.</param>
    /// <param name="overrideVariable">An environment variable that names another file, for machines that keep it elsewhere.</param>
    /// <param name="purpose">What cannot be done without it.</param>
    /// <param name="packages">Which packages hold it.</param>
    public SystemLibrary(string fileName, string overrideVariable, string purpose, string packages)
    {
        string? other = Environment.GetEnvironmentVariable(overrideVariable);
        _fileName = string.IsNullOrEmpty(other) ? fileName : other;
        _remedy = $"install {packages}, or name the file in {overrideVariable}";
        if (!NativeLibrary.TryLoad(_fileName, out _handle))
        {
            throw new MissingLibraryException($"{_fileName} cannot be loaded, and {purpose} needs it: {_remedy}");
        }
    }

    public nint Function(string name)
        => NativeLibrary.TryGetExport(_handle, name, out nint address)
            ? address
            : throw new MissingLibraryException($"{_fileName} has no {name}: it is another library or too old; {_remedy}");
}
