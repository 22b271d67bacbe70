using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>
/// Decompressed XML on its way to a parser that holds a whole tag or text in memory: one that is longer than any honest one is a fault, not an
/// allocation.
/// </summary>
internal sealed class ShortTagStream(Stream inner, string displayName) : ForwardStream
{
    private const long Longest = 4 << 20;
    private long _offset;
    private long _sinceTag;

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        ReadOnlySpan<byte> rest = buffer[..read];
        for (int at; (at = rest.IndexOf((byte)'<')) >= 0; rest = rest[(at + 1)..])
        {
            Check(at);
            _sinceTag = 0;
        }

        Check(rest.Length);
        _sinceTag += rest.Length;
        _offset += read;
        return read;
    }

    private void Check(long more)
    {
        if (_sinceTag + more > Longest) { throw InputFaultException.At(displayName, "XML", _offset, $"a tag or text of more than {Longest} bytes"); }
    }
}
