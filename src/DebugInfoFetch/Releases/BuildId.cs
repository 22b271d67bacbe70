using System.Diagnostics.CodeAnalysis;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Releases;

/// <summary>
/// The GNU build ID (NT_GNU_BUILD_ID) that names one linked file for good: 20 bytes for kernels, in lower-case hex. It enters URLs and file names, so
/// that it can be nothing else.
/// </summary>
public readonly record struct BuildId
{
    /// <summary>Most bytes that debuginfod takes (elfutils: MAX_BUILD_ID_BYTES).</summary>
    public const int MostBytes = 64;

    private readonly string? _hex;

    private BuildId(string hex) => _hex = hex;

    /// <summary>Lower-case hex digits, two a byte.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("no build ID");

    /// <param name="text">Hex digits of either case, two a byte; no shortened ones.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out BuildId id)
    {
        bool isHex = text is { Length: >= 4 and <= MostBytes * 2 } && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);
        id = isHex ? new BuildId(text!.ToLowerInvariant()) : default;
        return isHex;
    }

    /// <exception cref="InputFaultException">It is none.</exception>
    public static BuildId Parse(string text) => TryParse(text, out BuildId id)
        ? id
        : throw new InputFaultException($"\"{text}\" is no build ID: hex digits, two a byte, in full (readelf -n FILE, or eu-unstrip -n -k on the machine itself)");

    public override string ToString() => _hex ?? "";
}
