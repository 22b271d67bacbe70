using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// The kernel under test as a reporter has it installed: image and modules from the distribution's package, downloaded and unpacked
/// once into <see cref="TestCache"/>, never installed.
/// </summary>
public sealed class StockKernel
{
    private static readonly Lazy<StockKernel> s_newest = new(() => Of(DebianKernel.Newest));

    private StockKernel(string release, string root) => (Release, Root) = (release, root);

    /// <summary>The stock build of <see cref="DebianKernel.Newest"/>.</summary>
    public static StockKernel Newest => s_newest.Value;

    /// <summary>What <c>uname -r</c> prints on it.</summary>
    public string Release { get; }

    private string Root { get; }

    public string Image => Path.Combine(Root, "boot", $"vmlinuz-{Release}");

    /// <summary>Its modules' files by the name that the kernel prints (<c>nvme_core</c>), as the package has them: some are <c>.ko.xz</c>.</summary>
    private Dictionary<string, string> ModuleFiles => field ??= Directory
        .EnumerateFiles(Path.Combine(Root, "lib/modules", Release), "*.ko*", SearchOption.AllDirectories)
        .GroupBy(file => Path.GetFileName(file).Split('.')[0].Replace('-', '_'))
        .ToDictionary(files => files.Key, files => files.Min(StringComparer.Ordinal)!);

    /// <summary>Whether it has that as a module, rather than built in or not at all.</summary>
    public bool HasModule(string name) => ModuleFiles.ContainsKey(name);

    /// <exception cref="ArgumentException">The kernel ships no module of that name.</exception>
    public byte[] ReadModule(string name)
    {
        if (!ModuleFiles.TryGetValue(name, out string? file)) { throw new ArgumentException($"{Release} ships no module {name}"); }
        if (file.EndsWith(".xz", StringComparison.Ordinal))
        {
            // Only what is loaded: a kernel has thousands of them.
            file = TestCache.FileOnce(file[..^".xz".Length], partial => ToolRun.Shell($"'{HostTool.Busybox}' xz -dc '{file}' > '{partial}'").OrThrow());
        }

        return File.ReadAllBytes(file);
    }

    /// <summary>The stock build that a debug package belongs to.</summary>
    public static StockKernel Of(DebianKernel kernel) => Unpacked(kernel.Release);

    private static StockKernel Unpacked(string release)
    {
        string root = TestCache.FolderOnce(Path.Combine(TestCache.Folder("stock"), release), partial =>
        {
            // Debian signs an image hours or days after it has published the build and its debug package: until then there is the same one without signatures.
            ToolResult Download(string package)
                // Root's apt drops its rights to a user who may not write here; asking it not to is what its own warning advises.
                => ToolRun.Run(HostTool.Find("apt-get", "apt"), ["-o", "APT::Sandbox::User=root", "download", package], workingDirectory: partial);
            if (Download($"linux-image-{release}").ExitCode != 0) { Download($"linux-image-{release}-unsigned").OrThrow(); }
            string deb = Directory.GetFiles(partial, "*.deb").Single();
            ToolRun.Run(HostTool.Find("dpkg-deb", "dpkg"), ["-x", deb, partial]).OrThrow();
            File.Delete(deb);
        });
        return new StockKernel(release, root);
    }
}
