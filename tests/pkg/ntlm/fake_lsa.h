/*
 * fake_lsa.h - just enough of an LSA to test a package without one: the
 * verbs and services of pkg/lsa_mode.h over a handful of accounts, every
 * step written down.
 *
 * A machine is an LSA; calls on it may come from several processes. One
 * thread. A lost guess pends once before it is settled, as the real one does.
 */
#ifndef OPENLSA_TESTS_PKG_NTLM_FAKE_LSA_H
#define OPENLSA_TESTS_PKG_NTLM_FAKE_LSA_H

#include "pkg/lsa_mode.h"
#include "pkg/user_mode.h"

#define FAKE_ACCOUNTS	8
#define FAKE_RULES	(RULES)
#define FAKE_TOKEN	16384

struct fake_account {
	const char *name;
	const char *password;		/* UTF-8 */
	NTSTATUS restriction;
	bool locked;
	struct secret *hash;		/* made by fake_open */
};

struct fake_machine {
	const char *computer, *host;
	uint8_t id[32];
	uint32_t rules[FAKE_RULES];
	struct fake_account accounts[FAKE_ACCOUNTS];
	struct secret *dummy;
	uint64_t now;
	bool store_broken;		/* the account look-up fails */
	bool no_sessions;		/* a logon fails */
	int sessions;			/* held now */
	unsigned won, lost, released, excused;
	NTSTATUS audited;		/* the last audit line */
	char audited_user[64];
	const char *setting;		/* what every setting says */
	char choice[256];		/* the last choice that was audited */
	uint8_t challenges[16][8];
	unsigned issued;
};

/* Default policy, a name, no accounts. */
void fake_open(struct fake_machine *m, const char *computer, const char *host);
void fake_account(struct fake_machine *m, const char *name, const char *password);
void fake_close(struct fake_machine *m);

/* How many more pieces of memory a package gets; -1: any number. */
extern int fake_memory;

struct call *fake_call(struct fake_machine *m, uint32_t process);
const char *fake_steps(const struct call *call);	/* "account attempt settle=lost ..." */
void fake_why(const struct call *call, enum audience reader, char *to, size_t cap);
void fake_end(struct call *call);

/* One side of a conversation. */
struct fake_side {
	struct fake_machine *machine;
	uint32_t process;
	bool server;
	void *cred, *context, *half;
	uint32_t wants;
	const char *target;
	struct bytes bindings;
	/* What the last leg came to. */
	NTSTATUS status;
	uint32_t grants;
	uint8_t token[FAKE_TOKEN];
	size_t len;
	unsigned pended;
	char caller[4096], trusted[4096], steps[256];
};

/* user NULL: no identity; password NULL: none given. UTF-8. */
NTSTATUS fake_side(struct fake_side *s, struct fake_machine *m, bool server, const char *user, const char *domain,
    const char *password);
/* One leg with that token, turned until it ends; on success the user half is opened. */
NTSTATUS fake_leg(struct fake_side *s, struct bytes token);
/* The context goes, the credential stays. */
void fake_again(struct fake_side *s);
void fake_leave(struct fake_side *s);

/* Text as UTF-16LE in `to`; the bytes of it. */
struct bytes fake_utf16(uint8_t *to, size_t cap, const char *text);

#endif
