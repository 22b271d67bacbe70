using DebugInfoFetch.Releases;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Oracles.Trust;

/// <summary>Debian's real InRelease and index, as this machine's apt has brought them, with Debian's keys.</summary>
public sealed class DebianSignatureTests
{
    [Fact]
    public async Task A_debug_package_that_apt_offers_is_signed_by_Debian_s_archive()
    {
        string[] digests = [.. ToolRun.Shell("apt-cache show '^linux-image-.*-dbg$' | sed -n 's/^SHA256: //p'").OrThrow().Lines];
        Assert.NotEmpty(digests);

        SignatureVerdict verdict = await new DebianTrust(new KeyPlaces(Distribution.Debian)).JudgeAsync(digests[0], CancellationToken.None);
        Assert.Equal(SignatureKind.Good, verdict.Kind);
        Assert.Contains("Debian", verdict.UserId, StringComparison.Ordinal);
        Assert.Equal(SignatureKind.Unsigned, (await new DebianTrust(new KeyPlaces(Distribution.Debian)).JudgeAsync(new string('0', 64), CancellationToken.None)).Kind);
    }

    [Fact]
    public async Task With_none_of_Debian_s_keys_it_is_not_taken_for_signed()
    {
        string digest = ToolRun.Shell("apt-cache show '^linux-image-.*-dbg$' | sed -n 's/^SHA256: //p'").OrThrow().Lines.First();
        Assert.NotEqual(SignatureKind.Good, (await new DebianTrust(new KeyPlaces(Distribution.Debian, _ => null, "/nowhere")).JudgeAsync(digest, CancellationToken.None)).Kind);
        Assert.Equal(SignatureKind.NotChecked, (await new DebianTrust(new KeyPlaces(Distribution.Debian), new Gpgv("/nowhere/gpgv")).JudgeAsync(digest, CancellationToken.None)).Kind);
    }
}
