using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>One out-of-line copy of a function from the inside. Addresses are the file's.</summary>
public sealed class FunctionBody
{
    private readonly Func<ulong, (string Section, ulong Address)> _place;

    internal FunctionBody(BodyScope root, IReadOnlyList<StatementRow> rows, IReadOnlyList<CallSite> calls, IKernelModel types, string unitFile,
        Func<ulong, (string Section, ulong Address)> place)
    {
        Root = root;
        Rows = rows;
        Calls = calls;
        Types = types;
        UnitFile = unitFile;
        _place = place;
    }

    public BodyScope Root { get; }
    /// <summary>Rows of the line table in this copy, by address.</summary>
    public IReadOnlyList<StatementRow> Rows { get; }
    public IReadOnlyList<CallSite> Calls { get; }
    /// <summary>The kernel's model, with the types that this body's variables have.</summary>
    public IKernelModel Types { get; }
    public string UnitFile { get; }

    /// <summary>Where an address is in the terms of the cache: section, and address (vmlinux) or bytes from the section's start (module).</summary>
    public (string Section, ulong Address) PlaceOf(ulong pc) => _place(pc);

    /// <summary>
    /// What can be named in a function at an address, inner blocks first: its own variables, not those of what is inlined into it. One name once: an inner
    /// declaration hides an outer one.
    /// </summary>
    /// <param name="function">This body's root, or an inlined copy in it.</param>
    public static IReadOnlyList<BodyVariable> VisibleAt(BodyScope function, ulong pc)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. OwnScopes(function, pc).Reverse().SelectMany(scope => scope.Variables).Where(v => v.Name.Length > 0 && names.Add(v.Name))];
    }

    /// <summary>A function and its blocks around an address, from it inwards, without what is inlined into it.</summary>
    public static IEnumerable<BodyScope> OwnScopes(BodyScope function, ulong pc)
    {
        IReadOnlyList<BodyScope> chain = function.ChainAt(pc);
        // gcc may have an inlined copy begin in a range of no bytes, in front of its first instruction's.
        return chain.Count == 0 && pc == function.EntryPc ? [function] : chain.TakeWhile((scope, at) => at == 0 || scope.Kind == BodyScopeKind.Block);
    }

    /// <summary>The function, inlined or not, whose code an address is.</summary>
    public BodyScope FunctionAt(ulong pc) => Root.ChainAt(pc).LastOrDefault(s => s.Kind != BodyScopeKind.Block) ?? Root;

    /// <summary>
    /// The function whose statement a row of the line table is. Where an inlined copy begins there is often a row for its call, too: that one is the caller's.
    /// </summary>
    public BodyScope FunctionOf(ulong pc, SourceLocation row)
        => Root.ChainAt(pc).TakeWhile(s => s.CallSite != row).LastOrDefault(s => s.Kind != BodyScopeKind.Block) ?? Root;
}

/// <summary>A row of the line table, with its file by name (relative to the source tree's root).</summary>
public readonly record struct StatementRow(ulong Address, string File, int Line, bool IsStatement);

/// <summary>A call (DW_TAG_call_site, DWARF 5 §3.4).</summary>
/// <param name="ReturnPc">The address behind the call instruction.</param>
/// <param name="Callee">Name of what is called; empty for a call through a pointer.</param>
/// <param name="CalleeDie">Offset in .debug_info of the DIE that says what is called; 0 when none does.</param>
public sealed record CallSite(ulong ReturnPc, string Callee, int CalleeDie, IReadOnlyList<CallArgument> Arguments);

/// <summary>What a call passes (DW_TAG_call_site_parameter).</summary>
/// <param name="Parameter">Name of the parameter that DW_AT_call_parameter names; empty when it names none.</param>
/// <param name="Register">The register that holds the value at the callee's entry; -1 when none does.</param>
/// <param name="Value">DW_AT_call_value, as it is at the call instruction.</param>
public sealed record CallArgument(string Parameter, int Register, LocatedPlace Value);
