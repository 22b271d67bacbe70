/* Compiled for each architecture as a kernel is: what the tests of that folder ask of it is known from here and from the psABI. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

struct inner { u16 id; u32 size; };
struct large { u64 words[5]; };

struct record {
	u8 small;
	u16 half;
	u32 word;
	u64 wide;
	s32 negative;
	u32 one : 1, three : 3, eleven : 11, : 2, five : 5, ten : 10;
	u64 long_low : 33, long_high : 31;
	u8 byte_low : 3, byte_high : 5;
	struct inner inner[3];
	char name[16];
	struct { u16 unnamed_member; };
	struct record *next;
};

/* Volatile: read by nobody, and yet in .data as it stands here. */
volatile struct record record_value = {
	.small = 0xa5, .half = 0xbeef, .word = 0x12345678, .wide = 0x1122334455667788ull, .negative = -2,
	.one = 1, .three = 5, .eleven = 0x5a3, .five = 0x15, .ten = 0x2aa,
	.long_low = 0x155555555ull, .long_high = 0x2aaaaaaaull, .byte_low = 6, .byte_high = 0x13,
	.inner = { { 1, 100 }, { 2, 200 }, { 3, 300 } },
	.name = "fixture", .unnamed_member = 0x4321,
};

extern long sink(long, ...);
static long calls;

#define NOINLINE __attribute__((noinline, noclone, used))

NOINLINE long many(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j)
{
	calls++;
	return sink(a + 2 * b, c, d - 3 * e, f, g, h, i + j);
}

NOINLINE int narrow(u8 a, s32 b, u16 c, u64 d, struct record *e)
{
	calls++;
	return sink(a + b, c, d, e->word);
}

NOINLINE long whole(struct large large, long after)
{
	calls++;
	return sink(large.words[3], after);
}

NOINLINE struct record *next(struct record *first)
{
	calls++;
	return first->next;
}

/* A clone that its parameter went missing from, where gcc sees that all it needs of it is one member (-O2: .isra). */
static __attribute__((noinline)) long shrunk(struct record *r, long by)
{
	calls++;
	return sink(r->word * by, r->word + by);
}

NOINLINE long caller(struct record *r, long n)
{
	/* A call, one in a loop, and in many places a tail call. */
	long sum = shrunk(r, n);

	while (n-- > 3)
		sum += many(n, 2, 3, 4, 5, 6, 7, 8, n, sum);
	calls += sum;
	return shrunk(r->next, sum);
}

long sink(long first, ...) { return first; }

void _start(void)
{
	struct large large = { { 1, 2, 3, 4, 5 } };
	sink(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), narrow(1, 2, 3, 4, (struct record *)&record_value), whole(large, 7), next((struct record *)&record_value),
	     caller((struct record *)&record_value, 9));
}
