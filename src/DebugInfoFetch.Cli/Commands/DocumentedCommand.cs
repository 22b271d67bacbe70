using System.CommandLine;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>A command with the examples that its help ends with.</summary>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines without the program's name.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>What completion offers for the positional arguments; null for nothing.</summary>
    public Func<CompletionRequest, IEnumerable<string>>? CompleteArgument { get; init; }
}

/// <param name="Kernel"><c>--kernel</c>, where it was typed.</param>
/// <param name="Cache"><c>--cache</c>, where it was typed.</param>
/// <param name="Word">The word that is being typed.</param>
internal sealed record CompletionRequest(CliHost Host, string? Kernel, string? Cache, string Word);
