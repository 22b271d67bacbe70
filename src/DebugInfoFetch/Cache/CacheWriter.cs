using System.Buffers;
using System.Globalization;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// Writes a kernel's cache file under a temporary name; <see cref="Commit"/> gives it its own. Disposed without that, it leaves nothing behind.
/// </summary>
public sealed class CacheWriter : IIndexSink, IDisposable
{
    private const string TemporaryExtension = ".new";
    private readonly string _path, _temporary;
    private readonly SqliteConnection _connection;
    private readonly sqlite3 _database;
    private readonly string _indexes;
    private readonly ArrayBufferWriter<byte> _packed = new(1 << 16);
    private readonly Statement _name, _file, _module, _indexed, _section, _unit, _type, _member, _enumerator, _typeParameter, _typeUnit, _function, _parameter,
        _entry, _inlineSite, _variable, _symbol;
    private readonly List<(long Hash, int Id)> _nameHashes = [];
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
            _name = Prepare("INSERT INTO name VALUES (?, ?)");
            _file = Prepare("INSERT INTO file VALUES (?, ?)");
            _module = Prepare("INSERT INTO module VALUES (?, ?, ?, ?, 0, 0, ?, ?)");
            _indexed = Prepare("UPDATE module SET is_indexed = 1, unit_count = ? WHERE id = ?");
            _section = Prepare("INSERT INTO section VALUES (?, ?, ?)");
            _unit = Prepare("INSERT INTO unit VALUES (?, ?, ?)");
            _type = Prepare("INSERT INTO type VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
            _member = Prepare("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?)");
            _enumerator = Prepare("INSERT INTO enumerator VALUES (?, ?, ?, ?)");
            _typeParameter = Prepare("INSERT INTO type_parameter VALUES (?, ?, ?)");
            _typeUnit = Prepare("INSERT INTO type_unit VALUES (?, ?)");
            _function = Prepare("INSERT INTO function VALUES (?, ?, ?, ?, ?, ?, ?)");
            _parameter = Prepare("INSERT INTO parameter VALUES (?, ?, ?, ?)");
            _entry = Prepare("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)");
            _inlineSite = Prepare("INSERT INTO inline_site VALUES (?, ?, ?, ?)");
            _variable = Prepare("INSERT INTO variable VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)");
            _symbol = Prepare("INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
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

    public void AddName(int id, ulong hash, ReadOnlySpan<byte> utf8)
    {
        _name.Bind(id).BindText(utf8).Run();
        _nameHashes.Add((NameHash.Of(hash), id));
    }

    public void AddFiles(ReadOnlySpan<(int Id, string Path)> files)
    {
        foreach ((int id, string path) in files) { _file.Bind(id).Bind(path).Run(); }
    }

    public void AddTypes(ReadOnlySpan<TypeRow> types)
    {
        foreach (TypeRow type in types)
        {
            _type.Bind(type.Id).Bind((int)type.Kind).Bind(type.Name).BindOr(type.ByteSize, -1).BindOr(type.Target, 0).BindOr((int)type.Encoding, 0)
                .BindOr(type.Count, -1).Bind(type.IsReference ? 1 : 0).BindOr(type.File, 0).BindOr(type.Line, 0).Bind(type.Module).Run();
            for (int i = 0; i < type.Parts.Length; i++)
            {
                TypePart part = type.Parts[i];
                switch (type.Kind)
                {
                    case TypeKind.Enum: _enumerator.Bind(type.Id).Bind(i).Bind(part.Name).Bind(part.Value).Run(); break;
                    case TypeKind.Function: _typeParameter.Bind(type.Id).Bind(i).Bind(part.Type).Run(); break;
                    default:
                        _member.Bind(type.Id).Bind(i).Bind(part.Name).Bind(part.Type).Bind(part.Value);
                        if (part.BitSize == 0) { _member.BindOr(0, 0).BindOr(0, 0).Run(); } else { _member.Bind(part.BitOffset).Bind(part.BitSize).Run(); }
                        break;
                }
            }
        }
    }

    public void AddFunctions(ReadOnlySpan<FunctionRow> functions)
    {
        foreach (FunctionRow function in functions)
        {
            _function.Bind(function.Id).Bind(function.Name).Bind(function.ReturnType).Bind(function.File).Bind(function.Line)
                .Bind(function.IsExternal ? 1 : 0).Bind(function.IsVariadic ? 1 : 0).Run();
            for (int i = 0; i < function.Parameters.Length; i++)
            {
                _parameter.Bind(function.Id).Bind(i).Bind(function.Parameters[i].Name).Bind(function.Parameters[i].Type).Run();
            }
        }
    }

    public void AddModule(ModuleRow module)
    {
        if (module.Name == "vmlinux") { _vmlinux = module.Id; }
        int firstSymbol = module.Symbols.Length > 0 ? module.Symbols[0].Id : 0;
        _module.Bind(module.Id).Bind(module.Name).Bind(module.BuildId).Bind(module.Path).Bind(firstSymbol).Bind(module.Symbols.Length).Run();
        for (int i = 0; i < module.Sections.Length; i++) { _section.Bind(module.Id).Bind(i).Bind(module.Sections[i]).Run(); }
        foreach (SymbolRow symbol in module.Symbols)
        {
            _symbol.Bind(symbol.Id).Bind(symbol.Name).BindOr(symbol.BaseName, symbol.Name).BindOr((int)symbol.Suffix, 0).Bind(symbol.Section)
                .Bind((long)symbol.Address).Bind(symbol.ByteSize).Bind((int)symbol.Flags).Run();
        }

    }

    public void AddModuleContent(ModuleContent content)
    {
        foreach (UnitRow unit in content.Units) { _unit.Bind(unit.Id).Bind(content.Module).Bind(unit.File).Run(); }
        foreach (EntryRow entry in content.Entries)
        {
            Packed.WritePlaces(_packed, entry.Places);
            _entry.Bind(entry.Function).Bind(entry.Unit).Bind(entry.Section).Bind((long)entry.Address).Bind(entry.ByteSize).BindOr(entry.Symbol, -1)
                .Bind(_packed.WrittenSpan).Run();
        }

        foreach (VariableRow variable in content.Variables)
        {
            _variable.Bind(variable.Name).Bind(variable.Type).Bind(variable.Unit).Bind(variable.File).Bind(variable.Line).Bind(variable.IsExternal ? 1 : 0)
                .Bind(variable.Section).Bind((long)variable.Address).Run();
        }

        AddInlineSites(content);
    }

    public void CompleteModule(int module, string compiler, int unitCount)
    {
        if (_compiler.Length == 0 || module == _vmlinux) { _compiler = compiler; }
        _indexed.Bind(unitCount).Bind(module).Run();
    }

    public void AddTypeUnits(int type, ReadOnlySpan<int> units)
    {
        Packed.WriteAscending(_packed, units);
        _typeUnit.Bind(type).Bind(_packed.WrittenSpan).Run();
    }

    /// <summary>Makes the indexes, writes what the kernel is, and puts the file in its place, over an older one.</summary>
    public void Commit(KernelInfo kernel)
    {
        using (Statement insert = Prepare("INSERT INTO kernel VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        {
            insert.Bind(kernel.Release).Bind(kernel.Architecture).Bind(kernel.Distribution).Bind(kernel.BuildId).Bind(kernel.Compiler.Length > 0 ? kernel.Compiler : _compiler).Bind(kernel.IsComplete ? 1 : 0).Bind(kernel.ToolVersion)
                .Bind(kernel.IndexedAt.ToString("O", CultureInfo.InvariantCulture)).Bind(kernel.IsFromBtf ? 1 : 0).Run();
        }

        using (Statement insert = Prepare("INSERT INTO source VALUES (?, ?, ?, ?)"))
        {
            foreach (SourceInfo source in kernel.Sources) { insert.Bind(source.Origin).Bind(source.ByteSize).Bind(source.Digest).Bind(source.Verification).Run(); }
        }

        AddNameHashes();
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

    /// <summary>In ascending order, so that SQLite only ever appends.</summary>
    private void AddNameHashes()
    {
        _nameHashes.Sort();
        using Statement insert = Prepare("INSERT INTO name_by_hash VALUES (?, ?)");
        long last = -1;
        foreach ((long hash, int id) in _nameHashes)
        {
            last = Math.Max(hash, last + 1);
            if (last - hash >= NameHash.Reach) { throw new InvalidOperationException($"name {id} would lie {last - hash} keys behind its hash"); }
            insert.Bind(last).Bind(id).Run();
        }
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

    private void AddInlineSites(ModuleContent content)
    {
        InlineRow[] sites = content.InlineSites;
        // Sorting by a number is several times faster than by a comparison; only within a symbol the offsets remain to be compared.
        ulong[] keys = Array.ConvertAll(sites, site => ((ulong)(uint)site.Function << 32) | (uint)(site.Symbol + 1));
        Array.Sort(keys, sites);
        for (int from = 0, to; from < sites.Length; from = to)
        {
            for (to = from + 1; to < sites.Length && keys[to] == keys[from];) { to++; }
            if (to - from > 1) { sites.AsSpan(from..to).Sort((a, b) => a.Offset.CompareTo(b.Offset)); }
        }

        for (int from = 0, to; from < sites.Length; from = to)
        {
            for (to = from + 1; to < sites.Length && sites[to].Function == sites[from].Function;) { to++; }
            Packed.WriteSites(_packed, sites.AsSpan(from..to));
            _inlineSite.Bind(sites[from].Function).Bind(content.Module).Bind(to - from).Bind(_packed.WrittenSpan).Run();
        }
    }

    private Statement Prepare(string sql) => new(_database, sql);
    private void Execute(string sql) => Statement.Execute(_database, sql);

    private void Close()
    {
        foreach (Statement statement in (Statement[])[_name, _file, _module, _indexed, _section, _unit, _type, _member, _enumerator, _typeParameter, _typeUnit, _function,
            _parameter, _entry, _inlineSite, _variable, _symbol])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
