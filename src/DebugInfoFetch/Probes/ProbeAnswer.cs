namespace DebugInfoFetch.Probes;

/// <summary>Either definitions that the kernel in question takes, or a refusal with its reason. Nothing in between.</summary>
public abstract record ProbeAnswer
{
    /// <param name="Definitions">One an out-of-line copy of the function; at least one.</param>
    /// <param name="Notes">What the reader must know to trust the lines: a real name, omitted parameters, copies not covered.</param>
    public sealed record Lines(IReadOnlyList<ProbeDefinition> Definitions, IReadOnlyList<string> Notes) : ProbeAnswer;

    /// <param name="Message">One line.</param>
    /// <param name="Hints">What does work, or what to choose from; a line each.</param>
    public sealed record Refused(RefusalReason Reason, string Message, IReadOnlyList<string> Hints) : ProbeAnswer;
}

/// <summary>Why there is no line.</summary>
public enum RefusalReason
{
    /// <summary>FUNCTION, ARG or a name does not follow its grammar.</summary>
    BadRequest,
    UnknownFunction,
    UnknownModule,
    /// <summary>Several different functions have that name.</summary>
    AmbiguousFunction,
    InlinedEverywhere,
    /// <summary>Known to the source, but without code in what is indexed.</summary>
    NoCode,
    /// <summary>Blacklisted, noinstr, init text, without an ftrace site, a preamble.</summary>
    NotProbeable,
    /// <summary>No unambiguous way to write the place down.</summary>
    NotAddressable,
    UnknownParameter,
    /// <summary>The compiler left the parameter in no place that can be read at the entry.</summary>
    ParameterUnavailable,
    UnknownMember,
    /// <summary>A struct that nothing indexed defines: only its name is known there.</summary>
    UnknownType,
    AmbiguousType,
    /// <summary>What is asked for has no fetch type: a struct as a whole, a float.</summary>
    NotFetchable,
    /// <summary>The kernel's version lacks what the line would need.</summary>
    NeedsNewerKernel,
    /// <summary>Over one of the kernel's limits: 63 characters a fetch argument, 128 arguments, 4094 bytes a line.</summary>
    TooLong,
    /// <summary>The kernel was indexed from BTF, which does not prove it.</summary>
    NeedsDebugInfo,
    UnsupportedArchitecture,
    /// <summary>The inside of functions is asked for, and the kernel's debug file is not at hand.</summary>
    NoDebugFile,
    /// <summary>No code begins on that line.</summary>
    NoSuchLine,
    /// <summary>No call of the function is known.</summary>
    NoCall,
    UnknownVariable,
    /// <summary>Several variables have that name.</summary>
    AmbiguousVariable,
}
