using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Buffers a compressed stream for a native decoder, which takes as much of it as it wants, and knows where it stands.</summary>
internal sealed class CompressedInput(Stream stream, string displayName)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 << 10, pinned: true);
    private int _at;
    private int _end;
    private long _filled;

    /// <summary>Bytes consumed since the stream's start.</summary>
    public long Offset => _filled - (_end - _at);

    public string DisplayName => displayName;

    /// <summary>Bytes that are there to be consumed; empty only at the stream's end. They are pinned.</summary>
    public ReadOnlySpan<byte> Fill()
    {
        if (_at == _end)
        {
            _at = 0;
            _end = stream.Read(_buffer);
            _filled += _end;
        }

        return _buffer.AsSpan(_at, _end - _at);
    }

    /// <summary>The same for a decoder that wants an array.</summary>
    public ArraySegment<byte> FillSegment()
    {
        Fill();
        return new ArraySegment<byte>(_buffer, _at, _end - _at);
    }

    public void Consume(int count) => _at += count;

    public bool IsAtEnd => Fill().IsEmpty;

    /// <summary>Fills <paramref name="target"/>; at the stream's end: a fault that says what was cut.</summary>
    public void ReadExactly(Span<byte> target, string what)
    {
        long offset = Offset;
        int held = Math.Min(target.Length, _end - _at);
        _buffer.AsSpan(_at, held).CopyTo(target);
        _at += held;
        int read = stream.ReadAtLeast(target[held..], target.Length - held, throwOnEndOfStream: false);
        _filled += read;
        if (held + read < target.Length) { throw Truncated(offset, $"{what} needs {target.Length} bytes, {held + read} are left"); }
    }

    public InputFaultException Fault(string what) => Fault(Offset, what);

    public InputFaultException Fault(long offset, string what) => InputFaultException.At(displayName, "compressed data", offset, what);

    public InputFaultException Truncated(long offset, string what)
        => InputFaultException.At(displayName, "compressed data", offset, $"truncated: {what}; fetch it anew");
}
