/*
 * kerb_tgt.h - initial tickets (AS) and service tickets (TGS), step by step:
 * each function is called again with the same arguments until it returns
 * something else than STATUS_PENDING (with `carry`: and than SEC_I_CONTINUE_NEEDED, when a message is to be carried). The step machines are libkrb5's, the
 * trips to a KDC are await_kdc's.
 *
 * With a password, steps run on a job, since one of them turns the password
 * into a key for milliseconds. Knows no leg and no token.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_TGT_H
#define OPENLSA_PKG_KERBEROS_KERB_TGT_H

#include <krb5.h>

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_lsa.h"

struct kerb_carry;
struct kerb_steps;

/* In a frame, zeroed at first. */
struct kerb_fetch {
	struct kerb_steps *steps;
	enum { FETCH_BEGIN = 0, FETCH_PLACE, FETCH_JOB, FETCH_KDC } at;
	uint32_t silence_ms;
	const char *realm, *places;	/* where it asked last, call memory; NULL: nowhere yet */
	int32_t code;			/* libkrb5's, of an initial ticket that was refused */
	struct kerb_carry *carry;	/* the peer carries what is for the KDC; NULL: it is asked */
	bool user2user;			/* the KDC gives tickets for this target to user-to-user alone */
};
void kerb_fetch_drop(struct kerb_fetch *f);

/*
 * An initial ticket for a credential with a password or a keytab; its cache is filled.
 * SEC_E_LOGON_DENIED, SEC_E_NO_AUTHENTICATING_AUTHORITY, SEC_E_TIME_SKEW, SEC_E_NO_CREDENTIALS,
 * SEC_E_KDC_UNKNOWN_ETYPE; said why.
 */
NTSTATUS kerb_fetch_tgt(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred);
/*
 * An initial ticket for one service alone (kadmin/changepw takes no other), kept nowhere; held for the caller.
 */
NTSTATUS kerb_fetch_initial(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred, const char *service,
    struct kerb_ticket **ret_ticket);
/*
 * A service ticket out of a hoard, or by its ticket-granting ticket; held for the caller. `target` is its name in
 * the hoard and in reasons. `second`: the peer's ticket-granting ticket, for user-to-user; not kept in the hoard.
 * SEC_E_TARGET_UNKNOWN and the above. kerb_fetch_fresh asks the KDC unless libkrb5's half of the hoard has it, and
 * leaves the hoard as it was. Once they have steps they look at `server` no more.
 */
NTSTATUS kerb_fetch_ticket(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, const char *target,
    krb5_const_principal server, const krb5_data *second, struct kerb_ticket **ret_ticket);
NTSTATUS kerb_fetch_fresh(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, const char *target,
    krb5_const_principal server, struct kerb_ticket **ret_ticket);

/* One trip to a realm's KDC: places, the wait armed. Then what it came to; SUCCESS: kdc_answer has bytes. */
NTSTATUS kerb_trip_begin(struct call *call, struct kerb_fetch *f, krb5_context k5, struct bytes realm,
    struct bytes request, bool tcp);
NTSTATUS kerb_trip_end(struct call *call, const struct kerb_fetch *f);
/*
 * A place at the KDC of a realm, before what asks it is made: STATUS_PENDING, or STATUS_SUCCESS, also where nothing is
 * to be waited for. `realm` is as krb5_unparse_name writes it. f->at is FETCH_PLACE then.
 */
NTSTATUS kerb_trip_place(struct call *call, struct kerb_fetch *f, struct bytes realm);

#endif
