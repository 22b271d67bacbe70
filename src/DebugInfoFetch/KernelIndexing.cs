using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Trust;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch;

/// <summary>
/// Unpack, index, cache: what of a fetch happens on this machine. Files are read from the package one after the other and indexed beside that, as
/// many at once as the memory budget allows.
/// </summary>
internal sealed class KernelIndexing(KernelStore store, FetchRequest request, IFetchProgress progress)
{
    private static readonly int Workers = Math.Max(Environment.ProcessorCount, 1);
    // Bytes of files that wait to be indexed or are being indexed: so many that all workers have some while a vmlinux is decoded, the largest file of most packages.
    private const long ReadAhead = 256 << 20;
    private readonly HashSet<string> _wanted = [.. request.Modules.Select(KernelPackageLayout.ModuleName)];
    private readonly bool _isAll = request.Modules.Count == 0;
    private readonly List<ModuleInfo> _indexed = [];
    private readonly List<string> _unreadable = [];
    private HeldPart? _added;

    /// <summary>Indexes a developer's own build, given file by file.</summary>
    public CachedKernel IndexFiles(KernelRelease release, CancellationToken cancellation)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        using var writer = new CacheWriter(path);
        var indexer = new ModuleIndexer(writer, Workers);
        var sources = new List<SourceInfo>();
        string architecture = "";
        foreach (string file in request.ElfFiles)
        {
            progress.Stage($"Indexing {file}", null);
            using MemberContent content = OwnBuild.Map(file);
            ElfFile elf = ElfFile.Parse(file, content.Memory);
            architecture = CheckArchitecture(elf, release, file);
            string name = KernelPackageLayout.NameOfFile(file);
            if (name == "vmlinux") { CheckBuildId(release, elf, file); }
            _indexed.Add(indexer.Index(name, file, elf, cancellation));
            sources.Add(new SourceInfo(Path.GetFullPath(file), content.Memory.Length, "", SourceInfo.OwnBuild));
        }

        indexer.Finish();
        return Commit(writer, release, architecture, "local", sources, isComplete: true);
    }

    /// <summary>Indexes vmlinux and the wanted modules of a package. Nothing is committed before the package's digests were checked.</summary>
    /// <param name="judged">Waits for who signed the package; throws when it is refused.</param>
    public CachedKernel IndexPackage(KernelRelease release, DownloadedPackage package, Func<DownloadedPackage> judged, CancellationToken cancellation)
    {
        string displayName = Path.GetFileName(package.Path);
        using FileStream file = File.OpenRead(package.Path);
        bool verified = package.Candidate.Sha256 is not null || package.Candidate.Sha1 is not null || package.IsFileSigned;
        using PackageReader reader = PackageReader.Open(file, displayName, new PackageReadOptions { IsFileVerified = verified });
        using HeldPart? held = HeldPart.Open(store, release, request);
        AddTo(held, package.Candidate, package.ByteSize);
        if (!_isAll && _wanted.Count == 0) { return store.Describe(release.UnameText, release.Architecture); }
        using var writer = new CacheWriter(store.PathOf(release.UnameText, release.Architecture));
        var indexer = new ModuleIndexer(writer, Workers, _added?.CopyTo(writer));
        progress.Stage($"Indexing {displayName}", reader.PayloadSize);
        ReadMembers(release, reader, () => reader.PayloadBytesRead, indexer, cancellation);
        CheckFound(release, displayName, reader.Listed);
        string verification = reader.FinishAndVerify();
        indexer.Finish();
        package = judged();
        if (_unreadable.Count > 0) { progress.Note($"{_unreadable.Count} modules could not be indexed: {_unreadable[0]}{(_unreadable.Count > 1 ? ", …" : "")}"); }
        var source = new SourceInfo(package.Candidate.Place, package.ByteSize, package.Digest, $"{package.Verification}; {verification}") { Signature = package.Signature };
        return Commit(writer, release, release.Architecture, DistributionName(release, package.Candidate), [source], isComplete: _isAll, _isAll ? null : indexer.Memory());
    }

    /// <summary>Indexes the wanted files of a package that lies elsewhere, and reads no more of it than that takes.</summary>
    /// <param name="vouch">Says who signed the package, given an RPM's headers (null for a deb), or refuses it.</param>
    public FetchOutcome.Ready IndexPart(KernelRelease release, PackageSource source, Func<RpmPackage?, SignatureVerdict> vouch, CancellationToken cancellation)
    {
        string displayName = source.Candidate.FileName;
        using HeldPart? held = HeldPart.Open(store, release, request);
        AddTo(held, source.Candidate, source.TotalBytes);
        if (!_isAll && _wanted.Count == 0) { return new FetchOutcome.Ready(store.Describe(release.UnameText, release.Architecture), false); }
        using PackagePart part = PackagePart.Open(source, path => KernelPackageLayout.Recognise(path) is { } kernel && IsWanted(kernel));
        SignatureVerdict signed = vouch(part.Reader.Rpm);
        CheckListed(release, displayName, part.Reader.Listed);
        using var writer = new CacheWriter(store.PathOf(release.UnameText, release.Architecture));
        var indexer = new ModuleIndexer(writer, Workers, _added?.CopyTo(writer));
        ReadMembers(release, part.Reader, () => source.BytesFetched, indexer, cancellation);
        CheckFound(release, displayName, part.Reader.Listed);
        string verification = $"{signed.Text}; {Transport(source.Candidate)}; {part.Reader.FinishAndVerify()}; read {part.Account}";
        indexer.Finish();
        var info = new SourceInfo(source.Candidate.Place, source.TotalBytes ?? 0, "", verification) { Signature = signed.Kind };
        CachedKernel kernel = Commit(writer, release, release.Architecture, DistributionName(release, source.Candidate), [info], isComplete: false, indexer.Memory());
        return new FetchOutcome.Ready(kernel, true, new PartTransfer(part.Way, source.BytesFetched, source.TotalBytes));
    }

    /// <summary>Indexes files that servers gave by build ID, which they have, beside what is held of the same build.</summary>
    /// <param name="held">Null for nothing.</param>
    /// <exception cref="InputFaultException">A file is damaged, or another kernel's.</exception>
    public CachedKernel IndexServed(KernelRelease release, IReadOnlyList<ServedFile> files, HeldPart? held, CancellationToken cancellation)
    {
        _added = held;
        using var writer = new CacheWriter(store.PathOf(release.UnameText, release.Architecture));
        var indexer = new ModuleIndexer(writer, Workers, _added?.CopyTo(writer));
        foreach (ServedFile served in files)
        {
            progress.Stage($"Indexing {served.Module}", null);
            using MemberContent content = MemberContent.MapFile(served.Path);
            ElfFile elf = ElfFile.Parse(served.Module, content.Memory);
            CheckArchitecture(elf, release, served.Module);
            if (KernelBanner.ReleaseOf(elf) is { } own && own != release.UnameText) { throw new InputFaultException($"{served.Module}: of kernel {own}, not of {release}"); }
            _indexed.Add(indexer.Index(served.Module, served.Path, elf, cancellation));
        }

        indexer.Finish();
        return Commit(writer, release, release.Architecture, release.Distribution.ToString().ToLowerInvariant(), [.. files.Select(f => f.Source)], isComplete: false, indexer.Memory());
    }

    /// <summary>
    /// The new file is to hold what is held, too. What is held of this very package goes over as it is, and only the rest is read; what is held of another one is
    /// read from this one.
    /// </summary>
    private void AddTo(HeldPart? held, PackageCandidate package, long? byteSize)
    {
        if (held is null) { return; }
        if (held.IsOf(package, byteSize) && (!request.RequireSignature || held.Kernel.IsSigned))
        {
            _added = held;
            _wanted.ExceptWith(held.Modules.Select(m => m.Name));
        }
        else if (request.Package is null) { _wanted.UnionWith(held.Modules.Select(m => m.Name)); }
    }

    private static string Transport(PackageCandidate candidate) => candidate.Url switch
    {
        { IsFile: true } => "a local file, taken as it is",
        { Scheme: "https" } => "a part of the package, protected by TLS on its way",
        _ => "a part of the package, not protected on its way",
    };

    /// <summary>One thread reads members from the package, as many as there are processors index them.</summary>
    private void ReadMembers(KernelRelease release, PackageReader reader, Func<long> bytesDone, ModuleIndexer indexer, CancellationToken cancellation)
    {
        var budget = new MemoryBudget(Math.Min(request.MemoryBudget, ReadAhead));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Channel<LoadedMember> queue = Channel.CreateUnboundedPrioritized(new UnboundedPrioritizedChannelOptions<LoadedMember> { Comparer = LoadedMember.LargeFirst });
        int order = 0;
        Task[] indexing = [.. Enumerable.Range(0, Workers)
            .Select(number => Task.Factory.StartNew(() => IndexMembers(number, queue.Reader, budget, release, indexer, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        ExceptionDispatchInfo? fault = null;
        try
        {
            while (reader.MoveNext())
            {
                stop.Token.ThrowIfCancellationRequested();
                progress.Report(bytesDone());
                PackageMember member = reader.Current;
                if (member.Kind != PackageMemberKind.File || KernelPackageLayout.Recognise(member.Path) is not { } kernel || !IsWanted(kernel)) { continue; }
                CheckRelease(release, kernel, member);
                budget.Take(member.ByteSize, stop.Token);
                using Stream stream = reader.OpenCurrent();
                MemberContent content = MemberContent.Load(stream, member.ByteSize, member.Path, request.MemoryBudget, store.Directory);
                queue.Writer.TryWrite(new LoadedMember(kernel, member, content, order++));
            }
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e);
            stop.Cancel();
        }

        queue.Writer.Complete();
        budget.Close();
        try
        {
            Task.WaitAll(indexing, CancellationToken.None);
        }
        catch (AggregateException e)
        {
            // What stopped the others comes first; that they were stopped is no news.
            Exception? cause = e.Flatten().InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException);
            if (cause is not null && fault?.SourceException is null or OperationCanceledException) { fault = ExceptionDispatchInfo.Capture(cause); }
        }

        cancellation.ThrowIfCancellationRequested();
        fault?.Throw();
    }

    /// <param name="number">Of the thread among those that do so, from 0 on.</param>
    private void IndexMembers(
        int number, ChannelReader<LoadedMember> queue, MemoryBudget budget, KernelRelease release, ModuleIndexer indexer, CancellationTokenSource stop)
    {
        while (true)
        {
            // Decoding goes first: so there is something to do beside the package's largest file while that is decoded, begun and ended, which is one thread's work.
            if (number > 0) { budget.WaitUntilFull(); }
            if (!queue.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult()) { return; }
            if (!queue.TryRead(out LoadedMember? loaded)) { continue; }
            try
            {
                // After a fault the rest is only let go.
                if (!stop.IsCancellationRequested) { IndexMember(loaded, release, indexer, stop.Token); }
            }
            catch
            {
                stop.Cancel();
                throw;
            }
            finally
            {
                // The system takes a while to take back hundreds of megabytes: nobody needs to wait for that.
                if (loaded.IsLarge) { _ = Task.Run(() => loaded.GiveBack(budget)); } else { loaded.GiveBack(budget); }
            }
        }
    }

    private void IndexMember(LoadedMember loaded, KernelRelease release, ModuleIndexer indexer, CancellationToken cancellation)
    {
        try
        {
            ElfFile elf = ElfFile.Parse(Path.GetFileName(loaded.Member.Path), loaded.Content.Memory);
            CheckArchitecture(elf, release, loaded.Member.Path);
            if (loaded.Kernel.Kind == KernelMemberKind.Vmlinux) { CheckBuildId(release, elf, loaded.Member.Path); }
            ModuleInfo module = indexer.Index(loaded.Kernel.Name, loaded.Member.Path, elf, cancellation);
            lock (_indexed)
            {
                _indexed.Add(module);
                progress.Modules(_indexed.Count);
            }
        }
        catch (InputFaultException e) when (loaded.Kernel.Kind == KernelMemberKind.Module && _isAll)
        {
            // One odd module among thousands that nobody asked for by name must not cost all the others.
            lock (_indexed) { _unreadable.Add(e.Message); }
        }
    }

    private bool IsWanted(KernelMember kernel) => _isAll || _wanted.Contains(kernel.Name);

    private static void CheckRelease(KernelRelease release, KernelMember kernel, PackageMember member)
    {
        if (kernel.Release != release.UnameText)
        {
            throw new InputFaultException($"{member.Path}: the package is of kernel {kernel.Release}, not of {release}; ask for --kernel {kernel.Release}, or for another package");
        }
    }

    /// <summary>The fault is an answer, that the package has no such module, rather than damage that another copy of it may not have.</summary>
    public bool LacksModule { get; private set; }

    /// <summary>What a package does not list, it need not be searched for.</summary>
    private void CheckListed(KernelRelease release, string package, IReadOnlyCollection<string> listed)
    {
        if (listed.Count == 0) { return; }
        KernelMember[] members = [.. listed.Select(KernelPackageLayout.Recognise).OfType<KernelMember>()];
        if (members.Length == 0) { throw NoKernel(release, package); }
        CheckMissing(package, members.Select(m => m.Name), listed);
    }

    private void CheckFound(KernelRelease release, string package, IReadOnlyCollection<string> listed)
    {
        if (_indexed.Count == 0 && _unreadable.Count == 0) { throw NoKernel(release, package); }
        CheckMissing(package, _indexed.Select(m => m.Name), listed);
    }

    private void CheckMissing(string package, IEnumerable<string> there, IReadOnlyCollection<string> listed)
    {
        HashSet<string> missing = [.. _wanted];
        missing.ExceptWith(there);
        if (missing.Count == 0) { return; }
        IEnumerable<string> known = listed.Select(KernelPackageLayout.Recognise).OfType<KernelMember>().Select(m => m.Name);
        var nearest = new NearestNames(missing.First(), 3);
        foreach (string name in known.Distinct()) { nearest.Offer(name); }
        IReadOnlyList<string> similar = nearest.Best();
        LacksModule = true;
        string meant = similar.Count > 0 ? $" (did you mean {string.Join(", ", similar)}?)" : "";
        if (request.SkipsMissing && missing.Count < _wanted.Count)
        {
            // The question will say so where it names them.
            _wanted.ExceptWith(missing);
            return;
        }

        throw new InputFaultException($"{package}: holds no module {string.Join(", ", missing)}{meant}; 'lsmod' and 'modinfo -n' name a kernel's modules, and what is built in is in vmlinux");
    }

    private static InputFaultException NoKernel(KernelRelease release, string package)
        => new($"{package}: holds no vmlinux and no modules with debug information of {release} (kernel-debuginfo-common holds only sources)");

    private CachedKernel Commit(
        CacheWriter writer, KernelRelease release, string architecture, string distribution, IReadOnlyList<SourceInfo> sources, bool isComplete, IndexMemory? memory = null)
    {
        progress.Stage("Writing the cache", null);
        ModuleInfo? vmlinux = _indexed.Find(m => m.Name == "vmlinux");
        writer.Commit(new KernelInfo
        {
            Release = release.UnameText,
            Architecture = architecture,
            Distribution = distribution,
            BuildId = vmlinux?.BuildId ?? _added?.Kernel.BuildId ?? "",
            Sources = [.. _added?.Kernel.Sources ?? [], .. sources],
            ToolVersion = KernelFetcher.ToolVersion,
            IndexedAt = DateTimeOffset.UtcNow,
            IsComplete = isComplete,
        }, memory);
        return store.Describe(release.UnameText, release.Architecture);
    }

    /// <summary>Rebuilds with one release string differ in their build ID, and in every address.</summary>
    /// <exception cref="OtherBuildException">It is not the build that was asked for.</exception>
    private void CheckBuildId(KernelRelease release, ElfFile vmlinux, string path)
    {
        string found = vmlinux.BuildId();
        if (release.BuildId.Length == 0 || found == release.BuildId) { return; }
        string difference = $"{path}: build ID {(found.Length > 0 ? found : "none")}, not {release.BuildId}";
        if (!OracleSource.BuildIdsDiffer(release)) { throw new OtherBuildException(difference); }
        progress.Note($"{difference}: Oracle's debug packages of {release}'s time always differ in it; taken all the same");
    }

    internal static string CheckArchitecture(ElfFile elf, KernelRelease release, string path)
    {
        string architecture = OwnBuild.Architecture(elf);
        return architecture == release.Architecture
            ? architecture
            : throw InputFaultException.At(path, "ELF header", 18, $"a file for {architecture}, but the kernel {release} is for {release.Architecture}; say --arch {architecture}");
    }

    internal static string DistributionName(KernelRelease release, PackageCandidate candidate)
        => release.Distribution == Distribution.Unknown && candidate.Url.IsFile ? "local" : release.Distribution.ToString().ToLowerInvariant();

    /// <param name="Order">In the package.</param>
    private sealed record LoadedMember(KernelMember Kernel, PackageMember Member, MemberContent Content, int Order)
    {
        /// <summary>
        /// A large file goes before others that wait: while one worker begins it, and ends it, the others have those. Otherwise as they came, since
        /// neighbours lie in the same memory, which is only free when all of them are done.
        /// </summary>
        public static IComparer<LoadedMember> LargeFirst { get; } = Comparer<LoadedMember>.Create(
            (a, b) => a.IsLarge == b.IsLarge ? a.Order.CompareTo(b.Order) : b.IsLarge.CompareTo(a.IsLarge));

        public bool IsLarge => Member.ByteSize >= ReadAhead / 4;

        public void GiveBack(MemoryBudget budget)
        {
            Content.Dispose();
            budget.Return(Member.ByteSize);
        }
    }

    /// <summary>Bytes of unpacked files that may be held at once. A file larger than all of it is let in alone.</summary>
    private sealed class MemoryBudget(long limit)
    {
        private readonly object _lock = new();
        private long _used;
        private bool _isFull, _isClosed;

        /// <summary>
        /// Waits until that much is free; a file larger than the limit, until the others are within it: it is decoded while they are indexed. Called by one thread.
        /// </summary>
        public void Take(long bytes, CancellationToken cancellation)
        {
            long others = bytes <= limit ? limit - bytes : limit;
            lock (_lock)
            {
                while (_used > others)
                {
                    _isFull = true;
                    Monitor.PulseAll(_lock);
                    // Woken by Return; looks up now and then for a cancellation.
                    Monitor.Wait(_lock, TimeSpan.FromMilliseconds(100));
                    cancellation.ThrowIfCancellationRequested();
                }

                _isFull = false;
                _used += bytes;
            }
        }

        /// <summary>Waits until somebody waits for some to be free, or nothing is taken any more.</summary>
        public void WaitUntilFull()
        {
            lock (_lock)
            {
                while (!_isFull && !_isClosed) { Monitor.Wait(_lock); }
            }
        }

        /// <summary>Nothing is taken any more.</summary>
        public void Close()
        {
            lock (_lock)
            {
                _isClosed = true;
                Monitor.PulseAll(_lock);
            }
        }

        public void Return(long bytes)
        {
            lock (_lock)
            {
                _used -= bytes;
                Monitor.PulseAll(_lock);
            }
        }
    }
}
