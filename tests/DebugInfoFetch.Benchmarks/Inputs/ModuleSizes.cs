using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Inputs;

/// <summary>Bytes of <c>.debug_info</c> of vmlinux and of each module of a package.</summary>
/// <param name="Modules">By name without <c>.ko</c>, sorted.</param>
internal sealed record ModuleSizes(long Vmlinux, IReadOnlyList<(string Name, long Bytes)> Modules)
{
    /// <summary>Reads them from the package once; kept in the test cache.</summary>
    public static ModuleSizes Of(DebianKernel kernel)
    {
        string list = TestCache.FileOnce(
            Path.Combine(TestCache.Folder("benchmarks"), $"{kernel.Release}.debug-info-sizes"), partial => File.WriteAllLines(partial, Read(kernel)));
        var sizes = File.ReadLines(list).Select(line => line.Split(' ')).Select(words => (Name: words[0], Bytes: long.Parse(words[1], CultureInfo.InvariantCulture))).ToList();
        return new ModuleSizes(
            sizes.Single(s => s.Name == "vmlinux").Bytes, [.. sizes.Where(s => s.Name != "vmlinux").OrderBy(s => s.Name, StringComparer.Ordinal)]);
    }

    private static List<string> Read(DebianKernel kernel)
    {
        Console.Error.WriteLine($"reading the sizes of {kernel.Release}'s modules");
        using Process unpack = Process.Start(new ProcessStartInfo("dpkg-deb", ["--fsys-tarfile", kernel.DownloadPackage()]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("dpkg-deb did not start");
        using var tar = new TarReader(unpack.StandardOutput.BaseStream);
        byte[] buffer = [];
        var lines = new List<string>();
        while (tar.GetNextEntry() is { } entry)
        {
            string name = Path.GetFileName(entry.Name);
            bool isVmlinux = name == "vmlinux" || name.StartsWith("vmlinux-", StringComparison.Ordinal);
            if (entry.DataStream is not { } content || !(isVmlinux || name.EndsWith(".ko", StringComparison.Ordinal))) { continue; }
            int size = checked((int)entry.Length);
            if (buffer.Length < size) { buffer = GC.AllocateUninitializedArray<byte>(size); }
            content.ReadExactly(buffer, 0, size);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(isVmlinux ? "vmlinux" : Path.GetFileNameWithoutExtension(name))} {DebugInfoSize.Of(buffer.AsSpan(0, size))}"));
        }

        unpack.WaitForExit();
        return unpack.ExitCode == 0 ? lines : throw new InvalidOperationException($"dpkg-deb: exit {unpack.ExitCode}");
    }
}
