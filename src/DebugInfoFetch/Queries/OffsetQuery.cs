using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>Answers <c>struct.member[.member|[N]|-&gt;member]...</c> for one kernel.</summary>
public sealed class OffsetQuery(ITypeModel model)
{
    private const int SuggestionLimit = 3;

    private readonly TypeResolver _resolver = new(model);

    /// <param name="path">
    /// <c>[struct |union ]NAME[@SOURCE]</c>, then any of <c>.member</c>, <c>-&gt;member</c>, <c>[N]</c>. NAME may be a typedef; SOURCE is
    /// the tail of a source path and chooses among definitions that share a name.
    /// </param>
    public OffsetAnswer Answer(string path)
    {
        if (MemberPath.Parse(path, out string? fault) is not { } parsed) { return new OffsetAnswer.NotFound(path, $"{path}: {fault}", []); }

        IReadOnlyList<TypeInfo> definitions = Definitions(parsed);
        if (definitions.Count == 0) { return UnknownRoot(path, parsed); }

        WalkVerdict verdict = Walk(definitions, parsed);
        if (parsed.Source is { } source && !definitions.Any(d => SourceTail.Matches(d.DeclaredAt, source))
            && (definitions.Count > 1 || Walk(definitions, parsed with { Source = null }) is not WalkVerdict.Divided))
        {
            return new OffsetAnswer.NotFound(path,
                $"{path}: {source} defines no {parsed.Root}; it is defined at {string.Join(", ",
                    definitions.Select(d => d.DeclaredAt?.ToString() ?? d.Module))}", []);
        }

        return verdict switch
        {
            WalkVerdict.Agreed agreed => new OffsetAnswer.Found(path, agreed.Place),
            WalkVerdict.Divided divided =>
                new OffsetAnswer.Ambiguous(path, HowToChoose(path, parsed, divided.Candidates), divided.Candidates),
            WalkVerdict.Failed { Fault: var f } => new OffsetAnswer.NotFound(path, $"{path}: {f.Message}", f.Suggestions),
            _ => throw new InvalidOperationException($"no such verdict: {verdict}"),
        };
    }

    private WalkVerdict Walk(IReadOnlyList<TypeInfo> definitions, MemberPath path)
    {
        IReadOnlyList<Definition> roots = _resolver.Choose(definitions, TypeScope.Anywhere with { Source = path.Source });
        return WalkVerdict.Of(new MemberWalk(_resolver).Walk(roots, path.Steps, path.Root), _resolver);
    }

    // As in C, a bare name is a tag first; a typedef where no tag has that name.
    private IReadOnlyList<TypeInfo> Definitions(MemberPath path)
    {
        if (path.Keyword is { } kind) { return model.Definitions(kind, path.Root); }
        IReadOnlyList<TypeInfo> tags = [.. model.Definitions(TypeKind.Struct, path.Root), .. model.Definitions(TypeKind.Union, path.Root)];
        return tags.Count > 0 ? tags : model.Definitions(TypeKind.Typedef, path.Root);
    }

    private OffsetAnswer.NotFound UnknownRoot(string path, MemberPath parsed)
    {
        string what = parsed.Keyword switch { TypeKind.Struct => "struct", TypeKind.Union => "union", _ => "struct, union or typedef" };
        return new OffsetAnswer.NotFound(path, $"{path}: no {what} '{parsed.Root}' in what is indexed of {model.Kernel.Release}",
            model.SimilarTypeNames(parsed.Root, SuggestionLimit));
    }

    private static string HowToChoose(string path, MemberPath parsed, IReadOnlyList<LayoutCandidate> candidates)
    {
        string name = candidates.Count > 0 ? candidates[0].Name : parsed.Root;
        string[] files = [.. candidates.Select(c => c.DeclaredAt?.File ?? "").Where(f => f.Length > 0).Distinct(StringComparer.Ordinal)];
        string how = files.Length > 1 && parsed.Source is null
            ? $"; choose one with {parsed.Root}@SOURCE, for example {parsed.Root}@{files[0]}"
            : "";
        return $"{path}: {candidates.Count} different definitions of {name} do not give the same answer{how}";
    }
}
