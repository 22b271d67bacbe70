namespace DebugInfoFetch.Trust;

/// <summary>What is known of who made a package: a closed list.</summary>
public enum SignatureKind
{
    /// <summary>A signature by a key of this machine, which is neither expired nor revoked.</summary>
    Good,
    /// <summary>The signature fits, but its key has expired or was revoked, or it rests on a broken digest (MD5, SHA-1).</summary>
    Doubtful,
    /// <summary>Signed by a key that this machine does not have.</summary>
    UnknownKey,
    /// <summary>Nothing is signed that says what the bytes are to be.</summary>
    Unsigned,
    /// <summary>There is or may be a signature, but nothing here to check it with.</summary>
    NotChecked,
    /// <summary>The signature does not fit what it is over: somebody changed it.</summary>
    Bad,
}

/// <param name="Text">For provenance and for a person: who signed, or why that is not known.</param>
/// <param name="KeyId">16 hex digits; empty when none is known.</param>
/// <param name="UserId">As the key has it; empty when none is known.</param>
public sealed record SignatureVerdict(SignatureKind Kind, string Text, string KeyId = "", string UserId = "")
{
    public bool IsGood => Kind == SignatureKind.Good;

    /// <summary>Of the key itself, where a subkey signed: 40 hex digits; empty when it is not known.</summary>
    public string PrimaryFingerprint { get; init; } = "";
}

/// <summary>The kinds' names, as JSON and the cache have them.</summary>
public static class SignatureNames
{
    public static string NameOf(SignatureKind kind) => kind switch
    {
        SignatureKind.Good => "good",
        SignatureKind.Doubtful => "doubtful",
        SignatureKind.UnknownKey => "unknownKey",
        SignatureKind.Unsigned => "unsigned",
        SignatureKind.Bad => "bad",
        _ => "notChecked",
    };

    /// <returns>Null for every other text.</returns>
    public static SignatureKind? FromName(string name)
    {
        foreach (SignatureKind kind in Enum.GetValues<SignatureKind>())
        {
            if (NameOf(kind) == name) { return kind; }
        }

        return null;
    }
}
