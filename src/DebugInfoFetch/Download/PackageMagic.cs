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

    /// <summary>Why this is no package; null when it may be one.</summary>
    /// <param name="start">The first bytes of the body: all of it when it is shorter than <see cref="Length"/>.</param>
    internal static string? Refusal(string fileName, string? mediaType, ReadOnlySpan<byte> start)
    {
        bool isRpm = start.StartsWith(RpmLead);
        bool isAr = start.StartsWith(ArMagic);
        bool wantsRpm = fileName.EndsWith(".rpm", StringComparison.OrdinalIgnoreCase);
        bool wantsAr = fileName.EndsWith(".deb", StringComparison.OrdinalIgnoreCase) || fileName.EndsWith(".ddeb", StringComparison.OrdinalIgnoreCase);
        if (wantsRpm ? isRpm : wantsAr ? isAr : isRpm || isAr)
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
        return wantsRpm || wantsAr ? $"no {(wantsRpm ? "RPM" : "deb")}: it begins with {bytes}" : $"neither an RPM nor a deb: it begins with {bytes}";
    }
}
