using System.Globalization;
using System.Text;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Trust;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>One kernel's cache file, open for reading. Answers come straight from SQLite; types are remembered.</summary>
public sealed class KernelCache : IKernelModel, IDisposable
{
    // A million symbols, which take 50 MB.
    private const int MostSymbolBlocks = 8192;
    private readonly sqlite3 _database;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<int, TypeInfo> _types = [];
    private readonly Dictionary<int, FunctionInfo> _functions = [];
    private readonly Dictionary<int, string[]> _sections = [];
    private readonly Dictionary<int, ModuleSpan> _spans = [];
    private readonly NameReader _names;
    private readonly Dictionary<int, SymbolRow[]> _symbolBlocks = [];
    private List<ModuleInfo>? _modules;
    private ModuleSpan? _lastModule;
    private KernelInfo? _kernel;

    private KernelCache(string path, sqlite3 database)
    {
        Path = path;
        _database = database;
        _names = new NameReader(Query);
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

    /// <summary>It is a part that modules can be added to.</summary>
    public bool HasMemory => Scalar("SELECT count(*) FROM memory") > 0;

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
        => [.. Ids("SELECT id FROM type WHERE name_id = ? AND name_id <> 0 AND kind = ? AND is_reference = 0 ORDER BY id", _names.Find(name), (int)kind)
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
        Statement query = Query($"SELECT id FROM type WHERE kind IN ({(int)TypeKind.Struct}, {(int)TypeKind.Union}) AND is_reference = 0 AND name_id <> 0 ORDER BY name_id, id");
        while (query.Step()) { ids.Add(query.Int32(0)); }
        foreach (int id in ids) { yield return Type(new TypeId(id)); }
    }

    public IReadOnlyList<FunctionInfo> Functions(string name)
    {
        int id = _names.Find(name);
        Statement query = Query("SELECT first, first_name, packed FROM function_block WHERE first_name <= ? ORDER BY first_name DESC LIMIT 1").Bind(id);
        List<FunctionRow> block = query.Step() ? FunctionBlocks.Read(query.Blob(2), query.Int32(0), query.Int32(1)) : [];
        query.Reset();
        return [.. block.FindAll(row => row.Name == id).ConvertAll(Function)];
    }

    public FunctionInfo Function(FunctionId id)
    {
        if (_functions.TryGetValue(id.Value, out FunctionInfo? known)) { return known; }
        Statement query = Query("SELECT first, first_name, packed FROM function_block WHERE first <= ? ORDER BY first DESC LIMIT 1").Bind(id.Value);
        List<FunctionRow> block = query.Step() ? FunctionBlocks.Read(query.Blob(2), query.Int32(0), query.Int32(1)) : [];
        query.Reset();
        return Function(block.Find(row => row.Id == id.Value) ?? throw Missing($"function {id.Value}"));
    }

    private FunctionInfo Function(FunctionRow row)
    {
        if (_functions.TryGetValue(row.Id, out FunctionInfo? known)) { return known; }
        var function = new FunctionInfo
        {
            Id = new FunctionId(row.Id),
            Name = _names.Text(row.Name),
            ReturnType = new TypeId(row.ReturnType),
            DeclaredAt = Location(row.File, row.Line),
            IsExternal = row.IsExternal,
            IsVariadic = row.IsVariadic,
            Parameters = Array.ConvertAll(row.Parameters, p => new ParameterInfo(_names.Text(p.Name), new TypeId(p.Type))),
        };
        _functions.Add(row.Id, function);
        return function;
    }

    public IReadOnlyList<EntryInfo> Entries(FunctionId id)
    {
        if (Block("entry_block", id.Value) is not { } block) { return []; }
        return EntryBlocks.Read(block.Packed, block.First, id.Value, SpanOf).ConvertAll(entry =>
        {
            SymbolInfo? symbol = entry.Symbol < 0 ? null : SymbolById(entry.Symbol);
            return new EntryInfo
            {
                Function = id,
                Unit = new UnitId(entry.Unit),
                UnitFile = UnitFile(entry.Unit),
                Module = entry.Module.Name,
                Section = entry.Own is { } own ? SectionName(entry.Module.Id, own.Section) : symbol!.Section,
                Address = entry.Own?.Address ?? symbol!.Address,
                ByteSize = entry.Own?.ByteSize ?? symbol!.ByteSize,
                Symbol = symbol,
                Places = entry.Places,
            };
        });
    }

    public IReadOnlyList<InlineSiteInfo> InlineSites(FunctionId id)
    {
        if (Block("inline_block", id.Value) is not { } block) { return []; }
        var symbols = new Dictionary<int, SymbolInfo>();
        var sites = new List<InlineSiteInfo>();
        foreach ((ModuleSpan module, InlineRow[] copies) in InlineBlocks.Read(block.Packed, block.First, id.Value, SpanOf))
        {
            foreach (InlineRow site in copies)
            {
                SymbolInfo? container = null;
                if (site.Symbol >= 0 && !symbols.TryGetValue(site.Symbol, out container)) { symbols.Add(site.Symbol, container = SymbolById(site.Symbol)); }
                sites.Add(new InlineSiteInfo(id, new UnitId(site.Unit), module.Name, container, site.Offset, Location(site.CallFile, site.CallLine)));
            }
        }

        return sites;
    }

    public IReadOnlyList<SymbolInfo> Symbols(string name) => SymbolsOf("symbol_by_name_block", name);

    public IReadOnlyList<SymbolInfo> SymbolsByBaseName(string baseName) => [.. Symbols(baseName), .. SymbolsOf("symbol_by_base_name_block", baseName)];

    public IEnumerable<SymbolInfo> SymbolsMatching(string glob)
    {
        var pattern = new Glob(glob);
        int name = -1;
        bool matches = false;
        foreach ((int next, int symbol) in SymbolNames(_names.FirstAtOrAfter(pattern.Prefix)))
        {
            if (next != name)
            {
                name = next;
                ReadOnlySpan<byte> text = _names.Utf8(name);
                if (!text.StartsWith(pattern.Prefix)) { yield break; }
                matches = pattern.Matches(text);
            }

            if (matches) { yield return SymbolById(symbol); }
        }
    }

    public IReadOnlyList<SymbolInfo> SymbolsInSection(string module, string section)
    {
        if (ReadSpan(Query(SpanColumns + " WHERE name = ? ORDER BY id LIMIT 1").Bind(module)) is not { } span) { return []; }
        var found = new List<SymbolInfo>();
        string[] sections = Sections(span.Id);
        for (int id = span.FirstSymbol; id < span.FirstSymbol + span.SymbolCount; id++)
        {
            SymbolRow row = SymbolRow(id);
            if ((uint)row.Section < (uint)sections.Length && sections[row.Section] == section) { found.Add(Symbol(row)); }
        }

        // By address and number: the order in which they stand.
        return [.. found.OrderBy(symbol => symbol.Address)];
    }

    private List<SymbolInfo> SymbolsOf(string table, string name)
    {
        int id = _names.Find(name);
        var symbols = new List<SymbolInfo>();
        if (Block(table, id) is not { } block) { return symbols; }
        foreach ((int other, int symbol) in SymbolsByName.Read(block.Packed, block.First))
        {
            if (other == id) { symbols.Add(SymbolById(symbol)); }
        }

        return symbols;
    }

    /// <summary>All symbols in the order of their names, from a name on.</summary>
    private IEnumerable<(int Name, int Symbol)> SymbolNames(int fromName)
    {
        long key = Block("symbol_by_name_block", fromName)?.First ?? 0;
        while (true)
        {
            Statement query = Query("SELECT first, packed FROM symbol_by_name_block WHERE first >= ? ORDER BY first LIMIT 1").Bind(key);
            if (!query.Step()) { yield break; }
            int first = query.Int32(0);
            byte[] packed = query.Blob(1);
            query.Reset();
            foreach ((int name, int symbol) in SymbolsByName.Read(packed, first))
            {
                if (name >= fromName) { yield return (name, symbol); }
            }

            key = first + 1L;
        }
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
        int id = _names.Find(name);
        if (Block("variable_block", id) is not { } block) { return []; }
        return VariableBlocks.Read(block.Packed, block.First, SpanOf).FindAll(v => v.Variable.Name == id).ConvertAll(v => new VariableInfo
        {
            Name = name,
            Type = new TypeId(v.Variable.Type),
            Unit = new UnitId(v.Variable.Unit),
            Module = v.Module.Name,
            DeclaredAt = Location(v.Variable.File, v.Variable.Line),
            IsExternal = v.Variable.IsExternal,
            Section = SectionName(v.Module.Id, v.Variable.Section),
            Address = v.Variable.Address,
        });
    }

    public IReadOnlyList<string> SimilarNames(NameKind kind, string name, int limit)
    {
        var nearest = new NearestNames(name, limit);
        foreach (string other in NamesOf(kind)) { nearest.Offer(other); }
        return nearest.Best();
    }

    /// <summary>Each once, in the order of names.</summary>
    public IEnumerable<string> NamesOf(NameKind kind)
    {
        IEnumerable<int> ids = kind switch
        {
            NameKind.Struct => Ids($"SELECT DISTINCT name_id FROM type WHERE name_id <> ? AND is_reference = 0 AND kind IN ({(int)TypeKind.Struct}, {(int)TypeKind.Union}, {(int)TypeKind.Typedef}, {(int)TypeKind.Enum}) ORDER BY name_id", 0),
            NameKind.Function => AllBlocks("SELECT first, first_name, packed FROM function_block", row => FunctionBlocks.Read(row.Blob(2), row.Int32(0), row.Int32(1)).ConvertAll(f => f.Name)),
            NameKind.Symbol => SymbolNames(0).Select(pair => pair.Name),
            NameKind.Variable => AllBlocks("SELECT first, packed FROM variable_block", row => VariableBlocks.Read(row.Blob(1), row.Int32(0), SpanOf).ConvertAll(v => v.Variable.Name)),
            _ => [],
        };
        if (kind == NameKind.Module) { return Modules.Select(m => m.Name); }
        return ids.Distinct().Select(_names.Text);
    }

    private List<int> AllBlocks(string sql, Func<Statement, List<int>> read)
    {
        var names = new List<int>();
        Statement query = Query(sql);
        while (query.Step()) { names.AddRange(read(query)); }
        return names;
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values) { statement.Dispose(); }
        _statements.Clear();
        _database.Dispose();
    }

    private const string TypeColumns = "SELECT t.id, t.kind, t.name_id, t.byte_size, t.target_id, t.encoding, t.count, t.is_reference, t.file_id, t.line, t.module_id FROM type t";

    private TypeInfo ReadType(Statement row) => new()
    {
        Id = new TypeId(row.Int32(0)),
        Kind = (TypeKind)row.Int32(1),
        Name = _names.Text(row.Int32(2)),
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
                Statement query = Query("SELECT name_id, member_type_id, byte_offset, bit_offset, bit_size FROM member WHERE type_id = ? ORDER BY ordinal").Bind(id);
                while (query.Step())
                {
                    bool bits = !query.IsNull(4);
                    members.Add(new MemberInfo(_names.Text(query.Int32(0)), new TypeId(query.Int32(1)), query.Int64(2), bits ? query.Int64(3) : null, bits ? query.Int32(4) : null));
                }

                return type with { Members = members };
            case TypeKind.Enum:
                var enumerators = new List<EnumeratorInfo>();
                query = Query("SELECT name_id, value FROM enumerator WHERE type_id = ? ORDER BY ordinal").Bind(id);
                while (query.Step()) { enumerators.Add(new EnumeratorInfo(_names.Text(query.Int32(0)), query.Int64(1))); }
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

    private SymbolInfo Symbol(SymbolRow row)
    {
        ModuleSpan span = ModuleOfSymbol(row.Id);
        string name = _names.Text(row.Name);
        return new SymbolInfo
        {
            Name = name,
            BaseName = row.BaseName == row.Name ? name : _names.Text(row.BaseName),
            Suffix = row.Suffix,
            Module = span.Name,
            Section = SectionName(span.Id, row.Section),
            Address = row.Address,
            ByteSize = row.ByteSize,
            Flags = row.Flags,
        };
    }

    private SymbolInfo SymbolById(int id) => Symbol(SymbolRow(id));

    /// <summary>Blocks are remembered: a walk in the order of names comes back to each again and again.</summary>
    private SymbolRow SymbolRow(int id)
    {
        // A module's blocks begin at its first symbol.
        ModuleSpan span = ModuleOfSymbol(id);
        int first = id - ((id - span.FirstSymbol) % SymbolBlocks.Size);
        if (!_symbolBlocks.TryGetValue(first, out SymbolRow[]? rows))
        {
            if (Block("symbol_block", id) is not { } block || block.First != first) { throw Missing($"symbol {id}"); }
            rows = SymbolBlocks.Read(block.Packed, first);
            if (_symbolBlocks.Count == MostSymbolBlocks) { _symbolBlocks.Clear(); }
            _symbolBlocks.Add(first, rows);
        }

        return id - first < rows.Length ? rows[id - first] : throw Missing($"symbol {id}");
    }

    /// <summary>The block that begins with a key or last before it; null when none does.</summary>
    private (int First, byte[] Packed)? Block(string table, int key)
    {
        Statement query = Query($"SELECT first, packed FROM {table} WHERE first <= ? ORDER BY first DESC LIMIT 1").Bind(key);
        (int, byte[])? block = query.Step() ? (query.Int32(0), query.Blob(1)) : null;
        query.Reset();
        return block;
    }

    /// <summary>The module that a symbol's number lies in. Neighbours mostly share it, so the last one is remembered.</summary>
    private ModuleSpan ModuleOfSymbol(int symbol)
    {
        if (_lastModule is { } last && last.Holds(symbol)) { return last; }
        ModuleSpan? span = ReadSpan(Query(SpanColumns + " WHERE first_symbol <= ? AND symbol_count > 0 ORDER BY first_symbol DESC LIMIT 1").Bind(symbol));
        if (span is null || !span.Holds(symbol))
        {
            throw Missing($"symbol {symbol}");
        }

        return _lastModule = span;
    }

    private const string SpanColumns = "SELECT id, name, first_symbol, symbol_count, first_unit FROM module";

    private static ModuleSpan? ReadSpan(Statement query)
    {
        ModuleSpan? span = query.Step() ? new ModuleSpan(query.Int32(0), query.Text(1), query.Int32(2), query.Int32(3), query.Int32(4)) : null;
        query.Reset();
        return span;
    }

    private ModuleSpan SpanOf(int module)
    {
        if (_spans.TryGetValue(module, out ModuleSpan? known)) { return known; }
        ModuleSpan span = ReadSpan(Query(SpanColumns + " WHERE id = ?").Bind(module)) ?? throw Missing($"module {module}");
        _spans.Add(module, span);
        return span;
    }

    private List<ModuleInfo> ReadModules()
    {
        var modules = new List<ModuleInfo>();
        Statement query = Query("SELECT name, build_id, path, is_indexed, unit_count FROM module ORDER BY name <> 'vmlinux', name");
        while (query.Step()) { modules.Add(new ModuleInfo(query.Text(0), query.Text(1), query.Text(2), query.Int32(3) != 0, query.Int32(4))); }
        return modules;
    }

    private string ModuleName(int id) => id == 0 ? "" : SpanOf(id).Name;

    private string SectionName(int module, int number)
    {
        string[] sections = Sections(module);
        return (uint)number < (uint)sections.Length ? sections[number] : "";
    }

    private string[] Sections(int module)
    {
        if (_sections.TryGetValue(module, out string[]? known)) { return known; }
        Statement query = Query("SELECT sections FROM module WHERE id = ?").Bind(module);
        string[] names = query.Step() ? Array.ConvertAll(JsonNames.ReadAll(query.Blob(0)), Encoding.UTF8.GetString) : [];
        query.Reset();
        _sections.Add(module, names);
        return names;
    }

    private string UnitFile(int unit)
    {
        Statement query = Query("SELECT f.path FROM unit u JOIN file f ON f.id = u.file_id WHERE u.id = ?").Bind(unit);
        string path = query.Step() ? query.Text(0) : "";
        query.Reset();
        return path;
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
        Statement query = Query("SELECT origin, byte_size, digest, verification, signature FROM source");
        while (query.Step()) { sources.Add(new SourceInfo(query.Text(0), query.Int64(1), query.Text(2), query.Text(3)) { Signature = SignatureNames.FromName(query.Text(4)) }); }
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

    internal Statement Query(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement)) { _statements.Add(sql, statement = new Statement(_database, sql)); }
        return statement.Reset();
    }
}
