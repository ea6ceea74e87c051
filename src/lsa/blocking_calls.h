/*
 * blocking_calls.h - what the files of the adapter's calls share.
 */
#ifndef OPENLSA_LSA_BLOCKING_CALLS_H
#define OPENLSA_LSA_BLOCKING_CALLS_H

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

/* What ends a thing of the package's: made with it, so that ending needs no memory. */
struct plug_ending {
	struct plug_task t;
	LSA_SEC_HANDLE handle;
};
struct plug_ending *plug_ending_new(struct plug *p, const char *what, void (*run)(struct plug_task *));
/* has: there is something to end, for nobody, some time. Else only the task goes. */
void plug_ending_go(struct plug_ending *e, bool has, LSA_SEC_HANDLE handle);

/* A credential of the package's, counted. */
struct plug_cred {
	_Atomic unsigned refs;
	struct plug *plug;
	struct plug_ending *end;
	LSA_SEC_HANDLE handle;
	bool has;
};
struct plug_cred *plug_cred_hold(struct plug_cred *c);
void plug_cred_drop(struct plug_cred *c);
void plug_forget_cred(void *cred);

/* What a leg or an acquisition may end with: nothing that means something else to us. */
NTSTATUS plug_answer(struct call *call, const struct plug_task *t);

NTSTATUS plug_acquire(struct plug *p, struct call *call, const struct acquire_args *args, struct acquire_result *ret);
NTSTATUS plug_message(struct plug *p, struct call *call, const struct message_args *args, struct message_result *ret);
NTSTATUS plug_logon(struct plug *p, struct call *call, const struct logon_args *args, struct logon_result *ret);
NTSTATUS plug_about(struct plug *p, struct call *call, uint64_t luid, struct bytes *ret_server);
NTSTATUS plug_change(struct plug *p, struct call *call, const struct change_args *args);

#endif
