using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DebugInfoFetch.Cache;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>
/// The schema's text, its version and its history change together. When the digest here is wrong: raise CacheSchema.Version and PRAGMA
/// user_version, write a line into the history of cache-schema/README.md, and add the new digest here. Old lines stay.
/// </summary>
public sealed partial class CacheSchemaTests
{
    private static readonly Dictionary<int, string> Digests = new()
    {
        [1] = "e578f8d192f507eb67009fb6c0369fb94c348b4cb9bb82bfdde527e91e295b4d",
        [2] = "413177c215dff112fb6493bad4a6d6e8e8d12f2bc582d72f126b9d32d5a204c5",
        [3] = "d9fe60f66509ac1f7f666f777b1c9613e60e48ff9c38f9ea811ea84990228e9f",
        [4] = "4c36841b00f1986060e77a681b96ceff5bcf6a254420d2ba4f61417469383128",
        [5] = "0f755bb779acc54a57ce18c955539ad6feb1bfd92bc1417dee9f001bf2ddfc54",
        [6] = "4419ae9d7223bf39ef80bf573f00e51df7fb64c6cb82cf300ecbce3eb198e7ea",
    };

    [Fact]
    public void The_schema_has_the_digest_of_its_version()
        => Assert.Equal(Digests[CacheSchema.Version], Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SourceTree.Read("cache-schema", "schema.sql")))));

    [Fact]
    public void The_schema_names_the_version_of_the_program()
        => Assert.Equal(CacheSchema.Version.ToString(CultureInfo.InvariantCulture), UserVersion().Match(SourceTree.Read("cache-schema", "schema.sql")).Groups[1].Value);

    [Fact]
    public void The_history_has_a_line_for_every_version_up_to_this_one()
    {
        string history = SourceTree.Read("cache-schema", "README.md").Split("## History")[1].Split("## ")[0];
        Assert.Equal(Enumerable.Range(1, CacheSchema.Version), HistoryLine().Matches(history).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)));
        Assert.Equal(CacheSchema.Version, Digests.Keys.Max());
    }

    [Fact]
    public void Every_table_is_described()
    {
        string readme = SourceTree.Read("cache-schema", "README.md");
        string[] tables = [.. Table().Matches(SourceTree.Read("cache-schema", "schema.sql")).Select(m => m.Groups[1].Value)];
        Assert.True(tables.Length > 10);
        Assert.All(tables, t => Assert.Contains($"`{t}`", readme, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^PRAGMA user_version = (\d+);", RegexOptions.Multiline)]
    private static partial Regex UserVersion();

    [GeneratedRegex(@"^\| (\d+) \| \d{4}-\d\d-\d\d \|", RegexOptions.Multiline)]
    private static partial Regex HistoryLine();

    [GeneratedRegex(@"^CREATE TABLE (\w+)", RegexOptions.Multiline)]
    private static partial Regex Table();
}
