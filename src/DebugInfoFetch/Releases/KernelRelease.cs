using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Releases;

/// <summary>
/// A kernel's release: what <c>uname -r</c> prints, read for what it tells about the package that holds its debug information.
/// Every text that is here has passed the check of its characters and length: it may enter file names and URLs.
/// </summary>
public sealed record KernelRelease
{
    /// <summary>Characters that the kernel has for its release (<c>__NEW_UTS_LEN</c>, include/uapi/linux/utsname.h).</summary>
    public const int MaxLength = 64;

    /// <summary>What <c>uname -r</c> prints: with the architecture where the distribution puts it there.</summary>
    public required string UnameText { get; init; }
    public required Distribution Distribution { get; init; }
    /// <summary>
    /// RPM: the package's Version (<c>6.13.5</c>). Debian: what stands before the flavour (<c>6.12.117+deb12</c>, <c>6.1.0-56</c>), empty in
    /// <c>amd64</c>. Others: the whole text.
    /// </summary>
    public required string Version { get; init; }
    /// <summary>RPM: the package's Release (<c>200.fc41</c>). Empty elsewhere.</summary>
    public string PackageRelease { get; init; } = "";
    /// <summary>As <c>uname -m</c> prints it.</summary>
    public required string Architecture { get; init; }
    /// <summary>The kernel's variant without its separator: <c>debug</c>, <c>64k-debug</c>, <c>cloud</c>, <c>rt</c>; empty for the main one.</summary>
    public string Variant { get; init; } = "";
    /// <summary>RPM: the distribution's tag inside the release (<c>fc41</c>, <c>el9_6</c>, <c>el8uek</c>, <c>amzn2023</c>). Empty elsewhere.</summary>
    public string DistributionTag { get; init; } = "";
    /// <summary>
    /// Debian: this may be a name that means the newest build of a line (<c>6.12-cloud-amd64</c>, <c>amd64</c>). Whether it is one, the
    /// archive tells: Debian has also built kernels with such a short release.
    /// </summary>
    public bool MayBeMeta { get; init; }

    public override string ToString() => UnameText;

    /// <param name="text">What <c>uname -r</c> printed, or a shorter form without the architecture.</param>
    /// <param name="architecture">
    /// <c>--arch</c>, in anybody's spelling; null takes the release's own, else this machine's.
    /// </param>
    /// <exception cref="InputFaultException">The text cannot be a kernel's release, or contradicts <paramref name="architecture"/>.</exception>
    public static KernelRelease Parse(string text, string? architecture = null)
        => TryParse(text, architecture, out KernelRelease? release, out string error) ? release! : throw new InputFaultException(error);

    /// <summary>As <see cref="Parse"/>, with one line in <paramref name="error"/> for the person who typed it.</summary>
    public static bool TryParse(string text, string? architecture, out KernelRelease? release, out string error)
    {
        release = null;
        text = text.Trim();
        string? wanted = null;
        if (architecture is not null && (wanted = MachineArchitecture.Canonical(architecture)) is null)
        {
            error = $"--arch {Printable(architecture)}: unknown architecture (known: {MachineArchitecture.KnownNames})";
            return false;
        }

        if (Refusal(text) is { } refusal)
        {
            error = refusal;
            return false;
        }

        KernelRelease? read = ReleaseForms.Rpm(text, wanted) ?? ReleaseForms.Debian(text) ?? ReleaseForms.Other(text, wanted);
        if (read is null)
        {
            error = $"kernel {Printable(text)}: not a kernel release; it is what uname -r prints, such as 6.13.5-200.fc41.x86_64 or 6.12.117+deb12-amd64";
            return false;
        }

        if (wanted is not null && wanted != read.Architecture)
        {
            error = $"kernel {text} is a build for {read.Architecture}, but --arch says {wanted}";
            return false;
        }

        release = read;
        error = "";
        return true;
    }

    private static string? Refusal(string text) => text switch
    {
        "" => "kernel: empty release; it is what uname -r prints",
        { Length: > MaxLength } => $"kernel {Printable(text)}: {text.Length} characters; the kernel's release has at most {MaxLength}",
        _ when text.IndexOfAnyExcept(ReleaseForms.Characters) is >= 0 and int at =>
            $"kernel {Printable(text)}: character {at + 1} cannot be part of a kernel release",
        _ when text.Contains("..", StringComparison.Ordinal) => $"kernel {text}: '..' cannot be part of a kernel release",
        _ => null,
    };

    /// <summary>Text that may be hostile, safe for a terminal and of bounded length.</summary>
    private static string Printable(string text)
    {
        string shown = text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "…") : text;
        return string.Concat(shown.Select(c => c is '…' or (>= ' ' and <= '~') ? c.ToString() : $"\\u{(int)c:x4}"));
    }
}
