using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Sources;
using Microsoft.Win32.SafeHandles;

namespace DebugInfoFetch.Download;

/// <summary>A package that is a file of this machine.</summary>
internal sealed class FilePackageSource : PackageSource
{
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private long _bytesRead;

    /// <exception cref="PackageUnavailableException">It cannot be read.</exception>
    public FilePackageSource(PackageCandidate candidate) : base(candidate)
    {
        try
        {
            _file = File.OpenHandle(candidate.Url.LocalPath);
            _length = RandomAccess.GetLength(_file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PackageUnavailableException(
                new CandidateOutcome(candidate, OutcomeKind.Unreadable, $"cannot be read: {fault.Message.ReplaceLineEndings(" ")}", 0));
        }
    }

    public override long? RandomAccessLength => _length;
    public override long? TotalBytes => _length;
    public override long BytesFetched => Interlocked.Read(ref _bytesRead);
    public override int Requests => 0;

    public override void ReadExactlyAt(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(_file, buffer, offset);
            if (read == 0) { throw new InputFaultException($"{Candidate.Place}: truncated: it ends at {offset} of {_length} bytes; was it written to meanwhile?"); }

            Interlocked.Add(ref _bytesRead, read);
            offset += read;
            buffer = buffer[read..];
        }
    }

    public override Stream OpenStream() => new SourceStream(this, 0, _length);

    public override void Stop() { }

    protected override void Dispose(bool disposing) => _file.Dispose();
}
