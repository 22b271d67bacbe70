namespace DebugInfoFetch.Unpack;

/// <summary>A file that a package lists is not where it was looked for: only reading the package from its start tells more.</summary>
public sealed class MemberNotFoundException : Exception
{
    public MemberNotFoundException() { }
    public MemberNotFoundException(string message) : base(message) { }
    public MemberNotFoundException(string message, Exception inner) : base(message, inner) { }
}
