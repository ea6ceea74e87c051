/*
 * store.c - the estate alone, without an LSA around it.
 *
 *     fill N      N accounts in the folder OPENLSA_STATE, each durable by itself; MORE: bytes of the database then
 *     find N      N look-ups by name, of accounts chosen as if at random
 *     at N        the same by RID
 *     open N      opens the store and finds one account, closes it
 *     lost N      N wrong guesses, each on the disk before the next
 *     lost-64 N   the same by 64 threads
 */
#include <stdatomic.h>
#include <sys/stat.h>

#include "store/account.h"
#include "store/attempt.h"
#include "worker.h"

#define THREADS	64u
#define NAME	"person%lu"

static struct store *store;
static unsigned long made;

static void
store_take(void)
{
	char why[STORE_WHY];

	if (!store && store_open(&store, &(struct store_settings){ .folder = getenv("OPENLSA_STATE"), .exclusive = true }, why) !=
	    STATUS_SUCCESS) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
}

static struct bytes
name_of(char name[32], unsigned long i)
{
	(void)snprintf(name, 32, NAME, i);
	return bytes_of_text(name);
}

static uint64_t
size_of(const char *file)
{
	char path[512];
	struct stat s;

	(void)snprintf(path, sizeof path, "%s/db/%s", getenv("OPENLSA_STATE"), file);
	return stat(path, &s) == 0 ? (uint64_t)s.st_size : 0;
}

static uint64_t
fill(unsigned long n, unsigned long arg)
{
	struct secret *hash = secret_new(ACCOUNT_HASH_LEN);
	char name[32];

	(void)arg;
	store_take();
	MUST(hash);
	for (unsigned long i = 0; i < n; i++) {
		struct account_new new = { .name = name_of(name, made++), .nt_hash = hash };
		uint32_t rid;

		MUST_BE(account_add(store, &new, &rid), STATUS_SUCCESS);
	}
	secret_drop(&hash);
	store_close(store);			/* what is still in the log goes into the database */
	store = NULL;
	return size_of("accounts.db") + size_of("accounts.db-wal");
}

static uint64_t
find(unsigned long n, unsigned long by_rid)
{
	static uint64_t dice = 88172645463325252u;
	struct account *account;
	char name[32];

	store_take();
	MUST(made);
	while (n--) {
		dice ^= dice << 13;
		dice ^= dice >> 7;
		dice ^= dice << 17;
		MUST((by_rid ? account_at(store, ACCOUNT_FIRST_RID + (uint32_t)(dice % made), &account) :
		    account_find(store, name_of(name, dice % made), &account)) == ACCOUNT_FOUND);
		account_drop(account);
	}
	return 0;
}

static uint64_t
open_anew(unsigned long n, unsigned long arg)
{
	struct account *account;
	char name[32];

	(void)arg;
	while (n--) {
		store_close(store);
		store = NULL;
		store_take();
		MUST(account_find(store, name_of(name, 0), &account) == ACCOUNT_FOUND);
		account_drop(account);
	}
	return 0;
}

static atomic_ulong lost_left, lost_name;

static void *
lost_main(void *arg)
{
	unsigned long left = atomic_load(&lost_left);
	struct attempt attempt;
	char name[32];

	(void)arg;
	for (;;) {
		while (left && !atomic_compare_exchange_weak(&lost_left, &left, left - 1))
			;
		if (!left)
			return NULL;
		if (attempt_reserve(store, NULL, name_of(name, atomic_fetch_add(&lost_name, 1)), &attempt) != ATTEMPT_OPEN)
			MUST(!attempt.reserved);	/* locked meanwhile: the same write, the same wait */
		attempt_lost(&attempt);
		MUST_BE(attempt_commit(store), STATUS_SUCCESS);
		left = atomic_load(&lost_left);
	}
}

static uint64_t
lost(unsigned long n, unsigned long threads)
{
	pthread_t t[THREADS];

	store_take();
	atomic_store(&lost_left, n);
	for (unsigned long i = 1; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, lost_main, NULL) == 0);
	(void)lost_main(NULL);
	for (unsigned long i = 1; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}

int
main(void)
{
	static const struct work list[] = {
		{ "fill",    fill,      0 },
		{ "find",    find,      0 },
		{ "at",      find,      1 },
		{ "open",    open_anew, 0 },
		{ "lost",    lost,      1 },
		{ "lost-64", lost,      THREADS },
	};

	return worker_serve(list, sizeof list / sizeof *list);
}
