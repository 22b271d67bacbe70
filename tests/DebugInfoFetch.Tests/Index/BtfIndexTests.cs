using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.Index.Btf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Btf;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Index;

/// <summary>From a boot image's BTF and kallsyms, and modules' split BTF, to what is answered from them.</summary>
public sealed class BtfIndexTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly QuickKernel _kernel = new();
    private KernelCache? _model;

    [Fact]
    public void Layouts_hold_pointers_to_themselves_and_bit_fields()
    {
        KernelCache model = Index();
        TypeInfo page = Assert.Single(model.Definitions(TypeKind.Struct, "page"));
        Assert.Equal(["flags", "next", "order"], page.Members.Select(m => m.Name));
        Assert.Equal(page.Id, model.Type(model.Type(page.Members[1].Type).Target).Id);
        Assert.Equal((16, 128L, 3), (page.Members[2].ByteOffset, page.Members[2].BitOffset, page.Members[2].BitSize));
        Assert.Equal([8L, 8L, 0L], Offset(model, "page.next->next->flags").Place.Offsets);
        Assert.True(model.Kernel.IsFromBtf);
        Assert.Equal("abcd", Assert.Single(model.Modules).BuildId);
    }

    [Fact]
    public void A_module_has_its_own_types_and_vmlinuxs()
    {
        KernelCache model = Index(("m", _kernel.Module("mine", "mine_get")));
        Assert.Equal("m", Assert.Single(model.Definitions(TypeKind.Struct, "mine")).Module);
        Assert.Equal([8L, 0L], Offset(model, "mine.page->flags").Place.Offsets);
        Assert.Equal("p:mine_get m:mine_get page=%si flags=+0(%si):u64", Line(model, "mine_get", "page", "flags=page->flags"));
    }

    [Fact]
    public void Types_of_one_content_in_several_modules_are_one_and_of_one_name_stay_apart()
    {
        byte[] same = _kernel.Module("mine", "a");
        KernelCache model = Index(("a", same), ("b", _kernel.Module("mine", "b")), ("c", _kernel.Module("other", "c")));
        Assert.Single(model.Definitions(TypeKind.Struct, "mine"));
        Assert.Equal(4, model.Modules.Count);
    }

    [Fact]
    public void Arguments_are_where_the_calling_convention_puts_them()
    {
        int huge = _kernel.Btf.Int("__int128", 16), real = _kernel.Btf.Float("double", 8);
        int two = _kernel.Btf.Struct("two", 16, new MemberOf("a", _kernel.Long, 0), new MemberOf("b", _kernel.Long, 64));
        int three = _kernel.Btf.Struct("three", 24, new MemberOf("a", _kernel.Long, 0), new MemberOf("b", _kernel.Long, 64), new MemberOf("c", _kernel.Long, 128));
        int packed = _kernel.Btf.Struct("packed", 5, new MemberOf("a", _kernel.Btf.Int("char", 1), 0), new MemberOf("b", _kernel.Int, 8));
        (string, int)[] eight = [.. "abcdefgh".Select(c => (c.ToString(), _kernel.Long))];
        _kernel.Function("eight", eight);
        _kernel.Function("by_value", ("t", two), ("x", _kernel.Long), ("big", three), ("y", _kernel.Long));
        _kernel.Function("no_room", ("a", _kernel.Long), ("b", _kernel.Long), ("c", _kernel.Long), ("d", _kernel.Long), ("e", _kernel.Long), ("t", two), ("f", _kernel.Long));
        _kernel.Function("wide", ("w", huge), ("x", _kernel.Long));
        _kernel.Function("floating", ("x", _kernel.Long), ("d", real), ("y", _kernel.Long));
        _kernel.Function("unaligned", ("p", packed), ("x", _kernel.Long));
        _kernel.Btf.Function("returns_large", three, ("x", _kernel.Long));
        _kernel.Code("returns_large");
        KernelCache model = Index();
        Assert.Equal(["di", "si", "dx", "cx", "r8", "r9", "+8(sp)", "+16(sp)"], Places(model, "eight"));
        Assert.Equal(["InPieces", "dx", "+8(sp)", "cx"], Places(model, "by_value"));
        Assert.Equal(["di", "si", "dx", "cx", "r8", "+8(sp)", "r9"], Places(model, "no_room"));
        Assert.Equal(["InPieces", "dx"], Places(model, "wide"));
        Assert.Equal(["di", "Unsupported", "Unsupported"], Places(model, "floating"));
        Assert.Equal(["+8(sp)", "di"], Places(model, "unaligned"));
        Assert.Equal(["si"], Places(model, "returns_large"));
    }

    [Fact]
    public void A_function_that_exists_only_as_a_clone_is_refused_and_said_to()
    {
        _kernel.Btf.Function("stop", _kernel.Int, ("x", _kernel.Long));
        _kernel.Code("stop.isra.0", 't');
        ProbeAnswer.Refused refused = Refused(Index(), "stop", "x");
        Assert.Equal(RefusalReason.NeedsDebugInfo, refused.Reason);
        Assert.Equal("stop exists in this kernel only as stop.isra.0, of which BTF does not tell what the compiler did to its arguments: needs debuginfo", refused.Message);
        Assert.Equal(["dbgfetch fetch --kernel 6.12.9-amd64", "without arguments, or for registers: probe stop.isra.0"], refused.Hints);
    }

    [Fact]
    public void A_clone_that_BTF_does_not_list_is_said_to_be_one_too()
    {
        _kernel.Code("hidden.constprop.0", 't');
        Assert.Equal(RefusalReason.NeedsDebugInfo, Refused(Index(), "hidden").Reason);
    }

    [Theory]
    [InlineData("twice")]
    [InlineData("listed_twice")]
    [InlineData("beside")]
    public void Where_BTF_cannot_tell_functions_of_one_name_apart_arguments_are_refused(string name)
    {
        _kernel.Function("twice", ("x", _kernel.Long)).Code("twice", 't');
        _kernel.Function("listed_twice", ("x", _kernel.Long)).Btf.Function("listed_twice", _kernel.Int, ("y", _kernel.Long));
        _kernel.Function("beside", ("x", _kernel.Long)).Code("beside.isra.0", 't');
        Assert.Equal(RefusalReason.NeedsDebugInfo, Refused(Index(), name, "x").Reason);
    }

    [Fact]
    public void A_cold_part_is_no_other_function()
    {
        _kernel.Function("warm", ("x", _kernel.Long)).Code("warm.cold", 't');
        Assert.Equal("p:warm warm x=%di:u64", Line(Index(), "warm", "x"));
    }

    [Fact]
    public void Every_line_says_that_it_is_from_BTF_and_of_a_system_call_where_its_arguments_are()
    {
        _kernel.Function("__x64_sys_read", ("regs", _kernel.PagePointer));
        var lines = Assert.IsType<ProbeAnswer.Lines>(Ask(Index(), "__x64_sys_read", "regs"));
        Assert.Contains(lines.Notes, n => n.StartsWith("from BTF, without debug information", StringComparison.Ordinal));
        Assert.Contains(lines.Notes, n => n.Contains("the system call's own arguments are in that", StringComparison.Ordinal));
        Assert.Contains(lines.Notes, n => n.Contains("whether it has an ftrace site", StringComparison.Ordinal));
    }

    [Fact]
    public void An_element_but_the_first_is_refused_since_BTF_has_several_dimensions_as_one()
    {
        _kernel.Btf.Struct("grid", 24, new MemberOf("cells", _kernel.Btf.Array(_kernel.Int, 6), 0));
        KernelCache model = Index();
        Assert.Equal(0, Offset(model, "grid.cells[0]").Place.ByteOffset);
        var none = Assert.IsType<OffsetAnswer.NotFound>(new OffsetQuery(model).Answer("grid.cells[1]"));
        Assert.Contains("needs debuginfo", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_hold_themselves_are_a_fault()
    {
        _kernel.Btf.Struct("loop", 8, new MemberOf("self", 5, 0));
        Assert.Contains("type 5 holds itself: damaged", Fault(() => Index()), StringComparison.Ordinal);
    }

    [Fact]
    public void Symbols_of_another_kernel_than_the_image_are_a_fault()
    {
        byte[] image = _kernel.StrippedVmlinux(typesShift: 64);
        Assert.Contains("the symbols are of another kernel", Fault(() => KernelImage.Open("vmlinuz", image, null)), StringComparison.Ordinal);
        byte[] silent = _kernel.StrippedVmlinux(withKallsyms: false);
        Assert.Contains("no symbol table (kallsyms)", Fault(() => KernelImage.Open("vmlinuz", silent, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_split_from_another_kernels_BTF_is_a_fault()
    {
        byte[] module = _kernel.Module("mine", "f");
        using var writer = new CacheWriter(_folder["x.sqlite"]);
        var indexer = new BtfIndexer(writer);
        indexer.IndexTypes("vmlinux", "vmlinux", new BtfBuilder().Build());
        Assert.Contains("split from another kernel's BTF", Fault(() => indexer.IndexModule("m", "m.ko", ElfFile.Parse("m.ko", module))), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model?.Dispose();
        _folder.Dispose();
    }

    private KernelCache Index(params (string Name, byte[] Module)[] modules)
    {
        using (var writer = new CacheWriter(_folder["kernel.sqlite"]))
        {
            var indexer = new BtfIndexer(writer);
            KernelImage image = KernelImage.Open("vmlinuz", _kernel.BootImage(), null);
            Assert.Equal(("bzImage, zstd", "kallsyms"), (image.Wrapping, image.SymbolOrigin));
            indexer.IndexKernel("boot/vmlinuz", image);
            foreach ((string name, byte[] module) in modules) { indexer.IndexModule(name, name + ".ko", ElfFile.Parse(name + ".ko", module)); }
            indexer.Finish();
            writer.Commit(new KernelInfo { Release = "6.12.9-amd64", Architecture = "x86_64", Distribution = "debian", IsComplete = true, IsFromBtf = true });
        }

        return _model = KernelCache.Open(_folder["kernel.sqlite"]);
    }

    private static OffsetAnswer.Found Offset(KernelCache model, string path) => Assert.IsType<OffsetAnswer.Found>(new OffsetQuery(model).Answer(path));

    private static string[] Places(KernelCache model, string function)
    {
        string[] names = ["ax", "dx", "cx", "bx", "si", "di", "bp", "sp", "r8", "r9"];
        EntryInfo entry = Assert.Single(model.Entries(Assert.Single(model.Functions(function)).Id));
        return [.. entry.Places.Select(p => p.Kind switch
        {
            PlaceKind.Register => names[p.Register],
            PlaceKind.Memory => $"+{p.Value}({names[p.Register]})",
            _ => p.Kind.ToString(),
        })];
    }

    private static ProbeAnswer Ask(KernelCache model, string function, params string[] arguments)
        => new ProbeGenerator(model, KernelRules.Of(model.Kernel)).Generate(new ProbeRequest(function, arguments, null, null));

    private static string Line(KernelCache model, string function, params string[] arguments)
        => Assert.Single(Assert.IsType<ProbeAnswer.Lines>(Ask(model, function, arguments)).Definitions).ToDefinition();

    private static ProbeAnswer.Refused Refused(KernelCache model, string function, params string[] arguments)
        => Assert.IsType<ProbeAnswer.Refused>(Ask(model, function, arguments));

    private static string Fault(Func<object> act) => Assert.Throws<InputFaultException>(act).Message;
}
