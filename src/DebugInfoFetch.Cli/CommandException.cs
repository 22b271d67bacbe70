namespace DebugInfoFetch.Cli;

/// <summary>A command cannot go on, and knows why: one line for the person, hints on what to do, and the exit code.</summary>
public sealed class CommandException : Exception
{
    public CommandException(ExitCode exitCode, string message, params IReadOnlyList<string> hints) : base(message)
        => (ExitCode, Hints) = (exitCode, hints);

    public CommandException() => Hints = [];
    public CommandException(string message) : base(message) => Hints = [];
    public CommandException(string message, Exception inner) : base(message, inner) => Hints = [];

    public ExitCode ExitCode { get; } = ExitCode.Refused;
    public IReadOnlyList<string> Hints { get; }
}
