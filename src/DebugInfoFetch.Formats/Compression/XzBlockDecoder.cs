using System.Runtime.InteropServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Decodes single blocks of xz streams and verifies their checks. One decoder serves one thread and is used again for each block,
/// so that its dictionary is allocated once.
/// </summary>
public sealed unsafe class XzBlockDecoder : IDisposable
{
    // lzma_code's LZMA_RUN (lzma/base.h).
    private const int Run = 0;

    // Decoded and checked by turns, in pieces that stay in the processor's cache.
    private const int CheckedAtOnce = 256 << 10;

    private readonly LzmaLibrary _lzma = LzmaLibrary.Instance;
    private readonly long _dictionaryLimit;
    private State* _state;

    /// <param name="dictionaryLimit">Bytes that the decoder may allocate for a block.</param>
    /// <exception cref="MissingLibraryException"/>
    public XzBlockDecoder(long dictionaryLimit)
    {
        _dictionaryLimit = dictionaryLimit;
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        Filters[0].Id = LzmaFilter.EndOfChain;
    }

    /// <summary>Decodes a block that lies in memory.</summary>
    /// <param name="compressed">From the block's header, <see cref="XzBlock.CompressedSize"/> bytes.</param>
    /// <param name="output">Takes <see cref="XzBlock.UncompressedSize"/> bytes.</param>
    /// <exception cref="InputFaultException">The block is damaged or is not what its index entry tells.</exception>
    public void Decode(ReadOnlySpan<byte> compressed, XzBlock block, Span<byte> output, string displayName)
    {
        if (compressed.Length != block.CompressedSize || output.Length != block.UncompressedSize)
        {
            throw new ArgumentException("the buffers do not have the block's sizes");
        }

        int headerSize = compressed.Length == 0 ? 0 : HeaderSize(compressed[0]);
        if (headerSize == 0 || headerSize > compressed.Length) { throw Fault(displayName, block.CompressedOffset, "no block begins here"); }

        ReadHeader(compressed[..headerSize], block.Check, displayName, block.CompressedOffset);
        SetSizes(block, displayName);
        fixed (byte* input = compressed[headerSize..])
        fixed (byte* target = output)
        {
            DecodeWhole(input, compressed.Length - headerSize, target, output.Length, displayName, block.CompressedOffset);
        }
    }

    public void Dispose()
    {
        if (_state == null) { return; }

        FreeFilters();
        _lzma.End(&_state->Stream);
        NativeMemory.Free(_state);
        _state = null;
    }

    /// <summary>Bytes of a block's header by its first byte; 0: that is no block but the index (xz file format §3.1.1).</summary>
    internal static int HeaderSize(byte first) => first == 0 ? 0 : (first + 1) * 4;

    /// <summary>-1: the block's header does not tell it.</summary>
    internal long UncompressedSize => _state->Block.UncompressedSize == LzmaBlock.Unknown ? -1 : (long)_state->Block.UncompressedSize;

    /// <summary>Header, data and check; -1: the block's header does not tell it.</summary>
    internal long UnpaddedSize => _lzma.BlockUnpaddedSize(&_state->Block) is var size && size == LzmaBlock.Unknown ? -1 : (long)size;

    internal void ReadHeader(ReadOnlySpan<byte> header, XzCheck check, string displayName, long offset)
    {
        FreeFilters();
        ref var block = ref _state->Block;
        block = default;
        block.Version = 1;
        block.Check = (int)check;
        block.HeaderSize = (uint)header.Length;
        block.Filters = Filters;
        LzmaReturn result;
        fixed (byte* bytes = header) { result = _lzma.BlockHeaderDecode(&_state->Block, null, bytes); }

        if (result != LzmaReturn.Ok)
        {
            throw Fault(displayName, offset, result == LzmaReturn.OptionsError
                ? "the block uses a filter that this machine's liblzma does not have"
                : $"damaged block header ({result}); fetch it anew");
        }

        ulong memory = _lzma.RawDecoderMemoryUsage(Filters);
        if (memory > (ulong)_dictionaryLimit)
        {
            throw Fault(displayName, offset, $"decoding the block takes {memory >> 20} MiB of memory, {_dictionaryLimit >> 20} are allowed");
        }
    }

    /// <summary>Takes sizes that the header leaves out from the index; sizes in both must agree.</summary>
    internal void SetSizes(XzBlock block, string displayName)
    {
        bool fits = _lzma.BlockCompressedSize(&_state->Block, (ulong)block.UnpaddedSize) == LzmaReturn.Ok
            && (UncompressedSize < 0 || UncompressedSize == block.UncompressedSize);
        if (!fits)
        {
            throw Fault(displayName, block.CompressedOffset, "the block's header and the index tell different sizes; fetch it anew");
        }

        _state->Block.UncompressedSize = (ulong)block.UncompressedSize;
    }

    /// <summary>Decodes the block whose header was read. Input begins behind the header and ends with the check.</summary>
    internal void DecodeWhole(byte* input, int inputSize, byte* output, int outputSize, string displayName, long offset)
    {
        Begin(displayName, offset);
        using BlockCheck? check = BeginCheck();
        ref var stream = ref _state->Stream;
        stream.NextIn = input;
        stream.AvailableIn = (nuint)inputSize;
        stream.NextOut = output;
        int done = 0;
        LzmaReturn result;
        bool advances;
        do
        {
            nuint room = (nuint)Math.Min(CheckedAtOnce, outputSize - done), left = stream.AvailableIn;
            stream.AvailableOut = room;
            result = _lzma.Code(&_state->Stream, Run);
            int produced = (int)(room - stream.AvailableOut);
            advances = produced > 0 || stream.AvailableIn < left;
            check?.Append(new ReadOnlySpan<byte>(output + done, produced));
            done += produced;
        }
        while (result == LzmaReturn.Ok && advances);

        if (result != LzmaReturn.StreamEnd || stream.AvailableIn != 0 || done != outputSize)
        {
            throw Damaged(result, displayName, offset);
        }

        Verify(check, displayName, offset);
    }

    /// <summary>
    /// Decodes the block whose header was read piece by piece, for blocks that are too large to hold or that tell no sizes.
    /// </summary>
    /// <param name="output">Given as much as there is; says where the next bytes go.</param>
    internal void DecodePieces(CompressedInput input, IPieceTarget output, long offset)
    {
        Begin(input.DisplayName, offset);
        using BlockCheck? check = BeginCheck();
        ref var stream = ref _state->Stream;
        LzmaReturn result;
        do
        {
            var target = output.Next();
            if (target.IsEmpty) { return; }

            var available = input.Fill();
            if (available.IsEmpty) { throw input.Truncated(input.Offset, "the data ends inside an xz block"); }

            int produced;
            fixed (byte* bytes = available)
            fixed (byte* room = target)
            {
                stream.NextIn = bytes;
                stream.AvailableIn = (nuint)available.Length;
                stream.NextOut = room;
                stream.AvailableOut = (nuint)target.Length;
                result = _lzma.Code(&_state->Stream, Run);
                produced = target.Length - (int)stream.AvailableOut;
                input.Consume(available.Length - (int)stream.AvailableIn);
            }

            if (result is not (LzmaReturn.Ok or LzmaReturn.StreamEnd)) { throw Damaged(result, input.DisplayName, offset); }

            check?.Append(target[..produced]);
            output.Advance(produced);
        }
        while (result != LzmaReturn.StreamEnd);

        Verify(check, input.DisplayName, offset);
    }

    private LzmaFilter* Filters => (LzmaFilter*)_state->Filters;

    /// <summary>Null where liblzma checks.</summary>
    private BlockCheck? BeginCheck() => BlockCheck.For((XzCheck)_state->Block.Check);

    private void Begin(string displayName, long offset)
    {
        _state->Block.IgnoreCheck = BlockCheck.IsOurs((XzCheck)_state->Block.Check) ? (byte)1 : (byte)0;
        var result = _lzma.BlockDecoder(&_state->Stream, &_state->Block);
        if (result == LzmaReturn.MemoryError) { throw new InsufficientMemoryException("no memory for an xz decoder"); }

        if (result != LzmaReturn.Ok) { throw Damaged(result, displayName, offset); }
    }

    private void Verify(BlockCheck? check, string displayName, long offset)
    {
        if (check?.Agrees(_state->Block.RawCheck) == false) { throw Damaged(LzmaReturn.DataError, displayName, offset); }
    }

    private InputFaultException Damaged(LzmaReturn result, string displayName, long offset)
        => Fault(displayName, offset, $"damaged xz block ({result}): its data or its {(XzCheck)_state->Block.Check} check is wrong; fetch it anew");

    private static InputFaultException Fault(string displayName, long offset, string what)
        => InputFaultException.At(displayName, "compressed data", offset, what);

    private void FreeFilters()
    {
        for (int i = 0; i < LzmaFilter.ChainLength && Filters[i].Id != LzmaFilter.EndOfChain; i++)
        {
            NativeMemory.Free(Filters[i].Options);
            Filters[i].Options = null;
        }

        Filters[0].Id = LzmaFilter.EndOfChain;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public LzmaStream Stream;
        public LzmaBlock Block;
        public fixed ulong Filters[2 * LzmaFilter.ChainLength];
    }
}
