using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Tests.Sources;

public class FedoraSourceTests
{
    private static readonly SourceOptions Untouched = new(environment: _ => null);

    private static string[] Urls(string release, SourceOptions options, KernelPackage package = KernelPackage.DebugInfo)
        => PlanReading.Urls(new FedoraSource(options, PlanReading.NoApi).Plan(KernelRelease.Parse(release), package));

    [Fact]
    public void Candidates_are_the_signed_copy_the_plain_one_the_mirrors_and_the_archive_in_that_order()
    {
        const string file = "kernel-debuginfo-6.13.5-200.fc41.x86_64.rpm";

        Assert.Equal(
        [
            $"https://kojipkgs.fedoraproject.org/packages/kernel/6.13.5/200.fc41/data/signed/e99d6ad1/x86_64/{file}",
            $"https://kojipkgs.fedoraproject.org/packages/kernel/6.13.5/200.fc41/x86_64/{file}",
            $"https://dl.fedoraproject.org/pub/fedora/linux/updates/41/Everything/x86_64/debug/Packages/k/{file}",
            $"https://dl.fedoraproject.org/pub/fedora/linux/releases/41/Everything/x86_64/debug/tree/Packages/k/{file}",
            $"https://archives.fedoraproject.org/pub/archive/fedora/linux/updates/41/Everything/x86_64/debug/Packages/k/{file}",
            $"https://archives.fedoraproject.org/pub/archive/fedora/linux/releases/41/Everything/x86_64/debug/tree/Packages/k/{file}",
        ],
            Urls("6.13.5-200.fc41.x86_64", Untouched));
    }

    [Fact]
    public void The_published_address_of_a_real_package_is_among_them()
        => Assert.Contains("https://kojipkgs.fedoraproject.org/packages/kernel/6.8.11/300.fc40/x86_64/kernel-debuginfo-6.8.11-300.fc40.x86_64.rpm",
            Urls("6.8.11-300.fc40.x86_64", Untouched));

    [Fact]
    public void A_variant_is_part_of_the_packages_name_and_of_nothing_else()
        => Assert.Equal(
            "https://kojipkgs.fedoraproject.org/packages/kernel/6.13.5/200.fc41/aarch64/kernel-64k-debug-debuginfo-6.13.5-200.fc41.aarch64.rpm",
            (Urls("6.13.5-200.fc41.aarch64+64k-debug", Untouched))[1]);

    [Fact]
    public void An_ELN_build_is_only_looked_for_in_the_build_system()
        => Assert.Equal(
            ["https://kojipkgs.fedoraproject.org/packages/kernel/6.15.0/0.rc3.20250423gitbc3372351d0c.30.eln147/aarch64/kernel-debuginfo-6.15.0-0.rc3.20250423gitbc3372351d0c.30.eln147.aarch64.rpm"],
            Urls("6.15.0-0.rc3.20250423gitbc3372351d0c.30.eln147.aarch64", Untouched));

    [Fact]
    public void A_release_whose_key_is_unknown_has_no_signed_candidate()
        => Assert.DoesNotContain(Urls("8.0.0-300.fc99.x86_64", Untouched), u => u.Contains("/data/signed/", StringComparison.Ordinal));

    [Fact]
    public void Other_than_main_architectures_lie_in_a_tree_of_their_own()
        => Assert.Contains(Urls("6.13.5-200.fc41.ppc64le", Untouched),
            u => u.Contains("/pub/fedora-secondary/updates/41/Everything/ppc64le/", StringComparison.Ordinal));

    [Fact]
    public void A_base_address_replaces_every_host_and_keeps_the_layout()
    {
        string[] urls = Urls("6.13.5-200.fc41.x86_64", new SourceOptions("http://127.0.0.1:8080/mirror/", _ => "http://not.this.one"));

        string[] own = Urls("6.13.5-200.fc41.x86_64", Untouched);
        Assert.Equal(own.Select(u => "http://127.0.0.1:8080/mirror" + new Uri(u).AbsolutePath), urls);
    }

    [Theory]
    [InlineData("DBGFETCH_FEDORA_URL")]
    [InlineData("DBGFETCH_BASE_URL")]
    public void The_environment_can_name_the_base_address(string variable)
    {
        string[] urls = Urls("6.13.5-200.fc41.x86_64", new SourceOptions(null, name => name == variable ? "http://127.0.0.1:9" : null));

        Assert.All(urls, u => Assert.StartsWith("http://127.0.0.1:9/p", u, StringComparison.Ordinal));
    }

    [Fact]
    public void The_sources_own_variable_goes_before_the_general_one()
        => Assert.StartsWith("http://own/", (Urls("6.13.5-200.fc41.x86_64",
            new SourceOptions(null, name => name == "DBGFETCH_FEDORA_URL" ? "http://own" : "http://general")))[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://example.org")]
    [InlineData("file:///tmp")]
    [InlineData("http://example.org/?x")]
    public void A_base_address_that_is_none_is_refused_with_where_it_came_from(string url)
    {
        var fault = Assert.Throws<DebugInfoFetch.Formats.Binary.InputFaultException>(
            () => Urls("6.13.5-200.fc41.x86_64", new SourceOptions(null, name => name == "DBGFETCH_FEDORA_URL" ? url : null)));
        Assert.Equal("DBGFETCH_FEDORA_URL: not an http or https address, such as http://127.0.0.1:8080", fault.Message);
    }
}
