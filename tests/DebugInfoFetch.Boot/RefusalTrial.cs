using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Boot;

/// <summary>
/// Refused functions, and what confirms each: the kernel, which has to refuse the plain line as well, or symbol tables and debug information of the same files, as
/// readelf and llvm-dwarfdump show them.
/// </summary>
internal sealed class RefusalTrial
{
    private readonly List<(ProbeReply Refusal, string Line)> _plain = [];
    private readonly SortedDictionary<string, int> _proofs = new(StringComparer.Ordinal);
    private readonly List<ProbeReply> _unproven = [];

    /// <param name="refused">How many of the functions that were refused.</param>
    /// <param name="inlined">How many more that are said to be inlined everywhere.</param>
    public RefusalTrial(ReporterKernel kernel, int refused, int inlined)
    {
        ProbeSample sample = kernel.Sample;
        ILookup<string, RunningSymbol> running = sample.Symbols.Where(symbol => symbol.IsText).ToLookup(symbol => symbol.BaseName);
        IReadOnlyList<ProbeReply> functions = sample.Refusals(refused), everywhere = sample.InlinedEverywhere(inlined);
        var files = new DebugFiles(kernel.Debian, kernel.Modules, [.. functions.Concat(everywhere).Select(reply => reply.Name).Distinct()]);
        foreach (ProbeReply reply in functions.Concat(everywhere))
        {
            RunningSymbol[] symbols = [.. running[reply.Name].Where(symbol => !reply.Function.Contains(':', StringComparison.Ordinal) || symbol.Request == reply.Function)];
            if (reply.Reason == "notProbeable")
            {
                _plain.AddRange(symbols.Select(symbol => symbol.Place).Distinct().Select(place => (reply, $"p:refused_{_plain.Count} {place}")));
                continue;
            }

            string? proof = reply.Reason == "inlinedEverywhere"
                ? symbols.Length == 0 && files.IsInlinedEverywhere(reply.Name) ? "inlined copies only, and no symbol" : null
                : ProofOf(reply, symbols, files);
            if (proof is null) { _unproven.Add(reply); } else { Count($"{reply.Reason}: {proof}"); }
        }
    }

    /// <summary>What the kernel has to refuse.</summary>
    public IReadOnlyList<string> Lines => [.. _plain.Select(pair => pair.Line)];

    /// <summary>How many are confirmed, by what; <see cref="Judge"/> adds the kernel's.</summary>
    public IReadOnlyDictionary<string, int> Proofs => _proofs;

    /// <summary>Refused without need: nothing confirms them.</summary>
    public IReadOnlyList<ProbeReply> Unproven => _unproven;

    /// <param name="refused">The kernel's verdict on each of <see cref="Lines"/>: whether it refused it.</param>
    public void Judge(IEnumerable<bool> refused)
    {
        foreach (IGrouping<ProbeReply, bool> verdicts in _plain.Zip(refused, (pair, isRefused) => (pair.Refusal, isRefused)).GroupBy(pair => pair.Refusal, pair => pair.isRefused))
        {
            if (verdicts.All(isRefused => isRefused)) { Count("notProbeable: the kernel refuses the plain line"); } else { _unproven.Add(verdicts.Key); }
        }
    }

    /// <summary>All symbols that the name stands for have to confirm it.</summary>
    private static string? ProofOf(ProbeReply reply, IEnumerable<RunningSymbol> symbols, DebugFiles files)
    {
        var refusal = new Refusal(reply.Reason!, reply.Message);
        string?[] proofs = [.. symbols.Select(symbol => symbol.Module.Length == 0 ? (File: "vmlinux", symbol.Name) : (File: symbol.Module, symbol.Name)).Where(symbol => files.Names.Contains(symbol.File))
            .SelectMany(symbol => files.Find(symbol.File, symbol.Name)).Select(symbol => RefusalProof.Of(refusal, symbol, files))];
        return proofs.Contains(null) ? null : proofs.FirstOrDefault();
    }

    private void Count(string proof) => _proofs[proof] = _proofs.GetValueOrDefault(proof) + 1;
}
