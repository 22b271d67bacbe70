using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;

namespace DebugInfoFetch.Index;

/// <summary>
/// The content hashes of one file's strings, and their numbers in the <see cref="NameTable"/> once somebody asks. All of .debug_str is hashed in
/// one pass from front to back, which costs less than the cache misses of hashing a string when it is first met. Shared by the workers of a file.
/// </summary>
internal sealed class FileStrings(NameTable names)
{
    private const int TailsLog = 15;
    private readonly OffsetIndex _starts = new();
    private readonly Tail[] _tails = new Tail[1 << TailsLog];
    private ulong[] _hashes = [];
    // 0 while the name has not been interned, else its number + 1. Two workers may both write the same number.
    private int[] _ids = [];
    private DwarfSections _sections = null!;
    // How many files were opened: what is kept of another one has another key.
    private ulong _generation;

    /// <summary>A hash, and the same with the string's key in it: of two workers that write here at once, half a pair each fits no key.</summary>
    private struct Tail
    {
        public ulong Hash, Check;
    }

    /// <summary>Starts on another file: offsets mean other strings there.</summary>
    public void Open(DwarfSections sections)
    {
        _sections = sections;
        _generation++;
        ReadOnlySpan<byte> text = sections.Str.Span;
        MarkStarts(text);
        int count = _starts.Complete();
        if (_hashes.Length < count)
        {
            _hashes = GC.AllocateUninitializedArray<ulong>(count + (count >> 2));
            _ids = GC.AllocateUninitializedArray<int>(_hashes.Length);
        }

        // Also of a new array: pages that are read before they are written cost the system twice.
        Array.Clear(_ids, 0, count);
        HashAll(text, _hashes.AsSpan(0, count));
    }

    /// <summary>Starts on another file of which few strings will be asked for: each is then hashed when it is.</summary>
    public void OpenUnhashed(DwarfSections sections)
    {
        _sections = sections;
        _generation++;
        _starts.Reset(0);
        _starts.Complete();
    }

    /// <param name="reference">A <see cref="StringReference"/>, or <see cref="StringReference.None"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Hash(ulong reference)
    {
        int ordinal = reference <= int.MaxValue ? _starts.Find((int)reference) : -1;
        return ordinal >= 0 ? _hashes[ordinal] : HashElsewhere(reference);
    }

    /// <summary>The number of the name; 0 for none.</summary>
    public int Id(ulong reference)
    {
        if (reference == StringReference.None) { return 0; }
        int ordinal = reference <= int.MaxValue ? _starts.Find((int)reference) : -1;
        if (ordinal < 0) { return names.Intern(Bytes(reference)); }
        ref int id = ref _ids[ordinal];
        if (id == 0) { id = (names.Find(_hashes[ordinal]) is >= 0 and int known ? known : names.Intern(Bytes(reference), _hashes[ordinal])) + 1; }
        return id - 1;
    }

    public ReadOnlySpan<byte> Bytes(ulong reference) => reference == StringReference.None ? default : new StringReference(reference).Read(_sections);

    /// <summary>A string that stands in its DIE, in another section, or is the end of a longer one (linkers share those).</summary>
    private ulong HashElsewhere(ulong reference)
    {
        if (reference == StringReference.None) { return 0; }
        var text = new StringReference(reference);
        if (!text.IsInline) { return HashTail(text); }
        if (text.Offset + sizeof(ulong) <= (ulong)_sections.Info.Length)
        {
            ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(_sections.Info.Span[(int)text.Offset..]);
            int length = ShortText.LengthOf(bytes);
            if (length >= 0) { return ContentHash.OfShort(bytes, length); }
        }

        return ContentHash.Of(text.Read(_sections));
    }

    /// <summary>Common names are the end of a longer one in every unit: their hashes are kept, as far as they do not get into each other's way.</summary>
    private ulong HashTail(StringReference text)
    {
        ulong key = text.Encoded ^ (_generation << 40);
        ref Tail tail = ref _tails[(key * 0x9e3779b97f4a7c15) >> (64 - TailsLog)];
        ulong hash = Volatile.Read(ref tail.Hash);
        if ((hash ^ Volatile.Read(ref tail.Check)) == key) { return hash; }
        hash = ContentHash.Of(text.Read(_sections));
        Volatile.Write(ref tail.Hash, hash);
        Volatile.Write(ref tail.Check, hash ^ key);
        return hash;
    }

    /// <summary>A string starts behind each NUL but the last.</summary>
    private void MarkStarts(ReadOnlySpan<byte> text)
    {
        // What follows the last NUL has no end: whoever refers to it gets the fault.
        int end = text.LastIndexOf((byte)0) + 1;
        _starts.Reset(end);
        if (end == 0) { return; }
        ref byte first = ref MemoryMarshal.GetReference(text);
        ulong carried = 1;
        int at = 0;
        for (; at + 64 <= end; at += 64)
        {
            ulong ends = Vector512.Equals(Vector512.LoadUnsafe(ref first, (nuint)at), Vector512<byte>.Zero).ExtractMostSignificantBits();
            _starts.MarkGroup(at >> 6, (ends << 1) | carried);
            carried = ends >> 63;
        }

        ulong tail = carried;
        for (int i = at; i + 1 < end; i++) { tail |= text[i] == 0 ? 2ul << (i - at) : 0; }
        // When a group ends exactly at the end, the carried mark is that of no string.
        if (at < end) { _starts.MarkGroup(at >> 6, tail); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void HashAll(ReadOnlySpan<byte> text, Span<ulong> hashes)
    {
        // Each string ends with the NUL before the next one's start.
        int ordinal = -1, start = 0;
        for (int group = 0; group < _starts.GroupCount; group++)
        {
            for (ulong marks = _starts.Group(group); marks != 0; marks &= marks - 1)
            {
                int next = (group << 6) + BitOperations.TrailingZeroCount(marks);
                if (ordinal >= 0) { hashes[ordinal] = ContentHash.Of(text[start..(next - 1)]); }
                (ordinal, start) = (ordinal + 1, next);
            }
        }

        if (ordinal >= 0) { hashes[ordinal] = ContentHash.Of(text[start..text.LastIndexOf((byte)0)]); }
    }
}
