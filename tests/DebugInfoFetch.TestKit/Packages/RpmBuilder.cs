using System.Security.Cryptography;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>One file of a package that <see cref="RpmBuilder"/> assembles.</summary>
/// <param name="Path">With a leading slash.</param>
/// <param name="Content">Of a symlink: its target.</param>
/// <param name="Inode">Same inode, same data: a set of hard links.</param>
public sealed record RpmBuilderFile(string Path, byte[] Content, int Mode = CpioBuilder.Regular, uint Inode = 0, uint Flags = 0);

/// <summary>Assembles an RPM: lead, signature header, main header and payload, with true digests unless told otherwise.</summary>
public sealed class RpmBuilder
{
    private readonly List<RpmBuilderFile> _files = [];

    public string Name { get; init; } = "kernel-debuginfo";
    public string Version { get; init; } = "6.13.5";
    public string Release { get; init; } = "200.fc41";
    public string Architecture { get; init; } = "x86_64";

    /// <summary>PAYLOADCOMPRESSOR; null leaves the tag out.</summary>
    public string? Compressor { get; init; } = "xz";
    public Func<byte[], byte[]> Compress { get; init; } = data => Compressors.XzBlocks(data, 64 << 10);
    /// <summary>RPM format 6 and packages with files over 4 GiB: an index into the header in place of names and sizes.</summary>
    public bool IsStripped { get; init; }
    public byte LeadMajor { get; init; } = 3;
    public bool HasSha256 { get; init; } = true;
    public bool HasSha1 { get; init; }
    public bool HasMd5 { get; init; }
    public bool HasPayloadDigest { get; init; } = true;
    public bool HasAlternativeDigest { get; init; }
    public bool HasSize { get; init; } = true;
    public bool IsSigned { get; init; }
    /// <summary>Makes the OpenPGP signature over the main header's bytes, for tag 268; null for none.</summary>
    public Func<byte[], byte[]>? Sign { get; init; }
    /// <summary>The signature stands in tag 278, in base64, as rpm 6 writes it.</summary>
    public bool SignsAsRpm6 { get; init; }
    public bool HasLongFileSizes { get; init; }
    /// <summary>A last change to the decoded payload before it is compressed; digests are computed after it.</summary>
    public Func<byte[], byte[]> ChangePayload { get; init; } = payload => payload;
    /// <summary>A last change to the digests that the header lists, of files and payload.</summary>
    public Func<string, string> ChangeDigest { get; init; } = digest => digest;

    public RpmBuilder File(string path, ReadOnlySpan<byte> content, uint inode = 0, uint flags = 0)
    {
        _files.Add(new RpmBuilderFile(path, content.ToArray(), CpioBuilder.Regular, inode == 0 ? (uint)_files.Count + 1 : inode, flags));
        return this;
    }

    public RpmBuilder Symlink(string path, string target)
    {
        _files.Add(new RpmBuilderFile(path, System.Text.Encoding.UTF8.GetBytes(target), CpioBuilder.Symbolic, (uint)_files.Count + 1));
        return this;
    }

    public RpmBuilder Directory(string path)
    {
        _files.Add(new RpmBuilderFile(path, [], CpioBuilder.Directory, (uint)_files.Count + 1));
        return this;
    }

    /// <summary>Where the payload begins in what <see cref="Build"/> last returned.</summary>
    public int PayloadOffset { get; private set; }

    public byte[] Build()
    {
        byte[] decoded = ChangePayload(Payload());
        byte[] payload = Compress(decoded);
        byte[] header = Header(decoded, payload);
        byte[] signature = Signature(header, payload);
        byte[] lead = new byte[96];
        Convert.FromHexString("edabeedb").CopyTo(lead, 0);
        lead[4] = LeadMajor;
        byte[] padding = new byte[-signature.Length & 7];
        PayloadOffset = lead.Length + signature.Length + padding.Length + header.Length;
        return [.. lead, .. signature, .. padding, .. header, .. payload];
    }

    // Files with one name first, in header order; then each set of hard links, of which the last carries the data.
    private byte[] Payload()
    {
        var cpio = new CpioBuilder();
        var sets = _files.Where(file => (file.Flags & 0x40) == 0).GroupBy(file => file.Inode).OrderBy(set => set.Count() > 1).ToList();
        foreach (var set in sets)
        {
            foreach (var file in set)
            {
                byte[] content = file == set.Last() ? file.Content : [];
                if (IsStripped) { cpio.Stripped((uint)_files.IndexOf(file), content); }
                else { cpio.Newc("." + file.Path, content, file.Mode, file.Inode, (uint)set.Count()); }
            }
        }

        return cpio.Trailer().ToArray();
    }

    private byte[] Header(byte[] decoded, byte[] payload)
    {
        string[] directories = [.. _files.Select(file => file.Path[..(file.Path.LastIndexOf('/') + 1)]).Distinct()];
        var header = new RpmHeaderBuilder()
            .String(1000, Name).String(1001, Version).String(1002, Release).String(1022, Architecture)
            .Int16(1030, [.. _files.Select(file => file.Mode)])
            .Strings(1035, [.. _files.Select(file => file.Mode == CpioBuilder.Regular ? ChangeDigest(Sha256(file.Content)) : "")])
            .Strings(1036, [.. _files.Select(file => file.Mode == CpioBuilder.Symbolic ? System.Text.Encoding.UTF8.GetString(file.Content) : "")])
            .Int32(1037, [.. _files.Select(file => (long)file.Flags)])
            .Int32(1095, [.. _files.Select(_ => 1L)])
            .Int32(1096, [.. _files.Select(file => (long)file.Inode)])
            .Int32(1116, [.. _files.Select(file => (long)Array.IndexOf(directories, file.Path[..(file.Path.LastIndexOf('/') + 1)]))])
            .Strings(1117, [.. _files.Select(file => file.Path[(file.Path.LastIndexOf('/') + 1)..])])
            .Strings(1118, directories)
            .String(1124, "cpio")
            .Int32(5011, 8);
        long[] sizes = [.. _files.Select(file => (long)file.Content.Length)];
        if (HasLongFileSizes) { header.Int64(5008, sizes); }
        else { header.Int32(1028, sizes); }

        if (Compressor is not null) { header.String(1125, Compressor); }

        if (HasPayloadDigest || HasAlternativeDigest) { header.Int32(5093, 8); }

        if (HasPayloadDigest) { header.Strings(5092, ChangeDigest(Sha256(payload))); }

        if (HasAlternativeDigest) { header.Strings(5097, Sha256(decoded)); }

        return header.ToArray();
    }

    private byte[] Signature(byte[] header, byte[] payload)
    {
        var signature = new RpmHeaderBuilder();
        if (IsSigned) { signature.Binary(268, new byte[256]); }

        if (Sign is not null && SignsAsRpm6) { signature.Strings(278, Convert.ToBase64String(Sign(header))); }
        else if (Sign is not null) { signature.Binary(268, Sign(header)); }

        if (HasSha256) { signature.String(273, Sha256(header)); }

#pragma warning disable CA5350, CA5351 // The digests that old packages have.
        if (HasSha1) { signature.String(269, Convert.ToHexStringLower(SHA1.HashData(header))); }

        if (HasMd5) { signature.Binary(1004, MD5.HashData([.. header, .. payload])); }
#pragma warning restore CA5350, CA5351

        if (HasSize) { signature.Int32(1000, header.Length + payload.Length); }

        return signature.ToArray();
    }

    private static string Sha256(byte[] data) => Convert.ToHexStringLower(SHA256.HashData(data));
}
