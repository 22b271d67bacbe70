using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

/// <summary>What is read in one step must be what reading each attribute gives, and everything else must be left to that.</summary>
public sealed class PlainDieTests
{
    [Fact]
    public void Simple_parts_are_read_at_once_as_they_are_one_by_one()
        => AssertParts(["strp:4:8", "ab:4:2", ":4:0", "wide:4:300", "far:4:70000", "always:4:24", "x:0:1"], Unit(cu => cu.Die(DwTag.StructureType, s => s
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "strp").Data1(DwAttribute.DeclFile, 1).Data2(DwAttribute.DeclLine, 77).Type("int").Data1(DwAttribute.DataMemberLocation, 8))
            .Die(DwTag.Member, m => m.Text(DwAttribute.Name, "ab").Type("int").Data1(DwAttribute.DataMemberLocation, 2))
            .Die(DwTag.Member, m => m.Type("int"))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "wide").Type("int").Data2(DwAttribute.DataMemberLocation, 300))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "far").Type("int").Data4(DwAttribute.DataMemberLocation, 70000))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "always").Type("int").ImplicitConst(DwAttribute.DataMemberLocation, 24))
            .Die(DwTag.Member, m => m.Text(DwAttribute.Name, "x").Data1(DwAttribute.DataMemberLocation, 1)))), isEnd: true);

    [Fact]
    public void Enumerators_and_parameters_are_parts_too()
    {
        AssertParts(["ONE:0:1", "B:0:200", "MANY:0:70000", "ALL:0:-1"], Unit(cu => cu.Die(DwTag.EnumerationType, e => e
            .Die(DwTag.Enumerator, m => m.Strp(DwAttribute.Name, "ONE").Data1(DwAttribute.ConstValue, 1))
            .Die(DwTag.Enumerator, m => m.Text(DwAttribute.Name, "B").Data1(DwAttribute.ConstValue, 200))
            .Die(DwTag.Enumerator, m => m.Strp(DwAttribute.Name, "MANY").Data4(DwAttribute.ConstValue, 70000))
            .Die(DwTag.Enumerator, m => m.Strp(DwAttribute.Name, "ALL").Data8(DwAttribute.ConstValue, ulong.MaxValue)))), isEnd: true);
        AssertParts([":4:0", "arg:4:0"], Unit(cu => cu.Die(DwTag.SubroutineType, f => f
            .Die(DwTag.FormalParameter, p => p.Type("int"))
            .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "arg").Type("int")))), isEnd: true);
    }

    public static TheoryData<string> Others => ["bit-field", "expression", "udata", "long name", "reference", "child", "variadic", "negative", "text value"];

    // A name of eight letters has its NUL beyond what one load sees.
    [Theory]
    [MemberData(nameof(Others))]
    public void What_is_not_so_simple_is_left_to_be_read_by_its_attributes(string what)
        => AssertParts(["first:4:0"], Unit(cu => cu.Die(DwTag.StructureType, s => Other(s
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "first").Type("int").Data1(DwAttribute.DataMemberLocation, 0)), what)
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "last").Type("int").Data1(DwAttribute.DataMemberLocation, 4)))), isEnd: false);

    // The second byte of a code is in the way of everything behind it.
    [Fact]
    public void Codes_of_two_bytes_are_read_too()
        => AssertParts(["a_name:4:8"], Unit(cu => Enumerable.Range(0, 200).Aggregate(cu, (unit, i) => unit.Die(DwTag.Variable, v => v.ImplicitConst(DwAttribute.DeclLine, i)))
            .Die(DwTag.StructureType, s => s.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "a_name").Type("int").Data1(DwAttribute.DataMemberLocation, 8)))), isEnd: true);

    [Fact]
    public void Near_the_end_of_a_unit_and_in_big_endian_files_nothing_is_read_at_once()
    {
        static DieBuilder Struct(DieBuilder cu) => cu.Die(DwTag.StructureType, s => s.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "m").Data1(DwAttribute.DataMemberLocation, 8)));
        AssertParts([], new DwarfBuilder().Unit(Struct), isEnd: false);
        AssertParts([], Unit(Struct, bigEndian: true), isEnd: false);
    }

    [Fact]
    public void A_reference_past_the_unit_s_end_is_left_to_be_faulted()
        => AssertParts(["first:4:0"], Unit(cu => cu.Die(DwTag.StructureType, s => s
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "first").Type("int").Data1(DwAttribute.DataMemberLocation, 0))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "first").Raw(DwAttribute.Type, (ulong)DwForm.Ref4, 0xff, 0xff, 0xff, 0x7f).Data1(DwAttribute.DataMemberLocation, 0)))), isEnd: false);

    [Fact]
    public void Types_are_read_at_once_as_they_are_by_their_attributes()
    {
        DwarfSections sections = DwarfFile.Load(Unit(cu => cu
            .Die(DwTag.StructureType, t => t.Strp(DwAttribute.Name, "a_struct").Data2(DwAttribute.ByteSize, 4000).Data1(DwAttribute.DeclFile, 3).Data2(DwAttribute.DeclLine, 1234))
            .Die(DwTag.StructureType, t => t.Strp(DwAttribute.Name, "declared").Flag(DwAttribute.Declaration))
            .Die(DwTag.UnionType, t => t.ImplicitConst(DwAttribute.ByteSize, 8).ImplicitConst(DwAttribute.DeclFile, 2).Data1(DwAttribute.DeclLine, 9))
            .Die(DwTag.PointerType, t => t.ImplicitConst(DwAttribute.ByteSize, 8).Type("int"))
            .Die(DwTag.Typedef, t => t.Text(DwAttribute.Name, "u8").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 2).Type("int"))
            .Die(DwTag.ConstType)
            .Die(DwTag.SubroutineType, t => t.Flag(DwAttribute.Prototyped).Type("int"))));
        Assert.Equal(
            ["a_struct 0 4000 3 1234 False", "declared 0 -1 0 0 True", " 0 8 2 9 False", " 4 8 0 0 False", "u8 4 -1 1 2 False", " 0 -1 0 0 False", " 4 -1 0 0 False"],
            Types(sections).Skip(1).Take(7));
    }

    [Fact]
    public void A_type_that_says_more_is_read_by_its_attributes()
    {
        DwarfSections sections = DwarfFile.Load(Unit(cu => cu
            .Die(DwTag.BaseType, t => t.Strp(DwAttribute.Name, "base").Data1(DwAttribute.ByteSize, 4).Data1(DwAttribute.Encoding, 5))
            .Die(DwTag.StructureType, t => t.Strp(DwAttribute.Name, "sized").Udata(DwAttribute.ByteSize, 4))
            .Die(DwTag.Typedef, t => t.Text(DwAttribute.Name, "long_name").Type("int"))
            .Die(DwTag.StructureType, t => t.Strp(DwAttribute.Name, "flagged").Raw(DwAttribute.Declaration, (ulong)DwForm.Flag, 0))));
        Assert.Equal(["-", "-", "-", "-"], Types(sections).Skip(1).Take(4));
    }

    private static DieBuilder Other(DieBuilder type, string what) => what switch
    {
        "bit-field" => type.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "bits").Type("int").Data1(DwAttribute.BitSize, 3).Data1(DwAttribute.DataBitOffset, 5)),
        "expression" => type.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "old").Type("int").Block1(DwAttribute.DataMemberLocation, 0x23, 0x80, 0x01)),
        "udata" => type.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "udata").Type("int").Udata(DwAttribute.DataMemberLocation, 300)),
        "long name" => type.Die(DwTag.Member, m => m.Text(DwAttribute.Name, "eight_ch").Type("int").Data1(DwAttribute.DataMemberLocation, 8)),
        "reference" => type.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "m").RefUdata(DwAttribute.Type, "int").Data1(DwAttribute.DataMemberLocation, 8)),
        "child" => type.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "m").Type("int").Data1(DwAttribute.DataMemberLocation, 8).Die(DwTag.Member)),
        "variadic" => type.Die(DwTag.UnspecifiedParameters),
        "negative" => type.Die(DwTag.Enumerator, m => m.Strp(DwAttribute.Name, "MINUS").Sdata(DwAttribute.ConstValue, -1)),
        _ => type.Die(DwTag.Enumerator, m => m.Strp(DwAttribute.Name, "TEXT").Strp(DwAttribute.ConstValue, "a text")),
    };

    /// <summary>A type to refer to, which the texts below show at offset 4, whatever it is; the content; and what keeps the unit's end away.</summary>
    private static DwarfBuilder Unit(Func<DieBuilder, DieBuilder> content, bool bigEndian = false)
        => new DwarfBuilder(bigEndian).Unit(cu => Enumerable.Range(0, 10).Aggregate(
            content(cu.Die(DwTag.BaseType, "int")), (unit, _) => unit.Die(DwTag.Label, l => l.Data8(DwAttribute.DeclLine, 0).Data8(DwAttribute.DeclFile, 0))));

    private static void AssertParts(string[] expected, DwarfBuilder dwarf, bool isEnd)
    {
        DwarfSections sections = DwarfFile.Load(dwarf);
        DwarfUnit unit = DwarfFile.OnlyUnit(sections);
        var reader = new DieReader(sections, unit, AbbreviationTable.Read(sections, unit));
        DieValues values = default;
        int target = 0;
        while (reader.NextOffset is var offset && reader.ReadAbbreviation() is var abbreviation)
        {
            if (abbreviation!.Tag == DwTag.BaseType) { target = offset; }
            reader.Read(abbreviation, ref values);
            if (abbreviation is { HasChildren: true, Tag: not DwTag.CompileUnit }) { break; }
        }

        var parts = new Parts(sections, target);
        Assert.Equal(isEnd, reader.ReadParts(ref parts));
        Assert.Equal(expected, parts.Read);
        // What comes next is read from where that stopped.
        if (!isEnd) { Assert.NotNull(reader.ReadAbbreviation()); }
    }

    private static List<string> Types(DwarfSections sections)
    {
        DwarfUnit unit = DwarfFile.OnlyUnit(sections);
        var reader = new DieReader(sections, unit, AbbreviationTable.Read(sections, unit));
        DieValues values = default;
        reader.ReadUnitDie(ref values);
        var types = new List<string>();
        int target = 0;
        while (reader.NextOffset is var offset && reader.ReadAbbreviation() is { } abbreviation)
        {
            if (abbreviation is { Tag: DwTag.BaseType, Attributes.Length: 0 }) { target = offset; }
            int start = reader.NextOffset;
            bool isRead = reader.TryReadType(abbreviation, out TypeDie die);
            if (!isRead) { Assert.Equal(start, reader.NextOffset); }
            types.Add(isRead ? $"{Text(sections, die.Name)} {die.Type} {die.ByteSize} {die.File} {die.Line} {die.IsDeclaration}" : "-");
            int end = reader.NextOffset;
            reader.NextOffset = start;
            reader.Read(abbreviation, ref values);
            if (isRead) { Assert.Equal(end, reader.NextOffset); }
        }

        return [.. types.Select(type => type.Replace($" {target} ", " 4 ", StringComparison.Ordinal))];
    }

    private static string Text(DwarfSections sections, ulong name) => name == StringReference.None ? "" : Encoding.UTF8.GetString(new StringReference(name).Read(sections));

    private readonly struct Parts(DwarfSections sections, int target) : ITypeParts
    {
        public List<string> Read { get; } = [];

        public void Add(ulong name, int type, long value) => Read.Add($"{Text(sections, name)}:{(type == target ? 4 : type)}:{value}");
    }
}
