using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>What becomes of a variable at a place in code: KPROBES.md §4.3's ladder as an answer.</summary>
public enum VerdictKind
{
    /// <summary>A fetch argument reads it.</summary>
    Available,
    /// <summary>The compiler put a number in its place.</summary>
    Constant,
    /// <summary>Its value is computed and held nowhere: only what it points at can be read.</summary>
    Computed,
    /// <summary>The compiler removed it: known where the function is called.</summary>
    Removed,
    OptimizedOut,
    /// <summary>In several places at once.</summary>
    InPieces,
    /// <summary>Only from a later instruction on.</summary>
    Later,
    /// <summary>Known only as what it was at the entry.</summary>
    AtEntryOnly,
    /// <summary>An expression that a fetch argument cannot say.</summary>
    Unsupported,
}

/// <param name="Fetch">FETCH of its value or memory (<c>%di</c>, <c>+8(%sp)</c>, <c>\5</c>); null where none reads it.</param>
/// <param name="Text">The verdict for a person.</param>
/// <param name="Evidence">What of the debug information says so; null when it was not asked for or is not at hand.</param>
public sealed record VariableVerdict(string Name, bool IsParameter, string CType, VerdictKind Kind, string? Fetch, string Text, string? Evidence = null);

/// <summary>Gives the verdicts on a target's variables.</summary>
internal sealed class VerdictMaker(IKernelModel model, RegisterFile registers)
{
    private readonly ParameterOperand _operands = new(registers, new DataSymbols(model), atReturn: false);

    public VariableVerdict Of(VisibleVariable variable, ProbeTarget target, string? evidence = null)
    {
        ArgumentPlace place = variable.Place;
        string type = new TypeSpelling(target.TypesIn(model)).Spell(variable.Type);
        Outcome<Operand> operand = _operands.Of(variable.Name, place, target);
        (VerdictKind kind, string? fetch, string text) = operand.Value switch
        {
            Operand.Value value => (VerdictKind.Available, value.Expression.Render(), value.Expression.Render()),
            Operand.Stored stored => (VerdictKind.Available, stored.Address.Read().Render(), stored.Address.Read().Render()),
            Operand.Constant constant => (VerdictKind.Constant, string.Create(CultureInfo.InvariantCulture, $"\\{constant.Number}"),
                string.Create(CultureInfo.InvariantCulture, $"constant {constant.Number}")),
            Operand.AddressOnly address => (VerdictKind.Computed, null, $"computed ({address.What}): only what it points at can be read"),
            Operand.PointerTo => (VerdictKind.Computed, null, "the address of a variable that is in no memory: only what it points at can be read"),
            _ => (KindOf(place.Kind), (string?)null, TextOf(place, target)),
        };
        return new VariableVerdict(variable.Name, variable.IsParameter, type, kind, fetch, text, evidence);
    }

    private static VerdictKind KindOf(PlaceKind kind) => kind switch
    {
        PlaceKind.OptimizedOut => VerdictKind.OptimizedOut,
        PlaceKind.Removed => VerdictKind.Removed,
        PlaceKind.InPieces => VerdictKind.InPieces,
        PlaceKind.Later => VerdictKind.Later,
        PlaceKind.AtEntryOnly => VerdictKind.AtEntryOnly,
        _ => VerdictKind.Unsupported,
    };

    private string TextOf(ArgumentPlace place, ProbeTarget target) => place.Kind switch
    {
        PlaceKind.OptimizedOut => "optimized out",
        PlaceKind.Removed => "removed by the compiler; known where it is called (probe --callers)",
        PlaceKind.InPieces => $"in several pieces: {Expression(place)}",
        PlaceKind.Later => $"only from {target.LabelAfter(place.Value)} on",
        PlaceKind.AtEntryOnly => $"gone; at the entry it was in {(registers.NameOf(place.Register) is { } name ? "%" + name : "a register")}",
        PlaceKind.Unsupported => $"unsupported: {Expression(place)}",
        _ => "in a place that a fetch argument cannot name",
    };

    private static string Expression(ArgumentPlace place) => place.Expression is { } bytes ? SimpleExpression.Describe(bytes) : "no expression";

    /// <summary>What says where a variable of a body is; also which DIE it is.</summary>
    public static string EvidenceOf(BodyVariable variable, ulong pc)
        => string.Create(CultureInfo.InvariantCulture, $"DIE .debug_info+0x{variable.DieOffset:x}: {variable.Location.PlaceAt(pc).Evidence}");
}
