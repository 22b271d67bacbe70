using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Tests.Sources.Rpm;

public class RpmVersionTests
{
    /// <summary>From rpm's own tests/rpmvercmp.at.</summary>
    [Theory]
    [InlineData("1.0", "1.0", 0)]
    [InlineData("1.0", "2.0", -1)]
    [InlineData("2.0.1", "2.0.1a", -1)]
    [InlineData("5.5p1", "5.5p2", -1)]
    [InlineData("5.5p10", "5.5p1", 1)]
    [InlineData("10xyz", "10.1xyz", -1)]
    [InlineData("xyz10", "xyz10.1", -1)]
    [InlineData("xyz.4", "8", -1)]
    [InlineData("5.5p2", "5.6p1", -1)]
    [InlineData("6.0.rc1", "6.0", 1)]
    [InlineData("10b2", "10a1", 1)]
    [InlineData("7.4p1", "7.4p2", -1)]
    [InlineData("4_0", "4.0", 0)]
    [InlineData("1.0010", "1.9", 1)]
    [InlineData("1.05", "1.5", 0)]
    [InlineData("20101121", "20101122", -1)]
    [InlineData("1.0~rc1", "1.0", -1)]
    [InlineData("1.0~rc1", "1.0~rc2", -1)]
    [InlineData("1.0~rc1~git123", "1.0~rc1", -1)]
    [InlineData("1.0^", "1.0", 1)]
    [InlineData("1.0^git1", "1.01", -1)]
    [InlineData("1.0^20160101", "1.0.1", -1)]
    [InlineData("1.0~rc1^git1", "1.0~rc1", 1)]
    [InlineData("2047.516.2.4.el7uek", "2047.537.3", -1)]
    public void Versions_are_ordered_as_rpm_orders_them(string a, string b, int order)
    {
        Assert.Equal(order, Math.Sign(RpmVersion.Compare(a, b)));
        Assert.Equal(-order, Math.Sign(RpmVersion.Compare(b, a)));
    }
}
