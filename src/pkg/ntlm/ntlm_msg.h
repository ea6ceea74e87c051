/*
 * ntlm_msg.h - NTLM messages as bytes: [MS-NLMP] 2.2.1.
 *
 * Pure: no clock, no keys, no allocation, no LSA. A message taken is a set
 * of views into the wire bytes; they live as long as those do. Nothing in it
 * counts before *_take returned true. Every *_take refuses what does not lie
 * inside the message or lies inside its header.
 *
 * Writers are two-pass: once over writer_of(NULL, 0) to measure, then into a
 * span of exactly w.need bytes. A put returns false when a field is longer
 * than its length field can say; then nothing was written.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_MSG_H
#define OPENLSA_PKG_NTLM_NTLM_MSG_H

#include "base/bytes.h"

/* [MS-NLMP] 2.2.2.5 */
#define NTLM_NEGOTIATE_UNICODE		0x00000001u
#define NTLM_NEGOTIATE_OEM		0x00000002u
#define NTLM_REQUEST_TARGET		0x00000004u
#define NTLM_NEGOTIATE_SIGN		0x00000010u
#define NTLM_NEGOTIATE_SEAL		0x00000020u
#define NTLM_NEGOTIATE_DATAGRAM		0x00000040u
#define NTLM_NEGOTIATE_LM_KEY		0x00000080u
#define NTLM_NEGOTIATE_NTLM		0x00000200u
#define NTLM_NEGOTIATE_ANONYMOUS	0x00000800u
#define NTLM_DOMAIN_SUPPLIED		0x00001000u
#define NTLM_WORKSTATION_SUPPLIED	0x00002000u
#define NTLM_LOCAL_CALL			0x00004000u
#define NTLM_NEGOTIATE_ALWAYS_SIGN	0x00008000u
#define NTLM_TARGET_TYPE_DOMAIN		0x00010000u
#define NTLM_TARGET_TYPE_SERVER		0x00020000u
#define NTLM_NEGOTIATE_ESS		0x00080000u	/* extended session security */
#define NTLM_NEGOTIATE_IDENTIFY		0x00100000u
#define NTLM_REQUEST_NON_NT_KEY		0x00400000u
#define NTLM_NEGOTIATE_TARGET_INFO	0x00800000u
#define NTLM_NEGOTIATE_VERSION		0x02000000u
#define NTLM_NEGOTIATE_128		0x20000000u
#define NTLM_NEGOTIATE_KEY_EXCH		0x40000000u
#define NTLM_NEGOTIATE_56		0x80000000u

enum ntlm_type { NTLM_NONE = 0, NTLM_NEGOTIATE = 1, NTLM_CHALLENGE = 2, NTLM_AUTHENTICATE = 3 };

#define NTLM_CHALLENGE_LEN	8u
#define NTLM_VERSION_LEN	8u
#define NTLM_MIC_LEN		16u
#define NTLM_LM_LEN		24u

/* Which message this is by its first twelve bytes; NTLM_NONE when it is no NTLM message. */
enum ntlm_type ntlm_type_of(struct bytes wire);

/* Version field that we send: made up, NTLMSSP_REVISION_W2K3 last (2.2.2.10). */
extern const uint8_t ntlm_version[NTLM_VERSION_LEN];

/*
 * `version` is empty where a message has none; for a put it is written when
 * it has its 8 bytes, so the caller keeps it in step with the flag. Names are
 * UTF-16LE when the flags say UNICODE, else OEM bytes; in NEGOTIATE always OEM.
 */
struct negotiate {
	uint32_t flags;
	struct bytes domain, workstation;	/* OEM; empty unless the flags say they are there */
	struct bytes version;
};

struct challenge {
	uint32_t flags;
	struct bytes target_name;
	uint8_t challenge[NTLM_CHALLENGE_LEN];
	struct bytes target_info;		/* AV pairs, see ntlm_av.h; empty unless the flags say they are there */
	struct bytes version;
};

struct authenticate {
	uint32_t flags;
	struct bytes lm;			/* 0, 1 (anonymous) or 24 bytes */
	struct bytes nt;			/* 0, 24 (version 1) or at least 48 bytes (version 2) */
	struct bytes domain, user, workstation;
	struct bytes wrapped_key;		/* 0 or 16 bytes; whoever sees KEY_EXCH insists on 16 */
	struct bytes version;
	bool has_mic;				/* there is room for one before the payload; says nothing of its value */
	size_t mic_offset;			/* where, when has_mic */
};

bool negotiate_take(struct negotiate *m, struct bytes wire) MUST_CHECK;
bool challenge_take(struct challenge *m, struct bytes wire) MUST_CHECK;
bool authenticate_take(struct authenticate *m, struct bytes wire) MUST_CHECK;

/* The writer must be fresh: offsets count from its beginning. */
bool negotiate_put(struct writer *w, const struct negotiate *m) MUST_CHECK;
bool challenge_put(struct writer *w, const struct challenge *m) MUST_CHECK;
/* With has_mic writes 16 zero bytes for it, at authenticate_mic_offset. */
bool authenticate_put(struct writer *w, const struct authenticate *m) MUST_CHECK;
/* Where authenticate_put puts the MIC: behind Version, 72, or 64 where there is none. */
size_t authenticate_mic_offset(const struct authenticate *m);

#endif
