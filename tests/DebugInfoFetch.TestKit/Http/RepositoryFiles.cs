using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace DebugInfoFetch.TestKit.Http;

/// <summary>A repository's index as createrepo_c writes it: repomd.xml, and a compressed primary.</summary>
public static class RepositoryFiles
{
    private const string CommonNamespace = "http://linux.duke.edu/metadata/common";

    /// <summary>One <c>package</c> element.</summary>
    public static string Package(string name, string version, string release, string architecture, string href, string? sha256 = null, long size = 1000)
        => $"""
            <package type="rpm">
              <name>{name}</name>
              <arch>{architecture}</arch>
              <version epoch="0" ver="{version}" rel="{release}"/>
              <checksum type="sha256" pkgid="YES">{sha256 ?? new string('a', 64)}</checksum>
              <summary>The Linux kernel</summary>
              <description>Debug information &amp; more</description>
              <time file="1700000001" build="1700000000"/>
              <size package="{size}" installed="2000" archive="3000"/>
              <location href="{href}"/>
              <format><rpm:license>GPL</rpm:license><rpm:provides><rpm:entry name="{name}" flags="EQ" epoch="0" ver="{version}" rel="{release}"/></rpm:provides></format>
            </package>
            """;

    public static string Primary(params string[] packages)
        => $"""<?xml version="1.0" encoding="UTF-8"?><metadata xmlns="{CommonNamespace}" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{packages.Length}">{string.Concat(packages)}</metadata>""";

    public static string Index(string href, byte[] primary)
        => $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <repomd xmlns="http://linux.duke.edu/metadata/repo">
              <revision>1700000000</revision>
              <data type="filelists"><checksum type="sha256">00</checksum><location href="repodata/filelists.xml.gz"/></data>
              <data type="primary">
                <checksum type="sha256">{Convert.ToHexStringLower(SHA256.HashData(primary))}</checksum>
                <open-checksum type="sha256">00</open-checksum>
                <location href="{href}"/>
              </data>
            </repomd>
            """;

    public static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) { gzip.Write(Encoding.UTF8.GetBytes(text)); }
        return packed.ToArray();
    }

    /// <summary>Serves the repository at <paramref name="path"/>.</summary>
    public static LoopbackServer ServeRepository(this LoopbackServer server, string path, params string[] packages)
    {
        byte[] primary = Gzip(Primary(packages));
        return server.Serve($"{path}/repodata/repomd.xml", LoopbackResponse.Bytes(Encoding.UTF8.GetBytes(Index("repodata/abc-primary.xml.gz", primary))))
            .Serve($"{path}/repodata/abc-primary.xml.gz", LoopbackResponse.Bytes(primary));
    }

    public static LoopbackServer ServeText(this LoopbackServer server, string path, string text) => server.Serve(path, LoopbackResponse.Bytes(Encoding.UTF8.GetBytes(text)));
}
