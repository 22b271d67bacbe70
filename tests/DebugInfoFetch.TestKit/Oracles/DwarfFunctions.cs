namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What llvm-dwarfdump says of functions of a debug file, asked for by their source names.</summary>
public sealed class DwarfFunctions
{
    private readonly Dictionary<(string Function, ulong Entry), IReadOnlyDictionary<string, DwarfEvidence>> _copies = [];
    private readonly Dictionary<string, HashSet<string>> _declarations = [];

    public DwarfFunctions(string debugFile, IEnumerable<string> functions)
    {
        foreach (string[] names in functions.Distinct().Chunk(250))
        {
            ToolResult dump = ToolRun.Run("llvm-dwarfdump", [.. names.Select(n => $"--name={n}"), "--show-children", "--recurse-depth=1", debugFile]).OrThrow();
            foreach (DwarfCopy copy in DwarfCopy.Parse(dump.Lines))
            {
                if (copy.Entry is { } entry)
                {
                    _copies[(copy.Name, entry)] = copy.Parameters;
                }

                if (copy.DeclaredAt is { } place)
                {
                    (_declarations.TryGetValue(copy.Name, out HashSet<string>? places) ? places : _declarations[copy.Name] = []).Add(place);
                }
            }
        }
    }

    /// <summary>The parameters of the DIE that starts at the symbol; null when there is none.</summary>
    public IReadOnlyDictionary<string, DwarfEvidence>? Parameters(FunctionSymbol symbol) => _copies.GetValueOrDefault((symbol.BaseName, symbol.Address));

    /// <summary>How many functions of that name the source defines, inlined ones included.</summary>
    public int Definitions(string function) => _declarations.GetValueOrDefault(function)?.Count ?? 0;
}
