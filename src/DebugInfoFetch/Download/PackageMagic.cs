namespace DebugInfoFetch.Download;

/// <summary>Whether a body's first bytes can be a package's: a login page is found out before a gigabyte of it is waited for.</summary>
internal static class PackageMagic
{
    /// <summary>How many bytes <see cref="Refusal"/> wants to see.</summary>
    internal const int Length = 16;

    /// <summary>rpm's lead (rpm: docs/manual/format_lead.md).</summary>
    private static ReadOnlySpan<byte> RpmLead => [0xED, 0xAB, 0xEE, 0xDB];
    /// <summary>deb(5): an ar archive.</summary>
    private static ReadOnlySpan<byte> ArMagic => "!<arch>\n"u8;

    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xB5, 0x2F, 0xFD];
    private static ReadOnlySpan<byte> XzMagic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>What Arch's packages have been compressed with, zstd since 2020 and xz before. Not every such file is one.</summary>
    internal static bool MayBePacman(ReadOnlySpan<byte> start) => start.StartsWith(ZstdMagic) || start.StartsWith(XzMagic);

    /// <summary>Why this is no package; null when it may be one.</summary>
    /// <param name="start">The first bytes of the body: all of it when it is shorter than <see cref="Length"/>.</param>
    internal static string? Refusal(string fileName, string? mediaType, ReadOnlySpan<byte> start)
    {
        bool isRpm = start.StartsWith(RpmLead);
        bool isAr = start.StartsWith(ArMagic);
        bool wantsRpm = fileName.EndsWith(".rpm", StringComparison.OrdinalIgnoreCase);
        bool wantsAr = fileName.EndsWith(".deb", StringComparison.OrdinalIgnoreCase) || fileName.EndsWith(".ddeb", StringComparison.OrdinalIgnoreCase);
        // Arch's: a compressed tar, which only its name tells from other ones.
        bool wantsTar = fileName.Contains(".pkg.tar.", StringComparison.OrdinalIgnoreCase);
        if (wantsRpm ? isRpm : wantsAr ? isAr : wantsTar ? MayBePacman(start) : isRpm || isAr)
        {
            return null;
        }

        if (start.IsEmpty)
        {
            return "an empty answer instead of a package";
        }

        bool saysHtml = mediaType is "text/html" or "application/xhtml+xml";
        if (saysHtml || start.TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
        {
            return "a web page instead of a package (a login or error page?)";
        }

        string bytes = Convert.ToHexStringLower(start[..Math.Min(8, start.Length)]);
        return wantsRpm || wantsAr || wantsTar ? $"no {(wantsRpm ? "RPM" : wantsAr ? "deb" : "package of Arch Linux")}: it begins with {bytes}" : $"neither an RPM nor a deb: it begins with {bytes}";
    }
}
