/*
 * authority.h - door three: domains whose accounts another authority judges,
 * and whose names and SIDs it knows.
 * A module of its own has the table; it is loaded only where the
 * configuration names it (domain_authority), because of its licence and its
 * size. It may block: the LSA enters it on threads that are for that alone.
 *
 * The module knows names, responses and SIDs; no call, no session, no store.
 */
#ifndef OPENLSA_PKG_AUTHORITY_H
#define OPENLSA_PKG_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORITY_VERSION	2u
#define AUTHORITY_SID_MAX	68u		/* bytes of a SID */
#define AUTHORITY_NAME		520u		/* bytes of a name with its NUL; a longer one is nobody's */

/* Texts are UTF-8. */
struct authority_ask {
	const char *domain, *user, *workstation;
	uint8_t challenge[8];
	const uint8_t *nt, *lm;			/* responses to it */
	uint32_t nt_len, lm_len;
	bool interactive;			/* somebody sits in front of it */
};

struct authority_sid {
	uint8_t bytes[AUTHORITY_SID_MAX];
	uint32_t len;
};

/* Zeroed by the LSA; what is in it belongs to the module until drop. */
struct authority_answer {
	int32_t status;				/* NTSTATUS: the controller's, or STATUS_NO_LOGON_SERVERS */
	char *user, *domain;			/* as the controller writes them */
	struct authority_sid *sids;		/* the user's, then those of the groups */
	uint32_t sid_count;
	bool has_key;
	uint8_t key[16];			/* the user session key */
	char why[160];				/* what the module has to say, or empty */
};

/* A name or a SID to be looked up. What was asked stays as it is; what is known comes behind it, zeroed by the LSA. */
struct authority_item {
	const char *domain, *name;		/* a name: domain "" where none was said, and then it may be a domain's own */
	struct authority_sid sid;		/* a SID */
	uint32_t use;				/* SID_NAME_USE; 0: nobody is known */
	struct authority_sid found;
	char found_name[AUTHORITY_NAME];	/* asked by SID; empty where it is a domain's */
	struct authority_sid domain_sid;	/* of whose it is; len 0: that is not known either */
	char domain_name[AUTHORITY_NAME];
};

struct authority_find {
	bool by_sid;
	struct authority_item *items;
	uint32_t count;
	_Atomic bool given_up;			/* nobody waits any more: to be looked at between two questions */
	int32_t status;				/* 0, or STATUS_NO_LOGON_SERVERS where some could not be asked about */
	char why[160];
};

struct authority {
	uint32_t version;			/* AUTHORITY_VERSION */
	const char *name;			/* "winbind" */
	void (*judge)(const struct authority_ask *ask, struct authority_answer *ret);
	void (*drop)(struct authority_answer *answer);
	/* Names to SIDs, or SIDs to names; leaves nothing behind. NULL: it looks nobody up. */
	void (*find)(struct authority_find *find);
};

/* What the module exports. NULL: it cannot work here. Called once. */
typedef const struct authority *openlsa_authority_fn(void);
#define AUTHORITY_ENTRY		"openlsa_authority"

#endif
