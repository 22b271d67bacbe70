namespace DebugInfoFetch.Releases;

/// <summary>Who built a kernel, as far as its release string tells. The names in lower case are what <c>--distro</c> takes and a cache stores.</summary>
public enum Distribution
{
    /// <summary>A developer's own build, or a distribution that marks nothing in the release string.</summary>
    Unknown,
    /// <summary>Fedora and its ELN builds (<c>.fcNN</c>, <c>.elnNN</c>).</summary>
    Fedora,
    /// <summary>CentOS and CentOS Stream (<c>.elN</c> without a minor number).</summary>
    CentOS,
    /// <summary>RHEL or a rebuild of it: one and the same string for RHEL, AlmaLinux, Rocky and Oracle's RHCK (<c>.elN_M</c>, <c>.el7</c>).</summary>
    RhelLike,
    Rhel,
    Alma,
    Rocky,
    /// <summary>Oracle Linux: its own kernel (<c>.elNuek</c>), and its build of RHEL's.</summary>
    Oracle,
    /// <summary>Amazon Linux (<c>.amzn2</c>, <c>.amzn2023</c>).</summary>
    Amazon,
    /// <summary>openSUSE and SLE (<c>-default</c>).</summary>
    OpenSuse,
    Debian,
    Ubuntu,
    Arch,
}
