using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Decodes gzip members as they are read, and verifies the CRC-32 and the size at the end of each (RFC 1952 §2.3).</summary>
/// <remarks>
/// .NET's GZipStream is not used: it takes rubbish behind a member for the data's end, and some members that are cut off for whole
/// ones.
/// </remarks>
internal sealed class GzipMembers(Stream compressed, string displayName) : ForwardStream
{
    private const int HeaderSize = 10, TrailerSize = 8;

    private readonly CompressedInput _input = new(compressed, displayName);
    private readonly Inflater _inflater = new(noHeader: true);
    private readonly Crc32 _crc = new();
    private readonly byte[] _decoded = new byte[64 << 10];
    private int _at;
    private int _end;
    private int _given;
    private bool _inMember;
    private bool _sawMember;

    [Flags]
    private enum Flag { HeaderCrc = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xE0 }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) { return 0; }

        while (_at == _end)
        {
            if (!_inMember && _sawMember && _input.IsAtEnd) { return 0; }

            if (!_inMember) { BeginMember(); }

            Inflate();
        }

        int taken = Math.Min(buffer.Length, _end - _at);
        _decoded.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    private void Inflate()
    {
        if (_inflater.IsNeedingInput)
        {
            _input.Consume(_given);
            var available = _input.FillSegment();
            if (available.Count == 0) { throw _input.Truncated(_input.Offset, "the data ends inside a gzip member"); }

            _inflater.SetInput(available.Array!, available.Offset, available.Count);
            _given = available.Count;
        }

        _at = 0;
        _end = _inflater.Inflate(_decoded);
        _crc.Update(new ArraySegment<byte>(_decoded, 0, _end));
        if (_inflater.IsFinished) { EndMember(); }
        else if (_end == 0 && !_inflater.IsNeedingInput) { throw _input.Fault("corrupt gzip data; fetch it anew"); }
    }

    private void BeginMember()
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        long offset = _input.Offset;
        _input.ReadExactly(header, "a gzip header");
        var flags = (Flag)header[3];
        if (!header.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 8]) || (flags & Flag.Reserved) != 0)
        {
            throw _input.Fault(offset, "no gzip member begins here; fetch it anew");
        }

        Span<byte> two = stackalloc byte[2];
        if ((flags & Flag.Extra) != 0)
        {
            _input.ReadExactly(two, "a gzip header");
            Skip(BinaryPrimitives.ReadUInt16LittleEndian(two));
        }

        if ((flags & Flag.Name) != 0) { SkipText(); }

        if ((flags & Flag.Comment) != 0) { SkipText(); }

        if ((flags & Flag.HeaderCrc) != 0) { Skip(2); }

        _inflater.Reset();
        _crc.Reset();
        _given = 0;
        _inMember = _sawMember = true;
    }

    private void EndMember()
    {
        _input.Consume(_given - _inflater.RemainingInput);
        _given = 0;
        long size = _inflater.TotalOut;
        Span<byte> trailer = stackalloc byte[TrailerSize];
        long offset = _input.Offset;
        _input.ReadExactly(trailer, "a gzip trailer");
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        if (crc != (uint)_crc.Value)
        {
            throw _input.Fault(offset, $"damaged gzip data: its CRC-32 is {_crc.Value:x8}, {crc:x8} is kept; fetch it anew");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != (uint)size)
        {
            throw _input.Fault(offset + 4, $"damaged gzip data: {size} bytes came out, another number is kept; fetch it anew");
        }

        _inMember = false;
    }

    private void Skip(int count)
    {
        Span<byte> one = stackalloc byte[1];
        for (int i = 0; i < count; i++) { _input.ReadExactly(one, "a gzip header"); }
    }

    private void SkipText()
    {
        Span<byte> one = stackalloc byte[1];
        do { _input.ReadExactly(one, "a gzip header"); }
        while (one[0] != 0);
    }
}
