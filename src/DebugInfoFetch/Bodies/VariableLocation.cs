using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>A place, and what of the debug information says so.</summary>
/// <param name="Evidence">For <c>--explain</c>: the attribute or the list's entry, and the expression.</param>
public sealed record LocatedPlace(ArgumentPlace Place, string Evidence);

/// <summary>Where a variable is while the program counter is in a range.</summary>
/// <param name="Range">Null: everywhere (a whole expression, or DW_LLE_default_location).</param>
/// <param name="Offset">Of the expression in its section.</param>
public sealed record LocationRange(AddressRange? Range, byte[] Expression, string Section, int Offset);

/// <summary>DW_AT_location or DW_AT_const_value of a variable: what is known of its place anywhere in a function.</summary>
public sealed class VariableLocation
{
    private readonly Func<LocationRange, ulong, ArgumentPlace> _resolve;
    private readonly ArgumentPlace? _constant;
    private readonly bool _isWhole;

    private VariableLocation(IReadOnlyList<LocationRange> ranges, ArgumentPlace? constant, bool isWhole, Func<LocationRange, ulong, ArgumentPlace> resolve)
    {
        Ranges = ranges;
        _constant = constant;
        _isWhole = isWhole;
        _resolve = resolve;
    }

    /// <summary>No attribute: optimized out, wherever one looks.</summary>
    public static VariableLocation None { get; } = new([], null, false, (_, _) => ArgumentPlace.OptimizedOut);

    public IReadOnlyList<LocationRange> Ranges { get; }

    /// <summary>DW_AT_const_value.</summary>
    public static VariableLocation OfConstant(ArgumentPlace place) => new([], place, false, (_, _) => place);

    /// <summary>DW_FORM_exprloc: one expression for all of the scope.</summary>
    internal static VariableLocation OfWhole(LocationRange expression, Func<LocationRange, ulong, ArgumentPlace> resolve) => new([expression], null, true, resolve);

    internal static VariableLocation OfList(IReadOnlyList<LocationRange> ranges, Func<LocationRange, ulong, ArgumentPlace> resolve) => new(ranges, null, false, resolve);

    /// <summary>Where the variable is before the instruction at an address is executed.</summary>
    public LocatedPlace PlaceAt(ulong pc)
    {
        if (_constant is { } constant) { return new LocatedPlace(constant, "DW_AT_const_value"); }
        LocationRange? found = Ranges.FirstOrDefault(r => r.Range is { } range && range.Contains(pc)) ?? Ranges.FirstOrDefault(r => r.Range is null);
        if (found is not null) { return new LocatedPlace(_resolve(found, pc), Describe(found)); }
        // It is to come: from where on?
        AddressRange? next = null;
        foreach (LocationRange range in Ranges)
        {
            if (range.Range is { IsEmpty: false } at && at.Start > pc && (next is null || at.Start < next.Value.Start)) { next = at; }
        }

        return next is { } later
            ? new LocatedPlace(new ArgumentPlace(PlaceKind.Later, Value: (long)(later.Start - pc)), $"the first list entry behind it starts at 0x{later.Start:x}")
            : new LocatedPlace(ArgumentPlace.OptimizedOut, Ranges.Count == 0 ? "no DW_AT_location" : "no list entry holds there");
    }

    private string Describe(LocationRange found)
    {
        string expression = SimpleExpression.Describe(found.Expression);
        return found.Range is { } range
            ? $"{found.Section}+0x{found.Offset:x}: [0x{range.Start:x}, 0x{range.End:x}) {expression}"
            : $"{found.Section}+0x{found.Offset:x}: {(_isWhole ? "everywhere" : "default")} {expression}";
    }
}
