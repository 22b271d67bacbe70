using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// type, member, enumerator and type_parameter, whose rows people ask for. Until the order of names is known types are kept in the order of the columns, each
/// with its parts behind it; names are still those of the indexer.
/// </summary>
internal static class TypeRows
{
    public static void Keep(PackedWriter into, TypeRow type)
    {
        into.Write(type.Id).Write((int)type.Kind).Write(type.Name).WriteSigned(type.ByteSize).Write(type.Target).Write((int)type.Encoding).WriteSigned(type.Count)
            .Write(type.IsReference ? 1 : 0).Write(type.File).Write(type.Line).Write(type.Module).Write(type.Parts.Length);
        foreach (TypePart part in type.Parts) { into.Write(part.Name).Write(part.Type).WriteSigned(part.Value).WriteSigned(part.BitOffset).Write(part.BitSize); }
    }

    /// <param name="kept">All types, one after the other.</param>
    public static void Insert(sqlite3 database, ReadOnlySpan<byte> kept, NameOrder names)
    {
        using var types = new RowInserter(database, "type", columns: 11);
        using var members = new RowInserter(database, "member", columns: 7);
        using var enumerators = new RowInserter(database, "enumerator", columns: 4);
        using var parameters = new RowInserter(database, "type_parameter", columns: 3);
        var reader = new PackedReader(kept);
        while (!reader.AtEnd)
        {
            (int id, var kind) = (reader.ReadInt(), (TypeKind)reader.ReadInt());
            types.Add(id).Add((int)kind).Add(names[reader.ReadInt()]).AddOr(reader.ReadSigned(), -1).AddOr(reader.ReadInt(), 0).AddOr(reader.ReadInt(), 0)
                .AddOr(reader.ReadSigned(), -1).Add(reader.ReadInt()).AddOr(reader.ReadInt(), 0).AddOr(reader.ReadInt(), 0).Add(reader.ReadInt());
            int parts = reader.ReadInt();
            for (int i = 0; i < parts; i++)
            {
                var part = new TypePart(reader.ReadInt(), reader.ReadInt(), reader.ReadSigned(), reader.ReadSigned(), reader.ReadInt());
                bool isBitField = part.BitSize != 0;
                switch (kind)
                {
                    case TypeKind.Enum: enumerators.Add(id).Add(i).Add(names[part.Name]).Add(part.Value); break;
                    case TypeKind.Function: parameters.Add(id).Add(i).Add(part.Type); break;
                    default:
                        members.Add(id).Add(i).Add(names[part.Name]).Add(part.Type).Add(part.Value)
                            .Add(isBitField ? part.BitOffset : null).Add(isBitField ? part.BitSize : null);
                        break;
                }
            }
        }

        foreach (RowInserter inserter in (RowInserter[])[types, members, enumerators, parameters]) { inserter.Complete(); }
    }
}
