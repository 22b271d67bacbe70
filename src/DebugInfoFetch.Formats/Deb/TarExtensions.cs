using System.Globalization;
using System.Text;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>
/// What extension entries say of the entry that follows them: GNU's L (name) and K (link), pax's x (POSIX.1-2001, "pax Extended
/// Header"). Of a global pax header nothing concerns a reader of names and contents.
/// </summary>
internal sealed class TarExtensions
{
    public string? Path { get; private set; }
    public string? LinkPath { get; private set; }
    public long? ByteSize { get; private set; }

    public void Add(byte typeFlag, ReadOnlySpan<byte> content)
    {
        switch (typeFlag)
        {
            case (byte)'L':
                Path = Encoding.UTF8.GetString(content.TrimEnd((byte)0));
                break;
            case (byte)'K':
                LinkPath = Encoding.UTF8.GetString(content.TrimEnd((byte)0));
                break;
            case (byte)'x':
                AddPax(content);
                break;
            default:
                break;
        }
    }

    // Records are "LENGTH KEY=VALUE\n", LENGTH counting all of the record.
    private void AddPax(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            int blank = content.IndexOf((byte)' ');
            bool hasLength = int.TryParse(blank < 0 ? default : content[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out int length);
            // What is no record ends the list, as in other readers: the header's own fields hold then.
            if (!hasLength || length <= blank + 1 || length > content.Length) { return; }

            var record = content[(blank + 1)..(length - 1)];
            content = content[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals < 0) { continue; }

            string value = Encoding.UTF8.GetString(record[(equals + 1)..]);
            switch (Encoding.UTF8.GetString(record[..equals]))
            {
                case "path":
                    Path = value;
                    break;
                case "linkpath":
                    LinkPath = value;
                    break;
                case "size" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size):
                    ByteSize = size;
                    break;
                default:
                    break;
            }
        }
    }
}
