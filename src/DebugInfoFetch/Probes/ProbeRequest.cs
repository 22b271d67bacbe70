namespace DebugInfoFetch.Probes;

/// <summary>What a developer asks for.</summary>
/// <param name="Function"><c>[MOD:]NAME[@SOURCE][%return]</c>.</param>
/// <param name="Arguments"><c>[NAME=]EXPR[:TYPE]</c> each.</param>
/// <param name="EventName">Null: made from the function's name.</param>
/// <param name="Group">Null: none is written, and the kernel puts the event into <c>kprobes</c>.</param>
public sealed record ProbeRequest(string Function, IReadOnlyList<string> Arguments, string? EventName = null, string? Group = null);
