/*
 * ntlm_av.h - the attribute/value pairs of NTLM messages: [MS-NLMP] 2.2.2.1.
 *
 * Pure: no clock, no keys, no allocation, no LSA. A table of pairs is a set
 * of views into the list that it was taken from. Writers are two-pass, as in
 * ntlm_msg.h.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_AV_H
#define OPENLSA_PKG_NTLM_NTLM_AV_H

#include "base/bytes.h"

enum av_id {
	AV_EOL = 0, AV_NB_COMPUTER, AV_NB_DOMAIN, AV_DNS_COMPUTER, AV_DNS_DOMAIN, AV_DNS_TREE,
	AV_FLAGS, AV_TIMESTAMP, AV_SINGLE_HOST, AV_TARGET_NAME, AV_BINDINGS,
	AV_KINDS
};

#define AV_FLAG_CONSTRAINED	0x1u
#define AV_FLAG_MIC		0x2u	/* AUTHENTICATE carries a MIC */
#define AV_FLAG_UNVERIFIED_SPN	0x4u	/* the SPN comes from an untrusted source */

#define AV_SINGLE_HOST_LEN	48u	/* 2.2.2.2 */
#define AV_PAIRS_MAX		32u

/* A list taken apart once: each id at most once, each value of its exact or an even size. */
struct av_pairs {
	struct bytes list;			/* all of it, without EOL */
	struct bytes value[AV_KINDS];
	uint32_t has;				/* bit per id */
};

/*
 * False: no EOL, a pair past the end, a wrong size, an id twice, too many.
 * Bytes behind EOL are not looked at. Unknown ids are kept in `list`.
 */
bool av_take(struct av_pairs *p, struct bytes wire) MUST_CHECK;
/* The value of an id; false and empty when the list has none. */
bool av_get(const struct av_pairs *p, enum av_id id, struct bytes *ret_value) MUST_CHECK;
uint32_t av_flags(const struct av_pairs *p);				/* 0 when there are none */
bool av_timestamp(const struct av_pairs *p, uint64_t *ret_time) MUST_CHECK;	/* FILETIME */

/* One pair, for a list of one's own; av_put_end closes it. False: longer than 65535. */
bool av_put(struct writer *w, enum av_id id, struct bytes value) MUST_CHECK;
void av_put_end(struct writer *w);

/* What a client adds to the pairs of a challenge, 3.1.5.1.2; a value set here replaces the challenge's. */
struct av_answer {
	bool set_timestamp;
	uint64_t timestamp;
	uint32_t flags;				/* joined with the challenge's but for its MIC bit; written when the sum is not 0 */
	struct bytes single_host;		/* 48 bytes, or empty for none */
	struct bytes bindings;			/* 16 bytes; zeros where there are no bindings, empty for no pair */
	bool set_target_name;
	struct bytes target_name;		/* UTF-16LE, may be empty */
};
/*
 * `challenge` may be an empty table (all zero). The list as in a v2 response, EOL included. False: a value
 * of a wrong size, or more than AV_PAIRS_MAX with what is added, which av_take would refuse.
 */
bool av_put_answer(struct writer *w, const struct av_pairs *challenge, const struct av_answer *a) MUST_CHECK;

#endif
