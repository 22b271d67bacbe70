using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Unpack;

/// <summary>How a package is read.</summary>
public sealed record PackageReadOptions
{
    public static PackageReadOptions Default { get; } = new();

    public DecodeOptions Decoding { get; init; } = DecodeOptions.Default;

    /// <summary>
    /// The whole file's digest has been verified already, as that of an archive's index or of a download. Members that nobody wants
    /// need then not be decoded only to verify them.
    /// </summary>
    public bool IsFileVerified { get; init; }

    /// <summary>Reading ends with the last file wanted: each is verified by itself, as nothing verifies the whole.</summary>
    public bool IsPart { get; init; }

    /// <summary>
    /// How many places of a sorted archive are looked at in the same time where a file is searched in it. One by one costs the fewest bytes; several
    /// at once cost less time where each takes a round trip.
    /// </summary>
    public int ProbesAtOnce { get; init; } = 1;

    /// <summary>The package lies on this machine: where many files of it are wanted, reading up to the last of them in one go costs less than a search for each.</summary>
    public bool IsNear { get; init; }
}
