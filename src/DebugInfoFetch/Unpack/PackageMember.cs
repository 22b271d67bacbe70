using DebugInfoFetch.Formats.Deb;

namespace DebugInfoFetch.Unpack;

public enum PackageMemberKind { File, Symlink, HardLink, Directory, Other }

/// <summary>One member of a package's payload.</summary>
/// <param name="Path">Normalised: no leading <c>./</c> or <c>/</c>. For comparing and showing; never the name of a file of ours.</param>
/// <param name="ByteSize">Bytes of content that can be read here; a hard link's data is at its target.</param>
/// <param name="LinkTarget">A symlink's text, or the path of the member that carries a hard link's data; otherwise empty.</param>
public sealed record PackageMember(string Path, long ByteSize, PackageMemberKind Kind, string LinkTarget)
{
    internal static PackageMember Of(TarEntry entry)
    {
        PackageMemberKind kind = entry.Kind switch
        {
            TarEntryKind.File => PackageMemberKind.File,
            TarEntryKind.Symlink => PackageMemberKind.Symlink,
            TarEntryKind.HardLink => PackageMemberKind.HardLink,
            TarEntryKind.Directory => PackageMemberKind.Directory,
            _ => PackageMemberKind.Other,
        };
        string target = kind == PackageMemberKind.HardLink ? Normalise(entry.LinkTarget) : entry.LinkTarget;
        return new PackageMember(Normalise(entry.Name).TrimEnd('/'), entry.ByteSize, kind, target);
    }

    /// <summary>A path as archives spell it, without what leads it.</summary>
    internal static string Normalise(string path)
    {
        int start = 0;
        while (start < path.Length)
        {
            if (path[start] == '/') { start++; }
            else if (path[start] == '.' && (start + 1 == path.Length || path[start + 1] == '/')) { start++; }
            else { break; }
        }

        return path[start..];
    }
}
