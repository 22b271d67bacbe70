using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>Splits what gcc and clang append to the names of clones (<c>f.isra.0</c>, <c>f.constprop.0.cold</c>, <c>f.llvm.123</c>).</summary>
public static class SymbolSuffix
{
    /// <summary>The name before the first compiler suffix, and the kind of the last one. A leading dot is part of the name.</summary>
    public static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> name, out SuffixKind kind)
    {
        kind = SuffixKind.None;
        int dot = name.Length > 1 ? name[1..].IndexOf((byte)'.') + 1 : 0;
        if (dot == 0) { return name; }
        kind = SuffixKind.Other;
        ReadOnlySpan<byte> suffix = name[(dot + 1)..];
        foreach (Range range in suffix.Split((byte)'.'))
        {
            SuffixKind named = KindOf(suffix[range]);
            if (named != SuffixKind.None) { kind = named; }
        }

        return name[..dot];
    }

    private static SuffixKind KindOf(ReadOnlySpan<byte> part)
        => part.SequenceEqual("isra"u8) ? SuffixKind.Isra
            : part.SequenceEqual("constprop"u8) ? SuffixKind.Constprop
            : part.SequenceEqual("part"u8) ? SuffixKind.Part
            : part.SequenceEqual("cold"u8) ? SuffixKind.Cold
            : part.SequenceEqual("llvm"u8) ? SuffixKind.Llvm
            : SuffixKind.None;
}
