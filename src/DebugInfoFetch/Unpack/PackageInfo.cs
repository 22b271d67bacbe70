namespace DebugInfoFetch.Unpack;

public enum PackageFormat { Rpm, Deb, Pacman }

/// <summary>What a package says of itself.</summary>
/// <param name="Version">RPM: version-release. Deb, Arch: the whole version, epoch included.</param>
/// <param name="Architecture">In the distribution's spelling: <c>x86_64</c>, <c>amd64</c>.</param>
/// <param name="Compression">Of the payload: <c>xz</c>, <c>zstd</c>, <c>gzip</c>, <c>bzip2</c>, <c>lzma</c>, <c>none</c>.</param>
public sealed record PackageInfo(PackageFormat Format, string Name, string Version, string Architecture, string Compression);
