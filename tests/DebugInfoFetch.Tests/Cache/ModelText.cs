using System.Globalization;
using System.Text;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>All that a kernel's model answers, as text without the numbers of its file: equal texts answer every question alike.</summary>
internal static class ModelText
{
    public static IEnumerable<string> Of(KernelCache model)
    {
        foreach (ModuleInfo module in model.Modules) { yield return $"module {module}"; }
        foreach (string name in model.NamesOf(NameKind.Struct).Distinct())
        {
            foreach (TypeKind kind in (TypeKind[])[TypeKind.Struct, TypeKind.Union, TypeKind.Enum, TypeKind.Typedef])
            {
                foreach (string line in model.Definitions(kind, name).Select(type => $"type {Layout(model, type)} in {Units(model, type)}").Order(StringComparer.Ordinal)) { yield return line; }
            }
        }

        foreach (string name in model.NamesOf(NameKind.Function).Distinct())
        {
            foreach (string line in model.Functions(name).Select(function => Function(model, function)).Order(StringComparer.Ordinal)) { yield return line; }
        }

        foreach (SymbolInfo symbol in model.SymbolsMatching("*").OrderBy(s => $"{s}", StringComparer.Ordinal)) { yield return $"symbol {symbol}"; }
        foreach (string name in model.NamesOf(NameKind.Variable).Distinct())
        {
            foreach (string line in model.Variables(name).Select(v => $"variable {v.Name} {Meaning(model, v.Type)} {v.Module} {v.DeclaredAt} {v.IsExternal} {v.Section} {v.Address:x}").Order(StringComparer.Ordinal))
            {
                yield return line;
            }
        }
    }

    private static string Function(KernelCache model, FunctionInfo function)
    {
        var text = new StringBuilder($"function {Meaning(model, function.ReturnType)} {function.Name} {function.DeclaredAt} {function.IsExternal} {function.IsVariadic}(");
        foreach (ParameterInfo parameter in function.Parameters) { text.Append(CultureInfo.InvariantCulture, $"{Meaning(model, parameter.Type)} {parameter.Name},"); }
        IEnumerable<string> copies = model.Entries(function.Id)
            .Select(e => $"\n  entry {e.Module} {e.UnitFile} {e.Section}+{e.Address:x} {e.ByteSize} {e.Symbol?.Name} {string.Join(' ', e.Places.Select(p => $"{p.Kind}/{p.Register}/{p.Value}/{Convert.ToHexString(p.Expression ?? [])}"))}")
            .Concat(model.InlineSites(function.Id).Select(site => $"\n  inlined {site.Module} {site.Container?.Name}+{site.Offset} {site.CallSite}"));
        return text.AppendJoin("", copies.Order(StringComparer.Ordinal)).ToString();
    }

    private static string Units(KernelCache model, TypeInfo type) => model.UnitsOf(type.Id).Count.ToString(CultureInfo.InvariantCulture);

    private static string Layout(KernelCache model, TypeInfo type)
        => $"{type.Kind} {type.Name} {type.ByteSize} {Meaning(model, type.Target)} {type.DeclaredAt} "
            + string.Join(',', type.Members.Select(m => $"{m.Name}:{Meaning(model, m.Type)}@{m.ByteOffset}/{m.BitOffset}/{m.BitSize}"))
            + string.Join(',', type.Enumerators.Select(e => $"{e.Name}={e.Value}"));

    private static string Meaning(KernelCache model, TypeId id)
    {
        TypeInfo type = model.Type(id);
        return type switch
        {
            { Kind: TypeKind.Void } => "void",
            { Name.Length: > 0 } => $"{type.Kind} {type.Name}{(type.IsReference ? "&" : "")}",
            { Kind: TypeKind.Struct or TypeKind.Union or TypeKind.Enum } => $"{{{Layout(model, type)}}}",
            { Kind: TypeKind.Function } => $"{Meaning(model, type.Target)}({string.Join(',', type.Parameters.Select(p => Meaning(model, p)))})",
            _ => $"{type.Kind}{type.ElementCount}<{Meaning(model, type.Target)}>",
        };
    }
}
