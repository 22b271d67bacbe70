using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>From FUNCTION and ARGs to lines that one kernel takes, or to the reason why there are none. Never guesses.</summary>
public sealed class ProbeGenerator(IKernelModel model)
{
    public ProbeAnswer Generate(ProbeRequest request) => Generate([request])[0];

    /// <summary>Answers a list, one answer a request in the same order; event names are unique over all of them.</summary>
    public IReadOnlyList<ProbeAnswer> Generate(IReadOnlyList<ProbeRequest> requests) => throw new NotImplementedException(model.Kernel.Release + requests.Count);
}
