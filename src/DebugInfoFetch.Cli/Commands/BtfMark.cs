using System.Text.Json;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>Says of an answer that it comes from BTF and symbols, not from debug information.</summary>
internal static class BtfMark
{
    public static bool IsBtf(IOpenTypes open) => open is IOpenKernel { Model.Kernel.IsFromBtf: true };

    /// <summary>For a person, once a command; null for a kernel with debug information.</summary>
    public static string? NoteOf(KernelInfo kernel)
        => kernel.IsFromBtf ? $"{kernel.Release}: from BTF and symbols, without debug information; dbgfetch fetch --kernel {kernel.Release} gets that" : null;

    /// <summary>The key <c>from</c>, at an answer's end; nothing for a kernel with debug information.</summary>
    public static void Write(Utf8JsonWriter json, bool isFromBtf)
    {
        if (isFromBtf) { json.WriteString("from"u8, "btf"u8); }
    }
}
