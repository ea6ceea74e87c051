/*
 * vault.h - the sealing key of a store, rows sealed with it, and random bytes.
 *
 * AES-256-GCM with a fresh random nonce for each row. `about` is authenticated and
 * not hidden: whatever else stands in the row, so that a seal fits one place only.
 * The key comes from, in this order: the key file of the settings; for lsad
 * $CREDENTIALS_DIRECTORY/openlsa-master when systemd provides it; FOLDER/key/master.key. It is
 * 32 bytes. It is made only when there is no database yet.
 */
#ifndef OPENLSA_STORE_VAULT_H
#define OPENLSA_STORE_VAULT_H

#include "base/secret.h"
#include "store/store.h"

struct vault;

#define VAULT_KEY_LEN	32u
#define VAULT_EXTRA	29u		/* a sealed row is longer by: layout 1, nonce 12, tag 16 */

/* folder: the store's, open. may_make: there is no database yet. */
NTSTATUS vault_open(struct vault **ret_vault, int folder, const struct store_settings *settings, bool may_make,
    char why[STORE_WHY]) MUST_CHECK;
void vault_drop(struct vault *vault);

/*
 * Another key, beside the first as NAME.next until the database is sealed with it: made; found (STATUS_NO_SUCH_FILE);
 * put in the first one's place; thrown away.
 */
NTSTATUS vault_next_make(struct vault **ret_vault, int folder, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
NTSTATUS vault_next_open(struct vault **ret_vault, int folder, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
NTSTATUS vault_next_keep(int folder, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
void vault_next_forget(int folder, const struct store_settings *settings);
/* The file of the key, below *ret_folder. False: it is a credential of systemd's. */
bool vault_key_path(char *to, size_t room, int *ret_folder, int folder, const struct store_settings *settings) MUST_CHECK;

/* False in a forked child, where the key has vanished. No system call. */
bool vault_alive(const struct vault *vault);

/* Writes secret_len(plain) + VAULT_EXTRA bytes; plain may be NULL: empty. */
NTSTATUS vault_seal(struct vault *vault, uint8_t *to, struct bytes about, struct secret *plain) MUST_CHECK;
/* ret_plain may be NULL when only the seal counts. STATUS_DECRYPTION_FAILED: it is not ours or was changed. */
NTSTATUS vault_unseal(struct vault *vault, struct secret **ret_plain, struct bytes about, struct bytes sealed) MUST_CHECK;

#endif
