using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

public enum BodyScopeKind : byte { Function, Inlined, Block }

/// <summary>A function's copy, an inlined copy inside it, or a block of either; nested as in the source. Addresses are the file's.</summary>
public sealed record BodyScope
{
    public required BodyScopeKind Kind { get; init; }
    /// <summary>The function's name in the source; empty for a block.</summary>
    public string Name { get; init; } = "";
    public SourceLocation? DeclaredAt { get; init; }
    /// <summary>An inlined copy: where the source calls it.</summary>
    public SourceLocation? CallSite { get; init; }
    public IReadOnlyList<AddressRange> Ranges { get; init; } = [];
    /// <summary>DW_AT_entry_pc, else the start of the first range.</summary>
    public ulong EntryPc { get; init; }
    /// <summary>Offset of its DIE in .debug_info.</summary>
    public int DieOffset { get; init; }
    /// <summary>Parameters in source order, then variables as they are declared.</summary>
    public IReadOnlyList<BodyVariable> Variables { get; init; } = [];
    public IReadOnlyList<BodyScope> Children { get; init; } = [];

    public bool Contains(ulong pc)
    {
        foreach (AddressRange range in Ranges)
        {
            if (range.Contains(pc)) { return true; }
        }

        return false;
    }

    /// <summary>The scopes around an address, from this one inwards; empty when it is not in this one.</summary>
    public IReadOnlyList<BodyScope> ChainAt(ulong pc)
    {
        List<BodyScope> chain = [];
        for (BodyScope? scope = Contains(pc) ? this : null; scope is not null; scope = scope.Children.FirstOrDefault(c => c.Contains(pc))) { chain.Add(scope); }
        return chain;
    }

    /// <summary>This scope and all below it.</summary>
    public IEnumerable<BodyScope> All() => Children.SelectMany(c => c.All()).Prepend(this);
}

/// <summary>A parameter or variable of a function's body.</summary>
/// <param name="Type">A type of <see cref="FunctionBody.Types"/>.</param>
/// <param name="DieOffset">Offset of its DIE in .debug_info.</param>
public sealed record BodyVariable(string Name, bool IsParameter, TypeId Type, SourceLocation? DeclaredAt, int DieOffset, VariableLocation Location);
