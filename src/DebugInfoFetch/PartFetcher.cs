using System.Runtime.ExceptionServices;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch;

/// <summary>
/// Indexes some files of a package without fetching the whole: place after place, until one gives them. What a place gives is either indexed whole
/// or leaves the cache as it was.
/// </summary>
internal sealed class PartFetcher(PackageSources sources, KernelStore store, FetchRequest request, PackageTrust trust, IFetchProgress progress)
{
    private readonly List<LocateAttempt> _places = [];
    private readonly List<PackageCandidate> _whole = [];

    /// <summary>Places that gave nothing, with their answers.</summary>
    public IReadOnlyList<LocateAttempt> Places => _places;

    /// <summary>Places that have the package, but not so that a part of it could be had.</summary>
    public IReadOnlyList<PackageCandidate> Whole => _whole;

    /// <summary>One line for a person, when nothing came of any place.</summary>
    public string Summary => _places.Count == 1 ? $"{_places[0].Place}: {_places[0].Answer}" : $"none of {_places.Count} places gave the package";

    /// <returns>Null when only the whole package helps, or none of the places has it.</returns>
    /// <exception cref="InputFaultException">The package is damaged or is not what it should be, wherever it was taken from.</exception>
    public async Task<FetchOutcome.Ready?> RunAsync(KernelRelease release, IReadOnlyList<PackageCandidate> candidates, CancellationToken cancellation)
    {
        ExceptionDispatchInfo? damage = null;
        foreach (PackageCandidate candidate in candidates)
        {
            var indexing = new KernelIndexing(store, request, progress);
            try
            {
                progress.Stage($"Reading {string.Join(", ", request.Modules)} out of {candidate.Place}", null);
                var watch = new TransferWatch(progress.Report, progress.Note);
                using PackageSource source = await sources.OpenAsync(candidate, watch, cancellation).ConfigureAwait(false);
                FetchOutcome.Ready ready = indexing.IndexPart(release, source, rpm => trust.CheckPart(rpm, candidate, release, cancellation), cancellation);
                foreach (LocateAttempt other in _places) { progress.Note($"{other.Place}: {other.Answer}"); }
                return ready;
            }
            catch (PackageUnavailableException gone)
            {
                _places.Add(new LocateAttempt(candidate.Place, gone.Outcome?.Answer ?? gone.Message));
                // Of a file that changes while it is read, one long answer is still one file.
                if (gone.Outcome?.Kind is OutcomeKind.Changed) { _whole.Add(candidate); }
            }
            catch (OtherBuildException other) when (request.Package is null)
            {
                progress.Note($"{candidate.Place}: another build of this release: {other.Message}");
                _places.Add(new LocateAttempt(candidate.Place, other.Message));
            }
            catch (OtherBuildException other)
            {
                throw new InputFaultException($"{other.Message}; without --build-id it is taken all the same", other);
            }
            catch (MemberNotFoundException other)
            {
                progress.Note($"{other.Message}: the whole package is needed");
                _places.Add(new LocateAttempt(candidate.Place, "a part of it cannot be found without the rest"));
                _whole.Add(candidate);
            }
            catch (InputFaultException fault) when (candidates.Count > 1 && !indexing.LacksModule)
            {
                // Another mirror may have it undamaged.
                _places.Add(new LocateAttempt(candidate.Place, fault.Message));
                damage ??= ExceptionDispatchInfo.Capture(fault);
            }
        }

        if (_whole.Count == 0) { damage?.Throw(); }
        return null;
    }
}
