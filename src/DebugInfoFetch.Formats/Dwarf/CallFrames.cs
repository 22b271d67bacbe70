using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>How the canonical frame address is told at a program counter (DWARF 5 §6.4.1).</summary>
/// <param name="Register">DWARF register number; -1 when an expression tells it.</param>
/// <param name="Offset">Bytes to add to the register.</param>
public readonly record struct CfaRule(int Register, long Offset);

/// <summary>Call frame information: .debug_frame, and .eh_frame where that is missing (DWARF 5 §6.4, LSB "Exception Frames").</summary>
public sealed class CallFrames
{
    private readonly DwarfSections _sections;
    private readonly Lazy<(ulong Start, ulong End, int Offset)[]> _debugFrame, _ehFrame;

    public CallFrames(DwarfSections sections)
    {
        _sections = sections;
        _debugFrame = new(() => Index(isEhFrame: false));
        _ehFrame = new(() => Index(isEhFrame: true));
    }

    /// <summary>Null: nothing covers that address.</summary>
    public CfaRule? CfaAt(ulong pc) => CfaIn(_debugFrame.Value, isEhFrame: false, pc) ?? CfaIn(_ehFrame.Value, isEhFrame: true, pc);

    private CfaRule? CfaIn((ulong Start, ulong End, int Offset)[] index, bool isEhFrame, ulong pc)
    {
        int at = Array.BinarySearch(index, (pc, ulong.MaxValue, int.MaxValue));
        at = at < 0 ? ~at - 1 : at;
        if (at < 0 || pc >= index[at].End) { return null; }
        FrameEntries entries = Entries(isEhFrame);
        return CfaProgram.Run(entries, entries.ReadDescription(index[at].Offset), pc);
    }

    private (ulong Start, ulong End, int Offset)[] Index(bool isEhFrame)
    {
        var found = new List<(ulong Start, ulong End, int Offset)>();
        FrameEntries entries = Entries(isEhFrame);
        while (entries.MoveNext(out int offset))
        {
            FrameDescription description = entries.ReadDescription(offset);
            // Code that the linker dropped stays described, at address 0.
            if (description.Start != 0 && description.End > description.Start) { found.Add((description.Start, description.End, offset)); }
        }

        found.Sort();
        return [.. found];
    }

    private FrameEntries Entries(bool isEhFrame) => new(_sections, isEhFrame);
}
