using System.Text;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.TestKit.Image;

namespace DebugInfoFetch.Formats.Tests.Image;

public sealed class KallsymsTests
{
    private const ulong Text = 0xffffffff81000000;

    [Theory]
    [InlineData(KallsymsLayout.Old, true)]
    [InlineData(KallsymsLayout.Old, false)]
    [InlineData(KallsymsLayout.OldAbsolute, true)]
    [InlineData(KallsymsLayout.OldWithSequence, true)]
    [InlineData(KallsymsLayout.New, true)]
    [InlineData(KallsymsLayout.New, false)]
    public void Names_kinds_and_addresses_come_out_of_each_layout(KallsymsLayout layout, bool absolutePerCpu)
    {
        KallsymsBuilder builder = Sample(layout, absolutePerCpu);
        if (absolutePerCpu) { builder.Symbol(0x1000, 'A', "cpu_info"); }
        KernelSymbolList symbols = Kallsyms.Read(builder.Build(Text))!;
        Assert.Equal(absolutePerCpu ? 604 : 603, symbols.Symbols.Count);
        Assert.Equal(Text, symbols.AddressOf("_text"u8));
        Assert.Equal(Text + 0x100_0000, symbols.AddressOf("vfs_read"u8));
        Assert.Equal(absolutePerCpu ? 0x1000ul : null, symbols.AddressOf("cpu_info"u8));
        Assert.Null(symbols.AddressOf("vfs_rea"u8));
        KernelSymbol last = symbols.Symbols[^1];
        Assert.Equal(('T', "vfs_read"), (last.Kind, NameOf(symbols, last)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_base_that_only_a_relocation_has_is_found_there(bool isBigEndian)
    {
        var builder = new KallsymsBuilder(KallsymsLayout.New, absolutePerCpu: false) { IsBaseRelocated = true, IsBigEndian = isBigEndian };
        byte[] image = builder.Fill(Text, 600).Symbol(Text + 0x100_0000, 'T', "vfs_read").Build(Text);
        Assert.Equal(Text + 0x100_0000, Kallsyms.Read(image, isBigEndian)!.AddressOf("vfs_read"u8));
        // Without it there are no addresses, and so no symbols.
        image.AsSpan()[^(64 + 24)..^64].Clear();
        Assert.Null(Kallsyms.Read(image, isBigEndian));
    }

    [Fact]
    public void Names_of_128_bytes_and_more_have_a_length_of_two_bytes()
    {
        string name = "r" + new string('u', 200);
        KernelSymbolList symbols = Kallsyms.Read(Sample(KallsymsLayout.New, true).Symbol(Text + 0x200_0000, 't', name).Build(Text))!;
        Assert.Equal(Text + 0x200_0000, symbols.AddressOf(Encoding.ASCII.GetBytes(name)));
    }

    [Fact]
    public void Tables_that_do_not_agree_are_not_believed()
    {
        byte[] image = Sample(KallsymsLayout.New, true).Build(Text);
        Assert.NotNull(Kallsyms.Read(image));
        // Each byte of the tables' head: number, names and markers must fit each other.
        int tokens = image.AsSpan().IndexOf("unused0"u8);
        for (int at = 32; at < tokens; at += 61)
        {
            byte[] damaged = [.. image];
            damaged[at] ^= 0x41;
            if (Kallsyms.Read(damaged) is { } symbols) { Assert.Equal(603, symbols.Symbols.Count); }
        }

        // Addresses that do not ascend.
        byte[] shuffled = [.. image];
        int offsets = tokens;
        while (BitConverter.ToUInt64(shuffled, offsets & ~7) != Text) { offsets += 8; }
        BitConverter.TryWriteBytes(shuffled.AsSpan((offsets & ~7) - 800), -5);
        Assert.Null(Kallsyms.Read(shuffled));
        Assert.Null(Kallsyms.Read(new byte[4096]));
        Assert.Null(Kallsyms.Read(image.AsSpan(0, image.Length / 2)));
    }

    [Fact]
    public void System_map_is_read_and_a_note_in_its_place_is_none()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 1500; i++) { text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{Text + (16 * (ulong)i):x16} T f{i}\n"); }
        KernelSymbolList map = SystemMap.Parse("System.map", Encoding.ASCII.GetBytes(text.ToString()))!;
        Assert.Equal((1500, (ulong?)(Text + 160)), (map.Symbols.Count, map.AddressOf("f10"u8)));
        Assert.Null(SystemMap.Parse("System.map", "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n"u8));
        Assert.Throws<DebugInfoFetch.Formats.Binary.InputFaultException>(() => SystemMap.Parse("System.map", "<html>\n"u8));
    }

    private static KallsymsBuilder Sample(KallsymsLayout layout, bool absolutePerCpu)
        => new KallsymsBuilder(layout, absolutePerCpu).Symbol(Text, 'T', "_text").Symbol(Text, 'T', "_stext").Symbol(Text + 0x100_0000, 'T', "vfs_read").Fill(Text + 0x100, 600);

    private static string NameOf(KernelSymbolList symbols, KernelSymbol symbol)
    {
        ReadOnlySpan<byte> text = symbols.Names.Span[symbol.NameAt..];
        return Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
    }
}
