namespace DebugInfoFetch.Formats.Rpm;

/// <summary>What the main header tells of one file.</summary>
/// <param name="Path">As packaged, with a leading slash.</param>
/// <param name="Mode">st_mode.</param>
/// <param name="Digest">Hex; empty for what is no regular file.</param>
/// <param name="LinkTarget">Of a symbolic link.</param>
/// <param name="Flags">RPMFILE_*; <see cref="Ghost"/> files are not in the payload.</param>
public sealed record RpmFile(string Path, long ByteSize, int Mode, string Digest, string LinkTarget, uint Flags, ulong Device, ulong Inode)
{
    public const uint Ghost = 0x40;

    private const int TypeMask = 0xF000, RegularType = 0x8000;

    public bool IsRegular => (Mode & TypeMask) == RegularType;
}
