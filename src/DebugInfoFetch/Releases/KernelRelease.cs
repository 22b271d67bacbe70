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
    /// <summary>
    /// The package's version, where the release alone leaves it open and the text told it: <c>6.1.192-2</c> (Debian), <c>5.15.0-139.149~20.04.1</c>
    /// (Ubuntu). Empty when unknown.
    /// </summary>
    public string PackageVersion { get; init; } = "";
    /// <summary>Of the kernel that ran, in lower-case hex digits, when the text told it or the user did. Empty when unknown.</summary>
    public string BuildId { get; init; } = "";

    /// <summary>What builds of one line share: <see cref="Variant"/>; for Debian all that ends the release (<c>cloud-amd64</c>, <c>arm64-16k</c>, <c>686-pae</c>).</summary>
    public string Flavour => Distribution != Distribution.Debian ? Variant : Version.Length == 0 ? UnameText : UnameText[(Version.Length + 1)..];

    public override string ToString() => UnameText;

    /// <param name="text">
    /// What <c>uname -r</c> printed, or a shorter form without the architecture; or a text that has it inside: <c>/proc/version</c>,
    /// <c>uname -a</c>, an oops.
    /// </param>
    /// <param name="architecture">
    /// <c>--arch</c>, in anybody's spelling; null takes the release's own, else this machine's.
    /// </param>
    /// <param name="distribution"><c>--distro</c>; null takes the release's own.</param>
    /// <exception cref="InputFaultException">The text cannot be a kernel's release, or contradicts the other two.</exception>
    public static KernelRelease Parse(string text, string? architecture = null, string? distribution = null)
        => TryParse(text, architecture, distribution, out KernelRelease? release, out string error) ? release! : throw new InputFaultException(error);

    public static bool TryParse(string text, string? architecture, out KernelRelease? release, out string error)
        => TryParse(text, architecture, distribution: null, out release, out error);

    /// <summary>As <see cref="Parse"/>, with one line in <paramref name="error"/> for the person who typed it.</summary>
    public static bool TryParse(string text, string? architecture, string? distribution, out KernelRelease? release, out string error)
    {
        release = null;
        text = text.Trim();
        string? wanted = null;
        if (architecture is not null && (wanted = MachineArchitecture.Canonical(architecture)) is null)
        {
            error = $"--arch {Printable(architecture)}: unknown architecture (known: {MachineArchitecture.KnownNames})";
            return false;
        }

        Distribution? distro = null;
        if (distribution is not null && (distro = DistributionNames.FromName(distribution)) is null)
        {
            error = $"--distro {Printable(distribution)}: unknown distribution (known: {string.Join(", ", DistributionNames.Keys)})";
            return false;
        }

        PastedKernel? pasted = null;
        if (PastedKernel.IsPasted(text))
        {
            if (!PastedKernel.TryRead(text, out pasted, out error)) { return false; }
            text = pasted!.Release;
        }

        if (Refusal(text) is { } refusal)
        {
            error = refusal;
            return false;
        }

        string? told = wanted ?? pasted?.Architecture;
        KernelRelease? read = ReleaseForms.Rpm(text, told) ?? ReleaseForms.Debian(text) ?? ReleaseForms.Other(text, told);
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

        if (distro is { } named && !MayBeOf(read.Distribution, named))
        {
            error = $"--distro {DistributionNames.KeyOf(named)}: {DistributionNames.Display(named)} names no kernel {text}"
                + (read.Distribution == Distribution.Unknown ? "" : $"; that is a name of {DistributionNames.Display(read.Distribution)}'s");
            return false;
        }

        // What a builder's host says refines the string's own answer, and never contradicts it: people build at home on any distribution.
        Distribution taken = distro ?? (pasted is not null && MayBeOf(read.Distribution, pasted.Distribution) ? pasted.Distribution : read.Distribution);
        release = read with { Distribution = taken, PackageVersion = pasted?.PackageVersion ?? "", BuildId = pasted?.BuildId ?? "" };
        error = "";
        return true;
    }

    /// <summary>Whether a string that looks like <paramref name="read"/>'s may be a build of <paramref name="other"/>.</summary>
    private static bool MayBeOf(Distribution read, Distribution other) => read == other || read switch
    {
        // Flavours of theirs that are not known here; all others have a form that can be read, or is not theirs.
        Distribution.Unknown => other is Distribution.Debian or Distribution.Ubuntu,
        // RHEL's first build of a minor release has no minor number in its tag either (4.18.0-348.el8), nor have the rebuilds'.
        Distribution.RhelLike or Distribution.CentOS =>
            other is Distribution.CentOS or Distribution.Rhel or Distribution.Alma or Distribution.Rocky or Distribution.Oracle,
        _ => false,
    };
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
    internal static string Printable(string text)
    {
        string shown = text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "…") : text;
        return string.Concat(shown.Select(c => c is '…' or (>= ' ' and <= '~') ? c.ToString() : $"\\u{(int)c:x4}"));
    }
}
