using System.Buffers.Binary;

namespace DebugInfoFetch.Formats.Image;

/// <summary>
/// The symbol table that the kernel carries for itself (scripts/kallsyms.c, kernel/kallsyms.c). It has no header and no fixed place: the tables are
/// found by what they must look like, as vmlinux-to-elf does, and believed only when all of them agree with each other.
/// </summary>
/// <remarks>
/// <para>Names are compressed: a byte stands for one of 256 tokens. The tables follow one another, each aligned to 8 bytes:</para>
/// <para>before 6.4: offsets (or addresses), relative base, number, names, markers, (6.2: sequence,) tokens, token index;</para>
/// <para>from 6.4 on (404bad70fcf7): number, names, markers, tokens, token index, offsets, relative base, sequence.</para>
/// </remarks>
public sealed class Kallsyms
{
    private const int Tokens = 256, SymbolsPerMarker = 256;
    private const uint FewestSymbols = 64, MostSymbols = 4_000_000;
    // A symbol's name takes between two bytes (a length and one token) and, on average, far less than these.
    private const int MostBytesPerName = 64;

    private Kallsyms(int tokensAt, int indexAt, int numberAt, int namesAt, int namesSize, int count)
    {
        TokensAt = tokensAt;
        _indexAt = indexAt;
        _numberAt = numberAt;
        NamesAt = namesAt;
        _namesSize = namesSize;
        Count = count;
    }

    private readonly int _indexAt, _numberAt, _namesSize;

    public int TokensAt { get; }
    public int NamesAt { get; }
    public int Count { get; }

    /// <summary>Finds and decodes the tables.</summary>
    /// <param name="image">What holds them: .rodata, or the whole image. Tables are aligned relative to its start.</param>
    /// <returns>Null when there are none, or none that agree.</returns>
    public static KernelSymbolList? Read(ReadOnlySpan<byte> image, bool bigEndian = false)
    {
        var view = new View(image, bigEndian);
        for (int from = 0; FindTokens(view, ref from) is { } tokens;)
        {
            if (FindNames(view, tokens.At, tokens.IndexAt) is { } found && found.Decode(view) is { } symbols) { return symbols; }
        }

        return null;
    }

    /// <summary>
    /// The characters of symbols stand for themselves, so that "0\0", "1\0" to "9\0" follow one another; the index behind the table must have the
    /// offset of each of the 256 tokens.
    /// </summary>
    private static (int At, int IndexAt)? FindTokens(View view, ref int from)
    {
        ReadOnlySpan<byte> digits = "0\01\02\03\04\05\06\07\08\09\0"u8;
        while (from < view.Bytes.Length)
        {
            int found = view.Bytes[from..].IndexOf(digits);
            if (found < 0) { return null; }
            int zero = from + found, end = zero;
            from = zero + 1;
            for (int token = '0'; token < Tokens && end >= 0; token++) { end = view.EndOfString(end, 64); }
            if (end < 0) { continue; }
            foreach (int alignment in (ReadOnlySpan<int>)[8, 4])
            {
                int index = Align(end, alignment);
                if (!view.Holds(index, Tokens * 2)) { continue; }
                int at = zero - view.Half(index + ('0' * 2));
                if (at >= 0 && IsIndexOf(view, at, index)) { return (at, index); }
            }
        }

        return null;
    }

    private static bool IsIndexOf(View view, int tokens, int index)
    {
        int at = tokens;
        for (int token = 0; token < Tokens; token++)
        {
            if (at < 0 || view.Half(index + (token * 2)) != at - tokens) { return false; }
            at = view.EndOfString(at, 64);
        }

        return true;
    }

    /// <summary>Goes back from the tokens: a number of symbols, so many names, and behind them the markers, which count the bytes of 256 names each.</summary>
    private static Kallsyms? FindNames(View view, int tokensAt, int indexAt)
    {
        int lowest = (int)Math.Max(8, tokensAt - ((long)MostSymbols * 16));
        for (int namesAt = tokensAt & ~7; namesAt >= lowest; namesAt -= 8)
        {
            uint count = view.Word(namesAt - 8);
            int room = tokensAt - namesAt;
            if (count is < FewestSymbols or > MostSymbols || count > room / 2 || room > (long)count * MostBytesPerName) { continue; }
            if (NamesSize(view, namesAt, tokensAt, (int)count) is { } size) { return new Kallsyms(tokensAt, indexAt, namesAt - 8, namesAt, size, (int)count); }
        }

        return null;
    }

    /// <summary>Bytes of the names, when markers that fit them follow; else null.</summary>
    private static int? NamesSize(View view, int namesAt, int limit, int count)
    {
        int at = namesAt, first = 0;
        for (int i = 0; i < count; i++)
        {
            if (i == SymbolsPerMarker) { first = at - namesAt; }
            int next = NextName(view, at, limit, out int length);
            if (length == 0 || next > limit) { return null; }
            at = next;
        }

        // u32 since 4.20, words before.
        foreach (int width in (ReadOnlySpan<int>)[4, 8])
        {
            int markers = Align(at, 8);
            int number = (count + SymbolsPerMarker - 1) / SymbolsPerMarker;
            if (markers + ((long)number * width) > limit || view.Unsigned(markers, width) != 0) { continue; }
            if (number > 1 && view.Unsigned(markers + width, width) != (ulong)first) { continue; }
            if (MarkersFit(view, namesAt, markers, width, count)) { return at - namesAt; }
        }

        return null;
    }

    private static bool MarkersFit(View view, int namesAt, int markers, int width, int count)
    {
        int at = namesAt;
        for (int i = 0; i < count; i++)
        {
            if (i % SymbolsPerMarker == 0 && view.Unsigned(markers + (i / SymbolsPerMarker * width), width) != (ulong)(at - namesAt)) { return false; }
            at = NextName(view, at, view.Bytes.Length, out _);
        }

        return true;
    }

    /// <summary>A length, and so many tokens. Since 6.1 a length of 128 or more takes two bytes (73bbb94466fd).</summary>
    private static int NextName(View view, int at, int limit, out int length)
    {
        length = 0;
        if (at + 2 > limit) { return int.MaxValue; }
        length = view.Bytes[at++];
        if (length >= 0x80) { length = (length & 0x7f) | (view.Bytes[at++] << 7); }
        return at + length;
    }

    private KernelSymbolList? Decode(View view)
    {
        ulong[]? addresses = Addresses(view);
        if (addresses is null) { return null; }
        int[] tokenAt = new int[Tokens], tokenLength = new int[Tokens];
        for (int i = 0; i < Tokens; i++)
        {
            tokenAt[i] = TokensAt + view.Half(_indexAt + (i * 2));
            tokenLength[i] = view.EndOfString(tokenAt[i], 64) - 1 - tokenAt[i];
        }

        var symbols = new KernelSymbol[Count];
        byte[] names = new byte[Count * 32];
        int used = 0, at = NamesAt;
        for (int i = 0; i < Count; i++)
        {
            int next = NextName(view, at, view.Bytes.Length, out int length), start = used;
            foreach (byte token in view.Bytes.Slice(next - length, length))
            {
                if (used + tokenLength[token] + 1 > names.Length) { Array.Resize(ref names, names.Length * 2); }
                view.Bytes.Slice(tokenAt[token], tokenLength[token]).CopyTo(names.AsSpan(used));
                used += tokenLength[token];
            }

            // The first character is the kind; a name has at least one more, of those that symbols are made of.
            if (used - start < 2 || names.AsSpan(start, used - start).ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)) { return null; }
            symbols[i] = new KernelSymbol(addresses[i], (char)names[start], start + 1);
            if (used == names.Length) { Array.Resize(ref names, names.Length * 2); }
            names[used++] = 0;
            at = next;
        }

        return new KernelSymbolList(symbols, names.AsMemory(0, used));
    }

    /// <summary>The addresses, by whichever of the layouts gives ascending ones, as the table is sorted.</summary>
    private ulong[]? Addresses(View view)
    {
        int tables = Align(_indexAt + (Tokens * 2), 8), offsetsSize = Align(Count * 4, 8);
        return Relative(view, tables, tables + offsetsSize)
            ?? Relative(view, _numberAt - 8 - offsetsSize, _numberAt - 8)
            ?? Absolute(view, _numberAt - (Count * 8));
    }

    private ulong[]? Relative(View view, int offsetsAt, int baseAt)
    {
        if (offsetsAt < 0 || !view.Holds(offsetsAt, Count * 4) || !view.Holds(baseAt, 8)) { return null; }
        ulong basis = view.Long(baseAt);
        if (basis == 0) { basis = RelocatedBase(view, baseAt); }
        // A kernel's own addresses are those of the upper half.
        if (basis >> 63 == 0) { return null; }
        // CONFIG_KALLSYMS_ABSOLUTE_PERCPU (x86 before 6.15): what is not negative is the value itself, and the last is negative, being no per-CPU symbol.
        bool hasAbsolute = (int)view.Word(offsetsAt + ((Count - 1) * 4)) < 0;
        ulong[] addresses = new ulong[Count];
        for (int i = 0; i < Count; i++)
        {
            int offset = (int)view.Word(offsetsAt + (i * 4));
            addresses[i] = !hasAbsolute ? basis + (uint)offset : offset >= 0 ? (ulong)offset : basis - 1 - (ulong)(long)offset;
        }

        return IsAscending(addresses) ? addresses : null;
    }

    /// <summary>
    /// A relocatable arm64 kernel is linked with <c>--no-apply-dynamic-relocs</c>: the word is zero in the image, and an R_AARCH64_RELATIVE in it has the value (_text), which is
    /// also what the image's first byte is at. So place less value is where the word lies.
    /// </summary>
    /// <returns>0 when there is none.</returns>
    private static ulong RelocatedBase(View view, int baseAt)
    {
        // Elf64_Rela: r_offset, r_info (type 1027, symbol 0), r_addend.
        ReadOnlySpan<byte> info = view.IsBigEndian ? [0, 0, 0, 0, 0, 0, 4, 3] : [3, 4, 0, 0, 0, 0, 0, 0];
        for (int at = 8, found; at <= view.Bytes.Length - 16 && (found = view.Bytes[at..^8].IndexOf(info)) >= 0; at++)
        {
            at += found;
            ulong value = view.Long(at + 8);
            if (value >> 63 != 0 && view.Long(at - 8) - value == (ulong)baseAt) { return value; }
        }

        return 0;
    }

    private ulong[]? Absolute(View view, int at)
    {
        if (at < 0) { return null; }
        ulong[] addresses = new ulong[Count];
        for (int i = 0; i < Count; i++) { addresses[i] = view.Long(at + (i * 8)); }
        return IsAscending(addresses) ? addresses : null;
    }

    private static bool IsAscending(ulong[] addresses)
    {
        for (int i = 1; i < addresses.Length; i++)
        {
            if (addresses[i] < addresses[i - 1]) { return false; }
        }

        return addresses[^1] > addresses[0];
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) & -alignment;

    /// <summary>The image with its byte order.</summary>
    private readonly ref struct View(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        public ReadOnlySpan<byte> Bytes { get; } = bytes;
        public bool IsBigEndian => bigEndian;

        public bool Holds(int at, int size) => at >= 0 && size >= 0 && at <= Bytes.Length - size;
        public int Half(int at) => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(Bytes[at..]);
        public uint Word(int at) => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(Bytes[at..]);
        public ulong Long(int at) => bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(Bytes[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(Bytes[at..]);
        public ulong Unsigned(int at, int width) => width == 4 ? Word(at) : Long(at);

        /// <summary>Behind the NUL of the string that begins there; -1 when it is empty or has no end within reach.</summary>
        public int EndOfString(int at, int reach)
        {
            if (at >= Bytes.Length) { return -1; }
            int length = Bytes[at..Math.Min(Bytes.Length, at + reach)].IndexOf((byte)0);
            return length <= 0 ? -1 : at + length + 1;
        }
    }
}
