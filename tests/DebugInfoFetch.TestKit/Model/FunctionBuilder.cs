using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.TestKit.Model;

/// <summary>Adds out-of-line and inlined copies to a function.</summary>
public sealed class FunctionBuilder(KernelModelBuilder kernel, InMemoryKernelModel model, FunctionInfo function)
{
    private const SymbolFlags Probeable = SymbolFlags.Text | SymbolFlags.Function | SymbolFlags.HasFtraceSite;

    public FunctionInfo Function => function;

    /// <summary>A copy in vmlinux under a symbol, compiled in the file that declares the function.</summary>
    public FunctionBuilder Entry(string symbol, ulong address, params ArgumentPlace[] places) => Entry(symbol, address, KernelModelBuilder.Vmlinux, Probeable, places);

    public FunctionBuilder Entry(string symbol, ulong address, SymbolFlags flags, params ArgumentPlace[] places)
        => Entry(symbol, address, KernelModelBuilder.Vmlinux, flags, places);

    public FunctionBuilder Entry(string symbol, ulong address, string module, params ArgumentPlace[] places) => Entry(symbol, address, module, Probeable, places);

    public FunctionBuilder Entry(string symbol, ulong address, string module, SymbolFlags flags, params ArgumentPlace[] places)
        => Add(kernel.Symbol(symbol, address, module, flags: flags), address, module, function.DeclaredAt!.Value.File, places);

    public FunctionBuilder EntryIn(string unitFile, string symbol, ulong address, string module, params ArgumentPlace[] places)
        => Add(kernel.Symbol(symbol, address, module), address, module, unitFile, places);

    /// <summary>A copy that the symbol table does not name.</summary>
    public FunctionBuilder EntryWithoutSymbol(ulong address, string module, params ArgumentPlace[] places)
        => Add(null, address, module, function.DeclaredAt!.Value.File, places);

    /// <param name="callSite"><c>file:line</c></param>
    public FunctionBuilder InlinedAt(string container, long offset, string? callSite, string module = KernelModelBuilder.Vmlinux)
    {
        SymbolInfo? symbol = model.SymbolList.Find(s => s.Name == container && s.Module == module);
        model.InlineList.Add(new InlineSiteInfo(function.Id, kernel.Unit(function.DeclaredAt!.Value.File), module, symbol, offset, KernelModelBuilder.Location(callSite)));
        return this;
    }

    private FunctionBuilder Add(SymbolInfo? symbol, ulong address, string module, string unitFile, ArgumentPlace[] places)
    {
        kernel.Module(module);
        model.EntryList.Add(new EntryInfo
        {
            Function = function.Id, Unit = kernel.Unit(unitFile), UnitFile = unitFile, Module = module, Section = ".text", Address = address, ByteSize = 64,
            Symbol = symbol, Places = places,
        });
        return this;
    }
}

/// <summary>Short names for <see cref="ArgumentPlace"/>s.</summary>
public static class Place
{
    /// <param name="dwarf">DWARF register number: on x86-64 5 is rdi, 4 rsi, 1 rdx, 2 rcx, 8 r8, 9 r9.</param>
    public static ArgumentPlace Register(int dwarf) => new(PlaceKind.Register, dwarf);
    public static ArgumentPlace Memory(int register, long offset) => new(PlaceKind.Memory, register, offset);
    public static ArgumentPlace Constant(long value) => new(PlaceKind.Constant, Value: value);
    public static ArgumentPlace AtAddress(ulong address) => new(PlaceKind.AtAddress, Value: unchecked((long)address));
    public static ArgumentPlace AddressConstant(ulong address) => new(PlaceKind.AddressConstant, Value: unchecked((long)address));
    public static ArgumentPlace Computed(int register, long offset) => new(PlaceKind.Computed, register, offset);
    public static ArgumentPlace Later(long bytes) => new(PlaceKind.Later, Value: bytes);
    public static ArgumentPlace Gone { get; } = ArgumentPlace.OptimizedOut;
    public static ArgumentPlace Of(PlaceKind kind) => new(kind);
}
