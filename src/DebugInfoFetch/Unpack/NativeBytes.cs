using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Memory outside the collected heap, allocated or mapped, as <see cref="Memory{T}"/>. Pages are taken when they are written.
/// </summary>
internal sealed unsafe partial class NativeBytes : MemoryManager<byte>
{
    // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS: the same numbers on every architecture of Linux that .NET runs on.
    private const int ReadWrite = 3, PrivateAnonymous = 0x22;

    private readonly MemoryMappedViewAccessor? _view;
    private readonly int _length;
    private byte* _bytes;

    private NativeBytes(byte* bytes, int length, MemoryMappedViewAccessor? view)
    {
        _bytes = bytes;
        _length = length;
        _view = view;
    }

    /// <summary>
    /// Pages straight from the system, which go back to it when disposed. Of malloc the blocks of thousands of modules, taken and freed by several
    /// threads, leave heaps of twice the size behind.
    /// </summary>
    /// <exception cref="IOException">The system gives no more.</exception>
    public static NativeBytes Allocate(int length)
    {
        nint bytes = Map(0, (nuint)Math.Max(length, 1), ReadWrite, PrivateAnonymous, -1, 0);
        return bytes != -1 ? new((byte*)bytes, length, null) : throw new IOException($"the system gives no memory for a file of {length} bytes");
    }

    /// <param name="view">Disposed with the result.</param>
    public static NativeBytes Over(MemoryMappedViewAccessor view)
    {
        byte* bytes = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
        return new NativeBytes(bytes + view.PointerOffset, (int)view.Capacity, view);
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_bytes == null, this);
        return new Span<byte>(_bytes, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_bytes == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return new MemoryHandle(_bytes + elementIndex);
    }

    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        if (_bytes == null) { return; }

        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
        else { _ = Unmap((nint)_bytes, (nuint)Math.Max(_length, 1)); }

        _bytes = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
