using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Inputs;

/// <summary>A deb's <c>data.tar.xz</c> as a file of its own, for a peer that reads no debs.</summary>
internal static class XzPayload
{
    public static string Of(DebianKernel kernel)
    {
        string deb = kernel.DownloadPackage();
        return TestCache.FileOnce(
            Path.Combine(TestCache.Folder("benchmarks"), $"{kernel.Release}.data.tar.xz"),
            partial => ToolRun.Shell($"ar p '{deb}' data.tar.xz > '{partial}'").OrThrow());
    }
}
