using System.Text.RegularExpressions;

namespace DebugInfoFetch.Probes;

/// <summary>FUNCTION: <c>[MOD:]NAME[@SOURCE][%return]</c>.</summary>
/// <param name="Module">As the kernel prints it, with <c>_</c>; null when none is given; <c>vmlinux</c> means the kernel itself.</param>
/// <param name="Name">A function of the source, or a symbol with its suffixes (<c>f.isra.0</c>).</param>
/// <param name="Source">Tail of a source path; null when none is given.</param>
internal sealed partial record FunctionSpec(string? Module, string Name, string? Source, bool AtReturn)
{
    public static Outcome<FunctionSpec> Parse(string text)
    {
        Match match = Form().Match(text);
        if (match.Success)
        {
            string? module = match.Groups["module"] is { Success: true } m ? m.Value.Replace('-', '_') : null;
            string? source = match.Groups["source"] is { Success: true } s ? s.Value : null;
            return new FunctionSpec(module, match.Groups["name"].Value, source, match.Groups["return"].Success);
        }

        return InsideForm().IsMatch(text)
            ? new Refusal(RefusalReason.BadRequest,
                $"{text}: only a function's entry, or its return with %return, can be probed, no place inside it")
            : new Refusal(RefusalReason.BadRequest, $"{text}: a function is [MOD:]NAME[@SOURCE][%return]",
                "examples: vfs_read, btrfs:add_extent@inode.c, vfs_read%return");
    }

    [GeneratedRegex(@"^(?:(?<module>[A-Za-z0-9_-]+):)?(?<name>[A-Za-z_][A-Za-z0-9_.$]*)(?:@(?<source>[A-Za-z0-9_./+,-]+))?(?<return>%return)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex(@"^[A-Za-z0-9_:.$@/-]+([:+][0-9]|;)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex InsideForm();
}
