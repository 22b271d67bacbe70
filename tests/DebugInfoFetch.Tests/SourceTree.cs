namespace DebugInfoFetch.Tests;

/// <summary>The project's own files, for tests that read its text.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Find();

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path])).ReplaceLineEndings("\n");

    /// <summary>C# files below a folder, without what builds leave there.</summary>
    public static IEnumerable<string> CSharpFiles(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !Path.GetRelativePath(Root, f).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")).Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "DebugInfoFetch.sln"))) { return at.FullName; }
        }

        throw new InvalidOperationException($"no DebugInfoFetch.sln above {AppContext.BaseDirectory}");
    }
}
