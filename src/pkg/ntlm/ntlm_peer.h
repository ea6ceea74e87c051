/*
 * ntlm_peer.h - what a peer said under the protection of its proof, against
 * what we said, know and demand.
 *
 * Each question returns STATUS_SUCCESS or the status to refuse with, and says
 * why to the caller: who gets here has proven the password, so nothing about
 * accounts is told. None of it is a guess.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_PEER_H
#define OPENLSA_PKG_NTLM_NTLM_PEER_H

#include "pkg/lsa_mode.h"
#include "pkg/ntlm/ntlm_keys.h"

struct peer_said {
	struct bytes negotiate, challenge, authenticate;	/* as they were on the wire */
	const struct authenticate *m;
	const struct ntlm2_response *response;	/* NULL: version 1, which protects nothing */
	const struct session_key *key;
	struct bytes target;			/* UTF-8 */
	uint64_t timestamp;			/* of our challenge */
	const uint8_t *bindings;		/* 16 bytes: of our channel; NULL: none known */
};

/*
 * SEC_E_MESSAGE_ALTERED: a MIC is promised by MsvAvFlags and is missing or
 * wrong; or none is promised and policy ntlm-require-mic wants one; or none
 * is promised and the answer is not to the timestamp that we sent (somebody
 * between took it out of the challenge, so that there would be no MIC).
 */
NTSTATUS peer_mic(struct call *call, const struct peer_said *said);

/* SEC_E_TIME_SKEW: the peer's clock is off by more than 36 hours. */
NTSTATUS peer_time(struct call *call, const struct peer_said *said);

/*
 * Policy ntlm-channel-bindings: 0 ignores them. 1: SEC_E_BAD_BINDINGS when
 * the peer's are another channel's. 2: also when it sent none. Nothing is
 * checked where the caller knows no channel.
 */
NTSTATUS peer_bindings(struct call *call, const struct peer_said *said);

/*
 * Policy ntlm-loopback-relay-check. A client on this machine says so
 * (MsvAvSingleHost), and whom it meant to speak to (MsvAvTargetName), both
 * under its proof. When it meant somebody else and yet its answer is here,
 * a third party carried it: SEC_E_WRONG_PRINCIPAL.
 *
 * What keeps working: a client on this machine that means this machine by
 * any of its names, by "localhost" or a loopback address, or that names
 * nobody; and a program that is client and server at once, whatever it calls
 * itself (value 1: nothing tells such a program from a reflection, and test
 * programs make names up). Value 2 refuses that too. Value 0 checks nothing.
 */
NTSTATUS peer_reflection(struct call *call, const struct peer_said *said);

/*
 * Policy ntlm-target-name. The host of the target that the peer meant
 * against the names of this machine. 0 ignores it. 1 says so where it is
 * another's and accepts: aliases, virtual hosts and clusters are legitimate,
 * and only an administrator knows them. 2: SEC_E_WRONG_PRINCIPAL when it is
 * another's or none was sent.
 */
NTSTATUS peer_target(struct call *call, const struct peer_said *said);

#endif
