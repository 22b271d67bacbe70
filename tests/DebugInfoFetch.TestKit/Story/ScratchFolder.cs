using System.Globalization;
using System.Security.Cryptography;

namespace DebugInfoFetch.TestKit.Story;

/// <summary>An empty directory for one test, gone with it.</summary>
public sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dbgfetch-test-").FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Every file below a directory with its size and digest: equal texts mean that nothing there has changed.</summary>
    public static string Fingerprint(string folder) => !Directory.Exists(folder) ? "" : string.Join('\n',
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file =>
        {
            using FileStream stream = File.OpenRead(file);
            return string.Create(CultureInfo.InvariantCulture, $"{System.IO.Path.GetRelativePath(folder, file)} {stream.Length} {Convert.ToHexStringLower(SHA256.HashData(stream))}");
        }));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
