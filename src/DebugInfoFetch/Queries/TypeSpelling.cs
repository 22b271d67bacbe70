using System.Globalization;
using System.Text;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// Types in C's spelling, from the inside out as a declarator is read (C11 §6.7.6): <c>int (*)[4]</c>, <c>void (*)(struct file *)</c>.
/// Definitions without a name are spelled <c>struct {...}</c>.
/// </summary>
public sealed class TypeSpelling(ITypeModel model)
{
    /// <summary>Deeper than any type of C source; a chain that exceeds it loops.</summary>
    private const int DepthLimit = 64;

    /// <summary>The type alone: <c>struct list_head *</c>.</summary>
    public string Spell(TypeId type) => Declare(type, "");

    /// <summary>The type of a bit-field: <c>unsigned int:3</c>. Without a width it is <see cref="Spell(TypeId)"/>.</summary>
    public string Spell(TypeId type, int? bitSize)
        => bitSize is { } bits ? string.Create(CultureInfo.InvariantCulture, $"{Spell(type)}:{bits}") : Spell(type);

    /// <summary>
    /// A declaration without its semicolon: <c>struct list_head *next</c>, <c>char comm[16]</c>, <c>int (*open)(void)</c>.
    /// </summary>
    public string Declare(TypeId type, string name) => Declare(type, name, 0);

    /// <summary>Keyword and name of a struct, union or enum, or the name of any other named type.</summary>
    public static string NameOf(TypeInfo type) => Keyword(type.Kind) is { } keyword
        ? type.Name.Length > 0 ? $"{keyword} {type.Name}" : $"{keyword} {{...}}"
        : type.Name;

    private string Declare(TypeId id, string declarator, int depth)
    {
        if (depth > DepthLimit) { return Join("...", declarator); }
        if (id.IsVoid) { return Join("void", declarator); }

        TypeInfo type = model.Type(id);
        return type.Kind switch
        {
            TypeKind.Pointer => Declare(type.Target, PointerTo(type.Target, "*" + declarator), depth + 1),
            TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic => Qualify(type, declarator, depth),
            TypeKind.Array => Declare(type.Target, declarator + Bound(type), depth + 1),
            TypeKind.Function => Declare(type.Target, declarator + Prototype(type, depth), depth + 1),
            TypeKind.Void => Join("void", declarator),
            _ => Join(NameOf(type) is { Length: > 0 } name ? name : "<unnamed type>", declarator),
        };
    }

    // A pointer to an array or a function binds looser than what follows it: (*p)[4], (*f)(void). The target may be qualified.
    private string PointerTo(TypeId target, string declarator)
    {
        for (int depth = 0; depth < DepthLimit && !target.IsVoid; depth++)
        {
            TypeInfo type = model.Type(target);
            switch (type.Kind)
            {
                case TypeKind.Array or TypeKind.Function: return $"({declarator})";
                case TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic: target = type.Target; break;
                default: return declarator;
            }
        }

        return declarator;
    }

    // A qualifier of a pointer stands behind its star, any other in front: "char *const p", "const char *p".
    private string Qualify(TypeInfo type, string declarator, int depth)
    {
        string qualifier = type.Kind switch
        {
            TypeKind.Const => "const",
            TypeKind.Volatile => "volatile",
            TypeKind.Restrict => "restrict",
            _ => "_Atomic",
        };
        bool ofPointer = !type.Target.IsVoid && QualifiesPointer(type.Target);
        return ofPointer
            ? Declare(type.Target, Join(qualifier, declarator), depth + 1)
            : $"{qualifier} {Declare(type.Target, declarator, depth + 1)}";
    }

    private bool QualifiesPointer(TypeId id)
    {
        for (int depth = 0; depth < DepthLimit && !id.IsVoid; depth++)
        {
            TypeInfo type = model.Type(id);
            switch (type.Kind)
            {
                case TypeKind.Pointer: return true;
                case TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic: id = type.Target; break;
                default: return false;
            }
        }

        return false;
    }

    private static string Bound(TypeInfo array)
        => array.ElementCount is { } count ? string.Create(CultureInfo.InvariantCulture, $"[{count}]") : "[]";

    private string Prototype(TypeInfo function, int depth)
    {
        if (function.Parameters.Count == 0) { return "(void)"; }
        var text = new StringBuilder("(");
        foreach (TypeId parameter in function.Parameters)
        {
            if (text.Length > 1) { text.Append(", "); }
            text.Append(Declare(parameter, "", depth + 1));
        }

        return text.Append(')').ToString();
    }

    private static string Join(string left, string declarator)
        => declarator.Length == 0 ? left : declarator[0] == '[' ? left + declarator : $"{left} {declarator}";

    private static string? Keyword(TypeKind kind) => kind switch
    {
        TypeKind.Struct => "struct",
        TypeKind.Union => "union",
        TypeKind.Enum => "enum",
        _ => null,
    };
}
