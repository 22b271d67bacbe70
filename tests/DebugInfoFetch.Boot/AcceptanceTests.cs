using System.Diagnostics;
using DebugInfoFetch.TestKit.Boot;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>No wrong line, and no refusal without need: a stock kernel judges what is printed for it.</summary>
public sealed class AcceptanceTests(ITestOutputHelper output)
{
    /// <summary>Refused functions that are confirmed: of the sample, and of those that are inlined everywhere.</summary>
    private const int RefusedFunctions = 240, WithoutACopy = 60;

    /// <summary>Lines of each kind that the kernel accepts, at the least.</summary>
    private static readonly (string Kind, int Lines)[] s_floors =
        [("functions", 2000), ("returns", 500), ("globals", 300), ("duplicated names", 200), ("inline sites", 500), ("callers", 60), ("lines", 100), ("offsets", 60)];

    public static TheoryData<string> Kernels => [.. ReporterKernel.Names];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_kernel_accepts_every_line_and_confirms_what_was_refused(string name)
    {
        var clock = Stopwatch.StartNew();
        ReporterKernel kernel = ReporterKernel.Of(name);
        ProbeSample sample = kernel.Sample;
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

        ProbeReply[] refused = [.. sample.Kinds.SelectMany(kind => kind.Refused)];
        Assert.All(refused, reply => Assert.NotEmpty(reply.Message));
        var refusals = new RefusalTrial(kernel, RefusedFunctions, WithoutACopy);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s: to the kernel");
        string[] lines = [.. sample.Kinds.SelectMany(kind => kind.LinesFor(loaded)).Select(pair => pair.Line.Definition)];
        IReadOnlyList<DefinitionVerdict> verdicts = DefinitionTrial.Run(kernel.Stock, kernel.Modules, [.. lines, .. refusals.Lines], TimeSpan.FromMinutes(6));
        refusals.Judge(verdicts.Skip(lines.Length).Select(verdict => !verdict.IsAccepted));

        foreach ((string proof, int count) in refusals.Proofs) { output.WriteLine($"{count,5} refused as {proof}"); }
        output.WriteLine($"{lines.Length} lines tried, {refusals.Lines.Count} refused places tried, {clock.Elapsed.TotalSeconds:0} s");
        DefinitionVerdict[] wrong = [.. verdicts.Take(lines.Length).Where(verdict => !verdict.IsAccepted)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} lines not accepted:\n{string.Join('\n', wrong.Take(40))}");
        Assert.True(refusals.Unproven.Count == 0, $"{refusals.Unproven.Count} refusals that nothing confirms:\n{Messages(refusals.Unproven)}");
        Assert.Equal(RefusedFunctions + WithoutACopy, refusals.Proofs.Values.Sum());
        ProbeReply[] deadEnds = [.. refused.Where(reply => reply.Hints.Count == 0)];
        Assert.True(deadEnds.Length == 0, $"{deadEnds.Length} refusals name nothing that works:\n{Messages(deadEnds)}");

        Assert.Equal(3000, sample["functions"].Replies.Count);
        // The sample holds assembly, init text and notrace code (a fifth of it was seen), but most of each file can be probed.
        Assert.All(sample["functions"].Replies.GroupBy(reply => reply.Function.Split(':')[0]).Where(module => kernel.Modules.Contains(module.Key)), module =>
            Assert.InRange(module.Count(reply => reply.Reason is not null), 0, module.Count() / 2));
        // A function's own entry is no inline site.
        Assert.All(s_floors, floor => Assert.InRange(
            sample[floor.Kind].LinesFor(loaded).Count(pair => floor.Kind != "inline sites" || pair.Line.IsInlined(pair.Function)), floor.Lines, int.MaxValue));
        Assert.InRange(sample["duplicated names"].Answered.Select(reply => reply.Name).Distinct().Count(), 200, int.MaxValue);
    }

    private static string Messages(IEnumerable<ProbeReply> refused) => string.Join('\n', refused.Take(40).Select(reply => $"{reply.Function}: {reply.Reason}: {reply.Message}"));
}
