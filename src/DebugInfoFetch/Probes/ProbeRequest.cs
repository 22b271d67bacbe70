namespace DebugInfoFetch.Probes;

/// <summary>What a developer asks for.</summary>
/// <param name="Function"><c>[MOD:]NAME[@SOURCE][+OFF|:LINE][%return]</c>, or <c>[MOD:]FILE:LINE</c>.</param>
/// <param name="Arguments"><c>[NAME=]EXPR[:TYPE]</c> each.</param>
/// <param name="EventName">Null: made from the function's name.</param>
/// <param name="Group">Null: none is written, and the kernel puts the event into <c>kprobes</c>.</param>
/// <param name="IsBare">Without the pointers that arguments are read through.</param>
/// <param name="Inlines">Inlined copies too, an event each.</param>
/// <param name="Callers">Where the function is called, in the place of where it begins: for parameters that the compiler removed.</param>
/// <param name="MaxActive">For a return: how many calls may be under way at once; null leaves it to the kernel.</param>
public sealed record ProbeRequest(string Function, IReadOnlyList<string> Arguments, string? EventName = null, string? Group = null,
    bool IsBare = false, int? MaxActive = null, bool Inlines = false, bool Callers = false);
