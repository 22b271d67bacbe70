namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What llvm-dwarfdump says of functions of a debug file, asked for by their source names.</summary>
public sealed class DwarfFunctions
{
    private readonly Dictionary<(string Function, ulong Entry), IReadOnlyDictionary<string, DwarfEvidence>> _copies = [];
    private readonly Dictionary<(string Function, ulong Entry), Func<ulong, IReadOnlyDictionary<string, DwarfEvidence>>> _inside = [];
    private readonly Dictionary<string, HashSet<string>> _declarations = [];

    /// <param name="machine">x86-64 when none is given.</param>
    public DwarfFunctions(string debugFile, IEnumerable<string> functions, DwarfMachine? machine = null)
    {
        Dictionary<string, DwarfEvidence> OfMachine(IReadOnlyDictionary<string, DwarfEvidence> parameters)
            => parameters.ToDictionary(p => p.Key, p => p.Value with { Machine = machine ?? DwarfMachine.X86 });

        foreach (string[] names in functions.Distinct().Chunk(250))
        {
            ToolResult dump = ToolRun.Run("llvm-dwarfdump", [.. names.Select(n => $"--name={n}"), "--show-children", "--recurse-depth=1", debugFile]).OrThrow();
            foreach (DwarfCopy copy in DwarfCopy.Parse(dump.Lines))
            {
                if (copy.Entry is { } entry)
                {
                    _copies[(copy.Name, entry)] = OfMachine(copy.Parameters);
                    _inside[(copy.Name, entry)] = pc => OfMachine(copy.ParametersAt(pc));
                }

                if (copy.DeclaredAt is { } place)
                {
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

    /// <summary>How many functions of that name the source defines, inlined ones included.</summary>
    public int Definitions(string function) => _declarations.GetValueOrDefault(function)?.Count ?? 0;
}
