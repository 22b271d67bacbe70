using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.TestKit.Story;

/// <summary>
/// A <c>kernel-debuginfo</c> package of the source story's release, made by rpmbuild out of the kernel under test's real debug files with
/// Fedora's names, paths and build-ID links. Modules are split the way Fedora's <c>find-debuginfo</c> splits them: <c>eu-strip
/// --reloc-debug-sections</c> leaves NOBITS sections and shortened <c>.rela.debug_*</c>; vmlinux is whole, as it is there.
/// </summary>
public sealed class FedoraPackage
{
    /// <summary>The story's kernel, as <c>uname -r</c> prints it there.</summary>
    public const string Release = "6.13.5-200.fc41.x86_64";

    /// <summary>What a user types.</summary>
    public const string ShortRelease = "6.13.5-200.fc41";

    public const string FileName = $"kernel-debuginfo-{Release}.rpm";

    private FedoraPackage(string path) => Path = path;

    /// <summary>The RPM file.</summary>
    public string Path { get; }

    /// <summary>vmlinux and all unpacked modules under <c>w3T.xzdio</c>, what kernel.spec asks for: multi-block xz.</summary>
    public static FedoraPackage Full(DebianKernel kernel) => Build(kernel, "w3T.xzdio", withVmlinux: true, kernel.UnpackedModules);

    /// <summary>Two modules under <c>w19.zstdio</c>, Fedora's default for all but the kernel: one zstd frame. No vmlinux: level 19 takes minutes on it.</summary>
    public static FedoraPackage Zstd(DebianKernel kernel) => Build(kernel, "w19.zstdio", withVmlinux: false, ["fs/btrfs/btrfs", "drivers/block/null_blk/null_blk"]);

    /// <summary>One small module, for what is damaged next.</summary>
    public static FedoraPackage Small(DebianKernel kernel) => Build(kernel, "w2.xzdio", withVmlinux: false, ["drivers/block/null_blk/null_blk"]);

    /// <summary>vmlinux and every module of the kernel, as Fedora's package has them. Takes minutes the first time.</summary>
    public static FedoraPackage WholeKernel(DebianKernel kernel, string payload)
    {
        string folder = TestCache.Folder("fedora", kernel.Release);
        string tree = TestCache.FolderOnce(System.IO.Path.Combine(folder, "whole-tree"), partial => FillWholeTree(kernel, partial));
        return new FedoraPackage(TestCache.FileOnce(
            System.IO.Path.Combine(folder, $"{payload}-whole.rpm"), partial => RunRpmbuild(payload, tree, partial)));
    }

    private static FedoraPackage Build(DebianKernel kernel, string payload, bool withVmlinux, IReadOnlyList<string> modules)
    {
        string folder = TestCache.Folder("fedora", kernel.Release);
        string path = System.IO.Path.Combine(folder, $"{payload}-{(withVmlinux ? "vmlinux-" : "")}{modules.Count}-modules.rpm");
        return new FedoraPackage(TestCache.FileOnce(path, partial =>
        {
            string tree = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(partial)!, "tree");
            foreach (string module in modules) { AddModule(tree, module, kernel.Module(System.IO.Path.GetFileName(module))); }
            if (withVmlinux) { AddVmlinux(tree, kernel.Vmlinux); }
            RunRpmbuild(payload, tree, partial);
        }));
    }

    private static void FillWholeTree(DebianKernel kernel, string tree)
    {
        string unpacked = Directory.CreateDirectory(System.IO.Path.Combine(tree, "unpacked")).FullName;
        ToolRun.Shell($"dpkg-deb --fsys-tarfile '{kernel.DownloadPackage()}' | tar x --wildcards --no-anchored '*.ko'", workingDirectory: unpacked, limit: TimeSpan.FromMinutes(20)).OrThrow();
        string modules = System.IO.Path.Combine(unpacked, "usr/lib/debug/lib/modules", kernel.Release, "kernel");
        Parallel.ForEach(
            Directory.GetFiles(modules, "*.ko", SearchOption.AllDirectories), new ParallelOptions { MaxDegreeOfParallelism = 2 },
            file => AddModule(tree, System.IO.Path.ChangeExtension(System.IO.Path.GetRelativePath(modules, file), null), file));
        Directory.Delete(unpacked, recursive: true);
        AddVmlinux(tree, kernel.Vmlinux);
    }

    private static string DebugFolder(string tree) => System.IO.Path.Combine(tree, "usr/lib/debug");

    private static string KernelFolder(string tree) => System.IO.Path.Combine(DebugFolder(tree), "lib/modules", Release);

    /// <param name="module">Its path below <c>kernel/</c>, without extension.</param>
    private static void AddModule(string tree, string module, string source)
    {
        string target = System.IO.Path.Combine(KernelFolder(tree), "kernel", $"{module}.ko.debug");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        string stripped = $"{target}.stripped";
        ToolRun.Run("eu-strip", ["--reloc-debug-sections", "-f", target, "-o", stripped, source]).OrThrow();
        File.Delete(stripped);
        LinkBuildId(DebugFolder(tree), source, target);
    }

    private static void AddVmlinux(string tree, string source)
    {
        string target = System.IO.Path.Combine(KernelFolder(tree), "vmlinux");
        File.Copy(source, target);
        LinkBuildId(DebugFolder(tree), source, target);
    }

    private static void RunRpmbuild(string payload, string tree, string into)
    {
        string top = System.IO.Path.GetDirectoryName(into)!;
        string spec = System.IO.Path.Combine(top, "kernel-debuginfo.spec");
        File.WriteAllText(spec, Spec(tree, payload));
        // Two threads for T: as many as this project's budgets are made for.
        ToolRun.Run("rpmbuild", ["-bb", "--quiet", "--target", "x86_64", "--define", $"_topdir {top}", "--define", "_smp_ncpus_max 2", spec], limit: TimeSpan.FromMinutes(20)).OrThrow();
        File.Move(System.IO.Path.Combine(top, "RPMS/x86_64", FileName), into);
    }

    /// <summary><c>/usr/lib/debug/.build-id/xx/yyy.debug</c>, a relative link as find-debuginfo makes it.</summary>
    private static void LinkBuildId(string debug, string elf, string target)
    {
        string notes = ToolRun.Run("readelf", ["-n", elf]).OrThrow().Output;
        const string Label = "Build ID: ";
        string id = notes[(notes.IndexOf(Label, StringComparison.Ordinal) + Label.Length)..].Split('\n')[0].Trim();
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(debug, ".build-id", id[..2])).FullName;
        File.CreateSymbolicLink(System.IO.Path.Combine(folder, $"{id[2..]}.debug"), System.IO.Path.GetRelativePath(folder, target));
    }

    /// <summary>Nothing of rpm's own post-processing may touch the files: they are final.</summary>
    private static string Spec(string tree, string payload) => $$"""
        %global debug_package %{nil}
        %global __os_install_post %{nil}
        %global _build_id_links none
        %global _binary_payload {{payload}}
        %global _source_payload w0.gzdio
        AutoReqProv: no
        Name: kernel-debuginfo
        Version: 6.13.5
        Release: 200.fc41
        Summary: Debug information for package kernel
        License: GPL-2.0-only
        URL: https://www.kernel.org/
        %description
        Real debug files under the names and paths of a Fedora kernel.
        %install
        cp -a {{tree}}/. %{buildroot}/
        %files
        /usr/lib/debug
        """;
}
