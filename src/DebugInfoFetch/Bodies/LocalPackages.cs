using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Bodies;

/// <summary>Members of packages that are files of this machine, by reading the package from its start.</summary>
public sealed class LocalPackages : IMemberExtractor
{
    public bool CanReach(SourceInfo source) => Path.IsPathRooted(source.Origin) && File.Exists(source.Origin);

    public void Extract(SourceInfo source, ModuleInfo module, Stream target, CancellationToken cancellation)
    {
        string displayName = Path.GetFileName(source.Origin);
        using FileStream file = File.OpenRead(source.Origin);
        using PackageReader reader = PackageReader.Open(file, displayName, new PackageReadOptions { IsFileVerified = true });
        while (reader.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            if (reader.Current.Kind != PackageMemberKind.File || reader.Current.Path != module.Path) { continue; }
            using Stream content = reader.OpenCurrent();
            content.CopyTo(target);
            return;
        }

        throw new InputFaultException($"{displayName}: holds no {module.Path} any more");
    }
}
