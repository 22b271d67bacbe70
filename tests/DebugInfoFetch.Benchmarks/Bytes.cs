using System.Globalization;

namespace DebugInfoFetch.Benchmarks;

/// <summary>Amounts as the tables print them: decimal units.</summary>
internal static class Bytes
{
    public static string Text(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB");
}
