/*
 * sink.h - the file and the journal, as trail.c writes to them: from one
 * thread at a time. Neither is ever waited for.
 */
#ifndef OPENLSA_STORE_SINK_H
#define OPENLSA_STORE_SINK_H

#include "store/store.h"

struct sink;
struct sink_loss { uint64_t file, journal; };	/* events that did not get there */

/* NULL: no memory. Nothing is opened before something is to be written. */
struct sink *sink_open(int folder, const struct store_audit *settings);
void sink_close(struct sink *sink);
/* A record (audit_line.h): to the journal at once, to the file with the next sink_send. */
void sink_take(struct sink *sink, struct bytes record);
/* False: of the last records not one sink has got all. */
bool sink_send(struct sink *sink, struct sink_loss *ret_loss);
/* Any thread. */
void sink_reopen(struct sink *sink);

#endif
