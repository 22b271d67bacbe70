using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>Finds definitions by name and lays out their members. One instance a kernel: it remembers how types are spelled.</summary>
public sealed class StructLayoutQuery(ITypeModel model)
{
    // A body within a body within a body: more than this is no C source but a damaged cache.
    private const int MaxNesting = 64;

    private readonly TypeSpelling _spelling = new(model);
    private readonly Dictionary<TypeId, MemberType> _memberTypes = [];

    /// <summary>
    /// Every definition of that name: structs, unions and enums by their tag, else what a typedef of that name names.
    /// Several when layouts differ under one name; none when the kernel has none. <c>struct foo</c> and <c>union foo</c> are understood.
    /// </summary>
    public IReadOnlyList<StructLayout> Find(string name)
    {
        (TypeKind? only, string tag) = SplitKeyword(name);
        var found = new List<StructLayout>();
        foreach (TypeKind kind in (ReadOnlySpan<TypeKind>)[TypeKind.Struct, TypeKind.Union, TypeKind.Enum])
        {
            if (only is not null && only != kind) { continue; }
            foreach (TypeInfo type in model.Definitions(kind, tag)) { found.Add(Layout(type)); }
        }

        if (found.Count == 0 && only is null) { AddTypedefs(tag, found); }
        return found;
    }

    /// <summary>All named structs and unions, in the model's order. Streams.</summary>
    public IEnumerable<StructLayout> All()
    {
        foreach (TypeInfo type in model.AllStructs()) { yield return Layout(type); }
    }

    public StructLayout Layout(TypeInfo type)
        => new(type.Kind, type.Name, type, type.DeclaredAt, type.Module, Members(type, 0, 0));

    private void AddTypedefs(string name, List<StructLayout> found)
    {
        foreach (TypeInfo typedef in model.Definitions(TypeKind.Typedef, name))
        {
            TypeInfo target = typedef;
            for (int steps = 0; target.Kind is TypeKind.Typedef or TypeKind.Const or TypeKind.Volatile; steps++)
            {
                if (steps > MaxNesting) { throw new InputFaultException($"cache: typedef {name} leads back to itself; fetch the kernel anew"); }
                if (target.Target.IsVoid) { break; }
                target = model.Type(target.Target);
            }

            if (target.Kind is not (TypeKind.Struct or TypeKind.Union or TypeKind.Enum)) { continue; }
            if (target.Name.Length == 0)
            {
                found.Add(new(TypeKind.Typedef, name, target, typedef.DeclaredAt ?? target.DeclaredAt, typedef.Module, Members(target, 0, 0)));
            }
            else if (target.IsReference)
            {
                foreach (TypeInfo definition in model.Definitions(target.Kind, target.Name)) { AddOnce(definition, found); }
            }
            else
            {
                AddOnce(target, found);
            }
        }
    }

    private void AddOnce(TypeInfo type, List<StructLayout> found)
    {
        if (!found.Exists(layout => layout.Type.Id == type.Id)) { found.Add(Layout(type)); }
    }

    private LayoutMember[] Members(TypeInfo type, long byteBase, int nesting)
    {
        if (nesting > MaxNesting) { throw new InputFaultException($"cache: type {type.Id.Value} contains itself; fetch the kernel anew"); }
        if (type.Members.Count == 0) { return []; }
        var members = new LayoutMember[type.Members.Count];
        for (int i = 0; i < members.Length; i++)
        {
            MemberInfo member = type.Members[i];
            MemberType memberType = TypeOf(member.Type);
            long offset = byteBase + member.ByteOffset;
            members[i] = new(
                member.Name, member.Type, memberType.Spelling, offset, memberType.ByteSize,
                member.BitOffset is { } bits ? (byteBase * 8) + bits : null, member.BitSize, memberType.Inline,
                memberType.Inline is { } body ? Members(body, offset, nesting + 1) : []);
        }

        return members;
    }

    private MemberType TypeOf(TypeId id)
    {
        if (_memberTypes.TryGetValue(id, out MemberType known)) { return known; }
        MemberType type = new(_spelling.Spell(id), ByteSize(id), Inline(id));
        _memberTypes.Add(id, type);
        return type;
    }

    private long ByteSize(TypeId id)
    {
        for (int steps = 0; !id.IsVoid && steps <= MaxNesting; steps++)
        {
            TypeInfo type = model.Type(id);
            if (type.ByteSize is { } size) { return size; }
            if (type.Kind is not (TypeKind.Typedef or TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic)) { return 0; }
            id = type.Target;
        }

        return 0;
    }

    /// <summary>The body that stands in the member's declaration: an untagged struct or union, also as array element.</summary>
    private TypeInfo? Inline(TypeId id)
    {
        for (int steps = 0; !id.IsVoid && steps <= MaxNesting; steps++)
        {
            TypeInfo type = model.Type(id);
            if (type.Kind is TypeKind.Struct or TypeKind.Union) { return type.Name.Length == 0 ? type : null; }
            if (type.Kind is not (TypeKind.Array or TypeKind.Const or TypeKind.Volatile or TypeKind.Atomic)) { return null; }
            id = type.Target;
        }

        return null;
    }

    private static (TypeKind? Only, string Tag) SplitKeyword(string name)
    {
        string trimmed = name.Trim();
        int space = trimmed.IndexOf(' ');
        if (space < 0) { return (null, trimmed); }
        string tag = trimmed[(space + 1)..].Trim();
        return trimmed[..space] switch
        {
            "struct" => (TypeKind.Struct, tag),
            "union" => (TypeKind.Union, tag),
            "enum" => (TypeKind.Enum, tag),
            _ => (null, trimmed),
        };
    }

    private readonly record struct MemberType(string Spelling, long ByteSize, TypeInfo? Inline);
}
