using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Wanted files of a package that is read from its start. Behind the last of them that the package lists it ends, and leaves the rest alone;
/// where the package keeps no list it goes to the end.
/// </summary>
internal sealed class WantedContents(IPackageContents all, Func<string, bool> isWanted) : IPackageContents
{
    private readonly HashSet<string> _left = [.. all.Listed.Where(isWanted)];

    public PackageInfo Info => all.Info;

    public RpmPackage? Rpm => all.Rpm;

    public IReadOnlyCollection<string> Listed => all.Listed;

    public long PayloadBytesRead => all.PayloadBytesRead;

    public long? PayloadSize => all.PayloadSize;

    public PackageMember Current => all.Current;

    private bool EndsEarly => all.Listed.Count > 0;

    public bool MoveNext()
    {
        while (!(EndsEarly && _left.Count == 0) && all.MoveNext())
        {
            if (all.Current.Kind != PackageMemberKind.File || !isWanted(all.Current.Path)) { continue; }

            _left.Remove(all.Current.Path);
            return true;
        }

        return false;
    }

    public Stream OpenCurrent() => all.OpenCurrent();

    public string FinishAndVerify() => EndsEarly ? all.DescribeFiles() : all.FinishAndVerify();

    public string DescribeFiles() => all.DescribeFiles();

    public void Dispose() => all.Dispose();
}
