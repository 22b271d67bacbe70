using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Tests.Sources;

public class ArchSourceTests
{
    [Fact]
    public void There_is_no_debug_information_and_it_says_so()
    {
        KernelPlan plan = new ArchSource(PlanReading.NoOptions).Plan("6.14.2-arch1-1");

        Assert.Empty(plan.Steps);
        Assert.StartsWith("Arch publishes no debug information for its kernels", plan.Advice[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.14.2-arch1-1", "l/linux/linux-6.14.2.arch1-1-x86_64.pkg.tar.zst")]
    [InlineData("6.12.10-1-lts", "l/linux-lts/linux-lts-6.12.10-1-x86_64.pkg.tar.zst")]
    [InlineData("6.14.2-zen1-1-zen", "l/linux-zen/linux-zen-6.14.2.zen1-1-x86_64.pkg.tar.zst")]
    [InlineData("6.13.8-hardened1-1-hardened", "l/linux-hardened/linux-hardened-6.13.8.hardened1-1-x86_64.pkg.tar.zst")]
    public void The_kernels_own_package_is_in_the_archive(string release, string path)
        => Assert.Equal([$"https://archive.archlinux.org/packages/{path}"],
            PlanReading.Urls(new ArchSource(PlanReading.NoOptions).Plan(KernelRelease.Parse(release, "x86_64"), KernelPackage.Image)));
}
