using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Boot;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>No wrong line: whatever is printed for a kernel, that kernel accepts.</summary>
public sealed partial class AcceptanceTests(ITestOutputHelper output)
{
    /// <summary>Fixed, so that a line that was refused is met again.</summary>
    private const int Seed = 20_261;

    private static readonly string[] s_modules = ["btrfs", "xfs", "nfsd", "kvm"];

    [Fact]
    public void The_kernel_accepts_every_line_that_is_printed_and_every_refusal_has_a_reason()
    {
        StockKernel kernel = StockKernel.Newest;
        IReadOnlyList<RunningFunction> asked = Sample(RunningSymbols.Functions(kernel, s_modules));
        IReadOnlyList<string> answers = Ask(asked);

        Match[] refusals = [.. answers.Where(line => line.StartsWith("# refused:", StringComparison.Ordinal)).Select(line => Refusal().Match(line))];
        string[] definitions = [.. answers.Where(line => !line.StartsWith('#'))];
        Assert.All(refusals, refusal => Assert.True(refusal.Success, "a refusal without a reason"));
        Assert.Subset(
            asked.Select(function => function.ToString()).ToHashSet(), refusals.Select(refusal => refusal.Groups["function"].Value).ToHashSet());
        // A function may have several copies, each with its line; none may be passed over.
        Assert.InRange(definitions.Length, asked.Count - refusals.Length, int.MaxValue);
        // The sample holds assembly, init text, inlines' leftovers and notrace code, but most of a kernel can be probed.
        Assert.InRange(refusals.Length, 0, asked.Count / 2);

        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(kernel, s_modules, definitions, TimeSpan.FromMinutes(5));

        output.WriteLine($"{asked.Count} functions asked, {refusals.Length} refused, {definitions.Length} lines tried");
        Assert.DoesNotContain(verdicts, verdict => !verdict.IsAccepted);
    }

    private static IReadOnlyList<RunningFunction> Sample(IReadOnlyList<RunningFunction> all)
    {
        var random = new Random(Seed);
        IEnumerable<RunningFunction> Some(int count, Func<RunningFunction, bool> isWanted)
        {
            RunningFunction[] wanted = [.. all.Where(isWanted)];
            random.Shuffle(wanted);
            return wanted.Take(count);
        }

        return
        [
            .. Some(1000, function => function is { Module: "", IsClone: false }),
            .. Some(200, function => function is { Module: "", IsClone: true }),
            .. s_modules.SelectMany(module => Some(200, function => function.Module == module)),
        ];
    }

    /// <summary>One run of the program for the whole list.</summary>
    private static IReadOnlyList<string> Ask(IReadOnlyList<RunningFunction> functions)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, functions.Select(function => $"{function} $params"));
            ToolResult answered = IndexedKernel.Shared.Dbgfetch("probe", "--format", "definition", "--file", list);
            Assert.True(answered.Lines.Any(), answered.Error);
            return [.. answered.Lines];
        }
        finally
        {
            File.Delete(list);
        }
    }

    [GeneratedRegex(@"^# refused: (?<function>\S+): (?<reason>\S.*)$")]
    private static partial Regex Refusal();
}
