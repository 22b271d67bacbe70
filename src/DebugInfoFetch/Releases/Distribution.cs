namespace DebugInfoFetch.Releases;

/// <summary>Who built a kernel, as far as its release string tells.</summary>
public enum Distribution
{
    /// <summary>A developer's own build, or a distribution that marks nothing in the release string.</summary>
    Unknown,
    /// <summary>Fedora and its ELN builds (<c>.fcNN</c>, <c>.elnNN</c>).</summary>
    Fedora,
    /// <summary>CentOS Stream (<c>.elN</c> without a minor number, N ≥ 8).</summary>
    CentOSStream,
    /// <summary>RHEL or a rebuild of it: one and the same string for RHEL, Alma, Rocky and Oracle's RHCK (<c>.elN_M</c>, <c>.el7</c>).</summary>
    RhelLike,
    /// <summary>Oracle's own kernel (<c>.elNuek</c>).</summary>
    Oracle,
    /// <summary>Amazon Linux (<c>.amzn2</c>, <c>.amzn2023</c>).</summary>
    Amazon,
    /// <summary>openSUSE and SLE (<c>-default</c>).</summary>
    Suse,
    Debian,
    Ubuntu,
    Arch,
}
