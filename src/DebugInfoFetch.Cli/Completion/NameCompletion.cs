using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Commands;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Cli.Completion;

/// <summary>Names of a cached kernel that begin with what is typed. Completion never fails: it offers nothing instead.</summary>
internal static class NameCompletion
{
    private const int Limit = 200;

    public static IEnumerable<string> Kernels(CompletionRequest request)
        => Store(request).Files().Select(kernel => kernel.Release).Distinct();

    public static IEnumerable<string> Structs(CompletionRequest request)
        => WithModel(request, model => Names(model, NameKind.Struct, request.Word));

    public static IEnumerable<string> Symbols(CompletionRequest request)
        => WithModel(request, model => Names(model, NameKind.Symbol, request.Word));

    public static IEnumerable<string> Functions(CompletionRequest request)
        => WithModel(request, model => Names(model, NameKind.Function, request.Word));

    /// <summary>Struct names, and behind a dot or an arrow the members of what stands before it.</summary>
    public static IEnumerable<string> MemberPaths(CompletionRequest request) => WithModel(request, model =>
    {
        int end = Math.Max(request.Word.LastIndexOf('.'), request.Word.LastIndexOf("->", StringComparison.Ordinal) + 1);
        if (end <= 0) { return Names(model, NameKind.Struct, request.Word); }
        string start = request.Word[..(end + 1)];
        string path = request.Word[..end].TrimEnd('-');
        IEnumerable<TypeInfo> bodies = path.AsSpan().ContainsAny('.', '>')
            ? new OffsetQuery(model).Answer(path) is OffsetAnswer.Found found ? Bodies(model, found.Place.TypeId) : []
            : new StructLayoutQuery(model).Find(path).Select(layout => layout.Type);
        var layouts = new StructLayoutQuery(model);
        return bodies.SelectMany(body => MemberNames(layouts.Layout(body).Members)).Distinct().Select(name => start + name);
    });

    private static IEnumerable<TypeInfo> Bodies(IKernelModel model, TypeId id)
    {
        for (int steps = 0; !id.IsVoid && steps < 64; steps++)
        {
            TypeInfo type = model.Type(id);
            if (type.Kind is TypeKind.Struct or TypeKind.Union) { return type.IsReference ? model.Definitions(type.Kind, type.Name) : [type]; }
            id = type.Target;
        }

        return [];
    }

    private static IEnumerable<string> MemberNames(IReadOnlyList<LayoutMember> members) => members.SelectMany(
        member => member.Name.Length > 0 ? [member.Name] : MemberNames(member.Members));

    private static IEnumerable<string> Names(IKernelModel model, NameKind kind, string prefix) => kind == NameKind.Struct
        ? model.AllStructs().Select(type => type.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Distinct().Take(Limit)
        : model.SymbolsMatching(prefix + "*").Select(symbol => kind == NameKind.Function ? symbol.BaseName : symbol.Name).Distinct().Take(Limit);

    private static IKernelStore Store(CompletionRequest request) => request.Host.OpenStore(request.Host.CacheDirectory(request.Cache));

    private static string[] WithModel(CompletionRequest request, Func<IKernelModel, IEnumerable<string>> names)
    {
        if (request.Kernel is null) { return []; }
        IKernelStore store = Store(request);
        IReadOnlyList<KernelFile> found = store.Find(request.Kernel, null);
        if (found.Count != 1) { return []; }
        using IOpenKernel open = store.Open(found[0]);
        return [.. names(open.Model)];
    }
}
