using System.Text;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Tests.Debuginfod;

/// <summary>The layout is that of elfutils' debuginfod-client.c; that its clients and ours find each other's files is seen in the oracles.</summary>
public sealed class DebuginfodCacheTests : IDisposable
{
    private static readonly BuildId Id = BuildId.Parse("00CE68DF23f81e20193ab36e91e0ff5e6fdae9de");

    private readonly string _folder = Directory.CreateTempSubdirectory("dbgfetch-test-").FullName;
    private readonly SettableClock _clock = new();

    private string Root => Path.Combine(_folder, "cache");
    private DebuginfodCache Cache => new(Root, _clock);

    [Fact]
    public void The_variable_comes_first_then_the_old_place_where_it_exists_then_XDG_then_HOME()
    {
        Dictionary<string, string> set = new() { ["HOME"] = _folder };
        string Place() => DebuginfodCache.FromEnvironment(set.GetValueOrDefault).Directory;

        Assert.Equal(Path.Combine(_folder, ".cache", "debuginfod_client"), Place());
        set["XDG_CACHE_HOME"] = "/xdg";
        Assert.Equal("/xdg/debuginfod_client", Place());
        string old = Directory.CreateDirectory(Path.Combine(_folder, ".debuginfod_client_cache")).FullName;
        Assert.Equal(old, Place());
        set["DEBUGINFOD_CACHE_PATH"] = "/named";
        Assert.Equal("/named", Place());
        set["DEBUGINFOD_CACHE_PATH"] = "";
        Assert.Equal(old, Place());
    }

    [Fact]
    public void A_file_is_seen_when_it_is_whole_with_the_rights_that_clients_give_it()
    {
        using (DebuginfodCacheEntry entry = Cache.Create(Id, DebuginfodArtifact.Debuginfo))
        {
            entry.Stream.Write("ELF"u8);
            Assert.Null(Cache.Find(Id, DebuginfodArtifact.Debuginfo));
            Assert.Matches(@"/debuginfo\.[A-Za-z0-9]{6}$", Assert.Single(Directory.GetFiles(Path.Combine(Root, Id.Hex))));
            entry.Commit(DateTimeOffset.UnixEpoch.AddDays(1));
        }

        string path = Path.Combine(Root, "00ce68df23f81e20193ab36e91e0ff5e6fdae9de", "debuginfo");
        Assert.Equal(path, Cache.Find(Id, DebuginfodArtifact.Debuginfo));
        Assert.Equal([path], Directory.GetFiles(Path.Combine(Root, Id.Hex)));
        Assert.Equal(("ELF", DateTime.UnixEpoch.AddDays(1)), (File.ReadAllText(path), File.GetLastWriteTimeUtc(path)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Root, Id.Hex)));
        }

        Assert.Equal(["86400", "604800", "600"], new[] { "cache_clean_interval_s", "max_unused_age_s", "cache_miss_s" }.Select(f => File.ReadAllText(Path.Combine(Root, f))));
    }

    [Fact]
    public void A_file_that_is_not_finished_leaves_nothing()
    {
        using (DebuginfodCacheEntry entry = Cache.Create(Id, DebuginfodArtifact.Executable)) { entry.Stream.Write("EL"u8); }

        Assert.Empty(Directory.GetFiles(Path.Combine(Root, Id.Hex)));
        using DebuginfodCacheEntry empty = Cache.Create(Id, DebuginfodArtifact.Executable);
        Assert.Throws<InvalidOperationException>(() => empty.Commit());
    }

    [Fact]
    public void Of_two_that_write_one_file_both_succeed_and_the_last_stays()
    {
        using DebuginfodCacheEntry one = Cache.Create(Id, DebuginfodArtifact.Debuginfo), two = Cache.Create(Id, DebuginfodArtifact.Debuginfo);
        one.Stream.Write("one"u8);
        two.Stream.Write("two"u8);
        one.Commit();
        Assert.Equal("two", File.ReadAllText(two.Commit()));
    }

    [Fact]
    public void That_nobody_has_it_is_believed_for_ten_minutes_or_as_long_as_the_cache_says()
    {
        Assert.False(Cache.IsKnownMissing(Id, DebuginfodArtifact.Debuginfo));
        Cache.NoteMissing(Id, DebuginfodArtifact.Debuginfo);
        Assert.Equal(0, new FileInfo(Cache.PathOf(Id, DebuginfodArtifact.Debuginfo)).Length);
        Assert.True(Cache.IsKnownMissing(Id, DebuginfodArtifact.Debuginfo));
        Assert.Null(Cache.Find(Id, DebuginfodArtifact.Debuginfo));
        Assert.False(Cache.IsKnownMissing(Id, DebuginfodArtifact.Executable));

        _clock.Now += TimeSpan.FromSeconds(700);
        Assert.False(Cache.IsKnownMissing(Id, DebuginfodArtifact.Debuginfo));
        File.WriteAllText(Path.Combine(Root, "cache_miss_s"), "1000\n");
        Assert.True(Cache.IsKnownMissing(Id, DebuginfodArtifact.Debuginfo));
        File.WriteAllText(Path.Combine(Root, "cache_miss_s"), "soon");
        Assert.False(Cache.IsKnownMissing(Id, DebuginfodArtifact.Debuginfo));

        using DebuginfodCacheEntry entry = Cache.Create(Id, DebuginfodArtifact.Debuginfo);
        entry.Stream.Write("ELF"u8);
        entry.Commit();
        Assert.NotNull(Cache.Find(Id, DebuginfodArtifact.Debuginfo));
    }

    [Fact]
    public void What_nobody_read_for_a_week_goes_once_a_day_and_nothing_else_does()
    {
        string old = Store(DebuginfodArtifact.Debuginfo), used = Store(DebuginfodArtifact.Executable);
        string strange = Path.Combine(Root, Id.Hex, "notes"), elsewhere = Path.Combine(Root, "debuginfo");
        File.WriteAllText(strange, "mine");
        File.WriteAllText(elsewhere, "mine");
        _clock.Now += TimeSpan.FromDays(8);
        Cache.Find(Id, DebuginfodArtifact.Executable);
        File.SetLastWriteTimeUtc(Path.Combine(Root, "cache_clean_interval_s"), _clock.Now.AddHours(-23).UtcDateTime);
        Cache.Clean();
        Assert.True(File.Exists(old));

        File.SetLastWriteTimeUtc(Path.Combine(Root, "cache_clean_interval_s"), _clock.Now.AddHours(-25).UtcDateTime);
        Cache.Clean();
        Assert.Equal([false, true, true, true], new[] { old, used, strange, elsewhere }.Select(File.Exists));
        Assert.Equal(_clock.Now.UtcDateTime, File.GetLastWriteTimeUtc(Path.Combine(Root, "cache_clean_interval_s")), TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(".debug_info", "section-.debug_info", "section/.debug_info")]
    [InlineData(".rela/x#y", "section-.rela##x#_y", "section/.rela%2Fx%23y")]
    public void A_section_is_one_path_component_whatever_its_name(string name, string file, string url)
    {
        var section = DebuginfodArtifact.Section(name);
        Assert.Equal((file, url), (section.FileName, section.UrlPart));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("with space")]
    public void What_is_no_section_name_is_refused(string name) => Assert.Throws<InputFaultException>(() => DebuginfodArtifact.Section(name));

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("../../etc/passwd")]
    [InlineData("00ce68df23f81e20193ab36e91e0ff5e6fdae9dg")]
    public void What_is_no_build_ID_is_refused(string text)
    {
        Assert.False(BuildId.TryParse(text, out _));
        Assert.Contains("readelf -n", Assert.Throws<InputFaultException>(() => BuildId.Parse(text)).Message, StringComparison.Ordinal);
    }

    private string Store(DebuginfodArtifact artifact)
    {
        using DebuginfodCacheEntry entry = Cache.Create(Id, artifact);
        entry.Stream.Write(Encoding.ASCII.GetBytes(artifact.FileName));
        return entry.Commit(_clock.Now.AddDays(-30));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
