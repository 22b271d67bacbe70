using System.Globalization;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>A member of an ar archive.</summary>
/// <param name="DataOffset">Bytes from the file's start.</param>
public sealed record ArMember(string Name, long DataOffset, long ByteSize);

/// <summary>Reads an ar archive forward (ar(5); of the name extensions only the trailing slash is met in packages, deb(5)).</summary>
public sealed class ArReader : IDisposable
{
    private const int HeaderSize = 60;
    private static readonly byte[] Magic = "!<arch>\n"u8.ToArray();

    private readonly Stream _stream;
    private readonly string _displayName;
    private readonly byte[] _skipped = new byte[64 << 10];
    private long _offset;
    private MeteredStream? _data;
    private ArMember? _current;

    /// <param name="stream">Stands at the archive's first byte; not closed.</param>
    public ArReader(Stream stream, string displayName)
    {
        (_stream, _displayName) = (stream, displayName);
        Span<byte> magic = stackalloc byte[Magic.Length];
        Fill(magic);
        if (!IsAr(magic)) { throw Fault(0, "not an ar archive: it does not begin !<arch>"); }
    }

    public static bool IsAr(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <summary>Goes to the next member, past what is left of the current one. Null at the archive's end.</summary>
    public ArMember? MoveNext()
    {
        if (_current is { } current)
        {
            Skip(current.ByteSize - _data!.BytesRead);
            _offset = current.DataOffset + current.ByteSize;
            // Members begin at even offsets; the last one's padding may be left out.
            if ((_offset & 1) != 0 && _stream.ReadByte() >= 0) { _offset++; }
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        int read = _stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false);
        if (read == 0) { return _current = null; }

        if (read < HeaderSize) { throw Fault(_offset, "truncated: the file ends inside a member's header; fetch it anew"); }

        string sizeText = Encoding.ASCII.GetString(header.Slice(48, 10)).TrimEnd(' ');
        bool hasSize = long.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out long size);
        if (!hasSize || header[58] != (byte)'`' || header[59] != (byte)'\n') { throw Fault(_offset, "no ar member header; fetch it anew"); }

        string name = Encoding.ASCII.GetString(header[..16]).TrimEnd(' ').TrimEnd('/');
        long dataOffset = _offset + HeaderSize;
        _data = new MeteredStream(_stream, size, $"{_displayName}: {name}", dataOffset);
        return _current = new ArMember(name, dataOffset, size);
    }

    /// <summary>The current member's bytes, forward only; the same stream each time.</summary>
    public MeteredStream OpenCurrent() => _data ?? throw new InvalidOperationException("there is no current member");

    /// <summary>Ends the current member's data; leaves the archive's stream alone.</summary>
    public void Dispose() => _data?.Dispose();

    private void Skip(long count)
    {
        while (count > 0) { count -= _data!.Read(_skipped.AsSpan(0, (int)Math.Min(count, _skipped.Length))); }
    }

    private void Fill(Span<byte> target)
    {
        int read = _stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        _offset += read;
        if (read < target.Length) { throw Fault(_offset, "truncated: the file ends inside the archive's magic; fetch it anew"); }
    }

    private InputFaultException Fault(long offset, string what) => InputFaultException.At(_displayName, "ar", offset, what);
}
