namespace DebugInfoFetch.Index.Model;

/// <summary>What a kernel's types can be asked. The cache answers it, and an ELF file that nobody has indexed.</summary>
public interface ITypeModel
{
    KernelInfo Kernel { get; }

    /// <summary>A type by its id. Throws for an id that this kernel has not, which in a cache means that it is damaged.</summary>
    TypeInfo Type(TypeId id);

    /// <summary>Every definition (never a reference) of that kind and name; more than one when layouts differ under one name.</summary>
    IReadOnlyList<TypeInfo> Definitions(TypeKind kind, string name);

    /// <summary>
    /// The units that define a type. Only kept for names with several definitions: empty means "wherever the name is known".
    /// </summary>
    IReadOnlySet<UnitId> UnitsOf(TypeId id);

    /// <summary>All definitions of structs and unions that have a name, ordered by name. Streams.</summary>
    IEnumerable<TypeInfo> AllStructs();

    /// <summary>Names of structs, unions, enums and typedefs like the one that was not found, best first. At most <paramref name="limit"/>.</summary>
    IReadOnlyList<string> SimilarTypeNames(string name, int limit);
}
