namespace DebugInfoFetch.Benchmarks;

/// <summary>The command lines of ours that are timed; they run in the work folder, where <c>new</c> is an empty cache.</summary>
internal static class OurCommands
{
    public static string IndexVmlinux(string release) => $"dbgfetch fetch --kernel {release} --elf vmlinux --cache new";

    /// <summary>From an ELF file and no cache to the offset of one member.</summary>
    public const string FirstAnswer = "dbgfetch offset --elf vmlinux task_struct.pid";

    public static string FetchPackage(string release, string package) => $"dbgfetch fetch --kernel {release} --package {package} --cache new";

    public static string Offset(string release, string cache, string path) => $"dbgfetch offset --kernel {release} --cache {cache} {path}";

    public static string Probe(string release, string cache, string definition) => $"dbgfetch probe --kernel {release} --cache {cache} {definition}";
}
