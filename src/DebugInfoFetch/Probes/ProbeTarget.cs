using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>A parameter or variable that can be named at a target, with where it is there.</summary>
internal sealed record VisibleVariable(string Name, TypeId Type, ArgumentPlace Place, bool IsParameter);

/// <summary>A place inside a function, or the first instruction of an inlined copy.</summary>
/// <param name="Offset">Bytes from the symbol's start.</param>
/// <param name="Pc">The same place as an address of <paramref name="Body"/>.</param>
/// <param name="Function">Whose variables are meant: the body's root, or an inlined copy in it.</param>
/// <param name="Unit">The unit that the code was compiled in; null when it is not known.</param>
internal sealed record InsidePlace(ulong Offset, ulong Pc, FunctionBody Body, BodyScope Function, UnitId? Unit)
{
    /// <summary>At a call: what is passed, by the callee's parameters, in the place of the caller's variables.</summary>
    public IReadOnlyList<VisibleVariable>? Passed { get; init; }
}

/// <summary>Where code begins that is to be probed.</summary>
/// <param name="Function">Null for what has no debug information.</param>
/// <param name="Entry">Null with it.</param>
/// <param name="Symbol">Null when the symbol table names nothing there.</param>
/// <param name="Address">vmlinux: link-time virtual address; a module: bytes from the start of <paramref name="Section"/>.</param>
internal sealed record ProbeTarget(FunctionInfo? Function, EntryInfo? Entry, SymbolInfo? Symbol, string Module, string Section,
    ulong Address)
{
    public const string Vmlinux = "vmlinux";

    /// <summary>Null: the entry, at <see cref="Address"/>, which otherwise is the start of the symbol that holds the place.</summary>
    public InsidePlace? Inside { get; init; }

    /// <summary>The parameters of a function that no DIE places, where the psABI has them; null for all others.</summary>
    public IReadOnlyList<VisibleVariable>? Conventional { get; init; }

    public ulong Offset => Inside?.Offset ?? 0;

    /// <summary>Whether the debug information says what can be named here.</summary>
    public bool HasVariables => Inside is not null || Conventional is not null || (Function is not null && Entry is not null);

    /// <summary>From where names of types are looked at.</summary>
    public TypeScope Scope => (Inside, Entry) switch
    {
        ({ Unit: { } unit } inside, _) => new TypeScope(new HashSet<UnitId> { unit }, inside.Body.UnitFile),
        ({ } inside, _) => new TypeScope(null, inside.Body.UnitFile),
        (null, { } entry) => TypeScope.Of(entry),
        _ => TypeScope.Anywhere,
    };

    /// <summary>The kernel's model, with the types that variables inside a body have.</summary>
    public IKernelModel TypesIn(IKernelModel model) => Inside?.Body.Types ?? model;

    /// <summary>Parameters in source order; inside a function its variables too, those of inner blocks first.</summary>
    public IReadOnlyList<VisibleVariable> Variables()
    {
        if (Inside is { } inside)
        {
            return inside.Passed ?? [.. FunctionBody.VisibleAt(inside.Function, inside.Pc).Select(v => new VisibleVariable(v.Name, v.Type, v.Location.PlaceAt(inside.Pc).Place, v.IsParameter))];
        }

        if (Conventional is not null) { return Conventional; }
        return Function is null || Entry is null ? [] : [.. Function.Parameters.Select((p, i) => new VisibleVariable(
            p.Name is { Length: > 0 } name ? name : string.Create(CultureInfo.InvariantCulture, $"arg{i + 1}"), p.Type,
            i < Entry.Places.Count ? Entry.Places[i] : ArgumentPlace.OptimizedOut, IsParameter: true))];
    }

    public bool IsInModule => Module != Vmlinux;

    /// <summary>How messages call it: <c>btrfs:f.isra.0</c>.</summary>
    public string Label
    {
        get
        {
            string name = Symbol?.Name ?? $"{Section}+0x{Address:x}";
            string place = Offset > 0 ? string.Create(CultureInfo.InvariantCulture, $"{name}+{Offset}") : name;
            return IsInModule ? $"{Module}:{place}" : place;
        }
    }

    /// <summary>The same, some bytes further on.</summary>
    public string LabelAfter(long bytes) => Inside is { } inside
        ? (this with { Inside = inside with { Offset = inside.Offset + (ulong)bytes } }).Label
        : string.Create(CultureInfo.InvariantCulture, $"{Label}+{bytes}");

    public static ProbeTarget Of(FunctionInfo function, EntryInfo entry)
        => new(function, entry, entry.Symbol, entry.Module, entry.Section, entry.Address);

    public static ProbeTarget Of(SymbolInfo symbol) => new(null, null, symbol, symbol.Module, symbol.Section, symbol.Address);
}

/// <summary>What a FUNCTION means in this kernel.</summary>
/// <param name="Targets">Every out-of-line copy; none only where inlined ones are asked for.</param>
/// <param name="InlineSites">Inlined copies: not covered by a probe on the targets.</param>
internal sealed record FoundFunction(string Name, IReadOnlyList<ProbeTarget> Targets, IReadOnlyList<InlineSiteInfo> InlineSites,
    IReadOnlyList<string> Notes)
{
    /// <summary>What events are named where no name is asked for.</summary>
    public string EventStem { get; init; } = Name;
}
