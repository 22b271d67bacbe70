using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Tests.Index;

public sealed class TypeTests
{
    [Fact]
    public void A_struct_has_its_members_in_order_with_offsets_and_place_of_declaration()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Strp(DwAttribute.Name, "fs/x.c").Strp(DwAttribute.CompilationDirectory, "/build/linux")
            .Lines(t => t.Directory("/build/linux").File("fs/x.c").File("/build/linux/include/linux/x.h"))
            .Base("int")
            .Die(DwTag.StructureType, s => s.Strp(DwAttribute.Name, "x").Data1(DwAttribute.ByteSize, 8).Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 42)
                .Member("a", "int", 0)
                .Member("b", "int", 4)));
        TypeInfo type = kernel.Struct("x");
        Assert.Equal((8L, "include/linux/x.h:42", "vmlinux", false), (type.ByteSize, type.DeclaredAt.ToString(), type.Module, type.IsReference));
        Assert.Equal([("a", 0L), ("b", 4L)], type.Members.Select(m => (m.Name, m.ByteOffset)));
        TypeInfo member = kernel.TypeOf(type.Members[0]);
        Assert.Equal(("int", TypeKind.Base, 4L, BaseEncoding.Signed), (member.Name, member.Kind, member.ByteSize, member.Encoding));
    }

    [Fact]
    public void Bit_field_with_DW_AT_data_bit_offset_counts_from_start_of_struct()
    {
        foreach (bool bigEndian in (bool[])[false, true])
        {
            using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder(bigEndian).Unit(cu => cu
                .Base("int")
                .Struct("s", 8, s => s
                    .Member("plain", "int", 0)
                    .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "bits").Type("int").Data1(DwAttribute.BitSize, 3).Data1(DwAttribute.DataBitOffset, 43)))));
            MemberInfo bits = kernel.Struct("s").Members[1];
            Assert.Equal((43L, 3, 5L), (bits.BitOffset, bits.BitSize, bits.ByteOffset));
        }
    }

    // DWARF 3 §5.5.6: bits between the most significant bit of the storage unit and that of the field. A field of 3 bits that starts
    // 11 bits into the struct, in a storage unit of 4 bytes at offset 0, is at 32 - 11 - 3 = 18 in little endian, 11 in big endian.
    [Theory]
    [InlineData(false, 18)]
    [InlineData(true, 11)]
    public void Bit_field_with_DW_AT_bit_offset_counts_from_the_most_significant_bit_of_its_storage(bool bigEndian, int bitOffset)
    {
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder(bigEndian).Unit(new UnitForm { Version = 4 }, cu => cu
            .Base("int")
            .Struct("s", 8, s => s
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "bits").Type("int").Data1(DwAttribute.ByteSize, 4).Data1(DwAttribute.BitSize, 3)
                    .Data1(DwAttribute.BitOffset, (ulong)bitOffset).Data1(DwAttribute.DataMemberLocation, 0))
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "later").Type("int").Data1(DwAttribute.ByteSize, 4).Data1(DwAttribute.BitSize, 3)
                    .Data1(DwAttribute.BitOffset, (ulong)bitOffset).Data1(DwAttribute.DataMemberLocation, 4)))));
        IReadOnlyList<MemberInfo> members = kernel.Struct("s").Members;
        Assert.Equal((11L, 3, 1L), (members[0].BitOffset, members[0].BitSize, members[0].ByteOffset));
        Assert.Equal((43L, 5L), (members[1].BitOffset, members[1].ByteOffset));
    }

    [Fact]
    public void A_member_location_may_be_an_expression_as_in_DWARF_2()
    {
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(new UnitForm { Version = 2 }, cu => cu
            .Base("int")
            .Struct("s", 255, s => s.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "far").Type("int").Block1(DwAttribute.DataMemberLocation, 0x23, 0x80, 0x01)))));
        Assert.Equal(128, kernel.Struct("s").Members[0].ByteOffset);
    }

    [Fact]
    public void A_member_location_that_is_no_constant_is_a_fault()
        => AssertFault("member location that is no constant", cu => cu.Base("int")
            .Struct("s", 4, s => s.Die(DwTag.Member, m => m.Type("int").Block1(DwAttribute.DataMemberLocation, 0x06))));

    // As zstd declares its own: the struct points at itself through the typedef that others hold it by.
    [Fact]
    public void A_struct_is_the_same_whether_it_is_met_first_or_through_a_typedef_that_it_points_at()
    {
        static DieBuilder Node(DieBuilder cu) => cu.Struct("node", 8, s => s.Member("next", "node_tp", 0));
        static DieBuilder User(DieBuilder cu) => cu.Struct("user", 8, s => s.Member("node", "node_t", 0));
        static DieBuilder Typedef(DieBuilder cu) => cu.Die(DwTag.Typedef, "node_t", t => t.Strp(DwAttribute.Name, "node_t").Type("node")).Pointer("node_tp", "node_t");
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(cu => User(Typedef(Node(cu)))).Unit(cu => Node(Typedef(User(cu)))));
        Assert.Single(kernel.Model.Definitions(TypeKind.Struct, "node"));
        Assert.Single(kernel.Model.Definitions(TypeKind.Struct, "user"));
    }

    [Fact]
    public void Anonymous_structs_and_unions_stay_nested()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int")
            .Struct("outer", 16, s => s
                .Die(DwTag.Member, m => m.Type("union").Data1(DwAttribute.DataMemberLocation, 8))
                .Die(DwTag.UnionType, "union", u => u.Data1(DwAttribute.ByteSize, 8)
                    .Die(DwTag.Member, m => m.Type("inner"))
                    .Die(DwTag.StructureType, "inner", i => i.Data1(DwAttribute.ByteSize, 8)
                        .Member("deep", "int", 4)))));
        MemberInfo union = Assert.Single(kernel.Struct("outer").Members);
        Assert.Equal(("", 8L), (union.Name, union.ByteOffset));
        MemberInfo inner = Assert.Single(kernel.TypeOf(union).Members);
        Assert.Equal((TypeKind.Union, 0L), (kernel.TypeOf(union).Kind, inner.ByteOffset));
        Assert.Equal(("deep", 4L), Assert.Single(kernel.TypeOf(inner).Members.Select(m => (m.Name, m.ByteOffset))));
    }

    // Parts of one type stand side by side: those of an outer type are moved each time that one inside it is over.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void Members_before_between_and_behind_types_declared_inside_keep_their_order(int inside)
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int")
            .Struct("outer", 255, s => Enumerable.Range(0, inside).Aggregate(s, (outer, i) => outer
                .Member($"m{i}", "int", i)
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, $"bits{i}").Type("int").Data1(DwAttribute.BitSize, 3).Data1(DwAttribute.DataBitOffset, 5))
                .Struct($"inner{i}", 8, t => t.Member($"first{i}", "int", 0).Member($"second{i}", "int", 4)))
                .Member("last", "int", 200))
            .Struct("behind", 4, s => s.Member("only", "int", 0)));
        Assert.Equal([.. Enumerable.Range(0, inside).SelectMany(i => (string[])[$"m{i}", $"bits{i}"]), "last"], kernel.Struct("outer").Members.Select(m => m.Name));
        for (int i = 0; i < inside; i++) { Assert.Equal([$"first{i}", $"second{i}"], kernel.Struct($"inner{i}").Members.Select(m => m.Name)); }
        Assert.Equal(["only"], kernel.Struct("behind").Members.Select(m => m.Name));
    }

    // What a worker keeps of a larger file before must not be taken for names of this one.
    [Fact]
    public void Room_that_is_left_for_members_holds_none()
    {
        ElfBuilder large = new DwarfBuilder().Unit(cu => cu.Base("int").Struct("filler", 255, s => Enumerable.Range(0, 100).Aggregate(s, (filler, i) => filler
            .Die(DwTag.Member, m => m.Text(DwAttribute.Name, $"far_from_the_start_{i}").Type("int").Data1(DwAttribute.DataMemberLocation, (ulong)i))))).AddTo(new ElfBuilder());
        ElfBuilder small = new DwarfBuilder().Unit(cu => cu.Base("int").Struct("outer", 16, s => Enumerable.Range(0, 5).Aggregate(s, (outer, i) => outer.Member($"m{i}", "int", i))
            .Struct("inner", 4, t => t.Member("in", "int", 0)).Member("last", "int", 12))).AddTo(new ElfBuilder());
        using BuiltKernel kernel = BuiltKernel.Of(("vmlinux", large), ("small", small));
        Assert.Equal(["m0", "m1", "m2", "m3", "m4", "last"], kernel.Struct("outer").Members.Select(m => m.Name));
    }

    [Fact]
    public void Each_dimension_of_an_array_is_an_array()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int").Array("grid", "int", 1, 2, 3)
            .Struct("s", 96, s => s.Member("grid", "grid", 0)));
        TypeInfo type = kernel.TypeOf(kernel.Struct("s").Members[0]);
        Assert.Equal([(2L, 96L), (3L, 48L), (4L, 16L)], Enumerable.Range(0, 3).Select(_ =>
        {
            (long, long) dimension = (type.ElementCount!.Value, type.ByteSize!.Value);
            type = kernel.Target(type);
            return dimension;
        }));
        Assert.Equal("int", type.Name);
    }

    [Fact]
    public void Flexible_and_zero_length_arrays_are_told_apart()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int")
            .Die(DwTag.ArrayType, "flexible", a => a.Type("int").Die(DwTag.SubrangeType))
            .Die(DwTag.ArrayType, "no subrange", a => a.Type("int"))
            .Die(DwTag.ArrayType, "zero by count", a => a.Type("int").Die(DwTag.SubrangeType, s => s.Data1(DwAttribute.Count, 0)))
            .Die(DwTag.ArrayType, "zero by data4", a => a.Type("int").Die(DwTag.SubrangeType, s => s.Data4(DwAttribute.UpperBound, uint.MaxValue)))
            .Die(DwTag.ArrayType, "zero by data8", a => a.Type("int").Die(DwTag.SubrangeType, s => s.Data8(DwAttribute.UpperBound, ulong.MaxValue)))
            .Die(DwTag.ArrayType, "zero by sdata", a => a.Type("int").Die(DwTag.SubrangeType, s => s.Sdata(DwAttribute.UpperBound, -1)))
            .Die(DwTag.ArrayType, "variable", a => a.Type("int").Die(DwTag.SubrangeType, s => s.Expr(DwAttribute.UpperBound, e => e.Fbreg(8).Deref())))
            .Struct("s", 4, s => s
                .Member("flexible", "flexible", 4).Member("none", "no subrange", 4).Member("count", "zero by count", 4).Member("data4", "zero by data4", 4)
                .Member("data8", "zero by data8", 4).Member("sdata", "zero by sdata", 4).Member("variable", "variable", 4)));
        Assert.Equal([("flexible", null, null), ("none", null, null), ("count", 0L, 0L), ("data4", 0L, 0L), ("data8", 0L, 0L), ("sdata", 0L, 0L), ("variable", null, null)],
            kernel.Struct("s").Members.Select(m => (m.Name, kernel.TypeOf(m).ElementCount, kernel.TypeOf(m).ByteSize)));
    }

    [Fact]
    public void Enumerators_keep_their_sign_however_it_is_written()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int").Base("unsigned int", 4, 7)
            .Die(DwTag.EnumerationType, e => e.Strp(DwAttribute.Name, "signs").Data1(DwAttribute.ByteSize, 4).Type("int")
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "SDATA").Sdata(DwAttribute.ConstValue, -1))
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "IMPLICIT").ImplicitConst(DwAttribute.ConstValue, -2))
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "DATA1").Data1(DwAttribute.ConstValue, 200))
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "DATA8").Data8(DwAttribute.ConstValue, ulong.MaxValue - 3)))
            .Die(DwTag.EnumerationType, e => e.Strp(DwAttribute.Name, "flags").Data1(DwAttribute.ByteSize, 4).Type("unsigned int")
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "TOP").Data4(DwAttribute.ConstValue, 0x8000_0000))));
        Assert.Equal([("SDATA", -1L), ("IMPLICIT", -2L), ("DATA1", 200L), ("DATA8", -4L)], Assert.Single(kernel.Model.Definitions(TypeKind.Enum, "signs")).Enumerators.Select(e => (e.Name, e.Value)));
        Assert.Equal(0x8000_0000, Assert.Single(Assert.Single(kernel.Model.Definitions(TypeKind.Enum, "flags")).Enumerators).Value);
    }

    [Fact]
    public void A_negative_enumerator_in_data4_has_the_sign_of_its_underlying_type()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int")
            .Die(DwTag.EnumerationType, e => e.Strp(DwAttribute.Name, "signs").Data1(DwAttribute.ByteSize, 4).Type("int")
                .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "MINUS_FIVE").Data4(DwAttribute.ConstValue, 0xffff_fffb))));
        Assert.Equal(-5, Assert.Single(Assert.Single(kernel.Model.Definitions(TypeKind.Enum, "signs")).Enumerators).Value);
    }

    [Fact]
    public void A_typedef_of_an_anonymous_struct_leads_to_its_members()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int")
            .Die(DwTag.StructureType, "anonymous", s => s.Data1(DwAttribute.ByteSize, 4).Member("counter", "int", 0))
            .Die(DwTag.Typedef, t => t.Strp(DwAttribute.Name, "atomic_t").Type("anonymous")));
        TypeInfo typedef = Assert.Single(kernel.Model.Definitions(TypeKind.Typedef, "atomic_t"));
        Assert.Equal(4, typedef.ByteSize);
        Assert.Equal(("", "counter"), (kernel.Target(typedef).Name, Assert.Single(kernel.Target(typedef).Members).Name));
    }

    [Fact]
    public void Structs_may_point_at_themselves_and_at_each_other()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Struct("list_head", 16, s => s.Member("next", "list_head *", 0).Member("prev", "list_head *", 8))
            .Pointer("list_head *", "list_head").Pointer("other *", "other")
            .Struct("other", 16, s => s.Member("list", "list_head *", 0).Member("self", "other *", 8)));
        TypeInfo list = kernel.Struct("list_head");
        TypeInfo pointee = kernel.Target(kernel.TypeOf(list.Members[0]));
        Assert.Equal((true, "list_head", TypeKind.Struct), (pointee.IsReference, pointee.Name, pointee.Kind));
        Assert.Equal(list.Members[0].Type, list.Members[1].Type);
        Assert.Equal(list.Members[0].Type, kernel.Struct("other").Members[0].Type);
    }

    [Fact]
    public void The_same_type_in_two_units_and_two_modules_is_one_row()
    {
        static DwarfBuilder Unit(string file, string padding) => new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, file).Strp(DwAttribute.Producer, padding)
            .Base("int").Pointer("page *", "page")
            .Struct("page", 16, s => s.Member("flags", "int", 0).Member("next", "page *", 8)));
        using BuiltKernel kernel = BuiltKernel.Of(
            ("vmlinux", Unit("mm/a.c", "gcc").Unit(cu => cu.Strp(DwAttribute.Name, "mm/b.c").Pointer("page *", "page")
                .Base("int")
                .Struct("page", 16, s => s.Member("flags", "int", 0).Member("next", "page *", 8))).AddTo(new())),
            ("btrfs", Unit("fs/btrfs/c.c", "another offset of every string").AddTo(new())));
        TypeInfo page = kernel.Struct("page");
        Assert.Equal("vmlinux", page.Module);
        Assert.Empty(kernel.Model.UnitsOf(page.Id));
        Assert.Equal(["vmlinux", "btrfs"], kernel.Model.Modules.Select(m => m.Name));
    }

    [Fact]
    public void Different_layouts_under_one_name_are_two_rows_with_their_units()
    {
        static Func<DieBuilder, DieBuilder> Unit(int offset) => cu => cu.Base("int").Struct("state", 16, s => s.Member("value", "int", offset));
        foreach (int workers in (int[])[1, 2])
        {
            using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(Unit(0)).Unit(Unit(4)).Unit(Unit(0)).Unit(Unit(0)).Unit(Unit(4)), workers);
            var units = kernel.Model.Definitions(TypeKind.Struct, "state").ToDictionary(t => t.Members[0].ByteOffset, t => kernel.Model.UnitsOf(t.Id).Select(u => u.Value).Order());
            Assert.Equal([0, 2, 3], units[0]);
            Assert.Equal([1, 4], units[4]);
        }
    }

    [Fact]
    public void A_layout_that_differs_only_inside_a_member_is_another_type()
    {
        static Func<DieBuilder, DieBuilder> Unit(string name) => cu => cu.Base("int")
            .Struct("outer", 4, s => s.Member("inner", "inner", 0)).Struct("inner", 4, s => s.Member(name, "int", 0));
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(Unit("a")).Unit(Unit("b")));
        Assert.Equal(2, kernel.Model.Definitions(TypeKind.Struct, "inner").Count);
        Assert.Equal(2, kernel.Model.Definitions(TypeKind.Struct, "outer").Count);
    }

    [Fact]
    public void Members_that_differ_only_in_a_far_bit_of_their_offset_are_different_types()
    {
        static Func<DieBuilder, DieBuilder> Unit(ulong offset) => cu => cu.Base("int")
            .Die(DwTag.StructureType, s => s.Strp(DwAttribute.Name, "big").Data4(DwAttribute.ByteSize, 0x10000)
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "x").Type("int").Data4(DwAttribute.DataMemberLocation, offset)));
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(Unit(0)).Unit(Unit(0x8000)).Unit(Unit(4)));
        Assert.Equal([0, 4, 0x8000], kernel.Model.Definitions(TypeKind.Struct, "big").Select(t => t.Members[0].ByteOffset).Order());
    }

    [Fact]
    public void A_type_that_is_only_declared_is_a_reference()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Pointer("opaque *", "opaque")
            .Die(DwTag.StructureType, "opaque", s => s.Strp(DwAttribute.Name, "opaque").Flag(DwAttribute.Declaration))
            .Struct("holder", 8, s => s.Member("p", "opaque *", 0)));
        Assert.Empty(kernel.Model.Definitions(TypeKind.Struct, "opaque"));
        TypeInfo opaque = kernel.Target(kernel.TypeOf(kernel.Struct("holder").Members[0]));
        Assert.Equal(("opaque", true, (long?)null), (opaque.Name, opaque.IsReference, opaque.ByteSize));
    }

    [Fact]
    public void Function_types_have_a_result_and_parameters()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Base("int").Base("long", 8)
            .Die(DwTag.SubroutineType, "fn", f => f.Type("int").Die(DwTag.FormalParameter, p => p.Type("long")).Die(DwTag.FormalParameter, p => p.Type("int")))
            .Pointer("fn *", "fn")
            .Struct("ops", 8, s => s.Member("call", "fn *", 0)));
        TypeInfo function = kernel.Target(kernel.TypeOf(kernel.Struct("ops").Members[0]));
        Assert.Equal((TypeKind.Function, "int"), (function.Kind, kernel.Target(function).Name));
        Assert.Equal(["long", "int"], function.Parameters.Select(p => kernel.Model.Type(p).Name));
    }

    [Fact]
    public void Qualifiers_and_void_pointers_are_kept()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Die(DwTag.ConstType, "const void").Pointer("const void *", "const void")
            .Base("int").Die(DwTag.VolatileType, "volatile int", t => t.Type("int"))
            .Struct("s", 16, s => s.Member("p", "const void *", 0).Member("v", "volatile int", 8)));
        TypeInfo pointee = kernel.Target(kernel.TypeOf(kernel.Struct("s").Members[0]));
        Assert.Equal((TypeKind.Const, true), (pointee.Kind, pointee.Target.IsVoid));
        TypeInfo value = kernel.TypeOf(kernel.Struct("s").Members[1]);
        Assert.Equal((TypeKind.Volatile, 4L), (value.Kind, value.ByteSize));
    }

    [Fact]
    public void Rust_units_are_skipped()
    {
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder()
            .Unit(cu => cu.Data2(DwAttribute.Language, 0x1c).Base("u8", 1).Struct("Rusty", 1, s => s.Member("0", "u8", 0)))
            .Unit(cu => cu.Data2(DwAttribute.Language, 0x1d).Strp(DwAttribute.Producer, "GNU C11 14.2.0 -mno-sse -O2").Base("int").Struct("plain", 4, s => s.Member("c", "int", 0))));
        Assert.Empty(kernel.Model.Definitions(TypeKind.Struct, "Rusty"));
        Assert.Equal("c", kernel.Struct("plain").Members[0].Name);
        Assert.Equal("GNU C11 14.2.0", kernel.Model.Kernel.Compiler);
        Assert.Equal(1, kernel.Model.Modules[0].UnitCount);
    }

    [Fact]
    public void A_struct_that_holds_itself_ends_somehow()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu.Struct("loop", 4, s => s.Member("a", "loop", 0).Member("b", "loop", 0)));
        Assert.Equal(2, kernel.Struct("loop").Members.Count);
    }

    [Fact]
    public void Typedefs_in_a_circle_end_somehow()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Die(DwTag.Typedef, "a", t => t.Strp(DwAttribute.Name, "a").Type("b"))
            .Die(DwTag.Typedef, "b", t => t.Strp(DwAttribute.Name, "b").Type("a")));
        Assert.NotEmpty(kernel.Model.Definitions(TypeKind.Typedef, "a"));
    }

    [Fact]
    public void Qualifiers_upon_qualifiers_without_end_do_not_exhaust_the_stack()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu =>
        {
            cu.Base("0");
            for (int i = 1; i < 20_000; i++)
            {
                string below = (i - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                cu.Die(i % 2 == 0 ? DwTag.ConstType : DwTag.PointerType, i.ToString(System.Globalization.CultureInfo.InvariantCulture), t => t.Type(below));
            }

            return cu.Struct("top", 8, s => s.Member("p", "19999", 0));
        });
        Assert.Equal(TypeKind.Pointer, kernel.TypeOf(kernel.Struct("top").Members[0]).Kind);
    }

    [Fact]
    public void DIEs_nested_without_end_are_a_fault()
        => AssertFault("DIEs nested more than 1024 deep", cu =>
        {
            DieBuilder at = cu;
            for (int i = 0; i < 1100; i++) { at.Die(DwTag.LexicalBlock, b => at = b); }
            return cu;
        });

    [Fact]
    public void A_reference_past_the_end_of_the_unit_is_a_fault()
        => AssertFault("reference to 0xffffff, past the end of its unit", cu => cu.Die(DwTag.PointerType, p => p.Raw(DwAttribute.Type, 0x13, 0xff, 0xff, 0xff, 0)));

    [Fact]
    public void A_reference_at_what_is_no_type_is_void()
    {
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu.Die(DwTag.Label, "not a type").Struct("s", 8, s => s.Member("m", "not a type", 0)));
        Assert.True(kernel.Struct("s").Members[0].Type.IsVoid);
    }

    [Fact]
    public void A_unit_without_a_DIE_is_a_fault()
    {
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu);
        byte[] info = dwarf.Sections().Single(s => s.Name == ".debug_info").Content;
        info[^1] = 0;
        Assert.Contains("unit without a DIE", Assert.Throws<InputFaultException>(() => BuiltKernel.Units(dwarf.Replace(".debug_info", info))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unit_that_ends_without_closing_its_lists_is_read_to_its_end()
    {
        using BuiltKernel kernel = BuiltKernel.Units(new DwarfBuilder().Unit(new UnitForm { OmitsLastEnd = true }, cu => cu.Base("int").Struct("s", 4, s => s.Member("a", "int", 0))));
        Assert.Equal("a", Assert.Single(kernel.Struct("s").Members).Name);
    }

    [Fact]
    public void Split_debug_information_is_told()
        => Assert.Contains("split debug information (.dwo)", Assert.Throws<InputFaultException>(
            () => BuiltKernel.Units(new DwarfBuilder().Unit(new UnitForm { UnitType = 4 }, cu => cu, DwTag.SkeletonUnit))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_unit_whose_strings_and_addresses_are_indexed_is_read()
    {
        // clang's way: the bases stand behind the attributes that need them.
        using BuiltKernel kernel = BuiltKernel.Unit(cu => cu
            .Strx(DwAttribute.Name, "fs/clang.c").Strx(DwAttribute.Producer, "clang version 18.1.8").StrOffsetsBase().Addrx(DwAttribute.LowPc, 0x1000).AddrBase()
            .Die(DwTag.BaseType, "int", t => t.Strx1(DwAttribute.Name, "int").Data1(DwAttribute.Encoding, 5).Data1(DwAttribute.ByteSize, 4))
            .Die(DwTag.StructureType, s => s.Strx1(DwAttribute.Name, "s").Data1(DwAttribute.ByteSize, 4)
                .Die(DwTag.Member, m => m.Strx1(DwAttribute.Name, "a").Type("int"))));
        Assert.Equal(("a", "clang version 18.1.8"), (kernel.Struct("s").Members[0].Name, kernel.Model.Kernel.Compiler));
    }

    private static void AssertFault(string expected, Func<DieBuilder, DieBuilder> unit)
    {
        string message = Assert.Throws<InputFaultException>(() => BuiltKernel.Unit(unit)).Message;
        Assert.StartsWith("vmlinux: .debug_info+0x", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}
