/*
 * kerb_cache.h - tickets as the LSA keeps them.
 *
 * A `kerb_cache` is what a credential, a process or a session holds; what is
 * inside (a `kerb_hoard`: one client's tickets in a MEMORY ccache of
 * libkrb5's, and the service tickets that were used, ready for use) may be
 * replaced as a whole. Both are counted. Any thread; locks are short and
 * never held across a library call that could wait.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_CACHE_H
#define OPENLSA_PKG_KERBEROS_KERB_CACHE_H

#include <krb5.h>
#include <pthread.h>
#include <stdatomic.h>

#include "pkg/lsa_mode.h"

#define HOARD_PLACES 64u

/* A service ticket; immutable. */
struct kerb_ticket {
	_Atomic uint32_t refs;
	krb5_creds *creds;
	uint32_t end;			/* seconds since 1970, as Kerberos counts: unsigned */
	uint32_t kvno;			/* of the service's key; 0: not said */
	char target[];			/* what it was asked by */
};

struct kerb_hoard {
	_Atomic uint32_t refs;
	krb5_ccache cc;
	char *client;			/* as krb5_unparse_name writes it */
	char *user, *realm;		/* its parts, unescaped for people */
	uint32_t end;			/* of the ticket-granting ticket */
	uint32_t renew_at;		/* half of its life; 0: it cannot be renewed */
	int32_t clock;			/* seconds that the KDC is ahead */
	/*
	 * A client who came with a ticket to a service and left no other: that ticket (its session key is not
	 * kept) and whom it is to. There is no ticket-granting ticket then, and `end` is this one's.
	 */
	krb5_creds *evidence;
	char *service;
	pthread_mutex_t lock;
	struct kerb_ticket **places;	/* HOARD_PLACES; NULL before the first ticket */
};

struct kerb_cache {
	struct kept kept;		/* first: it goes with processes and sessions */
	pthread_mutex_t lock;
	struct kerb_hoard *hoard;	/* NULL: no tickets yet */
	struct kerb_evidence *evidence;	/* in the place of a hoard, until somebody asks for it */
	struct kerb_extra *extras;	/* a session's: kerb_extra.h */
	bool fetching;			/* one of its contexts asks for an initial ticket; the others wait for it */
	uint32_t rounds;		/* how often that has ended */
	NTSTATUS outcome;		/* of the last round */
	uint32_t renew_after, renew_pause;	/* seconds: when renewing may be tried again, and how long it rested */
	/* Of a process whose own cache is slow to read: kerb_expect.c. Guarded by `lock`, but `bare`, which never changes. */
	bool bare;			/* made to say what is expected; never had tickets */
	uint64_t coming, done;		/* readings that were wished for, and those that are over */
	uint64_t since;			/* ms: when the reading that is missing was first missed */
	/* Of a session whose tickets are asked for when they are needed; set before others know the cache. */
	struct secret *password;	/* UTF-8, or NULL */
	char *client;
	bool enterprise;
};

struct kerb_cache *kerb_cache_new(void) MUST_CHECK;
struct kerb_cache *kerb_cache_hold(struct kerb_cache *c);
void kerb_cache_drop(struct kerb_cache *c);
struct kerb_cred;
/* Takes name and password out of a credential. */
void kerb_cache_by_password(struct kerb_cache *c, struct kerb_cred *cred);
/* Held for the caller, or NULL. */
struct kerb_hoard *kerb_cache_hoard(struct kerb_cache *c) MUST_CHECK;
/* Takes over the maker's count of `hoard`. */
void kerb_cache_fill(struct kerb_cache *c, struct kerb_hoard *hoard);
/* The same where `old` is still what it holds; else `hoard` goes. */
void kerb_cache_swap(struct kerb_cache *c, const struct kerb_hoard *old, struct kerb_hoard *hoard);

/*
 * Whoever gets true fetches, and ends the round. Else *ret_round is the one that runs; kerb_cache_ended says what
 * became of it (STATUS_PENDING: it still runs).
 */
bool kerb_cache_begin(struct kerb_cache *c, uint32_t *ret_round) MUST_CHECK;
void kerb_cache_end(struct kerb_cache *c, NTSTATUS outcome);
NTSTATUS kerb_cache_ended(struct kerb_cache *c, uint32_t round);

/* A hoard with these tickets of one client's. KRB5_CC_NOTFOUND: no ticket-granting ticket among them. */
krb5_error_code kerb_hoard_new(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_principal client,
    krb5_creds *const *tickets, size_t count, int32_t clock);
/* A hoard of nothing but evidence: `ticket` is a Ticket, `service` a principal as text. */
krb5_error_code kerb_hoard_of_evidence(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_const_principal client,
    struct bytes ticket, const char *service, uint32_t end);
/* The same in few bytes; immutable. kerb_evidence.c. NULL: no memory. */
struct kerb_evidence *kerb_evidence_new(krb5_context k5, krb5_const_principal client, struct bytes ticket, const char *service,
    uint32_t end) MUST_CHECK;
struct kerb_hoard *kerb_evidence_open(const struct kerb_evidence *e) MUST_CHECK;
void kerb_evidence_drop(struct kerb_evidence *e);
struct kerb_hoard *kerb_hoard_hold(struct kerb_hoard *h);
void kerb_hoard_drop(struct kerb_hoard *h);
/* Held, still good by the KDC's clock, or NULL. */
struct kerb_ticket *kerb_hoard_find(struct kerb_hoard *h, const char *target) MUST_CHECK;
/* Takes over creds whatever it returns; held for the caller, or NULL: no memory. No hoard: it is the caller's alone. */
struct kerb_ticket *kerb_hoard_add(struct kerb_hoard *h, const char *target, krb5_creds *creds) MUST_CHECK;
/* One that is held already goes into the hoard too. */
void kerb_hoard_keep(struct kerb_hoard *h, struct kerb_ticket *ticket);
/* The peer would not have it: the next one is asked for anew. */
void kerb_hoard_forget(struct kerb_hoard *h, struct kerb_ticket *ticket);
void kerb_ticket_drop(struct kerb_ticket *t);

/* Tickets that are there and live on; those that can be had anew, for a minute. NULL does not. */
bool kerb_hoard_fits(const struct kerb_hoard *h, bool renewable) MUST_CHECK;
/* Seconds since 1970 by the KDC's clock. */
uint32_t kerb_hoard_now(const struct kerb_hoard *h);

/* package's adopt: tickets of the caller's own cache, kept with the process. */
NTSTATUS kerb_adopt(struct call *call, struct bytes tickets);
/* package's expect: that cache is slow, and is being read. */
NTSTATUS kerb_expect(struct call *call, uint64_t coming, uint64_t done);
/* STATUS_PENDING while its tickets are to come; SEC_E_NO_CREDENTIALS: they have not come for too long. Before any other wait of a call. */
NTSTATUS kerb_expected(struct call *call);
/* What the process has of tickets, held; NULL: it never had any. */
struct kerb_cache *kerb_process_cache(struct call *call) MUST_CHECK;
/* What is kept with the process from now on, with the maker's count. */
NTSTATUS kerb_process_keep(struct call *call, struct kerb_cache *cache);

#endif
