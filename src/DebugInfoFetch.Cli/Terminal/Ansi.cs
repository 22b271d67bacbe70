namespace DebugInfoFetch.Cli.Terminal;

/// <summary>The few colours that the program uses: none where nobody sees them (no terminal), or wants them (https://no-color.org).</summary>
public readonly record struct Ansi(bool IsOn)
{
    public string Bold(string text) => Paint("1", text);
    public string Dim(string text) => Paint("2", text);
    public string Red(string text) => Paint("31;1", text);
    public string Cyan(string text) => Paint("36", text);

    private string Paint(string code, string text) => IsOn && text.Length > 0 ? $"\x1b[{code}m{text}\x1b[0m" : text;
}
