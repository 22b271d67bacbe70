using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Boot;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Boot;

/// <summary>What the program answered to one kind of question.</summary>
internal sealed record SampledKind(string Kind, IReadOnlyList<ProbeReply> Replies)
{
    public IEnumerable<ProbeReply> Answered => Replies.Where(reply => reply.Reason is null);
    public IEnumerable<ProbeReply> Refused => Replies.Where(reply => reply.Reason is not null);

    /// <summary>The lines for what runs, with the function's name. Of a module that is not loaded the kernel takes any line, unread: that proves nothing.</summary>
    public IEnumerable<(string Function, ProbeLine Line)> LinesFor(ISet<string> loaded)
        => Replies.SelectMany(reply => reply.Definitions.Select(line => (reply.Name, line))).Where(pair => loaded.Contains(pair.line.Module));
}

/// <summary>Questions of a fixed seed about a kernel, drawn from what runs there, and the program's answers.</summary>
internal sealed partial class ProbeSample
{
    /// <summary>Fixed, so that a line that was refused is met again.</summary>
    private const int Seed = 20_261;

    private const int FunctionCount = 3000;

    private readonly ReporterKernel _kernel;
    private readonly Random _random = new(Seed);

    public ProbeSample(ReporterKernel kernel)
    {
        _kernel = kernel;
        Symbols = RunningSymbols.Of(kernel);
        RunningSymbol[] text = [.. Symbols.Where(symbol => symbol.IsText && (symbol.Module.Length == 0 || kernel.Modules.Contains(symbol.Module))).DistinctBy(symbol => symbol.Place)];
        RunningSymbol[] clones = [.. text.Where(symbol => symbol.IsClone).DistinctBy(symbol => symbol.Request)];
        RunningSymbol[] plain = [.. text.Where(symbol => !symbol.IsClone).ExceptBy(clones.Select(clone => clone.Request), symbol => symbol.Request)];
        Functions =
        [
            .. Some(400, clones.Where(symbol => symbol.Module.Length == 0)),
            .. kernel.Modules.SelectMany(module => Some(40, clones.Where(symbol => symbol.Module == module))),
            .. kernel.Modules.SelectMany(module => Some(200, plain.Where(symbol => symbol.Module == module))),
        ];
        Functions = [.. Functions, .. Some(FunctionCount - Functions.Count, plain.Where(symbol => symbol.Module.Length == 0))];
        string returned = KeepsArguments ? "$retval $params" : "$retval";
        Kinds =
        [
            new("functions", kernel.Probe(Functions.Select(symbol => $"{symbol.Request} $params").Distinct())),
            new("returns", kernel.Probe(Some(1200, text).Select(symbol => $"{symbol.Request}%return {returned}").Distinct())),
            new("globals", kernel.Probe(Some(1300, Symbols.Where(IsVariable)).Select(symbol => $"vfs_read @{symbol.BaseName}").Distinct())),
            new("duplicated names", Duplicates(Symbols)),
            new("inline sites", kernel.Probe([.. Inlined("vmlinux", 320), .. kernel.Modules.SelectMany(module => Inlined(module, 40))], "--inlines")),
            // kfree and its like have thousands.
            new("callers", [.. kernel.Probe(Some(90, Functions).Select(symbol => $"{symbol.Request} $params").Distinct(), "--callers").Where(reply => reply.Lines.Count < 40)]),
            // Which lines have code, and where instructions begin, is for the program to say.
            new("lines", kernel.Probe(Some(700, text).Select(symbol => $"{symbol.Request}:{_random.Next(1, 12)} $vars").Distinct())),
            new("offsets", kernel.Probe(Some(700, text).Select(symbol => $"{symbol.Request}+{_random.Next(1, 80)} $vars").Distinct())),
        ];
    }

    /// <summary>All of the running kernel's.</summary>
    public IReadOnlyList<RunningSymbol> Symbols { get; }

    /// <summary>The functions that are asked for by <c>$params</c>.</summary>
    public IReadOnlyList<RunningSymbol> Functions { get; }

    public IReadOnlyList<SampledKind> Kinds { get; }

    public SampledKind this[string kind] => Kinds.Single(k => k.Kind == kind);

    /// <summary>Refused functions.</summary>
    public IReadOnlyList<ProbeReply> Refusals(int count) => [.. Some(count, this["functions"].Refused)];

    /// <summary>What the program answers about functions that it takes for inlined everywhere: names from its own cache, with copies in files that are at hand.</summary>
    public IReadOnlyList<ProbeReply> InlinedEverywhere(int count)
    {
        using KernelCache cache = KernelCache.Open(_kernel.CacheFile);
        HashSet<string> files = ["vmlinux", .. _kernel.Modules];
        bool IsInlined(FunctionInfo function) => cache.Entries(function.Id).Count == 0 && cache.InlineSites(function.Id).Any(site => files.Contains(site.Module));
        string[] names = [.. Some(int.MaxValue, cache.NamesOf(NameKind.Function)).Where(name => cache.Functions(name).Any(IsInlined)).Take(2 * count)];
        return [.. _kernel.Probe(names).Where(reply => reply.Reason == "inlinedEverywhere").Take(count)];
    }

    /// <summary>Functions with a few inlined copies each in a module: the busiest have thousands.</summary>
    private List<string> Inlined(string module, int count)
    {
        using KernelCache cache = KernelCache.Open(_kernel.CacheFile);
        int Copies(string name) => cache.Functions(name).Sum(f => cache.InlineSites(f.Id).Count(site => site.Module == module));
        return [.. Some(int.MaxValue, cache.NamesOf(NameKind.Function)).Where(name => Copies(name) is >= 1 and <= 4).Take(count).Select(name => $"{module}:{name} $params")];
    }

    private bool KeepsArguments => Version.Parse(VersionOf().Match(_kernel.Stock.Release).Value) >= new Version(6, 9);

    /// <summary>Names that several functions share: each is asked for by its source, which the first refusal names.</summary>
    private List<ProbeReply> Duplicates(IReadOnlyList<RunningSymbol> symbols)
    {
        string[] names = [.. Some(400, symbols.Where(symbol => symbol.IsText).GroupBy(symbol => symbol.Name).Where(group => group.Count() > 1).Select(group => group.First().BaseName).Distinct())];
        IReadOnlyList<ProbeReply> plain = _kernel.Probe(names.Select(name => $"{name} $params"));
        string[] bySource =
        [
            .. plain.Where(reply => reply.Reason == "ambiguousFunction")
                .SelectMany(reply => reply.Hints.Select(hint => SourceHint().Match(hint)).Where(match => match.Success)
                    .Select(match => $"{reply.Function}@{match.Groups["source"].Value} $params").Distinct()),
        ];
        return [.. plain.Where(reply => reply.Reason != "ambiguousFunction"), .. _kernel.Probe(bySource)];
    }

    /// <summary>Not what macros and the linker make: those have no name in the source.</summary>
    private static bool IsVariable(RunningSymbol symbol) => symbol.IsData && !symbol.Name.StartsWith("__", StringComparison.Ordinal);

    private IEnumerable<T> Some<T>(int count, IEnumerable<T> all)
    {
        T[] shuffled = [.. all];
        _random.Shuffle(shuffled);
        return shuffled.Take(count);
    }

    [GeneratedRegex(@"^(?<source>\S+):\d+: ")]
    private static partial Regex SourceHint();

    [GeneratedRegex(@"^\d+\.\d+")]
    private static partial Regex VersionOf();
}
