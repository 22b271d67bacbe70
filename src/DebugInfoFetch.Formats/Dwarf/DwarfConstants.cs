namespace DebugInfoFetch.Formats.Dwarf;

// Codes of DWARF 5 §7.5 and §7.7, with the GNU extensions that gcc emits. Only those that a reader of kernels meets.

/// <summary>DW_TAG (DWARF 5 table 7.3).</summary>
public enum DwTag : ushort
{
    None = 0x00, ArrayType = 0x01, ClassType = 0x02, EnumerationType = 0x04, FormalParameter = 0x05, Label = 0x0a, LexicalBlock = 0x0b,
    Member = 0x0d, PointerType = 0x0f, ReferenceType = 0x10, CompileUnit = 0x11, StructureType = 0x13, SubroutineType = 0x15, Typedef = 0x16,
    UnionType = 0x17, UnspecifiedParameters = 0x18, InlinedSubroutine = 0x1d, SubrangeType = 0x21, BaseType = 0x24, ConstType = 0x26,
    Enumerator = 0x28, Subprogram = 0x2e, Variable = 0x34, VolatileType = 0x35, RestrictType = 0x37, UnspecifiedType = 0x3b,
    PartialUnit = 0x3c, TypeUnit = 0x41, RvalueReferenceType = 0x42, AtomicType = 0x47, CallSite = 0x48, CallSiteParameter = 0x49,
    SkeletonUnit = 0x4a, GnuCallSite = 0x4109, GnuCallSiteParameter = 0x410a,
}

/// <summary>DW_AT (DWARF 5 table 7.5).</summary>
public enum DwAttribute : ushort
{
    None = 0x00, Sibling = 0x01, Location = 0x02, Name = 0x03, ByteSize = 0x0b, BitOffset = 0x0c, BitSize = 0x0d, StatementList = 0x10,
    LowPc = 0x11, HighPc = 0x12, Language = 0x13, CompilationDirectory = 0x1b, ConstValue = 0x1c, Inline = 0x20, Producer = 0x25,
    Prototyped = 0x27, UpperBound = 0x2f, AbstractOrigin = 0x31, Count = 0x37, DataMemberLocation = 0x38, DeclFile = 0x3a, DeclLine = 0x3b,
    Declaration = 0x3c, Encoding = 0x3e, External = 0x3f, FrameBase = 0x40, Specification = 0x47, Type = 0x49, EntryPc = 0x52,
    Ranges = 0x55, CallFile = 0x58, CallLine = 0x59, DataBitOffset = 0x6b, StringOffsetsBase = 0x72, AddressBase = 0x73,
    RangeListsBase = 0x74, LocationListsBase = 0x8c, LinkageName = 0x6e, CallReturnPc = 0x7d, CallValue = 0x7e, CallOrigin = 0x7f,
    CallParameter = 0x80, CallPc = 0x81, CallTailCall = 0x82, CallTarget = 0x83, GnuCallSiteValue = 0x2111, GnuCallSiteTarget = 0x2113, GnuTailCall = 0x2115,
}

/// <summary>DW_FORM (DWARF 5 table 7.6).</summary>
public enum DwForm : ushort
{
    None = 0x00, Addr = 0x01, Block2 = 0x03, Block4 = 0x04, Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, String = 0x08, Block = 0x09,
    Block1 = 0x0a, Data1 = 0x0b, Flag = 0x0c, Sdata = 0x0d, Strp = 0x0e, Udata = 0x0f, RefAddr = 0x10, Ref1 = 0x11, Ref2 = 0x12, Ref4 = 0x13,
    Ref8 = 0x14, RefUdata = 0x15, Indirect = 0x16, SecOffset = 0x17, ExprLoc = 0x18, FlagPresent = 0x19, Strx = 0x1a, Addrx = 0x1b,
    RefSup4 = 0x1c, StrpSup = 0x1d, Data16 = 0x1e, LineStrp = 0x1f, RefSig8 = 0x20, ImplicitConst = 0x21, LocListx = 0x22, RngListx = 0x23,
    RefSup8 = 0x24, Strx1 = 0x25, Strx2 = 0x26, Strx3 = 0x27, Strx4 = 0x28, Addrx1 = 0x29, Addrx2 = 0x2a, Addrx3 = 0x2b, Addrx4 = 0x2c,
    GnuRefAlt = 0x1f20, GnuStrpAlt = 0x1f21,
}

/// <summary>DW_OP (DWARF 5 table 7.9).</summary>
public enum DwOp : byte
{
    Addr = 0x03, Deref = 0x06, Const1u = 0x08, Const1s = 0x09, Const2u = 0x0a, Const2s = 0x0b, Const4u = 0x0c, Const4s = 0x0d, Const8u = 0x0e,
    Const8s = 0x0f, Constu = 0x10, Consts = 0x11, Dup = 0x12, Drop = 0x13, Over = 0x14, Pick = 0x15, Swap = 0x16, Abs = 0x19, And = 0x1a, Div = 0x1b,
    Minus = 0x1c, Mod = 0x1d, Mul = 0x1e, Neg = 0x1f, Not = 0x20, Or = 0x21, Plus = 0x22, PlusUconst = 0x23, Shl = 0x24, Shr = 0x25, Shra = 0x26,
    Xor = 0x27, Eq = 0x29, Ge = 0x2a, Gt = 0x2b, Le = 0x2c, Lt = 0x2d, Ne = 0x2e, Lit0 = 0x30, Lit31 = 0x4f, Reg0 = 0x50, Reg31 = 0x6f,
    Breg0 = 0x70, Breg31 = 0x8f, Regx = 0x90, Fbreg = 0x91, Bregx = 0x92, Piece = 0x93, DerefSize = 0x94, Nop = 0x96, PushObjectAddress = 0x97,
    FormTlsAddress = 0x9b, CallFrameCfa = 0x9c, BitPiece = 0x9d, ImplicitValue = 0x9e, StackValue = 0x9f, ImplicitPointer = 0xa0, Addrx = 0xa1,
    Constx = 0xa2, EntryValue = 0xa3, ConstType = 0xa4, RegvalType = 0xa5, DerefType = 0xa6, Convert = 0xa8, Reinterpret = 0xa9,
    GnuPushTlsAddress = 0xe0, GnuImplicitPointer = 0xf2, GnuEntryValue = 0xf3, GnuConstType = 0xf4, GnuRegvalType = 0xf5, GnuDerefType = 0xf6,
    GnuConvert = 0xf7, GnuReinterpret = 0xf9, GnuParameterRef = 0xfa, GnuAddrIndex = 0xfb, GnuConstIndex = 0xfc, GnuVariableValue = 0xfd,
}

/// <summary>DW_LLE: kinds of location list entries (DWARF 5 table 7.10), with gcc's view pairs.</summary>
public enum DwLle : byte
{
    EndOfList = 0x00, BaseAddressx = 0x01, StartxEndx = 0x02, StartxLength = 0x03, OffsetPair = 0x04, DefaultLocation = 0x05,
    BaseAddress = 0x06, StartEnd = 0x07, StartLength = 0x08, GnuViewPair = 0x09,
}

/// <summary>DW_RLE: kinds of range list entries (DWARF 5 table 7.30).</summary>
public enum DwRle : byte
{
    EndOfList = 0x00, BaseAddressx = 0x01, StartxEndx = 0x02, StartxLength = 0x03, OffsetPair = 0x04, BaseAddress = 0x05, StartEnd = 0x06,
    StartLength = 0x07,
}

/// <summary>DW_LNCT: columns of a line table's file list (DWARF 5 table 7.27).</summary>
public enum DwLnct : ushort { Path = 1, DirectoryIndex = 2, Timestamp = 3, Size = 4, Md5 = 5 }

/// <summary>DW_UT: kinds of units (DWARF 5 table 7.2).</summary>
public enum DwUnitType : byte { Compile = 1, Type = 2, Partial = 3, Skeleton = 4, SplitCompile = 5, SplitType = 6 }

public static class DwForms
{
    /// <summary>Whether a form's value is a constant (DWARF 5 §7.5.5) of at most 64 bits.</summary>
    public static bool IsConstant(this DwForm form)
        => form is DwForm.Data1 or DwForm.Data2 or DwForm.Data4 or DwForm.Data8 or DwForm.Udata or DwForm.Sdata or DwForm.ImplicitConst;

    /// <summary>Whether a form's value is bytes in the DIE: an expression, or a block (DWARF 5 §7.5.5, classes exprloc and block).</summary>
    public static bool IsBlock(this DwForm form) => form is DwForm.ExprLoc or DwForm.Block or DwForm.Block1 or DwForm.Block2 or DwForm.Block4;
}
