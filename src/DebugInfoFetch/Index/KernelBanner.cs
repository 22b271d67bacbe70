using System.Text;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Index;

/// <summary>Which kernel a file says itself that it is of.</summary>
internal static class KernelBanner
{
    private const int LongestRelease = 64;

    /// <summary>
    /// What <c>uname -r</c> prints: from vmlinux's banner (init/version-timestamp.c: linux_banner, in .rodata) or a module's vermagic (.modinfo). Null where the file does
    /// not hold these, as one that was stripped to its debug information.
    /// </summary>
    public static string? ReleaseOf(ElfFile file) => After(file, ".modinfo", "vermagic="u8) ?? After(file, ".rodata", "Linux version "u8);

    private static string? After(ElfFile file, string section, ReadOnlySpan<byte> mark)
    {
        if (file.Find(section) is not { Type: SectionType.ProgramBits } found) { return null; }
        ReadOnlySpan<byte> content = file.Content(found).Span;
        for (int at; (at = content.IndexOf(mark)) >= 0;)
        {
            content = content[(at + mark.Length)..];
            int end = content[..Math.Min(content.Length, LongestRelease + 1)].IndexOf((byte)' ');
            // Formats have the words too: "Linux version %s".
            if (end > 0 && char.IsAsciiDigit((char)content[0])) { return Encoding.ASCII.GetString(content[..end]); }
        }

        return null;
    }
}
