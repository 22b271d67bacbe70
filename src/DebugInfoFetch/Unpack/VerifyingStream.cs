using System.Buffers;
using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Unpack;

/// <summary>Passes a member's content on; at its end compares it with the digest that the package keeps of the member.</summary>
internal sealed class VerifyingStream(
    Stream content, HashAlgorithmName algorithm, byte[] expected, string displayName, Action verified) : ForwardStream
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(algorithm);
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _ended) { return 0; }

        int read = content.Read(buffer);
        if (read > 0)
        {
            _digest.AppendData(buffer[..read]);
            return read;
        }

        _ended = true;
        byte[] found = _digest.GetHashAndReset();
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new InputFaultException($"{displayName}: damaged: its {algorithm.Name} is {Convert.ToHexStringLower(found)}, "
                + $"the package keeps {Convert.ToHexStringLower(expected)}; fetch the package anew");
        }

        verified();
        return 0;
    }

    public override IMemoryOwner<byte>? Lend(int count)
    {
        if (_ended || (content as ForwardStream)?.Lend(count) is not { } lent) { return null; }

        _digest.AppendData(lent.Memory.Span);
        return lent;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _digest.Dispose();
            content.Dispose();
        }

        base.Dispose(disposing);
    }
}
