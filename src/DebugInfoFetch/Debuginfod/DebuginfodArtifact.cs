using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Debuginfod;

/// <summary>What of a build ID is wanted (debuginfod(8), "WEBAPI"): its debug file, its executable, or one ELF section of either.</summary>
public readonly record struct DebuginfodArtifact
{
    private DebuginfodArtifact(string urlPart, string fileName)
    {
        UrlPart = urlPart;
        FileName = fileName;
    }

    public static DebuginfodArtifact Debuginfo { get; } = new("debuginfo", "debuginfo");
    public static DebuginfodArtifact Executable { get; } = new("executable", "executable");

    /// <param name="name">With its dot: <c>.debug_info</c>.</param>
    /// <exception cref="InputFaultException">No name that a section of ours could have.</exception>
    public static DebuginfodArtifact Section(string name)
    {
        bool isPlain = name.Length is > 0 and <= 100 && name.All(c => c is > ' ' and < (char)0x7F);
        return isPlain
            ? new DebuginfodArtifact($"section/{Uri.EscapeDataString(name)}", $"section-{Escape(name)}")
            : throw new InputFaultException($"\"{name}\" is no ELF section's name");
    }

    /// <summary>Behind <c>/buildid/HEX/</c>.</summary>
    public string UrlPart { get; }

    /// <summary>In the build ID's directory of the client cache.</summary>
    public string FileName { get; }

    public override string ToString() => UrlPart;

    // elfutils: path_escape() of debuginfod-client.c, so that a name is one path component and can be told back.
    private static string Escape(string name) => name.Replace("#", "#_", StringComparison.Ordinal).Replace("/", "##", StringComparison.Ordinal);
}
