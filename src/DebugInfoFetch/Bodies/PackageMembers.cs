using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Bodies;

/// <summary>Members of packages where they lie, on this machine or on a server: of a package that can be read at any place, no more than that.</summary>
public sealed class PackageMembers : IMemberExtractor
{
    public bool CanReach(SourceInfo source) => IsAddress(source.Origin) || (Path.IsPathRooted(source.Origin) && File.Exists(source.Origin));

    /// <exception cref="PackageUnavailableException">The server does not give it.</exception>
    public void Extract(SourceInfo source, ModuleInfo module, Stream target, CancellationToken cancellation)
    {
        using HttpClient http = HttpClients.Create();
        var sources = new PackageSources(http);
        PackageSource Reach() => sources.OpenAsync(DirectPackage.FromArgument(source.Origin), new TransferWatch(null, null), cancellation).GetAwaiter().GetResult();
        bool IsIt(string path) => path == module.Path;
        try
        {
            using PackageSource package = Reach();
            Copy(PackagePart.Open(package, IsIt), module, target);
        }
        catch (MemberNotFoundException)
        {
            // Not where the order would have it: from the start it is found wherever it is.
            using PackageSource package = Reach();
            Copy(PackagePart.OpenFromStart(package, IsIt, "its order is unknown"), module, target);
        }
    }

    private static void Copy(PackagePart opened, ModuleInfo module, Stream target)
    {
        using PackagePart part = opened;
        if (!part.Reader.MoveNext()) { throw new InputFaultException($"{part.DisplayName}: holds no {module.Path} any more"); }
        using Stream content = part.Reader.OpenCurrent();
        content.CopyTo(target);
    }

    private static bool IsAddress(string origin) => Uri.TryCreate(origin, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";
}
