using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// The unused space of one struct body, counted as pahole counts it (dwarves.c, class__find_holes). Unions have none.
/// </summary>
/// <param name="After">Per member: the hole that follows it.</param>
/// <param name="Padding">Whole bytes after the last member.</param>
/// <param name="BitPadding">Bits left in the last bit-field's storage.</param>
public sealed record StructLayoutHoles(IReadOnlyList<Hole> After, long Padding, long BitPadding)
{
    public static StructLayoutHoles Of(TypeInfo type, IReadOnlyList<LayoutMember> members)
    {
        if (members.Count == 0) { return new([], type.ByteSize ?? 0, 0); }
        // Positions are absolute in members and relative in sizes: a body that is nested starts where its first member's declaration says.
        long bodyStart = (members[0].ByteOffset - type.Members[0].ByteOffset) * 8;
        long bodyEnd = bodyStart + ((type.ByteSize ?? 0) * 8);
        var after = new Hole[members.Count];
        var walk = new Walk { LastSeenBit = bodyStart, FieldEnd = bodyStart };
        for (int i = 0; i < members.Count; i++)
        {
            Hole before = walk.Step(members[i]);
            if (i > 0) { after[i - 1] = before; }
        }

        long bitPadding = 0;
        if (walk.InBitField)
        {
            long end = Math.Min(bodyEnd, walk.FieldEnd);
            bitPadding = end - walk.LastSeenBit;
            walk.LastSeenBit = end;
        }

        return new(after, (bodyEnd / 8) - (walk.LastSeenBit / 8), bitPadding);
    }

    /// <summary>The byte offset of the bit-field's storage unit, which is where pahole says the field is.</summary>
    public static long StorageOffset(LayoutMember member)
    {
        if (member.BitOffset is not { } bit || member.ByteSize == 0) { return member.ByteOffset; }
        return bit / (member.ByteSize * 8) * member.ByteSize;
    }

    private struct Walk
    {
        public long LastSeenBit;
        public bool InBitField;
        public long FieldEnd;
        private long _fieldBits;

        public Hole Step(LayoutMember member)
        {
            long storageBits = member.ByteSize * 8;
            long start = member.BitOffset ?? member.ByteOffset * 8;
            long end = start + (member.BitSize ?? storageBits);
            long bits = 0;
            long bytes = 0;
            if (InBitField)
            {
                long fieldEnd = Math.Min(start, FieldEnd);
                bits = fieldEnd - LastSeenBit;
                LastSeenBit = fieldEnd;
            }

            if (member.BitSize is not null)
            {
                long storageStart = StorageOffset(member) * 8;
                if (LastSeenBit < storageStart && storageStart <= start)
                {
                    bytes = (storageStart / 8) - (LastSeenBit / 8);
                    LastSeenBit = storageStart;
                }

                bits += start - LastSeenBit;
            }
            else
            {
                bytes = (start / 8) - (LastSeenBit / 8);
            }

            LastSeenBit = end;
            EnterField(member, storageBits, end);
            return new(bytes, bits);
        }

        private void EnterField(LayoutMember member, long storageBits, long end)
        {
            InBitField = member.BitSize is not null;
            if (!InBitField)
            {
                _fieldBits = 0;
                FieldEnd = end;
            }
            else if (end > FieldEnd || storageBits > _fieldBits)
            {
                _fieldBits = storageBits;
                FieldEnd = (StorageOffset(member) * 8) + storageBits;
                // A packed field that crosses into the next unit takes that unit too.
                if (end > FieldEnd) { FieldEnd += storageBits; }
            }
        }
    }
}

/// <summary>Unused space between two members.</summary>
public readonly record struct Hole(long Bytes, long Bits);
