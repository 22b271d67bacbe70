using DebugInfoFetch.Sources.Debian;

namespace DebugInfoFetch.Tests.Sources;

public class DebianVersionTests
{
    [Theory]
    // The order as deb-version(7) words it, on kernels' versions.
    [InlineData("6.1.192-1", "6.1.192-2")]
    [InlineData("6.1.99-1", "6.1.192-1")]
    [InlineData("6.12.117-1~deb12u1", "6.12.117-1")]
    [InlineData("6.12~rc7-1~exp1", "6.12-1")]
    [InlineData("6.12-1", "6.12+deb13-1")]
    [InlineData("6.12", "6.12-1")]
    [InlineData("9.9-1", "1:0.1-1")]
    [InlineData("1.0a", "1.0+")]
    [InlineData("1.0~~", "1.0~")]
    [InlineData("6.1.0-9", "6.1.0-56")]
    public void The_first_is_older(string older, string newer)
    {
        Assert.True(DebianVersion.Compare(older, newer) < 0);
        Assert.True(DebianVersion.Compare(newer, older) > 0);
    }

    [Theory]
    [InlineData("6.1.0-56", "6.1.0-56")]
    [InlineData("6.01", "6.1")]
    [InlineData("0:6.1-1", "6.1-1")]
    [InlineData("", "")]
    public void Both_are_the_same(string a, string b) => Assert.Equal(0, DebianVersion.Compare(a, b));
}
