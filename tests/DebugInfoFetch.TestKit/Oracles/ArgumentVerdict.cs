namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What came of comparing one argument of one function: a kind with a name, or a difference that nothing explains.</summary>
/// <param name="Kind">The rule that applies; null when none does.</param>
public sealed record ArgumentVerdict(string? Kind, string Detail)
{
    public const string Same = "same place";

    /// <summary>
    /// Every kind of difference that is allowed, each with its proof in <paramref name="dwarf"/>, which llvm-dwarfdump read. KPROBES facts on
    /// perf are those of tools/perf/util/probe-finder.c, <c>convert_variable_location</c> and its callers.
    /// </summary>
    /// <param name="perf">perf's answer; null where it prints none.</param>
    /// <param name="ours">Ours; null where the line has none.</param>
    /// <param name="dwarf">The parameter in the copy's DIE; null where the DIE has no such parameter.</param>
    /// <param name="isRepeated">perf has printed this name before in the same line.</param>
    public static ArgumentVerdict Of(FetchPlace? perf, FetchPlace? ours, DwarfEvidence? dwarf, bool isRepeated)
    {
        string detail = $"perf {perf?.Fetch ?? "nothing"}, ours {(ours is null ? "nothing" : $"{ours.Fetch}:{ours.Type}")}, dwarf {Describe(dwarf)}";
        if (ours is not null && Contradicts(ours, dwarf))
        {
            return new ArgumentVerdict(null, $"contradicts the debug information: {detail}");
        }

        if (perf is null || ours is null)
        {
            return new ArgumentVerdict(OneSided(perf, ours, dwarf, isRepeated), detail);
        }

        return new ArgumentVerdict(
            ours.ReadsTheSameAs(perf) ? Same
            : ours.ReadsTheStringAt(perf) ? "string behind the same place (our default type of char *)"
            // breg K; stack_value is register + K itself. With K = 0 that is the register; perf ignores DW_OP_stack_value and reads memory there.
            // DW_FORM_data1 0xc0 is 192: gcc writes negative constants as DW_FORM_sdata. perf extends the sign of the form's own width.
            : dwarf is { IsConstant: true } && ours.ReadsTheSameAs(new FetchPlace(ours.Name, dwarf.Fetch!, "")) && perf.IsSignExtensionOf(ours) ? "perf: extends the sign of an unsigned constant"
            : dwarf?.Computed is (string at, 0) && perf.Fetch == $"+0({at})" && ours.Fetch == at ? "perf: reads memory where the value is the register"
            : null, detail);
    }

    /// <summary>Where perf has no line at all, the debug information judges alone.</summary>
    public static ArgumentVerdict FromDebugInformation(FetchPlace ours, DwarfEvidence? dwarf)
        => new(Contradicts(ours, dwarf) ? null : "no line of perf's; same as the debug information", $"perf no line, ours {ours.Fetch}:{ours.Type}, dwarf {Describe(dwarf)}");

    private static string? OneSided(FetchPlace? perf, FetchPlace? ours, DwarfEvidence? dwarf, bool isRepeated)
    {
        if (perf is null)
        {
            // Only op[0] is looked at, and litN, constN and implicit values are not among those that it knows.
            return ours is not null && dwarf?.Fetch is { } fetch && new FetchPlace(ours.Name, fetch, "").ReadsTheSameAs(ours) ? "perf: drops what it cannot decode" : null;
        }

        // $params walks into the inlined copies that begin at the same address and prints their parameters as if they were this function's.
        if (dwarf is null || isRepeated)
        {
            return "perf: adds parameters of callees inlined at the entry";
        }

        // The list has no entry for the entry: it takes the first range that follows, where the value may have moved to by then.
        if (dwarf.FirstRangeStart > 0)
        {
            return "perf: takes a place of later on";
        }

        if (dwarf.Computed is { } computed && perf.Fetch.EndsWith($"({computed.Register})", StringComparison.Ordinal))
        {
            return "perf: reads memory at a value that is register + constant";
        }

        if (dwarf.IsComplex && perf.Fetch.EndsWith(')'))
        {
            return "perf: reads memory where the value is computed";
        }

        // Of the two DIEs perf takes the first, whose register nobody need set for a clone.
        if (dwarf is { IsReplacement: true, ConstantAddress: not null } && perf.Fetch.StartsWith('%'))
        {
            return "perf: takes the register of a parameter that the clone has as a constant";
        }

        // An address of the image is a value that the loader moves; perf prints the parameter's own name as if it were a symbol.
        if (dwarf.ConstantAddress is not null && perf.Fetch == $"@{perf.Name}+0")
        {
            return "perf: prints @PARAMETER for a constant address";
        }

        // Only the first DW_OP_piece is printed.
        if (dwarf.IsInPieces)
        {
            return "perf: prints the first piece only";
        }

        // One expression for the whole function claims the entry too, but a negative frame offset is filled by the prologue.
        return dwarf.IsWholeFunction && perf.Fetch.StartsWith('-') ? "perf: trusts a slot that the prologue has not filled" : null;
    }

    /// <summary>
    /// Ours must be what the debug information says wherever that can be said as a fetch. A register from the first range is right as well when
    /// the range opens within the entry's ENDBR and fentry call (9 bytes), which leave argument registers alone.
    /// </summary>
    private static bool Contradicts(FetchPlace ours, DwarfEvidence? dwarf)
    {
        string? fetch = dwarf?.Fetch ?? (dwarf?.FirstRangeStart is > 0 and <= 9 ? (dwarf with { AtEntry = dwarf.FirstRange }).Fetch : null);
        return fetch is null || !(ours.ReadsTheSameAs(new FetchPlace(ours.Name, fetch, "")) || ours.ReadsTheStringAt(new FetchPlace(ours.Name, fetch, "")));
    }

    private static string Describe(DwarfEvidence? dwarf) => dwarf switch
    {
        null => "no such parameter",
        { AtEntry: { } expression } => $"'{expression}'{(dwarf.IsWholeFunction ? " (whole function)" : dwarf.IsConstant ? " (constant)" : "")}",
        { FirstRangeStart: { } start } => $"nothing at the entry, '{dwarf.FirstRange}' from +{start} on",
        _ => "no location",
    };
}
