using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// From where a type's name is looked at: a name behind a pointer means what the unit that looks at it defines, and another unit may define
/// something else under it.
/// </summary>
/// <param name="Units">The units that look; null when it could be any.</param>
/// <param name="UnitFile">Source file of the single unit that looks; null when there are several.</param>
/// <param name="Source"><c>@SOURCE</c>: chooses a definition by where it is declared, whoever looks.</param>
public sealed record TypeScope(IReadOnlySet<UnitId>? Units = null, string? UnitFile = null, string? Source = null)
{
    /// <summary>Nothing is known about who looks.</summary>
    public static TypeScope Anywhere { get; } = new();

    /// <summary>As a function's code sees names.</summary>
    public static TypeScope Of(EntryInfo entry) => new(new HashSet<UnitId> { entry.Unit }, entry.UnitFile);
}

/// <summary>A definition that a name can mean, and the scope in which the names inside it are to be looked at.</summary>
public sealed record Definition(TypeInfo Type, TypeScope Scope);
