using System.Diagnostics;
using System.Globalization;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>
/// Where arguments are at the entry of the functions that the acceptance test asks for: <c>dbgfetch probe F '$params'</c> against
/// <c>perf probe -D 'F $params'</c>, and whatever differs against the debug information as llvm-dwarfdump reads it. Places are compared, not
/// types: perf prints <c>x64</c> where we print <c>u64</c>.
/// </summary>
public sealed class AgreementTests(ITestOutputHelper output)
{
    private const string Seed = "agreement 1";

    /// <summary>Of the 3,000 functions, by default, so that all boot tests stay below ten minutes; perf takes half an hour of CPU for all of them.</summary>
    private const int FunctionsByDefault = 250;

    /// <summary>Of those, compared with a line of perf's at the least: of all functions, and of those that the compiler made a copy of under a suffix.</summary>
    private const double ComparedShare = 0.5, ClonesShare = 0.1;

    [Fact]
    public void Every_argument_of_the_sample_is_where_perf_says_or_differs_by_a_known_fault()
    {
        ReporterKernel kernel = ReporterKernel.Of("6.12-amd64");
        _ = kernel.Sample;
        var clock = Stopwatch.StartNew();
        int wanted = int.Parse(Environment.GetEnvironmentVariable("DBGFETCH_AGREEMENT_FUNCTIONS") is { Length: > 0 } count ? count : $"{FunctionsByDefault}", CultureInfo.InvariantCulture);
        var files = new DebugFiles(kernel.Debian, kernel.Modules, [.. kernel.Sample.Functions.Select(symbol => symbol.BaseName).Distinct()]);
        FunctionSymbol[] sample = [.. FunctionSymbol.Sample(kernel.Sample.Functions.SelectMany(symbol => files.Find(symbol.Module.Length == 0 ? "vmlinux" : symbol.Module, symbol.Name)).Where(symbol => symbol.IsFunctionOfTheSource), Seed, wanted)];
        DbgfetchList ours = DbgfetchList.Parse(kernel.Sample["functions"].Replies.Select(reply => reply.Json));
        FunctionSymbol[] withParameters = [.. sample.Where(symbol => files.Parameters(symbol) is { Count: > 0 })];
        IReadOnlyDictionary<FunctionSymbol, IReadOnlyList<DefinitionLine>> perf = PerfProbe.Ask(kernel.Debian, withParameters);

        SortedDictionary<string, int> kinds = new(StringComparer.Ordinal);
        Dictionary<string, string> examples = [];
        List<string> unexplained = [];
        int functions = 0, clones = 0;
        foreach (IGrouping<string, FunctionSymbol> file in sample.GroupBy(s => s.File))
        {
            FileComparison answers = new(files, file.Key, ours, PaholeOutput.StructsAmong(kernel.Debian.DebugFile(file.Key), [.. ours.StructTypes]));
            foreach (FunctionSymbol symbol in file)
            {
                FunctionComparison comparison = answers.Compare(symbol, perf.GetValueOrDefault(symbol) ?? []);
                functions += comparison.IsCompared ? 1 : 0;
                clones += comparison.IsCompared && symbol.IsClone ? 1 : 0;
                foreach (string kind in comparison.Kinds)
                {
                    kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                    examples.TryAdd(kind, symbol.Place);
                }

                unexplained.AddRange(comparison.Unexplained.Select(u => $"{symbol.Place}: {u}"));
            }
        }

        output.WriteLine($"{functions} functions compared with perf, {clones} of them with a suffix; {sample.Length} sampled, {withParameters.Length} of them with parameters; {clock.Elapsed.TotalSeconds:0} s");
        foreach ((string kind, int number) in kinds) { output.WriteLine($"{number,6}  {kind} ({examples[kind]})"); }

        Assert.True(unexplained.Count == 0, $"{unexplained.Count} differences that no rule explains:\n{string.Join('\n', unexplained.Take(60))}");
        Assert.InRange(functions, (int)(sample.Length * ComparedShare), sample.Length);
        Assert.InRange(clones, (int)(sample.Length * ClonesShare), sample.Length);
    }

    /// <summary>At least so many parameters of inlined copies are compared.</summary>
    private const int InlinedParameters = 800;

    [Fact]
    public void Every_parameter_of_an_inlined_copy_is_where_the_debug_information_says()
    {
        ReporterKernel kernel = ReporterKernel.Of("6.12-amd64");
        ProbeReply[] replies = [.. kernel.Sample["inline sites"].Answered];
        var files = new DebugFiles(kernel.Debian, kernel.Modules, [.. replies.Select(reply => reply.Name).Distinct()]);
        int sites = 0, parameters = 0;
        List<string> wrong = [];
        foreach ((ProbeReply reply, ProbeLine definition) in replies.SelectMany(reply => reply.Definitions.Where(line => line.IsInlined(reply.Name)).Select(line => (reply, line))))
        {
            string file = definition.Module.Length == 0 ? "vmlinux" : definition.Module;
            DefinitionLine line = DefinitionLine.Parse(definition.Definition);
            if (files.Elf(file).AddressOf(line.Symbol.Split(':')[^1]) is not { } start) { continue; }
            // Several copies may begin at one address: the line is one's.
            (int Same, List<string> Differences)[] copies = [.. files.Dwarf(file).InlinedAt(reply.Name, start + (ulong)line.Offset).Select(copy => Compare(line, copy, reply.Notes))];
            if (copies.Length == 0) { wrong.Add($"{definition.Definition}: no inlined copy of {reply.Name} begins there"); continue; }
            (int same, List<string> differences) = copies.MinBy(copy => copy.Differences.Count);
            sites++;
            parameters += same;
            wrong.AddRange(differences.Select(difference => $"{definition.Definition}: {difference}"));
        }

        output.WriteLine($"{parameters} parameters of {sites} inlined copies are where llvm-dwarfdump says; {wrong.Count} are not");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        Assert.InRange(sites, 500, int.MaxValue);
        Assert.InRange(parameters, InlinedParameters, int.MaxValue);
    }

    /// <summary>A line at the beginning of an inlined copy against the copy's DIE. A struct as a whole is left out with a note.</summary>
    private static (int Same, List<string> Differences) Compare(DefinitionLine line, IReadOnlyDictionary<string, DwarfEvidence> copy, IReadOnlyList<string> notes)
    {
        int same = 0;
        List<string> differences = [.. line.Arguments.Where(argument => !copy.ContainsKey(argument.Name)).Select(argument => $"{argument.Name} is no parameter of it")];
        foreach ((string name, string fetch) in copy.Select(parameter => (parameter.Key, parameter.Value.FetchInside)).Where(parameter => parameter.FetchInside is not null).Select(p => (p.Key, p.FetchInside!)))
        {
            var place = new FetchPlace(name, fetch, "");
            FetchPlace? ours = line.Arguments.FirstOrDefault(argument => argument.Name == name);
            if (ours is null ? notes.Any(note => note.StartsWith($"{name} is left out: {name} is a", StringComparison.Ordinal)) : ours.ReadsTheSameAs(place) || ours.ReadsTheStringAt(place)) { same++; }
            else { differences.Add($"{name} is {ours?.Fetch ?? "nowhere"}, the debug information says {fetch}"); }
        }

        return (same, differences);
    }
}
