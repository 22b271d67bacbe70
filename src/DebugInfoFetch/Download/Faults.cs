namespace DebugInfoFetch.Download;

/// <summary>A transfer came to nothing; the candidate's answer unless another attempt mends it.</summary>
internal sealed class TransferFault(OutcomeKind kind, string answer, bool isTransient = false, TimeSpan? retryAfter = null) : Exception(answer)
{
    public OutcomeKind Kind { get; } = kind;
    public bool IsTransient { get; } = isTransient;
    /// <summary>How long the server asked to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>This machine's disk fails, whatever the server: no other candidate helps.</summary>
internal sealed class StorageFault(FailureReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    private const int Enospc = 28;
    private const int Edquot = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int Eagain = 11;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    public FailureReason Reason { get; } = reason;

    /// <summary>Another process has the file open, for itself alone.</summary>
    public static bool IsHeldByAnother(IOException fault) => fault.HResult is Eagain or WindowsSharingViolation;

    /// <param name="path">The file that was being written.</param>
    /// <param name="elsewhere">How a person chooses another place.</param>
    public static StorageFault From(string path, Exception fault, string elsewhere = "--cache") => fault.HResult switch
    {
        Enospc or Edquot or WindowsDiskFull => new StorageFault(FailureReason.DiskFull,
            $"{path}: the disk is full; make room or choose another place with {elsewhere}, then run it again{(elsewhere == "--cache" ? ": it goes on where it stopped" : "")}", fault),
        // FileShare.None is flock(2) on Unix.
        Eagain => new StorageFault(FailureReason.CannotWrite, $"{path}: another process is downloading it", fault),
        _ => new StorageFault(FailureReason.CannotWrite, $"{path}: cannot be written: {fault.Message.ReplaceLineEndings(" ")}", fault),
    };

    public static StorageFault NoRoom(string directory, long needed, long free, string elsewhere = "--cache") => new(FailureReason.DiskFull,
        $"{directory}: {needed} bytes are needed and {free} are free; make room or choose another place with {elsewhere}");
}
