using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;

namespace DebugInfoFetch.Probes;

/// <summary>From the place of a parameter at the entry to what can be done with it: the ladder of KPROBES.md §4.3.</summary>
/// <param name="atReturn">
/// The probe fires at the return: the kernel keeps what argument registers and stack words held at the entry, <c>$argN</c>.
/// </param>
internal sealed class ParameterOperand(RegisterFile registers, DataSymbols dataSymbols, bool atReturn)
{
    /// <param name="where">The copy, for messages.</param>
    public Outcome<Operand> Of(string parameter, ArgumentPlace place, ProbeTarget target)
    {
        string where = target.Inside is null ? $"the entry of {target.Label}" : target.Label;
        return place.Kind switch
        {
            PlaceKind.Register or PlaceKind.Computed when atReturn && registers.ArgumentNumber(place.Register) is null => NotKept(parameter, where),
            PlaceKind.Memory when atReturn => registers.ArgumentNumberOnStack(place.Register, place.Value) is { } number
                ? new Operand.Value(new FetchExpression.EntryArgument(number))
                : NotKept(parameter, where),
            PlaceKind.Register => Register(place) is { } register ? new Operand.Value(register) : NoSuchRegister(parameter, place, where),
            PlaceKind.Memory => Register(place) is { } register
                ? new Operand.Stored(new MemoryAddress.Behind(register, place.Value))
                : NoSuchRegister(parameter, place, where),
            PlaceKind.Computed => Register(place) is { } register
                ? new Operand.AddressOnly(new MemoryAddress.Behind(register, place.Value),
                    string.Create(CultureInfo.InvariantCulture, $"{register}{place.Value:+0;-0;+0}"))
                : NoSuchRegister(parameter, place, where),
            PlaceKind.Constant => new Operand.Constant(place.Value),
            PlaceKind.AtAddress => Cover(target, place) is { } memory
                ? new Operand.Stored(memory)
                : Unavailable($"{parameter} is in memory at 0x{place.Value:x}, and no unique symbol leads there", where),
            PlaceKind.AddressConstant => Cover(target, place) is { } of
                ? new Operand.AddressOnly(of, $"the address of {of.Read().Render()[1..]}")
                : Unavailable($"{parameter} is the fixed address 0x{place.Value:x}, and no unique symbol leads there", where),
            // Which bytes of a big-endian register the object's are depends on its type: not said.
            PlaceKind.ImplicitPointer when !registers.IsBigEndian && place.Pointee is { } at && Of(parameter, at, target).Value is { } pointee => new Operand.PointerTo(pointee),
            PlaceKind.OptimizedOut => Unavailable($"{parameter} is optimized out", where),
            PlaceKind.Removed => Unavailable($"{parameter} was removed by the compiler", where,
                    $"its value is known only where the function is called: probe --callers {target.Function?.Name ?? target.Label} {parameter}"),
            PlaceKind.InPieces => Unavailable($"{parameter} is passed in several pieces", where),
            PlaceKind.Later => Unavailable($"{parameter} is in no known place yet", where, $"it is available only from {target.LabelAfter(place.Value)} on"),
            PlaceKind.AtEntryOnly => Unavailable($"what is left of {parameter} is what it was at the entry: it is nowhere any more", where,
                $"probe the entry of {target.Inside?.Function.Name ?? target.Label} for it"),
            _ => Unavailable($"{parameter} is given by an expression that a fetch argument cannot say{Bytes(place.Expression)}", where),
        };
    }

    private FetchExpression? Register(ArgumentPlace place) => (atReturn, registers.NameOf(place.Register)) switch
    {
        (false, { } name) => new FetchExpression.Register(name),
        // Never by the parameter's place in the prototype, which clones do not keep: by the register that the debug information names.
        (true, _) when registers.ArgumentNumber(place.Register) is { } number => new FetchExpression.EntryArgument(number),
        _ => null,
    };

    private static Refusal NotKept(string parameter, string where)
        => Unavailable($"{parameter} is in no argument register, and nothing else is kept for the return,", where, "probe the entry for it");

    private static Refusal NoSuchRegister(string parameter, ArgumentPlace place, string where) => Unavailable(
        string.Create(CultureInfo.InvariantCulture,
            $"{parameter} is in DWARF register {place.Register}, which a fetch argument cannot name"), where);

    private static Refusal Unavailable(string message, string where, params string[] hints)
        => new(RefusalReason.ParameterUnavailable, $"{message} at {where}", hints);

    /// <summary>What leads to an address of the file. Only a body says in which section of a module that is.</summary>
    private MemoryAddress? Cover(ProbeTarget target, ArgumentPlace place)
    {
        ulong address = unchecked((ulong)place.Value);
        if (target.Inside is not { } inside || !target.IsInModule) { return dataSymbols.Cover(target.Module, address); }
        (string section, ulong offset) = inside.Body.PlaceOf(address);
        return section.Length > 0 ? dataSymbols.Reach(target.Module, section, offset) : null;
    }

    private static string Bytes(byte[]? expression)
        => expression is { Length: > 0 } ? $" (DWARF expression {Convert.ToHexStringLower(expression)})" : "";
}
