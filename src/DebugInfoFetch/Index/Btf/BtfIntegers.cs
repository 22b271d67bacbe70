using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index.Btf;

/// <summary>vmlinux's plain integers by size and sign: what an enum's values are stored as.</summary>
internal sealed class BtfIntegers
{
    private readonly Dictionary<(long ByteSize, bool IsSigned), int> _ids = [];

    public BtfIntegers(BtfFile file)
    {
        for (int id = file.FirstId; id < file.EndId; id++)
        {
            BtfType type = file.Type(id);
            if (type.Kind != BtfKind.Int) { continue; }
            BtfInt bits = BtfFile.Int(type);
            if (bits.IsBool || bits.BitSize != type.ByteSize * 8) { continue; }
            // Of int and char the ones that C calls so, before others of the same size.
            if (type.ByteSize != 1 || file.NameText(type.NameOffset) != "char") { _ids.TryAdd((type.ByteSize, bits.IsSigned), id); }
        }
    }

    /// <summary>0 when there is none.</summary>
    public int Find(long byteSize, bool isSigned) => _ids.GetValueOrDefault((byteSize, isSigned));

    /// <summary>DW_AT_encoding of the same type: BTF has no sign of its own for characters (pahole leaves BTF_INT_CHAR out), C's names tell them.</summary>
    public static BaseEncoding EncodingOf(in BtfType type)
    {
        BtfInt bits = BtfFile.Int(type);
        if (bits.IsBool) { return BaseEncoding.Boolean; }
        bool isCharacter = type.ByteSize == 1 && type.File.NameText(type.NameOffset) is "char" or "unsigned char" or "signed char";
        return (isCharacter, bits.IsSigned) switch
        {
            (true, true) => BaseEncoding.SignedChar,
            (true, false) => BaseEncoding.UnsignedChar,
            (false, true) => BaseEncoding.Signed,
            _ => BaseEncoding.Unsigned,
        };
    }
}
