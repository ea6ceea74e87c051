/*
 * handles.h - credentials and contexts as the application's side holds them,
 * and how a SecHandle names them: dwLower is the word of the handle table,
 * dwUpper a mark of the process image and the kind. Never a pointer.
 */
#ifndef OPENLSA_SECUR32_HANDLES_H
#define OPENLSA_SECUR32_HANDLES_H

#include <pthread.h>
#include <stdatomic.h>

#include <sspi.h>

#include "base/handle.h"
#include "base/why.h"
#include "pkg/user_mode.h"
#include "secur32/root.h"

#define PACKAGE_NAME_MAX 64u

#define CRED_FREED 0x80000000u

struct cred {
	uint64_t word;
	uint64_t wire, epoch;		/* its handle in the LSA, and which LSA that was */
	_Atomic uint32_t deadline;	/* ms; 0: the default */
	_Atomic uint32_t flights;	/* legs under way that name it; CRED_FREED: the last of them tells the LSA */
	char package[PACKAGE_NAME_MAX];
};

struct sasl;

struct context {
	uint64_t word;
	uint64_t wire, epoch;
	pthread_mutex_t lock;		/* everything here but the atomics */
	pthread_mutex_t fate;		/* after, flight; short, while `lock` is held as long as a synchronous leg takes */
	_Atomic int leg;		/* LEG_* */
	_Atomic bool doomed;		/* deleted while a leg was in flight */
	enum { CTX_FRESH, CTX_PARTIAL, CTX_FAILED, CTX_ESTABLISHED } state;
	bool server;
	const struct user_package *user;
	void *half;			/* the package's user half, once established */
	struct why why;
	void *after;			/* the asynchronous delete that waits for the leg in flight */
	void *flight;			/* that leg */
	uint8_t *kept;			/* a finished token that the caller's buffer was too small for */
	uint32_t kept_len, kept_attr;
	SECURITY_STATUS kept_status;
	uint32_t deadline;
	struct sasl *sasl;		/* what SASL agrees on with it; NULL: it is not spoken */
	char package[PACKAGE_NAME_MAX];
};

enum { LEG_NONE, LEG_SYNC, LEG_ASYNC };

/* For the handle table: what becomes of an object that nobody holds any more. */
extern void (*const handles_destroy[HANDLE_KINDS])(void *object);

void sec_handle_of(PSecHandle ret_handle, unsigned kind, uint64_t word);
/* False for anything that this process image has not issued as this kind. */
bool sec_handle_word(uint64_t *ret_word, const SecHandle *handle, unsigned kind);

/* Held, or NULL: stale, foreign, never issued, from before a fork. */
struct cred *cred_hold(const SecHandle *handle);
void cred_release(struct cred *c);
struct context *context_hold(const SecHandle *handle);
void context_release(struct context *ctx);
/* Asynchronous contexts' end: async.c, sspi_async_leg.c. */
void async_destroy(void *object);
void logon_destroy(void *object);
void pol_destroy(void *object);
void event_destroy(void *object);
void htoken_destroy(void *object);
/* A closed context whose leg is in flight asynchronously: the leg is asked to stop and takes the rest with it. False: there is none. */
bool async_doom(struct context *ctx);

#endif
