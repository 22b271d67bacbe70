namespace DebugInfoFetch.Formats.Deb;

/// <summary>What an entry of a tar archive is, by its type flag.</summary>
public enum TarEntryKind { File, HardLink, Symlink, Directory, Other }

/// <summary>One entry.</summary>
/// <param name="Name">As archived, extensions applied.</param>
/// <param name="LinkTarget">Of a symbolic link: its text. Of a hard link: the name of the entry that carries the data.</param>
/// <param name="ByteSize">Bytes of content that follow; 0 for links and directories.</param>
/// <param name="HeaderOffset">Decoded bytes from the archive's start.</param>
public sealed record TarEntry(string Name, TarEntryKind Kind, string LinkTarget, long ByteSize, long HeaderOffset)
{
    /// <summary>Where the content begins.</summary>
    public long DataOffset => HeaderOffset + TarHeader.BlockSize;

    /// <summary>Where the next entry begins, or what extends it.</summary>
    public long End => DataOffset + ((ByteSize + TarHeader.BlockSize - 1) & -TarHeader.BlockSize);
}
