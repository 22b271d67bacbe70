using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>Pages straight from the system (mmap(2)), outside the collected heap. Addresses are multiples of a page; of a size the system takes whole pages.</summary>
public static unsafe partial class AnonymousMemory
{
    // The same numbers on every architecture of Linux that .NET runs on.
    private const int NoAccess = 0, ReadWrite = 3;
    private const int PrivateAnonymous = 0x22, Fixed = 0x10, NoReserve = 0x4000;
    private const int MayMove = 1, ToFixed = 2;
    private const nint Failed = -1;

    /// <summary>The bytes of the pages that a size takes.</summary>
    public static nint ToPages(nint size) => (size + Environment.SystemPageSize - 1) & -Environment.SystemPageSize;

    /// <summary>Pages that are taken when they are written; 0 when the system gives no more.</summary>
    public static nint Take(nint size) => OrZero(Map(0, size, ReadWrite, PrivateAnonymous, -1, 0));

    /// <summary>The same at an address in a <see cref="Reserve"/>d range.</summary>
    public static nint TakeAt(nint address, nint size) => OrZero(Map(address, size, ReadWrite, PrivateAnonymous | Fixed, -1, 0));

    /// <summary>Addresses without memory, which nothing else will get; 0 when there are none.</summary>
    public static nint Reserve(nint size) => OrZero(Map(0, size, NoAccess, PrivateAnonymous | NoReserve, -1, 0));

    /// <summary>Pages and what is in them go to an address in a reserved range (mremap(2)); false when they stay where they are.</summary>
    public static bool TryMove(nint from, nint size, nint to) => OrZero(Remap(from, size, size, MayMove | ToFixed, to)) != 0;

    public static void Free(nint address, nint size) => _ = Unmap(address, size);

    private static nint OrZero(nint address) => address == Failed ? 0 : address;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    private static partial nint Remap(nint address, nint length, nint newLength, int flags, nint newAddress);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);
}
