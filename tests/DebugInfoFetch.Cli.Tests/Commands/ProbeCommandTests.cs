using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Model;
using System.Text.Json;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Cli.Tests.Commands;

public sealed class ProbeCommandTests
{
    private const string Definition =
        "p:myprobe btrfs:__btrfs_add_free_space_zoned.isra.0 block_group=%di length=+32(%di):u64 alloc_offset=+520(%di):u64 bytenr=%si:u64 size=%dx:u64 used=%cx:u8";

    private static readonly string[] Story =
    [
        "--name", "myprobe", "__btrfs_add_free_space_zoned", "block_group", "length=block_group->length", "alloc_offset=block_group->alloc_offset",
        "bytenr", "size", "used",
    ];

    private readonly CliHarness _cli = new();

    [Fact]
    public void The_storys_command_prints_the_line_that_the_kernel_takes()
    {
        _cli.Cache(SampleKernel.Create());

        CliRun run = Probe(Story);

        Assert.Equal((ExitCode.Success, $"echo '{Definition}' >> /sys/kernel/tracing/kprobe_events\n"), (run.ExitCode, run.Output));
        Assert.All(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), note => Assert.StartsWith("# ", note, StringComparison.Ordinal));
    }

    [Fact]
    public void The_definition_is_the_bare_line()
    {
        _cli.Cache(SampleKernel.Create());

        Assert.Equal(Definition + "\n", Probe(["--format", "definition", .. Story]).Output);
    }

    [Fact]
    public void Json_holds_the_line_and_what_it_was_made_from()
    {
        _cli.Cache(SampleKernel.Create());

        using JsonDocument reply = JsonDocument.Parse(Probe(["--json", .. Story]).Output);

        JsonElement definition = reply.RootElement.GetProperty("definitions")[0];
        Assert.Equal(Definition, definition.GetProperty("definition").GetString());
        Assert.Equal("__btrfs_add_free_space_zoned.isra.0", definition.GetProperty("symbol").GetString());
        JsonElement length = definition.GetProperty("arguments")[1];
        Assert.Equal(
            ("length", "block_group->length", "+32(%di)", "u64", "u64"),
            (length.GetProperty("name").GetString(), length.GetProperty("source").GetString(), length.GetProperty("fetch").GetString(),
                length.GetProperty("type").GetString(), length.GetProperty("cType").GetString()));
    }

    [Fact]
    public void A_refusal_is_an_error_with_its_own_exit_code_and_no_line()
    {
        _cli.Cache(SampleKernel.Create());

        CliRun run = Probe("__btrfs_add_free_space_zonde");

        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Output));
        Assert.Contains("__btrfs_add_free_space_zoned", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_gets_an_answer_for_each_in_order()
    {
        string list = "vfs_read\nno_such_function x\n# a comment\n__btrfs_add_free_space_zoned 'length=block_group->length'\nvfs_readv 'open\n";
        var cli = new CliHarness { Input = list };
        cli.Cache(SampleKernel.Create());

        CliRun run = cli.Run("probe", "--kernel", SampleKernel.Release, "--group", "mine", "--file", "-");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Collection(
            run.OutputLines,
            line => Assert.Equal("p:mine/vfs_read vfs_read", line),
            line => Assert.StartsWith("# refused: no_such_function: ", line, StringComparison.Ordinal),
            line => Assert.Equal("p:mine/__btrfs_add_free_space_zoned btrfs:__btrfs_add_free_space_zoned.isra.0 block_group=%di length=+32(%di):u64", line),
            line => Assert.StartsWith("# refused: line 5: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Bare_leaves_out_the_pointers_that_were_not_asked_for()
    {
        _cli.Cache(SampleKernel.Create());
        string[] probe = ["--format", "definition", "__btrfs_add_free_space_zoned", "block_group->length"];

        Assert.EndsWith(" block_group=%di length=+32(%di):u64\n", Probe(probe).Output, StringComparison.Ordinal);
        Assert.EndsWith(".isra.0 length=+32(%di):u64\n", Probe(["--bare", .. probe]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reporters_README_wins_over_the_version()
    {
        _cli.Cache(SampleKernel.Create());
        using ScratchFolder folder = new();
        string readme = folder["README"];
        File.WriteAllText(readme, "tracing mini-HOWTO:\n\t     type: u8/16/32/64, s8/16/32/64\n");

        CliRun run = Probe("--readme", readme, "vfs_read", "$comm");

        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Output));
        Assert.Contains("$comm: the kernel's README does not know that", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_README_that_is_none_is_bad_input()
    {
        _cli.Cache(SampleKernel.Create());
        using ScratchFolder folder = new();
        string readme = folder["README"];
        File.WriteAllText(readme, "# Linux kernel\n");

        CliRun run = Probe("--readme", readme, "vfs_read");

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains($"{readme}: not a tracefs README", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_at_once_are_said_of_a_return()
    {
        _cli.Cache(SampleKernel.Create());

        Assert.StartsWith("r64:vfs_read__return vfs_read", Probe("--format", "definition", "--maxactive", "64", "vfs_read%return").Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, Probe("--maxactive", "64", "vfs_read").ExitCode);
    }

    [Fact]
    public void A_list_that_is_not_there_is_bad_input()
    {
        _cli.Cache(SampleKernel.Create());

        CliRun run = Probe("--file", "/no/such/list");

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains("/no/such/list", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_is_not_cached_is_fetched_first()
    {
        _cli.OnFetch = (_, _) => new FetchOutcome.Ready(_cli.Cache(SampleKernel.Create()), IsNew: true);

        CliRun run = Probe([.. Story, "--module", "btrfs", "--base-url", "http://h.invalid"]);

        Assert.Contains(Definition, run.Output, StringComparison.Ordinal);
        FetchRequest request = Assert.Single(_cli.Fetched);
        Assert.Equal((SampleKernel.Release, "http://h.invalid"), (request.KernelSpec, request.BaseUrl));
        // FUNCTION names no module: it may be vmlinux's.
        Assert.Equal(["btrfs", "vmlinux"], request.Modules);
    }

    [Theory]
    [InlineData("btrfs:__btrfs_add_free_space_zoned", "btrfs")]
    [InlineData("nvme-core:nvme_queue_rq", "nvme_core")]
    [InlineData("vfs_read", "vmlinux")]
    public void Of_a_kernel_that_is_not_cached_only_the_file_with_the_function_is_fetched(string function, string file)
    {
        _cli.OnFetch = (_, _) => new FetchOutcome.Ready(_cli.Cache(SampleKernel.Create()), IsNew: true, new PartTransfer("by ranges", 31_068_956, 1_033_858_872));

        CliRun run = Probe(function);

        Assert.Equal([file], Assert.Single(_cli.Fetched).Modules);
        Assert.Contains("# read by ranges, 31.1 MB of 1.03 GB\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_vmlinux_has_not_is_looked_for_in_all_of_the_kernel()
    {
        _cli.OnFetch = (request, _) => new FetchOutcome.Ready(_cli.Cache(request.Modules.Count > 0 ? Part("vfs_read") : SampleKernel.Create()), IsNew: true);

        CliRun run = Probe("__btrfs_add_free_space_zoned");

        Assert.Equal([["vmlinux"], []], _cli.Fetched.Select(f => f.Modules));
        Assert.Equal((ExitCode.Success, 0), (run.ExitCode, _cli.OpenKernels));
        Assert.Contains("# not in vmlinux: looking into all modules (MODULE:NAME spares that)\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_mistyped_name_may_have_meant_is_said_before_all_of_the_kernel_is_fetched()
    {
        var vmlinux = new KernelModelBuilder(SampleKernel.Release, isComplete: false);
        vmlinux.Function("vfs_read", "fs/read_write.c:549").Entry("vfs_read", KernelModelBuilder.TextStart + 0x1000);
        IKernelModel part = vmlinux.Build();
        _cli.OnFetch = (request, _) => new FetchOutcome.Ready(_cli.Cache(request.Modules.Count > 0 ? part : SampleKernel.Create()), IsNew: true);

        CliRun run = Probe("vfs_reed");

        Assert.Contains("# not in vmlinux: looking into all modules (MODULE:NAME spares that); did you mean vfs_read?\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
    }

    [Fact]
    public void A_part_of_a_kernel_that_has_the_function_is_not_added_to_and_says_that_it_is_a_part()
    {
        _cli.Cache(Part("vfs_read"));

        CliRun run = Probe("vfs_read");

        Assert.Empty(_cli.Fetched);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("whether another vfs_read is in a module is not known; indexed of 6.13.5-200.fc41.x86_64: vmlinux;", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_known_is_answered_when_more_is_not_to_be_had()
    {
        _cli.Cache(Part("vfs_read"));

        CliRun run = Probe("no_such_function");

        Assert.Equal([[]], _cli.Fetched.Select(f => f.Modules));
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("what may have it could not be fetched: nobody has", run.Error, StringComparison.Ordinal);
        Assert.Contains("no function no_such_function", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_struct_that_a_module_only_names_is_looked_for_in_vmlinux()
    {
        var module = new KernelModelBuilder(SampleKernel.Release, isComplete: false, hasVmlinux: false);
        module.Function("btrfs_x", "fs/btrfs/x.c:1", module.Int, ("p", module.PointerTo("page"))).Entry("btrfs_x", 0x10, "btrfs", Place.Register(5));
        _cli.Cache(module.Build());
        Probe("btrfs:btrfs_y");
        Assert.Empty(_cli.Fetched);

        // A fetch that leaves the cache as it is: what was looked into is not looked into again.
        _cli.OnFetch = (_, _) => new FetchOutcome.Ready(_cli.Describe(_cli.Files()[0]), IsNew: true);
        CliRun run = Probe("btrfs:btrfs_x", "p->flags");

        Assert.Equal(["vmlinux"], Assert.Single(_cli.Fetched).Modules);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
    }

    [Theory]
    [InlineData("xfs:anything")]
    [InlineData("vfs_read", "--module", "xfs")]
    public void A_module_that_the_cache_knows_but_does_not_hold_is_fetched(params string[] arguments)
    {
        _cli.Cache(SampleKernel.Create());
        _cli.OnFetch = (_, _) => new FetchOutcome.Ready(_cli.Describe(_cli.Files()[0]), IsNew: true);

        Probe(arguments);

        Assert.Equal(["xfs"], Assert.Single(_cli.Fetched).Modules);
        Assert.Equal(0, _cli.OpenKernels);
    }

    [Fact]
    public void Nothing_is_fetched_for_a_kernel_that_is_cached()
    {
        _cli.Cache(SampleKernel.Create());

        Probe("btrfs:__btrfs_add_free_space_zoned", "--module", "btrfs");

        Assert.Empty(_cli.Fetched);
    }

    [Theory]
    [InlineData]
    [InlineData("f", "--file", "x")]
    [InlineData("--name", "e", "--file", "x")]
    [InlineData("f", "--format", "yaml")]
    public void Contradictions_are_usage_errors(params string[] arguments) => Assert.Equal(ExitCode.Usage, Probe(arguments).ExitCode);

    private CliRun Probe(params string[] arguments) => _cli.Run(["probe", "--kernel", SampleKernel.Release, .. arguments]);

    /// <summary>vmlinux alone.</summary>
    private static IKernelModel Part(string symbol)
    {
        var kernel = new KernelModelBuilder(SampleKernel.Release, isComplete: false);
        kernel.Symbol(symbol, KernelModelBuilder.TextStart + 0x1000);
        return kernel.Build();
    }
}
