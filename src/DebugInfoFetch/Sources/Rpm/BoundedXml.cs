using System.Xml;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>How XML from a server is read: no DTD, hence no entities that grow, nothing fetched from elsewhere, and a bound on its length.</summary>
internal static class BoundedXml
{
    /// <param name="maxCharacters">Of the whole document.</param>
    public static XmlReaderSettings Settings(long maxCharacters) => new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = Math.Max(1, maxCharacters),
        MaxCharactersFromEntities = 1,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = false,
    };
}
