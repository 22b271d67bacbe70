using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// A declaration cut in two for a column layout, as pahole sets it: plain pointers stay with the type, what is wound around the name goes with
/// the name. <c>int (*f[4])(void)</c> is <c>int</c> and <c>(*f[4])(void)</c>.
/// </summary>
internal readonly record struct DeclarationColumns(string Specifier, string Declarator)
{
    // What C source never reaches; only a damaged cache has a type that leads back to itself.
    private const int DepthLimit = 64;

    public static DeclarationColumns Of(ITypeModel model, TypeSpelling spelling, TypeId type, string name)
    {
        string whole = spelling.Declare(type, name);
        string specifier = spelling.Spell(Innermost(model, type));
        if (!whole.StartsWith(specifier, StringComparison.Ordinal)) { return new(whole, ""); }

        int stars = specifier.Length;
        while (stars < whole.Length && whole[stars] is ' ' or '*') { stars++; }
        return new(whole[..stars].TrimEnd(), whole[stars..]);
    }

    /// <summary>The type at the declaration's left end: behind pointers, arrays, function types and the qualifiers of these.</summary>
    private static TypeId Innermost(ITypeModel model, TypeId id)
    {
        TypeId unqualified = id;
        for (int steps = 0; !unqualified.IsVoid && steps < DepthLimit; steps++)
        {
            TypeInfo type = model.Type(unqualified);
            switch (type.Kind)
            {
                case TypeKind.Pointer or TypeKind.Array or TypeKind.Function:
                    id = unqualified = type.Target;
                    break;
                case TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic:
                    unqualified = type.Target;
                    break;
                default:
                    return id;
            }
        }

        return id;
    }
}
