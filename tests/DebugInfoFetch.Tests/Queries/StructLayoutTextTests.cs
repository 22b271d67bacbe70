using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Queries;

/// <summary>
/// What is expected is what pahole 1.24 printed (<c>gcc -g -c x.c; pahole -C NAME x.o</c>, x86-64) for the C source above each test. The model
/// below it says the same as that source. Where pahole's declaration is no C, the test says so.
/// </summary>
public sealed class StructLayoutTextTests
{
    private readonly KernelModelBuilder _kernel = new();

    // struct s { char c; int x; unsigned char b:2; unsigned char d:3; long l; char tail; };
    [Fact]
    public void Holes_padding_and_sums_are_counted_as_pahole_counts_them()
    {
        _kernel.Struct("s", 32,
            Member("c", _kernel.Char, 0), Member("x", _kernel.Int, 4),
            Bits("b", _kernel.UnsignedChar, 64, 2), Bits("d", _kernel.UnsignedChar, 66, 3),
            Member("l", _kernel.Long, 16), Member("tail", _kernel.Char, 24));

        AssertText("s", """
            struct s {
            	char                       c;                    /*     0     1 */

            	/* XXX 3 bytes hole, try to pack */

            	int                        x;                    /*     4     4 */
            	unsigned char              b:2;                  /*     8: 0  1 */
            	unsigned char              d:3;                  /*     8: 2  1 */

            	/* XXX 3 bits hole, try to pack */
            	/* XXX 7 bytes hole, try to pack */

            	long int                   l;                    /*    16     8 */
            	char                       tail;                 /*    24     1 */

            	/* size: 32, cachelines: 1, members: 6 */
            	/* sum members: 14, holes: 2, sum holes: 10 */
            	/* sum bitfield members: 5 bits, bit holes: 1, sum bit holes: 3 bits */
            	/* padding: 7 */
            	/* last cacheline: 32 bytes */
            };

            """);
    }

    // struct big { char x[60]; struct { char a[10]; long b; union { int i; char ch[80]; }; } inner;
    //              volatile int vi; const char *cpc; u32 t; int z:5; };
    [Fact]
    public void Nested_bodies_stand_in_place_with_offsets_from_the_outermost_struct()
    {
        TypeId union = _kernel.Union("", 80, Member("i", _kernel.Int, 0), Member("ch", _kernel.Array(_kernel.Char, 80), 0));
        TypeId inner = _kernel.Struct("", 104,
            Member("a", _kernel.Array(_kernel.Char, 10), 0), Member("b", _kernel.Long, 16), Member("", union, 24));
        _kernel.Struct("big", 192,
            Member("x", _kernel.Array(_kernel.Char, 60), 0), Member("inner", inner, 64), Member("vi", _kernel.Volatile(_kernel.Int), 168),
            Member("cpc", _kernel.PointerTo(_kernel.Const(_kernel.Char)), 176), Member("t", _kernel.U32, 184), Bits("z", _kernel.Int, 1504, 5));

        // pahole 1.24 puts two blanks into "const char  *".
        AssertText("big", """
            struct big {
            	char                       x[60];                /*     0    60 */

            	/* XXX 4 bytes hole, try to pack */

            	/* --- cacheline 1 boundary (64 bytes) --- */
            	struct {
            		char               a[10];                /*    64    10 */

            		/* XXX 6 bytes hole, try to pack */

            		long int           b;                    /*    80     8 */
            		union {
            			int        i;                    /*    88     4 */
            			char       ch[80];               /*    88    80 */
            		};                                       /*    88    80 */
            	} inner;                                         /*    64   104 */
            	/* --- cacheline 2 boundary (128 bytes) was 40 bytes ago --- */
            	volatile int               vi;                   /*   168     4 */

            	/* XXX 4 bytes hole, try to pack */

            	const char *               cpc;                  /*   176     8 */
            	u32                        t;                    /*   184     4 */
            	int                        z:5;                  /*   188: 0  4 */

            	/* size: 192, cachelines: 3, members: 6 */
            	/* sum members: 180, holes: 2, sum holes: 8 */
            	/* sum bitfield members: 5 bits (0 bytes) */
            	/* bit_padding: 27 bits */
            };

            """);
    }

    // struct pad { long a; char b; };
    // struct outer { struct pad p; struct pad parr[2]; int (*fn)(int, struct pad *); int (*fa[4])(void); struct { struct pad in; char e; } n;
    //                int m2[3][4]; _Bool bl:1; };
    [Fact]
    public void Padding_of_a_member_struct_is_told_and_function_pointers_are_declared()
    {
        TypeId pad = _kernel.Struct("pad", 16, Member("a", _kernel.Long, 0), Member("b", _kernel.Char, 8));
        TypeId nested = _kernel.Struct("", 24, Member("in", pad, 0), Member("e", _kernel.Char, 16));
        TypeId function = _kernel.PointerTo(_kernel.FunctionType(_kernel.Int, _kernel.Int, _kernel.PointerTo(pad)));
        TypeId functions = _kernel.Array(_kernel.PointerTo(_kernel.FunctionType(_kernel.Int)), 4);
        _kernel.Struct("outer", 168,
            Member("p", pad, 0), Member("parr", _kernel.Array(pad, 2), 16), Member("fn", function, 48), Member("fa", functions, 56),
            Member("n", nested, 88), Member("m2", _kernel.Array(_kernel.Array(_kernel.Int, 4), 3), 112), Bits("bl", _kernel.Bool, 1280, 1));

        // pahole 1.24 declares "(*fa)(void)[4]" and "struct pad *" in the prototype.
        AssertText("outer", """
            struct outer {
            	struct pad                 p;                    /*     0    16 */

            	/* XXX last struct has 7 bytes of padding */

            	struct pad                 parr[2];              /*    16    32 */
            	int                        (*fn)(int, struct pad *); /*    48     8 */
            	int                        (*fa[4])(void);       /*    56    32 */
            	/* --- cacheline 1 boundary (64 bytes) was 24 bytes ago --- */
            	struct {
            		struct pad         in;                   /*    88    16 */

            		/* XXX last struct has 7 bytes of padding */

            		char               e;                    /*   104     1 */
            	} n;                                             /*    88    24 */

            	/* XXX last struct has 7 bytes of padding */

            	int                        m2[3][4];             /*   112    48 */
            	/* --- cacheline 2 boundary (128 bytes) was 32 bytes ago --- */
            	_Bool                      bl:1;                 /*   160: 0  1 */

            	/* size: 168, cachelines: 3, members: 7 */
            	/* padding: 7 */
            	/* paddings: 2, sum paddings: 14 */
            	/* bit_padding: 7 bits */
            	/* last cacheline: 40 bytes */
            };

            """);
    }

    // struct fl { unsigned int b1:3, b2:7; unsigned int :0; unsigned long b3:40; long tail[]; };
    [Fact]
    public void A_forced_boundary_between_bit_fields_is_shown()
    {
        _kernel.Struct("fl", 16,
            Bits("b1", _kernel.UnsignedInt, 0, 3), Bits("b2", _kernel.UnsignedInt, 3, 7), Bits("b3", _kernel.UnsignedLong, 64, 40),
            Member("tail", _kernel.Array(_kernel.Long, null), 16));

        AssertText("fl", """
            struct fl {
            	unsigned int               b1:3;                 /*     0: 0  4 */
            	unsigned int               b2:7;                 /*     0: 3  4 */

            	/* XXX 22 bits hole, try to pack */
            	/* XXX 4 bytes hole, try to pack */

            	/* Force alignment to the next boundary: */
            	long unsigned int          :0;

            	long unsigned int          b3:40;                /*     8: 0  8 */

            	/* XXX 24 bits hole, try to pack */

            	long int                   tail[];               /*    16     0 */

            	/* size: 16, cachelines: 1, members: 4 */
            	/* sum bitfield members: 50 bits, bit holes: 2, sum bit holes: 46 bits */
            	/* last cacheline: 16 bytes */
            };

            """);
    }

    // struct __attribute__((packed)) pk { char c; unsigned int a:20; unsigned int b:20; unsigned long z:60; short s; };
    [Fact]
    public void Packed_bit_fields_are_counted_in_the_storage_that_holds_their_first_bit()
    {
        _kernel.Struct("pk", 16,
            Member("c", _kernel.Char, 0), Bits("a", _kernel.UnsignedInt, 8, 20), Bits("b", _kernel.UnsignedInt, 28, 20),
            Bits("z", _kernel.UnsignedLong, 48, 60), Member("s", _kernel.Short, 14));

        AssertText("pk", """
            struct pk {
            	char                       c;                    /*     0     1 */

            	/* Bitfield combined with previous fields */

            	unsigned int               a:20;                 /*     0: 8  4 */
            	unsigned int               b:20;                 /*     0:28  4 */
            	long unsigned int          z:60;                 /*     0:48  8 */

            	/* XXX 4 bits hole, try to pack */

            	short int                  s;                    /*    14     2 */

            	/* size: 16, cachelines: 1, members: 5 */
            	/* sum members: 3 */
            	/* sum bitfield members: 100 bits, bit holes: 1, sum bit holes: 4 bits */
            	/* last cacheline: 16 bytes */
            };

            """);
    }

    // typedef struct { int counter; } atomic_t;
    [Fact]
    public void A_struct_that_only_a_typedef_names_is_printed_as_that_typedef()
    {
        _kernel.Typedef("atomic_t", _kernel.Struct("", 4, Member("counter", _kernel.Int, 0)));

        AssertText("atomic_t", """
            typedef struct {
            	int                        counter;              /*     0     4 */

            	/* size: 4, cachelines: 1, members: 1 */
            	/* last cacheline: 4 bytes */
            } atomic_t;

            """);
    }

    // enum named { EE, LONGER = -2 };
    [Fact]
    public void An_enum_lists_its_enumerators()
    {
        _kernel.Enum("named", _kernel.Int, new("EE", 0), new("LONGER", -2));

        AssertText("named", """
            enum named {
            	EE     = 0,
            	LONGER = -2,
            };

            """);
    }

    [Fact]
    public void The_place_of_declaration_ends_the_summary()
    {
        _kernel.StructAt("fs/x.c:12", "here", 4, Member("a", _kernel.Int, 0));

        Assert.Contains("\t/* fs/x.c:12 */\n};", Text("here"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x86_64", 64)]
    [InlineData("s390x", 256)]
    [InlineData("ppc64le", 128)]
    public void Cache_lines_are_as_long_as_the_architectures(string architecture, int bytes)
        => Assert.Equal(bytes, StructLayoutText.CacheLineSize(architecture));

    private void AssertText(string name, string expected) => Assert.Equal(expected.ReplaceLineEndings("\n"), Text(name));

    private string Text(string name)
    {
        IKernelModel model = _kernel.Build();
        var output = new StringWriter();
        var text = new StructLayoutText(model, output, cacheLineSize: 64);
        text.Write(Assert.Single(new StructLayoutQuery(model).Find(name)));
        return output.ToString();
    }
}
