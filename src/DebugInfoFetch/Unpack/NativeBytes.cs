using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Memory outside the collected heap, allocated or mapped, as <see cref="Memory{T}"/>. Pages are taken when they are written.
/// </summary>
internal sealed unsafe class NativeBytes : MemoryManager<byte>
{
    // Of blocks of this size and less some are kept for the next file: what they hold is overwritten, and no page need be zeroed by the system.
    private const int LargestKept = 16 << 20;
    private const long MostKept = 64 << 20;
    private static readonly Lock Keeping = new();
    private static readonly List<(nint Bytes, int Size)> Kept = [];
    private static long _keptBytes;

    private readonly MemoryMappedViewAccessor? _view;
    private readonly int _length, _size;
    private byte* _bytes;

    private NativeBytes(byte* bytes, int length, int size, MemoryMappedViewAccessor? view)
    {
        _bytes = bytes;
        _length = length;
        _size = size;
        _view = view;
    }

    /// <summary>
    /// Pages straight from the system, which go back to it, or to the next file, when disposed. Of malloc the blocks of thousands of modules, taken and
    /// freed by several threads, leave heaps of twice the size behind. What they hold at first is undefined.
    /// </summary>
    /// <exception cref="IOException">The system gives no more.</exception>
    public static NativeBytes Allocate(int length)
    {
        int size = SizeOfBlock(Math.Max(length, 1));
        if (size <= LargestKept && TakeKept(size) is var kept and not 0) { return new((byte*)kept, length, size, null); }
        nint bytes = AnonymousMemory.Take(size);
        return bytes != 0 ? new((byte*)bytes, length, size, null) : throw new IOException($"the system gives no memory for a file of {length} bytes");
    }

    /// <param name="view">Disposed with the result.</param>
    public static NativeBytes Over(MemoryMappedViewAccessor view)
    {
        byte* bytes = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
        return new NativeBytes(bytes + view.PointerOffset, (int)view.Capacity, 0, view);
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
        else if (!Keep((nint)_bytes, _size)) { AnonymousMemory.Free((nint)_bytes, _size); }

        _bytes = null;
    }

    /// <summary>Sizes in steps of a quarter of a power of two, so that files of about the same size can follow one another.</summary>
    private static int SizeOfBlock(int length)
    {
        if (length > LargestKept) { return length; }
        int step = (int)Math.Max(4096, BitOperations.RoundUpToPowerOf2((uint)length) >> 3);
        return (length + step - 1) & -step;
    }

    private static nint TakeKept(int size)
    {
        lock (Keeping)
        {
            int found = Kept.FindLastIndex(block => block.Size == size);
            if (found < 0) { return 0; }
            nint bytes = Kept[found].Bytes;
            Kept.RemoveAt(found);
            _keptBytes -= size;
            return bytes;
        }
    }

    private static bool Keep(nint bytes, int size)
    {
        if (size > LargestKept) { return false; }
        lock (Keeping)
        {
            // The oldest go, of whatever size: they are the ones least wanted.
            while (_keptBytes + size > MostKept)
            {
                AnonymousMemory.Free(Kept[0].Bytes, Kept[0].Size);
                _keptBytes -= Kept[0].Size;
                Kept.RemoveAt(0);
            }

            Kept.Add((bytes, size));
            _keptBytes += size;
            return true;
        }
    }
}
