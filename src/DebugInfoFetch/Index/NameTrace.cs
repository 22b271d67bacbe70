using System.Buffers.Binary;
using System.Text;
using DebugInfoFetch.Formats.Dwarf;

namespace DebugInfoFetch.Index;

/// <summary>
/// The bytes that a DIE must contain to have a certain name: the name itself, or the offset of a string that reads so. A unit without any of them
/// need not be parsed. A unit with one of them may still not have the name.
/// </summary>
internal sealed class NameTrace
{
    // Linkers let a short string be the end of longer ones: "page" may stand in a thousand places, and which one is meant is not known.
    private const int ManyPlaces = 8;
    private readonly DwarfSections _sections;
    private readonly byte[] _name;
    private readonly List<byte[]> _patterns = [];
    // Offsets in .debug_str.
    private readonly List<ulong> _places = [];
    private readonly bool _mayBeAnywhere;

    public NameTrace(DwarfSections sections, string name)
    {
        _sections = sections;
        _name = Encoding.UTF8.GetBytes(name);
        byte[] text = [.. _name, 0];
        _patterns.Add(text);
        // DW_FORM_strx counts strings from a base of the unit's.
        _mayBeAnywhere = !sections.StrOffsets.IsEmpty || !AddOffsets(sections.Str.Span, text, _places) || !AddOffsets(sections.LineStr.Span, text, []);
    }

    public bool MayBeIn(in DwarfUnit unit)
    {
        if (_mayBeAnywhere) { return true; }
        ReadOnlySpan<byte> bytes = _sections.Info.Span[unit.Offset..unit.End];
        foreach (byte[] pattern in _patterns)
        {
            if (bytes.IndexOf(pattern) >= 0) { return true; }
        }

        return false;
    }

    /// <summary>A string of this file reads like the name.</summary>
    public bool Is(ulong reference)
    {
        // Nearly all are offsets into .debug_str, and nearly none is the one: without looking there.
        bool isPlain = reference <= uint.MaxValue;
        return isPlain && !_mayBeAnywhere ? _places.Contains(reference) : new StringReference(reference).Read(_sections).SequenceEqual(_name);
    }

    /// <returns>False when there are too many places to look for each.</returns>
    private bool AddOffsets(ReadOnlySpan<byte> strings, ReadOnlySpan<byte> text, List<ulong> places)
    {
        for (int from = 0; strings[from..].IndexOf(text) is >= 0 and int found; from += found + 1)
        {
            if (_patterns.Count > ManyPlaces) { return false; }
            places.Add((ulong)(from + found));
            // The lower half of an offset of 64-bit DWARF reads the same.
            byte[] offset = new byte[4];
            if (_sections.IsBigEndian) { BinaryPrimitives.WriteInt32BigEndian(offset, from + found); } else { BinaryPrimitives.WriteInt32LittleEndian(offset, from + found); }
            _patterns.Add(offset);
        }

        return true;
    }
}
