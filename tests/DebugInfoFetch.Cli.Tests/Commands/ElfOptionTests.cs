using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Cli.Tests.Commands;

/// <summary><c>offset --elf</c> and <c>struct --elf</c>: answers from a file that nobody has indexed.</summary>
public sealed class ElfOptionTests : IDisposable
{
    private readonly CliHarness _cli = new();
    private readonly ScratchFolder _folder = new();
    private readonly string _vmlinux;

    public ElfOptionTests()
    {
        _vmlinux = _folder["vmlinux"];
        File.WriteAllBytes(_vmlinux, new DwarfBuilder().Unit(cu => cu
            .Die(DwTag.BaseType, "int", t => t.Data1(DwAttribute.ByteSize, 4).Data1(DwAttribute.Encoding, 5).Strp(DwAttribute.Name, "int"))
            .Die(DwTag.StructureType, s => s.Strp(DwAttribute.Name, "task_struct").Data1(DwAttribute.ByteSize, 8)
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "pid").Type("int").Data1(DwAttribute.DataMemberLocation, 4)))).AddTo(new ElfBuilder()).Build());
    }

    [Fact]
    public void An_offset_comes_from_the_file_and_no_cache_is_opened()
    {
        CliRun run = _cli.Run("offset", "--elf", _vmlinux, "task_struct.pid");

        Assert.Equal((ExitCode.Success, "task_struct.pid  4  4  int\n", ""), (run.ExitCode, run.Output, run.Error));
        Assert.Equal("", _cli.CacheDirectory);
    }

    [Fact]
    public void A_layout_comes_from_the_file()
    {
        CliRun run = _cli.Run("struct", "--elf", _vmlinux, "task_struct");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("struct task_struct {\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_file_has_not_is_refused_with_what_it_is_like()
    {
        CliRun run = _cli.Run("offset", "--elf", _vmlinux, "tsak_struct.pid");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains($"in what is indexed of {_vmlinux}", run.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean task_struct", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "x.y")]
    [InlineData("offset", "--kernel", "6.1", "--elf", "vmlinux", "x.y")]
    [InlineData("struct", "x")]
    public void Either_a_kernel_or_a_file_is_named(params string[] arguments)
    {
        CliRun run = _cli.Run(arguments);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("takes either --kernel RELEASE or --elf FILE", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_bad_input()
        => Assert.Equal(ExitCode.BadInput, _cli.Run("offset", "--elf", _folder["none"], "x.y").ExitCode);

    public void Dispose() => _folder.Dispose();
}
