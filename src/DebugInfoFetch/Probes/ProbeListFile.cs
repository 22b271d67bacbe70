namespace DebugInfoFetch.Probes;

/// <summary>
/// A list for <c>probe --file</c>: a probe a line, <c>FUNCTION [ARG]...</c>, words split at white space as a shell does
/// (single quotes, double quotes, backslash); <c>#</c> at the start of a word begins a comment. Empty lines mean nothing.
/// </summary>
public static class ProbeListFile
{
    /// <summary>Splits the text into its entries. A line that cannot be read becomes an entry with <see cref="ProbeListEntry.Fault"/>.</summary>
    public static IReadOnlyList<ProbeListEntry> Parse(string text) => throw new NotImplementedException(text);
}

/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Request">Null when the line has a fault.</param>
/// <param name="Fault">One line that says what is wrong; null when nothing is.</param>
public sealed record ProbeListEntry(int Line, ProbeRequest? Request, string? Fault);
