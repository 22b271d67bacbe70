using System.Text;
using DebugInfoFetch.Releases;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests.Trust;

public sealed class KeyPlacesTests : IDisposable
{
    private readonly ScratchFolder _root = new();

    public KeyPlacesTests()
    {
        foreach (string path in new[]
        {
            "etc/pki/rpm-gpg/RPM-GPG-KEY-local", "usr/share/distribution-gpg-keys/fedora/RPM-GPG-KEY-fedora-41-primary",
            "usr/share/distribution-gpg-keys/rocky/RPM-GPG-KEY-Rocky-9", "usr/share/distribution-gpg-keys/copr/anybody",
            "usr/share/keyrings/debian-archive-keyring.gpg", "usr/share/keyrings/debian-archive-removed-keys.gpg",
            "usr/share/keyrings/ubuntu-archive-keyring.gpg", "usr/share/keyrings/shop.gpg", "usr/share/pacman/keyrings/archlinux.gpg", "own/mine.asc",
        })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_root[path])!);
            File.WriteAllText(_root[path], OpenPgpPacketsTests.Armoured(OpenPgpPacketsTests.Key));
        }
    }

    [Theory]
    [InlineData(Distribution.Fedora, "RPM-GPG-KEY-local", "RPM-GPG-KEY-fedora-41-primary")]
    [InlineData(Distribution.RhelLike, "RPM-GPG-KEY-local", "RPM-GPG-KEY-Rocky-9")]
    [InlineData(Distribution.Debian, "debian-archive-keyring.gpg")]
    [InlineData(Distribution.Ubuntu, "ubuntu-archive-keyring.gpg")]
    [InlineData(Distribution.Arch, "archlinux.gpg")]
    [InlineData(Distribution.Unknown, "debian-archive-keyring.gpg", "ubuntu-archive-keyring.gpg", "archlinux.gpg", "RPM-GPG-KEY-local", "RPM-GPG-KEY-fedora-41-primary", "RPM-GPG-KEY-Rocky-9")]
    public void Keys_of_the_distribution_count_and_no_others(Distribution distribution, params string[] names)
        => Assert.Equal(names, new KeyPlaces(distribution, _ => null, _root.Path).Files().Select(f => Path.GetFileName(f.Path)));

    [Fact]
    public void The_user_s_own_come_first_as_files_or_directories()
    {
        string[] found = [.. new KeyPlaces(Distribution.Fedora, _ => $"{_root["own"]}:{_root["usr/share/keyrings/shop.gpg"]}", _root.Path).Files().Select(f => Path.GetFileName(f.Path))];
        Assert.Equal(["mine.asc", "shop.gpg", "RPM-GPG-KEY-local", "RPM-GPG-KEY-fedora-41-primary"], found);
    }

    [Fact]
    public void A_key_is_found_by_its_ID_past_files_that_are_none()
    {
        File.WriteAllText(_root["etc/pki/rpm-gpg/AAA"], "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----\n");
        File.WriteAllText(_root["etc/pki/rpm-gpg/BBB"], "<html>");
        var places = new KeyPlaces(Distribution.Fedora, _ => null, _root.Path);
        KeyFile key = places.Find(OpenPgpPacketsTests.KeyId)!;
        Assert.Equal((_root["etc/pki/rpm-gpg/RPM-GPG-KEY-local"], OpenPgpPacketsTests.Key.Length), (key.Path, key.Keys.Length));
        Assert.Null(places.Find("0000000000000000"));
    }

    [Fact]
    public void A_key_that_Arch_has_withdrawn_is_known_by_its_fingerprint()
    {
        string fingerprint = new string('A', 40);
        var places = new KeyPlaces(Distribution.Arch, _ => null, _root.Path);
        Assert.False(places.IsRevoked(fingerprint));
        File.WriteAllText(_root["usr/share/pacman/keyrings/archlinux-revoked"], $"{new string('b', 40)}\n{fingerprint.ToLowerInvariant()}\n");
        Assert.True(places.IsRevoked(fingerprint));
        Assert.False(places.IsRevoked(""));
        Assert.False(new KeyPlaces(Distribution.Fedora, _ => null, _root.Path).IsRevoked(fingerprint));
    }

    public void Dispose() => _root.Dispose();
}
