using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// The kernel under test as a reporter has it installed: image and modules from the distribution's package, downloaded and unpacked
/// once into <see cref="TestCache"/>, never installed.
/// </summary>
public sealed class StockKernel
{
    private static readonly Lazy<StockKernel> s_newest = new(() => Unpacked(DebianKernel.Newest.Release));

    private StockKernel(string release, string root) => (Release, Root) = (release, root);

    /// <summary>The stock build of <see cref="DebianKernel.Newest"/>.</summary>
    public static StockKernel Newest => s_newest.Value;

    /// <summary>What <c>uname -r</c> prints on it.</summary>
    public string Release { get; }

    private string Root { get; }

    public string Image => Path.Combine(Root, "boot", $"vmlinuz-{Release}");

    /// <summary>Files of its modules, not compressed, by the name that the kernel prints (<c>nvme_core</c>).</summary>
    public IReadOnlyDictionary<string, string> ModuleFiles => field ??= Directory
        .EnumerateFiles(Path.Combine(Root, "lib/modules", Release), "*.ko", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file).Replace('-', '_'));

    private static StockKernel Unpacked(string release)
    {
        string root = TestCache.FolderOnce(Path.Combine(TestCache.Folder("stock"), release), partial =>
        {
            // Root's apt drops its rights to a user who may not write here; asking it not to is what its own warning advises.
            string[] download = ["-o", "APT::Sandbox::User=root", "download", $"linux-image-{release}"];
            ToolRun.Run(HostTool.Find("apt-get", "apt"), download, workingDirectory: partial).OrThrow();
            string deb = Directory.GetFiles(partial, "*.deb").Single();
            ToolRun.Run(HostTool.Find("dpkg-deb", "dpkg"), ["-x", deb, partial]).OrThrow();
            File.Delete(deb);
            string[] compressed = Directory.GetFiles(partial, "*.ko.xz", SearchOption.AllDirectories);
            if (compressed.Length != 0) { ToolRun.Run(HostTool.Busybox, ["unxz", .. compressed]).OrThrow(); }
        });
        return new StockKernel(release, root);
    }
}
