/*
 * token.h - token HANDLEs as the application's side holds them: the number
 * and key that name a token in the LSA, and what it says. What it says never
 * changes, so asking it needs no call. The LSA keeps it as long as this
 * process has the link on which it came.
 */
#ifndef OPENLSA_SECUR32_TOKEN_H
#define OPENLSA_SECUR32_TOKEN_H

#include <windows.h>

#include "base/why.h"
#include "secur32/root.h"
#include "wire/token_facts.h"

struct htoken {
	uint64_t word, wire, epoch;
	struct link *link;
	uint8_t key[TOKEN_KEY_LEN];
	struct token_facts facts;		/* views into `bytes` */
	uint8_t bytes[];
};

/* As replies give it; the views are theirs. */
struct token_given {
	uint64_t wire;
	struct bytes key, facts;
};

/* Held, or NULL for anything that is not a token HANDLE of this process image. */
struct htoken *htoken_hold(HANDLE handle);
void htoken_release(struct htoken *token);

/*
 * A HANDLE for what came on `link`, which it holds. When there is none - no
 * memory - the token is closed in the LSA again.
 */
NTSTATUS htoken_take(HANDLE *ret_handle, struct link *link, const struct token_given *given);
/* The same token once more: type and level 0 as they are. */
NTSTATUS htoken_again(HANDLE *ret_handle, struct link *link, uint64_t wire, struct bytes key, uint32_t type, uint32_t level,
    struct why *why);
/* Tells the LSA that nobody here has it any more. */
void htoken_give_back(struct link *link, uint64_t wire, struct bytes key);
/* A new HANDLE on the caller's own session. */
NTSTATUS htoken_own(HANDLE *ret_handle, struct why *why);

#endif
