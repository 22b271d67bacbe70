using System.Collections.Frozen;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>
/// The names that the kernel takes in a definition, and nothing wider: what passes here may stand in a line that somebody pastes into a
/// root shell. KPROBES.md §1.1.
/// </summary>
public static class KernelIdentifier
{
    /// <summary>MAX_EVENT_NAME_LEN less its terminating zero (kernel/trace/trace.h).</summary>
    public const int MaxEventLength = 63;
    /// <summary>MAX_ARG_NAME_LEN less its terminating zero (kernel/trace/trace_probe.h).</summary>
    public const int MaxArgumentLength = 31;

    // kernel/trace/trace_probe.c, reserved_field_names.
    private static readonly FrozenSet<string> ReservedArguments = FrozenSet.ToFrozenSet(
    [
        "common_type", "common_flags", "common_preempt_count", "common_pid", "common_tgid", "__probe_ip", "__probe_ret_ip", "__probe_func",
    ]);

    /// <summary><c>[A-Za-z_][A-Za-z0-9_]*</c></summary>
    public static bool IsIdentifier(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || char.IsAsciiDigit(text[0])) { return false; }
        foreach (char c in text)
        {
            if (!IsWord(c)) { return false; }
        }

        return true;
    }

    public static bool IsEvent(string name) => name.Length <= MaxEventLength && IsIdentifier(name);

    /// <summary>As an event. <c>-</c> is left out: kernels before 6.2 refuse it.</summary>
    public static bool IsGroup(string name) => IsEvent(name);

    public static bool IsArgument(string name)
        => name.Length <= MaxArgumentLength && IsIdentifier(name) && !ReservedArguments.Contains(name);

    /// <summary>
    /// A symbol that can stand in PLACE or behind <c>@</c>: there, only white space and <c>+ - : %</c> would end it; what no compiler makes
    /// is left out as well.
    /// </summary>
    public static bool IsSymbol(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0])) { return false; }
        foreach (char c in name)
        {
            if (!IsWord(c) && c is not ('.' or '$')) { return false; }
        }

        return true;
    }

    /// <summary>A module as the kernel prints it: <c>nvme_core</c>, <c>8021q</c>.</summary>
    public static bool IsModule(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty) { return false; }
        foreach (char c in name)
        {
            if (!IsWord(c)) { return false; }
        }

        return true;
    }

    /// <summary>The nearest identifier to any text: names come from files, and from symbols with dots.</summary>
    public static string From(string text)
    {
        string word = string.Concat(text.Select(c => IsWord(c) ? c : '_'));
        return word.Length == 0 || char.IsAsciiDigit(word[0]) ? "_" + word : word;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
