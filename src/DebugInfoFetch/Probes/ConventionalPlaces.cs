using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>Where a function's parameters are at its entry by the psABI alone.</summary>
internal static class ConventionalPlaces
{
    /// <summary>
    /// Null unless the convention is beyond doubt: every parameter an integer, enum or pointer, and all in registers; nothing returned through memory; no
    /// <c>...</c>. True of what the compiler made no clone of.
    /// </summary>
    public static IReadOnlyList<VisibleVariable>? Of(FunctionInfo function, IKernelModel model)
    {
        if (RegisterFile.For(model.Kernel.Architecture) is not { } registers || function.IsVariadic || function.Parameters.Count > registers.ArgumentRegisters.Count) { return null; }
        var resolver = new TypeResolver(model);
        bool IsWord(TypeId type) => resolver.Strip(type) switch
        {
            { Kind: TypeKind.Pointer or TypeKind.Enum } => true,
            { Kind: TypeKind.Base, ByteSize: <= 8, Encoding: not BaseEncoding.Float } => true,
            _ => false,
        };
        if (!(resolver.Strip(function.ReturnType) is null || IsWord(function.ReturnType)) || !function.Parameters.All(p => p.Name.Length > 0 && IsWord(p.Type))) { return null; }
        return [.. function.Parameters.Select((p, i) => new VisibleVariable(p.Name, p.Type, new ArgumentPlace(PlaceKind.Register, registers.ArgumentRegisters[i]), IsParameter: true))];
    }
}
