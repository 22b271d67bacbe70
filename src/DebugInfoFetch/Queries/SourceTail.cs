using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>
/// <c>@SOURCE</c>: the tail of a source path, whole components: <c>inode.c</c> and <c>btrfs/inode.c</c> mean <c>fs/btrfs/inode.c</c>.
/// </summary>
public static class SourceTail
{
    public static bool Matches(string file, string tail)
    {
        ReadOnlySpan<char> wanted = tail.AsSpan().TrimStart('/');
        if (wanted.IsEmpty || !file.AsSpan().EndsWith(wanted, StringComparison.Ordinal)) { return false; }
        int start = file.Length - wanted.Length;
        return start == 0 || file[start - 1] == '/';
    }

    public static bool Matches(SourceLocation? location, string tail) => location is { } at && Matches(at.File, tail);
}
