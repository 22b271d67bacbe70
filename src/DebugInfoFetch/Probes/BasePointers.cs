using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>
/// A read that fails leaves what the ring buffer held before, not 0 (KPROBES.md §1.5): only the pointers that it went through tell whether to
/// believe it. So each of them is an argument of its own, in front of the first that is read through it.
/// </summary>
internal static class BasePointers
{
    /// <summary>The pointers of a chain as arguments, named as if they had been asked for. What nothing can print is not among them.</summary>
    /// <param name="root">The variable that the chain begins at, as it is written (<c>$retval</c>, <c>@sym</c>).</param>
    public static IReadOnlyList<FetchedArgument> Of(ChainEnd end, TypedExpression typed, string root, IReadOnlyList<PathStep> steps)
    {
        IEnumerable<FollowedPointer> pointers = end.Pointers;
        // An array behind a pointer at the end is one read more. Text is, too, but says so itself: (fault).
        if (typed is { Type: not FetchType.Text, Expression: FetchExpression.Dereference { Base: var last } }
            && TypedFetch.ReadValue(end, root).Value == last)
        {
            pointers = pointers.Append(new FollowedPointer(last, steps.Count, typed.CType));
        }

        return
        [
            .. pointers.Where(p => p.Value is not null).Select(p => Pointer(p.Value!, p.CType, root, [.. steps.Take(p.Steps)])),
        ];
    }

    /// <summary>The same of a register or the like whose memory is read as an array.</summary>
    public static IReadOnlyList<FetchedArgument> Of(FetchExpression pointer, FetchType read, string name)
        => read is FetchType.Text ? [] : [Pointer(pointer, "", name, [])];

    private static FetchedArgument Pointer(FetchExpression value, string cType, string root, PathStep[] way)
        => new(ArgumentNames.Default(root.TrimStart('$', '@'), way), false, root + string.Concat(way), new TypedExpression(value, null, cType));

    /// <summary>The arguments, and between them each pointer that none of them prints.</summary>
    public static IReadOnlyList<FetchedArgument> Insert(IReadOnlyList<FetchedArgument> arguments)
    {
        List<FetchedArgument> all = [];
        HashSet<FetchExpression> printed = [.. arguments.Where(IsWholePointer).Select(a => a.Typed.Expression)];
        foreach (FetchedArgument argument in arguments)
        {
            all.AddRange(argument.Pointers.Where(p => printed.Add(p.Typed.Expression)));
            all.Add(argument);
        }

        return all;
    }

    /// <summary>What to say where they are left out (<c>--bare</c>): one note a pointer that no argument prints.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<FetchedArgument> arguments)
        => Insert(arguments).Except(arguments).Select(p => p.Source).Distinct(StringComparer.Ordinal)
            .Select(p => $"where {p} is NULL or no valid pointer, what is read through it is stale bytes, not 0: without --bare it is printed too");

    private static bool IsWholePointer(FetchedArgument argument) => argument.Typed.Type is null or FetchType.Integer { Bits: 64, Count: null };
}
