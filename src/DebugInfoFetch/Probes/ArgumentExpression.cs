using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>EXPR: what a developer can ask an argument to be. What it becomes is a <see cref="Grammar.FetchExpression"/>.</summary>
internal abstract record ArgumentExpression
{
    /// <summary><c>$params</c>, <c>$vars</c>: each parameter of the function that has a place, and each variable.</summary>
    public sealed record Parameters(bool AndVariables) : ArgumentExpression;

    /// <summary>A parameter and the way from it: <c>p-&gt;a.b[2]</c>.</summary>
    /// <param name="Source"><c>@SOURCE</c>: chooses among definitions that share a name on the way; null when none is given.</param>
    public sealed record Variable(string Name, string? Source, IReadOnlyList<PathStep> Steps) : ArgumentExpression;

    /// <summary>A global or static variable and the way from it: <c>@init_uts_ns.name</c>.</summary>
    /// <param name="Source">Tail of the source file that defines it; null when none is given.</param>
    /// <param name="Cpu"><c>@cpuN</c>: whose copy of a per-CPU variable; null when none is given.</param>
    public sealed record Global(string Name, string? Source, int? Cpu, IReadOnlyList<PathStep> Steps) : ArgumentExpression;

    /// <summary><c>$retval</c> and the way from it.</summary>
    public sealed record ReturnValue(IReadOnlyList<PathStep> Steps) : ArgumentExpression;

    /// <param name="Name">Without <c>%</c>.</param>
    public sealed record Register(string Name) : ArgumentExpression;

    public sealed record StackWord(int Index) : ArgumentExpression;

    public sealed record StackPointer : ArgumentExpression;

    public sealed record CommandName : ArgumentExpression;

    public sealed record Immediate(long Value) : ArgumentExpression;
}
