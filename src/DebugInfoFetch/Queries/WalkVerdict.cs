using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// What all ways through a path say together. Several layouts under one name do no harm as long as every one gives the same answer; else
/// the answer is the list of them.
/// </summary>
public abstract record WalkVerdict
{
    public sealed record Agreed(MemberPlace Place) : WalkVerdict;

    public sealed record Failed(PathFault Fault) : WalkVerdict;

    public sealed record Divided(IReadOnlyList<LayoutCandidate> Candidates) : WalkVerdict;

    public static WalkVerdict Of(IReadOnlyList<PathEnd> ends, TypeResolver resolver)
    {
        MemberPlace? first = ends.FirstOrDefault(e => e.Place is not null)?.Place;
        if (first is null)
        {
            return new Failed(ends.Count > 0
                ? ends[0].Fault!
                : new PathFault(PathFaultKind.NotDefined, "nothing by that name is defined", []));
        }

        return ends.All(e => e.Place is { } place && Same(first, place, resolver))
            ? new Agreed(first)
            : new Divided(Parting(ends, resolver));
    }

    private static bool Same(MemberPlace a, MemberPlace b, TypeResolver resolver)
    {
        if (!a.Offsets.SequenceEqual(b.Offsets) || a.ByteSize != b.ByteSize || a.BitOffset != b.BitOffset || a.BitSize != b.BitSize
            || a.Type != b.Type)
        {
            return false;
        }

        // One typedef's name may stand for an s32 here and a u32 there.
        TypeInfo? left = resolver.Strip(a.TypeId), right = resolver.Strip(b.TypeId);
        return left?.Kind == right?.Kind && left?.Encoding == right?.Encoding;
    }

    // The candidates are the definitions at the first name where the ways part.
    private static List<LayoutCandidate> Parting(IReadOnlyList<PathEnd> ends, TypeResolver resolver)
    {
        int parting = 0;
        while (ends.All(e => e.Choices.Count > parting)
            && ends.All(e => e.Choices[parting].Id == ends[0].Choices[parting].Id)) { parting++; }

        return [.. ends
            .Where(e => e.Choices.Count > parting)
            .GroupBy(e => e.Choices[parting].Id)
            .OrderBy(g => g.Key.Value)
            .Select(g =>
            {
                TypeInfo type = g.First().Choices[parting];
                MemberPlace? place = g.First().Place;
                bool isCertain = place is not null && g.All(e => e.Place is { } other && Same(place, other, resolver));
                return new LayoutCandidate(type.Id, TypeSpelling.NameOf(type), type.DeclaredAt, type.ByteSize, type.Module, isCertain
                    ? place
                    : null);
            })];
    }
}
