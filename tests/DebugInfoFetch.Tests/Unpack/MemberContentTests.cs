using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

public sealed class MemberContentTests : IDisposable
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 3_000_001).Select(i => (byte)(i * 7 / 3))];
    private readonly string _directory = Directory.CreateTempSubdirectory("dbgfetch-test-").FullName;

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void Content_is_held_in_writable_memory_and_leaves_no_file(long memoryBudget)
    {
        using (var content = MemberContent.Load(new TrickleStream(Data, 77_777), Data.Length, "a.ko", memoryBudget, _directory))
        {
            Assert.True(content.Memory.Span.SequenceEqual(Data));
            content.Memory.Span.Fill(1);
            Assert.Equal(-1, content.Memory.Span.IndexOfAnyExcept((byte)1));
            Assert.Empty(Directory.GetFiles(_directory));
        }

        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void Other_than_the_announced_size_is_a_fault(long memoryBudget)
    {
        Assert.Equal("a.ko: 3000001 bytes of the 3000002 that it should have",
            Assert.Throws<InputFaultException>(() => Load(Data.Length + 1, memoryBudget)).Message);
        Assert.Equal("a.ko: more than the 3000000 bytes that it should have",
            Assert.Throws<InputFaultException>(() => Load(Data.Length - 1, memoryBudget)).Message);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Two_gibibytes_or_more_are_refused()
        => Assert.Equal("a.ko: 2147483648 bytes; an ELF file of 2 GiB or more cannot be indexed",
            Assert.Throws<InputFaultException>(() => Load(1L << 31, long.MaxValue)).Message);

    [Fact]
    public void Writes_to_a_mapped_file_never_reach_it()
    {
        string path = Path.Combine(_directory, "vmlinux");
        File.WriteAllBytes(path, Data);
        using (var content = MemberContent.MapFile(path))
        {
            Assert.True(content.Memory.Span.SequenceEqual(Data));
            content.Memory.Span.Clear();
            Assert.Equal(-1, content.Memory.Span.IndexOfAnyExcept((byte)0));
        }

        Assert.Equal(Data, File.ReadAllBytes(path));
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        string path = Path.Combine(_directory, "vmlinux");
        File.WriteAllBytes(path, []);
        Assert.Equal($"{path}: empty", Assert.Throws<InputFaultException>(() => MemberContent.MapFile(path)).Message);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Load(long size, long budget) => MemberContent.Load(new MemoryStream(Data), size, "a.ko", budget, _directory).Dispose();
}
