namespace DebugInfoFetch.Formats.Compression;

/// <summary>Takes decoded bytes piece by piece.</summary>
internal interface IPieceTarget
{
    /// <summary>Room for the next bytes; empty when nobody wants them any more.</summary>
    Span<byte> Next();

    /// <summary>So many bytes of the room are filled.</summary>
    void Advance(int count);
}
