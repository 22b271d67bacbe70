using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.TestKit.Btf;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Image;

/// <summary>arm64's Image has no sections and no addresses: its own symbols tell them.</summary>
public sealed class Arm64ImageTests
{
    private const ulong Start = 0xffff800080000000;
    private const int TextAt = 0x1000, ReadOnlyAt = 0x3000, TypesAt = 0x8000, InitAt = 0x9000, DataAt = 0xa000, End = 0xc000, Held = 0xb000;

    [Fact]
    public void Sections_symbols_and_BTF_are_found_by_the_linker_scripts_symbols()
    {
        KernelImage image = KernelImage.Open("vmlinuz", BootImageBuilder.Zboot(Compressors.Gzip(Image()), "gzip"), null);
        Assert.Equal(("EFI zboot, gzip", "kallsyms"), (image.Wrapping, image.SymbolOrigin));
        Assert.Equal(ElfMachine.AArch64, image.File.Machine);
        Assert.Equal((".text", true), (image.File.SectionAt(Start + TextAt + 0x100)!.Name, image.File.SectionAt(Start + TextAt)!.IsExecutable));
        Assert.Equal(".rodata", image.File.SectionAt(Start + TypesAt)!.Name);
        Assert.Equal(".init.text", image.File.SectionAt(Start + InitAt)!.Name);
        Assert.Equal((".bss", false), (image.File.SectionAt(Start + End - 1)!.Name, image.File.SectionAt(Start + End - 1)!.HasBytes));
        Assert.Equal(BtfKind.Int, BtfFile.Parse("vmlinuz", ".BTF", image.Btf).Type(1).Kind);
        ElfSymbol read = Assert.Single(image.Symbols, s => image.Names.Span[(int)s.NameOffset..].StartsWith("vfs_read\0"u8));
        Assert.Equal((Start + TextAt + 0x40, SymbolType.Function, SymbolBinding.Global, 0xC0ul), (read.Address, read.Type, read.Binding, read.ByteSize));
    }

    [Fact]
    public void Symbols_that_do_not_span_the_image_are_a_fault()
    {
        byte[] longer = [.. Image(), .. new byte[0x4000]];
        Assert.Contains("_text and _end do not fit", Assert.Throws<InputFaultException>(() => KernelImage.Open("Image", longer, null)).Message, StringComparison.Ordinal);
    }

    private static byte[] Image()
    {
        var btf = new BtfBuilder();
        btf.Int("int", 4, encoding: 1);
        byte[] types = btf.Build();
        byte[] kallsyms = new KallsymsBuilder(absolutePerCpu: false)
            .Symbol(Start, 'T', "_text").Symbol(Start + TextAt, 'T', "_stext").Symbol(Start + TextAt + 0x40, 'T', "vfs_read").Fill(Start + TextAt + 0x100, 200)
            .Symbol(Start + ReadOnlyAt, 'D', "_etext").Symbol(Start + TypesAt, 'R', "__start_BTF").Symbol(Start + TypesAt + (ulong)types.Length, 'R', "__stop_BTF")
            .Symbol(Start + InitAt, 'T', "__inittext_begin").Symbol(Start + InitAt + 0x800, 'T', "__inittext_end").Symbol(Start + DataAt, 'D', "_sdata")
            .Symbol(Start + Held, 'B', "__bss_start").Symbol(Start + End, 'B', "_end").Build(Start);
        byte[] image = new byte[Held];
        BootImageBuilder.Arm64Header(End).CopyTo(image, 0);
        Assert.True(kallsyms.Length < TypesAt - ReadOnlyAt, $"{kallsyms.Length} bytes of kallsyms");
        kallsyms.CopyTo(image, ReadOnlyAt);
        types.CopyTo(image, TypesAt);
        return image;
    }
}
