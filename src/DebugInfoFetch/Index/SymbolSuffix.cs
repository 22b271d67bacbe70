using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>Splits what gcc and clang append to the names of clones (<c>f.isra.0</c>, <c>f.constprop.0.cold</c>, <c>f.llvm.123</c>).</summary>
public static class SymbolSuffix
{
    /// <summary>The name before the first compiler suffix, and the kind of the last one. A leading dot is part of the name.</summary>
    public static (string BaseName, SuffixKind Kind) Split(string name)
    {
        int dot = name.Length > 1 ? name.IndexOf('.', 1) : -1;
        if (dot < 0) { return (name, SuffixKind.None); }
        SuffixKind kind = SuffixKind.Other;
        foreach (string part in name[(dot + 1)..].Split('.'))
        {
            SuffixKind named = part switch
            {
                "isra" => SuffixKind.Isra,
                "constprop" => SuffixKind.Constprop,
                "part" => SuffixKind.Part,
                "cold" => SuffixKind.Cold,
                "llvm" => SuffixKind.Llvm,
                _ => SuffixKind.None,
            };
            if (named != SuffixKind.None) { kind = named; }
        }

        return (name[..dot], kind);
    }
}
