using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Layouts;

/// <summary>
/// The text of <c>dbgfetch struct</c> against <c>pahole -F dwarf -C NAME,... vmlinux</c>, line by line: declarations, places, holes, cache lines and
/// sums. Blanks do not count. pahole alone prints alignment attributes and counts them, dbgfetch alone the place of declaration.
/// </summary>
[Trait("needs", "kernel")]
public partial class StructTextTests
{
    private static readonly string[] Names =
    [
        "bio", "cred", "dentry", "file", "inode", "list_head", "mm_struct", "net_device", "page", "rq", "sk_buff", "sock", "super_block",
        "task_struct", "tcp_sock", "vm_area_struct", "xarray",
    ];

    [Fact]
    public void Layouts_read_as_pahole_prints_them()
    {
        string vmlinux = IndexedKernel.Shared.Kernel.DebugFile("vmlinux");
        Dictionary<string, string[]> pahole = Layouts(ToolRun.Run("pahole", ["-F", "dwarf", "-C", string.Join(',', Names), vmlinux]).OrThrow().Lines);
        Dictionary<string, string[]> ours = Layouts(IndexedKernel.Shared.Dbgfetch("struct", Names.Select(name => "struct " + name)).OrThrow().Lines);

        Assert.Equal(Names.Order(StringComparer.Ordinal), pahole.Keys.Order(StringComparer.Ordinal));
        Assert.All(Names, name => Assert.Equal(pahole[name], ours[name]));
    }

    private static Dictionary<string, string[]> Layouts(IEnumerable<string> lines)
    {
        var layouts = new Dictionary<string, string[]>();
        var body = new List<string>();
        string name = "";
        foreach (string line in lines)
        {
            if (Opening().Match(line) is { Success: true } opening) { name = opening.Groups[1].Value; }
            else if (line.StartsWith('}')) { layouts.Add(name, [.. body]); body.Clear(); }
            else if (!OneSided().IsMatch(line)) { body.Add(Blanks().Replace(Attribute().Replace(line, ""), "")); }
        }

        return layouts;
    }

    [GeneratedRegex(@"^struct (\w+) \{")]
    private static partial Regex Opening();

    [GeneratedRegex(@"^\s*$|/\* forced alignments: |^\t/\* \S+:\d+ \*/$")]
    private static partial Regex OneSided();

    [GeneratedRegex(@"__attribute__\(\(__\w+__(\(\d+\))?\)\)")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
