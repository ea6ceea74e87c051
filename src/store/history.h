/*
 * history.h - the passwords that an account had before, so that none of the
 * last few is taken again. Their hashes are sealed and hidden as secrets
 * are; the present one is the account's own.
 */
#ifndef OPENLSA_STORE_HISTORY_H
#define OPENLSA_STORE_HISTORY_H

#include "store/account.h"

#define HISTORY_MOST 24u

/*
 * Whether `fresh` is none of the account's last `count` passwords, the present one among them; if so the present one
 * is remembered as the newest of those before. Blocks, and is one durable transaction. The new password is written
 * afterwards: where that fails, what is remembered here twice does no harm. STATUS_PASSWORD_RESTRICTION; those of a
 * change. count 0: nothing is compared or kept.
 */
NTSTATUS history_turn(struct store *store, const struct account *account, struct secret *fresh, uint32_t count) MUST_CHECK;
/* With the account. Nothing there is no failure. */
NTSTATUS history_forget(struct store *store, uint32_t rid) MUST_CHECK;

#endif
