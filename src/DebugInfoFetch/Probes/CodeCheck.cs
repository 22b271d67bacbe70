using System.Globalization;
using DebugInfoFetch.Bodies;

namespace DebugInfoFetch.Probes;

/// <summary>
/// Whether the kernel takes a probe at a place inside a function: it must be an instruction's first byte, and none that the kernel itself rewrites
/// (can_probe(), arch/x86/kernel/kprobes/core.c; check_kprobe_address_safe(), kernel/kprobes.c).
/// </summary>
internal sealed class CodeCheck(IBodies bodies)
{
    /// <summary>Null when nothing speaks against it.</summary>
    public Refusal? Check(ProbeTarget target)
    {
        if (target.Inside is not { Offset: > 0 } inside) { return null; }
        ulong start = target.Address, address = start + inside.Offset;
        CodePlace place = bodies.CodeAt(target.Module, target.Section, start, address);
        if (place.IsBoundary == false)
        {
            return Refuse(target, "inside an instruction, where no probe can stand", $"instructions begin at {At(target, place.Before)} and {At(target, place.After)}");
        }

        if (place.IsBoundary is null && !IsKnownStart(inside))
        {
            return Refuse(target, "the debug file has no code there, and the debug information does not say that an instruction begins at this byte",
                $"lines that surely do: dbgfetch lines {inside.Function.Name}");
        }

        return WhyNot(place, address) is { } why ? Refuse(target, why, Next(target, place) is { } next ? [$"the next instruction that can be probed: {next}"] : []) : null;
    }

    /// <summary>What stands in the way of a probe at an instruction's first byte.</summary>
    private static string? WhyNot(CodePlace place, ulong address) => place.Patch switch
    {
        null => null,
        // kprobes use ftrace there; anywhere else in the patched bytes they are refused (arch_check_ftrace_location()).
        PatchKind.Ftrace => place.PatchStart == address ? null : "inside the call that ftrace patches",
        PatchKind.Alternative => place.PatchStart == address ? null : "inside code that is replaced at boot (alternatives): where its instructions begin then is not known",
        PatchKind.JumpLabel => "a jump label, which the kernel rewrites while it runs",
        PatchKind.StaticCall => "a static call, which the kernel rewrites while it runs",
        PatchKind.Breakpoint => "an int3 that nothing executes, behind a jump: no probe can stand there",
        PatchKind.Replaced => "code that is replaced at boot (alternatives): which instruction stands there then, and whether the kernel takes a probe on it, is not known",
        PatchKind.NotSteppable => "an instruction that this architecture's kprobes do not take",
        PatchKind.Exclusive => "behind an exclusive load (or what the kernel takes for one) whose store has not come yet: no probe can stand there, for its trap would undo the load",
        _ => "a BUG or WARN instruction, where the kernel forbids probes",
    };

    /// <summary>The next instruction of the same symbol that nothing speaks against; null when the code does not tell, or there is none.</summary>
    private string? Next(ProbeTarget target, CodePlace place)
    {
        ulong end = target.Address + (ulong)Math.Max(target.Symbol?.ByteSize ?? 0, 0);
        while (place.IsBoundary == true && place.After < end)
        {
            ulong address = place.After;
            place = bodies.CodeAt(target.Module, target.Section, target.Address, address);
            if (place.IsBoundary == true && WhyNot(place, address) is null) { return At(target, address); }
        }

        return null;
    }

    /// <summary>Compilers only describe addresses at which instructions begin.</summary>
    private static bool IsKnownStart(InsidePlace inside)
        => inside.Body.Rows.Any(r => r.Address == inside.Pc) || inside.Body.Calls.Any(c => c.ReturnPc == inside.Pc)
            || inside.Body.Root.All().Any(s => s.EntryPc == inside.Pc);

    private static string At(ProbeTarget target, ulong address) => (target with
    {
        Inside = target.Inside! with { Offset = address - target.Address },
    }).Label;

    private static Refusal Refuse(ProbeTarget target, string why, params string[] hints)
        => new(RefusalReason.NotProbeable, string.Create(CultureInfo.InvariantCulture, $"{target.Label}: {why}"), hints);
}
