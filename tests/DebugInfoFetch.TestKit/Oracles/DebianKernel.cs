using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>
/// The kernel under test as Debian publishes it: the debug package that a meta package depends on, downloaded by apt and unpacked by dpkg-deb
/// (not by us), so that the oracles' files owe nothing to the readers under test.
/// </summary>
public sealed partial class DebianKernel
{
    private readonly IReadOnlyList<string> _apt;

    private DebianKernel(string metaName, string release, string package, IReadOnlyList<string> apt, IReadOnlyList<string> unpackedModules, string folder)
    {
        (MetaName, Release, Package, _apt, UnpackedModules) = (metaName, release, package, apt, unpackedModules);
        _files = new Lazy<string>(() => Unpack(folder));
    }

    private readonly Lazy<string> _files;

    /// <summary>The newest <c>6.12</c> kernel for clouds: the smallest stock kernel that has everything the story needs.</summary>
    public static DebianKernel Newest => NewestOnce.Value;

    private static readonly Lazy<DebianKernel> NewestOnce = new(() => Resolve("6.12-cloud-amd64"));

    /// <summary>The same kernel for arm64 machines.</summary>
    public static DebianKernel Arm64 => Arm64Once.Value;

    private static readonly Lazy<DebianKernel> Arm64Once = new(() => Resolve("6.12-cloud-arm64", ForeignLists("arm64"), ["fs/btrfs/btrfs"], ""));

    /// <summary>What a user types to mean the newest build: <c>6.12-cloud-amd64</c>.</summary>
    public string MetaName { get; }

    /// <summary>What <c>uname -r</c> prints on it.</summary>
    public string Release { get; }

    /// <summary>The debug package's name.</summary>
    public string Package { get; }

    /// <summary>The modules that are unpacked beside vmlinux: paths below <c>kernel</c> without <c>.ko</c>, or tar's patterns of them.</summary>
    public IReadOnlyList<string> UnpackedModules { get; }

    private static readonly string[] Amd64Modules =
    [
        "arch/x86/kvm/kvm", "drivers/block/loop", "drivers/block/null_blk/null_blk", "drivers/md/dm-mod", "drivers/net/tun", "drivers/net/veth",
        "fs/btrfs/btrfs", "fs/nfsd/nfsd", "fs/overlayfs/overlay", "fs/xfs/xfs", "net/8021q/8021q",
    ];

    /// <summary>vmlinux with its debug information, an absolute path.</summary>
    public string Vmlinux => Path.Combine(_files.Value, "vmlinux");

    /// <summary>A module with its debug information, by its name without <c>.ko</c>, as its file or as the kernel spells it (<c>nvme-core</c>, <c>nvme_core</c>).</summary>
    public string Module(string name) => Directory.EnumerateFiles(Path.Combine(_files.Value, "kernel"), "*.ko", SearchOption.AllDirectories)
        .Single(file => KernelsName(Path.GetFileNameWithoutExtension(file)) == KernelsName(name));

    private static string KernelsName(string module) => module.Replace('-', '_');

    /// <summary>
    /// Modules of the package that carry debug information, by a fixed seed: the same ones as long as the package is the same. Absolute paths, in the
    /// order drawn.
    /// </summary>
    public IReadOnlyList<string> SampleModules(int count)
    {
        string folder = TestCache.FolderOnce(Path.Combine(TestCache.Folder("samples"), string.Create(CultureInfo.InvariantCulture, $"{Release}-{count}")), partial =>
        {
            string deb = DownloadPackage(), list = Path.Combine(partial, "sample.txt");
            string[] all = [.. ToolRun.Shell($"dpkg-deb --fsys-tarfile '{deb}' | tar t", limit: TimeSpan.FromMinutes(20)).OrThrow().Lines
                .Where(line => line.EndsWith(".ko", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
            string[] drawn = new Random(SampleSeed).GetItems(all, count * 2).Distinct().Take(count).ToArray();
            File.WriteAllLines(list, drawn);
            ToolRun.Shell($"dpkg-deb --fsys-tarfile '{deb}' | tar x -T '{list}'", workingDirectory: partial, limit: TimeSpan.FromMinutes(20)).OrThrow();
        });
        return [.. File.ReadLines(Path.Combine(folder, "sample.txt")).Select(line => Path.Combine(folder, line))];
    }

    private const int SampleSeed = 20261124;

    /// <summary>vmlinux or a module, as the program names them.</summary>
    public string DebugFile(string name) => name == "vmlinux" ? Vmlinux : Module(name);

    /// <summary>The debug package's file, downloaded once; size and digest are those that apt's signed lists name.</summary>
    public string DownloadPackage() => Download(Package);

    /// <summary>The same of the package that the kernel is installed from: its boot image and all modules.</summary>
    public string DownloadImage() => Download($"linux-image-{Release}");

    private string Download(string package)
    {
        ToolResult uris = ToolRun.Run("apt-get", [.. _apt, "--print-uris", "download", package]).OrThrow();
        Match match = UriLine().Match(uris.Output);
        if (!match.Success)
        {
            throw new InvalidOperationException($"apt names no address for {package}: {uris.Output}");
        }

        string path = Path.Combine(TestCache.Folder("packages"), match.Groups["file"].Value);
        return TestCache.FileOnce(path, partial =>
        {
            string folder = Path.GetDirectoryName(partial)!;
            // Root's apt drops its rights to a user who may not write here; asking it not to is what its own warning advises.
            ToolRun.Run("apt-get", [.. _apt, "-o", "APT::Sandbox::User=root", "download", package], workingDirectory: folder, limit: TimeSpan.FromMinutes(30)).OrThrow();
            string downloaded = Directory.GetFiles(folder, "*.deb").Single();
            if (downloaded != partial)
            {
                File.Move(downloaded, partial);
            }

            using FileStream stream = File.OpenRead(partial);
            string digest = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (digest != match.Groups["sha256"].Value)
            {
                throw new InvalidOperationException($"{partial}: sha256 {digest}, apt's list says {match.Groups["sha256"].Value}");
            }
        });
    }

    private string Unpack(string folder) => TestCache.FolderOnce(Path.Combine(TestCache.Folder("unpacked"), folder), partial =>
    {
        string deb = DownloadPackage();
        IEnumerable<string> wanted = UnpackedModules.Select(m => $"*/kernel/{m}.ko").Append($"*/vmlinux-{Release}").Append("*/vmlinux");
        ToolRun.Shell($"dpkg-deb --fsys-tarfile '{deb}' | tar x --wildcards --no-anchored {string.Join(' ', wanted.Select(w => $"'{w}'"))}", workingDirectory: partial,
            limit: TimeSpan.FromMinutes(20)).OrThrow();
        string debug = Path.Combine(partial, "usr/lib/debug");
        string modules = Path.Combine(debug, "lib/modules", Release);
        string boot = Path.Combine(debug, "boot", $"vmlinux-{Release}");
        File.Move(File.Exists(boot) ? boot : Path.Combine(modules, "vmlinux"), Path.Combine(partial, "vmlinux"));
        Directory.Move(Path.Combine(modules, "kernel"), Path.Combine(partial, "kernel"));
        Directory.Delete(Path.Combine(partial, "usr"), recursive: true);
    });

    /// <summary>The newest build that a meta name stands for: <c>6.12-amd64</c>. Throws <see cref="InvalidOperationException"/> when apt knows none.</summary>
    public static DebianKernel Resolve(string metaName) => Resolve(metaName, [], Amd64Modules, "");

    /// <summary>The same, with other modules unpacked beside vmlinux.</summary>
    /// <param name="modules">As the kernel spells them.</param>
    /// <param name="purpose">Tells its unpacked files from another set's of the same kernel.</param>
    public static DebianKernel Resolve(string metaName, IEnumerable<string> modules, string purpose)
        => Resolve(metaName, [], [.. modules.Select(module => $"*/{module.Replace("_", "[-_]", StringComparison.Ordinal)}")], $"-{purpose}");

    private static DebianKernel Resolve(string metaName, IReadOnlyList<string> apt, IReadOnlyList<string> unpackedModules, string folderSuffix)
    {
        ToolResult depends = ToolRun.Run("apt-cache", [.. apt, "depends", $"linux-image-{metaName}-dbg"]);
        Match match = DependsLine().Match(depends.Output);
        return depends.ExitCode == 0 && match.Success
            ? new DebianKernel(metaName, match.Groups["release"].Value, match.Groups["package"].Value, apt, unpackedModules, match.Groups["release"].Value + folderSuffix)
            : throw new InvalidOperationException($"apt knows no linux-image-{metaName}-dbg; `tests/run` sets it up with `apt-get update`. {depends.Error.Trim()}");
    }

    /// <summary>apt's options for another machine's packages: lists of its own, so that this machine's stay as they are. Downloads them once.</summary>
    private static string[] ForeignLists(string architecture)
    {
        string root = Path.Combine(TestCache.Folder("apt"), architecture);
        string[] Options(string folder) =>
        [
            "-o", $"APT::Architecture={architecture}", "-o", $"APT::Architectures::={architecture}", "-o", $"Dir::State::lists={folder}/lists", "-o", $"Dir::Cache={folder}/cache",
            "-o", "APT::Sandbox::User=root",
        ];
        TestCache.FolderOnce(root, partial =>
        {
            Directory.CreateDirectory(Path.Combine(partial, "lists/partial"));
            Directory.CreateDirectory(Path.Combine(partial, "cache/archives/partial"));
            ToolRun.Run("apt-get", [.. Options(partial), "update"]).OrThrow();
        });
        return Options(root);
    }

    [GeneratedRegex(@"^\s*Depends: (?<package>linux-image-(?<release>\S+)-dbg)$", RegexOptions.Multiline)]
    private static partial Regex DependsLine();

    [GeneratedRegex(@"^'(?<uri>[^']+)' (?<file>\S+) (?<size>\d+) SHA256:(?<sha256>[0-9a-f]{64})", RegexOptions.Multiline)]
    private static partial Regex UriLine();
}
