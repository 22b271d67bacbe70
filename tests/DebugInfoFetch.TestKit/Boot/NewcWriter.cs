using System.Buffers;
using System.Text;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// Writes a cpio archive in the "newc" format, which the kernel unpacks as its initramfs
/// (Documentation/driver-api/early-userspace/buffer-format.rst). Parents of a path are made when it is added.
/// </summary>
public sealed class NewcWriter(IBufferWriter<byte> output)
{
    private const int Directory = 0x4000, RegularFile = 0x8000, SymbolicLink = 0xa000;
    private static readonly byte[] s_padding = new byte[4];

    private readonly HashSet<string> _directories = [];
    private int _nextInode = 1;
    private long _position;

    public void AddDirectory(string path)
    {
        if (path.Length == 0 || !_directories.Add(path)) { return; }
        AddDirectory(ParentOf(path));
        WriteMember(path, Directory | 0x1ed, []);
    }

    /// <param name="isProgram">Mode 0755 instead of 0644.</param>
    public void AddFile(string path, ReadOnlySpan<byte> content, bool isProgram = false)
    {
        AddDirectory(ParentOf(path));
        WriteMember(path, RegularFile | (isProgram ? 0x1ed : 0x1a4), content);
    }

    public void AddSymbolicLink(string path, string target)
    {
        AddDirectory(ParentOf(path));
        WriteMember(path, SymbolicLink | 0x1ff, Encoding.UTF8.GetBytes(target));
    }

    public void Finish() => WriteMember("TRAILER!!!", 0, []);

    private static string ParentOf(string path) => path.LastIndexOf('/') is int slash and > 0 ? path[..slash] : "";

    private void WriteMember(string path, int mode, ReadOnlySpan<byte> content)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + '\0');
        const int Links = 1;
        // magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        int[] fields = [_nextInode++, mode, 0, 0, Links, 0, content.Length, 0, 0, 0, 0, name.Length, 0];
        Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(field => field.ToString("x8")))));
        Write(name);
        Align();
        Write(content);
        Align();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _position += bytes.Length;
    }

    private void Align() => Write(s_padding.AsSpan(0, (int)(-_position & 3)));
}
