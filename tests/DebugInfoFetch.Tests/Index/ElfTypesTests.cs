using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Index;

/// <summary>Types straight from ELF files are those that the cache of the same files has.</summary>
public sealed class ElfTypesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    public void Answers_are_those_of_the_cache(ushort version, bool bigEndian)
    {
        ElfBuilder elf = Everything(version, bigEndian);
        using BuiltKernel kernel = BuiltKernel.Vmlinux(elf);
        using ElfTypes types = Open(("vmlinux", elf));
        string[] paths =
        [
            "page.flags", "page.next->flags", "page.bits", "page.u", "page.inner.b", "page.table[1].a", "page.table[9].a", "page.missing", "pagg.flags", "page.opaque->x",
            "twice.same", "twice.differs", "twice@b.c.differs", "holder.twice->differs", "page_t.flags", "union both.x", "color", "local.l", "x_t.a", "rust_only.r",
        ];
        foreach (string path in paths)
        {
            Assert.Equal(Text(new OffsetQuery(kernel.Model).Answer(path)), Text(new OffsetQuery(types).Answer(path)));
        }

        foreach (string name in (string[])["page", "twice", "both", "color", "page_t", "x_t", "local", "nothing", "enum color"])
        {
            Assert.Equal(Layouts(kernel.Model, name), Layouts(types, name));
        }

        Assert.Equal(All(kernel.Model), All(types));
        Assert.Equal(((ITypeModel)kernel.Model).SimilarTypeNames("pagg", 3), types.SimilarTypeNames("pagg", 3));
    }

    [Fact]
    public void Two_layouts_under_one_name_are_both_found_and_know_their_units()
    {
        using ElfTypes types = Open(("vmlinux", Everything(5, false)));
        IReadOnlyList<TypeInfo> twice = types.Definitions(TypeKind.Struct, "twice");
        Assert.Equal([8L, 16L], twice.Select(t => t.ByteSize));
        Assert.Equal([[1], [2]], twice.Select(t => types.UnitsOf(t.Id).Select(u => u.Value)));
        Assert.Empty(types.UnitsOf(Assert.Single(types.Definitions(TypeKind.Struct, "page")).Id));
    }

    [Fact]
    public void A_type_that_many_units_repeat_is_one_and_one_that_differs_deep_inside_is_another()
    {
        var dwarf = new DwarfBuilder();
        for (int i = 0; i < 40; i++)
        {
            int size = i == 17 ? 2 : 4;
            dwarf.Unit(cu => cu.Base("int", size).Struct("inner", 4, s => s.Member("value", "int", 0)).Struct("outer_type", 4, s => s.Member("inner", "inner", 0)));
        }

        using ElfTypes types = Open(("vmlinux", dwarf.AddTo(new ElfBuilder())));
        IReadOnlyList<TypeInfo> outer = types.Definitions(TypeKind.Struct, "outer_type");
        Assert.Equal(2, outer.Count);
        Assert.Equal([39, 1], outer.Select(t => types.UnitsOf(t.Id).Count));
    }

    [Fact]
    public void Modules_beside_vmlinux_are_searched_too()
    {
        ElfBuilder vmlinux = new DwarfBuilder().Unit(cu => cu.Base("int").Struct("page", 4, s => s.Member("flags", "int", 0))).AddTo(new ElfBuilder());
        ElfBuilder module = new DwarfBuilder()
            .Unit(cu => cu.Base("int").Struct("page", 4, s => s.Member("flags", "int", 0)).Struct("mine", 8, s => s.Member("x", "int", 4))).AddTo(new ElfBuilder());
        using ElfTypes types = Open(("vmlinux", vmlinux), ("my-mod.ko", module));
        Assert.Equal("vmlinux", Assert.Single(types.Definitions(TypeKind.Struct, "page")).Module);
        Assert.Equal("my_mod", Assert.Single(types.Definitions(TypeKind.Struct, "mine")).Module);
        Assert.Equal(["mine", "page"], types.AllStructs().Select(t => t.Name));
    }

    [Fact]
    public void A_name_that_ends_many_others_is_found_though_its_place_is_not_known()
    {
        // As linkers store it: "page" is the end of each of the longer strings, and DW_AT_name may be any of them.
        var dwarf = new DwarfBuilder();
        dwarf.Unit(cu =>
        {
            cu.Base("int");
            for (int i = 0; i < 20; i++) { cu.Struct($"prefix{i}_page", 4, s => s.Member("x", "int", 0)); }
            return cu.Struct("page", 4, s => s.Member("flags", "int", 0));
        });
        using ElfTypes types = Open(("vmlinux", dwarf.AddTo(new ElfBuilder())));
        Assert.Equal("flags", Assert.Single(types.Definitions(TypeKind.Struct, "page")).Members[0].Name);
    }

    [Fact]
    public void A_file_that_is_not_there_or_no_ELF_file_is_a_fault()
    {
        Assert.Contains("no such file", Assert.Throws<InputFaultException>(() => ElfTypes.Open([_folder["none"]])).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["text"], "not an ELF file, but long enough to be looked at");
        Assert.Throws<InputFaultException>(() => ElfTypes.Open([_folder["text"]]));
        File.WriteAllBytes(_folder["stripped"], new ElfBuilder().Build());
        Assert.Contains("no DWARF", Assert.Throws<InputFaultException>(() => ElfTypes.Open([_folder["stripped"]])).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private ElfTypes Open(params (string Name, ElfBuilder Elf)[] files) => ElfTypes.Open([.. files.Select(file =>
    {
        File.WriteAllBytes(_folder[file.Name], file.Elf.Build());
        return _folder[file.Name];
    })]);

    /// <summary>Types of every kind; a name with two layouts; one type that a unit defines in a function; one that only a Rust unit has.</summary>
    private static ElfBuilder Everything(ushort version, bool bigEndian)
    {
        var form = new UnitForm { Version = version };
        return new DwarfBuilder(bigEndian)
            .Unit(form, cu => Common(cu).Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "f").Struct("local", 4, s => s.Member("l", "int", 0))))
            .Unit(form, cu => Common(cu.Strp(DwAttribute.Name, "a.c"))
                .Die(DwTag.StructureType, "twice", s => s.Strp(DwAttribute.Name, "twice").Data1(DwAttribute.ByteSize, 8).Member("same", "int", 0).Member("differs", "int", 4))
                .Pointer("twicep", "twice").Struct("holder", 8, s => s.Member("twice", "twicep", 0)))
            .Unit(form, cu => Common(cu.Strp(DwAttribute.Name, "b.c"))
                .Die(DwTag.StructureType, "twice", s => s.Strp(DwAttribute.Name, "twice").Data1(DwAttribute.ByteSize, 16).Member("same", "int", 0).Member("differs", "int", 8)))
            .Unit(form, cu => cu.Data1(DwAttribute.Language, 0x1c).Base("int").Struct("rust_only", 4, s => s.Member("r", "int", 0)).Struct("page", 1, s => s))
            .AddTo(new ElfBuilder { IsBigEndian = bigEndian });
    }

    private static DieBuilder Common(DieBuilder cu) => cu
        .Base("int").Base("u8", 1, 8)
        .Struct("inner", 8, s => s.Member("a", "int", 0).Member("b", "int", 4))
        .Array("table", "inner", 3)
        .Die(DwTag.StructureType, "opaque", s => s.Strp(DwAttribute.Name, "opaque").Flag(DwAttribute.Declaration))
        .Pointer("opaquep", "opaque").Pointer("pagep", "page")
        .Die(DwTag.UnionType, "anonymous", u => u.Data1(DwAttribute.ByteSize, 4).Member("u", "int", 0).Member("v", "u8", 0))
        .Struct("page", 80, s => s
            .Member("flags", "int", 0).Member("next", "pagep", 8).Member("inner", "inner", 16).Member("table", "table", 24).Member("opaque", "opaquep", 56)
            .Die(DwTag.Member, m => m.Type("anonymous").Data1(DwAttribute.DataMemberLocation, 64))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "bits").Type("int").Data1(DwAttribute.BitSize, 3).Data1(DwAttribute.DataBitOffset, 547)))
        .Die(DwTag.UnionType, "both", u => u.Strp(DwAttribute.Name, "both").Data1(DwAttribute.ByteSize, 4).Member("x", "int", 0))
        .Die(DwTag.EnumerationType, "color", e => e.Strp(DwAttribute.Name, "color").Data1(DwAttribute.ByteSize, 4).Type("int")
            .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "RED").Data1(DwAttribute.ConstValue, 7)))
        .Die(DwTag.Typedef, "page_t", t => t.Strp(DwAttribute.Name, "page_t").Type("page"))
        .Pointer("page_tp", "page_t").Struct("user", 8, s => s.Member("p", "page_tp", 0))
        .Die(DwTag.StructureType, "untagged", s => s.Data1(DwAttribute.ByteSize, 4).Member("a", "int", 0))
        .Die(DwTag.Typedef, "x_t", t => t.Strp(DwAttribute.Name, "x_t").Type("untagged"));

    // The release is the file's name where there is no kernel.
    private string Text(OffsetAnswer answer) => answer switch
    {
        OffsetAnswer.Found found => $"{string.Join(',', found.Place.Offsets)} {found.Place.ByteSize} {found.Place.Type} {found.Place.BitOffset} {found.Place.BitSize} {found.Place.DeclaredAt}",
        OffsetAnswer.NotFound none => $"{none.Message.Replace(_folder["vmlinux"], "6.12.0-test", StringComparison.Ordinal)} {string.Join(',', none.Suggestions)}",
        OffsetAnswer.Ambiguous several => $"{several.Message} {string.Join(';', several.Candidates.Select(c => $"{c.Name} {c.ByteSize} {c.DeclaredAt} {c.Module} {c.Place?.ByteOffset}").Order())}",
        _ => throw new InvalidOperationException(),
    };

    private static string Layouts(ITypeModel model, string name) => string.Join('\n', new StructLayoutQuery(model).Find(name).Select(l => Layout(model, l)).Order());

    private static string All(ITypeModel model) => string.Join('\n', new StructLayoutQuery(model).All().Select(l => Layout(model, l)).Order());

    private static string Layout(ITypeModel model, StructLayout layout)
    {
        var text = new StringWriter();
        new StructLayoutText(model, text, 64).Write(layout);
        return text.ToString();
    }
}
