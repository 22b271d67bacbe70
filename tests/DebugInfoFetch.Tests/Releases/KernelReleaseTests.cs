using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Tests.Releases;

public class KernelReleaseTests
{
    [Theory]
    // Release strings of real builds, but for the short forms.
    [InlineData("6.11.7-200.fc40.x86_64", Distribution.Fedora, "6.11.7", "200.fc40", "x86_64", "", "fc40")]
    [InlineData("6.13.5-200.fc41.aarch64+64k-debug", Distribution.Fedora, "6.13.5", "200.fc41", "aarch64", "64k-debug", "fc41")]
    [InlineData("7.2.0-61.fc45.x86_64", Distribution.Fedora, "7.2.0", "61.fc45", "x86_64", "", "fc45")]
    [InlineData("6.15.0-0.rc3.20250423gitbc3372351d0c.30.eln147.aarch64+64k", Distribution.Fedora, "6.15.0", "0.rc3.20250423gitbc3372351d0c.30.eln147", "aarch64", "64k", "eln147")]
    [InlineData("5.14.0-583.el9.aarch64+64k", Distribution.CentOS, "5.14.0", "583.el9", "aarch64", "64k", "el9")]
    [InlineData("5.14.0-570.73.1.el9_6.aarch64+64k", Distribution.RhelLike, "5.14.0", "570.73.1.el9_6", "aarch64", "64k", "el9_6")]
    [InlineData("3.10.0-957.el7.x86_64", Distribution.RhelLike, "3.10.0", "957.el7", "x86_64", "", "el7")]
    [InlineData("5.14.0-100.rt14.100.el9.x86_64", Distribution.CentOS, "5.14.0", "100.rt14.100.el9", "x86_64", "", "el9")]
    [InlineData("4.14.35-2047.516.2.4.el7uek.x86_64", Distribution.Oracle, "4.14.35", "2047.516.2.4.el7uek", "x86_64", "", "el7uek")]
    [InlineData("6.1.66-91.160.amzn2023.x86_64", Distribution.Amazon, "6.1.66", "91.160.amzn2023", "x86_64", "", "amzn2023")]
    public void Rpm_releases_tell_version_release_architecture_and_variant(
        string text, Distribution distribution, string version, string packageRelease, string architecture, string variant, string tag)
    {
        KernelRelease release = KernelRelease.Parse(text);

        Assert.Equal(
            (text, distribution, version, packageRelease, architecture, variant, tag),
            (release.UnameText, release.Distribution, release.Version, release.PackageRelease, release.Architecture, release.Variant, release.DistributionTag));
    }

    [Theory]
    [InlineData("6.12.117+deb12-cloud-amd64", "6.12.117+deb12", "x86_64", "cloud", false)]
    [InlineData("6.12.117+deb12-rt-amd64", "6.12.117+deb12", "x86_64", "rt", false)]
    [InlineData("6.1.0-56-amd64", "6.1.0-56", "x86_64", "", false)]
    [InlineData("6.1.0-0.deb11.5-arm64", "6.1.0-0.deb11.5", "aarch64", "", false)]
    [InlineData("7.2.13+deb14-powerpc64le", "7.2.13+deb14", "ppc64le", "", false)]
    [InlineData("6.12.95+bpo-armmp-lpae", "6.12.95+bpo", "armv7l", "", false)]
    [InlineData("6.12-cloud-amd64", "6.12", "x86_64", "cloud", true)]
    [InlineData("6.12-amd64", "6.12", "x86_64", "", true)]
    [InlineData("amd64", "", "x86_64", "", true)]
    [InlineData("cloud-amd64", "", "x86_64", "cloud", true)]
    [InlineData("arm64-16k", "", "aarch64", "", true)]
    public void Debian_releases_end_in_a_flavour_that_names_the_architecture(string text, string version, string architecture, string variant, bool mayBeMeta)
    {
        KernelRelease release = KernelRelease.Parse(text);

        Assert.Equal(
            (text, Distribution.Debian, version, architecture, variant, mayBeMeta),
            (release.UnameText, release.Distribution, release.Version, release.Architecture, release.Variant, release.MayBeMeta));
    }

    [Theory]
    [InlineData("5.15.0-43-generic", Distribution.Ubuntu)]
    [InlineData("4.4.0-1061-aws", Distribution.Ubuntu)]
    [InlineData("6.5.0-1001-azure", Distribution.Ubuntu)]
    [InlineData("5.14.21-150400.22-azure", Distribution.OpenSuse)]
    [InlineData("5.14.21-150400.22-default", Distribution.OpenSuse)]
    [InlineData("6.15.3-1-default", Distribution.OpenSuse)]
    [InlineData("6.14.2-arch1-1", Distribution.Arch)]
    [InlineData("6.12.10-1-lts", Distribution.Arch)]
    [InlineData("6.8.0-rc1-mine", Distribution.Unknown)]
    [InlineData("6.8.0-1-mine", Distribution.Unknown)]
    [InlineData("6.8.0+", Distribution.Unknown)]
    public void Other_releases_name_at_most_their_distribution(string text, Distribution distribution)
    {
        KernelRelease release = KernelRelease.Parse(text, "s390x");

        Assert.Equal((text, distribution, "s390x"), (release.UnameText, release.Distribution, release.Architecture));
    }

    [Theory]
    [InlineData("6.13.5-200.fc41", "x86_64", "6.13.5-200.fc41.x86_64")]
    [InlineData("6.13.5-200.fc41", "arm64", "6.13.5-200.fc41.aarch64")]
    [InlineData("6.13.5-200.fc41+debug", "ppc64el", "6.13.5-200.fc41.ppc64le+debug")]
    [InlineData("  6.13.5-200.fc41.s390x\n", null, "6.13.5-200.fc41.s390x")]
    public void A_short_form_gets_the_asked_architecture_where_uname_prints_it(string text, string? architecture, string uname)
        => Assert.Equal(uname, KernelRelease.Parse(text, architecture).UnameText);

    [Fact]
    public void Without_any_architecture_it_is_this_machines()
    {
        KernelRelease release = KernelRelease.Parse("6.13.5-200.fc41");

        Assert.Equal(MachineArchitecture.Current, release.Architecture);
        Assert.Equal($"6.13.5-200.fc41.{MachineArchitecture.RpmName(MachineArchitecture.Current)}", release.UnameText);
    }

    [Theory]
    [InlineData("6.13.5-200.fc41.x86_64", "aarch64")]
    [InlineData("6.12.117+deb12-amd64", "arm64")]
    public void An_architecture_that_contradicts_the_release_is_refused(string text, string architecture)
    {
        var fault = Assert.Throws<InputFaultException>(() => KernelRelease.Parse(text, architecture));
        Assert.Contains("but --arch says aarch64", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("6.13.5/../../x-200.fc41")]
    [InlineData("6.13.5-200..fc41.x86_64")]
    [InlineData("6.12.117+deb12-amd64; rm -rf /")]
    [InlineData("6.12.117+deb12-amd64\u001b[31m")]
    [InlineData("6.12.117%2f-amd64")]
    [InlineData("-amd64")]
    [InlineData("--option-amd64")]
    [InlineData("a-kernel-of-mine")]
    [InlineData("٦.١٢-amd64")]
    [InlineData("6.12.117-12345678901234567890123456789012345678901234567890123-amd64")]
    public void Text_that_no_kernel_prints_is_refused_in_one_printable_line(string text)
    {
        Assert.False(KernelRelease.TryParse(text, null, out KernelRelease? release, out string error));

        Assert.Null(release);
        Assert.StartsWith("kernel", error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, c => char.IsControl(c));
    }

    [Fact]
    public void An_unknown_architecture_is_refused_with_the_known_ones()
    {
        var fault = Assert.Throws<InputFaultException>(() => KernelRelease.Parse("6.13.5-200.fc41", "pdp11"));
        Assert.Equal(
            "--arch pdp11: unknown architecture (known: aarch64, armv6l, armv7l, i686, loongarch64, ppc64le, riscv64, s390x, x86_64)", fault.Message);
    }
}
