using System.Globalization;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>
/// FETCH, a production a type (KPROBES.md §1):
/// <code>%REG | $argN | $retval | $stack | $stackN | $comm | @SYM[+|-OFF] | (+|-)OFF "(" FETCH ")" | \INT</code>
/// Numbers are decimal without leading zeros: the kernel reads 010 as eight, and 63 characters are soon full.
/// </summary>
public abstract record FetchExpression
{
    /// <summary>Dereferences nested in it, itself included.</summary>
    public virtual int Depth => 0;

    /// <summary>The FETCH without a type.</summary>
    public abstract string Render();

    public sealed override string ToString() => Render();

    /// <param name="Name">As regs_query_register_offset() knows it: <c>di</c>, <c>x0</c>.</param>
    public sealed record Register(string Name) : FetchExpression
    {
        public override string Render() => $"%{Name}";
    }

    /// <summary>At a return: what was in the Nth argument register (or stack word) at the entry.</summary>
    /// <param name="Number">From 1, by the architecture's regs_get_kernel_argument().</param>
    public sealed record EntryArgument(int Number) : FetchExpression
    {
        public override string Render() => string.Create(CultureInfo.InvariantCulture, $"$arg{Number}");
    }

    public sealed record ReturnValue : FetchExpression
    {
        public override string Render() => "$retval";
    }

    public sealed record StackPointer : FetchExpression
    {
        public override string Render() => "$stack";
    }

    /// <param name="Index">Words from the stack pointer, from 0.</param>
    public sealed record StackWord(int Index) : FetchExpression
    {
        public override string Render() => string.Create(CultureInfo.InvariantCulture, $"$stack{Index}");
    }

    public sealed record CommandName : FetchExpression
    {
        public override string Render() => "$comm";
    }

    public sealed record Immediate(long Value) : FetchExpression
    {
        public override string Render() => string.Create(CultureInfo.InvariantCulture, $"\\{Value}");
    }

    /// <summary>The memory at a symbol.</summary>
    /// <param name="Offset">Bytes.</param>
    public sealed record SymbolMemory(string Symbol, long Offset = 0) : FetchExpression
    {
        public override int Depth => 1;

        public override string Render() => Offset == 0
            ? $"@{Symbol}"
            : string.Create(CultureInfo.InvariantCulture, $"@{Symbol}{Offset:+0;-0}");
    }

    /// <summary>The memory at what <paramref name="Base"/> gives plus an offset.</summary>
    /// <param name="Offset">Bytes.</param>
    public sealed record Dereference(long Offset, FetchExpression Base) : FetchExpression
    {
        public override int Depth => Base.Depth + 1;

        public override string Render()
        {
            char sign = Offset < 0 ? '-' : '+';
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs((decimal)Offset)}({Base.Render()})");
        }
    }
}
