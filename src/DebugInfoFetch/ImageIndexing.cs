using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.Index.Btf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch;

/// <summary>
/// Quick mode: a kernel's own packages, a tenth of its debug information's, unpacked, indexed from BTF and symbols, and cached. The boot image is
/// decoded and indexed first, since modules' BTF is split from it; modules then side by side, while further ones are still being read.
/// </summary>
internal sealed class ImageIndexing(KernelStore store, FetchRequest request, IFetchProgress progress)
{
    private const long LargestImage = 512L << 20, LargestModule = 512L << 20;
    // Compressed modules that may wait: what a package holds of them in front of its boot image must be kept.
    private const long WaitingAtMost = 1L << 30;
    private static readonly int Workers = Math.Max(Environment.ProcessorCount, 1);
    private readonly HashSet<string> _wanted = [.. request.Modules.Select(KernelPackageLayout.ModuleName)];
    private readonly List<ModuleInfo> _indexed = [];
    private readonly List<string> _unreadable = [];
    private readonly IFetchProgress _progress = progress;
    private string _buildId = "";

    /// <summary>Indexes the boot image and the wanted modules of a kernel's packages. Nothing is committed before their digests were checked.</summary>
    public CachedKernel IndexPackages(KernelRelease release, IReadOnlyList<DownloadedPackage> packages, CancellationToken cancellation)
    {
        using var writer = new CacheWriter(store.PathOf(release.UnameText, release.Architecture));
        var indexer = new BtfIndexer(writer);
        var sources = new List<SourceInfo>();
        using (var run = new Run(this, release, indexer, cancellation))
        {
            foreach (DownloadedPackage package in packages)
            {
                string verification = run.Read(package);
                sources.Add(new SourceInfo(package.Candidate.Place, package.ByteSize, package.Digest, $"{package.Verification}; {verification}") { Signature = package.Signature });
            }

            run.Finish();
        }

        CheckFound(release, string.Join(", ", packages.Select(p => Path.GetFileName(p.Path))));
        if (_unreadable.Count > 0) { _progress.Note($"{_unreadable.Count} modules could not be indexed: {_unreadable[0]}{(_unreadable.Count > 1 ? ", …" : "")}"); }
        string distribution = KernelIndexing.DistributionName(release, packages[0].Candidate);
        return Commit(writer, indexer, release, distribution, sources, isComplete: _wanted.Count == 0);
    }

    /// <summary>Whether files of <c>--elf</c> are to be indexed here: BTF alone, or a kernel that has BTF and no debug information.</summary>
    public static bool Handles(IReadOnlyList<string> files) => files.Any(file => !HasDwarf(file)) && files.All(file => !HasDwarf(file) && HasBtf(file));

    /// <summary>Indexes files that have BTF and no debug information: vmlinux and modules of a developer's own build, or those of <c>/sys/kernel/btf</c>.</summary>
    public CachedKernel IndexFiles(KernelRelease release, CancellationToken cancellation)
    {
        using var writer = new CacheWriter(store.PathOf(release.UnameText, release.Architecture));
        var indexer = new BtfIndexer(writer);
        var sources = new List<SourceInfo>();
        // A module says nothing before vmlinux has.
        foreach (string file in request.ElfFiles.OrderBy(f => NameOf(f) != "vmlinux"))
        {
            cancellation.ThrowIfCancellationRequested();
            _progress.Stage($"Indexing {file}", null);
            byte[] content = ReadFile(file);
            string name = NameOf(file);
            _indexed.Add(IndexFile(indexer, release, name, file, content));
            sources.Add(new SourceInfo(Path.GetFullPath(file), content.Length, "", SourceInfo.OwnBuild));
        }

        return Commit(writer, indexer, release, "local", sources, isComplete: true);
    }

    private ModuleInfo IndexFile(BtfIndexer indexer, KernelRelease release, string name, string file, byte[] content)
    {
        if (BtfFile.IsBtf(content)) { return indexer.IndexTypes(name, file, content); }
        ElfFile elf;
        if (name != "vmlinux")
        {
            elf = ElfFile.Parse(file, content);
            KernelIndexing.CheckArchitecture(elf, release, file);
            return indexer.IndexModule(name, file, elf);
        }

        bool isPlain = content.AsSpan().StartsWith("\u007fELF"u8);
        KernelImage? image = isPlain && ElfFile.Parse(file, content).Find(".symtab") is not null ? null : KernelImage.Open(file, content, null);
        elf = image?.File ?? ElfFile.Parse(file, content);
        KernelIndexing.CheckArchitecture(elf, release, file);
        _buildId = elf.BuildId();
        return image is null ? indexer.IndexKernel(file, elf) : indexer.IndexKernel(file, image);
    }

    /// <summary>A file of <c>/sys/kernel/btf</c> is a module's by its own name.</summary>
    private static string NameOf(string file)
    {
        string name = KernelPackageLayout.NameOfFile(file), own = Path.GetFileName(file);
        bool isOfSys = Path.GetFullPath(file).StartsWith("/sys/kernel/btf/", StringComparison.Ordinal);
        return isOfSys && KernelPackageLayout.ModuleName(own) is var module && module != "vmlinux" ? module : name;
    }

    private static bool HasDwarf(string file) => Peek(file, elf => elf.Find(".debug_info") is not null, otherwise: false);

    private static bool HasBtf(string file)
    {
        try
        {
            Span<byte> head = stackalloc byte[4096];
            using (FileStream stream = File.OpenRead(file)) { head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]; }
            if (BtfFile.IsBtf(head) || BootImage.IsImage(head)) { return true; }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }

        return Peek(file, elf => elf.Find(".BTF") is not null, otherwise: false);
    }

    private static bool Peek(string file, Func<ElfFile, bool> ask, bool otherwise)
    {
        try
        {
            using MemberContent content = MemberContent.MapFile(file);
            return ask(ElfFile.Parse(file, content.Memory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputFaultException)
        {
            // Whoever indexes it says what is wrong.
            return otherwise;
        }
    }

    /// <summary>Read, not mapped: files of sysfs tell a size but not all kernels map them.</summary>
    private static byte[] ReadFile(string file)
    {
        try
        {
            return new FileInfo(file).Length <= Array.MaxLength
                ? File.ReadAllBytes(file)
                : throw new InputFaultException($"{file}: 2 GiB or more; such a file cannot be indexed");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { throw new InputFaultException($"{file}: no such file", e); }
        catch (UnauthorizedAccessException e) { throw new InputFaultException($"{file}: cannot be read: permission denied, or a directory", e); }
    }

    private void CheckFound(KernelRelease release, string packages)
    {
        if (!_indexed.Exists(m => m.Name == "vmlinux"))
        {
            throw new InputFaultException($"{packages}: holds no boot image (vmlinuz) of {release}");
        }

        HashSet<string> missing = [.. _wanted];
        missing.ExceptWith(_indexed.Select(m => m.Name));
        missing.Remove("vmlinux");
        if (missing.Count > 0)
        {
            throw new InputFaultException($"{packages}: holds no module {string.Join(", ", missing)}; 'lsmod' and 'modinfo -n' name a kernel's modules, and what is built in is in vmlinux");
        }
    }

    private CachedKernel Commit(CacheWriter writer, BtfIndexer indexer, KernelRelease release, string distribution, IReadOnlyList<SourceInfo> sources, bool isComplete)
    {
        indexer.Finish();
        _progress.Stage("Writing the cache", null);
        writer.Commit(new KernelInfo
        {
            Release = release.UnameText,
            Architecture = release.Architecture,
            Distribution = distribution,
            BuildId = _buildId,
            Sources = sources,
            ToolVersion = KernelFetcher.ToolVersion,
            IndexedAt = DateTimeOffset.UtcNow,
            IsComplete = isComplete,
            IsFromBtf = true,
        });
        return store.Describe(release.UnameText, release.Architecture);
    }

    /// <summary>One reading of packages: a thread reads members, the boot image is indexed beside it, and then modules by as many as there are processors.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ImageIndexing _owner;
        private readonly KernelRelease _release;
        private readonly BtfIndexer _indexer;
        private readonly HashSet<string> _taken = [];
        private readonly CancellationTokenSource _stop;
        private readonly CancellationToken _cancellation;
        private readonly BlockingCollection<(ImageMember Member, string Path, byte[] Content)> _modules = [];
        private readonly TaskCompletionSource _kernel = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task[] _workers;
        private (string Path, byte[] Content)? _image;
        private KernelSymbolList? _map;
        private long _waiting;
        private Task? _indexingKernel;
        private Exception? _fault;

        public Run(ImageIndexing owner, KernelRelease release, BtfIndexer indexer, CancellationToken cancellation)
        {
            (_owner, _release, _indexer, _cancellation) = (owner, release, indexer, cancellation);
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _workers = [.. Enumerable.Range(0, Workers)
                .Select(_ => Task.Factory.StartNew(IndexModules, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        }

        /// <summary>Reads a package; returns what was verified of it.</summary>
        public string Read(DownloadedPackage package)
        {
            string displayName = Path.GetFileName(package.Path);
            if (_owner._wanted.Count > 0 && ReadSelected(package.Path, displayName) is { } selected) { return selected; }
            using FileStream file = File.OpenRead(package.Path);
            bool verified = package.Candidate.Sha256 is not null || package.Candidate.Sha1 is not null || package.IsFileSigned;
            using PackageReader reader = PackageReader.Open(file, displayName, new PackageReadOptions { IsFileVerified = verified });
            _owner._progress.Stage($"Indexing {displayName}", reader.PayloadSize);
            ReadMembers(reader);
            return reader.FinishAndVerify();
        }

        /// <summary>Reads only the blocks that hold what is wanted: decoding all of a package takes most of the time.</summary>
        /// <returns>Null when it can only be read from its start, or not all of it was found.</returns>
        private string? ReadSelected(string path, string displayName)
        {
            using var source = new FilePackageSource(DirectPackage.FromArgument(path));
            using PackageReader? reader = PackageReader.OpenSelection(source, displayName, file => Wanted(file) is not null, PackageReadOptions.Default, out _);
            if (reader is null) { return null; }
            _owner._progress.Stage($"Indexing {string.Join(", ", _owner._wanted)} out of {displayName}", null);
            try
            {
                ReadMembers(reader);
                return reader.FinishAndVerify();
            }
            catch (MemberNotFoundException)
            {
                return null;
            }
        }

        private ImageMember? Wanted(string path) => ImagePackageLayout.Recognise(path) is { } found
            && (found.Kind != ImageMemberKind.Module || _owner._wanted.Count == 0 || _owner._wanted.Contains(found.Name)) ? found : null;

        private void ReadMembers(PackageReader reader)
        {
            while (reader.MoveNext())
            {
                if (_stop.IsCancellationRequested) { Finish(); }
                _owner._progress.Report(reader.PayloadBytesRead);
                PackageMember member = reader.Current;
                if (member.Kind != PackageMemberKind.File || Wanted(member.Path) is not { } found || !_taken.Add(member.Path)) { continue; }
                if (found.Release != _release.UnameText)
                {
                    throw new InputFaultException($"{member.Path}: the package is of kernel {found.Release}, not of {_release}; ask for --kernel {found.Release}, or for another package");
                }

                Take(found, member, reader);
            }
        }

        /// <summary>Waits for everything that was read to be indexed; throws what went wrong first.</summary>
        public void Finish()
        {
            BeginKernel();
            // Modules without a boot image would wait for ever.
            if (_indexingKernel is null) { _stop.Cancel(); }
            _modules.CompleteAdding();
            Task.WaitAll([.. _workers, _indexingKernel ?? Task.CompletedTask], CancellationToken.None);
            _cancellation.ThrowIfCancellationRequested();
            Exception? cause = _fault;
            if (cause is not null) { ExceptionDispatchInfo.Throw(cause); }
        }

        public void Dispose()
        {
            _stop.Cancel();
            _kernel.TrySetResult();
            if (!_modules.IsAddingCompleted) { _modules.CompleteAdding(); }
            Task.WaitAll([.. _workers, _indexingKernel ?? Task.CompletedTask], CancellationToken.None);
            _modules.Dispose();
            _stop.Dispose();
        }

        private void Take(ImageMember found, PackageMember member, PackageReader reader)
        {
            long limit = found.Kind == ImageMemberKind.Module ? LargestModule : LargestImage;
            if (member.ByteSize > limit) { throw new InputFaultException($"{member.Path}: {member.ByteSize} bytes, of which at most {limit} are believed"); }
            if (found.Kind == ImageMemberKind.Module && Interlocked.Add(ref _waiting, member.ByteSize) > WaitingAtMost)
            {
                throw new InputFaultException($"{member.Path}: more than {WaitingAtMost} bytes of modules wait for a boot image");
            }

            byte[] content = GC.AllocateUninitializedArray<byte>((int)member.ByteSize);
            using (Stream stream = reader.OpenCurrent())
            {
                stream.ReadExactly(content);
                // The end is where the digest is compared.
                if (stream.ReadByte() >= 0) { throw new InputFaultException($"{member.Path}: more than the {member.ByteSize} bytes that it should have"); }
            }

            switch (found.Kind)
            {
                case ImageMemberKind.BootImage:
                    _image = _image is null ? (member.Path, content) : throw new InputFaultException($"{member.Path}: a second boot image beside {_image.Value.Path}");
                    if (_map is not null) { BeginKernel(); }
                    break;
                case ImageMemberKind.SystemMap:
                    _map = SystemMap.Parse(member.Path, content);
                    if (_map is not null) { BeginKernel(); }
                    break;
                default:
                    // System.map and image stand together in front of the modules, or both behind.
                    BeginKernel();
                    _modules.Add((found, member.Path, content));
                    break;
            }
        }

        private void BeginKernel()
        {
            if (_indexingKernel is not null || _image is not { } image) { return; }
            KernelSymbolList? map = _map;
            _indexingKernel = Task.Run(() => Guard(() =>
            {
                KernelImage kernel = KernelImage.Open(Path.GetFileName(image.Path), image.Content, map);
                KernelIndexing.CheckArchitecture(kernel.File, _release, image.Path);
                _owner._buildId = kernel.File.BuildId();
                if (_release.BuildId.Length > 0 && _release.BuildId != _owner._buildId) { throw new OtherBuildException($"{image.Path}: build ID {_owner._buildId}, not {_release.BuildId}"); }
                ModuleInfo module = _indexer.IndexKernel(image.Path, kernel, () => _kernel.TrySetResult());
                lock (_owner._indexed) { _owner._indexed.Add(module); }
            }));
        }

        private void IndexModules()
        {
            byte[] buffer = [];
            foreach ((ImageMember member, string path, byte[] content) in _modules.GetConsumingEnumerable())
            {
                Guard(() =>
                {
                    // Without a boot image there is nothing to split from; Finish says so.
                    _kernel.Task.Wait(_stop.Token);
                    _stop.Token.ThrowIfCancellationRequested();
                    IndexModule(member, path, content, ref buffer);
                });
                Interlocked.Add(ref _waiting, -content.Length);
            }
        }

        private void IndexModule(ImageMember member, string path, byte[] content, ref byte[] buffer)
        {
            try
            {
                string displayName = Path.GetFileName(path);
                Memory<byte> decoded = content;
                if (member.Compression != CompressionFormat.None)
                {
                    ICodec codec = Codecs.Detect(content.AsSpan(0, Math.Min(Codecs.HeadSize, content.Length)), member.Compression, path, displayName);
                    int length = WholeBuffer.Decode(codec, content, ref buffer, LargestModule, displayName);
                    decoded = buffer.AsMemory(0, length);
                }

                ElfFile elf = ElfFile.Parse(displayName, decoded);
                KernelIndexing.CheckArchitecture(elf, _release, path);
                ModuleInfo module = _indexer.IndexModule(member.Name, path, elf);
                lock (_owner._indexed) { _owner._indexed.Add(module); }
            }
            catch (InputFaultException e) when (_owner._wanted.Count == 0)
            {
                // One odd module among thousands that nobody asked for by name must not cost all the others.
                lock (_owner._indexed) { _owner._unreadable.Add(e.Message); }
            }
        }

        /// <summary>Keeps the first fault, and stops the others.</summary>
        private void Guard(Action work)
        {
#pragma warning disable CA1031 // Whatever goes wrong belongs to whoever waits in Finish: this is another thread.
            try
            {
                if (!_stop.IsCancellationRequested) { work(); }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested) { }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _fault, e, null);
                _stop.Cancel();
            }
#pragma warning restore CA1031
        }
    }
}
