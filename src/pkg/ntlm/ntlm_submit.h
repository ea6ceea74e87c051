/*
 * ntlm_submit.h - the buffers of MSV1_0's logons: MSV1_0_INTERACTIVE_LOGON,
 * MSV1_0_LM20_LOGON, MSV1_0_S4U_LOGON, <ntsecapi.h>. Names are UTF-16LE.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_SUBMIT_H
#define OPENLSA_PKG_NTLM_NTLM_SUBMIT_H

#include "pkg/lsa_mode.h"

enum { SUBMIT_INTERACTIVE = 2, SUBMIT_LM20, SUBMIT_NETWORK, SUBMIT_SUBAUTH, SUBMIT_UNLOCK = 7, SUBMIT_S4U = 12, MESSAGE_VALIDATE = 16,
	SUBMIT_VIRTUAL = 82, SUBMIT_NO_ELEVATION, SUBMIT_LUID };
enum { TYPE_INTERACTIVE = 2, TYPE_NETWORK, TYPE_UNLOCK = 7, TYPE_NEW_CREDENTIALS = 9, TYPE_REMOTE, TYPE_CACHED, TYPE_CACHED_REMOTE,
	TYPE_CACHED_UNLOCK };

/* Of no logon: the message that judges alone. */
#define TYPE_JUDGED	UINT32_MAX

/* ParameterControl. */
#define CLEARTEXT_ALLOWED	0x2u
#define CLIENT_CHALLENGE	0x80u
#define GUEST_ONLY		0x100u
#define THIS_DOMAIN_ONLY	0x400u
#define CLEARTEXT_SUPPLIED	0x4000u
#define MSCHAPV2_ALLOWED	0x10000u
#define SUBAUTH_WANTED		0xFF100000u

struct submit {
	uint32_t type, control;
	struct bytes domain, user, password;	/* UTF-16LE */
	struct bytes nt, lm;
	uint8_t challenge[8];
};

/* False: malformed. */
bool submit_take(struct submit *m, struct bytes body);
/* The same names and password of a message, in the layout of an interactive logon. False: malformed, or too long. */
bool message_names_take(struct submit *m, struct bytes body);
/* What only a trusted caller may ask for, and what nobody can. */
NTSTATUS submit_allowed(struct call *call, const struct logon_args *args, const struct submit *m);

#endif
