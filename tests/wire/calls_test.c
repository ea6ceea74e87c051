/*
 * calls_test.c - each call of the list, both sides: packed, unpacked, equal;
 * every shorter and longer frame is refused; no byte depends on memory.
 * Covers wire/calls.c.
 */
#include "wire/calls.h"

#include <string.h>

#include "tests/check.h"

static const char filler[] = "The quick brown fox jumps over the lazy dog";

/* Field i of a message gets a value that tells its place. */
#define FILL_u32(v, i)		(v) = 0x01010101u * (uint32_t)(i)
#define FILL_u64(v, i)		(v) = 0x0101010101010101u * (uint64_t)(i)
#define FILL_handle(v, i)	(v) = 0xabcd000000000000u + (uint64_t)(i)
#define FILL_text(v, i)		(v) = bytes_of(filler, (size_t)(i) % 40)
#define FILL_bytes(v, i)	(v) = bytes_of(filler, (size_t)(i) * 3 % 40)
#define FILL_secret(v, i)	(v) = bytes_of(filler, (size_t)(i) * 7 % 40)
#define SAME_u32(a, b)		((a) == (b))
#define SAME_u64(a, b)		((a) == (b))
#define SAME_handle(a, b)	((a) == (b))
#define SAME_text(a, b)		bytes_same((a), (b))
#define SAME_bytes(a, b)	bytes_same((a), (b))
#define SAME_secret(a, b)	bytes_same((a), (b))

#define FILL(kind, name)	FILL_##kind(m.name, ++i);
#define SAME(kind, name)	CHECK(SAME_##kind(m.name, back.name));

#define ONE_SIDE(type, FIELDS)                                                     \
	do {                                                                       \
		struct type m, back;                                               \
		uint8_t wire[4096], again[4096];                                   \
		struct writer w = writer_of(wire, sizeof wire);                    \
		int i = 0;                                                         \
                                                                                   \
		memset(&m, 0x55, sizeof m);                                        \
		FIELDS(FILL)                                                       \
		type##_put(&w, &m);                                                \
		CHECK(writer_ok(&w));                                              \
		CHECK(type##_take(&back, bytes_of(wire, w.need)));                 \
		FIELDS(SAME)                                                       \
		for (size_t n = 0; n < w.need; n++)                                \
			CHECK(!type##_take(&back, bytes_of(wire, n)));             \
		CHECK(!type##_take(&back, bytes_of(wire, w.need + 1)));            \
		memset(&m, 0xaa, sizeof m);                                        \
		i = 0;                                                             \
		FIELDS(FILL)                                                       \
		w = writer_of(again, sizeof again);                                \
		type##_put(&w, &m);                                                \
		CHECK(bytes_same(bytes_of(wire, w.need), bytes_of(again, w.need))); \
		(void)i;                                                           \
	} while (0);

#define BOTH_SIDES(number, verb, FIELDS, rank, drop) \
	static void verb##_both(void) { ONE_SIDE(verb##_in, FIELDS##_IN) ONE_SIDE(verb##_out, FIELDS##_OUT) }
LSA_CALLS(BOTH_SIDES)

static void
numbers_are_used_once(void)
{
#define NUMBER(number, verb, FIELDS, rank, drop) [number] = (rank),
	static const int ranks[] = { LSA_CALLS(NUMBER) };
#define COUNT(number, verb, FIELDS, rank, drop) +1
	unsigned used = 0;

	CHECK_U64(sizeof ranks / sizeof *ranks, LSA_HIGHEST_CALL + 1);
	for (unsigned i = 1; i <= LSA_HIGHEST_CALL; i++) {
		if (ranks[i] == NOBODY)		/* a number that no call has */
			continue;
		used++;
		CHECK(ranks[i] >= STRANGER && ranks[i] <= ADMIN && (ranks[i] == STRANGER) == (i == CALL_CONNECT));
	}
	CHECK_U64(0 LSA_CALLS(COUNT), used);
}

int
main(void)
{
#define RUN_BOTH(number, verb, FIELDS, rank, drop) RUN(verb##_both);
	LSA_CALLS(RUN_BOTH)
	RUN(numbers_are_used_once);
	return check_end();
}
