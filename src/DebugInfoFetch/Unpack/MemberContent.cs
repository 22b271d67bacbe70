using System.Buffers;
using System.IO.MemoryMappedFiles;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// An ELF file held for indexing, in memory that may be written (relocations are applied in place): the block in which it was decoded, native memory,
/// or a file mapped copy-on-write.
/// </summary>
public sealed class MemberContent : IDisposable
{
    private readonly IMemoryOwner<byte> _bytes;

    private MemberContent(IMemoryOwner<byte> bytes) => _bytes = bytes;

    /// <summary>Valid until this is disposed.</summary>
    public Memory<byte> Memory => _bytes.Memory;

    /// <summary>Takes a member's content, all of it.</summary>
    /// <param name="content">Read to its end, so that its digest is checked.</param>
    /// <param name="byteSize">Bytes that <paramref name="content"/> gives.</param>
    /// <param name="displayName">Package and member, for faults.</param>
    /// <param name="memoryBudget">Bytes; a larger member goes to a temporary file, which has no name once it is open.</param>
    /// <exception cref="InputFaultException">2 GiB or more, or other than <paramref name="byteSize"/> bytes.</exception>
    /// <exception cref="IOException">The temporary file cannot be written.</exception>
    public static MemberContent Load(Stream content, long byteSize, string displayName, long memoryBudget, string temporaryDirectory)
    {
        if (byteSize > Array.MaxLength)
        {
            throw new InputFaultException($"{displayName}: {byteSize} bytes; an ELF file of 2 GiB or more cannot be indexed");
        }

        var bytes = byteSize <= memoryBudget
            ? (content as ForwardStream)?.Lend((int)byteSize) ?? Copy(content, (int)byteSize, displayName)
            : MapTemporary(content, (int)byteSize, displayName, temporaryDirectory);
        try
        {
            // The end is where the digest is compared.
            if (content.ReadByte() >= 0)
            {
                throw new InputFaultException($"{displayName}: more than the {byteSize} bytes that it should have");
            }

            return new MemberContent(bytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Maps a file of the user's; writes stay in this process. The file must not be cut off while it is mapped: the process would end.
    /// </summary>
    /// <exception cref="InputFaultException">Empty, or 2 GiB or more.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static MemberContent MapFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length > Array.MaxLength)
        {
            throw new InputFaultException($"{path}: {file.Length} bytes; an ELF file of 2 GiB or more cannot be indexed");
        }

        if (file.Length == 0) { throw new InputFaultException($"{path}: empty"); }

        return new MemberContent(Map(file));
    }

    public void Dispose() => _bytes.Dispose();

    private static NativeBytes Copy(Stream content, int byteSize, string displayName)
    {
        var bytes = NativeBytes.Allocate(byteSize);
        try
        {
            Fill(content, bytes.Memory.Span, 0, byteSize, displayName);
            return bytes;
        }
        catch
        {
            ((IDisposable)bytes).Dispose();
            throw;
        }
    }

    private static void Fill(Stream content, Span<byte> target, long before, long byteSize, string displayName)
    {
        int read = content.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length)
        {
            throw new InputFaultException($"{displayName}: {before + read} bytes of the {byteSize} that it should have");
        }
    }

    private static NativeBytes MapTemporary(Stream content, int byteSize, string displayName, string directory)
    {
        string path = Path.Combine(directory, $"dbgfetch-{Guid.NewGuid():N}.member");
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, bufferSize: 0);
        // Without a name nothing is left behind, however this process ends.
        File.Delete(path);
        byte[] piece = new byte[1 << 20];
        for (long left = byteSize; left > 0;)
        {
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, left));
            Fill(content, part, byteSize - left, byteSize, displayName);
            file.Write(part);
            left -= part.Length;
        }

        return Map(file);
    }

    private static NativeBytes Map(FileStream file)
    {
        using var mapping = MemoryMappedFile.CreateFromFile(file, null, file.Length, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        return NativeBytes.Over(mapping.CreateViewAccessor(0, file.Length, MemoryMappedFileAccess.CopyOnWrite));
    }
}
