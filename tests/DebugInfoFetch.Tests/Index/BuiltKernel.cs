using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Index;

/// <summary>Files made by builders, indexed into a cache and opened again: what the whole of Index and Cache makes of them.</summary>
internal sealed class BuiltKernel : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private BuiltKernel(IEnumerable<(string Name, ElfBuilder Elf)> files, int workers)
    {
        using (var writer = new CacheWriter(Path))
        {
            var indexer = new ModuleIndexer(writer, workers);
            foreach ((string name, ElfBuilder elf) in files) { indexer.Index(name, name + ".debug", ElfFile.Parse(name, elf.Build()), CancellationToken.None); }
            indexer.Finish();
            writer.Commit(new KernelInfo { Release = "6.12.0-test", Architecture = "x86_64", Distribution = "local" });
        }

        Model = KernelCache.Open(Path);
    }

    public string Path => _folder["kernel.sqlite"];
    public KernelCache Model { get; }

    public static BuiltKernel Of(params (string Name, ElfBuilder Elf)[] files) => new(files, 1);
    public static BuiltKernel Vmlinux(ElfBuilder elf) => new([("vmlinux", elf)], 1);

    /// <summary>A vmlinux with these units and nothing else.</summary>
    public static BuiltKernel Units(DwarfBuilder dwarf, int workers = 1) => new([("vmlinux", dwarf.AddTo(new ElfBuilder { IsBigEndian = dwarf.IsBigEndian }))], workers);

    /// <summary>A vmlinux with one unit.</summary>
    public static BuiltKernel Unit(Func<DieBuilder, DieBuilder> unit) => Units(new DwarfBuilder().Unit(unit));

    public TypeInfo Struct(string name) => Assert.Single(Model.Definitions(TypeKind.Struct, name));
    public FunctionInfo Function(string name) => Assert.Single(Model.Functions(name));
    public EntryInfo Entry(string name) => Assert.Single(Model.Entries(Function(name).Id));
    public TypeInfo TypeOf(MemberInfo member) => Model.Type(member.Type);
    public TypeInfo Target(TypeInfo type) => Model.Type(type.Target);

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }
}

/// <summary>The DIEs that C declarations become, as gcc writes them.</summary>
internal static class CDeclarations
{
    public static DieBuilder Base(this DieBuilder parent, string name, int size = 4, int encoding = 5)
        => parent.Die(DwTag.BaseType, name, t => t.Data1(DwAttribute.ByteSize, (ulong)size).Data1(DwAttribute.Encoding, (ulong)encoding).Strp(DwAttribute.Name, name));

    public static DieBuilder Pointer(this DieBuilder parent, string label, string? target)
        => parent.Die(DwTag.PointerType, label, t => target is null ? t.Data1(DwAttribute.ByteSize, 8) : t.Data1(DwAttribute.ByteSize, 8).Type(target));

    public static DieBuilder Struct(this DieBuilder parent, string name, int size, Func<DieBuilder, DieBuilder> members)
        => parent.Die(DwTag.StructureType, name, t => members(t.Strp(DwAttribute.Name, name).Data1(DwAttribute.ByteSize, (ulong)size)));

    public static DieBuilder Member(this DieBuilder parent, string name, string type, int offset)
        => parent.Die(DwTag.Member, m => m.Strp(DwAttribute.Name, name).Type(type).Data1(DwAttribute.DataMemberLocation, (ulong)offset));

    public static DieBuilder Array(this DieBuilder parent, string label, string element, params int[] upperBounds)
        => parent.Die(DwTag.ArrayType, label, t =>
        {
            t.Type(element);
            foreach (int bound in upperBounds) { t.Die(DwTag.SubrangeType, s => s.Data1(DwAttribute.UpperBound, (ulong)bound)); }
            return t;
        });
}
