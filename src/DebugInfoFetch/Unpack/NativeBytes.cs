using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Memory outside the collected heap, allocated or mapped, as <see cref="Memory{T}"/>. Pages are taken when they are written.
/// </summary>
internal sealed unsafe class NativeBytes : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor? _view;
    private readonly int _length;
    private byte* _bytes;

    private NativeBytes(byte* bytes, int length, MemoryMappedViewAccessor? view)
    {
        _bytes = bytes;
        _length = length;
        _view = view;
    }

    public static NativeBytes Allocate(int length) => new((byte*)NativeMemory.Alloc((nuint)Math.Max(length, 1)), length, null);

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
        else { NativeMemory.Free(_bytes); }

        _bytes = null;
    }
}
