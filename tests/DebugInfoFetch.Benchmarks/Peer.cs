using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks;

/// <summary>A program that is timed beside ours.</summary>
internal sealed class Peer
{
    private readonly Lazy<string?> _version;

    private Peer(string name, string installLine, string versionScript)
    {
        (Name, InstallLine) = (name, installLine);
        _version = new Lazy<string?>(() => FirstLine(versionScript));
    }

    // drgn belongs to the system's Python, which is not always the first one on the PATH.
    private const string DrgnPythons = "python3 /usr/bin/python3";

    public static Peer Pahole { get; } = new("pahole", "apt-get install dwarves", "pahole --version");
    public static Peer Dwarf2Json { get; } = new("dwarf2json", "go install github.com/volatilityfoundation/dwarf2json@latest", "command -v dwarf2json > /dev/null && echo found");
    public static Peer Drgn { get; } = new(
        "drgn", "apt-get install python3-drgn", $"for p in {DrgnPythons}; do $p -c 'import drgn; print(drgn.__version__)' 2> /dev/null && exit; done; exit 1");

    public static Peer Gdb { get; } = new("gdb", "apt-get install gdb", "gdb --version | sed -n '1s/.* //p'");
    public static Peer Xz { get; } = new("xz", "apt-get install xz-utils", "xz --version | sed -n '1s/.* //p'");
    public static Peer Rpm2Cpio { get; } = new("rpm2cpio", "apt-get install rpm rpm2cpio cpio elfutils", "command -v rpm2cpio cpio rpmbuild eu-strip > /dev/null && rpm --version | sed 's/.* //'");
    public static Peer Zstd { get; } = new("zstd", "apt-get install zstd", "zstd --version | grep -o 'v[0-9][0-9.]*'");
    public static Peer Story { get; } = new("curl, dpkg-deb or cpio, and perf", "apt-get install curl dpkg rpm2cpio cpio linux-perf", "command -v curl dpkg-deb rpm2cpio cpio perf > /dev/null && perf --version | sed 's/.* //'");
    public static Peer Perf { get; } = new("perf", "apt-get install linux-perf", "perf --version | sed 's/.* //'");

    public static IReadOnlyList<Peer> All { get; } = [Pahole, Dwarf2Json, Drgn, Gdb, Xz, Rpm2Cpio, Zstd, Perf, Story];

    public string Name { get; }

    public string InstallLine { get; }

    public bool IsInstalled => _version.Value is not null;

    /// <summary>As the program itself tells it; null when it is not installed.</summary>
    public string? Version => _version.Value;

    /// <summary>The Python that has drgn.</summary>
    public static string DrgnPython => ToolRun.Shell($"for p in {DrgnPythons}; do $p -c 'import drgn' 2> /dev/null && echo $p && exit; done; exit 1").OrThrow().Output.Trim();

    private static string? FirstLine(string script)
    {
        ToolResult result = ToolRun.Shell(script);
        return result.ExitCode == 0 ? result.Lines.FirstOrDefault() : null;
    }
}
