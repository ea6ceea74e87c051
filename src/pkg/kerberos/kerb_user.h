/*
 * kerb_user.h - Kerberos' half in the application: door two's table is in
 * pkg/user_mode.h; here is what its files share.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_USER_H
#define OPENLSA_PKG_KERBEROS_KERB_USER_H

#include "pkg/kerberos/kerb_data.h"
#include "pkg/kerberos/kerb_wrap.h"
#include "pkg/user_mode.h"

#define KERB_PARTS_INLINE	12u

/* In key memory, so its texts follow it there. */
struct kerb_half {
	struct kerb_seal seal;
	struct kerb_data data;		/* its texts point behind */
	size_t len;			/* of all of it */
	uint8_t text[];
};

/* A caller's buffers, sorted. */
struct kerb_message {
	SecBuffer *token, *stream, *pad, *into;	/* pad: with rc4-hmac alone; into: the DATA that will point into a stream, or the only sealed one */
	struct kerb_part *parts;
	size_t count, sealed_len;
	struct kerb_part few[KERB_PARTS_INLINE];
};

/* The sealed part of `parts` becomes one piece at `text`; clear ones stay in their order. */
NTSTATUS kerb_parts_one(struct kerb_message *m, uint8_t *text, size_t len);
/* The sealed parts are wiped. */
void kerb_parts_wipe(const struct kerb_message *m);
NTSTATUS kerb_verdict_status(enum kerb_verdict verdict);

/* kerb_user_rc4.c: sealing and opening with rc4-hmac, whose tokens have another form. The message was taken with its padding. */
NTSTATUS kerb_user_rc4_seal(struct kerb_half *h, struct kerb_message *m, bool sealed);
NTSTATUS kerb_user_rc4_open(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed);

#endif
