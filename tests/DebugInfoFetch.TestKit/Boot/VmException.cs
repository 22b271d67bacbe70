namespace DebugInfoFetch.TestKit.Boot;

/// <summary>The virtual machine did not do what its script says.</summary>
public sealed class VmException(string message) : Exception(message);
