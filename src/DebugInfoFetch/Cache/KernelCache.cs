using System.Globalization;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>One kernel's cache file, open for reading. Answers come straight from SQLite; types are remembered.</summary>
public sealed class KernelCache : IKernelModel, IDisposable
{
    private readonly sqlite3 _database;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<int, TypeInfo> _types = [];
    private readonly Dictionary<int, FunctionInfo> _functions = [];
    private readonly Dictionary<(int Module, int Section), string> _sections = [];
    private readonly Dictionary<int, string> _moduleNames = [];
    private List<ModuleInfo>? _modules;
    private ModuleSpan? _lastModule;
    private KernelInfo? _kernel;

    private KernelCache(string path, sqlite3 database)
    {
        Path = path;
        _database = database;
    }

    public string Path { get; }

    /// <summary>Opens a cache file. Throws <see cref="CacheException"/> when it is none, is damaged, or is of another schema version.</summary>
    public static KernelCache Open(string path)
    {
        Sqlite.Initialize();
        int result = raw.sqlite3_open_v2(path, out sqlite3 database, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_NOMUTEX, null);
        var cache = new KernelCache(path, database);
        if (result != raw.SQLITE_OK)
        {
            cache.Dispose();
            throw new CacheException($"{path}: cannot be opened: {raw.sqlite3_errstr(result).utf8_to_string()}", result);
        }

        try
        {
            int version = cache.Scalar("PRAGMA user_version");
            if (version != CacheSchema.Version)
            {
                throw new CacheException($"{path}: cache of schema version {version}, this program reads version {CacheSchema.Version}: run 'dbgfetch fetch' for this kernel again");
            }
        }
        catch (CacheException e)
        {
            cache.Dispose();
            throw e.SqliteResult == 0 ? e : new CacheException($"{path}: no cache of this program, or damaged ({e.Message}): remove it and fetch this kernel again", e.SqliteResult);
        }

        return cache;
    }

    public KernelInfo Kernel => _kernel ??= ReadKernel();

    public IReadOnlyList<ModuleInfo> Modules => _modules ??= ReadModules();

    public int ModuleCount => Scalar("SELECT count(*) FROM module");

    public TypeInfo Type(TypeId id)
    {
        if (id.IsVoid) { return new TypeInfo { Id = id, Kind = TypeKind.Void, Name = "void" }; }
        if (_types.TryGetValue(id.Value, out TypeInfo? known)) { return known; }
        Statement query = Query(TypeColumns + " WHERE t.id = ?").Bind(id.Value);
        if (!query.Step()) { throw Missing($"type {id.Value}"); }
        TypeInfo type = ReadType(query);
        query.Reset();
        type = WithParts(type);
        _types.Add(id.Value, type);
        return type;
    }

    public IReadOnlyList<TypeInfo> Definitions(TypeKind kind, string name)
        // That there is a name is said for the planner: the index leaves types without a name out, and is not used unless that follows from the query.
        => [.. Ids("SELECT id FROM type WHERE name_id = ? AND name_id <> 0 AND kind = ? AND is_reference = 0 ORDER BY id", NameId(name), (int)kind)
            .Select(id => Type(new TypeId(id)))];

    public IReadOnlySet<UnitId> UnitsOf(TypeId id)
    {
        Statement query = Query("SELECT units FROM type_unit WHERE type_id = ?").Bind(id.Value);
        if (!query.Step()) { return new HashSet<UnitId>(); }
        HashSet<UnitId> units = Packed.ReadUnits(query.Blob(0));
        query.Reset();
        return units;
    }

    public IEnumerable<TypeInfo> AllStructs()
    {
        var ids = new List<int>();
        Statement query = Query($"SELECT t.id FROM type t JOIN name n ON n.id = t.name_id WHERE t.kind IN ({(int)TypeKind.Struct}, {(int)TypeKind.Union}) AND t.is_reference = 0 AND t.name_id <> 0 ORDER BY n.text, t.id");
        while (query.Step()) { ids.Add(query.Int32(0)); }
        foreach (int id in ids) { yield return Type(new TypeId(id)); }
    }

    public IReadOnlyList<FunctionInfo> Functions(string name)
        => [.. Ids("SELECT id FROM function WHERE name_id = ? ORDER BY id", NameId(name)).Select(id => Function(new FunctionId(id)))];

    public FunctionInfo Function(FunctionId id)
    {
        if (_functions.TryGetValue(id.Value, out FunctionInfo? known)) { return known; }
        Statement query = Query("SELECT f.id, n.text, f.return_type_id, f.file_id, f.line, f.is_external, f.is_variadic FROM function f JOIN name n ON n.id = f.name_id WHERE f.id = ?").Bind(id.Value);
        if (!query.Step()) { throw Missing($"function {id.Value}"); }
        var function = new FunctionInfo
        {
            Id = id,
            Name = query.Text(1),
            ReturnType = new TypeId(query.Int32(2)),
            DeclaredAt = Location(query.Int32(3), query.Int32(4)),
            IsExternal = query.Int32(5) != 0,
            IsVariadic = query.Int32(6) != 0,
        };
        query.Reset();
        var parameters = new List<ParameterInfo>();
        Statement parts = Query("SELECT n.text, p.type_id FROM parameter p JOIN name n ON n.id = p.name_id WHERE p.function_id = ? ORDER BY p.ordinal").Bind(id.Value);
        while (parts.Step()) { parameters.Add(new ParameterInfo(parts.Text(0), new TypeId(parts.Int32(1)))); }
        function = function with { Parameters = parameters };
        _functions.Add(id.Value, function);
        return function;
    }

    public IReadOnlyList<EntryInfo> Entries(FunctionId id)
    {
        var entries = new List<(EntryInfo Entry, int Symbol)>();
        Statement query = Query("SELECT e.unit_id, u.module_id, f.path, e.section, e.address, e.byte_size, e.symbol_id, e.places FROM entry e JOIN unit u ON u.id = e.unit_id LEFT JOIN file f ON f.id = u.file_id WHERE e.function_id = ? ORDER BY e.id").Bind(id.Value);
        while (query.Step())
        {
            int module = query.Int32(1);
            var entry = new EntryInfo
            {
                Function = id,
                Unit = new UnitId(query.Int32(0)),
                UnitFile = query.Text(2),
                Module = ModuleName(module),
                Section = SectionName(module, query.Int32(3)),
                Address = (ulong)query.Int64(4),
                ByteSize = query.Int64(5),
                Places = Packed.ReadPlaces(query.Blob(7)),
            };
            entries.Add((entry, query.IsNull(6) ? -1 : query.Int32(6)));
        }

        return entries.ConvertAll(e => e.Symbol < 0 ? e.Entry : e.Entry with { Symbol = SymbolById(e.Symbol) });
    }

    public IReadOnlyList<InlineSiteInfo> InlineSites(FunctionId id)
    {
        var rows = new List<(int Module, InlineRow[] Sites)>();
        Statement query = Query("SELECT module_id, sites FROM inline_site WHERE function_id = ? ORDER BY module_id").Bind(id.Value);
        while (query.Step()) { rows.Add((query.Int32(0), Packed.ReadSites(id.Value, query.Blob(1)))); }
        var symbols = new Dictionary<int, SymbolInfo>();
        var sites = new List<InlineSiteInfo>();
        foreach ((int module, InlineRow[] packed) in rows)
        {
            string name = ModuleName(module);
            foreach (InlineRow site in packed)
            {
                SymbolInfo? container = null;
                if (site.Symbol >= 0 && !symbols.TryGetValue(site.Symbol, out container)) { symbols.Add(site.Symbol, container = SymbolById(site.Symbol)); }
                sites.Add(new InlineSiteInfo(id, new UnitId(site.Unit), name, container, site.Offset, Location(site.CallFile, site.CallLine)));
            }
        }

        return sites;
    }

    public IReadOnlyList<SymbolInfo> Symbols(string name)
        => ReadSymbols(Query(SymbolColumns + " WHERE s.name_id = ? ORDER BY s.id").Bind(NameId(name)));

    public IReadOnlyList<SymbolInfo> SymbolsByBaseName(string baseName)
        => [.. Symbols(baseName), .. ReadSymbols(Query(SymbolColumns + " WHERE s.base_name_id = ? ORDER BY s.id").Bind(NameId(baseName)))];

    public IEnumerable<SymbolInfo> SymbolsMatching(string glob)
        => ReadSymbols(Query(SymbolColumns + " WHERE n.text GLOB ? ORDER BY n.text, s.id").Bind(glob));

    public IReadOnlyList<SymbolInfo> SymbolsInSection(string module, string section)
    {
        if (ReadSpan(Query(SpanColumns + " WHERE name = ? ORDER BY id LIMIT 1").Bind(module)) is not { } span) { return []; }
        Statement query = Query(SymbolColumns + " JOIN section x ON x.module_id = ? AND x.number = s.section WHERE s.id >= ? AND s.id < ? AND x.name = ? ORDER BY s.address, s.id");
        return ReadSymbols(query.Bind(span.Id).Bind(span.FirstSymbol).Bind(span.FirstSymbol + span.SymbolCount).Bind(section));
    }

    public IReadOnlyList<(string Module, string File)> UnitFiles(string tail)
    {
        var found = new List<(string, string)>();
        string wanted = tail.TrimStart('/');
        Statement query = Query("SELECT DISTINCT u.module_id, f.path FROM file f JOIN unit u ON u.file_id = f.id WHERE '/' || f.path GLOB '*/' || ?").Bind(wanted);
        while (query.Step())
        {
            // What a glob takes for a wildcard is compared in full.
            if (query.Text(1).EndsWith(wanted, StringComparison.Ordinal)) { found.Add((ModuleName(query.Int32(0)), query.Text(1))); }
        }

        return found;
    }

    public IReadOnlyList<VariableInfo> Variables(string name)
    {
        var variables = new List<VariableInfo>();
        Statement query = Query("SELECT v.type_id, v.unit_id, u.module_id, v.file_id, v.line, v.is_external, v.section, v.address FROM variable v JOIN unit u ON u.id = v.unit_id WHERE v.name_id = ? ORDER BY v.id").Bind(NameId(name));
        while (query.Step())
        {
            int module = query.Int32(2);
            variables.Add(new VariableInfo
            {
                Name = name,
                Type = new TypeId(query.Int32(0)),
                Unit = new UnitId(query.Int32(1)),
                Module = ModuleName(module),
                DeclaredAt = Location(query.Int32(3), query.Int32(4)),
                IsExternal = query.Int32(5) != 0,
                Section = SectionName(module, query.Int32(6)),
                Address = (ulong)query.Int64(7),
            });
        }

        return variables;
    }

    public IReadOnlyList<string> SimilarNames(NameKind kind, string name, int limit)
    {
        string names = kind switch
        {
            NameKind.Struct => $"SELECT DISTINCT n.text FROM type t JOIN name n ON n.id = t.name_id WHERE t.name_id <> 0 AND t.is_reference = 0 AND t.kind IN ({(int)TypeKind.Struct}, {(int)TypeKind.Union}, {(int)TypeKind.Typedef}, {(int)TypeKind.Enum})",
            NameKind.Function => "SELECT DISTINCT n.text FROM function f JOIN name n ON n.id = f.name_id",
            NameKind.Symbol => "SELECT DISTINCT n.text FROM symbol s JOIN name n ON n.id = s.name_id",
            NameKind.Variable => "SELECT DISTINCT n.text FROM variable v JOIN name n ON n.id = v.name_id",
            _ => "SELECT name FROM module",
        };
        var nearest = new NearestNames(name, limit);
        Statement query = Query(names);
        while (query.Step()) { nearest.Offer(query.Text(0)); }
        return nearest.Best();
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values) { statement.Dispose(); }
        _statements.Clear();
        _database.Dispose();
    }

    private const string TypeColumns = "SELECT t.id, t.kind, n.text, t.byte_size, t.target_id, t.encoding, t.count, t.is_reference, t.file_id, t.line, t.module_id FROM type t JOIN name n ON n.id = t.name_id";

    private const string SymbolColumns = "SELECT s.id, n.text, b.text, s.suffix, s.section, s.address, s.byte_size, s.flags FROM symbol s JOIN name n ON n.id = s.name_id LEFT JOIN name b ON b.id = s.base_name_id";

    private TypeInfo ReadType(Statement row) => new()
    {
        Id = new TypeId(row.Int32(0)),
        Kind = (TypeKind)row.Int32(1),
        Name = row.Text(2),
        ByteSize = row.IsNull(3) ? null : row.Int64(3),
        Target = new TypeId(row.Int32(4)),
        Encoding = (BaseEncoding)row.Int32(5),
        ElementCount = row.IsNull(6) ? null : row.Int64(6),
        IsReference = row.Int32(7) != 0,
        DeclaredAt = Location(row.Int32(8), row.Int32(9)),
        Module = ModuleName(row.Int32(10)),
    };

    private TypeInfo WithParts(TypeInfo type)
    {
        int id = type.Id.Value;
        switch (type.Kind)
        {
            case TypeKind.Struct or TypeKind.Union:
                var members = new List<MemberInfo>();
                Statement query = Query("SELECT n.text, m.member_type_id, m.byte_offset, m.bit_offset, m.bit_size FROM member m JOIN name n ON n.id = m.name_id WHERE m.type_id = ? ORDER BY m.ordinal").Bind(id);
                while (query.Step())
                {
                    bool bits = !query.IsNull(4);
                    members.Add(new MemberInfo(query.Text(0), new TypeId(query.Int32(1)), query.Int64(2), bits ? query.Int64(3) : null, bits ? query.Int32(4) : null));
                }

                return type with { Members = members };
            case TypeKind.Enum:
                var enumerators = new List<EnumeratorInfo>();
                query = Query("SELECT n.text, e.value FROM enumerator e JOIN name n ON n.id = e.name_id WHERE e.type_id = ? ORDER BY e.ordinal").Bind(id);
                while (query.Step()) { enumerators.Add(new EnumeratorInfo(query.Text(0), query.Int64(1))); }
                return type with { Enumerators = enumerators };
            case TypeKind.Function:
                var parameters = new List<TypeId>();
                query = Query("SELECT parameter_type_id FROM type_parameter WHERE type_id = ? ORDER BY ordinal").Bind(id);
                while (query.Step()) { parameters.Add(new TypeId(query.Int32(0))); }
                return type with { Parameters = parameters };
            default:
                return type;
        }
    }

    private List<SymbolInfo> ReadSymbols(Statement query)
    {
        var symbols = new List<SymbolInfo>();
        while (query.Step()) { symbols.Add(ReadSymbol(query)); }
        return symbols;
    }

    private SymbolInfo ReadSymbol(Statement row)
    {
        int id = row.Int32(0);
        ModuleSpan span = ModuleOfSymbol(id);
        return new SymbolInfo
        {
            Name = row.Text(1),
            BaseName = row.IsNull(2) ? row.Text(1) : row.Text(2),
            Suffix = (SuffixKind)row.Int32(3),
            Module = span.Name,
            Section = SectionName(span.Id, row.Int32(4)),
            Address = (ulong)row.Int64(5),
            ByteSize = row.Int64(6),
            Flags = (SymbolFlags)row.Int32(7),
        };
    }

    private SymbolInfo SymbolById(int id)
    {
        Statement query = Query(SymbolColumns + " WHERE s.id = ?").Bind(id);
        if (!query.Step()) { throw Missing($"symbol {id}"); }
        SymbolInfo symbol = ReadSymbol(query);
        query.Reset();
        return symbol;
    }

    /// <summary>The module that a symbol's number lies in. Neighbours mostly share it, so the last one is remembered.</summary>
    private ModuleSpan ModuleOfSymbol(int symbol)
    {
        if (_lastModule is { } last && last.Holds(symbol)) { return last; }
        ModuleSpan? span = ReadSpan(Query(SpanColumns + " WHERE first_symbol <= ? AND symbol_count > 0 ORDER BY first_symbol DESC LIMIT 1").Bind(symbol));
        if (span is null || !span.Holds(symbol))
        {
            throw new CacheException($"{Path}: symbol {symbol} belongs to no module: the cache is damaged; fetch this kernel again");
        }

        return _lastModule = span;
    }

    private const string SpanColumns = "SELECT id, name, first_symbol, symbol_count FROM module";

    private static ModuleSpan? ReadSpan(Statement query)
    {
        ModuleSpan? span = query.Step() ? new ModuleSpan(query.Int32(0), query.Text(1), query.Int32(2), query.Int32(3)) : null;
        query.Reset();
        return span;
    }

    private List<ModuleInfo> ReadModules()
    {
        var modules = new List<ModuleInfo>();
        Statement query = Query("SELECT name, build_id, path, is_indexed, unit_count FROM module ORDER BY name <> 'vmlinux', name");
        while (query.Step()) { modules.Add(new ModuleInfo(query.Text(0), query.Text(1), query.Text(2), query.Int32(3) != 0, query.Int32(4))); }
        return modules;
    }

    private string ModuleName(int id)
    {
        if (_moduleNames.TryGetValue(id, out string? name)) { return name; }
        Statement query = Query("SELECT name FROM module WHERE id = ?").Bind(id);
        name = query.Step() ? query.Text(0) : "";
        query.Reset();
        _moduleNames.Add(id, name);
        return name;
    }

    private string SectionName(int module, int number)
    {
        if (_sections.TryGetValue((module, number), out string? name)) { return name; }
        Statement query = Query("SELECT name FROM section WHERE module_id = ? AND number = ?").Bind(module).Bind(number);
        name = query.Step() ? query.Text(0) : "";
        query.Reset();
        _sections.Add((module, number), name);
        return name;
    }

    private SourceLocation? Location(int file, int line)
    {
        if (file == 0) { return null; }
        Statement query = Query("SELECT path FROM file WHERE id = ?").Bind(file);
        SourceLocation? location = query.Step() ? new SourceLocation(query.Text(0), line) : null;
        query.Reset();
        return location;
    }

    private KernelInfo ReadKernel()
    {
        var sources = new List<SourceInfo>();
        Statement query = Query("SELECT origin, byte_size, digest, verification FROM source");
        while (query.Step()) { sources.Add(new SourceInfo(query.Text(0), query.Int64(1), query.Text(2), query.Text(3))); }
        query = Query("SELECT release, architecture, distribution, build_id, compiler, tool_version, indexed_at, is_complete, is_btf FROM kernel");
        if (!query.Step()) { throw new CacheException($"{Path}: names no kernel: the cache is damaged; fetch this kernel again"); }
        var kernel = new KernelInfo
        {
            Release = query.Text(0),
            Architecture = query.Text(1),
            Distribution = query.Text(2),
            BuildId = query.Text(3),
            Compiler = query.Text(4),
            ToolVersion = query.Text(5),
            IndexedAt = DateTimeOffset.TryParse(query.Text(6), CultureInfo.InvariantCulture, out DateTimeOffset time)
                ? time : throw new CacheException($"{Path}: no date where one should be: the cache is damaged; fetch this kernel again"),
            IsComplete = query.Int32(7) != 0,
            IsFromBtf = query.Int32(8) != 0,
            Sources = sources,
        };
        query.Reset();
        return kernel;
    }

    /// <summary>The number of a name; -1, which no row refers to, when the kernel has no such name.</summary>
    private int NameId(string name)
    {
        if (name.Length == 0) { return -1; }
        long hash = NameHash.Of(name);
        Statement query = Query("SELECT n.id, n.text FROM name_by_hash h JOIN name n ON n.id = h.name_id WHERE h.hash >= ? AND h.hash < ?").Bind(hash).Bind(hash + NameHash.Reach);
        int found = -1;
        while (query.Step())
        {
            if (query.Text(1) == name) { found = query.Int32(0); }
        }

        return found;
    }

    /// <summary>A module and its symbols' numbers.</summary>
    private sealed record ModuleSpan(int Id, string Name, int FirstSymbol, int SymbolCount)
    {
        public bool Holds(int symbol) => symbol >= FirstSymbol && symbol - FirstSymbol < SymbolCount;
    }

    private List<int> Ids(string sql, int name, int? second = null)
    {
        Statement query = Query(sql).Bind(name);
        if (second is { } value) { query.Bind(value); }
        var ids = new List<int>();
        while (query.Step()) { ids.Add(query.Int32(0)); }
        return ids;
    }

    /// <summary>Numbers come from this file's own rows: one that leads nowhere is the file's fault.</summary>
    private CacheException Missing(string what) => new($"{Path}: {what} is missing: the cache is damaged; fetch this kernel again");

    private int Scalar(string sql)
    {
        using var query = new Statement(_database, sql);
        return query.Step() ? query.Int32(0) : 0;
    }

    /// <summary>Rows that queries stepped over for want of an index, so far (sqlite.org/c3ref/c_stmtstatus_counter.html).</summary>
    public int FullScanSteps => _statements.Values.Sum(statement => statement.FullScanSteps);

    private Statement Query(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement)) { _statements.Add(sql, statement = new Statement(_database, sql)); }
        return statement.Reset();
    }
}
