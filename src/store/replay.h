/*
 * replay.h - proofs that were seen, remembered until they could not be valid
 * any more: FOLDER/db/replays, mapped and shared by all processes with this store.
 *
 *     0       head: magic, layout, key
 *     4096    65536 rows of 64 words, 32 MiB; a word is 40 bits of a keyed digest and the second it ends in
 *
 * A proof is taken by one compare-and-swap in the row that its digest names,
 * and a second look at that row. No lock, no wait, no system call but the
 * first time, when the file is opened (and made).
 *
 * What it holds: a proof lives for five minutes as a rule, so it serves 7000
 * new ones a second for ever (half full then, and hardly ever a full row).
 * Where a row is full the answer is no: to forget a proof early would let it be
 * used twice, and only proofs that were good are kept, so only one who can log on can fill it.
 *
 * It outlives every process. A power cut may forget the last half minute, so
 * what was made before the machine started (`until` less than
 * REPLAY_LIFE seconds after that) is taken for seen.
 */
#ifndef OPENLSA_STORE_REPLAY_H
#define OPENLSA_STORE_REPLAY_H

#include "store/store.h"

#define REPLAY_LEN	16u		/* bytes of a digest */
#define REPLAY_LIFE	300u		/* how long a proof is good as a rule: Kerberos' clock skew */
#define REPLAY_FAR	86400u		/* an `until` further than this is refused */

struct replays;

enum replay {
	REPLAY_ERROR = 0,		/* the file cannot be used; why is in the audit of who asks */
	REPLAY_SEEN,			/* here, or so old that it may have been */
	REPLAY_FULL,			/* no room to remember it */
	REPLAY_LATE,			/* `until` is over, or too far away */
	REPLAY_FIRST,			/* never seen, and it is remembered now */
};

/* until: seconds since 1970, by the clock on the wall, since that is what proofs go by. The first call of a process may wait for the disk. */
enum replay replay_take(struct store *store, const uint8_t print[REPLAY_LEN], uint64_t until) MUST_CHECK;

/* For store.c. */
void replays_drop(struct replays *r);

#endif
