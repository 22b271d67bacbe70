using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>Gets a file that a kernel was indexed from out of its package again.</summary>
public interface IMemberExtractor
{
    /// <summary>Whether this package can be reached; nothing is read yet.</summary>
    bool CanReach(SourceInfo source);

    /// <summary>Writes the member <see cref="ModuleInfo.Path"/> of the package.</summary>
    /// <exception cref="Formats.Binary.InputFaultException">The package has no such member, or is damaged.</exception>
    /// <exception cref="Download.PackageUnavailableException">It cannot be had now.</exception>
    void Extract(SourceInfo source, ModuleInfo module, Stream target, CancellationToken cancellation);
}
