/*
 * dispatch.c - expands the list of calls into rows: verb, rank, what
 * cancelling does, and a turn that unpacks, serves and packs. A call without
 * its serve_X does not link.
 */
#include "lsa/client.h"

/*
 * Reasons are complete when the reply is packed. An informational status
 * (SEC_I_*) is a success with fields; so is an error that carries a token.
 */
#define DISPATCH_TURN(number, verb, FIELDS, rank, drop)                                   \
	static void                                                                       \
	put_##verb(struct writer *w, const void *out)                                     \
	{                                                                                 \
		verb##_out_put(w, out);                                                   \
	}                                                                                 \
	static NTSTATUS                                                                   \
	turn_##verb(struct served *s)                                                     \
	{                                                                                 \
		struct verb##_out out = { 0 };                                            \
		struct verb##_in in;                                                      \
		NTSTATUS status;                                                          \
                                                                                          \
		if (!verb##_in_take(&in, s->request.in))                                  \
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,     \
			    "the fields of " #verb " do not fit its layout");             \
		s->carries = false;                                                       \
		status = serve_##verb(s, &in, &out);                                      \
		if ((s->carries || status >= 0) && status != STATUS_PENDING &&            \
		    !served_pack(s, status, put_##verb, &out) && status >= 0)             \
			status = STATUS_INSUFFICIENT_RESOURCES;                           \
		return status;                                                            \
	}

LSA_CALLS(DISPATCH_TURN)

#define DISPATCH_ROW(number, verb, FIELDS, rank, drop) [number] = { #verb, turn_##verb, rank, drop },

const struct call_row call_rows[LSA_HIGHEST_CALL + 1] = {
	LSA_CALLS(DISPATCH_ROW)
};
