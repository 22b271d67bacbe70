using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Tests.Index;

/// <summary>Units of modpost, NAME.mod.c, in several modules: whatever of a later one is not read again must be what reading it would give.</summary>
public sealed class UnitBeginningTests
{
    private const ulong Data = 0xffffffff82000000;

    [Fact]
    public void What_two_modules_begin_with_is_one_definition_and_their_ends_are_their_own()
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first")), ("second", Module("second")), ("third", Module("third")));
        Assert.Equal("first", kernel.Struct("module").Module);
        Assert.Equal([("state", 0L), ("id", 8L), ("next", 16L)], kernel.Struct("module").Members.Select(m => (m.Name, m.ByteOffset)));
        foreach (string name in (string[])["first", "second", "third"])
        {
            TypeInfo own = kernel.Struct(name + "_own");
            Assert.Equal(name, own.Module);
            Assert.Equal(["count", "mod"], own.Members.Select(m => m.Name));
            Assert.Equal("id", kernel.TypeOf(own.Members[0]).Name);
            Assert.Equal(("module", 24L), (kernel.TypeOf(own.Members[1]).Name, kernel.TypeOf(own.Members[1]).ByteSize));
        }
    }

    [Fact]
    public void A_string_that_differs_is_another_member()
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first")), ("second", Module("second", member: "ident")));
        Assert.Equal([["id"], ["ident"]], kernel.Model.Definitions(TypeKind.Struct, "module").Select(t => t.Members.Skip(1).Take(1).Select(m => m.Name)));
        Assert.Equal("ident", kernel.TypeOf(kernel.Struct("second_own").Members[1]).Members[1].Name);
    }

    [Fact]
    public void A_byte_that_differs_is_another_offset()
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first")), ("second", Module("second", offset: 12)));
        Assert.Equal([8L, 12L], kernel.Model.Definitions(TypeKind.Struct, "module").Select(t => t.Members[1].ByteOffset));
        Assert.Equal(12, kernel.TypeOf(kernel.Struct("second_own").Members[1]).Members[1].ByteOffset);
    }

    // What stands before refers to the end, where the same place holds another type.
    [Fact]
    public void A_type_that_refers_to_what_differs_behind_it_differs_too()
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first", lateSize: 4)), ("second", Module("second", lateSize: 8)));
        Assert.Equal([4L, 8L], kernel.Model.Definitions(TypeKind.Typedef, "late_t").Select(t => t.ByteSize));
        Assert.Equal([4L, 8L], kernel.Model.Definitions(TypeKind.Struct, "late").Select(t => t.ByteSize));
    }

    // Neither type is used in the first module: the name is read when the second one uses it, from its own file. Short names stand in their DIEs (DW_FORM_string).
    [Theory]
    [InlineData("tiny", "u8")]
    [InlineData("unused", "unused")]
    public void A_type_that_only_the_later_module_uses_has_its_name(string type, string name)
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first")), ("second", Module("second", endType: type)));
        Assert.Equal(name, kernel.TypeOf(kernel.Struct("second_end").Members[0]).Name);
        Assert.Equal("id", kernel.Target(kernel.TypeOf(kernel.Struct("first_end").Members[0])).Name);
    }

    [Fact]
    public void Variables_behind_a_common_beginning_are_the_module_s_own()
    {
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", Empty()), ("first", Module("first", address: 0x10)), ("second", Module("second", address: 0x20)));
        Assert.Equal(
            [("first", Data + 0x10, "module"), ("second", Data + 0x20, "module")],
            kernel.Model.Variables("__this_module").OrderBy(v => v.Address).Select(v => (v.Module, v.Address, kernel.Model.Type(v.Type).Name)));
    }

    private static ElfBuilder Empty() => new DwarfBuilder().Unit(cu => cu.Base("int")).AddTo(new ElfBuilder());

    /// <summary>A unit before, whose strings come first in .debug_str and whose size depends on the name, then the one of modpost.</summary>
    private static ElfBuilder Module(string name, string member = "id", int offset = 8, int lateSize = 4, ulong address = 0, string endType = "pid")
    {
        DwarfBuilder dwarf = new DwarfBuilder()
            .Unit(cu => cu.Strp(DwAttribute.Name, $"drivers/{name}/main.c").Text(DwAttribute.Producer, name).Base(name + "_base"))
            .Unit(cu => cu.Strp(DwAttribute.Name, $"drivers/{name}/{name}.mod.c").Strp(DwAttribute.CompilationDirectory, "/build")
                .Base("int")
                .Base("unused")
                .Die(DwTag.BaseType, "tiny", t => t.Data1(DwAttribute.ByteSize, 1).Data1(DwAttribute.Encoding, 8).Text(DwAttribute.Name, "u8"))
                .Die(DwTag.Typedef, "id", t => t.Text(DwAttribute.Name, "id").Type("int"))
                .Pointer("pid", "id")
                .Struct("module", 24, s => s.Member("state", "int", 0).Member(member, "id", offset).Member("next", "pid", 16))
                .Die(DwTag.Variable, "declared", v => v.Strp(DwAttribute.Name, "__this_module").Type("module").Flag(DwAttribute.Declaration).Flag(DwAttribute.External))
                .Die(DwTag.Typedef, t => t.Strp(DwAttribute.Name, "late_t").Type("late"))
                .Struct("late", lateSize, s => s.Member("at", "int", 0))
                .Struct(name + "_own", 32, s => s.Member("count", "id", 0).Member("mod", "module", 8))
                .Struct(name + "_end", 8, s => s.Member("p", endType, 0))
                .Die(DwTag.Variable, v => v.Ref4(DwAttribute.Specification, "declared").Expr(DwAttribute.Location, e => e.Addr(Data + address))));
        return dwarf.AddTo(new ElfBuilder().Data(".data", Data, new byte[0x100]));
    }
}
