using System.Globalization;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Inputs;

/// <summary>A package like a kernel's, with fewer modules. It is packed with zstd, for which the time of unpacking goes with the size as that of indexing does.</summary>
internal static class SmallerPackage
{
    /// <param name="modules">By name without <c>.ko</c>.</param>
    public static string Of(DebianKernel kernel, IReadOnlyCollection<string> modules)
        => TestCache.FileOnce(
            Path.Combine(TestCache.Folder("benchmarks"), string.Create(CultureInfo.InvariantCulture, $"{kernel.Release}.with-{modules.Count}.deb")),
            partial => Make(kernel, modules, partial));

    private static void Make(DebianKernel kernel, IReadOnlyCollection<string> modules, string path)
    {
        string folder = Directory.CreateDirectory(path + ".parts").FullName;
        // Paths in the package are ./usr/lib/debug/boot/vmlinux-RELEASE and ./usr/lib/debug/lib/modules/RELEASE/…/NAME.ko.
        File.WriteAllLines(Path.Combine(folder, "wanted"), ["*/vmlinux-*", .. modules.Select(name => $"*/{name}.ko")]);
        ToolRun.Shell($"""
            cd '{folder}'
            mkdir tree
            dpkg-deb --fsys-tarfile '{kernel.DownloadPackage()}' | tar -x -C tree --wildcards -T wanted
            tar -c -C tree --sort=name . | zstd -q -T0 -3 -o data.tar.zst
            ar p '{kernel.DownloadPackage()}' control.tar.xz > control.tar.xz
            echo 2.0 > debian-binary
            ar rcS '{path}' debian-binary control.tar.xz data.tar.zst
            """).OrThrow();
        Directory.Delete(folder, recursive: true);
    }
}
