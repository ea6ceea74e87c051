/*
 * nego_msg.h - SPNEGO tokens as bytes: RFC 4178 4.2, [MS-SPNG] 2.2.1.
 *
 * Pure: no keys, no allocation, no LSA. What was taken are views into the
 * token. NegoEx is named in a list and nothing more.
 */
#ifndef OPENLSA_PKG_NEGOTIATE_NEGO_MSG_H
#define OPENLSA_PKG_NEGOTIATE_NEGO_MSG_H

#include "base/bytes.h"

enum nego_kind { NEGO_NOTHING = 0, NEGO_INIT, NEGO_RESP, NEGO_RAW_NTLM, NEGO_RAW_KERBEROS };

/* What a token claims to be, by its first bytes. */
enum nego_kind nego_kind_of(struct bytes token);

/* Mechanisms that have a name here. */
enum nego_mech { MECH_NONE = 0, MECH_MS_KRB5, MECH_KRB5, MECH_NTLM, MECH_NEGOEX, MECH_KRB5_U2U, MECH_IAKERB, MECHS };

enum nego_mech nego_mech_of(struct bytes oid);		/* MECH_NONE: not known here */
struct bytes nego_mech_oid(enum nego_mech mech);	/* the OID's content */
const char *nego_mech_name(enum nego_mech mech);	/* for people */
/* The one OID of Kerberos and the other are one mechanism: [MS-SPNG] 3.1.5.2. */
bool nego_same_mech(enum nego_mech a, enum nego_mech b);

/* MechTypeList: its bytes with the SEQUENCE around it are what mechListMIC protects. */
void nego_list_put(struct writer *w, const enum nego_mech *mechs, unsigned count);
/* A reader over the OIDs of a list that was taken; nego_list_next ends with false. */
struct reader nego_list_open(struct bytes list);
bool nego_list_next(struct reader *r, struct bytes *ret_oid);

struct nego_init {
	struct bytes list;		/* MechTypeList; empty: absent, which only a NegTokenInit2 may have it */
	struct bytes token, mic;	/* mechToken, mechListMIC */
	bool has_token, has_mic;
	bool has_hints;			/* NegTokenInit2, what an acceptor begins with */
	struct bytes hint;		/* hintName */
};

bool nego_init_take(struct nego_init *m, struct bytes token) MUST_CHECK;
/* With has_hints a NegTokenInit2. */
void nego_init_put(struct writer *w, const struct nego_init *m);

/* negState; zero says nothing, so no verdict is ever granted by forgetting one. */
enum nego_state { STATE_UNSAID = 0, STATE_COMPLETED, STATE_INCOMPLETE, STATE_REJECT, STATE_REQUEST_MIC };

struct nego_resp {
	enum nego_state state;
	bool has_mech, has_token, has_mic;
	struct bytes mech;		/* supportedMech: an OID's content */
	struct bytes token, mic;	/* responseToken, mechListMIC */
};

bool nego_resp_take(struct nego_resp *m, struct bytes token) MUST_CHECK;
void nego_resp_put(struct writer *w, const struct nego_resp *m);

#endif
