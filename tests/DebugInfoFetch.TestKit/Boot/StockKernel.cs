using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// Debian's own build of a kernel as a reporter has it installed: image and modules from the distribution's package, downloaded
/// and unpacked once into <see cref="TestCache"/>, never installed.
/// </summary>
public sealed partial class StockKernel
{
    /// <summary>Always depends on the newest 6.12 build, so that the tests do not age.</summary>
    private const string MetaPackage = "linux-image-6.12-cloud-amd64";

    private static readonly Lazy<Task<StockKernel>> s_newest = new(GetNewestAsync);

    private readonly string _root;

    private StockKernel(string release, string root)
    {
        Release = release;
        _root = root;
    }

    /// <summary>The newest 6.12 cloud kernel that this machine's apt knows.</summary>
    public static Task<StockKernel> NewestAsync() => s_newest.Value;

    /// <summary>What <c>uname -r</c> prints on it.</summary>
    public string Release { get; }

    public string Image => Path.Combine(_root, "boot", $"vmlinuz-{Release}");

    /// <summary>Modules as the package ships them (<c>NAME.ko.xz</c>), by the name that the kernel prints (<c>nvme_core</c>).</summary>
    public IReadOnlyDictionary<string, string> ModuleFiles => field ??= Directory
        .EnumerateFiles(Path.Combine(_root, "lib/modules", Release), "*.ko*", SearchOption.AllDirectories)
        .ToDictionary(file => KernelModule.NameOf(file));

    private static async Task<StockKernel> GetNewestAsync()
    {
        ToolResult shown = await HostTool.RunAsync(
            HostTool.Find("apt-cache", "apt"), ["show", "--no-all-versions", MetaPackage], TimeSpan.FromMinutes(1));
        Match dependency = ImageDependency().Match(shown.OutputText);
        if (!dependency.Success)
        {
            throw new InvalidOperationException($"apt does not know {MetaPackage}: apt-get update\n{shown.Error}");
        }

        string release = dependency.Groups["release"].Value;
        string root = Path.Combine(TestCache.Subdirectory("stock"), release);
        if (!Directory.Exists(root)) { await UnpackAsync($"linux-image-{release}", root); }
        return new StockKernel(release, root);
    }

    /// <summary>Downloads into a folder of its own name and renames it at the end: a run that was cut off leaves nothing that looks whole.</summary>
    private static async Task UnpackAsync(string package, string root)
    {
        string partial = $"{root}.partial-{Environment.ProcessId}";
        string download = Directory.CreateDirectory($"{partial}.deb").FullName;
        try
        {
            (await HostTool.RunAsync(HostTool.Find("apt-get", "apt"), ["download", package], TimeSpan.FromMinutes(10), download)).Succeeded();
            string deb = Directory.GetFiles(download, "*.deb").Single();
            (await HostTool.RunAsync(HostTool.Find("dpkg-deb", "dpkg"), ["-x", deb, partial], TimeSpan.FromMinutes(5))).Succeeded();
            Directory.Move(partial, root);
        }
        finally
        {
            Directory.Delete(download, recursive: true);
            if (Directory.Exists(partial)) { Directory.Delete(partial, recursive: true); }
        }
    }

    [GeneratedRegex(@"^Depends:.*\blinux-image-(?<release>6\.12\.[^\s,]+-cloud-amd64)", RegexOptions.Multiline)]
    private static partial Regex ImageDependency();
}
