namespace DebugInfoFetch.Index;

/// <summary>
/// What an indexer knows beyond the rows that it has given, so that another one can add files to the same kernel later: kept in the cache of a kernel
/// that is indexed in part.
/// </summary>
/// <param name="Types"><see cref="ContentHash"/> of each type by number, from number 1 on.</param>
/// <param name="Functions">That of each function by number, from number 0 on.</param>
/// <param name="TypeUnits">Which types each unit defines (<see cref="TypeUnitLog"/>).</param>
public sealed record IndexMemory(ulong[] Types, ulong[] Functions, byte[] TypeUnits);

/// <summary>An index that is to be added to: its memory, and what its rows tell. Numbers are those of its rows.</summary>
/// <param name="Names"><see cref="ContentHash"/> of each name by number; number 0 is the empty one.</param>
/// <param name="Files">Paths by number, from number 1 on.</param>
/// <param name="Types">The types in the order of their numbers, from number 1 on; their parts may be left out.</param>
/// <param name="NextUnit">The first number that no unit has; so for symbols and modules.</param>
public sealed record EarlierIndex(IndexMemory Memory, ulong[] Names, string[] Files, TypeRow[] Types, int NextUnit, int NextSymbol, int NextModule);
