namespace DebugInfoFetch.Probes;

/// <summary>Why a step towards a line ends without one.</summary>
internal sealed record Refusal(RefusalReason Reason, string Message, params IReadOnlyList<string> Hints)
{
    public ProbeAnswer.Refused ToAnswer() => new(Reason, Message, Hints);
}

/// <summary>A value, or the refusal that stands in its place.</summary>
internal readonly record struct Outcome<T> where T : class
{
    private Outcome(T? value, Refusal? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    public T? Value { get; }
    public Refusal? Refusal { get; }

    public static implicit operator Outcome<T>(T value) => new(value, null);
    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);
}
