using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

public sealed class KernelPackageLayoutTests
{
    [Theory]
    [InlineData("usr/lib/debug/lib/modules/6.13.5-200.fc41.x86_64/vmlinux", "6.13.5-200.fc41.x86_64")]
    [InlineData("usr/lib/debug/lib/modules/6.15.0-0.rc3.30.eln147.aarch64+64k/vmlinux", "6.15.0-0.rc3.30.eln147.aarch64+64k")]
    [InlineData("usr/lib/debug/usr/lib/modules/3.10.0-957.el7.x86_64/vmlinux", "3.10.0-957.el7.x86_64")]
    [InlineData("usr/lib/debug/lib/modules/6.4.0-150600.21-default/vmlinux.debug", "6.4.0-150600.21-default")]
    [InlineData("usr/lib/debug/boot/vmlinux-6.1.0-56-cloud-amd64", "6.1.0-56-cloud-amd64")]
    [InlineData("usr/lib/debug/boot/vmlinux-5.3.18-24.49-default.debug", "5.3.18-24.49-default")]
    [InlineData("lib/modules/6.1.0/vmlinux", "6.1.0")]
    public void Vmlinux_is_recognised_with_its_release(string path, string release)
        => Assert.Equal(new KernelMember(KernelMemberKind.Vmlinux, "vmlinux", release), KernelPackageLayout.Recognise(path));

    [Theory]
    [InlineData("usr/lib/debug/lib/modules/6.13.5-200.fc41.x86_64/kernel/fs/btrfs/btrfs.ko.debug", "btrfs", "6.13.5-200.fc41.x86_64")]
    [InlineData("usr/lib/debug/lib/modules/6.1.0-56-amd64/kernel/drivers/nvme/host/nvme-core.ko", "nvme_core", "6.1.0-56-amd64")]
    [InlineData("usr/lib/debug/usr/lib/modules/6.12.1/extra/a-b_c.ko.debug", "a_b_c", "6.12.1")]
    [InlineData("usr/lib/debug/lib/modules/6.12.1/flat.ko.debug", "flat", "6.12.1")]
    public void Modules_are_recognised_by_the_kernels_spelling(string path, string name, string release)
        => Assert.Equal(new KernelMember(KernelMemberKind.Module, name, release), KernelPackageLayout.Recognise(path));

    [Theory]
    [InlineData("usr/lib/debug/lib/modules/6.1/vmlinux.map")]
    [InlineData("usr/lib/debug/lib/modules/6.1/vmlinuz")]
    [InlineData("usr/lib/debug/lib/modules/6.1/kernel/a.ko.xz")]
    [InlineData("usr/lib/debug/lib/modules/6.1/kernel/a.ko.debug.extra")]
    [InlineData("usr/lib/debug/lib/modules/6.1/vdso/vdso64.so.debug")]
    [InlineData("usr/lib/debug/.build-id/ab/cdef.debug")]
    [InlineData("boot/vmlinux-6.1")]
    [InlineData("usr/share/lib/modules.ko")]
    [InlineData("xlib/modules/6.1/vmlinux")]
    [InlineData("usr/lib/debug/boot/vmlinux-6.1\n")]
    [InlineData("")]
    public void Nothing_else_is(string path) => Assert.Null(KernelPackageLayout.Recognise(path));
}
