using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>What a deb's control archive tells: the control file's fields, and the MD5 of each file (deb(5), deb-md5sums(5)).</summary>
public sealed class DebControl
{
    // 100,000 files at 160 bytes a line: far more than a kernel package has.
    private const long LargestMember = 64 << 20;
    private const int Md5Digits = 32;

    private readonly Dictionary<string, byte[]> _md5Sums = new(StringComparer.Ordinal);

    private DebControl() { }

    public string Package { get; private set; } = "";
    public string Version { get; private set; } = "";
    public string Architecture { get; private set; } = "";

    /// <summary>The regular files that md5sums lists, without leading slash; none when there is no such list.</summary>
    public IReadOnlyCollection<string> Files => _md5Sums.Keys;

    /// <summary>MD5 of a file's content by its path without leading slash; null when none is kept.</summary>
    public byte[]? Md5Of(string path) => _md5Sums.GetValueOrDefault(path);

    /// <param name="tar">The decoded control archive.</param>
    /// <exception cref="InputFaultException">Damaged, or without a control file that names package, version and architecture.</exception>
    public static DebControl Read(Stream tar, string displayName)
    {
        var control = new DebControl();
        var reader = new TarReader(tar, displayName);
        while (reader.MoveNext())
        {
            string name = reader.Current.Name.StartsWith("./", StringComparison.Ordinal) ? reader.Current.Name[2..] : reader.Current.Name;
            if (name is not ("control" or "md5sums")) { continue; }

            if (reader.Current.ByteSize > LargestMember)
            {
                throw InputFaultException.At(displayName, name, 0, $"{reader.Current.ByteSize} bytes; {LargestMember} are allowed");
            }

            using var text = new StreamReader(reader.OpenCurrent(), Encoding.UTF8, false, 64 << 10, leaveOpen: true);
            if (name == "control") { control.ReadFields(text); }
            else { control.ReadMd5Sums(text); }
        }

        bool complete = control.Package.Length > 0 && control.Version.Length > 0 && control.Architecture.Length > 0;
        return complete ? control : throw new InputFaultException($"{displayName}: no control file with Package, Version and Architecture");
    }

    private void ReadFields(StreamReader text)
    {
        while (text.ReadLine() is { } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[0] is ' ' or '\t') { continue; }

            string value = line[(colon + 1)..].Trim();
            switch (line[..colon])
            {
                case "Package": Package = value; break;
                case "Version": Version = value; break;
                case "Architecture": Architecture = value; break;
                default: break;
            }
        }
    }

    private void ReadMd5Sums(StreamReader text)
    {
        while (text.ReadLine() is { } line)
        {
            // "<32 hex digits>  path"
            if (line.Length <= Md5Digits + 2 || line[Md5Digits] != ' ') { continue; }

            byte[] digest = new byte[Md5Digits / 2];
            var status = Convert.FromHexString(line.AsSpan(0, Md5Digits), digest, out _, out _);
            if (status == System.Buffers.OperationStatus.Done) { _md5Sums[line[(Md5Digits + 2)..]] = digest; }
        }
    }
}
