using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Packages;

/// <summary>What one file out of a package costs, against the xz blocks that hold it: those xz itself tells, where it lies tar and cpio.</summary>
[Trait("needs", "kernel")]
public sealed class PartShareTests(ITestOutputHelper log) : IDisposable
{
    private static readonly DebianKernel Kernel = DebianKernel.Newest;
    private readonly PackageTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public void Vmlinux_out_of_a_deb_costs_its_blocks_and_three_per_cent()
    {
        string deb = Kernel.DownloadPackage();
        _tools.Shell($"ar p '{deb}' data.tar.xz > payload");
        // "block 27: ./usr/lib/debug/boot/vmlinux-…": where its header is, in blocks of 512 bytes.
        string header = _tools.Shell($"tar -tRf payload | grep -m 1 -E '/vmlinux(-[^/]*)?$' || true").Split(':')[0];
        long from = 512 * long.Parse(header.Split(' ')[1], CultureInfo.InvariantCulture);
        AssertCost(deb, "/kernel.deb", Kernel.Release, from, from + 512 + new FileInfo(Kernel.Vmlinux).Length);
    }

    [Fact]
    public void Vmlinux_out_of_an_RPM_of_Fedoras_kind_costs_its_blocks_and_three_per_cent()
    {
        string rpm = FedoraPackage.Full(Kernel).Path;
        // The payload begins with xz's magic number.
        string at = _tools.Shell($"LC_ALL=C grep -abo -m 1 -P '\\xfd7zXZ\\x00' '{rpm}' | head -n 1").Split(':')[0];
        _tools.Shell($"tail -c +$(({at} + 1)) '{rpm}' > payload");
        // In front of the name are the 110 bytes of a cpio header.
        string name = $"./usr/lib/debug/lib/modules/{FedoraPackage.Release}/vmlinux";
        string place = _tools.Shell($"rpm2cpio '{rpm}' | LC_ALL=C grep -abo -P '{name.Replace(".", "\\.", StringComparison.Ordinal)}\\x00' | tail -n 1").Split(':')[0];
        long from = long.Parse(place, CultureInfo.InvariantCulture) - 110;
        AssertCost(rpm, $"/{FedoraPackage.FileName}", FedoraPackage.Release, from, from + 110 + name.Length + new FileInfo(Kernel.Vmlinux).Length);
    }

    private void AssertCost(string package, string path, string release, long from, long to)
    {
        long share = 0;
        foreach (string line in _tools.Shell("xz --robot --list -vv payload").Split('\n').Where(l => l.StartsWith("block\t", StringComparison.Ordinal)))
        {
            // block, stream, number in it, number, compressed offset, uncompressed offset, total size, uncompressed size, …
            long[] numbers = [.. line.Split('\t')[1..8].Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
            if (numbers[4] < to && numbers[4] + numbers[6] > from) { share += numbers[5]; }
        }

        using var server = new LoopbackServer();
        server.Serve(path, LoopbackResponse.File(package));
        ToolResult fetch = DbgfetchProgram.Run(["fetch", "--json", "--kernel", release, "--package", server.BaseUrl + path, "--module", "vmlinux", "--cache", _tools.PathOf("cache")]).OrThrow();
        JsonElement answer = JsonDocument.Parse(fetch.Output).RootElement;
        (string? way, long fetched, long total) = (answer.GetProperty("way").GetString(), answer.GetProperty("bytesFetched").GetInt64(), answer.GetProperty("bytesTotal").GetInt64());
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(package)}: {fetched} of {total} bytes; the blocks that hold vmlinux have {share}: {100.0 * (fetched - share) / share:+0.00;-0.00} %"));
        Assert.Equal(("by ranges", server.BytesSent), (way, fetched));
        Assert.InRange(fetched, share, share * 1.03);
    }
}
