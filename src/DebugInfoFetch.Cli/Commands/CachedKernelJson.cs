using System.Text.Json;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>The keys that <c>fetch</c>, <c>list</c>, <c>info</c> and <c>remove</c> share.</summary>
internal static class CachedKernelJson
{
    public static void WriteProperties(Utf8JsonWriter json, CachedKernel kernel)
    {
        json.WriteString("release"u8, kernel.Release);
        json.WriteString("architecture"u8, kernel.Architecture);
        json.WriteString("distribution"u8, kernel.Distribution);
        json.WriteNumber("moduleCount"u8, kernel.ModuleCount);
        json.WriteNumber("byteSize"u8, kernel.ByteSize);
        json.WriteString("indexedAt"u8, kernel.IndexedAt.ToUniversalTime());
        json.WriteString("path"u8, kernel.Path);
        if (kernel.IsPart) { json.WriteBoolean("isPart"u8, true); }
        BtfMark.Write(json, kernel.IsFromBtf);
    }

    /// <summary>Where it came from, and who vouches for that; for <c>fetch</c> and <c>info</c>.</summary>
    public static void WriteSources(Utf8JsonWriter json, KernelInfo kernel)
    {
        json.WriteStartArray("sources"u8);
        foreach (SourceInfo source in kernel.Sources)
        {
            json.WriteStartObject();
            json.WriteString("origin"u8, source.Origin);
            json.WriteNumber("byteSize"u8, source.ByteSize);
            json.WriteString("digest"u8, source.Digest);
            json.WriteString("signature"u8, source.Signature is { } kind ? SignatureNames.NameOf(kind) : null);
            json.WriteString("verification"u8, source.Verification);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
