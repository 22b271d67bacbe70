namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What confirms a refusal to print <c>F $params</c>: symbol tables and DIEs, read by tools that are not ours.</summary>
public static class RefusalProof
{
    /// <returns>The proof in words; null when nothing confirms the refusal.</returns>
    public static string? Of(Refusal refusal, FunctionSymbol symbol, DebugFiles files)
    {
        ElfSymbols elf = files.Elf(symbol.File);
        IReadOnlyDictionary<string, DwarfEvidence>? places = files.Parameters(symbol);
        return refusal.Reason switch
        {
            "notProbeable" => elf.Obstacle(symbol),
            "ambiguousFunction" => files.Definitions(symbol.BaseName) > 1 ? "the source defines several of that name" : null,
            "notAddressable" => elf.Count(symbol.Name) > 1 ? "several symbols of that name" : null,
            "unknownFunction" or "noCode" or "unknownParameter" => places is null ? "no DIE at that address" : null,
            "parameterUnavailable" => places is not null && places.Values.All(p => p.Fetch is null) ? "no parameter has a place at the entry" : null,
            _ => null,
        };
    }
}
