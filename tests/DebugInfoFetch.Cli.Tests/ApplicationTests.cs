using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Cli.Tests;

public sealed class ApplicationTests
{
    private readonly CliHarness _cli = new();

    [Theory]
    [InlineData("unknown command ofset", "did you mean offset?", "ofset")]
    [InlineData("unknown option --kernal", "did you mean --kernel?", "offset", "--kernal", "x", "a.b")]
    [InlineData("unknown option --jason", "did you mean --json?", "list", "--jason")]
    [InlineData("Option '--kernel' is required.", "help: dbgfetch info --help", "info")]
    public void A_mistyped_command_line_is_told_what_was_meant(string message, string hint, params string[] arguments)
    {
        CliRun run = _cli.Run(arguments);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("offset")]
    [InlineData("struct")]
    [InlineData("symbol")]
    [InlineData("probe")]
    [InlineData("list")]
    [InlineData("info")]
    [InlineData("remove")]
    [InlineData("completion")]
    public void Every_commands_help_ends_with_examples_and_fits_80_columns(string command)
    {
        CliRun run = _cli.Run(command, "--help");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        string examples = run.Output[run.Output.IndexOf("Examples:\n", StringComparison.Ordinal)..];
        Assert.Contains($"  dbgfetch {command} ", examples + " ", StringComparison.Ordinal);
        string options = run.Output[..^examples.Length];
        Assert.All(options.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public void Without_arguments_the_help_goes_to_standard_error()
    {
        CliRun run = _cli.Run();

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains("Examples:", run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, ExitCode, string> Faults => new()
    {
        { InputFaultException.At("vmlinux", ".debug_info", 0x1f40, "unknown form 0x99"), ExitCode.BadInput, "dbgfetch: vmlinux: .debug_info+0x1f40: unknown form 0x99\n" },
        { new IOException("No space left on device"), ExitCode.System, "dbgfetch: No space left on device\n" },
        { new CacheException("a.sqlite: damaged"), ExitCode.System, "dbgfetch: a.sqlite: damaged\n" },
        { new MissingLibraryException("liblzma.so.5: not found"), ExitCode.System, "dbgfetch: liblzma.so.5: not found\n" },
        { new OperationCanceledException(), ExitCode.Interrupted, "dbgfetch: interrupted\n" },
        { new BrokenPipeException(), ExitCode.BrokenPipe, "" },
        { new InvalidOperationException("oh"), ExitCode.Bug, "dbgfetch: bug: InvalidOperationException: oh\n" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_a_line_and_an_exit_code(Exception fault, ExitCode code, string firstLine)
    {
        _cli.Cache(SampleKernel.Create());
        _cli.OnOpen = () => throw fault;

        CliRun run = _cli.Run("info", "-k", SampleKernel.Release);

        Assert.Equal((code, ""), (run.ExitCode, run.Output));
        Assert.StartsWith(firstLine, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bugs_stack_is_shown_to_those_who_ask()
    {
        _cli.Cache(SampleKernel.Create());
        _cli.OnOpen = () => throw new InvalidOperationException("oh");
        _cli.Environment["DBGFETCH_DEBUG"] = "1";

        Assert.Contains("   at ", _cli.Run("info", "-k", SampleKernel.Release).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_documents_every_exit_code()
    {
        string readme = File.ReadAllText(Path.Combine(ProjectRoot(), "README.md"));

        foreach (ExitCode code in Enum.GetValues<ExitCode>()) { Assert.Contains($"| {(int)code} |", readme, StringComparison.Ordinal); }
    }

    private static string ProjectRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "DebugInfoFetch.sln"))) { directory = Path.GetDirectoryName(directory); }
        return directory ?? throw new InvalidOperationException("the tests run outside of the project");
    }
}
