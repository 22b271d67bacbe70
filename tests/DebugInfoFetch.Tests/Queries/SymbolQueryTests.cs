using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Queries;

public sealed class SymbolQueryTests
{
    private const SymbolFlags Code = SymbolFlags.Text | SymbolFlags.Function;

    private readonly KernelModelBuilder _kernel = new();

    [Fact]
    public void A_base_name_finds_its_suffixed_copies_once_each()
    {
        _kernel.Symbol("f", 0x1000);
        _kernel.Symbol("f.isra.0", 0x2000);
        _kernel.Symbol("f.cold", 0x3000);
        _kernel.Symbol("ff", 0x4000);

        Assert.Equal(["f", "f.isra.0", "f.cold"], Find("f"));
    }

    [Fact]
    public void A_glob_finds_whole_names()
    {
        _kernel.Symbol("vfs_read", 0x1000);
        _kernel.Symbol("vfs_readv", 0x2000);
        _kernel.Symbol("ksys_read", 0x3000);

        Assert.Equal(["vfs_read", "vfs_readv"], Find("vfs_r*"));
    }

    [Fact]
    public void Occurrences_count_what_the_running_kernel_can_have_of_that_name()
    {
        _kernel.Symbol("twice", 0x1000);
        _kernel.Symbol("twice", 0x40, module: "btrfs");
        _kernel.Symbol("twice", 0x80, module: "xfs", flags: Code | SymbolFlags.NotLoaded);

        Assert.Equal([2, 2, 2], SymbolQuery.Find(_kernel.Build(), "twice").Select(answer => answer.Occurrences));
    }

    [Theory]
    [InlineData(Code | SymbolFlags.HasFtraceSite, "")]
    [InlineData(Code, "notrace")]
    [InlineData(Code | SymbolFlags.FtraceUnknown, "")]
    [InlineData(Code | SymbolFlags.Local | SymbolFlags.Blacklisted | SymbolFlags.HasFtraceSite, "local, blacklisted")]
    [InlineData(SymbolFlags.Object | SymbolFlags.PerCpu, "data, per-CPU")]
    public void Flags_are_told_in_words(SymbolFlags flags, string expected)
        => Assert.Equal(expected, string.Join(", ", SymbolQuery.Words(_kernel.Symbol("s", 0x1000, flags: flags))));

    private IEnumerable<string> Find(string nameOrGlob) => SymbolQuery.Find(_kernel.Build(), nameOrGlob).Select(answer => answer.Symbol.Name);
}
