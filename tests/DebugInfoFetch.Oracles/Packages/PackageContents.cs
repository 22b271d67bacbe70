using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Oracles.Packages;

/// <summary>All that our reader finds in a package.</summary>
/// <param name="Hashes">SHA-256 by path of every regular file; hard links have their target's.</param>
/// <param name="Links">Target by path of every symlink.</param>
internal sealed record PackageContents(
    PackageInfo Info, SortedDictionary<string, string> Hashes, SortedDictionary<string, string> Links, string Verified)
{
    public static PackageContents Read(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = PackageReader.Open(file, path);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var links = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var hardLinks = new List<PackageMember>();
        while (reader.MoveNext())
        {
            var member = reader.Current;
            switch (member.Kind)
            {
                case PackageMemberKind.File:
                    using (var content = reader.OpenCurrent())
                    using (var held = MemberContent.Load(content, member.ByteSize, member.Path, member.ByteSize % 2 == 0 ? long.MaxValue : 0, Path.GetTempPath()))
                    {
                        hashes[member.Path] = PackageTools.Hash(held.Memory.Span);
                    }

                    break;
                case PackageMemberKind.Symlink:
                    links[member.Path] = member.LinkTarget;
                    break;
                case PackageMemberKind.HardLink:
                    hardLinks.Add(member);
                    break;
                default:
                    break;
            }
        }

        string verified = reader.FinishAndVerify();
        foreach (var link in hardLinks) { hashes[link.Path] = hashes[link.LinkTarget]; }

        return new PackageContents(reader.Info, hashes, links, verified);
    }
}
