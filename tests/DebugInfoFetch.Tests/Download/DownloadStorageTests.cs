using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>Disks that are full or cannot be written.</summary>
public class DownloadStorageTests : DownloadTestBase
{
    private const int Enospc = 28;

    [Fact]
    public async Task Too_little_room_is_told_with_both_numbers_before_anything_is_written()
    {
        Server.Serve("/a.rpm", Good);

        var failure = Assert.IsType<DownloadFailure>(await DownloadAsync(Fast with { FreeSpace = _ => 1_200_000 }, Candidate("/a.rpm"), Candidate("/b.rpm")));
        Assert.Equal(FailureReason.DiskFull, failure.Reason);
        Assert.Equal($"{Folder}: 1348576 bytes are needed and 1200000 are free; make room or choose another place with --cache", failure.Message);
        Assert.Single(Server.Requests);
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task Only_the_missing_rest_needs_room()
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 200_000 }, Good);
        int asked = 0;

        AssertWhole(await DownloadAsync(Fast with { FreeSpace = _ => asked++ == 0 ? 2_000_000 : 1_048_576 + 100_000 }, Verified()));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_disk_that_fills_up_ends_the_download_in_one_line_and_the_part_is_gone_on_with_later()
    {
        Server.Serve("/a.rpm", Good).Serve("/b.rpm", Good);
        DownloadOptions full = Fast with { OpenPartial = path => new FillingStream(path, 150_000) };

        var failure = Assert.IsType<DownloadFailure>(await DownloadAsync(full, Verified("/a.rpm"), Verified("/b.rpm")));
        Assert.Equal((FailureReason.DiskFull,
            $"{Partial}: the disk is full; make room or choose another place with --cache, then run it again: it goes on where it stopped"),
            (failure.Reason, failure.Message));
        Assert.Single(Server.Requests);
        long kept = new FileInfo(Partial).Length;
        Assert.InRange(kept, 1, 150_000);

        AssertWhole(await DownloadAsync(Verified("/a.rpm")));
        Assert.Equal($"bytes={kept}-", Server.Requests[^1].Header("Range"));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_told()
    {
        string file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "");

        var failure = Assert.IsType<DownloadFailure>(
            await new PackageDownloader(Http, Fast).DownloadAsync([Candidate()], Path.Combine(file, "below"), null, CancellationToken.None));
        Assert.Equal(FailureReason.CannotWrite, failure.Reason);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Empty(Server.Requests);
    }

    [Fact]
    public async Task A_part_that_another_download_is_writing_is_left_alone()
    {
        using FileStream other = new(Partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        var failure = Assert.IsType<DownloadFailure>(await DownloadAsync(Candidate()));
        Assert.Equal((FailureReason.CannotWrite, $"{Partial}: another process is downloading it"), (failure.Reason, failure.Message));
    }

    /// <summary>A file on a disk with room for so many bytes: what fits is written, as the kernel does it, then ENOSPC.</summary>
    private sealed class FillingStream(string path, long room)
        : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            long left = room - Position;
            base.Write(buffer[..(int)Math.Min(left, buffer.Length)]);
            if (left < buffer.Length)
            {
                throw new IOException("No space left on device", Enospc);
            }
        }
    }
}
