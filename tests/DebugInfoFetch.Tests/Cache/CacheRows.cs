using System.Text;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>A module and all its rows, as a test writes them down at once; the indexer hands them over in parts.</summary>
internal sealed record ModuleRows(
    int Id, string Name, string BuildId, string Path, string Compiler, UnitRow[] Units, string[] Sections, SymbolRow[] Symbols, EntryRow[] Entries,
    InlineRow[] InlineSites, VariableRow[] Variables);

internal static class CacheRows
{
    public static void AddNames(this CacheWriter writer, (int Id, string Text)[] names)
    {
        foreach ((int id, string text) in names) { writer.AddName(id, Encoding.UTF8.GetBytes(text)); }
    }

    public static void AddModule(this CacheWriter writer, ModuleRows module)
    {
        writer.AddModule(new ModuleRow(module.Id, module.Name, module.BuildId, module.Path, module.Sections, module.Symbols));
        writer.AddModuleContent(new ModuleContent(module.Id, module.Units, module.Entries, module.InlineSites, module.Variables));
        writer.CompleteModule(module.Id, module.Compiler, module.Units.Length);
    }
}
