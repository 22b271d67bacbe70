using DebugInfoFetch.Cli.Commands;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Cli;

/// <summary><c>--kernel -</c>: the text that names the kernel comes from standard input.</summary>
internal static class KernelText
{
    private const string StandardInput = "-";

    /// <summary>The arguments with the text in the place of the dash.</summary>
    /// <exception cref="CommandException">Another option reads standard input too.</exception>
    public static IReadOnlyList<string> FromInput(IReadOnlyList<string> arguments, CliConsole console)
    {
        int end = IndexOf(arguments, "--", arguments.Count);
        int at = ValueAt(arguments, end, KernelOptions.KernelName, "-k");
        if (at < 0) { return arguments; }
        if (ValueAt(arguments, end, "--file") >= 0)
        {
            throw new CommandException(ExitCode.Usage, "--kernel - and --file - both read standard input; give one of them as a file or a text");
        }

        string text = Read(console.Input);
        string[] replaced = [.. arguments];
        // An empty text is a release that is none, and not a missing value.
        replaced[at] = replaced[at] == StandardInput ? text : replaced[at][..^1] + text;
        return replaced;
    }

    /// <summary>Where the dash stands that is the value of one of these options; -1 for nowhere.</summary>
    private static int ValueAt(IReadOnlyList<string> arguments, int end, params ReadOnlySpan<string> names)
    {
        for (int i = 0; i < end; i++)
        {
            foreach (string name in names)
            {
                if (arguments[i] == name && i + 1 < end && arguments[i + 1] == StandardInput) { return i + 1; }
                if (arguments[i] == $"{name}={StandardInput}") { return i; }
            }
        }

        return -1;
    }

    private static int IndexOf(IReadOnlyList<string> arguments, string word, int otherwise)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == word) { return i; }
        }

        return otherwise;
    }

    /// <summary>One character more than a text may have shows that it is too long.</summary>
    private static string Read(TextReader input)
    {
        char[] text = new char[PastedKernel.MaxLength + 1];
        int length = input.ReadBlock(text, 0, text.Length);
        return new string(text, 0, length).Trim();
    }
}
