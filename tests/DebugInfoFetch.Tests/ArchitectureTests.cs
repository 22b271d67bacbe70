using System.Text.RegularExpressions;

namespace DebugInfoFetch.Tests;

/// <summary>
/// The pipeline's order, read from the source text: a folder's `using` lines, and namespaces written out in its code, only point at itself and at
/// folders before it. src/README.md draws the same order.
/// </summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Formats = ["Binary", "Compression", "Cpio", "Rpm", "Deb", "Elf", "Dwarf", "Btf", "Image"];
    // Stages of the pipeline; the root's own files (KernelFetcher) join those up to the cache.
    private static readonly string[] Stages = ["Releases", "Trust", "Sources", "Download", "Unpack", "Debuginfod", "Index", "Cache", "Queries", "Bodies", "Probes"];
    // Each of these reads its own format only: what stands before it in the order is not all its business.
    private static readonly (string Folder, string Other)[] Strangers =
    [
        ("Rpm", "Cpio"), ("Deb", "Cpio"), ("Deb", "Rpm"), ("Elf", "Cpio"), ("Elf", "Rpm"), ("Elf", "Deb"), ("Dwarf", "Cpio"), ("Dwarf", "Rpm"), ("Dwarf", "Deb"),
        ("Btf", "Cpio"), ("Btf", "Rpm"), ("Btf", "Deb"), ("Btf", "Elf"), ("Btf", "Dwarf"), ("Image", "Cpio"), ("Image", "Rpm"), ("Image", "Deb"), ("Image", "Dwarf"), ("Image", "Btf"),
    ];

    [Fact]
    public void Formats_only_use_formats_before_them() => AssertOrder("src/DebugInfoFetch.Formats", "DebugInfoFetch.Formats.", Formats);

    [Fact]
    public void Stages_only_use_stages_before_them() => AssertOrder("src/DebugInfoFetch", "DebugInfoFetch.", Stages);

    [Fact]
    public void Containers_ELF_and_DWARF_know_nothing_of_each_other_but_what_they_are_made_of()
    {
        var wrong = from pair in Strangers
                    from file in SourceTree.CSharpFiles($"src/DebugInfoFetch.Formats/{pair.Folder}")
                    where Uses(File.ReadAllText(file)).Any(u => StartsWith(u, "DebugInfoFetch.Formats." + pair.Other))
                    select $"{Path.GetFileName(file)} uses {pair.Other}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_stages_know_nothing_of_the_command_line()
        => AssertNone(["src/DebugInfoFetch", "src/DebugInfoFetch.Formats"], "DebugInfoFetch.Cli", "Spectre.Console", "System.CommandLine");

    [Fact]
    public void Formats_know_no_network_no_SQLite_and_no_console()
    {
        AssertNone(["src/DebugInfoFetch.Formats"], "System.Net", "Microsoft.Data.Sqlite", "SQLitePCL", "DebugInfoFetch.Releases", "DebugInfoFetch.Index", "DebugInfoFetch.Cache");
        Assert.Empty(SourceTree.CSharpFiles("src/DebugInfoFetch.Formats").Where(f => ConsoleCall().IsMatch(WithoutComments(File.ReadAllText(f)))).Select(Path.GetFileName));
    }

    [Fact]
    public void Only_the_command_line_writes_to_the_console()
        => Assert.Empty(SourceTree.CSharpFiles("src/DebugInfoFetch").Where(f => ConsoleCall().IsMatch(WithoutComments(File.ReadAllText(f)))).Select(Path.GetFileName));

    [Fact]
    public void The_command_line_knows_no_DWARF_and_no_ELF()
        => AssertNone(["src/DebugInfoFetch.Cli"], "DebugInfoFetch.Formats.Dwarf", "DebugInfoFetch.Formats.Elf", "Microsoft.Data.Sqlite", "SQLitePCL");

    [Fact]
    public void Only_the_cache_knows_SQLite()
    {
        var wrong = SourceTree.CSharpFiles("src").Where(f => Uses(File.ReadAllText(f)).Any(u => StartsWith(u, "SQLitePCL") || StartsWith(u, "Microsoft.Data.Sqlite")))
            .Select(f => Path.GetRelativePath(SourceTree.Root, f)).Where(f => !f.StartsWith(Path.Combine("src", "DebugInfoFetch", "Cache"), StringComparison.Ordinal));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Namespaces_are_folders()
    {
        var wrong = from project in new[] { "DebugInfoFetch", "DebugInfoFetch.Formats", "DebugInfoFetch.Cli" }
                    let root = Path.Combine(SourceTree.Root, "src", project)
                    from file in SourceTree.CSharpFiles("src/" + project)
                    let folder = Path.GetDirectoryName(Path.GetRelativePath(root, file))!
                    let expected = folder.Length == 0 ? project : $"{project}.{folder.Replace(Path.DirectorySeparatorChar, '.')}"
                    let declared = NamespaceLine().Match(File.ReadAllText(file))
                    where declared.Success && declared.Groups[1].Value != expected
                    select $"{Path.GetRelativePath(root, file)}: {declared.Groups[1].Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_rules_are_applied_to_files_that_exist()
    {
        Assert.All(Formats, f => Assert.NotEmpty(SourceTree.CSharpFiles($"src/DebugInfoFetch.Formats/{f}")));
        Assert.All(Stages, s => Assert.NotEmpty(SourceTree.CSharpFiles($"src/DebugInfoFetch/{s}")));
        Assert.Equal(["A.B", "DebugInfoFetch.Cache.KernelStore", "X.Y"], Uses("using A.B;\nusing static X.Y;\n// DebugInfoFetch.Cli.Nothing\nvar s = new DebugInfoFetch.Cache.KernelStore();\n").Order());
    }

    private static void AssertOrder(string project, string prefix, string[] order)
    {
        var wrong = new List<string>();
        for (int i = 0; i < order.Length; i++)
        {
            foreach (string file in SourceTree.CSharpFiles($"{project}/{order[i]}"))
            {
                wrong.AddRange(Uses(File.ReadAllText(file)).SelectMany(u => order.Skip(i + 1).Where(later => StartsWith(u, prefix + later)))
                    .Select(later => $"{Path.GetRelativePath(SourceTree.Root, file)} uses {later}"));
            }
        }

        Assert.Empty(wrong);
    }

    private static void AssertNone(string[] projects, params string[] forbidden)
        => Assert.Empty(projects.SelectMany(SourceTree.CSharpFiles).SelectMany(f => Uses(File.ReadAllText(f)).Where(u => forbidden.Any(n => StartsWith(u, n)))
            .Select(u => $"{Path.GetRelativePath(SourceTree.Root, f)}: {u}")));

    /// <summary>Namespaces of `using` lines, and those of this project that are written out in the code.</summary>
    private static HashSet<string> Uses(string source)
    {
        string code = NamespaceLine().Replace(WithoutComments(source), "");
        return [.. UsingLine().Matches(code).Select(m => m.Groups[1].Value), .. WrittenOut().Matches(UsingLine().Replace(code, "")).Select(m => m.Value)];
    }

    private static bool StartsWith(string used, string name) => used == name || used.StartsWith(name + ".", StringComparison.Ordinal);

    private static string WithoutComments(string source) => Comment().Replace(source, "");

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\bDebugInfoFetch\.[\w.]+")]
    private static partial Regex WrittenOut();

    [GeneratedRegex(@"\bConsole\.\w")]
    private static partial Regex ConsoleCall();
}
