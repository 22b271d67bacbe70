using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>What a C type is to a fetch argument.</summary>
internal enum FetchShape
{
    /// <summary>An integer, bool or enum.</summary>
    Scalar,
    Pointer,
    /// <summary><c>char *</c></summary>
    TextPointer,
    /// <summary><c>char []</c></summary>
    TextArray,
    /// <summary>An array of what is a <see cref="Scalar"/> or <see cref="Pointer"/>.</summary>
    Array,
    Struct,
    /// <summary>Nothing that a fetch argument can read: void, a float, a function, __int128.</summary>
    None,
}

/// <param name="Type">Of a scalar, or of an array's element; null for pointers (the kernel's default, hex) and what has none.</param>
/// <param name="ElementCount">Arrays: null when the bound is open.</param>
/// <param name="Stripped">The type below typedefs and qualifiers; null for void.</param>
internal sealed record FetchableType(FetchShape Shape, FetchType.Integer? Type, long? ElementCount, TypeInfo? Stripped);

/// <summary>
/// From C types to fetch types (issue's table: u8..u64, s8..s64, bool as u8, enum, pointers in hex, char[] and char * as string).
/// </summary>
internal sealed class DefaultFetchType(TypeResolver resolver)
{
    public FetchableType Of(TypeId id)
    {
        if (resolver.Strip(id) is not { } type) { return new FetchableType(FetchShape.None, null, null, null); }
        switch (type.Kind)
        {
            case TypeKind.Pointer:
                return new FetchableType(IsChar(resolver.Strip(type.Target))
                    ? FetchShape.TextPointer
                    : FetchShape.Pointer, null, null, type);
            case TypeKind.Struct or TypeKind.Union:
                return new FetchableType(FetchShape.Struct, null, null, type);
            case TypeKind.Array:
                return OfArray(type);
            case TypeKind.Base or TypeKind.Enum when Integer(type) is { } integer:
                return new FetchableType(FetchShape.Scalar, integer, null, type);
            default:
                return new FetchableType(FetchShape.None, null, null, type);
        }
    }

    private FetchableType OfArray(TypeInfo array)
    {
        TypeInfo? element = resolver.Strip(array.Target);
        if (IsChar(element)) { return new FetchableType(FetchShape.TextArray, null, array.ElementCount, array); }
        FetchType.Integer? type = element switch
        {
            { Kind: TypeKind.Pointer } => new FetchType.Integer('x', resolver.PointerBytes * 8),
            { Kind: TypeKind.Base, Encoding: BaseEncoding.UnsignedChar, ByteSize: 1 } => new FetchType.Integer('x', 8),
            { Kind: TypeKind.Base or TypeKind.Enum } => Integer(element),
            _ => null,
        };
        return new FetchableType(type is null ? FetchShape.None : FetchShape.Array, type, array.ElementCount, array);
    }

    // Plain char, whose signedness the kernel's flags decide; "unsigned char" and "signed char" are small integers.
    private static bool IsChar(TypeInfo? type) => type is { Kind: TypeKind.Base, Name: "char" };

    private FetchType.Integer? Integer(TypeInfo type)
    {
        if (resolver.SizeOf(type.Id) is not { } size || size is not (1 or 2 or 4 or 8)) { return null; }
        char? sign = type switch
        {
            { Kind: TypeKind.Enum } => IsSigned(type) ? 's' : 'u',
            { Encoding: BaseEncoding.Signed or BaseEncoding.SignedChar } => 's',
            { Encoding: BaseEncoding.Unsigned or BaseEncoding.UnsignedChar or BaseEncoding.Boolean or BaseEncoding.Utf } => 'u',
            { Encoding: BaseEncoding.Address } => 'x',
            _ => null,
        };
        return sign is { } s ? new FetchType.Integer(s, checked((int)size * 8)) : null;
    }

    private bool IsSigned(TypeInfo type)
        => resolver.Strip(type.Target) is { Kind: TypeKind.Base } underlying
            ? underlying.Encoding is BaseEncoding.Signed or BaseEncoding.SignedChar
            : type.Enumerators.Any(e => e.Value < 0);

    /// <summary>
    /// The container of a bit-field: bytes to go, and the type that cuts it out. Null when no container of at most 64 bits holds it.
    /// </summary>
    /// <param name="bitOffset">From the object's start.</param>
    public static (long ByteOffset, FetchType.BitField Type)? BitField(long bitOffset, int bitSize, bool isBigEndian)
    {
        foreach (int container in (ReadOnlySpan<int>)[8, 16, 32, 64])
        {
            // Aligned containers first: a read of one never crosses into a page that the object does not touch.
            long start = bitOffset / container * container;
            if (bitOffset - start + bitSize <= container) { return (start / 8, Cut(bitOffset - start, bitSize, container, isBigEndian)); }
        }

        foreach (int container in (ReadOnlySpan<int>)[16, 32, 64])
        {
            long start = bitOffset / 8 * 8;
            if (bitOffset - start + bitSize <= container) { return (start / 8, Cut(bitOffset - start, bitSize, container, isBigEndian)); }
        }

        return null;
    }

    // The fetch type counts from the least significant bit; DW_AT_data_bit_offset counts from the first bit in memory, which on a
    // big-endian machine is the most significant (KPROBES.md §1.5).
    private static FetchType.BitField Cut(long bits, int bitSize, int container, bool isBigEndian)
    {
        int offset = checked((int)bits);
        return new FetchType.BitField(bitSize, isBigEndian ? container - offset - bitSize : offset, container);
    }

    /// <summary>Bytes of one event's record that a type takes; text takes a 4-byte locator.</summary>
    public static int RecordBytes(FetchType? type, int wordBits) => type switch
    {
        FetchType.Integer integer => integer.Bits / 8 * (integer.Count ?? 1),
        FetchType.BitField bits => bits.ContainerBits / 8,
        FetchType.Character character => character.Count ?? 1,
        FetchType.Text text => 4 * (text.Count ?? 1),
        FetchType.SymbolText or FetchType.FileName => 4,
        FetchType.SymbolName symbol => wordBits / 8 * (symbol.Count ?? 1),
        _ => wordBits / 8,
    };

    public static string Describe(FetchType? type, int wordBits)
        => type?.Render() ?? string.Create(CultureInfo.InvariantCulture, $"x{wordBits}");
}
