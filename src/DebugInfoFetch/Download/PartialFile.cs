using System.Security.Cryptography;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Download;

/// <summary>
/// <c>NAME.partial</c>: a package on its way, which a later run can go on with. Beside it, <c>NAME.partial.origin</c> tells what its bytes are
/// part of. Digests are kept up while it grows.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string _finalPath;
    private readonly Stream _stream;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    /// <summary>The snapshot archive knows nothing better, and what it guards against is a broken transfer.</summary>
    private readonly IncrementalHash? _sha1;

    private PartialFile(string finalPath, Stream stream, bool withSha1)
    {
        _finalPath = finalPath;
        _stream = stream;
#pragma warning disable CA5350 // see _sha1
        _sha1 = withSha1 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;
#pragma warning restore CA5350
    }

    private string PartialPath => _finalPath + ".partial";
    private string OriginPath => PartialPath + OriginSuffix;

    /// <summary>Of the file that tells what another's bytes are part of.</summary>
    internal const string OriginSuffix = ".origin";

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }
    /// <summary>What they are part of; null when none was noted.</summary>
    public PartialOrigin? Origin { get; private set; }

    /// <summary>
    /// It holds bytes of another candidate, which may yet be wanted: they are dropped when the first byte of this one comes. Until then,
    /// <see cref="Length"/> is 0.
    /// </summary>
    public bool IsForeign { get; private set; }

    /// <summary>Opens or creates it. Bytes that can be part of <paramref name="candidate"/> are hashed.</summary>
    public static async Task<PartialFile> OpenAsync(
        string directory, PackageCandidate candidate, Func<string, Stream> open, CancellationToken ct)
    {
        string finalPath = Path.Combine(directory, candidate.FileName);
        PartialFile? file = null;
        try
        {
            file = new PartialFile(finalPath, open(finalPath + ".partial"), candidate.Sha1 is not null);
            PartialOrigin? origin = file._stream.Length > 0 ? PartialOrigin.Read(file.OriginPath) : null;
            if (origin is not null && origin.CanContinue(candidate) && !(file._stream.Length > candidate.ByteSize))
            {
                file.Origin = origin;
                await file.HashExistingAsync(ct).ConfigureAwait(false);
            }
            else if (file._stream.Length > 0)
            {
                file.IsForeign = true;
            }

            return file;
        }
        catch (Exception fault)
        {
            file?.Dispose();
            if (fault is IOException or UnauthorizedAccessException)
            {
                throw StorageFault.From(finalPath + ".partial", fault);
            }

            throw;
        }
    }

    private async Task HashExistingAsync(CancellationToken ct)
    {
        byte[] buffer = new byte[256 * 1024];
        _stream.Position = 0;
        int read;
        while ((read = await _stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            Hash(buffer.AsSpan(0, read));
            Length += read;
        }
    }

    /// <summary>Notes what the bytes to come are part of, before the first of them is written.</summary>
    public void Remember(PartialOrigin origin)
    {
        if (IsForeign)
        {
            Restart();
        }

        Origin = origin;
        Storing(() => origin.Write(OriginPath));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StorageFault.From(PartialPath, fault);
        }

        Hash(bytes);
        Length += bytes.Length;
    }

    private void Hash(ReadOnlySpan<byte> bytes)
    {
        _sha256.AppendData(bytes);
        _sha1?.AppendData(bytes);
    }

    /// <summary>Drops what is there.</summary>
    public void Restart() => Storing(() =>
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _sha256.GetHashAndReset();
        _sha1?.GetHashAndReset();
        Length = 0;
        IsForeign = false;
        Origin = null;
        File.Delete(OriginPath);
    });

    /// <summary>SHA-256 of the bytes that are there, in hex.</summary>
    public string Sha256 => Convert.ToHexStringLower(_sha256.GetCurrentHash());

    /// <summary>SHA-1 in hex; null when the candidate names none.</summary>
    public string? Sha1 => _sha1 is null ? null : Convert.ToHexStringLower(_sha1.GetCurrentHash());

    /// <summary>It is whole and checked: gives it its name. What it is remains beside it, for a later run that finds it here.</summary>
    public string Complete()
    {
        Storing(() =>
        {
            _stream.Dispose();
            File.Move(PartialPath, _finalPath, overwrite: true);
            if (File.Exists(OriginPath)) { File.Move(OriginPath, _finalPath + OriginSuffix, overwrite: true); }
        });
        return _finalPath;
    }

    /// <summary>It is of no use to anybody: away with it.</summary>
    public void Discard() => Storing(() =>
    {
        _stream.Dispose();
        File.Delete(PartialPath);
        File.Delete(OriginPath);
    });

    private void Storing(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StorageFault.From(PartialPath, fault);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _sha256.Dispose();
        _sha1?.Dispose();
    }
}
