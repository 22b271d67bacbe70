using DebugInfoFetch.Index;

namespace DebugInfoFetch.Cache;

/// <summary>
/// variable_block: variables in the order of their names: name (as the difference to the one before, the first to the block's key), module, unit from the
/// module's first, type, file, 2 × line + 1 when external, section, address. All variables of a name stand in one block.
/// </summary>
internal static class VariableBlocks
{
    public const int Size = 64;

    /// <summary>A variable but for its name, which has no final number yet.</summary>
    public static void Keep(PackedWriter into, in VariableRow variable, ModuleRow module)
        => into.Write(module.Id).WriteSigned(variable.Unit - module.FirstUnit).Write(variable.Type).Write(variable.File)
            .Write(((ulong)(uint)variable.Line << 1) | (variable.IsExternal ? 1u : 0u)).Write(variable.Section).Write(variable.Address);

    /// <summary>The variables of a block.</summary>
    public static List<(ModuleSpan Module, VariableRow Variable)> Read(ReadOnlySpan<byte> packed, int firstName, Func<int, ModuleSpan> moduleOf)
    {
        var variables = new List<(ModuleSpan, VariableRow)>();
        var reader = new PackedReader(packed);
        for (int name = firstName; !reader.AtEnd;)
        {
            name += reader.ReadInt();
            ModuleSpan module = moduleOf(reader.ReadInt());
            int unit = module.FirstUnit + (int)reader.ReadSigned(), type = reader.ReadInt(), file = reader.ReadInt();
            ulong line = reader.Read();
            variables.Add((module, new VariableRow(name, type, unit, file, (int)(line >> 1), (line & 1) != 0, reader.ReadInt(), reader.Read())));
        }

        return variables;
    }

    /// <summary>The variables of a block, each as it was written but for its name.</summary>
    public static void Split(ReadOnlySpan<byte> packed, int firstName, PackedRow each)
    {
        var reader = new PackedReader(packed);
        for (int name = firstName; !reader.AtEnd;)
        {
            name += reader.ReadInt();
            int start = packed.Length - reader.Left;
            for (int numbers = 7; numbers > 0; numbers--) { reader.Read(); }
            each(name, packed[start..(packed.Length - reader.Left)]);
        }
    }
}
