namespace DebugInfoFetch.Bodies;

/// <summary>A debug file is needed and nowhere to be had.</summary>
public sealed class ModuleFileException : Exception
{
    public ModuleFileException(string message, IReadOnlyList<string> hints) : base(message) => Hints = hints;
    public ModuleFileException(string message, Exception inner) : base(message, inner) { }
    public ModuleFileException(string message) : base(message) { }
    public ModuleFileException() { }

    /// <summary>Where it was looked for, and what to do; a line each.</summary>
    public IReadOnlyList<string> Hints { get; } = [];
}
