/*
 * calls.h - the list of calls as C: one struct per side of each call, with
 * pack, unpack and wipe. Unpacked text, bytes and secrets are views into the
 * frame. Knows nothing of who asks or who serves.
 */
#ifndef OPENLSA_WIRE_CALLS_H
#define OPENLSA_WIRE_CALLS_H

#include "base/bytes.h"
#include "wire/calls.def"

#define WIRE_TEXT_MAX	1024u
#define WIRE_BYTES_MAX	65536u

typedef uint32_t wire_u32;
typedef uint64_t wire_u64;
typedef uint64_t wire_handle;
typedef struct bytes wire_text;
typedef struct bytes wire_bytes;
typedef struct bytes wire_secret;

/* A call without fields has a struct all the same. */
#define WIRE_FIELD(kind, name)	wire_##kind name;
#define WIRE_STRUCTS(number, verb, FIELDS, rank, drop)                         \
	struct verb##_in  { uint8_t wire_none; FIELDS##_IN(WIRE_FIELD) };          \
	struct verb##_out { uint8_t wire_none; FIELDS##_OUT(WIRE_FIELD) };         \
	void verb##_in_put(struct writer *w, const struct verb##_in *in);      \
	bool verb##_in_take(struct verb##_in *in, struct bytes wire) MUST_CHECK; \
	void verb##_out_put(struct writer *w, const struct verb##_out *out);   \
	bool verb##_out_take(struct verb##_out *out, struct bytes wire) MUST_CHECK;

LSA_CALLS(WIRE_STRUCTS)

/* NOBODY: a link that has said goodbye. */
enum wire_rank { NOBODY = 0, STRANGER, CONNECTED, TRUSTED, ADMIN };
enum wire_end { DROP = 1, FINISH };

enum wire_call {
#define WIRE_NUMBER(number, verb, FIELDS, rank, drop) CALL_##FIELDS = (number),
	LSA_CALLS(WIRE_NUMBER)
};

#endif
