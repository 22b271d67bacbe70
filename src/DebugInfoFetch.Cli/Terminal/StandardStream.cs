using System.Runtime.InteropServices;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>
/// Standard output or error, straight on the file descriptor. The console class of .NET swallows EPIPE, so that <c>| head</c> would let a long
/// answer run to its end; here the write throws <see cref="BrokenPipeException"/>.
/// </summary>
internal sealed partial class StandardStream(int descriptor) : Stream
{
    public const int Output = 1;
    public const int Error = 2;

    private const int InterruptedCall = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN
    private const int BrokenPipe = 32; // EPIPE

    public static bool IsTerminal(int descriptor) => IsATty(descriptor) == 1;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            nint written = WriteTo(descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case InterruptedCall: break;
                case TryAgain: Thread.Sleep(1); break;
                case BrokenPipe: throw new BrokenPipeException();
                default: throw new IOException($"cannot write the answer: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsATty(int descriptor);
}

/// <summary>Whoever read our output stopped reading.</summary>
public sealed class BrokenPipeException : IOException
{
    public BrokenPipeException() : base("broken pipe") { }
    public BrokenPipeException(string message) : base(message) { }
    public BrokenPipeException(string message, Exception inner) : base(message, inner) { }
}
