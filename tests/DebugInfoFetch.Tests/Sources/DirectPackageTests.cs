using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Tests.Sources;

public class DirectPackageTests
{
    [Theory]
    [InlineData("http://127.0.0.1/a/linux-image-6.12.117%2bdeb12-amd64-dbg_1_amd64.deb", "linux-image-6.12.117+deb12-amd64-dbg_1_amd64.deb")]
    [InlineData("https://example.org/kernel-debuginfo-1-1.x86_64.rpm?token=x", "kernel-debuginfo-1-1.x86_64.rpm")]
    [InlineData("https://example.org/", "package")]
    [InlineData("https://example.org/..%2f..%2fetc%2fpasswd", "package")]
    [InlineData("https://example.org/.bashrc", "package")]
    public void An_address_is_kept_under_a_plain_file_name(string url, string fileName)
    {
        PackageCandidate candidate = DirectPackage.FromArgument(url);

        Assert.Equal((fileName, new Uri(url)), (candidate.FileName, candidate.Url));
    }

    [Fact]
    public void A_file_is_taken_where_it_lies_whatever_its_name()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "a #1 100%?.rpm");
        File.WriteAllText(path, "");

        Assert.Equal(path, DirectPackage.FromArgument(path).Url.LocalPath);
    }

    [Theory]
    [InlineData("/nonexistent/kernel.rpm", "no such file")]
    [InlineData("/", "a directory")]
    [InlineData("ftp://example.org/kernel.rpm", "no such file")]
    public void What_is_neither_file_nor_address_is_refused(string argument, string reason)
    {
        var fault = Assert.Throws<InputFaultException>(() => DirectPackage.FromArgument(argument));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_an_address_is_not_shown()
        => Assert.Equal("http://mirror.example/a.deb", DirectPackage.FromArgument("http://user:secret@mirror.example/a.deb").Place);
}
