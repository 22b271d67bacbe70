using System.Globalization;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// Writes layouts the way pahole prints them: columns of declarations, offsets and sizes in bytes, holes, cache lines, and a summary.
/// Declarations are true C where pahole's are not (<c>int (*f[4])(void)</c>).
/// </summary>
/// <param name="cacheLineSize">Bytes of a cache line of the kernel's architecture: <see cref="CacheLineSize"/>.</param>
public sealed class StructLayoutText(ITypeModel model, TextWriter output, int cacheLineSize)
{
    // pahole's columns (dwarves_fprintf.c, conf_fprintf__defaults): the type's width, then the name's; a level deeper, one tab less.
    private const int TypeWidth = 26;
    private const int NameWidth = 23;
    private const int TabWidth = 8;

    private readonly TypeSpelling _spelling = new(model);
    private readonly StructLayoutQuery _layouts = new(model);
    private readonly Dictionary<TypeId, long> _paddings = [];
    private long _currentCacheLine;

    /// <summary>L1 line in bytes: SMP_CACHE_BYTES of arch/*/include/asm/cache.h.</summary>
    public static int CacheLineSize(string architecture) => architecture switch
    {
        "s390x" => 256,
        "ppc64le" or "ppc64" => 128,
        _ => 64,
    };

    public void Write(StructLayout layout)
    {
        _currentCacheLine = 0;
        bool isTypedef = layout.Kind == TypeKind.Typedef;
        output.Write(isTypedef ? "typedef " : "");
        string name = isTypedef ? "" : " " + layout.Name;
        if (layout.Type.Kind == TypeKind.Enum)
        {
            output.Write($"enum{name} ");
            WriteEnumerators(layout.Type, "");
        }
        else
        {
            output.Write($"{(layout.Type.Kind == TypeKind.Union ? "union" : "struct")}{name} {{\n");
            BodySums sums = WriteMembers(layout.Type, layout.Members, 1);
            WriteFooter(layout, sums);
        }

        output.Write(isTypedef ? $"}} {layout.Name};\n" : "};\n");
    }

    private BodySums WriteMembers(TypeInfo type, IReadOnlyList<LayoutMember> members, int level)
    {
        bool isUnion = type.Kind == TypeKind.Union;
        StructLayoutHoles? holes = isUnion ? null : StructLayoutHoles.Of(type, members);
        var sums = new BodySums { Holes = holes };
        string tabs = new('\t', level);
        for (int i = 0; i < members.Count; i++)
        {
            LayoutMember member = members[i];
            if (i > 0 && holes is not null) { WriteJoin(members[i - 1], holes.After[i - 1], member, tabs, level); }
            output.Write(tabs);
            long cacheLine = _currentCacheLine;
            WriteMember(member, tabs, level);
            sums.Add(member);
            if (isUnion)
            {
                // Each alternative crosses the boundaries anew.
                _currentCacheLine = cacheLine;
                continue;
            }

            long padding = TrailingPadding(member);
            sums.AddPadding(padding);
            Hole hole = holes!.After[i];
            if (padding == 0 && hole == default) { continue; }
            output.Write('\n');
            if (padding > 0) { output.Write($"{tabs}/* XXX last struct has {Count(padding, "byte")} of padding */\n"); }
            if (hole.Bits > 0) { output.Write($"{tabs}/* XXX {Count(hole.Bits, "bit")} hole, try to pack */\n"); }
            if (hole.Bytes > 0) { output.Write($"{tabs}/* XXX {Count(hole.Bytes, "byte")} hole, try to pack */\n"); }
            if (i + 1 < members.Count) { output.Write('\n'); }
        }

        return sums;
    }

    /// <summary>What pahole says between two members whose storage overlaps or was forced apart.</summary>
    private void WriteJoin(LayoutMember last, Hole hole, LayoutMember next, string tabs, int level)
    {
        if (last.ByteSize == 0) { return; }
        long lastOffset = StructLayoutHoles.StorageOffset(last);
        long nextOffset = StructLayoutHoles.StorageOffset(next);
        if (hole.Bits > 0 && next.BitSize is not null)
        {
            bool isForced = lastOffset != nextOffset;
            if (isForced) { output.Write($"{tabs}/* Force alignment to the next boundary: */\n"); }
            string specifier = DeclarationColumns.Of(model, _spelling, next.TypeId, "").Specifier.PadRight(TypeColumn(level));
            output.Write($"{tabs}{specifier} :{(isForced ? 0 : hole.Bits)};\n\n");
        }

        if (nextOffset < lastOffset || (nextOffset == lastOffset && last.BitSize is null && next.BitSize is not null))
        {
            output.Write($"\n{tabs}/* Bitfield combined with previous fields */\n\n");
        }
        else if (nextOffset > lastOffset && nextOffset - lastOffset < last.ByteSize)
        {
            output.Write($"\n{tabs}/* Bitfield combined with next fields */\n\n");
        }
    }

    private void WriteMember(LayoutMember member, string tabs, int level)
    {
        long offset = StructLayoutHoles.StorageOffset(member);
        WriteCacheLine(offset, tabs);
        if (member.Inline is { } body)
        {
            output.Write($"{InlineQualifiers(member)}{(body.Kind == TypeKind.Union ? "union" : "struct")} {{\n");
            WriteMembers(body, member.Members, level + 1);
            WriteClosing(member, tabs, level, offset);
            return;
        }

        if (InlineEnum(member.TypeId) is { } enumeration)
        {
            output.Write("enum ");
            WriteEnumerators(enumeration, tabs);
            WriteClosing(member, tabs, level, offset);
            return;
        }

        (string specifier, string declarator) = DeclarationColumns.Of(model, _spelling, member.TypeId, member.Name);
        string text = $"{specifier.PadRight(TypeColumn(level))} {declarator}{BitWidth(member)};";
        output.Write(text);
        WritePlace(member, offset, TypeColumn(level) + NameWidth - text.Length);
    }

    private void WriteClosing(LayoutMember member, string tabs, int level, long offset)
    {
        string declarator = DeclarationColumns.Of(model, _spelling, member.TypeId, member.Name).Declarator + BitWidth(member);
        string text = declarator.Length == 0 ? "};" : $"}} {declarator};";
        output.Write(tabs);
        output.Write(text);
        WritePlace(member, offset, TypeColumn(level) + NameWidth - text.Length);
    }

    private void WritePlace(LayoutMember member, long offset, int space)
    {
        output.Write(new string(' ', Math.Max(space, 1)));
        output.Write(string.Create(CultureInfo.InvariantCulture, $"/* {offset,5}"));
        if (member.BitOffset is { } bit)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $":{bit - (offset * 8),2} {member.ByteSize,2} */\n"));
        }
        else
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $" {member.ByteSize,5} */\n"));
        }
    }

    private void WriteCacheLine(long offset, string tabs)
    {
        long line = offset / cacheLineSize;
        if (line <= _currentCacheLine) { return; }
        _currentCacheLine = line;
        long into = offset % cacheLineSize;
        string ago = into == 0 ? "" : $" was {Count(into, "byte")} ago";
        output.Write($"/* --- cacheline {line} boundary ({offset - into} bytes){ago} --- */\n{tabs}");
    }

    private void WriteEnumerators(TypeInfo type, string tabs)
    {
        output.Write("{\n");
        int width = type.Enumerators.Count == 0 ? 0 : type.Enumerators.Max(enumerator => enumerator.Name.Length);
        foreach (EnumeratorInfo enumerator in type.Enumerators)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{tabs}\t{enumerator.Name.PadRight(width)} = {enumerator.Value},\n"));
        }
    }

    private void WriteFooter(StructLayout layout, BodySums sums)
    {
        long lines = (layout.ByteSize + cacheLineSize - 1) / cacheLineSize;
        output.Write($"\n\t/* size: {layout.ByteSize}, cachelines: {lines}, members: {layout.Members.Count} */\n");
        if (sums.Holes is { } holes) { WriteHoleSums(holes, sums); }
        long last = layout.ByteSize % cacheLineSize;
        if (last != 0) { output.Write($"\t/* last cacheline: {last} bytes */\n"); }
        if (layout.DeclaredAt is { } at) { output.Write($"\t/* {at} */\n"); }
    }

    private void WriteHoleSums(StructLayoutHoles holes, BodySums sums)
    {
        long bytes = holes.After.Sum(hole => hole.Bytes);
        long bits = holes.After.Sum(hole => hole.Bits);
        if (bytes > 0 || bits > 0)
        {
            string byteHoles = bytes > 0 ? $", holes: {holes.After.Count(hole => hole.Bytes > 0)}, sum holes: {bytes}" : "";
            string bitHoles = bits > 0
                ? $", bit holes: {holes.After.Count(hole => hole.Bits > 0)}, sum bit holes: {bits} bits"
                : $" ({sums.BitFieldBits / 8} bytes)";
            if (sums.Bytes > 0) { output.Write($"\t/* sum members: {sums.Bytes}{byteHoles} */\n"); }
            if (sums.BitFieldBits > 0) { output.Write($"\t/* sum bitfield members: {sums.BitFieldBits} bits{bitHoles} */\n"); }
        }

        if (holes.Padding > 0) { output.Write($"\t/* padding: {holes.Padding} */\n"); }
        if (sums.PaddedMembers > 0) { output.Write($"\t/* paddings: {sums.PaddedMembers}, sum paddings: {sums.PaddingBytes} */\n"); }
        if (holes.BitPadding > 0) { output.Write($"\t/* bit_padding: {holes.BitPadding} bits */\n"); }
    }

    /// <summary>Bytes unused at the end of a member that is itself a struct; pahole looks through no typedef and no array here.</summary>
    private long TrailingPadding(LayoutMember member)
    {
        if (member.TypeId.IsVoid) { return 0; }
        if (_paddings.TryGetValue(member.TypeId, out long known)) { return known; }
        TypeInfo? type = model.Type(member.TypeId);
        if (type is { Kind: TypeKind.Struct, IsReference: true })
        {
            IReadOnlyList<TypeInfo> definitions = model.Definitions(TypeKind.Struct, type.Name);
            type = definitions.Count == 1 ? definitions[0] : null;
        }

        bool hasBody = type is { Kind: TypeKind.Struct, Members.Count: > 0 };
        long padding = hasBody ? StructLayoutHoles.Of(type!, _layouts.Layout(type!).Members).Padding : 0;
        _paddings.Add(member.TypeId, padding);
        return padding;
    }

    private TypeInfo? InlineEnum(TypeId id)
        => !id.IsVoid && model.Type(id) is { Kind: TypeKind.Enum, Name: "" } type ? type : null;

    private string InlineQualifiers(LayoutMember member)
    {
        string specifier = DeclarationColumns.Of(model, _spelling, member.TypeId, "").Specifier;
        int body = specifier.IndexOf(member.Inline!.Kind == TypeKind.Union ? "union" : "struct", StringComparison.Ordinal);
        return specifier[..body];
    }

    private static int TypeColumn(int level) => Math.Max(TypeWidth - (TabWidth * (level - 1)), 1);

    private static string BitWidth(LayoutMember member) => member.BitSize is { } bits ? $":{bits}" : "";

    private static string Count(long number, string unit) => number == 1 ? $"1 {unit}" : $"{number} {unit}s";

    private sealed class BodySums
    {
        public StructLayoutHoles? Holes { get; init; }
        public long Bytes { get; private set; }
        public long BitFieldBits { get; private set; }
        public int PaddedMembers { get; private set; }
        public long PaddingBytes { get; private set; }

        public void Add(LayoutMember member)
        {
            if (member.BitSize is { } bits) { BitFieldBits += bits; }
            else { Bytes += member.ByteSize; }
        }

        public void AddPadding(long bytes)
        {
            if (bytes == 0) { return; }
            PaddedMembers++;
            PaddingBytes += bytes;
        }
    }
}
