using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>Finds what a type stands for: through typedefs and qualifiers, and from names to definitions.</summary>
public sealed class TypeResolver(ITypeModel model)
{
    /// <summary>More qualifiers and typedefs than any real chain; one that exceeds it loops.</summary>
    private const int DepthLimit = 64;

    public ITypeModel Model { get; } = model;

    /// <summary>Bytes of an address: producers may leave a pointer's size out.</summary>
    public int PointerBytes { get; } = model.Kernel.Architecture is "i386" or "i586" or "i686" or "armv7l" or "armv6l" or "ppc" or "s390"
        ? 4
        : 8;

    /// <summary>The type below typedefs and qualifiers; null for <c>void</c>.</summary>
    public TypeInfo? Strip(TypeId id)
    {
        for (int depth = 0; depth < DepthLimit && !id.IsVoid; depth++)
        {
            TypeInfo type = Model.Type(id);
            if (type.Kind is not (TypeKind.Typedef or TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic))
            {
                return type.Kind == TypeKind.Void ? null : type;
            }

            id = type.Target;
        }

        return null;
    }

    /// <summary>
    /// What a stripped type can mean: itself, or each definition of its name that the scope allows. Empty when nothing that is indexed
    /// defines it.
    /// </summary>
    public IReadOnlyList<Definition> Definitions(TypeInfo type, TypeScope scope)
        => type.IsReference ? Choose(Model.Definitions(type.Kind, type.Name), scope) : [new Definition(type, scope)];

    /// <summary>The rule for several definitions of one name: <c>@SOURCE</c> decides, else the unit that looks, else all remain.</summary>
    public IReadOnlyList<Definition> Choose(IReadOnlyList<TypeInfo> definitions, TypeScope scope)
    {
        if (definitions.Count <= 1) { return [.. definitions.Select(d => new Definition(d, InsideOnly(d, scope)))]; }

        if (scope.Source is { } source
            && definitions.Where(d => SourceTail.Matches(d.DeclaredAt, source)).ToArray() is { Length: > 0 } named)
        {
            return [.. named.Select(d => new Definition(d, Inside(d, scope)))];
        }

        if (scope.Units is { } units && definitions.Where(d => Model.UnitsOf(d.Id).Overlaps(units)).ToArray() is { Length: > 0 } seen)
        {
            return [.. seen.Select(d => new Definition(d, scope))];
        }

        return [.. definitions.Select(d => new Definition(d, Inside(d, scope)))];
    }

    /// <summary>Size in bytes of a type whose names are resolved; null when it has none.</summary>
    public long? SizeOf(TypeId id)
    {
        if (Strip(id) is not { } type) { return null; }
        if (type.ByteSize is { } size) { return size; }
        return type.Kind switch
        {
            TypeKind.Pointer => PointerBytes,
            TypeKind.Array when type.ElementCount is { } count && SizeOf(type.Target) is { } element && (element == 0
                || count <= long.MaxValue / element)
                => count * element,
            TypeKind.Enum when !type.Target.IsVoid => SizeOf(type.Target),
            _ => null,
        };
    }

    // Names inside one of several definitions are seen by the units that define it.
    private TypeScope Inside(TypeInfo definition, TypeScope scope)
        => Model.UnitsOf(definition.Id) is { Count: > 0 } units ? scope with { Units = units, UnitFile = null } : scope;

    // The only definition, but in another unit's own .c file: to the unit that looks it is opaque, so names inside it mean what that file
    // defines, and which unit that is is not kept.
    private static TypeScope InsideOnly(TypeInfo definition, TypeScope scope)
        => scope.UnitFile is { } unit && definition.DeclaredAt is { } at && at.File != unit
            && at.File.EndsWith(".c", StringComparison.Ordinal)
            ? scope with { Units = null, UnitFile = null }
            : scope;
}
