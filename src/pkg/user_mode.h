/*
 * user_mode.h - door two: the tables of a package that run in the
 * application. A user half is born from the bytes that its LSA half handed
 * over with the last leg; it signs and encrypts and answers questions about
 * the context, without the LSA. The caller's context lock is held for each
 * entry; seal and open may run at the same time (separate directions).
 */
#ifndef OPENLSA_PKG_USER_MODE_H
#define OPENLSA_PKG_USER_MODE_H

#include "base/nt.h"
#include <sspi.h>

#include "base/bytes.h"
#include "base/secret.h"

/* What every user half can tell; views into its own memory, UTF-8. */
struct user_facts {
	struct bytes user, domain;		/* the peer's on the accepting side, one's own on the other */
	struct bytes target;			/* SPN: asked for, or named by the peer */
	struct bytes native_client, native_server;	/* principals; empty where the package knows none */
	struct bytes sid;			/* textual; empty where none is known */
	uint64_t luid;				/* 0: none */
	uint32_t flags;				/* ISC_RET_* or ASC_RET_* */
	uint64_t expiry;			/* FILETIME, UTC */
	bool server;
	struct bytes session_key;		/* a view; secret */
	const char *cipher, *signer;		/* algorithm names */
	uint32_t key_bits;
	uint32_t cipher_id, signer_id;		/* KERB_* / CALG_* number, 0 where none */
	const char *inner;			/* the package that does the work (Negotiate's choice), or NULL: this one */
	bool direct;				/* the inner package's own tokens crossed the wire, without SPNEGO */
};

struct user_package {
	const char *name;
	uint32_t layout;
	/* Takes nothing of `data`; a copy is made. NULL ret on failure. */
	NTSTATUS (*open)(void **ret_half, struct bytes data);
	void (*drop)(void *half);
	void (*facts)(const void *half, struct user_facts *ret);
	void (*sizes)(const void *half, SecPkgContext_Sizes *ret);
	NTSTATUS (*sign)(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence);
	NTSTATUS (*verify)(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop);
	NTSTATUS (*seal)(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence);
	NTSTATUS (*unseal)(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop);
	/* The whole state as bytes, secret; `fresh` restarts the sequence numbers. open takes it back. */
	NTSTATUS (*export)(void *half, bool fresh, struct secret **ret_state);
	/*
	 * What the package answers by itself (QueryContextAttributesW); SEC_E_UNSUPPORTED_FUNCTION: what facts say. And
	 * CompleteAuthToken. Both may be NULL.
	 */
	NTSTATUS (*query)(void *half, ULONG attribute, void *buffer);
	NTSTATUS (*complete)(void *half, PSecBufferDesc token);
	/*
	 * The tickets of the caller's own cache as bytes for the LSA half's `adopt`; NULL and success: there are none. Where
	 * it would have to wait for another process and may not: STATUS_PENDING. May be NULL.
	 */
	NTSTATUS (*gather)(struct secret **ret_tickets, bool may_wait);
	/* A token of this package as text for people (a tree) or as JSON; false: it is none. Pure; may be NULL. */
	bool (*describe)(struct writer *w, struct bytes token, bool json);
};

/* For a half that hands on to another: by name, or NULL. */
const struct user_package *user_package_named(const char *name);

extern const struct user_package ntlm_user;
extern const struct user_package kerberos_user;
extern const struct user_package negotiate_user;

#endif
