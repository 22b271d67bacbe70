namespace DebugInfoFetch.Formats.Binary;

/// <summary>
/// Bytes that came from outside are not what their format says. The message is one line for the person who gave the file:
/// <c>vmlinux: .debug_info+0x1f40: unknown form 0x99</c> — file, section, offset, value — and what to do where something can be done.
/// </summary>
public sealed class InputFaultException : Exception
{
    public InputFaultException(string message) : base(OneLine(message)) { }
    public InputFaultException(string message, Exception inner) : base(OneLine(message), inner) { }
    public InputFaultException() { }

    /// <param name="file">The file or member as the user knows it.</param>
    /// <param name="section">Section or part of the file (<c>.debug_info</c>, <c>main header</c>).</param>
    /// <param name="offset">Bytes from the start of that section.</param>
    public static InputFaultException At(string file, string section, long offset, string what)
        => new($"{file}: {section}+0x{offset:x}: {what}");

    /// <summary>Names out of a file may hold line ends and a terminal's control sequences: they are shown as <c>?</c>.</summary>
    private static string OneLine(string message) => message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? '?' : c)) : message;
}
