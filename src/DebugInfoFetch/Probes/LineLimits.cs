using System.Globalization;
using System.Text;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>The kernel's limits on a line (KPROBES.md §1.2).</summary>
internal static class LineLimits
{
    /// <summary>FETCH_INSN_MAX (kernel/trace/trace_probe.h) less what the innermost fetch and the store take: 14 on a register.</summary>
    public const int MaxDereferences = 14;
    /// <summary>12 on a symbol, whose own read is counted here as one more.</summary>
    public const int MaxDereferencesOfSymbol = 12 + 1;
    /// <summary>MAX_PROBE_EVENT_SIZE (kernel/trace/trace_probe.h): bytes of all fixed-size fields.</summary>
    public const int MaxRecordBytes = 3072;

    /// <summary>Null when the kernel takes the line.</summary>
    public static Refusal? Check(DefinitionLine line, int wordBits)
    {
        if (line.Arguments.Count > DefinitionLine.MaxArguments)
        {
            return TooLong($"{line.Arguments.Count} arguments, the kernel takes {DefinitionLine.MaxArguments}");
        }

        foreach (FetchArgument argument in line.Arguments)
        {
            if (argument.Fetch.Length > FetchArgument.MaxLength)
            {
                return TooLong($"{argument} has {argument.Fetch.Length} characters behind its name, the kernel takes {FetchArgument.MaxLength}",
                    "print a pointer on the way, and read on from a probe that has it at hand");
            }

            int limit = StartsAtSymbol(argument.Expression) ? MaxDereferencesOfSymbol : MaxDereferences;
            if (argument.Expression.Depth > limit)
            {
                return TooLong($"{argument} follows {argument.Expression.Depth} pointers, the kernel takes {limit}");
            }
        }

        int bytes = line.Arguments.Sum(a => DefaultFetchType.RecordBytes(a.Type, wordBits));
        if (bytes > MaxRecordBytes) { return TooLong($"the arguments take {bytes} bytes of a record, the kernel takes {MaxRecordBytes}"); }

        int length = Encoding.UTF8.GetByteCount(line.ToString());
        return length > DefinitionLine.MaxLength
            ? TooLong($"the line has {length} bytes, the kernel takes {DefinitionLine.MaxLength}", "spread the arguments over two events")
            : null;
    }

    private static bool StartsAtSymbol(FetchExpression expression) => expression switch
    {
        FetchExpression.SymbolMemory => true,
        FetchExpression.Dereference dereference => StartsAtSymbol(dereference.Base),
        _ => false,
    };

    private static Refusal TooLong(FormattableString message, params string[] hints)
        => new(RefusalReason.TooLong, message.ToString(CultureInfo.InvariantCulture), hints);
}
