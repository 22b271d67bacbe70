using System.Buffers.Binary;
using System.Numerics;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// The format before xz, <c>.lzma</c> (rpm: <c>w5.lzdio</c>), decoded by the system's liblzma. It has no check of its own.
/// </summary>
public sealed class LzmaAloneCodec : ICodec
{
    public CompressionFormat Format => CompressionFormat.LzmaAlone;
    public string Name => "lzma";

    // lzma-file-format.txt: no magic; properties (lc=3 lp=0 pb=2 in all that is met), dictionary size, uncompressed size. The same
    // plausibility rules as liblzma's own decoder for unknown input (alone_decoder.c, picky).
    public bool Matches(ReadOnlySpan<byte> head)
    {
        if (head.Length < 13 || head[0] != 0x5D) { return false; }

        uint dictionary = BinaryPrimitives.ReadUInt32LittleEndian(head[1..]);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(head[5..]);
        bool plausibleDictionary = dictionary == uint.MaxValue || BitOperations.PopCount(dictionary) == 1
            || (BitOperations.PopCount(dictionary) == 2 && ((dictionary << 1) & dictionary) != 0);
        return plausibleDictionary && (size == ulong.MaxValue || size < 1UL << 38);
    }

    public bool ChecksContent(ReadOnlySpan<byte> head) => false;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
        => ReadAhead.Over(new LzmaAloneStream(compressed, displayName, options.DictionaryLimit), options);
}
