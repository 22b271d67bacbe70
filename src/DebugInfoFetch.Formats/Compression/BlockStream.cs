using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Data that is decoded block after block, each whole in memory.</summary>
internal abstract class BlockStream(CompressedInput input) : ForwardStream
{
    private byte[] _decoded = [];
    private int _at, _end;

    protected CompressedInput Input { get; } = input;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) { return 0; }
        while (_at == _end)
        {
            _at = 0;
            _end = DecodeBlock(ref _decoded);
            if (_end < 0)
            {
                _end = 0;
                return 0;
            }
        }

        int count = Math.Min(buffer.Length, _end - _at);
        _decoded.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    /// <summary>Decodes the next block.</summary>
    /// <returns>Bytes of it in <paramref name="decoded"/>, which is made larger when it has to be; -1 after the last.</returns>
    protected abstract int DecodeBlock(ref byte[] decoded);
}
