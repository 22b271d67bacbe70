using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>The object that a chain ends at.</summary>
/// <param name="Holder">The object that the last pointer points at, or the chain's root: <see cref="MemberPlace.ByteOffset"/> counts from
/// its start.</param>
/// <param name="Pointers">The pointers that were followed on the way, the first first.</param>
internal sealed record ChainEnd(Operand Holder, MemberPlace Place, IReadOnlyList<FollowedPointer> Pointers);

/// <param name="Value">What prints the pointer itself; null when nothing can (its value is computed, and held nowhere).</param>
/// <param name="Steps">How many steps of the chain lead to it.</param>
/// <param name="CType">Its C type.</param>
internal sealed record FollowedPointer(FetchExpression? Value, int Steps, string CType);

/// <summary>
/// Follows <c>-&gt;a.b[2]-&gt;c</c> from an operand: every pointer that is followed opens a <c>+OFFSET(...)</c>, everything else adds to
/// the offset.
/// </summary>
internal sealed class ChainFetch(TypeResolver resolver, RegisterFile registers)
{
    private readonly MemberWalk _walk = new(resolver);

    /// <param name="name">The root, for messages.</param>
    public Outcome<ChainEnd> Follow(Operand root, TypeId type, TypeScope scope, IReadOnlyList<PathStep> steps, string name)
    {
        string text = name + string.Concat(steps);
        if (registers.IsBigEndian && root is Operand.Value or Operand.Constant && steps.Count > 0
            && resolver.Strip(type) is { Kind: TypeKind.Struct or TypeKind.Union })
        {
            return new Refusal(RefusalReason.NotFetchable,
                $"{text}: which bits of the register hold a member of {name} depends on the calling convention of this big-endian machine");
        }

        switch (WalkVerdict.Of(_walk.Walk(type, scope, steps, name), resolver))
        {
            case WalkVerdict.Failed { Fault: var fault }:
                return new Refusal(fault.Kind == PathFaultKind.NotDefined ? RefusalReason.UnknownType : RefusalReason.UnknownMember, $"{text}: {fault.Message}",
                    fault.Suggestions.Count > 0 ? [$"did you mean {string.Join(", ", fault.Suggestions)}?"] : []);
            case WalkVerdict.Divided { Candidates: var candidates }:
                return Divided(text, name, candidates);
            case WalkVerdict.Agreed { Place: var place }:
                Operand holder = root;
                List<FollowedPointer> pointers = [];
                foreach (long offset in place.Offsets.SkipLast(1))
                {
                    pointers.Add(Describe(holder, offset, type, scope, steps, pointers.Count));
                    if (holder is Operand.PointerTo to && offset == 0)
                    {
                        holder = to.Pointee;
                        continue;
                    }

                    Outcome<MemoryAddress> pointee = Pointee(holder, offset, text);
                    if (pointee.Refusal is { } refusal) { return refusal; }
                    holder = new Operand.Stored(pointee.Value!);
                }

                return new ChainEnd(holder, place, pointers);
            default:
                throw new InvalidOperationException("no such verdict");
        }
    }

    /// <summary>Where a pointer points that lies at an offset in an object.</summary>
    public static Outcome<MemoryAddress> Pointee(Operand holder, long offset, string text) => holder switch
    {
        Operand.Stored stored => new MemoryAddress.Behind(stored.Address.Read(offset)),
        Operand.Value value when offset == 0 => new MemoryAddress.Behind(value.Expression),
        Operand.AddressOnly address when offset == 0 => address.Address,
        Operand.PointerTo => new Refusal(RefusalReason.NotFetchable, $"{text}: what it points at is in no memory that text or an array could be read from"),
        Operand.Constant constant => new Refusal(RefusalReason.NotFetchable,
            string.Create(CultureInfo.InvariantCulture,
                $"{text}: the pointer is the constant {constant.Number} here, nothing to read through")),
        _ => new Refusal(RefusalReason.NotFetchable,
                $"{text}: the pointer is in the middle of a register, where nothing can be read through it"),
    };

    /// <summary>The pointer at an offset of an object, from which the chain goes on; which step that is, the walk so far tells.</summary>
    private FollowedPointer Describe(Operand holder, long offset, TypeId type, TypeScope scope, IReadOnlyList<PathStep> steps, int followed)
    {
        FetchExpression? value = holder switch
        {
            Operand.Stored stored => stored.Address.Read(offset),
            Operand.Value held when offset == 0 => held.Expression,
            _ => null,
        };
        // The longest way there that has followed no pointer more: all definitions of a name that agree on the end agree on that.
        (int taken, string cType) = Enumerable.Range(0, steps.Count)
            .Select(n => (n, _walk.Walk(type, scope, [.. steps.Take(n)], "")[0].Place))
            .Where(way => way.Place?.Offsets.Count == followed + 1)
            .Select(way => (way.n, way.Place!.Type))
            .LastOrDefault((0, ""));
        return new FollowedPointer(value, taken, cType);
    }

    private static Refusal Divided(string text, string name, IReadOnlyList<LayoutCandidate> candidates)
    {
        string type = candidates.Count > 0 ? candidates[0].Name : "a type";
        return new Refusal(RefusalReason.AmbiguousType,
            string.Create(CultureInfo.InvariantCulture,
                $"{text}: {candidates.Count} different definitions of {type} do not give the same answer; choose one with {name}@SOURCE"),
            [.. candidates.Select(Describe)]);
    }

    private static string Describe(LayoutCandidate candidate)
    {
        string size = candidate.ByteSize is { } bytes ? string.Create(CultureInfo.InvariantCulture, $", {bytes} bytes") : "";
        string offsets = candidate.Place is { } place
            ? $": {string.Join(" -> ", place.Offsets.Select(o => string.Create(CultureInfo.InvariantCulture, $"+{o}")))}, {place.Type}"
            : ": no such member";
        return $"{candidate.Name} at {candidate.DeclaredAt?.ToString() ?? candidate.Module}{size}{offsets}";
    }
}
