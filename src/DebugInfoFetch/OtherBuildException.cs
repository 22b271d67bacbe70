namespace DebugInfoFetch;

/// <summary>A package holds another build than the one asked for, under the same release string. The message is one line.</summary>
public sealed class OtherBuildException : Exception
{
    public OtherBuildException() { }
    public OtherBuildException(string message) : base(message) { }
    public OtherBuildException(string message, Exception inner) : base(message, inner) { }
}
