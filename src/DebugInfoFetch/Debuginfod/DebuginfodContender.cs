using System.Diagnostics;
using System.Globalization;
using System.Net;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Debuginfod;

/// <summary>One server, asked once for one file: answer, first bytes, the race, the body, the checks, the cache.</summary>
internal sealed class DebuginfodContender(
    HttpClient http, DebuginfodSettings settings, DownloadOptions options, DebuginfodCache cache, DebuginfodServer server, BuildId id, DebuginfodArtifact artifact)
{
    private const int NotAcceptable = 406;
    private const string CacheVariable = "DEBUGINFOD_CACHE_PATH";

    private readonly Uri _url = new(server.Url, $"buildid/{id.Hex}/{artifact.UrlPart}");
    private long _received;

    /// <param name="Outcome">Null for one that stopped because another was faster.</param>
    /// <param name="MayPass">Another round may bring it.</param>
    internal sealed record Ending(DebuginfodAnswer.Found? Found, DebuginfodOutcome? Outcome, bool MayPass, TimeSpan? RetryAfter = null);

    public static string PlaceOf(DebuginfodServer server, BuildId id, DebuginfodArtifact artifact)
        => PackageCandidate.PlaceOf(new Uri(server.Url, $"buildid/{id.Hex}/{artifact.UrlPart}"));

    private string Place => PackageCandidate.PlaceOf(_url);

    /// <exception cref="StorageFault">It cannot be written here.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<Ending> RunAsync(DebuginfodRace race, int round, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        CancellationTokenSource own = race.Enter(ct);
        DebuginfodAnswer.Found? found = null;
        try
        {
            await Exchange.RunAsync(options, async exchange => found = await AskAsync(exchange, race, own, round, progress).ConfigureAwait(false), () => _received, own.Token)
                .ConfigureAwait(false);
            return found is null ? new Ending(null, null, MayPass: true) : new Ending(found, new DebuginfodOutcome(Place, OutcomeKind.Downloaded, $"{found.ByteSize} bytes"), MayPass: false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Ending(null, null, MayPass: true);
        }
        catch (TransferFault fault)
        {
            return new Ending(null, new DebuginfodOutcome(Place, fault.Kind, fault.Message), fault.IsTransient, fault.RetryAfter);
        }
        finally
        {
            race.Leave(own);
        }
    }

    /// <returns>Null when another server was faster.</returns>
    private async Task<DebuginfodAnswer.Found?> AskAsync(
        Exchange exchange, DebuginfodRace race, CancellationTokenSource own, int round, IProgress<DownloadProgress>? progress)
    {
        if (server.Ima == ImaPolicy.Enforcing && !IsWholeFile)
        {
            throw new TransferFault(OutcomeKind.Refused, "ima:enforcing: signatures are over whole files, a section's cannot be checked; not asked");
        }

        using HttpRequestMessage request = Request();
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token).ConfigureAwait(false);
        if ((int)response.StatusCode == NotAcceptable) { throw TooLarge(null); }
        if (response.StatusCode != HttpStatusCode.OK) { throw Exchange.FaultOf(response, _url, options); }

        long? told = Number(response, "X-DEBUGINFOD-SIZE");
        long? total = response.Content.Headers.ContentLength ?? told;
        if (total > options.MaxByteSize) { throw TooLarge(total); }
        using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
        byte[] buffer = new byte[128 * 1024];
        int first = await body.ReadAtLeastAsync(buffer, 16, throwOnEndOfStream: false, exchange.Token).ConfigureAwait(false);
        if (Refusal(response.Content.Headers.ContentType?.MediaType, buffer.AsSpan(0, first)) is { } refusal) { throw new TransferFault(OutcomeKind.NotAPackage, refusal); }

        // Only now: a login page answers faster than any server that has to look for the file.
        if (!race.Claim(this, own)) { return null; }
        using DebuginfodCacheEntry entry = Storing(() => cache.Create(id, artifact));
        CheckSpace(total, Path.GetDirectoryName(entry.Path)!);
        long reportedAt = 0;
        for (int read = first; read > 0; read = await body.ReadAsync(buffer, exchange.Token).ConfigureAwait(false))
        {
            exchange.Heard(read);
            _received += read;
            if (_received > (total ?? options.MaxByteSize)) { throw TooLarge(_received); }
            int size = read;
            Storing(() => { entry.Stream.Write(buffer, 0, size); return true; });
            if (progress is null || Stopwatch.GetElapsedTime(reportedAt) < options.ProgressInterval) { continue; }
            reportedAt = Stopwatch.GetTimestamp();
            progress.Report(new DownloadProgress(Place, _received, 0, total, round + 1));
        }

        progress?.Report(new DownloadProgress(Place, _received, 0, total, round + 1));
        if (_received < (told ?? total))
        {
            throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke after {_received} of {told ?? total} bytes", isTransient: true);
        }

        string verification = Verify(entry, Header(response, "X-DEBUGINFOD-IMASIGNATURE") ?? Header(response, "X-DEBUGINFOD-IMA-SIGNATURE"));
        string path = Storing(() => entry.Commit(response.Content.Headers.LastModified));
        return new DebuginfodAnswer.Found(path, Place, _received, Shown(Header(response, "X-DEBUGINFOD-ARCHIVE")), verification, IsFromCache: false, []);
    }

    private HttpRequestMessage Request()
    {
        var request = HttpAnswer.Request(HttpMethod.Get, _url);
        foreach ((string name, string value) in settings.Headers) { request.Headers.TryAddWithoutValidation(name, value); }
        if (settings.MaxByteSize is { } most) { request.Headers.Add("X-DEBUGINFOD-MAXSIZE", most.ToString(CultureInfo.InvariantCulture)); }
        return request;
    }

    private bool IsWholeFile => artifact == DebuginfodArtifact.Debuginfo || artifact == DebuginfodArtifact.Executable;

    private string? Refusal(string? mediaType, ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty) { return "an empty answer"; }
        bool isElf = start.StartsWith("\u007fELF"u8);
        if (IsWholeFile ? isElf : mediaType is not ("text/html" or "application/xhtml+xml")) { return null; }
        return mediaType is "text/html" or "application/xhtml+xml" || start.TrimStart(" \t\r\n"u8) is [(byte)'<', ..]
            ? "a web page instead of the file (a login or error page?)"
            : $"no ELF file: it begins with {Convert.ToHexStringLower(start[..Math.Min(8, start.Length)])}";
    }

    /// <summary>The file says itself which build it is of, and its signature who made it.</summary>
    private string Verify(DebuginfodCacheEntry entry, string? signature)
    {
        string transport = server.Url.Scheme == "https" ? "the transfer was protected by TLS" : "the transfer was not protected";
        string checkedParts = "a section carries no build ID";
        if (IsWholeFile)
        {
            string found = ReadBuildId(entry);
            checkedParts = found == id.Hex ? "the file's build ID is the one asked for"
                : throw new TransferFault(OutcomeKind.WrongDigest, found.Length == 0 ? "a file without a build ID" : $"a file of build ID {found}");
        }

        if (server.Ima != ImaPolicy.Ignore)
        {
            ImaSignature.Verdict verdict = ImaSignature.Check(signature, entry.Stream, settings.CertificateFolders);
            if (!verdict.IsValid && server.Ima == ImaPolicy.Enforcing)
            {
                throw new TransferFault(OutcomeKind.Refused, $"ima:enforcing: {verdict.Text}; not taken");
            }

            checkedParts += $"; {verdict.Text}";
        }

        return $"{checkedParts}; {transport}";
    }

    private static string ReadBuildId(DebuginfodCacheEntry entry)
    {
        try
        {
            using MemberContent content = MemberContent.MapFile(entry.Stream.Name);
            return ElfFile.Parse(Path.GetFileName(entry.Path), content.Memory).BuildId();
        }
        catch (InputFaultException fault)
        {
            throw new TransferFault(OutcomeKind.NotAPackage, $"a damaged file: {fault.Message}", isTransient: true);
        }
    }

    private void CheckSpace(long? total, string directory)
    {
        if (total is { } needed && options.FreeSpace(directory) is { } free && needed > free) { throw StorageFault.NoRoom(directory, needed, free, CacheVariable); }
    }

    private T Storing<T>(Func<T> action)
    {
        try { return action(); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw StorageFault.From(cache.PathOf(id, artifact), fault, CacheVariable); }
    }

    private TransferFault TooLarge(long? size) => new(OutcomeKind.WrongSize, settings.MaxByteSize is { } most
        ? $"larger than the {most} bytes of DEBUGINFOD_MAXSIZE{(size is null ? "" : $": {size}")}" : $"{size} bytes, more than was told");

    private static string? Header(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    private static long? Number(HttpResponseMessage response, string name)
        => long.TryParse(Header(response, name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    // A server's text that goes to people and into the cache's provenance.
    private static string Shown(string? text) => text is { Length: <= 500 } && text.All(c => c is >= ' ' and < (char)0x7F) ? text : "";
}
