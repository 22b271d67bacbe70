namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What llvm-dwarfdump says of functions of a debug file, asked for by their source names.</summary>
public sealed class DwarfFunctions
{
    private readonly Dictionary<(string Function, ulong Entry), IReadOnlyDictionary<string, DwarfEvidence>> _copies = [];
    private readonly Dictionary<(string Function, ulong Entry), Func<ulong, IReadOnlyDictionary<string, DwarfEvidence>>> _inside = [];
    private readonly Dictionary<string, HashSet<string>> _declarations = [];
    private readonly Dictionary<string, List<DwarfCopy>> _inlined = [];
    private readonly HashSet<string> _compiled = [];
    private readonly Dictionary<string, string[]> _bare = [];

    /// <param name="machine">x86-64 when none is given.</param>
    public DwarfFunctions(string debugFile, IEnumerable<string> functions, DwarfMachine? machine = null)
    {
        Dictionary<string, DwarfEvidence> OfMachine(IReadOnlyDictionary<string, DwarfEvidence> parameters)
            => parameters.ToDictionary(p => p.Key, p => p.Value with { Machine = machine ?? DwarfMachine.X86 });

        foreach (string[] names in functions.Distinct().Chunk(1000))
        {
            ToolResult dump = ToolRun.Run("llvm-dwarfdump", [.. names.Select(n => $"--name={n}"), "--show-children", "--recurse-depth=1", debugFile]).OrThrow();
            foreach (DwarfCopy copy in DwarfCopy.Parse(dump.Lines))
            {
                if (copy.IsInlined)
                {
                    (_inlined.TryGetValue(copy.Name, out List<DwarfCopy>? known) ? known : _inlined[copy.Name] = []).Add(copy);
                    continue;
                }

                if (copy.Entry is { } entry)
                {
                    _compiled.Add(copy.Name);
                    _copies[(copy.Name, entry)] = OfMachine(copy.Parameters);
                    _inside[(copy.Name, entry)] = pc => OfMachine(copy.ParametersAt(pc));
                }

                if (copy.DeclaredAt is { } place)
                {
                    if (copy.Entry is null) { _bare[copy.Name] = copy.ParameterNames; }
                    (_declarations.TryGetValue(copy.Name, out HashSet<string>? places) ? places : _declarations[copy.Name] = []).Add(place);
                }
            }
        }
    }

    /// <summary>
    /// The parameters of the DIE that starts a few bytes behind the symbol, as they are at another address; null when there is none. Of the frame nothing is known there: what
    /// is in it has no meaningful <see cref="DwarfEvidence.Fetch"/>.
    /// </summary>
    public IReadOnlyDictionary<string, DwarfEvidence>? ParametersAt(FunctionSymbol symbol, ulong nops, ulong pc) => _inside.GetValueOrDefault((symbol.BaseName, symbol.Address + nops))?.Invoke(pc);

    /// <summary>The parameters of the DIE that starts at the symbol; null when there is none.</summary>
    public IReadOnlyDictionary<string, DwarfEvidence>? Parameters(FunctionSymbol symbol) => _copies.GetValueOrDefault((symbol.BaseName, symbol.Address));

    /// <summary>The parameters of the DIE that starts a few bytes behind the symbol, where NOPs to patch lie between; null when there is none.</summary>
    public IReadOnlyDictionary<string, DwarfEvidence>? Parameters(FunctionSymbol symbol, ulong nops) => _copies.GetValueOrDefault((symbol.BaseName, symbol.Address + nops));

    /// <summary>Names of the parameters of a function that the source defines and no DIE gives code of its own, in order; null when there is none, or several.</summary>
    public IReadOnlyList<string>? ParametersWithoutCode(string function)
        => !HasCode(function) && Declarations(function).Count == 1 ? _bare.GetValueOrDefault(function) : null;

    /// <summary>Whether a function of that name has code of its own.</summary>
    public bool HasCode(string function) => _compiled.Contains(function);

    /// <summary>Whether copies of functions of that name are in other functions' code.</summary>
    public bool IsInlined(string function) => _inlined.ContainsKey(function);

    /// <summary>The parameters of the inlined copies of a function that begin at an address, where that begins.</summary>
    public IEnumerable<IReadOnlyDictionary<string, DwarfEvidence>> InlinedAt(string function, ulong address)
        => _inlined.GetValueOrDefault(function)?.Where(copy => copy.Entry == address).Select(copy => copy.Parameters) ?? [];

    /// <summary>Where the source defines functions of that name, inlined ones included: file and line of each.</summary>
    public IReadOnlyCollection<string> Declarations(string function) => _declarations.GetValueOrDefault(function) ?? [];
}
