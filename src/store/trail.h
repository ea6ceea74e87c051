/*
 * trail.h - where audit events go: a file of JSON lines, the journal, or a
 * test. Never waits for either of them: in a daemon a thread of its own
 * writes; what does not fit its queue, a full disk or a budget of lines a
 * second is counted, and event 1101 says how much was lost.
 *
 * The file has mode 0600 or 0640 and is opened without following links; a
 * line is appended as a whole, or taken back. It is rotated by size
 * (NAME.1 is the youngest of the old ones), by trail_reopen, and when it was
 * renamed by somebody else, which is looked for once a second.
 */
#ifndef OPENLSA_STORE_TRAIL_H
#define OPENLSA_STORE_TRAIL_H

#include "store/store.h"

struct audit;
struct trail;

/* Copies all that it keeps. folder: descriptor of the store's, kept open by who opens the trail. No thread is made before the first event. */
NTSTATUS trail_open(struct trail **ret_trail, int folder, const struct store_audit *settings) MUST_CHECK;
/* Writes what waits; ours false: a forked child, where nothing is written. */
void trail_close(struct trail *trail, bool ours);
/* Whether there is anywhere to write to. */
bool trail_open_anywhere(const struct trail *trail);
void trail_put(struct trail *trail, const struct audit *event);
/* The file is opened anew before the next line. */
void trail_reopen(struct trail *trail);
/* Returns when all that was put before has been written, or a second later. */
void trail_flush(struct trail *trail);
/* Lines (without the newline) go there at once instead; NULL: as before. Before threads. */
void trail_to(struct trail *trail, void (*line)(void *arg, struct bytes line), void *arg);

#endif
