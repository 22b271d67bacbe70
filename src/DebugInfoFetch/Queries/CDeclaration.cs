using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// A C declaration in the two halves that a column layout needs: what stands left of the name and what is wound around it
/// (C17 §6.7.6). <c>int (*f[4])(void)</c> is <c>int</c> and <c>(*f[4])(void)</c>; plain pointers stay left, as pahole sets them.
/// </summary>
public readonly record struct CDeclaration(string Specifier, string Declarator)
{
    // Deeper than any C that a person writes: only a damaged cache has a type that leads back to itself.
    private const int MaxDepth = 200;

    /// <summary>Declares <paramref name="name"/> (empty for the type alone) as of type <paramref name="type"/>.</summary>
    /// <exception cref="InputFaultException">The type leads back to itself.</exception>
    public static CDeclaration Of(IKernelModel model, TypeId type, string name) => Build(model, type, name, isPointer: false, 0);

    public override string ToString()
        => Declarator.Length == 0 ? Specifier : Declarator[0] == '[' ? Specifier + Declarator : $"{Specifier} {Declarator}";

    private static CDeclaration Build(IKernelModel model, TypeId id, string declarator, bool isPointer, int depth)
    {
        CheckDepth(id, depth);
        if (id.IsVoid) { return new("void", declarator); }

        TypeInfo type = model.Type(id);
        switch (type.Kind)
        {
            case TypeKind.Pointer:
                if (LeadsToFunctionOrArray(model, type.Target, depth)) { return Build(model, type.Target, "*" + declarator, true, depth + 1); }
                return Build(model, type.Target, declarator, isPointer, depth + 1).WithSpecifierEnd(" *");
            case TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic:
                return Qualify(model, type, declarator, isPointer, depth);
            case TypeKind.Array:
                return Build(model, type.Target, $"{Parenthesize(declarator, isPointer)}[{type.ElementCount}]", false, depth + 1);
            case TypeKind.Function:
                string parameters = Parameters(model, type, depth);
                return Build(model, type.Target, $"{Parenthesize(declarator, isPointer)}({parameters})", false, depth + 1);
            default:
                return new(Named(type), declarator);
        }
    }

    private static CDeclaration Qualify(IKernelModel model, TypeInfo type, string declarator, bool isPointer, int depth)
    {
        string word = type.Kind switch
        {
            TypeKind.Const => "const",
            TypeKind.Volatile => "volatile",
            TypeKind.Restrict => "restrict",
            _ => "_Atomic",
        };
        bool onPointer = !type.Target.IsVoid && model.Type(type.Target).Kind == TypeKind.Pointer;
        if (onPointer && LeadsToFunctionOrArray(model, type.Target, depth))
        {
            return Build(model, type.Target, declarator.Length == 0 ? word : $"{word} {declarator}", isPointer, depth + 1);
        }

        CDeclaration target = Build(model, type.Target, declarator, isPointer, depth + 1);
        return onPointer ? target.WithSpecifierEnd(" " + word) : target with { Specifier = $"{word} {target.Specifier}" };
    }

    private static bool LeadsToFunctionOrArray(IKernelModel model, TypeId id, int depth)
    {
        for (; !id.IsVoid; depth++)
        {
            CheckDepth(id, depth);
            TypeInfo type = model.Type(id);
            if (type.Kind is TypeKind.Function or TypeKind.Array) { return true; }
            if (type.Kind is not (TypeKind.Pointer or TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic)) { return false; }
            id = type.Target;
        }

        return false;
    }

    private static string Parameters(IKernelModel model, TypeInfo function, int depth)
    {
        if (function.Parameters.Count == 0) { return "void"; }
        var spelled = new string[function.Parameters.Count];
        for (int i = 0; i < spelled.Length; i++) { spelled[i] = Build(model, function.Parameters[i], "", false, depth + 1).ToString(); }
        return string.Join(", ", spelled);
    }

    private static string Named(TypeInfo type)
    {
        string keyword = type.Kind switch { TypeKind.Struct => "struct", TypeKind.Union => "union", TypeKind.Enum => "enum", _ => "" };
        return (keyword, type.Name) switch
        {
            ("", "") => "void",
            ("", _) => type.Name,
            (_, "") => keyword + " {...}",
            _ => $"{keyword} {type.Name}",
        };
    }

    private static string Parenthesize(string declarator, bool isPointer) => isPointer ? $"({declarator})" : declarator;

    private CDeclaration WithSpecifierEnd(string end) => this with { Specifier = Specifier + end };

    private static void CheckDepth(TypeId id, int depth)
    {
        if (depth > MaxDepth) { throw new InputFaultException($"cache: type {id.Value} leads back to itself; fetch the kernel anew"); }
    }
}
