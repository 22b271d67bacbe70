using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>Where types go, with the names and files that their rows refer to. Whatever a row refers to has come before.</summary>
public interface ITypeSink
{
    void AddName(int id, ReadOnlySpan<byte> utf8);
    void AddFiles(ReadOnlySpan<(int Id, string Path)> files);
    void AddTypes(ReadOnlySpan<TypeRow> types);
}

/// <summary>
/// Where the indexer's rows go. Numbers are the indexer's: names, files, types, functions, units, modules and symbols each count from their
/// own start. Rows come in an order in which whatever they refer to has come before. Calls come from one thread at a time.
/// </summary>
public interface IIndexSink : ITypeSink
{
    void AddFunctions(ReadOnlySpan<FunctionRow> functions);
    /// <summary>A file and its symbols. It counts as indexed once its content follows, all of which comes later.</summary>
    void AddModule(ModuleRow module);
    /// <summary>May come in several parts; <see cref="CompleteModule"/> comes after the last.</summary>
    void AddModuleContent(ModuleContent content);
    void CompleteModule(int module, string compiler, int unitCount);
    /// <summary>Units that define a type, for types whose name has several definitions. Ascending.</summary>
    void AddTypeUnits(int type, ReadOnlySpan<int> units);
}

/// <param name="Module">Number of the module that first defined it.</param>
/// <param name="Count">Elements of an array; -1 for an open bound or no array.</param>
/// <param name="ByteSize">-1 when it has none.</param>
/// <param name="File">0 when unknown.</param>
public sealed record TypeRow(
    int Id, TypeKind Kind, int Name, long ByteSize, int Target, BaseEncoding Encoding, long Count, bool IsReference, int File, int Line, int Module, TypePart[] Parts);

/// <summary>A member, an enumerator or a function type's parameter.</summary>
/// <param name="Value">Byte offset of a member, value of an enumerator.</param>
/// <param name="BitSize">0 for what is no bit-field.</param>
public readonly record struct TypePart(int Name, int Type, long Value, long BitOffset, int BitSize);

public sealed record FunctionRow(
    int Id, int Name, int ReturnType, int File, int Line, bool IsExternal, bool IsVariadic, (int Name, int Type)[] Parameters);

/// <summary>One ELF file.</summary>
/// <param name="Sections">Names of the sections that the kernel loads; rows refer to them by index.</param>
/// <param name="FirstUnit">Number of its first unit; the others count on from there.</param>
public sealed record ModuleRow(int Id, string Name, string BuildId, string Path, string[] Sections, SymbolRow[] Symbols, int FirstUnit = 0);

/// <summary>What the debug information of one ELF file held, but for types and functions, which belong to no one file.</summary>
public sealed record ModuleContent(int Module, UnitRow[] Units, EntryRow[] Entries, InlineRow[] InlineSites, VariableRow[] Variables);

/// <param name="File">The unit's source file (DW_AT_name).</param>
public readonly record struct UnitRow(int Id, int File);

/// <param name="Section">Index into <see cref="ModuleRow.Sections"/>.</param>
/// <param name="Address">vmlinux: virtual address; modules: bytes from the section's start.</param>
/// <param name="BaseName">Number of the name without compiler suffixes; the same as <paramref name="Name"/> when there is none.</param>
public readonly record struct SymbolRow(int Id, int Name, int BaseName, SuffixKind Suffix, int Section, ulong Address, long ByteSize, SymbolFlags Flags);

/// <param name="Symbol">Number of the symbol at that address; -1 when the symbol table has none.</param>
public sealed record EntryRow(int Function, int Unit, int Section, ulong Address, long ByteSize, int Symbol, ArgumentPlace[] Places);

/// <param name="Symbol">Number of the symbol whose code holds it; -1 when there is none.</param>
/// <param name="Offset">Bytes from that symbol's address.</param>
public readonly record struct InlineRow(int Function, int Unit, int Symbol, int Offset, int CallFile, int CallLine);

public readonly record struct VariableRow(int Name, int Type, int Unit, int File, int Line, bool IsExternal, int Section, ulong Address);
