using System.Diagnostics;
using DebugInfoFetch.TestKit.Boot;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>No wrong line, and no refusal without need: a stock kernel judges what is printed for it.</summary>
public sealed class AcceptanceTests(ITestOutputHelper output)
{
    /// <summary>Refusals that are confirmed, by what confirms them.</summary>
    private const int RefusedByTheKernel = 150, WithoutACopy = 50;

    public static TheoryData<string> Kernels => [.. ReporterKernel.Names];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_kernel_accepts_every_line_and_confirms_what_was_refused(string name)
    {
        var clock = Stopwatch.StartNew();
        ReporterKernel kernel = ReporterKernel.Of(name);
        var sample = new ProbeSample(kernel);
        output.WriteLine($"{kernel.Stock.Release}: asked after {clock.Elapsed.TotalSeconds:0} s");
        HashSet<string> loaded = [.. sample.Symbols.Select(symbol => symbol.Module)];
        foreach (SampledKind kind in sample.Kinds)
        {
            output.WriteLine($"{kind.Kind,-17} {kind.Replies.Count,5} asked {kind.Answered.Count(),5} answered {kind.LinesFor(loaded).Count(),5} lines");
            foreach (var reason in kind.Refused.GroupBy(reply => reply.Reason).OrderByDescending(group => group.Count()))
            {
                output.WriteLine($"    {reason.Count(),5} {reason.Key}: {reason.First().Function}: {reason.First().Message}");
            }
        }

        Assert.All(sample.Kinds.SelectMany(kind => kind.Refused), reply => Assert.NotEmpty(reply.Message));
        IReadOnlyList<(ProbeReply Refusal, string Line)> forbidden = Forbidden(sample);
        string[] lines = [.. sample.Kinds.SelectMany(kind => kind.LinesFor(loaded))];

        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(
            kernel.Stock, kernel.Modules, [.. lines, .. forbidden.Select(pair => pair.Line)], TimeSpan.FromMinutes(6));

        DefinitionVerdict[] wrong = [.. verdicts.Take(lines.Length).Where(verdict => !verdict.IsAccepted)];
        (ProbeReply Refusal, string Line)[] needless = [.. forbidden.Zip(verdicts.Skip(lines.Length)).Where(pair => pair.Second.IsAccepted).Select(pair => pair.First)];
        string[] contradicted = [.. Contradicted(sample)];
        output.WriteLine($"{lines.Length} lines tried, {forbidden.Count} refused places tried, {clock.Elapsed.TotalSeconds:0} s");
        Assert.True(wrong.Length == 0, $"{wrong.Length} lines not accepted:\n{string.Join('\n', wrong.Take(40))}");
        Assert.True(needless.Length == 0, $"{needless.Length} places refused that the kernel takes:\n{string.Join('\n', needless.Take(40))}");
        Assert.True(contradicted.Length == 0, $"said to be inlined everywhere, but running: {string.Join(' ', contradicted)}");
        Assert.Equal(3000, sample["functions"].Replies.Count);
        // The sample holds assembly, init text and notrace code (a fifth of it was seen), but most of each file can be probed.
        Assert.All(sample["functions"].Replies.GroupBy(reply => reply.Function.Split(':')[0]).Where(module => kernel.Modules.Contains(module.Key)), module =>
            Assert.InRange(module.Count(reply => reply.Reason is not null), 0, module.Count() / 2));
        Assert.All([("functions", 2000), ("returns", 500), ("globals", 300), ("duplicated names", 200), ("inline sites", 500), ("callers", 60), ("lines", 100), ("offsets", 60)], floor =>
            Assert.InRange(sample[floor.Item1].LinesFor(loaded).Count(), floor.Item2, int.MaxValue));
    }

    /// <summary>The plain line of each symbol that a refused function has on the running kernel.</summary>
    private static IReadOnlyList<(ProbeReply Refusal, string Line)> Forbidden(ProbeSample sample)
    {
        ILookup<string, RunningSymbol> symbols = sample.Symbols.Where(symbol => symbol.IsText).ToLookup(symbol => symbol.Request);
        return
        [
            .. sample.Refusals("notProbeable", RefusedByTheKernel)
                .SelectMany(refusal => symbols[ProbeSample.FunctionOf(refusal)].Select(symbol => symbol.Place).Distinct().Select(place => (refusal, place)))
                .Select((pair, index) => (pair.refusal, $"p:forbidden_{index} {pair.place}")),
        ];
    }

    /// <summary>Functions said to have no code of their own that the running kernel has a symbol of.</summary>
    private static IEnumerable<string> Contradicted(ProbeSample sample)
    {
        HashSet<string> running = [.. sample.Symbols.Where(symbol => symbol.IsText).Select(symbol => symbol.BaseName)];
        IReadOnlyList<ProbeReply> inlined = sample.InlinedEverywhere(WithoutACopy);
        Assert.Equal(WithoutACopy, inlined.Count);
        return inlined.Select(reply => reply.Function).Where(running.Contains);
    }
}
