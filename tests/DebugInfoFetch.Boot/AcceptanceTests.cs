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

        string[] definitions = [.. answers.Where(line => !line.StartsWith('#'))];
        HashSet<string> refused = [.. answers.Where(line => line.StartsWith("# refused:", StringComparison.Ordinal)).Select(FunctionOfRefusal)];
        Assert.Subset(asked.Select(function => function.ToString()).ToHashSet(), refused);
        // A function may have several copies, each with its line; none may be passed over.
        Assert.InRange(definitions.Length, asked.Count - refused.Count, int.MaxValue);
        // The sample holds assembly, init text and notrace code (a quarter of it was seen), but most of each file can be probed.
        Assert.All(asked.GroupBy(function => function.Module), module =>
            Assert.InRange(module.Count(function => refused.Contains(function.ToString())), 0, module.Count() / 2));

        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(kernel, s_modules, definitions, TimeSpan.FromMinutes(5));

        output.WriteLine($"{asked.Count} functions asked, {refused.Count} refused, {definitions.Length} lines tried");
        DefinitionVerdict[] wrong = [.. verdicts.Where(verdict => !verdict.IsAccepted)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} lines not accepted:\n{string.Join('\n', wrong.Take(20))}");
    }

    private static string FunctionOfRefusal(string answer)
    {
        Match refusal = Refusal().Match(answer);
        Assert.True(refusal.Success, $"a refusal without a reason: {answer}");
        return refusal.Groups["function"].Value;
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
            IndexedKernel.Shared.Dbgfetch("fetch", s_modules.SelectMany(module => (string[])["--module", module])).OrThrow();
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
