namespace DebugInfoFetch.Formats.Cpio;

/// <summary>What an entry of a cpio archive is, by st_mode's type bits.</summary>
public enum CpioEntryKind { File, Symlink, Directory, Other }

/// <summary>The header of one entry.</summary>
/// <param name="Name">As archived; empty in a stripped archive.</param>
/// <param name="FileIndex">Index into the file list that a stripped archive (07070X) relies on; -1 in one that has full headers.</param>
/// <param name="Mode">st_mode.</param>
/// <param name="LinkCount">More than 1: one of several names of the same data, of which only the last to be archived carries it.</param>
public sealed record CpioEntry(string Name, int FileIndex, int Mode, uint LinkCount, ulong Device, uint Inode, long ByteSize)
{
    public CpioEntryKind Kind => (Mode & 0xF000) switch
    {
        0x8000 => CpioEntryKind.File,
        0xA000 => CpioEntryKind.Symlink,
        0x4000 => CpioEntryKind.Directory,
        _ => CpioEntryKind.Other,
    };
}
