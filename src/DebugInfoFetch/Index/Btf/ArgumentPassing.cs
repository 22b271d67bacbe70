using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index.Btf;

/// <summary>
/// Where the calling convention puts the arguments of a prototype (KPROBES.md §4.1), for a function that no compiler changed. What the rules do not
/// settle is <see cref="PlaceKind.Unsupported"/>, and with it everything behind it that depends on it.
/// </summary>
/// <remarks>psABI x86-64 §3.2.3; AAPCS64 §6.8.2. Other machines: integers and pointers only.</remarks>
/// <param name="kernel">vmlinux's BTF.</param>
/// <param name="baseMap">From numbers of the distilled base of <paramref name="file"/> to vmlinux's; null when it has none.</param>
internal sealed class ArgumentPassing(BtfFile file, BtfFile kernel, int[]? baseMap, ElfMachine machine)
{
    private static readonly ArgumentPlace Unknown = new(PlaceKind.Unsupported);
    private readonly CallingConvention _convention = CallingConvention.Of(machine);

    private enum Passing { OneRegister, TwoRegisters, AlignedPair, Memory, Nothing, Unknown }

    /// <summary>A place for each parameter of a prototype, but for <c>...</c>.</summary>
    public ArgumentPlace[] PlacesOf(in BtfType prototype, int count)
    {
        var places = new ArgumentPlace[count];
        int registers = _convention.ArgumentRegisters.Length, next = 0;
        long stack = _convention.CfaAtEntry;
        bool isKnown = true;
        switch (Stripped(file, prototype.Target).Kind == BtfKind.Void ? Passing.OneRegister : Classify(prototype.Target))
        {
            // The caller says in the first register where the result goes; arm64 has x8 for that.
            case Passing.Memory when machine == ElfMachine.X86_64: next = 1; break;
            case Passing.Memory when machine == ElfMachine.AArch64: break;
            case Passing.Memory or Passing.TwoRegisters or Passing.AlignedPair or Passing.Unknown when machine is not (ElfMachine.X86_64 or ElfMachine.AArch64): isKnown = false; break;
            case Passing.Unknown: isKnown = false; break;
            default: break;
        }

        for (int i = 0; i < count; i++)
        {
            int type = BtfFile.Parameter(prototype, i).Type;
            Passing passing = isKnown ? Classify(type) : Passing.Unknown;
            if (machine is not (ElfMachine.X86_64 or ElfMachine.AArch64) && (passing != Passing.OneRegister || next >= registers)) { passing = Passing.Unknown; }
            switch (passing)
            {
                case Passing.Nothing:
                    places[i] = ArgumentPlace.OptimizedOut;
                    break;
                case Passing.OneRegister when next < registers:
                    places[i] = Register(next++);
                    break;
                case Passing.TwoRegisters when next + 2 <= registers:
                    places[i] = new ArgumentPlace(PlaceKind.InPieces);
                    next += 2;
                    break;
                case Passing.AlignedPair when machine == ElfMachine.X86_64 && next + 2 <= registers:
                    places[i] = new ArgumentPlace(PlaceKind.InPieces);
                    next += 2;
                    break;
                case Passing.AlignedPair when machine == ElfMachine.AArch64 && ((next + 1) & ~1) + 2 <= registers:
                    places[i] = new ArgumentPlace(PlaceKind.InPieces);
                    next = ((next + 1) & ~1) + 2;
                    break;
                case Passing.Memory when machine == ElfMachine.AArch64:
                    // By reference: the copy's address is the argument.
                    places[i] = next < registers
                        ? new ArgumentPlace(PlaceKind.Memory, _convention.ArgumentRegisters[next++])
                        : Unknown;
                    isKnown &= places[i] != Unknown;
                    break;
                case Passing.OneRegister or Passing.TwoRegisters or Passing.Memory:
                    places[i] = new ArgumentPlace(PlaceKind.Memory, _convention.StackPointer, stack);
                    stack += (Math.Max(SizeOf(file, type), 1) + 7) & ~7L;
                    // AAPCS64 C.12: what did not fit leaves no register for those behind it; x86-64 still uses what is free.
                    if (machine == ElfMachine.AArch64) { next = registers; }
                    break;
                default:
                    places[i] = Unknown;
                    isKnown = false;
                    break;
            }
        }

        return places;
    }

    private ArgumentPlace Register(int ordinal) => new(PlaceKind.Register, _convention.ArgumentRegisters[ordinal]);

    private Passing Classify(int id)
    {
        BtfType type = Stripped(file, id);
        switch (type.Kind)
        {
            case BtfKind.Pointer or BtfKind.Enum or BtfKind.Enum64:
                return Passing.OneRegister;
            case BtfKind.Int:
                return type.ByteSize <= 8 ? Passing.OneRegister : type.ByteSize == 16 ? Passing.AlignedPair : Passing.Unknown;
            case BtfKind.Struct or BtfKind.Union:
                return OfAggregate(type);
            default:
                // Floats have registers of their own, which no kernel function takes; void and functions are no parameters.
                return Passing.Unknown;
        }
    }

    private Passing OfAggregate(in BtfType type)
    {
        var fields = new Fields();
        if (!Collect(type, 0, ref fields)) { return Passing.Unknown; }
        // GNU C's empty struct takes no place (gcc's x86-64 and arm64 back ends).
        if (type.ByteSize == 0) { return Passing.Nothing; }
        // Aligned to more than a word: where it goes on the stack, and in which registers, depends on an alignment that BTF does not have.
        if (fields.HasWide) { return Passing.Unknown; }
        if (type.ByteSize > 16 || (fields.IsUnaligned && machine == ElfMachine.X86_64)) { return Passing.Memory; }
        return type.ByteSize <= 8 ? Passing.OneRegister : Passing.TwoRegisters;
    }

    /// <summary>Looks at every scalar in a struct. False when one of them is no integer or pointer.</summary>
    private bool Collect(in BtfType type, long bitOffset, ref Fields fields)
    {
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Pointer or BtfKind.Enum or BtfKind.Enum64:
                long size = type.Kind == BtfKind.Pointer ? 8 : type.ByteSize;
                fields.HasWide |= size > 8;
                fields.IsUnaligned |= size > 0 && bitOffset % (size * 8) != 0;
                return true;
            case BtfKind.Array:
                BtfArray array = BtfFile.Array(type);
                // Elements follow each other: the second one shows whether their size keeps them aligned.
                BtfType element = Stripped(type.File, array.Element);
                return array.ElementCount == 0 || (Collect(element, bitOffset, ref fields)
                    && (array.ElementCount == 1 || Collect(element, bitOffset + (SizeOf(type.File, array.Element) * 8), ref fields)));
            case BtfKind.Struct or BtfKind.Union:
                for (int i = 0; i < type.Count; i++)
                {
                    BtfMember member = BtfFile.Member(type, i);
                    // Bit-fields make nothing unaligned (psABI x86-64 §3.2.3 means fields with addresses).
                    if (member.BitSize == 0 && !Collect(Stripped(type.File, member.Type), bitOffset + member.BitOffset, ref fields)) { return false; }
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>The type below typedefs and qualifiers. Numbers are those of the BTF that the record with the number is in.</summary>
    private BtfType Stripped(BtfFile of, int id)
    {
        while (true)
        {
            BtfType type = ReferenceEquals(of, file) && id < file.FirstId && baseMap is not null ? kernel.Type(baseMap[id]) : of.Type(id);
            if (type.Kind is not (BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag)) { return type; }
            (of, id) = (type.File, type.Target);
        }
    }

    private long SizeOf(BtfFile of, int id)
    {
        BtfType type = Stripped(of, id);
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Float or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64: return type.ByteSize;
            case BtfKind.Pointer: return 8;
            case BtfKind.Array:
                BtfArray array = BtfFile.Array(type);
                long element = SizeOf(type.File, array.Element);
                return element <= 0 || array.ElementCount > int.MaxValue / element ? 0 : element * array.ElementCount;
            default: return 0;
        }
    }

    /// <summary>What the fields of a struct were seen to be.</summary>
    private struct Fields
    {
        public bool HasWide, IsUnaligned;
    }
}
