using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>From <c>F:LINE</c>, <c>F+OFF</c> and inlined copies to places in code.</summary>
internal sealed class InsideFinder(IKernelModel model, IBodies bodies)
{
    private const int NearestLimit = 4;

    /// <summary>The places that a request means, in the place of the function's entries.</summary>
    /// <param name="inlines">In inlined copies too.</param>
    public Outcome<FoundFunction> Find(FunctionSpec spec, FoundFunction found, bool inlines)
    {
        List<ProbeTarget> targets = [];
        List<Refusal> refused = [];
        List<string> notes = [.. found.Notes];
        var lines = new SortedSet<int>();
        foreach (ProbeTarget copy in found.Targets)
        {
            if (spec.Inside is null) { targets.Add(copy); continue; }
            if (bodies.At(copy.Module, copy.Section, copy.Address) is not { } body)
            {
                refused.Add(new Refusal(RefusalReason.NotAddressable, $"{copy.Label}: the debug information knows nothing of its inside",
                    $"its first instruction: probe {copy.Label}"));
                continue;
            }

            AddPlaces(spec, new CopyInside(copy, body, body.Root), targets, refused, notes, lines);
        }

        foreach (CopyInside copy in inlines ? InlinedCopies(found, refused) : [])
        {
            if (spec.Inside is null) { Add(copy, copy.Scope.EntryPc, targets, refused); }
            else { AddPlaces(spec, copy, targets, refused, notes, lines); }
        }

        if (targets.Count == 0)
        {
            return refused.Count > 0 ? refused[0] : spec.Inside is PlaceInside.AtLine at
                ? NoSuchLine(found.Name, at.Line, lines)
                : new Refusal(RefusalReason.NoSuchLine, $"{found.Name}: no place in it is meant by that");
        }

        notes.AddRange(refused.Select(r => $"not covered: {r.Message}"));
        string stem = spec.Inside is PlaceInside.AtLine line ? string.Create(CultureInfo.InvariantCulture, $"{found.Name}_L{line.Line}") : found.Name;
        return found with { Targets = [.. targets.DistinctBy(t => (t.Module, t.Section, t.Address, t.Offset))], Notes = notes, EventStem = stem };
    }

    /// <summary>The inside of what a target begins; null when the debug information has none.</summary>
    public CopyInside? Inside(ProbeTarget target)
    {
        if (target.Inside is { } inside) { return new CopyInside(target, inside.Body, inside.Function) { Unit = inside.Unit }; }
        return bodies.At(target.Module, target.Section, target.Address) is { } body ? new CopyInside(target, body, body.Root) : null;
    }

    private void AddPlaces(FunctionSpec spec, CopyInside copy, List<ProbeTarget> targets, List<Refusal> refused, List<string> notes, SortedSet<int> lines)
    {
        switch (spec.Inside)
        {
            case PlaceInside.AtOffset offset:
                AddOffset(copy, offset.Bytes, targets, refused);
                break;
            case PlaceInside.AtLine line when copy.Scope.DeclaredAt is { } declared:
                ulong[] starts = [.. StatementPlaces.Of(copy.Body, copy.Scope, declared with { Line = declared.Line + line.Line }, out int others)];
                if (starts.Length == 0) { lines.UnionWith(StatementPlaces.Lines(copy.Body, copy.Scope).Select(l => l - declared.Line)); }
                foreach (ulong pc in starts) { Add(copy, pc, targets, refused); }
                if (others > 0) { notes.Add(string.Create(CultureInfo.InvariantCulture, $"{copy.Copy.Label}: line {line.Line} has {others} more stretches of code, of the same statement: dbgfetch lines shows them")); }
                break;
            default: break;
        }
    }

    private static void AddOffset(CopyInside copy, ulong bytes, List<ProbeTarget> targets, List<Refusal> refused)
    {
        ProbeTarget at = copy.Copy;
        ulong size = (ulong)Math.Max(at.Symbol?.ByteSize ?? 0, 0);
        if (bytes < size)
        {
            // What the body calls its entry may be behind NOPs that the symbol begins with.
            ulong pc = copy.Body.Root.EntryPc + (at.Address - copy.Body.PlaceOf(copy.Body.Root.EntryPc).Address) + bytes;
            targets.Add(at with { Inside = new InsidePlace(bytes, pc, copy.Body, copy.Scope, copy.Unit) });
            return;
        }

        refused.Add(new Refusal(RefusalReason.NotAddressable, string.Create(CultureInfo.InvariantCulture, $"{at.Label}+{bytes}: it is {size} bytes long"),
            $"where its statements begin: dbgfetch lines {at.Function?.Name ?? at.Label}"));
    }

    private void Add(CopyInside copy, ulong pc, List<ProbeTarget> targets, List<Refusal> refused)
    {
        Outcome<ProbeTarget> target = TargetAt(copy, pc);
        if (target.Refusal is { } refusal) { refused.Add(refusal); } else { targets.Add(target.Value!); }
    }

    /// <summary>A place by its address in the body; in the symbol that holds it, which of a split function may be its cold part.</summary>
    public Outcome<ProbeTarget> TargetAt(CopyInside copy, ulong pc)
    {
        (string section, ulong address) = copy.Body.PlaceOf(pc);
        SymbolInfo? symbol = copy.Copy.Symbol is { } own && Holds(own, section, address) ? own : ColdPart(copy.Copy, section, address);
        if (symbol is null)
        {
            return new Refusal(RefusalReason.NotAddressable, string.Create(CultureInfo.InvariantCulture,
                $"{copy.Copy.Label}: its code at {section}+0x{address:x} is in no symbol, so the kernel's own checks cannot be foreseen"));
        }

        // At the first instruction the entry's own rules say more.
        if (copy.Copy.Inside is null && ReferenceEquals(copy.Scope, copy.Body.Root) && address == copy.Copy.Address) { return copy.Copy; }
        return copy.Copy with
        {
            Symbol = symbol,
            Section = section,
            Address = symbol.Address,
            Inside = new InsidePlace(address - symbol.Address, pc, copy.Body, copy.Scope, copy.Unit),
        };
    }

    private SymbolInfo? ColdPart(ProbeTarget copy, string section, ulong address)
        => copy.Symbol is null ? null : model.SymbolsByBaseName(copy.Symbol.BaseName)
            .FirstOrDefault(s => s.Module == copy.Module && s.Suffix == SuffixKind.Cold && Holds(s, section, address));

    private static bool Holds(SymbolInfo symbol, string section, ulong address)
        => symbol.Section == section && address >= symbol.Address && address - symbol.Address < (ulong)Math.Max(symbol.ByteSize, 1);

    /// <summary>The inlined copies that the cache knows, each with the body that it is in.</summary>
    private IEnumerable<CopyInside> InlinedCopies(FoundFunction found, List<Refusal> refused)
    {
        foreach (InlineSiteInfo site in found.InlineSites)
        {
            if (site.Container is not { } container || site.Offset < 0)
            {
                refused.Add(new Refusal(RefusalReason.NotAddressable, $"{found.Name} inlined {InlineSiteText.Describe(site)}: no symbol holds it"));
                continue;
            }

            ulong address = container.Address + (ulong)site.Offset;
            FunctionBody? body = bodies.At(site.Module, container.Section, address);
            BodyScope? scope = body?.Root.All().FirstOrDefault(s => s.Kind == BodyScopeKind.Inlined && s.Name == found.Name && body.PlaceOf(s.EntryPc) == (container.Section, address));
            if (body is null)
            {
                refused.Add(new Refusal(RefusalReason.NotAddressable, $"{found.Name} inlined {InlineSiteText.Describe(site)}: the debug information does not lead there again"));
                continue;
            }

            // A copy may have left nothing but its place (low_pc equal to high_pc): what other code shares the address is no sign of it.
            if (scope is null)
            {
                refused.Add(new Refusal(RefusalReason.NotAddressable, $"{found.Name} inlined {InlineSiteText.Describe(site)}: no instruction of it is left there",
                    $"the instruction at its place, which belongs to other code: probe {InlineSiteText.Place(site, container)}"));
                continue;
            }

            var holder = new ProbeTarget(model.Function(site.Function), null, container, site.Module, container.Section, container.Address);
            yield return new CopyInside(holder, body, scope) { Unit = site.Unit };
        }
    }

    private static Refusal NoSuchLine(string function, int line, SortedSet<int> lines)
    {
        int[] nearest = [.. lines.Where(l => l >= 0).OrderBy(l => Math.Abs(l - line)).Take(NearestLimit).Order()];
        string[] hints = nearest.Length > 0
            ? [$"lines near it that have code: {string.Join(", ", nearest.Select(l => string.Create(CultureInfo.InvariantCulture, $"{function}:{l}")))}", $"all of them: dbgfetch lines {function}"]
            : [$"where it has code: dbgfetch lines {function}"];
        return new Refusal(RefusalReason.NoSuchLine, string.Create(CultureInfo.InvariantCulture, $"{function}:{line}: no code begins on that line (counted from the function's first, which is 0)"), hints);
    }
}

/// <summary>One function's code in one out-of-line copy: all of it, or an inlined copy in it.</summary>
/// <param name="Copy">Where it begins.</param>
internal sealed record CopyInside(ProbeTarget Copy, FunctionBody Body, BodyScope Scope)
{
    public UnitId? Unit { get; init; } = Copy.Entry?.Unit;
}
