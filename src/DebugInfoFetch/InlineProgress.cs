namespace DebugInfoFetch;

/// <summary><see cref="Progress{T}"/> posts to the thread pool, where reports overtake each other.</summary>
internal sealed class InlineProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
