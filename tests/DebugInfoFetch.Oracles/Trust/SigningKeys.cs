using DebugInfoFetch.Oracles.Packages;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Oracles.Trust;

/// <summary>Keys that gpg makes for one test, and what it and rpmsign sign with them.</summary>
public sealed class SigningKeys : IDisposable
{
    public PackageTools Tools { get; } = new();

    public SigningKeys() => Tools.Shell("mkdir -m 700 gnupg keys");

    private const string Gpg = "gpg --homedir gnupg --batch --quiet --no-tty --pinentry-mode loopback --passphrase ''";

    /// <summary>Makes a key and puts its public half, armoured, where the program looks.</summary>
    /// <param name="at">When it is made, as <c>20200101T000000</c>; null for now.</param>
    public void Make(string user, string algorithm = "rsa2048", string expires = "never", string? at = null, bool isKnownHere = true)
    {
        Tools.Shell($"{Gpg} {Faked(at)} --quick-gen-key '{user}' {algorithm} sign {expires}");
        if (isKnownHere) { Tools.Shell($"{Gpg} --armor --export '{user}' > 'keys/{user.Split(' ')[0]}.asc'"); }
    }

    public byte[] Sign(string user, byte[] data, string? at = null, string digest = "SHA256")
    {
        File.WriteAllBytes(Tools.PathOf("data"), data);
        Tools.Shell($"{Gpg} {Faked(at)} --digest-algo {digest} --local-user '{user}' --yes --output signature --detach-sign data");
        return File.ReadAllBytes(Tools.PathOf("signature"));
    }

    /// <summary>Signs a text around it, as InRelease is.</summary>
    public byte[] SignText(string user, string text)
    {
        File.WriteAllText(Tools.PathOf("text"), text);
        Tools.Shell($"{Gpg} --local-user '{user}' --yes --output signed --clearsign text");
        return File.ReadAllBytes(Tools.PathOf("signed"));
    }

    /// <summary>Signs a package as distributions do.</summary>
    public void RpmSign(string user, string package)
        => Tools.Shell($"rpmsign --define '_gpg_path {Tools.PathOf("gnupg")}' --define '_gpg_name {user}' --define '__gpg {Tools.Shell("command -v gpg").Trim()}' --addsign {package}");

    /// <summary>The places where the program looks for keys: this test's own only.</summary>
    public KeyPlaces Places => new(Distribution.Fedora, v => v == KeyPlaces.Variable ? Tools.PathOf("keys") : null, Tools.PathOf("nowhere"));

    private static string Faked(string? at) => at is null ? "" : $"--faked-system-time {at}";

    public void Dispose()
    {
        // The agent that gpg started for this directory ends with it.
        Tools.Shell("gpgconf --homedir gnupg --kill all || true");
        Tools.Dispose();
    }
}
