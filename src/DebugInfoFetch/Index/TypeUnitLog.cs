namespace DebugInfoFetch.Index;

/// <summary>
/// Which types each unit defines, as one worker met them. Only of names with several definitions anybody asks for the units, but which those are is
/// known after the last file; so it is written down for all, in a byte or two each: types that were first met together come again together.
/// </summary>
internal sealed class TypeUnitLog
{
    private const int PieceSize = 1 << 20;
    // A LEB128 number of 32 bits.
    private const int LargestNumber = 5;
    private readonly List<(byte[] Bytes, int Length)> _full = [];
    private byte[] _piece = new byte[PieceSize];
    private int _length, _lastType;

    /// <summary>The types that follow are those of this unit.</summary>
    public void BeginUnit(int unit)
    {
        _lastType = 0;
        // A difference of zero never stands before a type: a type that came just before is not written again.
        Write(0);
        Write((uint)unit);
    }

    public void Add(int type)
    {
        if (type == _lastType) { return; }
        int difference = type - _lastType;
        _lastType = type;
        Write((uint)((difference << 1) ^ (difference >> 31)));
    }

    /// <summary>The units of the types asked for, in the order in which they were met, and perhaps twice.</summary>
    /// <param name="wanted">By type: a list to add to, or null.</param>
    public void CollectUnits(List<int>?[] wanted)
    {
        var state = new Walk(wanted);
        foreach ((byte[] bytes, int length) in _full.Append((_piece, _length))) { state.Over(bytes.AsSpan(0, length)); }
    }

    /// <summary>The same of logs that were kept (<see cref="ToArray"/>), one behind the other.</summary>
    public static void CollectUnits(ReadOnlySpan<byte> kept, List<int>?[] wanted) => new Walk(wanted).Over(kept);

    public byte[] ToArray() => [.. _full.SelectMany(piece => piece.Bytes.Take(piece.Length)), .. _piece.AsSpan(0, _length)];

    private struct Walk(List<int>?[] wanted)
    {
        private int _unit = -1, _type;
        private bool _unitFollows;

        public void Over(ReadOnlySpan<byte> bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                uint value = Read(bytes, ref at);
                if (_unitFollows)
                {
                    _unit = (int)value;
                    _type = 0;
                    _unitFollows = false;
                }
                else if (value == 0) { _unitFollows = true; }
                else
                {
                    _type += (int)(value >> 1) ^ -(int)(value & 1);
                    // What was kept in a file may be damaged.
                    if ((uint)_type < (uint)wanted.Length) { wanted[_type]?.Add(_unit); }
                }
            }
        }
    }

    private void Write(uint value)
    {
        if (_length + LargestNumber > _piece.Length)
        {
            _full.Add((_piece, _length));
            _piece = new byte[PieceSize];
            _length = 0;
        }

        while (value >= 0x80)
        {
            _piece[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _piece[_length++] = (byte)value;
    }

    private static uint Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint value = 0;
        for (int shift = 0; at < bytes.Length; shift += 7)
        {
            byte b = bytes[at++];
            value |= (uint)(b & 0x7f) << shift;
            if (b < 0x80) { break; }
        }

        return value;
    }
}
