using System.Globalization;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>
/// TYPE, a production a type (KPROBES.md §1.5):
/// <code>(u|s|x)(8|16|32|64)["[" N "]"] | char | string | ustring | symbol | symstr | b W @ O / S | %pd | %pD</code>
/// </summary>
public abstract record FetchType
{
    /// <summary>MAX_ARRAY_LEN (kernel/trace/trace_probe.h).</summary>
    public const int MaxArrayLength = 64;

    public abstract string Render();

    public sealed override string ToString() => Render();

    /// <summary>Must read from memory: strings and arrays.</summary>
    public virtual bool NeedsMemory => false;

    /// <param name="Sign"><c>u</c> unsigned, <c>s</c> signed, <c>x</c> in hex.</param>
    /// <param name="Bits">8, 16, 32 or 64.</param>
    /// <param name="Count">Elements of an array, 1 to 64; null for a single value.</param>
    public sealed record Integer(char Sign, int Bits, int? Count = null) : FetchType
    {
        public override bool NeedsMemory => Count is not null;
        public override string Render() => string.Create(CultureInfo.InvariantCulture, $"{Sign}{Bits}{ArraySuffix(Count)}");
    }

    /// <summary>Counts from the least significant bit of its container, on either byte order.</summary>
    public sealed record BitField(int Width, int Offset, int ContainerBits) : FetchType
    {
        public override string Render() => string.Create(CultureInfo.InvariantCulture, $"b{Width}@{Offset}/{ContainerBits}");
    }

    /// <summary>Text up to its zero. In user space: <c>ustring</c>.</summary>
    public sealed record Text(bool FromUser = false, int? Count = null) : FetchType
    {
        public override bool NeedsMemory => true;
        public override string Render() => (FromUser ? "ustring" : "string") + ArraySuffix(Count);
    }

    /// <summary><c>char</c>, a single character or an array of them.</summary>
    public sealed record Character(int? Count = null) : FetchType
    {
        public override bool NeedsMemory => Count is not null;
        public override string Render() => "char" + ArraySuffix(Count);
    }

    /// <summary><c>symbol</c>, printed as function+offset.</summary>
    public sealed record SymbolName(int? Count = null) : FetchType
    {
        public override bool NeedsMemory => Count is not null;
        public override string Render() => "symbol" + ArraySuffix(Count);
    }

    /// <summary><c>symstr</c>: the symbol's name stored as text. No arrays of it.</summary>
    public sealed record SymbolText : FetchType
    {
        public override string Render() => "symstr";
    }

    /// <summary><c>%pd</c> (of a dentry) and <c>%pD</c> (of a file): the name, found by the kernel's own layout.</summary>
    public sealed record FileName(bool OfFile) : FetchType
    {
        public override string Render() => OfFile ? "%pD" : "%pd";
    }

    private static string ArraySuffix(int? count) => count is { } n ? string.Create(CultureInfo.InvariantCulture, $"[{n}]") : "";
}
