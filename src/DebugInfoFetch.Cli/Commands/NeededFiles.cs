using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>Which files of a kernel answer a probe: where only they are cached, or nothing is, no more of a 1 GB package need be fetched.</summary>
internal static class NeededFiles
{
    private const string Vmlinux = "vmlinux";

    /// <summary>What is asked for by <c>--module</c>, each module that a FUNCTION names, and vmlinux for one that names none.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> modules, IReadOnlyList<ProbeListEntry> entries)
        => [.. modules.Concat(entries.Select(entry => entry.Request?.Function).OfType<string>().Select(function => ModuleOf(function) ?? Vmlinux))
            .Select(name => name.Replace('-', '_')).Distinct()];

    /// <summary>Those of them that a cached kernel lacks. Of one that is complete, only what it knows and could not index.</summary>
    public static IReadOnlyList<string> Missing(IKernelModel model, IReadOnlyList<string> needed)
        => [.. needed.Where(name => model.Modules.FirstOrDefault(m => m.Name == name) is { } known ? !known.IsIndexed : !model.Kernel.IsComplete)];

    /// <summary>What may answer that which was refused for lack of something: vmlinux first, then all of the kernel.</summary>
    /// <returns>Null: nothing would help. Empty: everything.</returns>
    public static IReadOnlyList<string>? Beyond(IKernelModel model, IReadOnlyList<ProbeReply> replies)
    {
        if (model.Kernel.IsComplete || !replies.Any(IsForLack)) { return null; }
        if (!model.Modules.Any(m => m is { Name: Vmlinux, IsIndexed: true })) { return [Vmlinux]; }
        // A type or variable that neither the module nor vmlinux has is some other module's: rare enough to be asked for by name.
        return replies.Any(reply => IsForLackOfFunction(reply) && ModuleOf(reply.Function) is null) ? [] : null;
    }

    private static bool IsForLack(ProbeReply reply) => reply.Answer is ProbeAnswer.Refused { Reason: RefusalReason.UnknownType or RefusalReason.UnknownVariable }
        || (IsForLackOfFunction(reply) && ModuleOf(reply.Function) is null);

    private static bool IsForLackOfFunction(ProbeReply reply) => reply.Answer is ProbeAnswer.Refused { Reason: RefusalReason.UnknownFunction or RefusalReason.NoCode };

    /// <summary>MOD of <c>MOD:NAME</c>; <c>NAME:LINE</c> and <c>FILE:LINE</c> name none.</summary>
    private static string? ModuleOf(string function)
        => function.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && function[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            && colon + 1 < function.Length && !char.IsAsciiDigit(function[colon + 1]) ? function[..colon] : null;
}
