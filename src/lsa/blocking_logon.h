/*
 * blocking_logon.h - what the files of the adapter's calls share.
 */
#ifndef OPENLSA_LSA_BLOCKING_LOGON_H
#define OPENLSA_LSA_BLOCKING_LOGON_H

#include "lsa/blocking.h"
#include "wire/plug_data.h"

/* What a call remembers of a task. */
struct plug_frame {
	struct plug_task *task;
};
void plug_frame_drop(void *frame);

/* UTF-16 with a zero behind it, in the writer's memory. */
UNICODE_STRING plug_text(struct writer *w, struct bytes utf8);
/* A session of this LUID is now somebody else's to hold. */
void plug_luid_used(struct plug_task *t, uint64_t luid);

NTSTATUS plug_acquire(struct plug *p, struct call *call, const struct acquire_args *args, struct acquire_result *ret);
NTSTATUS plug_message(struct plug *p, struct call *call, const struct message_args *args, struct message_result *ret);
NTSTATUS plug_logon(struct plug *p, struct call *call, const struct logon_args *args, struct logon_result *ret);
NTSTATUS plug_change(struct plug *p, struct call *call, const struct change_args *args);

#endif
