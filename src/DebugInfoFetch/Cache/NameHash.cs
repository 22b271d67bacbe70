using System.Text;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Cache;

/// <summary>
/// The key of a name in <c>name_by_hash</c>: 31 bits of its content hash, which SQLite stores in five bytes where the name itself would take thirty. A key
/// that is taken already moves on to the next free one; a reader looks at <see cref="Reach"/> keys and compares the text.
/// </summary>
internal static class NameHash
{
    // A million names in 2^31 keys: runs of more than a few taken keys do not occur; the writer would notice.
    public const int Reach = 16;

    public static long Of(ulong contentHash) => (long)(contentHash >> 33);

    public static long Of(string name) => Of(ContentHash.Of(Encoding.UTF8.GetBytes(name)));
}
