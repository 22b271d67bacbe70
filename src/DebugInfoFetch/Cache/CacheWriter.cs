using System.Globalization;
using System.Text;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Trust;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// Writes a kernel's cache file under a temporary name; <see cref="Commit"/> gives it its own. Disposed without that, it leaves nothing behind.
/// Rows are collected first: their order, which is that of their names, is known when all are there.
/// </summary>
public sealed class CacheWriter : IIndexSink, IDisposable
{
    private const string TemporaryExtension = ".new";
    private readonly string _path, _temporary;
    private readonly SqliteConnection _connection;
    private readonly sqlite3 _database;
    private readonly string _indexes;
    private readonly PackedWriter _packed = new();
    private readonly CollectedRows _rows = new();
    private readonly Statement _file, _module, _indexed, _unit, _typeUnit;
    private string _compiler = "";
    private int _vmlinux;
    private bool _committed;

    /// <param name="path">Final path of the cache file; its folder must exist.</param>
    public CacheWriter(string path)
    {
        _path = path;
        _temporary = $"{path}.{Environment.ProcessId}{TemporaryExtension}";
        RemoveAbandoned(path);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _temporary, Pooling = false }.ToString());
        try
        {
            Sqlite.Initialize();
            _connection.Open();
            // Rows go in through SQLite's own calls on the same connection: see Statement.
            _database = _connection.Handle!;
            (string tables, _indexes) = CacheSchema.Read();
            // Nobody reads the file before it is complete and renamed: a crash loses only the temporary file, so no journal is needed.
            Execute("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;");
            Execute(tables);
            Execute("BEGIN");
            _file = Prepare("INSERT INTO file VALUES (?, ?)");
            _module = Prepare("INSERT INTO module VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?)");
            _indexed = Prepare("UPDATE module SET is_indexed = 1, unit_count = ? WHERE id = ?");
            _unit = Prepare("INSERT INTO unit VALUES (?, ?, ?)");
            _typeUnit = Prepare("INSERT INTO type_unit VALUES (?, ?)");
        }
        catch (SqliteException e)
        {
            Abandon();
            throw new CacheException($"cannot create {_temporary}: {e.Message}", e.SqliteErrorCode);
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    public void AddName(int id, ReadOnlySpan<byte> utf8) => _rows.Names.Add(id, utf8);

    public void AddFiles(ReadOnlySpan<(int Id, string Path)> files)
    {
        foreach ((int id, string path) in files) { _file.Bind(id).Bind(path).Run(); }
    }

    public void AddTypes(ReadOnlySpan<TypeRow> types) => _rows.Add(types);

    public void AddFunctions(ReadOnlySpan<FunctionRow> functions) => _rows.Add(functions);

    public void AddModule(ModuleRow module)
    {
        if (module.Name == "vmlinux") { _vmlinux = module.Id; }
        int firstSymbol = module.Symbols.Length > 0 ? module.Symbols[0].Id : 0;
        _module.Bind(module.Id).Bind(module.Name).Bind(module.BuildId).Bind(module.Path).Bind(firstSymbol).Bind(module.Symbols.Length).Bind(module.FirstUnit)
            .BindText(SectionNames(module.Sections)).Run();
        _rows.Add(module);
    }

    public void AddModuleContent(ModuleContent content)
    {
        foreach (UnitRow unit in content.Units) { _unit.Bind(unit.Id).Bind(content.Module).Bind(unit.File).Run(); }
        _rows.Add(content);
    }

    public void CompleteModule(int module, string compiler, int unitCount)
    {
        if (_compiler.Length == 0 || module == _vmlinux) { _compiler = compiler; }
        _indexed.Bind(unitCount).Bind(module).Run();
    }

    public void AddTypeUnits(int type, ReadOnlySpan<int> units)
    {
        Packed.WriteAscending(_packed, units);
        _typeUnit.Bind(type).Bind(_packed.Written).Run();
    }

    /// <summary>Takes all rows of a kernel that is indexed in part. Comes first, before any other row.</summary>
    /// <returns>What an indexer needs to go on.</returns>
    /// <exception cref="CacheException">It keeps no memory, or is damaged.</exception>
    public EarlierIndex TakeUp(KernelCache held)
        => new HeldRows(held, this, _rows).Copy();

    /// <summary>Writes the rows in their final order, the indexes, and what the kernel is; puts the file in its place, over an older one.</summary>
    /// <param name="memory">To be kept for adding to it; null for what is complete.</param>
    public void Commit(KernelInfo kernel, IndexMemory? memory = null)
    {
        using (Statement insert = Prepare("INSERT INTO kernel VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        {
            insert.Bind(kernel.Release).Bind(kernel.Architecture).Bind(kernel.Distribution).Bind(kernel.BuildId).Bind(kernel.Compiler.Length > 0 ? kernel.Compiler : _compiler).Bind(kernel.IsComplete ? 1 : 0).Bind(kernel.ToolVersion)
                .Bind(kernel.IndexedAt.ToString("O", CultureInfo.InvariantCulture)).Bind(kernel.IsFromBtf ? 1 : 0).Run();
        }

        using (Statement insert = Prepare("INSERT INTO source VALUES (?, ?, ?, ?, ?)"))
        {
            foreach (SourceInfo source in kernel.Sources)
            {
                string signature = source.Signature is { } kind ? SignatureNames.NameOf(kind) : "";
                insert.Bind(source.Origin).Bind(source.ByteSize).Bind(source.Digest).Bind(source.Verification).Bind(signature).Run();
            }
        }

        new TableWriter(_database, _rows).WriteAll(memory);
        Execute(_indexes);
        Execute("COMMIT");
        Close();
        // The content must be on the disk before the name is: else a crash could leave the name on an empty file.
        using (FileStream written = new(_temporary, FileMode.Open, FileAccess.ReadWrite)) { written.Flush(flushToDisk: true); }
        File.Move(_temporary, _path, overwrite: true);
        _committed = true;
    }

    public void Dispose()
    {
        if (_committed) { return; }
        Close();
        File.Delete(_temporary);
    }

    /// <summary>Removes what writers left that were killed: the name says whose a temporary file is.</summary>
    private static void RemoveAbandoned(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (string file in Directory.GetFiles(folder, "*" + TemporaryExtension))
        {
            string process = Path.GetExtension(Path.GetFileNameWithoutExtension(file)).TrimStart('.');
            bool isOurs = process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture) && file.StartsWith(Path.GetFullPath(path), StringComparison.Ordinal);
            if (isOurs || (int.TryParse(process, out _) && !Directory.Exists($"/proc/{process}"))) { File.Delete(file); }
        }
    }

    private void Abandon()
    {
        _connection.Dispose();
        File.Delete(_temporary);
    }

    private static byte[] SectionNames(string[] sections)
    {
        var json = new MemoryStream();
        JsonNames.Begin(json);
        foreach (string section in sections) { JsonNames.Add(json, Encoding.UTF8.GetBytes(section)); }
        return JsonNames.End(json).ToArray();
    }

    private Statement Prepare(string sql) => new(_database, sql);
    private void Execute(string sql) => Statement.Execute(_database, sql);

    private void Close()
    {
        foreach (Statement statement in (Statement[])[_file, _module, _indexed, _unit, _typeUnit]) { statement.Dispose(); }
        _connection.Dispose();
    }
}
