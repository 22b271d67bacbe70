using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Cache;

public sealed class KernelStoreTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly KernelStore _store;

    public KernelStoreTests() => _store = new KernelStore(_folder.Path);

    [Fact]
    public void A_folder_that_does_not_exist_holds_no_kernels() => Assert.Empty(new KernelStore(_folder["none"]).Files());

    [Fact]
    public void Kernels_are_listed_as_people_read_their_releases()
    {
        foreach (string release in (string[])["6.12.9-cloud-amd64", "6.12.10-cloud-amd64", "5.14.0-503.el9.x86_64"]) { Add(release); }
        File.WriteAllText(_folder["6.12.11@x86_64.sqlite.123.new"], "half");
        File.WriteAllText(_folder["notes.txt"], "");
        File.WriteAllText(_folder["no-architecture.sqlite"], "");
        Assert.Equal(["5.14.0-503.el9.x86_64", "6.12.9-cloud-amd64", "6.12.10-cloud-amd64"], _store.Files().Select(k => k.Release));
        Assert.All(_store.Files().Select(KernelStore.Describe), k => Assert.Equal(("x86_64", "debian", 1), (k.Architecture, k.Distribution, k.ModuleCount)));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_listed_as_such()
    {
        File.WriteAllText(_store.PathOf("6.12.1", "x86_64"), "not a database, but long enough to be looked at");
        CachedKernel kernel = KernelStore.Describe(Assert.Single(_store.Files()));
        Assert.Equal(("6.12.1", null, 0), (kernel.Release, kernel.Distribution, kernel.ModuleCount));
    }

    [Theory]
    [InlineData("6.13.5-200.fc41.x86_64", "6.13.5-200.fc41.x86_64")] // exact
    [InlineData("6.13.5-200.fc41", "6.13.5-200.fc41.x86_64")] // without its architecture
    [InlineData("6.13", "6.13.5-200.fc41.x86_64")] // up to a separator
    [InlineData("6.13.5", "6.13.5-200.fc41.x86_64")]
    [InlineData("6.13.5-2", "")] // not up to one
    [InlineData("6.1", "6.1.0-30-amd64")]
    [InlineData("6.12", "6.12.0-1-amd64 6.12.0-1-cloud-amd64")] // several
    [InlineData("6.12.0-1-amd64", "6.12.0-1-amd64")] // exact, though others begin so
    [InlineData("", "")]
    [InlineData("5.4", "")]
    public void A_release_is_found_in_full_and_by_what_it_begins_with(string asked, string found)
    {
        foreach (string release in (string[])["6.13.5-200.fc41.x86_64", "6.1.0-30-amd64", "6.12.0-1-amd64", "6.12.0-1-cloud-amd64"]) { Add(release); }
        Assert.Equal(found, string.Join(' ', _store.Find(asked, null).Select(k => k.Release)));
    }

    [Fact]
    public void One_release_of_two_architectures_is_told_apart_by_it()
    {
        Add("6.14.0");
        Add("6.14.0", "aarch64");
        Assert.Equal(["aarch64", "x86_64"], _store.Find("6.14.0", null).Select(k => k.Architecture));
        Assert.Equal("aarch64", Assert.Single(_store.Find("6.14.0", "aarch64")).Architecture);
        Assert.Empty(_store.Find("6.14.0", "s390x"));
    }

    [Fact]
    public void A_kernel_is_removed_once()
    {
        Add("6.14.0");
        KernelFile kernel = Assert.Single(_store.Files());
        Assert.True(KernelStore.Remove(kernel));
        Assert.False(KernelStore.Remove(kernel));
        Assert.Empty(_store.Files());
    }

    public void Dispose() => _folder.Dispose();

    private void Add(string release, string architecture = "x86_64")
    {
        using var writer = new CacheWriter(_store.PathOf(release, architecture));
        writer.AddModule(new ModuleRows(1, "vmlinux", "", "", "", [], [], [], [], [], []));
        writer.Commit(new KernelInfo { Release = release, Architecture = architecture, Distribution = "debian" });
    }
}

public sealed class NearestNamesTests
{
    [Theory]
    [InlineData("btrfs_block_grop", "btrfs_block_group")] // one left out
    [InlineData("btrfs_blokc_group", "btrfs_block_group")] // transposed
    [InlineData("BTRFS_block_group", "btrfs_block_group")] // another case
    [InlineData("tsak_struct", "task_struct")]
    public void A_mistyped_name_is_recognised(string typed, string meant) => Assert.Equal(meant, Nearest(typed, 3)[0]);

    [Fact]
    public void Names_come_by_distance_and_then_by_name() => Assert.Equal(["list_head", "lisp_head", "list_heap"], Nearest("list_head", 3));

    [Fact]
    public void A_name_that_was_only_appended_to_comes_before_many_edits_and_the_shortest_of_them_first()
    {
        var nearest = new NearestNames("kmem_cache_alloc", 2);
        foreach (string name in (string[])["kmem_cache_alloc_bulk_noprof", "bkey_cached_alloc", "kmem_cache_alloc_noprof"]) { nearest.Offer(name); }
        Assert.Equal(["kmem_cache_alloc_noprof", "kmem_cache_alloc_bulk_noprof"], nearest.Best());
        var macro = new NearestNames("strscpy", 3);
        foreach (string name in (string[])["sized_strscpy", "strscpy_pad", "unstrscpyable", "strncpy"]) { macro.Offer(name); }
        Assert.Equal(["strncpy", "strscpy_pad", "sized_strscpy"], macro.Best());
    }

    [Fact]
    public void No_more_are_given_than_asked_for() => Assert.Equal(["list_head"], Nearest("list_head", 1));

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("entirely_different_name")]
    public void What_is_too_far_is_not_suggested(string typed) => Assert.Empty(Nearest(typed, 5));

    private static IReadOnlyList<string> Nearest(string typed, int limit)
    {
        var nearest = new NearestNames(typed, limit);
        foreach (string name in (string[])["btrfs_block_group", "btrfs_block_rsv", "task_struct", "list_heap", "lisp_head", "list_head", "list_head"]) { nearest.Offer(name); }
        return nearest.Best();
    }
}
