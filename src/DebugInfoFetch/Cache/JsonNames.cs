using System.Buffers;
using System.Globalization;
using System.Text;

namespace DebugInfoFetch.Cache;

/// <summary>
/// Many short texts in one, as a JSON array of strings (RFC 8259): SQLite's json_each takes it apart for people, and this for us, which is less than
/// a serializer costs at start-up. Bytes are kept as they are, also those that are no UTF-8.
/// </summary>
internal static class JsonNames
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    public static void Begin(MemoryStream json)
    {
        json.SetLength(0);
        json.WriteByte((byte)'[');
    }

    public static void Add(MemoryStream json, ReadOnlySpan<byte> text)
    {
        if (json.Length > 1) { json.WriteByte((byte)','); }
        json.WriteByte((byte)'"');
        // Hardly a name needs escapes.
        if (text.ContainsAny(Escaped)) { AddEscaped(json, text); } else { json.Write(text); }
        json.WriteByte((byte)'"');
    }

    private static void AddEscaped(MemoryStream json, ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (b < 0x20) { json.Write(Encoding.ASCII.GetBytes($"\\u{(int)b:x4}")); }
            else
            {
                if (b is (byte)'"' or (byte)'\\') { json.WriteByte((byte)'\\'); }
                json.WriteByte(b);
            }
        }
    }

    public static ReadOnlySpan<byte> End(MemoryStream json)
    {
        json.WriteByte((byte)']');
        return json.GetBuffer().AsSpan(0, (int)json.Length);
    }

    public static byte[][] ReadAll(ReadOnlySpan<byte> json)
    {
        var texts = new List<byte[]>();
        // An empty array has its bracket at once.
        for (int at = json.Length == 2 ? 2 : 0; at + 1 < json.Length;) { texts.Add(Read(json, ref at)); }
        return [.. texts];
    }

    /// <summary>The string behind the bracket or comma at a place, which then is that behind the string.</summary>
    public static byte[] Read(ReadOnlySpan<byte> json, ref int at)
    {
        int start = at + 2;
        if (start > json.Length || json[at] is not ((byte)'[' or (byte)',') || json[at + 1] != (byte)'"') { throw PackedReader.Damaged(); }
        int length = json[start..].IndexOfAny((byte)'"', (byte)'\\');
        if (length < 0) { throw PackedReader.Damaged(); }
        if (json[start + length] == (byte)'\\') { return ReadEscaped(json, start, out at); }
        at = start + length + 1;
        return json.Slice(start, length).ToArray();
    }

    private static byte[] ReadEscaped(ReadOnlySpan<byte> json, int start, out int end)
    {
        var text = new List<byte>();
        for (int at = start; at < json.Length; at++)
        {
            if (json[at] == (byte)'"')
            {
                end = at + 1;
                return [.. text];
            }

            if (json[at] != (byte)'\\') { text.Add(json[at]); }
            else if (++at < json.Length && json[at] != (byte)'u') { text.Add(json[at]); }
            else if (at + 4 < json.Length && byte.TryParse(json.Slice(at + 3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte control))
            {
                text.Add(control);
                at += 4;
            }
            else { break; }
        }

        throw PackedReader.Damaged();
    }
}
