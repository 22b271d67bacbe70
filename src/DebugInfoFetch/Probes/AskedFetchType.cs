using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>
/// A <c>:TYPE</c> that was asked for: taken where it prints what it says, refused where it would read beyond the object. On a pointer,
/// text and arrays mean what it points at, as in perf.
/// </summary>
internal sealed class AskedFetchType(TypeResolver resolver, RegisterFile registers)
{
    public Outcome<TypedExpression> Fetch(ChainEnd end, FetchableType type, FetchType asked, string text) => asked switch
    {
        FetchType.Text { Count: null } => OfText(end, type, asked, text),
        FetchType.Text => IsArrayOf(type, e => IsByte(resolver.Strip(e.Target)), TypeKind.Pointer)
            ? TypedFetch.With(TypedFetch.ReadMemory(end, text), asked, end)
            : Mismatch(end, asked, text, "an array of that reads pointers to text"),
        FetchType.FileName name => OfFileName(end, type, name, text),
        FetchType.SymbolName { Count: null } or FetchType.SymbolText => OfSymbol(end, type, asked, text),
        FetchType.SymbolName { Count: { } count } => OfBytes(end, type, asked, (long)count * registers.WordBits / 8, text),
        FetchType.Character { Count: { } count } => OfBytes(end, type, asked, count, text),
        FetchType.Integer { Count: { } count } integer => OfBytes(end, type, asked, (long)count * integer.Bits / 8, text),
        FetchType.Integer integer => OfValue(end, asked, integer.Bits, text),
        FetchType.BitField bits => OfValue(end, asked, bits.ContainerBits, text),
        FetchType.Character => OfValue(end, asked, 8, text),
        _ => throw new InvalidOperationException($"no such fetch type: {asked}"),
    };

    private Outcome<TypedExpression> OfText(ChainEnd end, FetchableType type, FetchType asked, string text)
    {
        switch (type)
        {
            case { Shape: FetchShape.TextPointer or FetchShape.Pointer, Stripped: { } pointer }:
                if (resolver.Strip(pointer.Target) is { } target && !IsByte(target))
                {
                    return Mismatch(end, asked, text, "it does not point at characters");
                }

                Outcome<MemoryAddress> pointee = TypedFetch.Pointee(end, text);
                return pointee.Refusal is { } refusal ? refusal : new TypedExpression(pointee.Value!.Read(), asked, end.Place.Type);
            case { Shape: FetchShape.TextArray }:
                return TypedFetch.With(TypedFetch.ReadMemory(end, text), asked, end);
            case { Shape: FetchShape.Array } when IsArrayOf(type, IsByte, TypeKind.Base):
                return TypedFetch.With(TypedFetch.ReadMemory(end, text), asked, end);
            default:
                return Mismatch(end, asked, text, "text is read from char * and char []");
        }
    }

    private Outcome<TypedExpression> OfFileName(ChainEnd end, FetchableType type, FetchType.FileName asked, string text)
    {
        string wanted = asked.OfFile ? "file" : "dentry";
        return type is { Shape: FetchShape.Pointer, Stripped: { } pointer }
            && resolver.Strip(pointer.Target) is { Kind: TypeKind.Struct } target && target.Name == wanted
            ? TypedFetch.With(TypedFetch.ReadValue(end, text), asked, end)
            : Mismatch(end, asked, text, $"it takes a struct {wanted} *");
    }

    private Outcome<TypedExpression> OfSymbol(ChainEnd end, FetchableType type, FetchType asked, string text)
        => type.Shape is FetchShape.Pointer or FetchShape.TextPointer
            || type is { Shape: FetchShape.Scalar, Type: { } scalar } && scalar.Bits == registers.WordBits
            ? TypedFetch.With(TypedFetch.ReadValue(end, text), asked, end)
            : Mismatch(end, asked, text, "a symbol is looked up by an address");

    private static Outcome<TypedExpression> OfBytes(ChainEnd end, FetchableType type, FetchType asked, long bytes, string text)
    {
        if (type.Shape is FetchShape.Pointer or FetchShape.TextPointer)
        {
            Outcome<MemoryAddress> pointee = TypedFetch.Pointee(end, text);
            return pointee.Refusal is { } refusal ? refusal : new TypedExpression(pointee.Value!.Read(), asked, end.Place.Type);
        }

        bool isOpen = end.Place.ByteSize is null or 0 && type.Stripped is { Kind: TypeKind.Array };
        if (!isOpen && (end.Place.ByteSize ?? 0) < bytes) { return TooWide(end, asked, bytes, text); }
        return TypedFetch.With(TypedFetch.ReadMemory(end, text), asked, end);
    }

    private Outcome<TypedExpression> OfValue(ChainEnd end, FetchType asked, int bits, string text)
    {
        bool isOpen = end.Place.ByteSize is null or 0 && resolver.Strip(end.Place.TypeId) is { Kind: TypeKind.Array };
        long size = isOpen ? bits / 8 : end.Place.ByteSize ?? 0;
        if (size < bits / 8) { return TooWide(end, asked, bits / 8, text); }
        if (registers.IsBigEndian && size > bits / 8 && end.Holder is Operand.Stored)
        {
            return Mismatch(end, asked, text, "on a big-endian machine that would read its most significant bytes");
        }

        return TypedFetch.With(TypedFetch.ReadValue(end, text), asked, end);
    }

    private bool IsArrayOf(FetchableType type, Func<TypeInfo, bool> element, TypeKind kind)
        => type.Stripped is { Kind: TypeKind.Array } array && resolver.Strip(array.Target) is { } e && e.Kind == kind && element(e);

    private static bool IsByte(TypeInfo? type)
        => type is { Kind: TypeKind.Base, ByteSize: 1,
            Encoding: BaseEncoding.SignedChar or BaseEncoding.UnsignedChar or BaseEncoding.Signed or BaseEncoding.Unsigned };

    private static Refusal TooWide(ChainEnd end, FetchType asked, long bytes, string text) => new(RefusalReason.NotFetchable, string.Create(
        CultureInfo.InvariantCulture, $"{text}:{asked} would read {bytes} bytes, its type is {end.Place.Type}{Size(end)}"),
            "leave the type out to get the member's own");

    private static string Size(ChainEnd end)
        => end.Place.ByteSize is { } size ? string.Create(CultureInfo.InvariantCulture, $", which has {size}") : "";

    private static Refusal Mismatch(ChainEnd end, FetchType asked, string text, string why)
        => new(RefusalReason.NotFetchable, $"{text}: fetch type {asked} does not fit its type, {end.Place.Type}: {why}");
}
