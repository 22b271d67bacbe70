using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>Answers <c>struct.member[.member|[N]|-&gt;member]...</c> for one kernel.</summary>
public sealed class OffsetQuery(IKernelModel model)
{
    /// <param name="path">
    /// <c>[struct |union ]NAME[@SOURCE]</c>, then any of <c>.member</c>, <c>-&gt;member</c>, <c>[N]</c>. NAME may be a typedef; SOURCE is the tail
    /// of a source path and chooses among definitions that share a name.
    /// </param>
    public OffsetAnswer Answer(string path) => throw new NotImplementedException(model.Kernel.Release + path);
}
