using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>What <see cref="PackageReader"/> does, for one package format.</summary>
internal interface IPackageContents : IDisposable
{
    PackageInfo Info { get; }

    /// <summary>Both headers of an RPM, for those who ask who signed it; null for a deb.</summary>
    RpmPackage? Rpm => null;

    /// <summary>Paths of the regular files that the package lists before its payload; empty when it keeps no such list.</summary>
    IReadOnlyCollection<string> Listed { get; }

    long PayloadBytesRead { get; }
    long? PayloadSize { get; }
    bool MoveNext();
    PackageMember Current { get; }
    Stream OpenCurrent();
    string FinishAndVerify();

    /// <summary>What was verified of the files that were read to their ends, when the rest of the package is left alone.</summary>
    string DescribeFiles();
}
