using System.Globalization;
using System.Text;
using System.Xml;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>As much of XML-RPC (xmlrpc.com/spec.md) as koji's hub speaks, its keyword arguments and nil included.</summary>
internal static class XmlRpc
{
    private const int MaxDepth = 16;
    private const int MaxItems = 100_000;

    /// <summary>A value: a scalar by its text, an array, or a struct.</summary>
    internal sealed record Value(string? Text, IReadOnlyList<Value>? Items, IReadOnlyDictionary<string, Value>? Members)
    {
        public Value? this[string name] => Members?.GetValueOrDefault(name);
        public int? Number => int.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
        public double? Real => double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : null;
    }

    /// <summary>A call with one argument.</summary>
    public static string Call(string method, Action<XmlWriter> argument)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            writer.WriteStartElement("methodCall");
            writer.WriteElementString("methodName", method);
            writer.WriteStartElement("params");
            writer.WriteStartElement("param");
            argument(writer);
            writer.WriteEndElement();
            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        return text.ToString();
    }

    public static void Text(XmlWriter writer, string text) => Scalar(writer, "string", text);

    public static void Int(XmlWriter writer, int number) => Scalar(writer, "int", number.ToString(CultureInfo.InvariantCulture));

    public static void Struct(XmlWriter writer, Action<XmlWriter> members)
    {
        writer.WriteStartElement("value");
        writer.WriteStartElement("struct");
        members(writer);
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    public static void Member(XmlWriter writer, string name, Action<XmlWriter> value)
    {
        writer.WriteStartElement("member");
        writer.WriteElementString("name", name);
        value(writer);
        writer.WriteEndElement();
    }

    /// <summary>koji's way to pass arguments by name: a last struct that is marked (koji.encode_args).</summary>
    public static void KeywordArguments(XmlWriter writer, Action<XmlWriter> members) => Struct(writer, inner =>
    {
        Member(inner, "__starstar", m => Scalar(m, "boolean", "1"));
        members(inner);
    });

    private static void Scalar(XmlWriter writer, string type, string text)
    {
        writer.WriteStartElement("value");
        writer.WriteElementString(type, text);
        writer.WriteEndElement();
    }

    /// <exception cref="XmlException">It is no answer, or the hub's answer is a fault.</exception>
    public static Value Read(byte[] document)
    {
        using var reader = XmlReader.Create(new MemoryStream(document, writable: false), BoundedXml.Settings(document.Length));
        if (!reader.ReadToFollowing("methodResponse")) { throw new XmlException("no methodResponse"); }
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element) { continue; }
            if (reader.Name == "fault") { throw new XmlException("the hub answered with a fault"); }
            if (reader.Name == "value") { return ReadValue(reader, 0); }
        }

        throw new XmlException("no value");
    }

    /// <summary>Reads from a start tag <c>value</c> to its end tag.</summary>
    private static Value ReadValue(XmlReader reader, int depth)
    {
        if (depth > MaxDepth) { throw new XmlException("too deep"); }
        var scalar = new StringBuilder();
        List<Value>? items = null;
        Dictionary<string, Value>? members = null;
        if (reader.IsEmptyElement) { return new Value("", null, null); }
        string? name = null;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.EndElement when reader.Name == "value":
                    return new Value(items is null && members is null ? scalar.ToString() : null, items, members);
                case XmlNodeType.Element when reader.Name == "array": items = []; break;
                case XmlNodeType.Element when reader.Name == "struct": members = new(StringComparer.Ordinal); break;
                case XmlNodeType.Element when reader.Name == "name": name = reader.ReadString(); break;
                case XmlNodeType.Element when reader.Name == "value":
                    Value inner = ReadValue(reader, depth + 1);
                    if ((items?.Count ?? 0) + (members?.Count ?? 0) >= MaxItems) { throw new XmlException("too many values"); }
                    if (members is not null && name is not null) { members[name] = inner; }
                    else { items?.Add(inner); }
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace when items is null && members is null:
                    scalar.Append(reader.Value);
                    break;
            }
        }

        throw new XmlException("a value without its end");
    }
}
