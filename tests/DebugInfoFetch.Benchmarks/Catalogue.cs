using DebugInfoFetch.Benchmarks.Rows;

namespace DebugInfoFetch.Benchmarks;

/// <summary>What <c>--list</c> prints.</summary>
internal static class Catalogue
{
    public static void Write(TextWriter output)
    {
        output.WriteLine("Rows (--only NAME):");
        foreach (RowGroup group in RowGroup.All) { output.WriteLine($"  {group.Name,-13} {group.Title}"); }
        output.WriteLine("Peers:");
        foreach (Peer peer in Peer.All)
        {
            output.WriteLine($"  {peer.Name,-13} {(peer.IsInstalled ? peer.Version : $"not installed: {peer.InstallLine}")}");
        }
    }
}
