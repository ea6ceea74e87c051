/*
 * vault.c - the sealing key and what it seals. The only file of the store
 * that knows OpenSSL. The cipher's own state is made for one row and cleansed
 * with it: nothing derived from the key outlasts a call.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* secure_getenv */
#endif
#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/folder.h"

#define LAYOUT		1u
#define NONCE_LEN	12u
#define TAG_LEN		16u
#define SEALED_MAX	(1u << 17)

struct vault {
	struct secret *key;
};

static _Atomic(EVP_CIPHER *) cipher;	/* for as long as the process lives; set before there is a vault */

/*
 * A library context of our own: what the program configures for itself does not reach here. Not pthread_once: a
 * first time without memory must not be the last. Of two threads one gives its own back.
 */
static bool
cipher_fetch(void)
{
	EVP_CIPHER *none = NULL, *fresh;
	OSSL_LIB_CTX *own;

	if (atomic_load(&cipher))
		return true;
	own = OSSL_LIB_CTX_new();
	fresh = own ? EVP_CIPHER_fetch(own, "AES-256-GCM", NULL) : NULL;
	if (fresh && atomic_compare_exchange_strong(&cipher, &none, fresh))
		return true;
	EVP_CIPHER_free(fresh);
	OSSL_LIB_CTX_free(own);
	return none != NULL;
}

/* --- sealing ----------------------------------------------------------- */

NTSTATUS
vault_seal(struct vault *vault, uint8_t *to, struct bytes about, struct secret *plain)
{
	NTSTATUS st = STATUS_INTERNAL_ERROR;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t len = secret_len(plain);
	const uint8_t *key, *from;
	int n = 0;

	if (!ctx)
		return STATUS_NO_MEMORY;
	if (!vault_alive(vault) || len > SEALED_MAX || about.len > SEALED_MAX)
		goto out;
	to[0] = LAYOUT;
	if (!random_bytes(to + 1, NONCE_LEN))
		goto out;
	WITH_SECRET(key, vault->key)
		if (EVP_EncryptInit_ex2(ctx, cipher, key, to + 1, NULL) != 1)
			goto out;
	if (about.len > 0 && EVP_EncryptUpdate(ctx, NULL, &n, about.at, (int)about.len) != 1)
		goto out;
	WITH_SECRET(from, plain)
		if (len > 0 && EVP_EncryptUpdate(ctx, to + 1 + NONCE_LEN, &n, from, (int)len) != 1)
			goto out;
	if (EVP_EncryptFinal_ex(ctx, to + 1 + NONCE_LEN + len, &n) != 1)
		goto out;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, to + 1 + NONCE_LEN + len) != 1)
		goto out;
	st = STATUS_SUCCESS;
out:
	EVP_CIPHER_CTX_free(ctx);
	return st;
}

NTSTATUS
vault_unseal(struct vault *vault, struct secret **ret_plain, struct bytes about, struct bytes sealed)
{
	NTSTATUS st = STATUS_DECRYPTION_FAILED;
	EVP_CIPHER_CTX *ctx = NULL;
	struct secret *plain = NULL;
	struct reader r = reader_of(sealed);
	struct bytes nonce, hidden;
	const uint8_t *key;
	uint8_t tag[TAG_LEN], *to, none[16];
	int n = 0;

	if (sealed.len < VAULT_EXTRA || sealed.len > SEALED_MAX || about.len > SEALED_MAX || reader_u8(&r) != LAYOUT)
		return st;
	nonce = reader_bytes(&r, NONCE_LEN);
	hidden = reader_bytes(&r, sealed.len - VAULT_EXTRA);
	reader_fixed(&r, tag, sizeof tag);
	if (!reader_done(&r) || !vault_alive(vault))
		return st;
	plain = secret_new(hidden.len);
	ctx = EVP_CIPHER_CTX_new();
	if (!plain || !ctx) {
		st = STATUS_NO_MEMORY;
		goto out;
	}
	WITH_SECRET(key, vault->key)
		if (EVP_DecryptInit_ex2(ctx, cipher, key, nonce.at, NULL) != 1)
			goto out;
	if (about.len > 0 && EVP_DecryptUpdate(ctx, NULL, &n, about.at, (int)about.len) != 1)
		goto out;
	WITH_SECRET(to, plain)
		if (hidden.len > 0 && EVP_DecryptUpdate(ctx, to, &n, hidden.at, (int)hidden.len) != 1)
			goto out;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1)
		goto out;
	if (EVP_DecryptFinal_ex(ctx, none, &n) != 1)
		goto out;
	if (ret_plain) {
		*ret_plain = plain;
		plain = NULL;
	}
	st = STATUS_SUCCESS;
out:
	EVP_CIPHER_CTX_free(ctx);
	secret_drop(&plain);
	return st;
}

bool
vault_alive(const struct vault *vault)
{
	return secret_len(vault->key) == VAULT_KEY_LEN;
}

/* --- the key ------------------------------------------------------------ */

/* STATUS_NO_SUCH_FILE: absent. */
static NTSTATUS
key_read(struct secret **ret_key, int folder, const char *name, bool systemd, char why[STORE_WHY])
{
	NTSTATUS st;
	struct secret *key = NULL;
	uint8_t *at, more;
	ssize_t n = -1;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return STATUS_NO_SUCH_FILE;
	if (fd < 0)
		return folder_failed(errno, name, "opening the sealing key", why);
	/* systemd guards its folder itself, with modes and access lists of its own making. */
	st = systemd ? STATUS_SUCCESS : file_check(fd, name, why);
	if (st != STATUS_SUCCESS)
		goto out;
	key = secret_new(VAULT_KEY_LEN);
	if (!key) {
		st = because_locked(why);
		goto out;
	}
	WITH_SECRET(at, key)
		n = read(fd, at, VAULT_KEY_LEN);
	if (n != VAULT_KEY_LEN || read(fd, &more, 1) != 0) {
		st = STATUS_DECRYPTION_FAILED;
		(void)snprintf(why, STORE_WHY, "%s is no sealing key: it must have %u bytes: put it back with lsad --restore, see lsad(8).", name, VAULT_KEY_LEN);
		goto out;
	}
	*ret_key = key;
	key = NULL;
out:
	secret_drop(&key);
	close(fd);
	return st;
}

/* Whole or not at all: under another name first. */
static NTSTATUS
key_make(struct secret **ret_key, int folder, const char *name, char why[STORE_WHY])
{
	NTSTATUS st = STATUS_INTERNAL_ERROR;
	struct secret *key = secret_new(VAULT_KEY_LEN);
	char fresh[1024];
	uint8_t *at;
	int fd = -1, len = snprintf(fresh, sizeof fresh, "%s.new", name);
	bool good = false;

	if (!key)
		return because_locked(why);
	if (len < 0 || (size_t)len >= sizeof fresh) {
		(void)snprintf(why, STORE_WHY, "the name of the key file is too long.");
		st = STATUS_OBJECT_PATH_NOT_FOUND;
		goto out;
	}
	(void)unlinkat(folder, fresh, 0);
	fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		st = folder_failed(errno, name, "making the sealing key", why);
		goto out;
	}
	WITH_SECRET(at, key)
		good = random_bytes(at, VAULT_KEY_LEN) && write(fd, at, VAULT_KEY_LEN) == VAULT_KEY_LEN;
	if (!good || fsync(fd) != 0 || renameat(folder, fresh, folder, name) != 0) {
		st = folder_failed(errno, name, "making the sealing key", why);
		(void)unlinkat(folder, fresh, 0);
		goto out;
	}
	st = file_folder_sync(folder, name);
	if (st != STATUS_SUCCESS) {
		(void)snprintf(why, STORE_WHY, "%s: the new sealing key could not be made durable.", name);
		goto out;
	}
	*ret_key = key;
	key = NULL;
out:
	if (fd >= 0)
		close(fd);
	secret_drop(&key);
	return st;
}

/* Where the key stands: a name below `folder`. A credential of systemd's comes first, where it is there. */
struct key_place {
	int folder;
	bool systemd;
	char name[1024], next[1032];
};

static NTSTATUS
key_place(struct key_place *p, int folder, const struct store_settings *settings, char why[STORE_WHY])
{
	const char *given = settings->exclusive && !settings->key_file ? secure_getenv("CREDENTIALS_DIRECTORY") : NULL;
	int len = 0;

	*p = (struct key_place){ .folder = AT_FDCWD, .systemd = true };
	if (given && given[0] == '/') {
		len = snprintf(p->name, sizeof p->name, "%s/openlsa-master", given);
		if (len > 0 && (size_t)len < sizeof p->name && access(p->name, F_OK) == 0)
			return STATUS_SUCCESS;
	}
	p->systemd = false;
	p->folder = settings->key_file ? AT_FDCWD : folder;
	len = snprintf(p->name, sizeof p->name, "%s", settings->key_file ? settings->key_file : "key/master.key");
	if (len < 0 || (size_t)len >= sizeof p->name) {
		(void)snprintf(why, STORE_WHY, "the name of the key file is too long.");
		return STATUS_OBJECT_PATH_NOT_FOUND;
	}
	(void)snprintf(p->next, sizeof p->next, "%s.next", p->name);
	return STATUS_SUCCESS;
}

static NTSTATUS
key_find(struct secret **ret_key, int folder, const struct store_settings *settings, bool may_make, char why[STORE_WHY])
{
	struct key_place p;
	NTSTATUS st = key_place(&p, folder, settings, why);

	if (st != STATUS_SUCCESS)
		return st;
	st = key_read(ret_key, p.folder, p.name, p.systemd, why);
	if (st != STATUS_NO_SUCH_FILE)
		return st;
	if (may_make && !p.systemd)
		return key_make(ret_key, p.folder, p.name, why);
	(void)snprintf(why, STORE_WHY, "%.120s is missing, and without it the accounts cannot be read: put it back with lsad --restore, see lsad(8).",
	    p.name);
	return STATUS_DECRYPTION_FAILED;
}

NTSTATUS
vault_open(struct vault **ret_vault, int folder, const struct store_settings *settings, bool may_make, char why[STORE_WHY])
{
	struct vault *v;
	bool able = cipher_fetch();
	NTSTATUS st;

	v = calloc(1, sizeof *v);
	if (!able || !v) {
		(void)snprintf(why, STORE_WHY, able ? "no memory." : "OpenSSL offers no AES-256-GCM, or there is no memory for it.");
		free(v);
		return able ? STATUS_NO_MEMORY : STATUS_INTERNAL_ERROR;
	}
	st = key_find(&v->key, folder, settings, may_make, why);
	if (st != STATUS_SUCCESS) {
		vault_drop(v);
		return st;
	}
	*ret_vault = v;
	return STATUS_SUCCESS;
}

void
vault_drop(struct vault *vault)
{
	if (!vault)
		return;
	secret_drop(&vault->key);
	free(vault);
}

/* --- another key ---------------------------------------------------------------- */

NTSTATUS
vault_next_make(struct vault **ret_vault, int folder, const struct store_settings *settings, char why[STORE_WHY])
{
	struct vault *v;
	struct key_place p;
	NTSTATUS st = key_place(&p, folder, settings, why);

	if (st == STATUS_SUCCESS && p.systemd) {
		(void)snprintf(why, STORE_WHY, "the key is a credential of systemd's: name a key_file with the same bytes, change that, and seal it again.");
		return STATUS_NOT_SUPPORTED;
	}
	v = st == STATUS_SUCCESS ? calloc(1, sizeof *v) : NULL;
	if (st == STATUS_SUCCESS && !v)
		st = STATUS_NO_MEMORY;
	if (st == STATUS_SUCCESS)
		st = key_make(&v->key, p.folder, p.next, why);
	if (st != STATUS_SUCCESS) {
		vault_drop(v);
		return st;
	}
	*ret_vault = v;
	return STATUS_SUCCESS;
}

NTSTATUS
vault_next_open(struct vault **ret_vault, int folder, const struct store_settings *settings, char why[STORE_WHY])
{
	struct vault *v;
	struct key_place p;
	NTSTATUS st = key_place(&p, folder, settings, why);

	if (st != STATUS_SUCCESS || p.systemd)
		return STATUS_NO_SUCH_FILE;
	v = calloc(1, sizeof *v);
	if (!v)
		return STATUS_NO_MEMORY;
	st = key_read(&v->key, p.folder, p.next, false, why);
	if (st != STATUS_SUCCESS) {
		vault_drop(v);
		return st;
	}
	*ret_vault = v;
	return STATUS_SUCCESS;
}

NTSTATUS
vault_next_keep(int folder, const struct store_settings *settings, char why[STORE_WHY])
{
	struct key_place p;
	NTSTATUS st = key_place(&p, folder, settings, why);

	if (st == STATUS_SUCCESS && renameat(p.folder, p.next, p.folder, p.name) != 0)
		return folder_failed(errno, p.name, "putting the new key in its place", why);
	return st == STATUS_SUCCESS ? file_folder_sync(p.folder, p.name) : st;
}

void
vault_next_forget(int folder, const struct store_settings *settings)
{
	char why[STORE_WHY];
	struct key_place p;

	if (key_place(&p, folder, settings, why) == STATUS_SUCCESS && !p.systemd)
		(void)unlinkat(p.folder, p.next, 0);
}

bool
vault_key_path(char *to, size_t room, int *ret_folder, int folder, const struct store_settings *settings)
{
	char why[STORE_WHY];
	struct key_place p;

	if (key_place(&p, folder, settings, why) != STATUS_SUCCESS || p.systemd)
		return false;
	(void)snprintf(to, room, "%s", p.name);
	*ret_folder = p.folder;
	return true;
}
