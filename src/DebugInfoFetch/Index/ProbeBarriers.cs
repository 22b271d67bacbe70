using System.Buffers.Binary;
using System.Text;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// The tables from which the kernel decides where a kprobe may be (KPROBES.md §2.2), read from the file itself: ftrace sites, the
/// NOKPROBE_SYMBOL list, and ranges of text that must not be instrumented. Addresses are the file's.
/// </summary>
internal sealed class ProbeBarriers
{
    /// <summary>Bounds of text in vmlinux, by the linker script's symbols (include/asm-generic/vmlinux.lds.h).</summary>
    private static readonly (string Start, string End, SymbolFlags Flag)[] VmlinuxRanges =
    [
        ("__noinstr_text_start", "__noinstr_text_end", SymbolFlags.NoInstrument),
        ("__kprobes_text_start", "__kprobes_text_end", SymbolFlags.NoInstrument),
        ("__entry_text_start", "__entry_text_end", SymbolFlags.NoInstrument),
        ("__idmap_text_start", "__idmap_text_end", SymbolFlags.NoInstrument),
        ("__hyp_text_start", "__hyp_text_end", SymbolFlags.NoInstrument),
        ("_sinittext", "_einittext", SymbolFlags.Init),
        ("__inittext_begin", "__inittext_end", SymbolFlags.Init),
    ];

    /// <summary>The symbols whose addresses <see cref="Read"/> asks for, by their UTF-8 names.</summary>
    public static LabelSet Labels { get; } = new(["__start_mcount_loc", "__stop_mcount_loc", "__start_kprobe_blacklist", "__stop_kprobe_blacklist", .. VmlinuxRanges.SelectMany(r => new[] { r.Start, r.End })]);

    /// <summary>The sections that hold the same in a module (and, unless merged into .text, in vmlinux).</summary>
    private static readonly Dictionary<string, SymbolFlags> SectionFlagsByName = new(StringComparer.Ordinal)
    {
        [".noinstr.text"] = SymbolFlags.NoInstrument,
        [".kprobes.text"] = SymbolFlags.NoInstrument,
        [".entry.text"] = SymbolFlags.NoInstrument,
        [".cpuidle.text"] = SymbolFlags.NoInstrument,
        [".init.text"] = SymbolFlags.Init,
    };

    private readonly ulong[] _sites;
    private readonly HashSet<ulong> _blacklist;
    private readonly List<(ulong Start, ulong End, SymbolFlags Flag)> _ranges = [];
    private readonly ulong _siteBefore;

    private ProbeBarriers(ulong[] sites, HashSet<ulong> blacklist, ulong siteBefore)
    {
        Array.Sort(sites);
        _sites = sites;
        _blacklist = blacklist;
        _siteBefore = siteBefore;
    }

    public static ProbeBarriers Read(ElfFile file, ElfSymbol[] symbols, Func<string, ulong?> addressOf)
    {
        // arm64 kernels with call ops put the patched NOPs, and so the site, before the function (ftrace_call_adjust, arch/arm64/kernel/ftrace.c).
        ulong siteBefore = file.Machine == ElfMachine.AArch64 ? 8ul : 0;
        ProbeBarriers barriers;
        if (file.Type == ElfType.Relocatable)
        {
            barriers = new ProbeBarriers(Relocated(file, "__mcount_loc", symbols), [.. Relocated(file, "_kprobe_blacklist", symbols)], siteBefore);
            if (barriers._sites.Length == 0) { barriers = new ProbeBarriers(Relocated(file, "__patchable_function_entries", symbols), barriers._blacklist, siteBefore); }
        }
        else
        {
            barriers = new ProbeBarriers(
                Table(file, addressOf("__start_mcount_loc"), addressOf("__stop_mcount_loc")),
                [.. Table(file, addressOf("__start_kprobe_blacklist"), addressOf("__stop_kprobe_blacklist"))], siteBefore);
            foreach ((string start, string end, SymbolFlags flag) in VmlinuxRanges)
            {
                if (addressOf(start) is { } from && addressOf(end) is { } to && to > from) { barriers._ranges.Add((from, to, flag)); }
            }
        }

        return barriers;
    }

    /// <summary>What stands in the way of a probe on code at an address.</summary>
    public SymbolFlags FlagsOf(ElfSection section, ulong address, ulong byteSize)
    {
        SymbolFlags flags = SectionFlagsByName.GetValueOrDefault(section.Name);
        foreach ((ulong start, ulong end, SymbolFlags flag) in _ranges)
        {
            if (address >= start && address < end) { flags |= flag; }
        }

        if (_blacklist.Contains(address)) { flags |= SymbolFlags.Blacklisted; }
        if (_sites.Length == 0) { return flags | SymbolFlags.FtraceUnknown; }
        int at = Array.BinarySearch(_sites, address - _siteBefore);
        at = at < 0 ? ~at : at;
        return at < _sites.Length && _sites[at] < address + Math.Max(byteSize, 1) ? flags | SymbolFlags.HasFtraceSite : flags;
    }

    private static ulong[] Relocated(ElfFile file, string name, ElfSymbol[] symbols)
        => file.Find(name) is { } section ? [.. Relocations.Targets(file, section, symbols)] : [];

    private static ulong[] Table(ElfFile file, ulong? start, ulong? stop)
    {
        if (start is not { } from || stop is not { } to || to <= from || file.SectionAt(from) is not { } section) { return []; }
        ReadOnlySpan<byte> content = file.Content(section).Span;
        ulong offset = from - section.Address, length = to - from;
        if (offset > (ulong)content.Length || length > (ulong)content.Length - offset) { return []; }
        var values = new List<ulong>();
        for (int at = (int)offset; at + 8 <= (int)(offset + length); at += 8)
        {
            ulong value = file.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(content[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(content[at..]);
            if (value != 0) { values.Add(value); }
        }

        // A kernel that can be loaded anywhere may have zeros here, and the addresses in its dynamic relocations. Sites in code that was dropped stay zero.
        return values.Count > 0 ? [.. values] : [.. Relocations.Relative(file, from, to).Where(v => v != 0)];
    }

    /// <summary>A few names that are recognised among many symbols without making strings of them.</summary>
    internal sealed class LabelSet
    {
        private readonly Dictionary<ulong, string> _byHash;

        public LabelSet(IEnumerable<string> names) => _byHash = names.ToDictionary(n => ContentHash.Of(Encoding.UTF8.GetBytes(n)), n => n);

        public bool TryGetValue(ReadOnlySpan<byte> name, out string? label)
        {
            label = null;
            return name[0] == (byte)'_' && _byHash.TryGetValue(ContentHash.Of(name), out label);
        }
    }
}
