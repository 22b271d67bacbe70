namespace DebugInfoFetch.Unpack;

/// <summary>What <see cref="PackageReader"/> does, for one package format.</summary>
internal interface IPackageContents : IDisposable
{
    PackageInfo Info { get; }
    long PayloadBytesRead { get; }
    long? PayloadSize { get; }
    bool MoveNext();
    PackageMember Current { get; }
    Stream OpenCurrent();
    string FinishAndVerify();
}
