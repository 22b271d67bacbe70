using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>An address that memory can be read from: what a fetch expression gives, or a symbol, plus an offset.</summary>
internal abstract record MemoryAddress
{
    /// <summary>The expression that reads memory <paramref name="offset"/> bytes further on.</summary>
    public abstract FetchExpression Read(long offset = 0);

    public abstract MemoryAddress Plus(long bytes);

    public sealed record Behind(FetchExpression Base, long Offset = 0) : MemoryAddress
    {
        public override FetchExpression Read(long offset = 0) => new FetchExpression.Dereference(Offset + offset, Base);
        public override MemoryAddress Plus(long bytes) => this with { Offset = Offset + bytes };
    }

    public sealed record OfSymbol(string Symbol, long Offset = 0) : MemoryAddress
    {
        public override FetchExpression Read(long offset = 0) => new FetchExpression.SymbolMemory(Symbol, Offset + offset);
        public override MemoryAddress Plus(long bytes) => this with { Offset = Offset + bytes };
    }
}

/// <summary>
/// What is at hand of an object of the source: the bridge between where DWARF says that it is and what the fetch grammar can say.
/// </summary>
internal abstract record Operand
{
    /// <summary>Its value is what an expression gives (a register, <c>$retval</c>).</summary>
    public sealed record Value(FetchExpression Expression) : Operand;

    /// <summary>It lies in memory.</summary>
    public sealed record Stored(MemoryAddress Address) : Operand;

    /// <summary>Its value is itself an address that nothing holds: what it points at can be read, the value cannot.</summary>
    /// <param name="What">For messages: <c>%di+8</c>, <c>the address of init_task</c>.</param>
    public sealed record AddressOnly(MemoryAddress Address, string What) : Operand;

    public sealed record Constant(long Number) : Operand;

    /// <summary>Its value is the address of an object that is in no memory: only the object can be read.</summary>
    public sealed record PointerTo(Operand Pointee) : Operand;
}
