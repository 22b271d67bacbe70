namespace DebugInfoFetch.Formats.Rpm;

/// <summary>Tags of the main header (rpmtag.h) that are used here.</summary>
public enum RpmTag
{
    HeaderImmutable = 63,
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Arch = 1022,
    FileSizes = 1028,
    FileModes = 1030,
    FileDigests = 1035,
    FileLinkTos = 1036,
    FileFlags = 1037,
    FileDevices = 1095,
    FileInodes = 1096,
    DirIndexes = 1116,
    BaseNames = 1117,
    DirNames = 1118,
    PayloadFormat = 1124,
    PayloadCompressor = 1125,
    PayloadFlags = 1126,
    LongFileSizes = 5008,
    FileDigestAlgo = 5011,
    PayloadDigest = 5092,
    PayloadDigestAlgo = 5093,
    PayloadDigestAlt = 5097,
}

/// <summary>Tags of the signature header (rpmtag.h, rpmSigTag). Their numbers overlap with those of the main header.</summary>
public enum RpmSignatureTag
{
    HeaderSignatures = 62,
    Dsa = 267,
    Rsa = 268,
    Sha1 = 269,
    LongSize = 270,
    /// <summary>273, though rpm's own format description prints 272.</summary>
    Sha256 = 273,
    OpenPgp = 278,
    /// <summary>Bytes of main header and payload.</summary>
    Size = 1000,
    Pgp = 1002,
    /// <summary>Over main header and payload.</summary>
    Md5 = 1004,
    Gpg = 1005,
}

/// <summary>Types of header entries (header format, "Header tag data types").</summary>
public enum RpmDataType
{
    Null = 0, Char = 1, Int8 = 2, Int16 = 3, Int32 = 4, Int64 = 5, String = 6, Binary = 7, StringArray = 8, I18NString = 9,
}
