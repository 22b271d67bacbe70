using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// What is known about one PATH of an <c>offset</c> query. A closed list: <see cref="Found"/>, <see cref="NotFound"/>, <see
/// cref="Ambiguous"/>.
/// </summary>
/// <param name="Path">The path as it was typed.</param>
public abstract record OffsetAnswer(string Path)
{
    public sealed record Found(string Path, MemberPlace Place) : OffsetAnswer(Path);

    /// <param name="Message">One line: which part of the path is wrong, and what to write instead.</param>
    /// <param name="Suggestions">Names like the one that was not found, best first.</param>
    public sealed record NotFound(string Path, string Message, IReadOnlyList<string> Suggestions) : OffsetAnswer(Path);

    /// <summary>Several layouts share a name and give different answers.</summary>
    /// <param name="Message">One line: which name has several layouts, and how to choose.</param>
    public sealed record Ambiguous(string Path, string Message, IReadOnlyList<LayoutCandidate> Candidates) : OffsetAnswer(Path);
}

/// <summary>Where a path ends.</summary>
public sealed record MemberPlace
{
    /// <summary>
    /// Byte offsets, one a hop. A path without <c>-&gt;</c> has one: from the start of the outermost struct. Each pointer that is followed
    /// begins a new one: <c>[32, 8]</c> is "read the pointer at +32, then look at +8 from where it points".
    /// </summary>
    public required IReadOnlyList<long> Offsets { get; init; }
    /// <summary>From the start of what the last pointer points at (or of the outermost struct).</summary>
    public long ByteOffset => Offsets[^1];
    public bool CrossesPointer => Offsets.Count > 1;
    /// <summary>Bytes; null where the type has no size (<c>[]</c>, a function).</summary>
    public long? ByteSize { get; init; }
    public required TypeId TypeId { get; init; }
    /// <summary>In C's spelling: <c>struct list_head *</c>, <c>u64</c>, <c>unsigned int:3</c>.</summary>
    public required string Type { get; init; }
    /// <summary>Bit-fields only: bits from where <see cref="ByteOffset"/> counts from.</summary>
    public long? BitOffset { get; init; }
    /// <summary>Bit-fields only: width in bits.</summary>
    public int? BitSize { get; init; }
    /// <summary>Where the struct or union that declares the last member is declared.</summary>
    public SourceLocation? DeclaredAt { get; init; }
}

/// <summary>One of several definitions that share a name, with what the path would give in it.</summary>
/// <param name="Name">With its keyword: <c>struct foo</c>.</param>
/// <param name="Place">Null when the path does not exist in this one.</param>
public sealed record LayoutCandidate(TypeId TypeId, string Name, SourceLocation? DeclaredAt, long? ByteSize, string Module,
    MemberPlace? Place);
