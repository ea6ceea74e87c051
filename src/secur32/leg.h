/*
 * leg.h - one leg of an establishment as the client runs it: gather what the
 * caller gave, ask, write what came. The synchronous and the asynchronous
 * functions share all of it.
 */
#ifndef OPENLSA_SECUR32_LEG_H
#define OPENLSA_SECUR32_LEG_H

#include <sspi.h>

#include "secur32/handles.h"

struct leg {
	bool server;
	/* As the caller gave it; handles by value. */
	SecHandle cred_handle, context_handle;
	bool has_cred, has_context;
	uint32_t wants, data_rep, deadline;
	struct bytes target;			/* UTF-8 */
	PSecBufferDesc input;
	/* Where results go. Not touched before leg_close, nor when the leg was given up. */
	PCtxtHandle new_context;
	PSecBufferDesc output;
	PULONG attributes;
	PTimeStamp expiry;
	/* The leg's own. */
	struct cred *cred;
	struct context *context;
	struct link *link;
	struct why why;
	bool first, given_up;
	bool flies;				/* counted with its credential */
};

/* As the parameters of Initialize- and AcceptSecurityContext have it; handles may be NULL. The target is set by the caller. */
struct leg leg_of(bool server, PCredHandle cred, PCtxtHandle context, ULONG wants, ULONG data_rep, PSecBufferDesc input,
    PCtxtHandle ret_context, PSecBufferDesc output, PULONG attributes, PTimeStamp expiry);
/* What is wrong with the arguments themselves; SEC_E_OK: nothing. */
SECURITY_STATUS leg_check(const struct leg *leg);
SECURITY_STATUS buffers_check(const SecBufferDesc *desc);
/* Finds what the handles name and claims the context for `how` (LEG_SYNC, LEG_ASYNC). */
SECURITY_STATUS leg_open(struct leg *leg, int how);
/* Sends it; the link is the leg's from here on. */
void leg_ask(struct leg *leg, struct ask *ask, struct link *link);
/* Whether an earlier result still waits to be handed out. */
bool leg_is_kept(const struct leg *leg);
/* After the reply, or with `status` an error instead of one: writes the results and frees the context for the next leg. */
SECURITY_STATUS leg_close(struct leg *leg, struct ask *ask, SECURITY_STATUS status);
/* Gives back what the leg held. */
void leg_drop(struct leg *leg);

/* The caller's first buffer of this type, or NULL; its bytes, or none. */
SecBuffer *leg_buffer_find(const SecBufferDesc *desc, ULONG type);
struct bytes leg_buffer(const SecBufferDesc *desc, ULONG type);
/* Whether the caller's token buffer takes so many bytes. SEC_E_BUFFER_TOO_SMALL: the needed size is told. */
SECURITY_STATUS leg_token_fits(const struct leg *leg, size_t len);
/* Into that buffer; a bit of `attributes` says where it was allocated. */
SECURITY_STATUS leg_token_give(const struct leg *leg, struct bytes token, ULONG *attributes);

/* A status of the house as SSPI promises it. */
SECURITY_STATUS sec_of(NTSTATUS status);
/* Tells the LSA that a context is gone, and waits for nothing. */
void forget_detached(struct link *link, uint64_t wire);

#endif
