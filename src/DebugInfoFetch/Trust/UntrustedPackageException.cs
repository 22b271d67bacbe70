namespace DebugInfoFetch.Trust;

/// <summary>A good signature was required, and there is none. The message is one line for a person.</summary>
public sealed class UntrustedPackageException(string message) : Exception(message);
