using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.Probes;

/// <summary>Where inside a function.</summary>
internal abstract record PlaceInside
{
    /// <summary><c>+OFF</c>: bytes from the copy's first instruction.</summary>
    public sealed record AtOffset(ulong Bytes) : PlaceInside;

    /// <summary><c>:LINE</c>: lines from the function's declaration, which is line 0.</summary>
    public sealed record AtLine(int Line) : PlaceInside;
}

/// <summary>FUNCTION: <c>[MOD:]NAME[@SOURCE][+OFF|:LINE][%return]</c>, or <c>[MOD:]FILE:LINE</c>.</summary>
/// <param name="Module">As the kernel prints it, with <c>_</c>; null when none is given; <c>vmlinux</c> means the kernel itself.</param>
/// <param name="Name">A function of the source, or a symbol with its suffixes (<c>f.isra.0</c>); empty for FILE:LINE.</param>
/// <param name="Source">Tail of a source path; null when none is given.</param>
/// <param name="Inside">Null: the entry, or the return.</param>
/// <param name="FileLine">Of FILE:LINE, the line in <paramref name="Source"/>; 0 otherwise.</param>
internal sealed partial record FunctionSpec(string? Module, string Name, string? Source, bool AtReturn, PlaceInside? Inside = null, int FileLine = 0)
{
    public static Outcome<FunctionSpec> Parse(string text)
    {
        if (FileForm().Match(text) is { Success: true } file)
        {
            return int.TryParse(file.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int line) && line > 0
                ? new FunctionSpec(ModuleOf(file), "", file.Groups["file"].Value, false, null, line)
                : Bad(text, "no such line");
        }

        Match match = Form().Match(text);
        if (!match.Success)
        {
            return Bad(text, text.Contains(';', StringComparison.Ordinal) ? "no pattern of a line can be probed" : "a function is [MOD:]NAME[@SOURCE][+OFFSET|:LINE][%return]");
        }

        string? source = match.Groups["source"] is { Success: true } s ? s.Value : null;
        Outcome<FunctionSpec> spec = new FunctionSpec(ModuleOf(match), match.Groups["name"].Value, source, match.Groups["return"].Success);
        if (match.Groups["offset"] is { Success: true } offset)
        {
            return Number(offset.Value) is { } bytes ? spec.Value! with { Inside = bytes == 0 ? null : new PlaceInside.AtOffset(bytes) } : Bad(text, "no such offset");
        }

        if (match.Groups["line"] is not { Success: true } at) { return spec; }
        return int.TryParse(at.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int lines)
            ? spec.Value! with { Inside = lines == 0 ? null : new PlaceInside.AtLine(lines) }
            : Bad(text, "no such line");
    }

    private static string? ModuleOf(Match match) => match.Groups["module"] is { Success: true } m ? m.Value.Replace('-', '_') : null;

    private static ulong? Number(string text) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex : null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static Refusal Bad(string text, string why)
        => new(RefusalReason.BadRequest, $"{text}: {why}", "examples: vfs_read, btrfs:add_extent@inode.c, vfs_read%return, vfs_read:12, vfs_read+0x2a, fs/read_write.c:480");

    // A place inside and %return exclude each other.
    [GeneratedRegex(@"^(?:(?<module>[A-Za-z0-9_-]+):)?(?<name>[A-Za-z_][A-Za-z0-9_.$]*)(?:@(?<source>[A-Za-z0-9_./,-]+))?(?:(?:\+(?<offset>0[xX][0-9a-fA-F]+|[0-9]+)|:(?<line>[0-9]+))|(?<return>%return))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    // A name with a suffix (f.c) is no file when nothing but a function's name stands there: files have a directory, or a C file's ending.
    [GeneratedRegex(@"^(?:(?<module>[A-Za-z0-9_-]+):)?(?<file>(?:[A-Za-z0-9_.+,-]+/)*[A-Za-z0-9_.+,-]+\.[chS]):(?<line>[0-9]+)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FileForm();
}
