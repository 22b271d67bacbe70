using DebugInfoFetch.Index;

namespace DebugInfoFetch.Cache;

/// <summary>
/// function_block: functions in the order of their names, which is that of their numbers: name (as the difference to the one before, the first to the block's
/// first_name), return type, file, line, 4 × number of parameters + 2 when variadic + 1 when external, then name and type of each parameter. All functions of
/// a name stand in one block.
/// </summary>
internal static class FunctionBlocks
{
    public const int Size = 32;
    private const int External = 1, Variadic = 2, FlagBits = 2;

    /// <summary>A function but for its name, as it is kept until the order of names is known: names are still those of the indexer.</summary>
    public static void Keep(PackedWriter into, FunctionRow function)
    {
        int flags = (function.IsExternal ? External : 0) | (function.IsVariadic ? Variadic : 0);
        into.Write(function.ReturnType).Write(function.File).Write(function.Line).Write((function.Parameters.Length << FlagBits) | flags);
        foreach ((int name, int type) in function.Parameters) { into.Write(name).Write(type); }
    }

    public static void Write(PackedWriter into, int nameStep, PackedReader kept, NameOrder names)
    {
        into.Write(nameStep).Write(kept.Read()).Write(kept.Read()).Write(kept.Read());
        ulong flags = kept.Read();
        into.Write(flags);
        for (ulong i = flags >> FlagBits; i > 0; i--) { into.Write(names[kept.ReadInt()]).Write(kept.Read()); }
    }

    public static List<FunctionRow> Read(ReadOnlySpan<byte> packed, int firstId, int firstName)
    {
        var functions = new List<FunctionRow>(Size);
        var reader = new PackedReader(packed);
        for (int name = firstName; !reader.AtEnd;)
        {
            name += reader.ReadInt();
            int returnType = reader.ReadInt(), file = reader.ReadInt(), line = reader.ReadInt(), flags = reader.ReadCountShifted(FlagBits);
            var parameters = new (int, int)[flags >> FlagBits];
            for (int i = 0; i < parameters.Length; i++) { parameters[i] = (reader.ReadInt(), reader.ReadInt()); }
            functions.Add(new FunctionRow(firstId + functions.Count, name, returnType, file, line, (flags & External) != 0, (flags & Variadic) != 0, parameters));
        }

        return functions;
    }
}
