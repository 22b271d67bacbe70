using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>FETCH and TYPE of one argument.</summary>
/// <param name="Type">Null: the kernel's default.</param>
/// <param name="Notes">What the reader must know of this value.</param>
internal sealed record TypedExpression(FetchExpression Expression, FetchType? Type, string CType, params IReadOnlyList<string> Notes)
{
    public TypedExpression Noting(string note) => this with { Notes = [.. Notes, note] };
}

/// <summary>
/// Gives the object at a chain's end its fetch type: the C type's own. What a person asks for instead is <see cref="AskedFetchType"/>.
/// </summary>
internal sealed class TypedFetch(TypeResolver resolver, RegisterFile registers)
{
    private const int MemberListLimit = 8;

    private readonly DefaultFetchType _default = new(resolver);

    public Outcome<TypedExpression> Fetch(ChainEnd end, FetchType? asked, string text)
    {
        FetchableType type = _default.Of(end.Place.TypeId);
        if (end.Place.BitSize is not null) { return OfBitField(end, asked, type, text); }
        if (asked is not null) { return new AskedFetchType(resolver, registers).Fetch(end, type, asked, text); }
        return type.Shape switch
        {
            FetchShape.Scalar => OfScalar(end, type, text),
            FetchShape.Pointer => With(ReadValue(end, text), null, end),
            FetchShape.TextPointer => OfTextPointer(end, text),
            FetchShape.TextArray => With(ReadMemory(end, text), new FetchType.Text(), end),
            FetchShape.Array => OfArray(end, type, text),
            FetchShape.Struct => NoStruct(end, type.Stripped!, text),
            _ => new Refusal(RefusalReason.NotFetchable, $"{text}: no fetch type holds its type, {end.Place.Type}", NoneHint(type)),
        };
    }

    /// <summary>The expression whose value is the object's: for what fits a register.</summary>
    public static Outcome<FetchExpression> ReadValue(ChainEnd end, string text) => end.Holder switch
    {
        Operand.Stored stored => stored.Address.Read(end.Place.ByteOffset),
        Operand.Value value when end.Place.ByteOffset == 0 => value.Expression,
        Operand.Constant constant when end.Place.ByteOffset == 0 => new FetchExpression.Immediate(constant.Number),
        Operand.AddressOnly address => new Refusal(RefusalReason.ParameterUnavailable,
            $"{text} is computed ({address.What}) and held nowhere: a fetch argument cannot print it, only what it points at",
            $"ask for {text}->MEMBER"),
        Operand.PointerTo => new Refusal(RefusalReason.ParameterUnavailable,
            $"{text} is the address of a variable that is in no memory: a fetch argument cannot print it, only what it points at", $"ask for {text}->MEMBER or {text}[0]"),
        _ => new Refusal(RefusalReason.NotFetchable, $"{text} is in the middle of a register, where no fetch argument of that type reaches"),
    };

    /// <summary>The expression that reads the object's own memory: for arrays and text.</summary>
    public static Outcome<FetchExpression> ReadMemory(ChainEnd end, string text) => end.Holder is Operand.Stored stored
        ? stored.Address.Read(end.Place.ByteOffset)
        : new Refusal(RefusalReason.NotFetchable, $"{text} is not in memory: arrays and text can only be read from there");

    /// <summary>The memory that a pointer at the chain's end points at.</summary>
    public static Outcome<MemoryAddress> Pointee(ChainEnd end, string text) => ChainFetch.Pointee(end.Holder, end.Place.ByteOffset, text);

    public static Outcome<TypedExpression> With(Outcome<FetchExpression> expression, FetchType? type, ChainEnd end,
        params IReadOnlyList<string> notes)
        => expression.Refusal is { } refusal ? refusal : new TypedExpression(expression.Value!, type, end.Place.Type, notes);

    private Outcome<TypedExpression> OfScalar(ChainEnd end, FetchableType type, string text)
    {
        if (end.Holder is not Operand.Value value || end.Place.ByteOffset == 0) { return With(ReadValue(end, text), type.Type, end); }

        // A member of a small struct that is passed in a register.
        return InRegister(end, value, end.Place.ByteOffset * 8, type.Type!.Bits, type.Type.Sign == 's', text);
    }

    private Outcome<TypedExpression> OfBitField(ChainEnd end, FetchType? asked, FetchableType type, string text)
    {
        int width = end.Place.BitSize!.Value;
        bool isSigned = type.Type is { Sign: 's' };
        Outcome<TypedExpression> fetch;
        if (end.Holder is Operand.Value value)
        {
            fetch = InRegister(end, value, end.Place.BitOffset!.Value, width, isSigned, text);
        }
        else if (end.Holder is Operand.Stored stored
            && DefaultFetchType.BitField(end.Place.BitOffset!.Value, width, registers.IsBigEndian) is { } cut)
        {
            fetch = new TypedExpression(stored.Address.Read(cut.ByteOffset), cut.Type, end.Place.Type, SignNote(isSigned, text));
        }
        else
        {
            return new Refusal(RefusalReason.NotFetchable, end.Holder is Operand.Stored
                ? $"{text}: no container of 64 bits holds this bit-field"
                : $"{text}: a bit-field cannot be cut out of what is not read");
        }

        return asked is null || fetch.Value is not { } fetched || asked == fetched.Type
            ? fetch
            : new Refusal(RefusalReason.BadRequest,
                $"{text} is a bit-field ({end.Place.Type}), its only fetch type is {fetched.Type}: leave :{asked} out");
    }

    // Little-endian (ChainFetch refuses the other): byte n of the struct is bits 8n.. of the register (x86-64 psABI §3.2.3, AAPCS64
    // §6.8.2).
    private Outcome<TypedExpression> InRegister(ChainEnd end, Operand.Value value, long bitOffset, int width, bool isSigned, string text)
    {
        return bitOffset + width <= registers.WordBits
            ? new TypedExpression(value.Expression, new FetchType.BitField(width, checked((int)bitOffset), registers.WordBits),
                end.Place.Type, SignNote(isSigned, text))
            : new Refusal(RefusalReason.NotFetchable, $"{text} is beyond the register that holds the start of its struct");
    }

    private static string[] SignNote(bool isSigned, string text)
        => isSigned ? [$"{text} is signed in C; a bit-field's fetch type prints it unsigned"] : [];

    private static Outcome<TypedExpression> OfTextPointer(ChainEnd end, string text)
    {
        if (end.Holder is Operand.Constant) { return With(ReadValue(end, text), null, end); }
        Outcome<MemoryAddress> pointee = Pointee(end, text);
        return pointee.Refusal is { } refusal ? refusal : new TypedExpression(pointee.Value!.Read(), new FetchType.Text(), end.Place.Type);
    }

    private static Outcome<TypedExpression> OfArray(ChainEnd end, FetchableType type, string text)
    {
        if (type.ElementCount is not { } count)
        {
            return new Refusal(RefusalReason.NotFetchable, $"{text} has no bound ({end.Place.Type})",
                $"say how much of it: {text}:{type.Type}[16], or one element: {text}[0]");
        }

        if (count == 0)
        {
            return new Refusal(RefusalReason.NotFetchable, $"{text} has no elements ({end.Place.Type})",
                $"say how much of it: {text}:{type.Type}[16]");
        }

        int taken = (int)Math.Min(count, FetchType.MaxArrayLength);
        string[] notes = taken < count
            ? [string.Create(CultureInfo.InvariantCulture, $"{text} has {count} elements, a fetch argument takes the first {taken}")]
            : [];
        return With(ReadMemory(end, text), type.Type! with { Count = taken }, end, notes);
    }

    private static Refusal NoStruct(ChainEnd end, TypeInfo type, string text)
    {
        string[] members = [.. type.Members.Where(m => m.Name.Length > 0).Take(MemberListLimit).Select(m => $"{text}.{m.Name}")];
        string more = type.Members.Count > MemberListLimit ? ", ..." : "";
        return new Refusal(RefusalReason.NotFetchable, $"{text} is a {end.Place.Type} as a whole: name a member",
            members.Length > 0 ? $"{string.Join(", ", members)}{more}" : $"its members: dbgfetch struct {(type.Name.Length > 0 ? type.Name : end.Place.Type)}");
    }

    private static string[] NoneHint(FetchableType type) => type.Stripped switch
    {
        { Kind: TypeKind.Array } => ["name an element: [0]"],
        { ByteSize: 16, Kind: TypeKind.Base } => ["a fetch argument takes at most 64 bits"],
        _ => [],
    };
}
