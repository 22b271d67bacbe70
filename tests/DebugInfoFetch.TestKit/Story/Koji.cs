using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.TestKit.Story;

/// <summary>Fedora's build system as a host on loopback shows it: koji's paths, and 404 for all that was not put there.</summary>
public static class Koji
{
    /// <summary>The copy that is signed with Fedora 41's key (the last 8 digits of its ID), and the unsigned one.</summary>
    public const string SignedPath = $"/packages/kernel/6.13.5/200.fc41/data/signed/e99d6ad1/x86_64/{FedoraPackage.FileName}";
    public const string PlainPath = $"/packages/kernel/6.13.5/200.fc41/x86_64/{FedoraPackage.FileName}";

    /// <summary>The signature alone, which koji keeps when the signed copy is gone: to be put on the unsigned one.</summary>
    public const string SignaturePath = $"/packages/kernel/6.13.5/200.fc41/data/sigcache/e99d6ad1/x86_64/{FedoraPackage.FileName}.sig";

    public static LoopbackServer Serving(string path, string file) => new LoopbackServer().Serve(path, LoopbackResponse.File(file));

    /// <summary>Paths that were asked for, in order, each once.</summary>
    public static IReadOnlyList<string> PathsAsked(this LoopbackServer server) => [.. server.Requests.Select(r => r.Path).Distinct()];
}
