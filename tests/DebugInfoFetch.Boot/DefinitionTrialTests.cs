using DebugInfoFetch.TestKit.Boot;

namespace DebugInfoFetch.Boot;

/// <summary>The judge itself: a trial that accepts everything would prove nothing.</summary>
public sealed class DefinitionTrialTests
{
    [Fact]
    public void A_good_line_is_accepted_and_each_bad_one_is_refused_in_the_kernels_words()
    {
        (string Line, string Words)[] expected =
        [
            (@"p:t/good vfs_read file=%di:x64 text=\""words"" number=\123", ""),
            ("p:t/module btrfs:btrfs_sync_file file=%di:x64", ""),
            // The same event with other arguments: refused beside the first, accepted alone.
            ("p:t/good vfs_write count=%dx:u64", ""),
            ("p:t/no_such_symbol vfs_raed file=%di:x64", "Invalid probed address or symbol"),
            ("p:t/no_such_symbol_of_a_module btrfs:btrfs_snyc_file", "Invalid probed address or symbol"),
            ("p:t/no_such_register vfs_read file=%rdi:x64", "Invalid register name"),
            ("p:t/no_such_type vfs_read file=%di:w64", "Unknown type is specified"),
            ("p:t/notrace native_sched_clock", "Failed to register probe event"),
            ("p:t/inside_an_instruction vfs_read+1", "Probe point is not an instruction boundary"),
            ("p:t/dash-ed vfs_read", "Event name must follow the same rules as C identifiers"),
        ];

        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(
            StockKernel.Newest, ["btrfs"], [.. expected.Select(pair => pair.Line)], TimeSpan.FromMinutes(2));

        Assert.Equal(expected.Select(pair => pair.Line), verdicts.Select(verdict => verdict.Line));
        Assert.All(expected.Zip(verdicts), pair =>
        {
            Assert.Contains(pair.First.Words, pair.Second.Error, StringComparison.Ordinal);
            Assert.Equal(pair.First.Words.Length == 0, pair.Second.IsAccepted);
            Assert.True(pair.Second.IsAccepted || pair.Second.Error.Contains("write error: ", StringComparison.Ordinal), pair.Second.Error);
        });
    }

    [Fact]
    public void A_line_for_a_module_that_is_not_loaded_is_no_evidence()
        => Assert.Throws<ArgumentException>(() => DefinitionTrial.Run(
            StockKernel.Newest, ["btrfs"], ["p:t/e xfs:xfs_file_open"], TimeSpan.FromMinutes(2)));

    [Fact]
    public void A_tool_that_is_missing_is_named_with_the_command_that_installs_it()
    {
        Exception fault = Assert.Throws<InvalidOperationException>(() => HostTool.Find("qemu-system-pdp11", "qemu-system-misc"));
        Assert.Contains("apt-get install --no-install-recommends qemu-system-misc", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_fails_fails_the_test_with_the_consoles_last_lines()
    {
        byte[] initramfs = new InitramfsBuilder().AddModules([]).Build("section first\necho seen on the console >/dev/console\nfalse\n");

        VmException fault = Assert.Throws<VmException>(
            () => Vm.Run(StockKernel.Newest, initramfs, TimeSpan.FromMinutes(2)));

        Assert.Contains("the script failed with status 1 in section first", fault.Message, StringComparison.Ordinal);
        Assert.Contains("seen on the console", fault.Message, StringComparison.Ordinal);
    }
}
