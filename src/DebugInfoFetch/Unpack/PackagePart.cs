using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Unpack;

/// <summary>Wanted files of a package where it lies: from their places when it can be read at any place, else from its start up to the last of them.</summary>
public sealed class PackagePart : IDisposable
{
    private readonly PackageSource _source;
    private readonly Stream? _stream;

    private PackagePart(PackageSource source, PackageReader reader, Stream? stream, string way)
        => (_source, Reader, _stream, Way) = (source, reader, stream, way);

    /// <summary>Goes from one wanted file to the next.</summary>
    public PackageReader Reader { get; }

    /// <summary>The package, for faults.</summary>
    public string DisplayName => _source.Candidate.FileName;

    /// <summary>How they are read: <c>by ranges</c>, or <c>from its start, …</c> and why.</summary>
    public string Way { get; }

    /// <summary>What this took: <c>by ranges, 31234567 of 1033858872 bytes</c>.</summary>
    public string Account => $"{Way}, {_source.BytesFetched} of {_source.TotalBytes?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} bytes";

    /// <param name="isWanted">Asked for the path of each regular file.</param>
    /// <exception cref="InputFaultException">Not a package, a truncated one, or damaged.</exception>
    /// <exception cref="PackageUnavailableException">The transfer failed.</exception>
    public static PackagePart Open(PackageSource source, Func<string, bool> isWanted)
    {
        string reason = "the server answers no Range requests";
        if (source.RandomAccessLength is not null)
        {
            // On the way from a server several requests at once hide each other's time.
            bool isRemote = !source.Candidate.Url.IsFile;
            var options = new PackageReadOptions
            {
                Decoding = isRemote ? DecodeOptions.Default with { Threads = Math.Max(4, Environment.ProcessorCount) } : DecodeOptions.Default,
                ProbesAtOnce = isRemote ? 3 : 1,
                IsNear = !isRemote,
            };
            if (PackageReader.OpenSelection(source, source.Candidate.FileName, isWanted, options, out reason) is { } selection)
            {
                return new PackagePart(source, selection, null, "by ranges");
            }
        }

        return OpenFromStart(source, isWanted, reason);
    }

    /// <summary>The same without looking for places first, for a package in which they are not to be found.</summary>
    /// <param name="reason">Why; <c>from its start, as …</c>.</param>
    public static PackagePart OpenFromStart(PackageSource source, Func<string, bool> isWanted, string reason)
    {
        Stream stream = source.OpenStream();
        try
        {
            return new PackagePart(source, PackageReader.OpenPart(stream, source.Candidate.FileName, isWanted, PackageReadOptions.Default), stream, $"from its start, as {reason}");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // A decoder may still be reading ahead: the stream goes when that is over.
        _source.Stop();
        Reader.Dispose();
        _stream?.Dispose();
    }
}
