using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>
/// Reads what <c>pahole -F dwarf --show_private_classes</c> prints (checked with 1.24). Every line has to be of a known form: a line that
/// is not understood fails the test, for a skipped line would be a member that nobody compared.
/// </summary>
public sealed partial class PaholeOutput
{
    private readonly List<MemberLayout> _members = [];
    private readonly List<Block> _open = [];
    private string _kind = "";
    private string _name = "";
    private long? _size;

    /// <summary>A struct, union or enum whose closing brace, with name and offset, has not come yet.</summary>
    /// <param name="IsEnum">Its lines are enumerators.</param>
    private sealed record Block(int FirstMember, bool IsEnum);

    /// <summary>Runs pahole on a file and reads its answer.</summary>
    public static IReadOnlyList<TypeLayout> Of(string debugFile, out TimeSpan elapsed)
    {
        ToolResult result = ToolRun.Run("pahole", ["-F", "dwarf", "--show_private_classes", debugFile]).OrThrow();
        elapsed = result.Elapsed;
        return Parse(result.Output);
    }

    /// <summary>Those of these type names that are structs or unions in the file, or typedefs of one.</summary>
    public static IReadOnlySet<string> StructsAmong(string debugFile, IReadOnlyCollection<string> types)
    {
        if (types.Count == 0) { return new HashSet<string>(); }
        ToolResult printed = ToolRun.Run("pahole", ["-F", "dwarf", "--skip_missing", "-C", string.Join(',', types.Select(t => t.Split(' ')[^1])), debugFile]);
        HashSet<string> names = [.. printed.Lines.Select(line => StructHeading().Match(line)).Where(match => match.Success).Select(match => match.Groups["name"].Value)];
        return types.Where(t => names.Contains(t.Split(' ')[^1])).ToHashSet();
    }

    /// <exception cref="FormatException">A line of no known form.</exception>
    public static IReadOnlyList<TypeLayout> Parse(string text)
    {
        PaholeOutput reader = new();
        List<TypeLayout> types = [];
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            try
            {
                if (reader.Take(line.ToString()) is { } type)
                {
                    types.Add(type);
                }
            }
            catch (FormatException e)
            {
                throw new FormatException($"pahole's line {number}: {e.Message}: {line}", e);
            }
        }

        return reader._kind == "" ? types : throw new FormatException($"pahole's output ends inside {reader._kind} {reader._name}");
    }

    private TypeLayout? Take(string line)
    {
        if (_kind == "")
        {
            return TakeOutside(line);
        }

        string text = line.Trim();
        if (text == "" || TakeRemark(text))
        {
            return null;
        }

        if (line[0] == '}')
        {
            return _open.Count == 0 && TypeEnd().IsMatch(line) ? Finish() : throw new FormatException("unexpected end of type");
        }

        if (BlockStart().Match(text) is { Success: true } start)
        {
            _open.Add(new Block(_members.Count, start.Groups["kind"].Value == "enum"));
        }
        else if (_open is [.., { IsEnum: true }] && Enumerator().IsMatch(text))
        {
        }
        else if (text[0] == '}')
        {
            EndBlock(text);
        }
        else if (PaddingLine().IsMatch(text))
        {
            // pahole's own invention, to make the text compile to the same layout: DWARF records no unnamed bit-field.
        }
        else
        {
            _members.Add(ReadMember(text, MemberLine().Match(text)));
        }

        return null;
    }

    private TypeLayout? TakeOutside(string line)
    {
        if (TypeStart().Match(line) is { Success: true } start)
        {
            (_kind, _name, _size) = (start.Groups["kind"].Value, start.Groups["name"].Value, null);
        }
        else if (line != "")
        {
            throw new FormatException("neither a type nor empty");
        }

        return null;
    }

    /// <summary>Comments on a line of their own. The size is that of the outermost type: only there does it stand at depth 0.</summary>
    private bool TakeRemark(string text)
    {
        if (!text.StartsWith("/*", StringComparison.Ordinal))
        {
            return false;
        }

        if (SizeRemark().Match(text) is { Success: true } size)
        {
            if (_open.Count == 0)
            {
                _size = Number(size.Groups["size"]);
            }
        }
        else if (!Remark().IsMatch(text))
        {
            throw new FormatException("a remark of no known form");
        }

        return true;
    }

    /// <summary>
    /// <c>} name[2]; /* off size */</c>. The members inside were read before the name was known; they follow the member that holds them.
    /// Those of a pointer's target lie elsewhere and are no members here.
    /// </summary>
    private void EndBlock(string text)
    {
        Block block = _open is [.., Block last] ? last : throw new FormatException("a brace that closes nothing");
        _open.RemoveAt(_open.Count - 1);
        Match match = BlockEnd().Match(text);
        MemberLayout holder = ReadMember(text, match);
        List<MemberLayout> inside = _members[block.FirstMember..];
        _members.RemoveRange(block.FirstMember, inside.Count);
        _members.Add(holder);
        if (!match.Groups["declarator"].Value.Contains('*', StringComparison.Ordinal))
        {
            _members.AddRange(inside.Select(m => m with { Path = $"{holder.Path}.{m.Path}" }));
        }
    }

    private TypeLayout Finish()
    {
        TypeLayout type = new(_kind, _name, _size, [.. _members]);
        _members.Clear();
        _kind = "";
        return type;
    }

    private static MemberLayout ReadMember(string text, Match match)
    {
        if (!match.Success)
        {
            throw new FormatException("a member of no known form");
        }

        string declarator = Attribute().Replace(match.Groups["declarator"].Value, "").Trim();
        long offset = Number(match.Groups["offset"]);
        long size = Number(match.Groups["size"]);
        if (BitWidth().Match(declarator) is { Success: true } width)
        {
            long bit = match.Groups["bit"].Success ? Number(match.Groups["bit"]) : throw new FormatException("a bit-field without a bit offset");
            return new MemberLayout(NameIn(declarator[..width.Index]), null, size, (offset * 8) + bit, (int)Number(width.Groups["width"]));
        }

        return match.Groups["bit"].Success ? throw new FormatException($"a bit offset without a width: {text}") : new MemberLayout(NameIn(declarator), offset, size);
    }

    /// <summary>The declared name: inside the first <c>(*…)</c> of a function pointer, else the last word before the array bounds.</summary>
    private static string NameIn(string declarator)
    {
        Match match = PointerDeclarator().Match(declarator);
        match = match.Success ? match : PlainDeclarator().Match(declarator);
        return match.Success ? match.Groups["name"].Value : throw new FormatException("a declarator without a name");
    }

    private static long Number(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

    private const string Place = @"/\*\s*(?<offset>-?\d+)(?::\s*(?<bit>\d+))?\s+(?<size>\d+)\s*\*/$";

    [GeneratedRegex(@"^(?<kind>struct|union) (?<name>\w+) \{$")]
    private static partial Regex TypeStart();

    /// <summary><c>struct qstr {</c>, <c>typedef struct spinlock spinlock_t;</c>, and the end of <c>typedef struct { ... } kuid_t;</c>.</summary>
    [GeneratedRegex(@"^((struct|union) (?<name>\w+) \{|typedef (struct|union) \w+ (?<name>\w+);|\}.* (?<name>\w+);)$")]
    private static partial Regex StructHeading();

    [GeneratedRegex(@"^\}( __attribute__\(\((__packed__|__aligned__\(\d+\))\)\))*;$")]
    private static partial Regex TypeEnd();

    [GeneratedRegex(@"^(?:(?:const|volatile) )*(?<kind>struct|union|enum) \{$")]
    private static partial Regex BlockStart();

    [GeneratedRegex(@"^\}(?<declarator>[^;/]*);\s*" + Place)]
    private static partial Regex BlockEnd();

    [GeneratedRegex(@"^(?<declarator>[^;]+);\s*" + Place)]
    private static partial Regex MemberLine();

    [GeneratedRegex(@"^\w+\s*= -?\w+,$")]
    private static partial Regex Enumerator();

    [GeneratedRegex(@"^[\w ]+\s:\d+;$")]
    private static partial Regex PaddingLine();

    [GeneratedRegex(@"\s*__attribute__\(\((__packed__|__aligned__\(\d+\))\)\)")]
    private static partial Regex Attribute();

    [GeneratedRegex(@":(?<width>\d+)$")]
    private static partial Regex BitWidth();

    [GeneratedRegex(@"\(\*[\s*]*(?:const )?(?<name>\w+)[\[\)]")]
    private static partial Regex PointerDeclarator();

    /// <summary>An empty name is that of an anonymous struct or union, whose declarator is empty too.</summary>
    [GeneratedRegex(@"^$|(?<name>\w+)\s*(?:\[\w*\])*$")]
    private static partial Regex PlainDeclarator();

    [GeneratedRegex(@"^/\* size: (?<size>\d+), cachelines: \d+, members: \d+(, static members: \d+)? \*/$")]
    private static partial Regex SizeRemark();

    [GeneratedRegex(@"^/\* (last cacheline: \d+ bytes|(sum members|forced alignments|paddings|padding|bit_padding|sum bitfield members): .*|Force (padding|alignment to the next boundary):|"
        + @"Bitfield combined with (next|previous) fields|--- cacheline \d+ boundary \(\d+ bytes\) (was \d+ bytes? ago )?---|"
        + @"XXX \d+ (byte|bit)s? hole, try to pack|XXX last struct has \d+ bytes? of padding) \*/$")]
    private static partial Regex Remark();
}
