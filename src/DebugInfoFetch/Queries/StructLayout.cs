using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// The layout of one definition. Every offset in it, however deep, counts from the start of this type.
/// </summary>
/// <param name="Kind">Struct, Union, Enum, or Typedef for a type that only a typedef names.</param>
/// <param name="Type">The definition itself: a typedef's struct, union or enum, else what was asked for.</param>
public sealed record StructLayout(
    TypeKind Kind, string Name, TypeInfo Type, SourceLocation? DeclaredAt, string Module, IReadOnlyList<LayoutMember> Members)
{
    public long ByteSize => Type.ByteSize ?? 0;
}

/// <summary>A member in its place. An anonymous struct or union has an empty name and members of its own.</summary>
/// <param name="Type">The member's type in C, without the name: <c>struct list_head *</c>, <c>char[48]</c>.</param>
/// <param name="ByteOffset">Bytes from the start of the outermost named type; of a bit-field, the byte that holds its first bit.</param>
/// <param name="ByteSize">Bytes; 0 for a flexible array, a bit-field's is that of its declared type.</param>
/// <param name="BitOffset">Bit-field only: bits from the start of the outermost named type.</param>
/// <param name="BitSize">Bit-field only: width in bits.</param>
/// <param name="Inline">The struct or union whose body stands in the declaration (it has no tag); null otherwise.</param>
/// <param name="Members">That body, of an array's first element; empty when <paramref name="Inline"/> is null.</param>
public sealed record LayoutMember(
    string Name, TypeId TypeId, string Type, long ByteOffset, long ByteSize, long? BitOffset, int? BitSize,
    TypeInfo? Inline, IReadOnlyList<LayoutMember> Members);
