using System.Text;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Image;

/// <summary>Which of the layouts that scripts/kallsyms.c had.</summary>
public enum KallsymsLayout
{
    /// <summary>Before 6.4: offsets, relative base, number, names, markers, tokens, index.</summary>
    Old,
    /// <summary>Before 4.6: whole addresses in the offsets' place.</summary>
    OldAbsolute,
    /// <summary>6.2 and 6.3: a sequence by name between markers and tokens.</summary>
    OldWithSequence,
    /// <summary>From 6.4 on: number, names, markers, tokens, index, offsets, relative base, sequence.</summary>
    New,
}

/// <summary>Assembles a kernel's own symbol table. Characters stand for themselves; code 1 is the token <c>vfs_</c>.</summary>
public sealed class KallsymsBuilder(KallsymsLayout layout = KallsymsLayout.New, bool absolutePerCpu = true)
{
    private const int SymbolsPerMarker = 256;
    private readonly List<(ulong Address, char Kind, string Name)> _symbols = [];

    public bool IsBigEndian { get; init; }

    /// <summary>As arm64 links it: the relative base is zero, and a relocation that comes later has it. The image begins at the base.</summary>
    public bool IsBaseRelocated { get; init; }

    public KallsymsBuilder Symbol(ulong address, char kind, string name)
    {
        _symbols.Add((address, kind, name));
        return this;
    }

    /// <summary>Some of them to fill the table, from an address on, 16 bytes apart.</summary>
    public KallsymsBuilder Fill(ulong from, int count)
    {
        for (int i = 0; i < count; i++) { Symbol(from + (16 * (ulong)i), 't', $"filler_{i}"); }
        return this;
    }

    /// <param name="relativeBase">The lowest address that is no per-CPU one.</param>
    public byte[] Build(ulong relativeBase)
    {
        (ulong Address, char Kind, string Name)[] symbols = [.. _symbols.OrderBy(s => s.Address)];
        var names = new ByteBuilder(IsBigEndian);
        var markers = new ByteBuilder(IsBigEndian);
        for (int i = 0; i < symbols.Length; i++)
        {
            if (i % SymbolsPerMarker == 0) { markers.U32((ulong)names.Length); }
            byte[] codes = [.. Encoding.ASCII.GetBytes($"{symbols[i].Kind}{symbols[i].Name}".Replace("vfs_", "\u0001", StringComparison.Ordinal))];
            if (codes.Length < 0x80) { names.U8((ulong)codes.Length); } else { names.U8((ulong)(codes.Length & 0x7f) | 0x80).U8((ulong)(codes.Length >> 7)); }
            names.Bytes(codes);
        }

        var tokens = new ByteBuilder(IsBigEndian);
        var index = new ByteBuilder(IsBigEndian);
        for (int code = 0; code < 256; code++)
        {
            index.U16((ulong)tokens.Length);
            tokens.Text(code == 1 ? "vfs_" : code is > 0x20 and < 0x7f ? ((char)code).ToString() : $"unused{code}");
        }

        var addresses = new ByteBuilder(IsBigEndian);
        foreach ((ulong address, _, _) in symbols) { Address(addresses, address, relativeBase); }
        var sequence = new ByteBuilder(IsBigEndian);
        for (int i = 0; i < symbols.Length; i++) { sequence.Bytes([(byte)(i >> 16), (byte)(i >> 8), (byte)i]); }

        // Something before and behind, as the tables lie amid other constants.
        var all = new ByteBuilder(IsBigEndian).Bytes(Encoding.ASCII.GetBytes("Linux version 6.12.9 (rodata)")).AlignTo(8);
        ByteBuilder Add(ByteBuilder part) => all.Bytes(part.ToArray()).AlignTo(8);
        bool isNew = layout == KallsymsLayout.New;
        if (!isNew)
        {
            Add(addresses);
            if (layout != KallsymsLayout.OldAbsolute) { all.U64(relativeBase); }
        }

        all.U32((ulong)symbols.Length).AlignTo(8);
        Add(names);
        Add(markers);
        if (layout == KallsymsLayout.OldWithSequence) { Add(sequence); }
        Add(tokens);
        Add(index);
        if (isNew)
        {
            Add(addresses);
            ulong baseAt = (ulong)all.Length;
            all.U64(IsBaseRelocated ? 0 : relativeBase);
            Add(sequence);
            // Elf64_Rela of type R_AARCH64_RELATIVE: another word's, and the base's.
            if (IsBaseRelocated) { all.U64(relativeBase + 8).U64(1027).U64(relativeBase + 64).U64(relativeBase + baseAt).U64(1027).U64(relativeBase); }
        }

        return all.Bytes(new byte[64]).ToArray();
    }

    private void Address(ByteBuilder addresses, ulong address, ulong relativeBase)
    {
        if (layout == KallsymsLayout.OldAbsolute) { addresses.U64(address); }
        else if (!absolutePerCpu) { addresses.U32((uint)(address - relativeBase)); }
        else { addresses.U32(address < relativeBase ? (uint)address : (uint)(relativeBase - 1 - address)); }
    }
}
