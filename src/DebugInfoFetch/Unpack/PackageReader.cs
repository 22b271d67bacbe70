using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Deb;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Reads an RPM, a deb or a package of Arch Linux forward, member by member, from any stream; nothing touches the disk. What has been read may be trusted
/// once <see cref="FinishAndVerify"/> has returned.
/// </summary>
public sealed class PackageReader : IDisposable
{
    // Enough to recognise either format, and a web page behind some blanks.
    private const int HeadSize = 512;

    private readonly IPackageContents _contents;

    private PackageReader(IPackageContents contents) => _contents = contents;

    public PackageInfo Info => _contents.Info;

    /// <summary>Both headers of an RPM, for those who ask who signed it; null for a deb.</summary>
    public RpmPackage? Rpm => _contents.Rpm;

    /// <summary>
    /// Paths of the regular files that the package lists before its payload (an RPM's header, a deb's md5sums); empty when it keeps no such list.
    /// </summary>
    public IReadOnlyCollection<string> Listed => _contents.Listed;

    /// <summary>Compressed bytes of the payload that have been read, for progress. May be read from any thread.</summary>
    public long PayloadBytesRead => _contents.PayloadBytesRead;

    /// <summary>Compressed bytes of the payload in all; null when the package does not tell.</summary>
    public long? PayloadSize => _contents.PayloadSize;

    public PackageMember Current => _contents.Current;

    /// <param name="package">
    /// Stands at the package's first byte; read on other threads too, until the reader is disposed; not closed.
    /// </param>
    /// <param name="displayName">The package as the user knows it; faults begin with it.</param>
    /// <exception cref="InputFaultException">Not a package, a truncated one, or a damaged header.</exception>
    /// <exception cref="Formats.Compression.MissingLibraryException">
    /// The system library for the payload's compression is missing.
    /// </exception>
    public static PackageReader Open(Stream package, string displayName, PackageReadOptions? options = null)
    {
        options ??= PackageReadOptions.Default;
        var stream = new PeekStream(new MeteredStream(package, null, displayName));
        var head = stream.Peek(HeadSize);
        if (RpmPackage.IsRpm(head)) { return new PackageReader(RpmContents.Open(stream, displayName, options)); }

        if (ArReader.IsAr(head)) { return new PackageReader(DebContents.Open(stream, displayName, options)); }

        if (PackageMagic.MayBePacman(head)) { return new PackageReader(PacmanContents.Open(stream, displayName, options)); }

        throw new InputFaultException($"{displayName}: {WhatElse(head)}");
    }

    /// <summary>
    /// Reads wanted files only, each from where it lies, out of a package that can be read at any place. <see cref="MoveNext"/> then goes from one of
    /// them to the next, and <see cref="FinishAndVerify"/> tells what was verified of them; there is no digest of a part of a package.
    /// </summary>
    /// <param name="isWanted">Asked for the path of each regular file that the package lists.</param>
    /// <param name="reason">Why it can only be read from its start, when the answer is null.</param>
    /// <exception cref="InputFaultException">Not a package, a truncated one, or damaged.</exception>
    public static PackageReader? OpenSelection(IRandomAccessSource package, string displayName, Func<string, bool> isWanted, PackageReadOptions options, out string reason)
    {
        byte[] head = new byte[(int)Math.Min(HeadSize, package.RandomAccessLength ?? 0)];
        package.ReadExactlyAt(0, head);
        if (PackageMagic.MayBePacman(head))
        {
            reason = "the package is compressed in one piece";
            return null;
        }

        IPackageContents? contents = RpmPackage.IsRpm(head) ? RpmSelection.TryOpen(package, displayName, isWanted, options, out reason)
            : ArReader.IsAr(head) ? DebSelection.TryOpen(package, displayName, isWanted, options, out reason)
            : throw new InputFaultException($"{displayName}: {WhatElse(head)}");
        return contents is null ? null : new PackageReader(contents);
    }

    /// <summary>
    /// Reads forward as <see cref="Open"/> does, but gives wanted files only, and ends behind the last of them that the package lists.
    /// </summary>
    /// <param name="isWanted">Asked for the path of each regular file.</param>
    public static PackageReader OpenPart(Stream package, string displayName, Func<string, bool> isWanted, PackageReadOptions options)
        => new(new WantedContents(Open(package, displayName, options with { IsPart = true })._contents, isWanted));

    /// <summary>Goes to the next member, past what is left of the current one's content. False behind the last.</summary>
    public bool MoveNext() => _contents.MoveNext();

    /// <summary>
    /// The content of <see cref="Current"/>, which gives exactly its size or a fault. Reading it to its end compares it with the
    /// digest that the package keeps of it.
    /// </summary>
    public Stream OpenCurrent() => _contents.OpenCurrent();

    /// <summary>
    /// Reads the rest of the package and checks the digests of the payload. Must be called before what was read is trusted.
    /// </summary>
    /// <returns>What was verified, by what: text for provenance.</returns>
    /// <exception cref="InputFaultException">The package is truncated or damaged.</exception>
    public string FinishAndVerify() => _contents.FinishAndVerify();

    public void Dispose() => _contents.Dispose();

    private static string WhatElse(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty) { return "empty: an RPM or deb package is expected; fetch it anew"; }

        var text = head.TrimStart("\uFEFF \t\r\n"u8);
        bool isMarkup = text.Length > 1 && text[0] == (byte)'<' && (text[1] is (byte)'!' or (byte)'?' || char.IsAsciiLetter((char)text[1]));
        if (isMarkup)
        {
            return "an HTML page, not a package: a login or error page? Open its address in a browser, or give the address of the package itself";
        }

        string begins = Convert.ToHexStringLower(head[..Math.Min(8, head.Length)]);
        return head.StartsWith("\u007fELF"u8)
            ? "an ELF file, not a package; give it with --elf"
            : $"neither an RPM nor a deb package: it begins {begins}";
    }
}
