/*
 * estate.h - a store in a folder of its own, for tests; removed at the end.
 */
#ifndef OPENLSA_TESTS_ESTATE_H
#define OPENLSA_TESTS_ESTATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE			/* nftw, memmem */
#endif
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "check.h"
#include "store/account.h"
#include "store/attempt.h"
#include "store/policy.h"
#include "store/store.h"

static char estate[64];				/* the folder of the running test */
static char estate_why[STORE_WHY];

static inline void
estate_begin(void)
{
	snprintf(estate, sizeof estate, "/tmp/openlsa-store-XXXXXX");
	CHECK(mkdtemp(estate) != NULL);
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void
estate_end(void)
{
	(void)nftw(estate, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
estate_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", estate, name);
	return path;
}

static inline NTSTATUS
estate_try(struct store **ret_store, bool exclusive)
{
	struct store_settings settings = { .folder = estate, .exclusive = exclusive, .computer_name = "TESTBOX" };

	return store_open(ret_store, &settings, estate_why);
}

static inline struct store *
estate_open(bool exclusive)
{
	struct store *s = NULL;

	if (!CHECK_U64((uint32_t)estate_try(&s, exclusive), STATUS_SUCCESS)) {
		fprintf(stderr, "    %s\n", estate_why);
		exit(2);
	}
	return s;
}

static const uint8_t hash_plain[16] = { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static inline NTSTATUS
estate_add(struct store *s, struct bytes name, uint32_t flags, uint32_t *ret_rid)
{
	struct secret *hash = secret_of(bytes_of(hash_plain, sizeof hash_plain));
	struct account_new new = { .name = name, .full_name = bytes_of_text("Full Name"), .nt_hash = hash, .flags = flags };
	NTSTATUS st = account_add(s, &new, ret_rid);

	secret_drop(&hash);
	return st;
}

static inline NTSTATUS
estate_add_text(struct store *s, const char *name)
{
	return estate_add(s, bytes_of_text(name), 0, NULL);
}

static inline struct account *
estate_find(struct store *s, const char *name)
{
	struct account *a = NULL;

	return account_find(s, bytes_of_text(name), &a) == ACCOUNT_FOUND ? a : NULL;
}

static inline bool
hash_is(const struct account *a, const uint8_t want[16])
{
	const uint8_t *p;
	bool same = false;

	WITH_SECRET(p, a->nt_hash)
		same = secret_len(a->nt_hash) == 16 && memcmp(p, want, 16) == 0;
	return same;
}

/* Runs it in a child of its own; true when it returned 0. */
static inline bool
in_child(int (*run)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(run(arg));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
