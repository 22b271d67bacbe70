using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Tests.Releases;

/// <summary>Texts as kernels and uname print them (init/version-timestamp.c, lib/dump_stack.c, uname(1)).</summary>
public class PastedKernelTests
{
    [Theory]
    // /proc/version
    [InlineData("Linux version 6.13.5-200.fc41.x86_64 (mockbuild@be03da54f8364b379359fe70f52a8f23) (gcc (GCC) 14.2.1 20250110 (Red Hat 14.2.1-7), GNU ld version 2.43.1-5.fc41) #1 SMP PREEMPT_DYNAMIC Thu Feb 27 15:07:31 UTC 2025",
        "6.13.5-200.fc41.x86_64", Distribution.Fedora, "x86_64", "")]
    [InlineData("Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-20)",
        "6.1.0-56-amd64", Distribution.Debian, "x86_64", "6.1.192-2")]
    [InlineData("Linux version 5.15.0-139-generic (buildd@lcy02-amd64-112) (gcc (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0, GNU ld (GNU Binutils for Ubuntu) 2.34) #149~20.04.1-Ubuntu SMP Wed Apr 16 08:29:56 UTC 2025",
        "5.15.0-139-generic", Distribution.Ubuntu, "x86_64", "5.15.0-139.149~20.04.1")]
    [InlineData("Linux version 5.4.0-205-generic (buildd@bos03-arm64-012) (gcc version 9.4.0 (Ubuntu 9.4.0-1ubuntu1~20.04.2)) #225-Ubuntu SMP Fri Jan 10 22:23:08 UTC 2025",
        "5.4.0-205-generic", Distribution.Ubuntu, "aarch64", "5.4.0-205.225")]
    [InlineData("Linux version 5.14.0-427.13.1.el9_4.x86_64 (mockbuild@x86-vm-08.build.eng.bos.redhat.com) (gcc (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3), GNU ld version 2.35.2-43.el9) #1 SMP PREEMPT_DYNAMIC Wed Apr 10 10:29:16 EDT 2024",
        "5.14.0-427.13.1.el9_4.x86_64", Distribution.Rhel, "x86_64", "")]
    [InlineData("Linux version 5.14.0-427.13.1.el9_4.x86_64 (mockbuild@x64-builder02.almalinux.org) (gcc (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3), GNU ld version 2.35.2-43.el9) #1 SMP PREEMPT_DYNAMIC Wed May 1 13:51:44 EDT 2024",
        "5.14.0-427.13.1.el9_4.x86_64", Distribution.Alma, "x86_64", "")]
    [InlineData("Linux version 5.14.0-427.13.1.el9_4.x86_64 (mockbuild@iad1-prod-build001.bld.equ.rockylinux.org) (gcc (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3), GNU ld version 2.35.2-43.el9) #1 SMP",
        "5.14.0-427.13.1.el9_4.x86_64", Distribution.Rocky, "x86_64", "")]
    [InlineData("Linux version 3.10.0-957.el7.x86_64 (mockbuild@kbuilder.bsys.centos.org) (gcc version 4.8.5 20150623 (Red Hat 4.8.5-36) (GCC) ) #1 SMP Thu Nov 8 23:39:32 UTC 2018",
        "3.10.0-957.el7.x86_64", Distribution.CentOS, "x86_64", "")]
    [InlineData("Linux version 6.4.0-150600.23.47-default (geeko@buildhost) (gcc (SUSE Linux) 7.5.0, GNU ld (GNU Binutils; SUSE Linux Enterprise 15) 2.41) #1 SMP PREEMPT_DYNAMIC Wed Apr 9 2025",
        "6.4.0-150600.23.47-default", Distribution.OpenSuse, null, "")]
    [InlineData("Linux version 6.14.2-arch1-1 (linux@archlinux) (gcc (GCC) 14.2.1 20250207, GNU ld (GNU Binutils) 2.44) #1 SMP PREEMPT_DYNAMIC Thu, 10 Apr 2025",
        "6.14.2-arch1-1", Distribution.Arch, null, "")]
    // uname -a
    [InlineData("Linux bookworm 6.1.0-56-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-20) x86_64 GNU/Linux", "6.1.0-56-amd64", Distribution.Debian, "x86_64", "6.1.192-2")]
    [InlineData("Linux ip-10-0-0-1 5.15.0-139-generic #149~20.04.1-Ubuntu SMP Wed Apr 16 08:29:56 UTC 2025 aarch64 aarch64 aarch64 GNU/Linux", "5.15.0-139-generic", Distribution.Ubuntu, "aarch64", "5.15.0-139.149~20.04.1")]
    [InlineData("me@box:~$ uname -a\nLinux box 6.13.5-200.fc41.x86_64 #1 SMP PREEMPT_DYNAMIC Thu Feb 27 15:07:31 UTC 2025 x86_64 GNU/Linux\nme@box:~$ ", "6.13.5-200.fc41.x86_64", Distribution.Fedora, "x86_64", "")]
    // uname -rv
    [InlineData("6.12.117+deb12-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1 (2026-11-01)", "6.12.117+deb12-amd64", Distribution.Debian, "x86_64", "6.12.117-1~deb12u1")]
    // /proc/version_signature
    [InlineData("Ubuntu 5.4.0-205.225-generic 5.4.284", "5.4.0-205-generic", Distribution.Ubuntu, null, "5.4.0-205.225")]
    [InlineData("Ubuntu 5.15.0-139.149~20.04.1-generic 5.15.178\n", "5.15.0-139-generic", Distribution.Ubuntu, null, "5.15.0-139.149~20.04.1")]
    // an oops
    [InlineData("[  123.456789] BUG: kernel NULL pointer dereference, address: 0000000000000010\n[  123.456790] CPU: 3 UID: 0 PID: 1234 Comm: kworker/u8:1 Not tainted 6.13.5-200.fc41.x86_64 #1\n[  123.456791] RIP: 0010:__btrfs_add_free_space_zoned.isra.0+0x61/0x1a0 [btrfs]",
        "6.13.5-200.fc41.x86_64", Distribution.Fedora, "x86_64", "")]
    [InlineData("CPU: 0 PID: 77 Comm: cat Tainted: G        W  OE     5.15.0-43-generic #46-Ubuntu\nRIP: 0010:x+0x1/0x2", "5.15.0-43-generic", Distribution.Ubuntu, "x86_64", "5.15.0-43.46")]
    [InlineData("CPU: 0 PID: 77 Comm: cat Kdump: loaded Not tainted 5.15.0-43-generic #46-Ubuntu\npstate: 60400005 (nZCv daif +PAN -UAO)", "5.15.0-43-generic", Distribution.Ubuntu, "aarch64", "5.15.0-43.46")]
    [InlineData("CPU: 1 PID: 9 Comm: Not tainted 1.2.3 Not tainted 6.12.117+deb12-amd64 #1  Debian 6.12.117-1", "6.12.117+deb12-amd64", Distribution.Debian, "x86_64", "6.12.117-1")]
    // a vmcore
    [InlineData("OSRELEASE=6.13.5-200.fc41.x86_64\nBUILD-ID=x\n", "6.13.5-200.fc41.x86_64", Distribution.Fedora, "x86_64", "")]
    public void A_text_tells_release_distribution_architecture_and_package_version(string text, string release, Distribution distribution, string? architecture, string version)
    {
        KernelRelease read = KernelRelease.Parse(text);

        Assert.Equal((release, distribution, architecture ?? MachineArchitecture.Current, version), (read.UnameText, read.Distribution, read.Architecture, read.PackageVersion));
    }

    [Fact]
    public void The_machines_own_word_on_its_distribution_decides_among_rebuilds()
        => Assert.Equal(Distribution.Rocky, KernelRelease.Parse("PRETTY_NAME=\"Rocky Linux 9.4\"\nID=\"rocky\"\nLinux h 5.14.0-427.13.1.el9_4.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux").Distribution);

    [Fact]
    public void The_option_decides_against_the_text()
        => Assert.Equal(Distribution.Oracle, KernelRelease.Parse("Linux version 5.14.0-427.13.1.el9_4.x86_64 (mockbuild@x.almalinux.org) (gcc) #1", null, "ol").Distribution);

    [Fact]
    public void A_kernel_that_prints_its_build_ID_is_asked_for_by_it()
        => Assert.Equal("0123456789abcdef0123456789abcdef01234567",
            KernelRelease.Parse("CPU: 0 PID: 1 Comm: x Not tainted 5.14.0-583.el9.x86_64 #1 PREEMPT 0123456789abcdef0123456789abcdef01234567").BuildId);

    [Fact]
    public void A_builder_does_not_make_another_distributions_kernel_of_a_release()
        => Assert.Equal(Distribution.Fedora, KernelRelease.Parse("Linux version 6.13.5-200.fc41.x86_64 (debian-kernel@lists.debian.org) (gcc) #1").Distribution);

    [Theory]
    [InlineData("I have a bug", "the text names no kernel")]
    [InlineData("Linux version  (x) #1", "the text names no kernel")]
    [InlineData("CPU: 0 PID: 1 Comm: x Not tainted 6.1.0-56-amd64 #1\nCPU: 0 PID: 1 Comm: x Not tainted 6.1.0-55-amd64 #1", "names 2 kernels: 6.1.0-56-amd64, 6.1.0-55-amd64; give one of them")]
    [InlineData("Linux h 6.1.0\u001b[31m-x-amd64 #1 SMP x86_64 GNU/Linux", "cannot be part of a kernel release")]
    [InlineData("Linux h 6.1/../../etc-amd64 #1 SMP x86_64 GNU/Linux", "cannot be part of a kernel release")]
    [InlineData("Linux h 6.1.0-1234567890123456789012345678901234567890123456789012345678901234567890-amd64 #1", "the kernel's release has at most 64")]
    public void A_text_that_names_none_or_several_or_something_else_is_refused_in_one_printable_line(string text, string error)
    {
        string message = Assert.Throws<InputFaultException>(() => KernelRelease.Parse(text)).Message;

        Assert.Contains(error, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void A_hostile_text_costs_neither_time_nor_memory()
    {
        string[] texts =
        [
            new('x', PastedKernel.MaxLength + 1),
            string.Concat(Enumerable.Repeat("CPU: 1 Comm: Tainted: ", 50_000)),
            string.Concat(Enumerable.Repeat("Linux version a (b) (c) ", 50_000)),
            string.Concat(Enumerable.Range(0, 50_000).Select(i => $"6.1.{i} #1\n")),
            "Linux version 6.1.0 " + new string('(', 1_000_000),
            string.Concat(Enumerable.Repeat(" #1 Debian Debian ", 50_000)),
        ];
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (string text in texts)
        {
            if (!KernelRelease.TryParse(text, null, out _, out string error)) { Assert.True(error.Length < 1000, error); }
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), clock.Elapsed.ToString());
    }

    [Theory]
    [InlineData("fedora", "5.14.0-583.el9.x86_64", "--distro fedora: Fedora names no kernel 5.14.0-583.el9.x86_64; that is a name of CentOS's")]
    [InlineData("debian", "6.14.2-arch1-1", "--distro debian: Debian names no kernel 6.14.2-arch1-1; that is a name of Arch Linux's")]
    [InlineData("fedora", "6.8.0-mine", "--distro fedora: Fedora names no kernel 6.8.0-mine")]
    [InlineData("debain", "6.14.2-arch1-1", "--distro debain: unknown distribution")]
    public void A_distribution_that_contradicts_the_release_is_refused(string distribution, string release, string error)
        => Assert.Contains(error, Assert.Throws<InputFaultException>(() => KernelRelease.Parse(release, null, distribution)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("rocky", "5.14.0-570.73.1.el9_6.x86_64", Distribution.Rocky)]
    [InlineData("AlmaLinux", "4.18.0-348.el8.x86_64", Distribution.Alma)]
    [InlineData("ubuntu", "6.8.0-31-mine", Distribution.Ubuntu)]
    public void A_distribution_decides_what_the_release_leaves_open(string distribution, string release, Distribution expected)
        => Assert.Equal(expected, KernelRelease.Parse(release, null, distribution).Distribution);
}
