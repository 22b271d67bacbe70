using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Btf;

/// <summary>
/// <c>.BTF.base</c> of modules since Linux 6.11: instead of vmlinux's whole BTF, a module's BTF is split from a small one that has of each type of
/// vmlinux that the module uses only kind, name and size. Which types of a vmlinux those are is found as the kernel does (btf_relocate.c).
/// </summary>
public static class BtfDistilledBase
{
    /// <summary>For each number of a type of <paramref name="distilled"/> the number of the same type in <paramref name="kernel"/>.</summary>
    /// <exception cref="InputFaultException">A type that the kernel has not, or has several times: the module is of another kernel.</exception>
    public static int[] Map(BtfFile distilled, BtfNames kernel)
    {
        int[] map = new int[distilled.EndId];
        for (int id = 1; id < map.Length; id++)
        {
            BtfType type = distilled.Type(id);
            string name = distilled.NameText(type.NameOffset);
            int found = 0, count = 0;
            foreach (int candidate in kernel.Find(name))
            {
                if (!IsSame(type, kernel.File.Type(candidate))) { continue; }
                found = candidate;
                count++;
            }

            if (count != 1)
            {
                throw BtfFile.Fault(type, $"{type.Kind} {PartName.Printable(distilled.Name(type.NameOffset))} of {type.ByteSize} bytes: vmlinux has {(count == 0 ? "none" : "several")} of that name");
            }

            map[id] = found;
        }

        return map;
    }

    /// <summary>A struct that the module only points at has size 0 here, or is a forward.</summary>
    private static bool IsSame(in BtfType distilled, in BtfType real) => distilled.Kind switch
    {
        BtfKind.Int or BtfKind.Float => real.Kind == distilled.Kind && real.ByteSize == distilled.ByteSize,
        BtfKind.Enum or BtfKind.Enum64 => real.Kind is BtfKind.Enum or BtfKind.Enum64 && real.ByteSize == distilled.ByteSize,
        BtfKind.Struct or BtfKind.Union => real.Kind == distilled.Kind && (distilled.ByteSize == 0 || real.ByteSize == distilled.ByteSize),
        BtfKind.Forward => real.Kind == (distilled.KindFlag ? BtfKind.Union : BtfKind.Struct)
            || (real.Kind == BtfKind.Forward && real.KindFlag == distilled.KindFlag),
        _ => false,
    };
}

/// <summary>The named types of a vmlinux's BTF by name.</summary>
public sealed class BtfNames
{
    private readonly Dictionary<string, List<int>> _ids = new(StringComparer.Ordinal);

    public BtfNames(BtfFile file)
    {
        File = file;
        for (int id = 1; id < file.EndId; id++)
        {
            BtfType type = file.Type(id);
            if (!type.HasName || type.Kind is not (BtfKind.Int or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Struct or BtfKind.Union or BtfKind.Forward)) { continue; }
            string name = file.NameText(type.NameOffset);
            if (!_ids.TryGetValue(name, out List<int>? same)) { _ids.Add(name, same = []); }
            same.Add(id);
        }
    }

    public BtfFile File { get; }

    public IReadOnlyList<int> Find(string name) => _ids.TryGetValue(name, out List<int>? same) ? same : [];
}
