/*
 * lsa.c - the LSA itself: what all links share, its birth and its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "base/time.h"
#include "crypto/fips.h"
#include "engine/net.h"
#include "lsa/client.h"
#include "lsa/raise.h"
#include "lsa/rights.h"
#include "store/store.h"

#define LINKS_USUAL	20000u
#define STRANGERS_USUAL	1000u
#define OBJECTS_USUAL	250000u
#define CALLS_USUAL	250000u
#define DEADLINE_USUAL	30000u
#define JOBS_USUAL	4u

static uint32_t
or_usual(uint32_t given, uint32_t usual)
{
	return given ? given : usual;
}

static struct secret *
random_secret(size_t len)
{
	struct secret *s = secret_new(len);
	uint8_t *p;
	bool good = s != NULL;

	if (s)
		WITH_SECRET(p, s)
			good = random_bytes(p, len);
	if (!good)
		secret_drop(&s);
	return s;
}

/* A lock file that could not be taken, a damaged database: the store's sentence is what an administrator needs. */
static NTSTATUS
store_make(struct lsa *lsa)
{
	struct store_settings settings = { .folder = lsa->state, .exclusive = lsa->settings.exclusive,
	    .key_file = lsa->key_file, .computer_name = lsa->computer, .audit = lsa->settings.audit };

	struct store *store;
	NTSTATUS status = store_open(&store, &settings, lsa->store_why);

	if (status != STATUS_SUCCESS)
		return status;
	status = rights_begin(store);
	if (status != STATUS_SUCCESS) {
		(void)snprintf(lsa->store_why, sizeof lsa->store_why,
		    "the first entries of policy cannot be written or read: is the disk full? Where db/accounts.db is damaged, put a backup back with lsad --restore, see lsad(8).");
		store_close(store);
		return status;
	}
	__atomic_store_n(&lsa->store, store, __ATOMIC_RELEASE);
	raise_started(lsa);
	lsa_packages_audit(lsa);
	return status;
}

NTSTATUS
lsa_store(struct lsa *lsa, struct store **ret_store, struct call *call)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (!__atomic_load_n(&lsa->store, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&lsa->store_lock);
		if (!lsa->store)
			status = store_make(lsa);
		if (status != STATUS_SUCCESS && call)
			(void)because(call, status, TO_CALLER, "the account store did not open: %s", lsa->store_why);
		pthread_mutex_unlock(&lsa->store_lock);
	}
	*ret_store = lsa->store;
	return status;
}

NTSTATUS
lsa_open(struct lsa **ret_lsa, const struct lsa_settings *settings, char why[LSA_SENTENCE])
{
	struct lsa *lsa = calloc(1, sizeof *lsa);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	*why = 0;
	if (!lsa)
		return status;
	lsa->settings = *settings;
	lsa->limits = (struct lsa_limits){
		.links       = or_usual(settings->limits.links, LINKS_USUAL),
		.strangers   = or_usual(settings->limits.strangers, STRANGERS_USUAL),
		.objects     = or_usual(settings->limits.objects, OBJECTS_USUAL),
		.calls       = or_usual(settings->limits.calls, CALLS_USUAL),
		.deadline_ms = or_usual(settings->limits.deadline_ms, DEADLINE_USUAL),
	};
	pthread_mutex_init(&lsa->lock, NULL);
	pthread_mutex_init(&lsa->store_lock, NULL);
	pthread_mutex_init(&lsa->kept_lock, NULL);
	pthread_mutex_init(&lsa->changes.lock, NULL);
	lsa->state = settings->state ? strdup(settings->state) : NULL;
	lsa->computer = settings->computer ? strdup(settings->computer) : NULL;
	lsa->key_file = settings->key_file ? strdup(settings->key_file) : NULL;
	lsa->started = time_filetime();
	if (gethostname(lsa->host, sizeof lsa->host - 1) != 0)
		(void)snprintf(lsa->host, sizeof lsa->host, "localhost");
	lsa->objects = client_table();
	lsa->jobs = jobs_new(or_usual(settings->job_threads, JOBS_USUAL));
	lsa->net = lsa->jobs ? net_new(lsa->jobs) : NULL;
	lsa->wrap_key = random_secret(32);
	lsa->dummy_key = random_secret(ACCOUNT_HASH_LEN);
	if (!lsa->state || (settings->computer && !lsa->computer) ||
	    (settings->key_file && !lsa->key_file) || !lsa->objects || !lsa->jobs || !lsa->net || !lsa->wrap_key ||
	    !lsa->dummy_key || sessions_new(&lsa->sessions, keep_session_ended, lsa) != STATUS_SUCCESS ||
	    !random_bytes(&lsa->epoch, sizeof lsa->epoch) ||
	    !random_bytes(lsa->machine_id, sizeof lsa->machine_id)) {
		(void)snprintf(why, LSA_SENTENCE, "no memory that can be locked, or no random bytes");
		goto failed;
	}
	lsa->epoch |= 1;
	if (!fips_mode(&lsa->fips)) {
		(void)snprintf(why, LSA_SENTENCE, "/proc/sys/crypto/fips_enabled cannot be read, so what is allowed here cannot be told");
		goto failed;
	}
	if (settings->exclusive) {
		status = store_make(lsa);
		if (status != STATUS_SUCCESS) {
			(void)snprintf(why, LSA_SENTENCE, "%s", lsa->store_why);
			goto failed;
		}
	}
	if (!authority_open(lsa, why)) {
		status = STATUS_UNSUCCESSFUL;
		goto failed;
	}
	for (uint32_t i = 0; settings->exclusive && i < package_count(); i++)
		if (package_at(i)->warm)
			package_at(i)->warm();
	*ret_lsa = lsa;
	return STATUS_SUCCESS;
failed:
	lsa_close(lsa);
	return status;
}

void
lsa_reopen(struct lsa *lsa)
{
	struct store *store = __atomic_load_n(&lsa->store, __ATOMIC_ACQUIRE);

	if (store)
		store_reopen(store);
}

void
lsa_close(struct lsa *lsa)
{
	if (!lsa)
		return;
	jobs_drop(lsa->jobs);
	authority_close(lsa);
	if (lsa->settings.exclusive)
		lsa_packages_close();
	net_drop(lsa->net);
	handle_table_drop(lsa->objects);
	if (lsa->store) {
		raise_stopped(lsa);
		store_close(lsa->store);
	}
	sessions_drop(lsa->sessions);
	secret_drop(&lsa->wrap_key);
	secret_drop(&lsa->dummy_key);
	pthread_mutex_destroy(&lsa->lock);
	pthread_mutex_destroy(&lsa->store_lock);
	keep_rows_drop(lsa->machine_kept);
	pthread_mutex_destroy(&lsa->kept_lock);
	pthread_mutex_destroy(&lsa->changes.lock);
	free(lsa->state);
	free(lsa->computer);
	free(lsa->key_file);
	free(lsa);
}
