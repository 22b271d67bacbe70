using System.Collections.Immutable;
using System.Globalization;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>What is wrong with a path.</summary>
public enum PathFaultKind { NoSuchMember, WrongAccessor, OutOfBounds, HasNoMembers, HasNoElements, NotDefined }

/// <param name="Message">One line.</param>
/// <param name="Suggestions">Member names like the one that was not found.</param>
public sealed record PathFault(PathFaultKind Kind, string Message, IReadOnlyList<string> Suggestions);

/// <summary>Where one way through a path ends, or why it does not.</summary>
/// <param name="Place">Null when the way ends in a fault.</param>
/// <param name="Fault">Null when the way reaches a place.</param>
/// <param name="Choices">The definitions taken where a name had several, in order.</param>
public sealed record PathEnd(MemberPlace? Place, PathFault? Fault, IReadOnlyList<TypeInfo> Choices);

/// <summary>
/// Follows steps into a type. Where a name has several definitions every one of them is followed: the caller sees whether they agree.
/// </summary>
public sealed class MemberWalk(TypeResolver resolver)
{
    /// <summary>Ways through a path that are followed at once; names with more definitions than that are ambiguous.</summary>
    private const int WaysLimit = 256;
    private const int NestingLimit = 64;

    private readonly TypeSpelling _spelling = new(resolver.Model);

    /// <param name="roots">What the path begins at: an object of that type, its own address being offset 0.</param>
    /// <param name="name">How messages call it.</param>
    /// <returns>At least one end, if there is at least one root.</returns>
    public IReadOnlyList<PathEnd> Walk(IReadOnlyList<Definition> roots, IReadOnlyList<PathStep> steps, string name)
        => Walk([.. roots.Select(r => new Way(r.Type.Id, r.Scope, name) { Choices = roots.Count > 1 ? [r.Type] : [] })], steps);

    /// <summary>Walks from an object of a type as some scope sees it.</summary>
    public IReadOnlyList<PathEnd> Walk(TypeId root, TypeScope scope, IReadOnlyList<PathStep> steps, string name)
        => Walk([new Way(root, scope, name)], steps);

    private List<PathEnd> Walk(List<Way> ways, IReadOnlyList<PathStep> steps)
    {
        List<PathEnd> ends = [];
        foreach (PathStep step in steps)
        {
            List<Way> next = [];
            foreach (Way way in Bounded(ways, ends)) { Follow(way, step, next, ends); }
            ways = next;
        }

        foreach (Way way in Bounded(ways, ends)) { End(way, ends); }
        return ends;
    }

    // What is not followed counts as a way that disagrees.
    private static IEnumerable<Way> Bounded(List<Way> ways, List<PathEnd> ends)
    {
        if (ways.Count > WaysLimit)
        {
            ends.Add(ways[WaysLimit].Fails(PathFaultKind.NotDefined, $"too many definitions of the names in {ways[WaysLimit].Text}"));
        }

        return ways.Take(WaysLimit);
    }

    private void Follow(Way way, PathStep step, List<Way> next, List<PathEnd> ends)
    {
        string text = way.Text + step;
        switch (step)
        {
            case PathStep.Member member when Enter(way, member, ends) is { } inside: FollowMember(inside, member, text, next, ends); break;
            case PathStep.Element element: FollowElement(way, element, text, next, ends); break;
        }
    }

    /// <summary>The object whose member is meant: the one at hand, or the one it points at.</summary>
    private Way? Enter(Way way, PathStep.Member member, List<PathEnd> ends)
    {
        TypeInfo? type = resolver.Strip(way.Type);
        string spelled = _spelling.Spell(way.Type);
        if (type is { Kind: TypeKind.Array })
        {
            ends.Add(way.Fails(PathFaultKind.WrongAccessor, $"{way.Text} is an array ({spelled}): write {way.Text}[0]{member}"));
            return null;
        }

        if (member.ThroughPointer != (type is { Kind: TypeKind.Pointer })
            && type is { Kind: TypeKind.Pointer or TypeKind.Struct or TypeKind.Union })
        {
            ends.Add(way.Fails(PathFaultKind.WrongAccessor, member.ThroughPointer
                ? $"{way.Text} is no pointer ({spelled}): write {way.Text}.{member.Name}"
                : $"{way.Text} is a pointer ({spelled}): write {way.Text}->{member.Name}"));
            return null;
        }

        Way inside = way;
        if (type is { Kind: TypeKind.Pointer })
        {
            inside = way.Dereference(type.Target);
            type = resolver.Strip(type.Target);
            if (type is { Kind: TypeKind.Pointer })
            {
                ends.Add(way.Fails(PathFaultKind.WrongAccessor,
                    $"{way.Text} is a pointer to a pointer ({spelled}): write {way.Text}[0]->{member.Name}"));
                return null;
            }
        }

        if (type is { Kind: TypeKind.Struct or TypeKind.Union }) { return inside with { Type = type.Id, BitSize = null }; }
        ends.Add(way.Fails(PathFaultKind.HasNoMembers, $"{way.Text} has no members, its type is {spelled}"));
        return null;
    }

    private void FollowMember(Way way, PathStep.Member step, string text, List<Way> next, List<PathEnd> ends)
    {
        foreach (Way at in Expand(way, ends))
        {
            TypeInfo type = resolver.Model.Type(at.Type);
            if (Find(at, type, step.Name, 0) is { } found)
            {
                next.Add(found with { Text = text });
                continue;
            }

            IReadOnlyList<string> similar = SimilarName.Among(MemberNames(type, 0), step.Name);
            ends.Add(at.Fails(PathFaultKind.NoSuchMember, $"{TypeSpelling.NameOf(type)} has no member '{step.Name}'", similar));
        }
    }

    // Members of anonymous structs and unions belong to the scope that holds them (C11 §6.7.2.1 p13).
    private Way? Find(Way way, TypeInfo type, string name, int depth)
    {
        foreach (MemberInfo member in type.Members)
        {
            if (member.Name == name)
            {
                return way.Member(member, type);
            }

            if (member.Name.Length > 0 || member.IsBitField || depth >= NestingLimit) { continue; }
            if (resolver.Strip(member.Type) is { Kind: TypeKind.Struct or TypeKind.Union } nested
                && Find(way.Member(member, type), nested, name, depth + 1) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private IEnumerable<string> MemberNames(TypeInfo type, int depth)
    {
        foreach (MemberInfo member in type.Members)
        {
            if (member.Name.Length > 0) { yield return member.Name; }
            else if (!member.IsBitField && depth < NestingLimit && resolver.Strip(member.Type) is { } nested)
            {
                foreach (string name in MemberNames(nested, depth + 1)) { yield return name; }
            }
        }
    }

    private void FollowElement(Way way, PathStep.Element step, string text, List<Way> next, List<PathEnd> ends)
    {
        TypeInfo? type = resolver.Strip(way.Type);
        if (type is not { Kind: TypeKind.Array or TypeKind.Pointer })
        {
            ends.Add(way.Fails(PathFaultKind.HasNoElements,
                $"{way.Text} is no array and no pointer, its type is {_spelling.Spell(way.Type)}"));
            return;
        }

        // [2][3] is [6] in BTF: what [1] means is then not known.
        if (type.Kind == TypeKind.Array && step.Index > 0 && resolver.Model.Kernel.IsFromBtf)
        {
            ends.Add(way.Fails(PathFaultKind.HasNoElements,
                $"{way.Text} may have several dimensions, which BTF has as one: where an element but the first is needs debuginfo "
                + $"(dbgfetch fetch --kernel {resolver.Model.Kernel.Release})"));
            return;
        }

        if (type.Kind == TypeKind.Array && type.ElementCount is { } count && step.Index >= count)
        {
            ends.Add(way.Fails(PathFaultKind.OutOfBounds, string.Create(CultureInfo.InvariantCulture,
                $"{text}: out of bounds, {way.Text} has {count} elements ({_spelling.Spell(way.Type)})")));
            return;
        }

        Way at = type.Kind == TypeKind.Pointer ? way.Dereference(type.Target) : way with { Type = type.Target };
        foreach (Way element in Expand(at, ends))
        {
            long? size = resolver.SizeOf(element.Type);
            if (size is null)
            {
                ends.Add(way.Fails(PathFaultKind.HasNoElements,
                    $"{way.Text} has no elements of a known size, its type is {_spelling.Spell(way.Type)}"));
            }
            else if (step.Index > 0 && size > long.MaxValue / 2 / step.Index)
            {
                ends.Add(way.Fails(PathFaultKind.OutOfBounds, $"{text}: beyond the end of memory"));
            }
            else
            {
                next.Add(element.Advance(size.Value * step.Index) with { Text = text });
            }
        }
    }

    /// <summary>Puts definitions in the place of a name: one way for each that the scope allows.</summary>
    private IEnumerable<Way> Expand(Way way, List<PathEnd> ends)
    {
        if (resolver.Strip(way.Type) is not { IsReference: true } name)
        {
            yield return way;
            yield break;
        }

        IReadOnlyList<Definition> definitions = resolver.Definitions(name, way.Scope);
        if (definitions.Count == 0)
        {
            ends.Add(way.Fails(PathFaultKind.NotDefined,
                $"{TypeSpelling.NameOf(name)} is only declared in what is indexed of this kernel; a module that is not indexed may define it"));
        }

        foreach (Definition definition in definitions)
        {
            yield return way with
            {
                Type = definition.Type.Id,
                Scope = definition.Scope,
                Choices = definitions.Count > 1 ? way.Choices.Add(definition.Type) : way.Choices,
            };
        }
    }

    private void End(Way way, List<PathEnd> ends)
    {
        // The spelling is the declared one (a typedef's name); the size is that of what it means.
        TypeId declared = way.Type;
        bool isNamed = resolver.Strip(declared) is { IsReference: true };
        foreach (Way at in isNamed ? Expand(way, ends) : [way])
        {
            var place = new MemberPlace
            {
                Offsets = at.Offsets,
                ByteSize = resolver.SizeOf(at.Type),
                TypeId = at.Type,
                Type = _spelling.Spell(declared, at.BitSize),
                BitOffset = at.BitSize is null ? null : at.BitOffset,
                BitSize = at.BitSize,
                DeclaredAt = (at.Declarer ?? resolver.Strip(at.Type))?.DeclaredAt,
            };
            ends.Add(new PathEnd(place, null, at.Choices));
        }
    }

    /// <summary>One way through the path, as far as it has been followed.</summary>
    /// <param name="Text">The path so far, for messages.</param>
    private sealed record Way(TypeId Type, TypeScope Scope, string Text)
    {
        public long[] Offsets { get; init; } = [0];
        public ImmutableList<TypeInfo> Choices { get; init; } = [];
        public long BitOffset { get; init; }
        public int? BitSize { get; init; }
        /// <summary>The struct or union that declares the last member.</summary>
        public TypeInfo? Declarer { get; init; }

        public Way Dereference(TypeId target) => this with { Type = target, Offsets = [.. Offsets, 0], Declarer = null, BitSize = null };

        public Way Advance(long bytes)
            => this with { Offsets = [.. Offsets[..^1], checked(Offsets[^1] + bytes)], BitSize = null };

        public Way Member(MemberInfo member, TypeInfo declarer)
        {
            long start = Offsets[^1];
            return Advance(member.ByteOffset) with
            {
                Type = member.Type,
                Declarer = declarer,
                BitOffset = checked((start * 8) + (member.BitOffset ?? 0)),
                BitSize = member.BitSize,
            };
        }

        public PathEnd Fails(PathFaultKind kind, string message, IReadOnlyList<string>? suggestions = null)
            => new(null, new PathFault(kind, message, suggestions ?? []), Choices);
    }
}
