using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Tests.Queries;

public class SimilarNameTests
{
    [Theory]
    [InlineData("lenght", "length")]
    [InlineData("alloc_ofset", "alloc_offset")]
    [InlineData("Length", "length")]
    public void A_slip_of_the_fingers_is_forgiven(string typed, string meant) => Assert.Equal([meant], SimilarName.Among(["used", meant, "start"], typed));

    [Fact]
    public void The_nearest_come_first_and_strangers_are_left_out()
        => Assert.Equal(["length", "lengths"], SimilarName.Among(["start", "lengths", "length", "used"], "lenght"));

    [Fact]
    public void A_part_of_a_longer_name_counts() => Assert.Equal(["alloc_offset"], SimilarName.Among(["alloc_offset", "used"], "offset"));
}
