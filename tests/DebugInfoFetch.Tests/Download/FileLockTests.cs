using System.Diagnostics;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Download;

public sealed class FileLockTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private Task<FileLock> AcquireAsync(Action? told = null, CancellationToken ct = default)
        => FileLock.AcquireAsync(_folder["downloads/kernel.lock"], told ?? (() => { }), ct);

    [Fact]
    public async Task The_second_waits_for_the_first_and_is_told_so_once()
    {
        FileLock first = await AcquireAsync();
        int told = 0;
        Task<FileLock> second = AcquireAsync(() => told++);
        await Task.Delay(700);
        Assert.False(second.IsCompleted);
        Assert.Equal(1, told);

        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    [Fact]
    public async Task Waiting_can_be_given_up()
    {
        using FileLock first = await AcquireAsync();
        using var stop = new CancellationTokenSource(300);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AcquireAsync(ct: stop.Token));
    }

    [Fact]
    public async Task A_dead_owner_s_lock_is_taken_over()
    {
        if (OperatingSystem.IsWindows()) { return; }
        // flock(1) holds the same lock as we do; killed, it cannot let go by itself.
        Directory.CreateDirectory(_folder["downloads"]);
        using Process owner = Process.Start("flock", ["--no-fork", "--exclusive", _folder["downloads/kernel.lock"], "sleep", "600"]);
        int told = 0;
        for (int i = 0; i < 100 && !IsHeld(_folder["downloads/kernel.lock"]); i++) { await Task.Delay(100); }
        Task<FileLock> waiting = AcquireAsync(() => told++);
        await Task.Delay(500);
        Assert.Equal(1, told);
        owner.Kill();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    private static bool IsHeld(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _folder.Dispose();
}
