using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

/// <summary>What a builder made, loaded; and its DIEs as a list that tests can look at.</summary>
internal static class DwarfFile
{
    public static DwarfSections Load(DwarfBuilder dwarf) => Load(dwarf.AddTo(new ElfBuilder { IsBigEndian = dwarf.IsBigEndian }));

    public static DwarfSections Load(ElfBuilder elf)
    {
        ElfFile file = ElfFile.Parse("f", elf.Build());
        return DwarfSections.Load(file, file.ReadSymbols());
    }

    public static DwarfUnit OnlyUnit(DwarfSections sections) => Assert.Single(DwarfUnit.ReadAll(sections));

    /// <summary>All DIEs of a unit with their depth and values.</summary>
    public static List<(int Depth, DwTag Tag, DieValues Values)> ReadAll(DwarfSections sections, DwarfUnit unit)
    {
        var reader = new DieReader(sections, unit, AbbreviationTable.Read(sections, unit));
        var dies = new List<(int, DwTag, DieValues)>();
        int depth = 0;
        DieValues values = default;
        do
        {
            if (reader.ReadAbbreviation() is not { } abbreviation)
            {
                depth--;
                continue;
            }

            reader.Read(abbreviation, ref values);
            if (dies.Count == 0)
            {
                reader.StringOffsetsBase = values.GetOr(DieSlot.StringOffsetsBase, 8);
                reader.AddressBase = values.GetOr(DieSlot.AddressBase, 8);
            }

            dies.Add((depth, abbreviation.Tag, values));
            if (abbreviation.HasChildren) { depth++; }
        }
        while (depth > 0 && !reader.AtEnd);
        return dies;
    }

    public static string Text(DwarfSections sections, DieValues values, DieSlot slot)
        => System.Text.Encoding.UTF8.GetString(new StringReference(values.Get(slot)).Read(sections));

    public static void AssertFault(string expected, Action act)
        => Assert.Contains(expected, Assert.Throws<InputFaultException>(act).Message, StringComparison.Ordinal);
}
