using System.Globalization;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.TestKit.Model;

/// <summary>
/// Describes a kernel for a test:
/// <code>
/// var k = new KernelModelBuilder();
/// TypeId group = k.Struct("block_group", 16, k.Member("start", k.U64, 0), k.Member("length", k.U64, 8));
/// k.Function("shrink", "fs/shrink.c:10", ("group", k.PointerTo(group))).Entry("shrink.isra.0", 0xffffffff81001000, Place.Register(5));
/// IKernelModel model = k.Build();
/// </code>
/// </summary>
public sealed class KernelModelBuilder
{
    public const string Vmlinux = "vmlinux";
    /// <summary>Where the builder puts <c>_text</c>.</summary>
    public const ulong TextStart = 0xffffffff81000000;

    private readonly InMemoryKernelModel _model;
    private readonly Dictionary<string, UnitId> _units = [];

    public KernelModelBuilder(string release = "6.12.1-test", string architecture = "x86_64", IReadOnlyList<SourceInfo>? sources = null, bool isComplete = true, bool hasVmlinux = true,
        string distribution = "test", bool isFromBtf = false)
    {
        _model = new InMemoryKernelModel
        {
            Kernel = new KernelInfo { Release = release, Architecture = architecture, Distribution = distribution, Sources = sources ?? [], IsComplete = isComplete, IsFromBtf = isFromBtf },
        };
        Module(Vmlinux, isIndexed: hasVmlinux);
        Symbol("_text", TextStart, flags: SymbolFlags.Text);
        Char = Base("char", 1, BaseEncoding.UnsignedChar);
        SignedChar = Base("signed char", 1, BaseEncoding.SignedChar);
        UnsignedChar = Base("unsigned char", 1, BaseEncoding.UnsignedChar);
        Short = Base("short int", 2, BaseEncoding.Signed);
        Int = Base("int", 4, BaseEncoding.Signed);
        UnsignedInt = Base("unsigned int", 4, BaseEncoding.Unsigned);
        Long = Base("long int", 8, BaseEncoding.Signed);
        UnsignedLong = Base("long unsigned int", 8, BaseEncoding.Unsigned);
        Bool = Base("_Bool", 1, BaseEncoding.Boolean);
        U8 = Typedef("u8", UnsignedChar);
        U16 = Typedef("u16", Base("short unsigned int", 2, BaseEncoding.Unsigned));
        U32 = Typedef("u32", UnsignedInt);
        U64 = Typedef("u64", UnsignedLong);
        S64 = Typedef("s64", Long);
    }

    public TypeId Char { get; }
    public TypeId SignedChar { get; }
    public TypeId UnsignedChar { get; }
    public TypeId Short { get; }
    public TypeId Int { get; }
    public TypeId UnsignedInt { get; }
    public TypeId Long { get; }
    public TypeId UnsignedLong { get; }
    public TypeId Bool { get; }
    public TypeId U8 { get; }
    public TypeId U16 { get; }
    public TypeId U32 { get; }
    public TypeId U64 { get; }
    public TypeId S64 { get; }

    public IKernelModel Build() => _model;

    /// <summary>The file that a module was indexed from.</summary>
    public KernelModelBuilder DebugFile(string module, string buildId, string path)
    {
        int at = _model.ModuleList.FindIndex(m => m.Name == module);
        _model.ModuleList[at] = _model.ModuleList[at] with { BuildId = buildId, Path = path };
        return this;
    }

    public UnitId Unit(string file)
    {
        if (!_units.TryGetValue(file, out UnitId unit)) { _units[file] = unit = new UnitId(_units.Count + 1); }
        return unit;
    }

    /// <param name="text"><c>file:line</c></param>
    public static SourceLocation? Location(string? text)
    {
        if (text is null) { return null; }
        int colon = text.LastIndexOf(':');
        return new SourceLocation(text[..colon], int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

    // ---- modules ----

    public void Module(string name, bool isIndexed = true)
    {
        if (_model.ModuleList.TrueForAll(m => m.Name != name)) { _model.ModuleList.Add(new ModuleInfo(name, "", name, isIndexed, 1)); }
    }

    // ---- types ----

    public TypeId Base(string name, long size, BaseEncoding encoding) => Add(new TypeInfo { Id = default, Kind = TypeKind.Base, Name = name, ByteSize = size, Encoding = encoding });

    public TypeId Typedef(string name, TypeId target) => Add(new TypeInfo { Id = default, Kind = TypeKind.Typedef, Name = name, Target = target });

    public TypeId PointerTo(TypeId target)
        => Add(new TypeInfo { Id = default, Kind = TypeKind.Pointer, ByteSize = 8, Target = IsTag(target) ? Reference(_model.Type(target).Kind, _model.Type(target).Name) : target });

    /// <summary>A pointer to a struct that is only named, as every struct behind a pointer is.</summary>
    public TypeId PointerTo(string structName) => Add(new TypeInfo { Id = default, Kind = TypeKind.Pointer, ByteSize = 8, Target = Reference(TypeKind.Struct, structName) });

    public TypeId Const(TypeId target) => Add(new TypeInfo { Id = default, Kind = TypeKind.Const, Target = target });

    public TypeId Volatile(TypeId target) => Add(new TypeInfo { Id = default, Kind = TypeKind.Volatile, Target = target });

    /// <param name="count">Null: <c>[]</c>.</param>
    public TypeId Array(TypeId element, long? count)
        => Add(new TypeInfo { Id = default, Kind = TypeKind.Array, Target = element, ElementCount = count, ByteSize = count * SizeOf(element) });

    public TypeId FunctionType(TypeId returns, params TypeId[] parameters) => Add(new TypeInfo { Id = default, Kind = TypeKind.Function, Target = returns, Parameters = parameters });

    public TypeId Reference(TypeKind kind, string name) => Add(new TypeInfo { Id = default, Kind = kind, Name = name, IsReference = true });

    public TypeId Enum(string name, TypeId underlying, params EnumeratorInfo[] enumerators)
        => Add(new TypeInfo { Id = default, Kind = TypeKind.Enum, Name = name, ByteSize = SizeOf(underlying), Target = underlying, Enumerators = enumerators });

    public TypeId Struct(string name, long size, params MemberInfo[] members) => Tag(TypeKind.Struct, name, size, null, Vmlinux, members);

    public TypeId Union(string name, long size, params MemberInfo[] members) => Tag(TypeKind.Union, name, size, null, Vmlinux, members);

    /// <param name="at"><c>file:line</c></param>
    public TypeId StructAt(string at, string name, long size, params MemberInfo[] members) => Tag(TypeKind.Struct, name, size, at, Vmlinux, members);

    public TypeId Tag(TypeKind kind, string name, long size, string? at, string module, params MemberInfo[] members)
        => Add(new TypeInfo { Id = default, Kind = kind, Name = name, ByteSize = size, DeclaredAt = Location(at), Module = module, Members = members });

    /// <summary>Says which units define a type; needed only for names with several definitions.</summary>
    public void DefinedIn(TypeId type, params string[] unitFiles)
    {
        if (!_model.DefiningUnits.TryGetValue(type, out HashSet<UnitId>? units)) { _model.DefiningUnits[type] = units = []; }
        foreach (string file in unitFiles) { units.Add(Unit(file)); }
    }

    public static MemberInfo Member(string name, TypeId type, long offset) => new(name, type, offset, null, null);

    /// <param name="bitOffset">From the start of the struct.</param>
    public static MemberInfo Bits(string name, TypeId type, long bitOffset, int bitSize) => new(name, type, bitOffset / 8, bitOffset, bitSize);

    // ---- symbols and variables ----

    public SymbolInfo Symbol(string name, ulong address, string module = Vmlinux, string section = ".text", long size = 64,
        SymbolFlags flags = SymbolFlags.Text | SymbolFlags.Function | SymbolFlags.HasFtraceSite)
    {
        Module(module);
        (string baseName, SuffixKind suffix) = Split(name);
        var symbol = new SymbolInfo
        {
            Name = name, BaseName = baseName, Suffix = suffix, Module = module, Section = section, Address = address, ByteSize = size, Flags = flags,
        };
        _model.SymbolList.Add(symbol);
        return symbol;
    }

    /// <summary>A variable with its symbol, which is called as the variable unless said otherwise.</summary>
    public void Variable(string name, TypeId type, ulong address, string unitFile, string module = Vmlinux, string section = ".data",
        SymbolFlags flags = SymbolFlags.Object, int line = 1, string? symbol = null)
    {
        Symbol(symbol ?? name, address, module, section, SizeOf(type) ?? 8, flags);
        _model.VariableList.Add(new VariableInfo
        {
            Name = name, Type = type, Unit = Unit(unitFile), Module = module, DeclaredAt = new SourceLocation(unitFile, line), Address = address, Section = section,
        });
    }

    // ---- functions ----

    /// <param name="at"><c>file:line</c></param>
    public FunctionBuilder Function(string name, string at, params (string Name, TypeId Type)[] parameters) => Function(name, at, TypeId.Void, parameters);

    public FunctionBuilder Function(string name, string at, TypeId returns, params (string Name, TypeId Type)[] parameters)
    {
        var function = new FunctionInfo
        {
            Id = new FunctionId(_model.FunctionList.Count + 1), Name = name, DeclaredAt = Location(at), ReturnType = returns,
            Parameters = [.. parameters.Select(p => new ParameterInfo(p.Name, p.Type))],
        };
        _model.FunctionList.Add(function);
        return new FunctionBuilder(this, _model, function);
    }

    private TypeId Add(TypeInfo type)
    {
        var id = new TypeId(_model.Types.Count + 1);
        _model.Types.Add(type with { Id = id });
        return id;
    }

    private bool IsTag(TypeId id) => !id.IsVoid && _model.Type(id) is { Kind: TypeKind.Struct or TypeKind.Union, Name.Length: > 0 };

    private long? SizeOf(TypeId id)
    {
        TypeInfo type = _model.Type(id);
        return type.ByteSize ?? (type.Target.IsVoid ? null : SizeOf(type.Target));
    }

    private static (string BaseName, SuffixKind Suffix) Split(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) { return (name, SuffixKind.None); }
        string last = name.Split('.').Last(part => !part.All(char.IsAsciiDigit));
        return (name[..dot], last switch
        {
            "isra" => SuffixKind.Isra, "constprop" => SuffixKind.Constprop, "part" => SuffixKind.Part, "cold" => SuffixKind.Cold, "llvm" => SuffixKind.Llvm,
            _ => SuffixKind.Other,
        });
    }
}
