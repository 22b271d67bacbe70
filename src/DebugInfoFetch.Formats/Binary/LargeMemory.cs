using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>
/// Native memory for blocks of megabytes that are written in full and used again. The system is asked for pages of 2 MiB (madvise(2)): a page fault for
/// each 4 KiB, and misses of the TLB wherever a decoder looks back in its dictionary, are a few percent of decoding.
/// </summary>
public static unsafe partial class LargeMemory
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePage = 14;

    /// <exception cref="OutOfMemoryException"/>
    public static byte* Allocate(nuint byteSize)
    {
        if (byteSize < HugePage) { return (byte*)NativeMemory.AlignedAlloc(Math.Max(byteSize, 1), (nuint)sizeof(nint) * 2); }

        byte* bytes = (byte*)NativeMemory.AlignedAlloc(byteSize, HugePage);
        AskForHugePages(bytes, byteSize);
        return bytes;
    }

    /// <param name="bytes">At a page's beginning.</param>
    public static void AskForHugePages(byte* bytes, nuint byteSize)
    {
        // Only advice: where there are no such pages nothing is lost.
        if (OperatingSystem.IsLinux()) { _ = Advise(bytes, byteSize & ~(nuint)4095, AdviseHugePage); }
    }

    /// <summary>Frees what <see cref="Allocate"/> gave.</summary>
    public static void Free(void* bytes) => NativeMemory.AlignedFree(bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
