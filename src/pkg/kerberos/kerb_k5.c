/*
 * kerb_k5.c - libkrb5's contexts, guarded and pooled; its profile's places.
 *
 * The library reads its configuration through a profile of ours, which hands
 * on to krb5.conf and overrides what would let it ask a name server. It
 * must never learn to know a ticket.
 */
#include "pkg/kerberos/kerb_k5.h"

#include <errno.h>
#include <profile.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fork.h"
#include "pkg/kerberos/kerb_guard.h"
#include "pkg/kerberos/kerb_pin.h"

#define POOL_MAX	256u
#define KEYTABS_MAX	8u
#define SHARED_MAX	4u

/* As long as the process; k5 is made by the first who enters. */
struct kerb_k5_shared {
	pthread_mutex_t lock;
	krb5_context k5;
};

/* A forked child begins with a pool of its own: a lock may have been held when it was made. */
struct pool {
	struct fork_own own;
	pthread_mutex_t lock;
	profile_t base, guarded;	/* as long as the process: contexts share them */
	krb5_context idle[POOL_MAX];
	unsigned count;
	struct { char *name; krb5_keytab handle; } keytabs[KEYTABS_MAX];	/* as long as the process, too */
	unsigned keytab_count;
	krb5_context names;		/* it alone loads what knows of hosts' realms; guarded by names_lock */
	pthread_mutex_t names_lock;
	struct kerb_k5_shared shared[SHARED_MAX];
};

static _Atomic(struct fork_own *) pools;

/* --- the profile ------------------------------------------------------------ */

static const struct { const char *name, *value; } overrides[] = {
	{ "dns_canonicalize_hostname", "false" },
	{ "dns_lookup_realm",          "false" },
	{ "dns_lookup_kdc",            "false" },
	{ "dns_uri_lookup",            "false" },
	{ "realm_try_domains",         "-1" },
	{ "rdns",                      "false" },
	{ "client_aware_channel_bindings", "true" },
};

static char **
one_value(const char *value)
{
	char **list = calloc(2, sizeof *list);

	if (list)
		list[0] = strdup(value);
	if (list && !list[0]) {
		free(list);
		list = NULL;
	}
	return list;
}

static void
values_free(void *base, char **values)
{
	(void)base;
	for (char **v = values; v && *v; v++)
		free(*v);
	free(values);
}

static char **
values_dup(char *const *values)
{
	size_t count = 0;
	char **list;

	while (values[count])
		count++;
	list = calloc(count + 1, sizeof *list);
	for (size_t i = 0; list && i < count; i++) {
		list[i] = strdup(values[i]);
		if (!list[i]) {
			values_free(NULL, list);
			return NULL;
		}
	}
	return list;
}

static long
values_get(void *base, const char *const *names, char ***ret_values)
{
	const char *last = NULL;
	char **found = NULL;
	long code;

	for (const char *const *n = names; *n; n++)
		last = *n;
	if (last && strcmp(names[0], "libdefaults") == 0)
		for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
			if (strcmp(last, overrides[i].name) == 0) {
				*ret_values = one_value(overrides[i].value);
				return *ret_values ? 0 : ENOMEM;
			}
	code = profile_get_values(base, (const char **)(uintptr_t)names, &found);
	if (code)
		return code;
	*ret_values = values_dup(found);
	profile_free_list(found);
	return *ret_values ? 0 : ENOMEM;
}

static krb5_error_code
profile_make(struct pool *p)
{
	struct profile_vtable table = { .minor_ver = 1, .get_values = values_get, .free_values = values_free };
	krb5_context plain;
	krb5_error_code code = krb5_init_context(&plain);

	if (code)
		return code;
	kerb_guard(plain);
	code = krb5_get_profile(plain, &p->base);
	krb5_free_context(plain);
	if (!code)
		code = (krb5_error_code)profile_init_vtable(&table, p->base, &p->guarded);
	if (code && p->base) {
		profile_abandon(p->base);
		p->base = NULL;
	}
	return code;
}

/* --- the pool ---------------------------------------------------------------- */

static bool
pool_begin(void *own)
{
	struct pool *p = own;

	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->names_lock, NULL);
	for (unsigned i = 0; i < SHARED_MAX; i++)
		pthread_mutex_init(&p->shared[i].lock, NULL);
	return true;
}

static void
pool_end(void *own)
{
	struct pool *p = own;

	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->names_lock);
	for (unsigned i = 0; i < SHARED_MAX; i++)
		pthread_mutex_destroy(&p->shared[i].lock);
}

static struct pool *
pool_of(void)
{
	return fork_own(&pools, sizeof(struct pool), pool_begin, pool_end);
}

static krb5_error_code
context_make(struct pool *p, krb5_context *ret_k5)
{
	krb5_error_code code = 0;

	pthread_mutex_lock(&p->lock);
	if (!p->guarded)
		code = profile_make(p);
	pthread_mutex_unlock(&p->lock);
	if (!code)
		code = krb5_init_context_profile(p->guarded, 0, ret_k5);
	if (!code)
		kerb_guard(*ret_k5);
	return code;
}

static krb5_context
context_new(struct call *call, struct pool *p)
{
	krb5_context k5 = NULL;
	krb5_error_code code = context_make(p, &k5);

	if (!code)
		return k5;
	if (call && code != ENOMEM)
		because(call, SEC_E_INTERNAL_ERROR, TO_CALLER,
		    "the Kerberos configuration (krb5.conf, or what KRB5_CONFIG names) cannot be read: %s; correct it",
		    kerb_k5_words(call, NULL, code));
	return NULL;
}

krb5_context
kerb_k5_take(struct call *call)
{
	struct pool *p = pool_of();
	krb5_context k5 = NULL;

	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	if (p->count)
		k5 = p->idle[--p->count];
	pthread_mutex_unlock(&p->lock);
	return k5 ? k5 : context_new(call, p);
}

/* A KDC's clock that the library found out about stays with what was found by it, not with the context. */
static void
clock_reset(krb5_context k5)
{
	krb5_timestamp seconds = 0;
	krb5_int32 micro = 0;

	if (krb5_get_time_offsets(k5, &seconds, &micro) == 0 && (seconds || micro))
		(void)kerb_k5_clock(k5, 0);
}

void
kerb_k5_give(krb5_context k5)
{
	struct pool *p;

	if (!k5)
		return;
	p = pool_of();
	clock_reset(k5);
	krb5_clear_error_message(k5);
	if (p) {
		pthread_mutex_lock(&p->lock);
		if (p->count < POOL_MAX) {
			p->idle[p->count++] = k5;
			k5 = NULL;
		}
		pthread_mutex_unlock(&p->lock);
	}
	if (k5)
		krb5_free_context(k5);
}

struct kerb_k5_shared *
kerb_k5_join(struct call *call, krb5_context *ret_k5)
{
	struct pool *p = pool_of();
	struct kerb_k5_shared *s = NULL;

	if (!p)
		return NULL;
	for (unsigned i = 0; i < SHARED_MAX && !s; i++)
		if (pthread_mutex_trylock(&p->shared[i].lock) == 0)
			s = &p->shared[i];
	if (!s) {
		s = &p->shared[0];
		pthread_mutex_lock(&s->lock);
	}
	if (!s->k5)
		s->k5 = context_new(call, p);
	*ret_k5 = s->k5;
	if (s->k5)
		return s;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

krb5_context
kerb_k5_enter(struct kerb_k5_shared *shared, int32_t clock)
{
	pthread_mutex_lock(&shared->lock);
	if (clock)
		(void)kerb_k5_clock(shared->k5, clock);
	return shared->k5;
}

void
kerb_k5_leave(struct kerb_k5_shared *shared)
{
	clock_reset(shared->k5);
	krb5_clear_error_message(shared->k5);
	pthread_mutex_unlock(&shared->lock);
}

krb5_error_code
kerb_k5_realm_of(const char *host, char **ret_realm)
{
	struct pool *p = pool_of();
	char **realms = NULL;
	krb5_error_code code = 0;

	if (!p)
		return ENOMEM;
	pthread_mutex_lock(&p->names_lock);
	if (!p->names)
		code = context_make(p, &p->names);
	if (!code)
		code = krb5_get_host_realm(p->names, host, &realms);
	if (!code) {
		*ret_realm = strdup(realms[0]);
		krb5_free_host_realm(p->names, realms);
		code = *ret_realm ? 0 : ENOMEM;
	}
	pthread_mutex_unlock(&p->names_lock);
	return code;
}

/* libkrb5 locks such a handle for each use, and keeps no file open between them. */
bool
kerb_k5_keytab(krb5_context k5, krb5_keytab *keytab)
{
	struct pool *p = pool_of();
	krb5_keytab known = NULL;
	char name[MAX_KEYTAB_NAME_LEN + 1];
	bool shared = false;
	unsigned i = 0;

	if (!p || strcmp(krb5_kt_get_type(k5, *keytab), "FILE") != 0 || krb5_kt_get_name(k5, *keytab, name, sizeof name) != 0)
		return false;
	pthread_mutex_lock(&p->lock);
	while (i < p->keytab_count && strcmp(p->keytabs[i].name, name) != 0)
		i++;
	if (i < p->keytab_count) {
		known = p->keytabs[i].handle;
	} else if (i < KEYTABS_MAX && (p->keytabs[i].name = strdup(name)) != NULL) {
		p->keytabs[i].handle = *keytab;
		p->keytab_count++;
		shared = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (known) {
		krb5_kt_close(k5, *keytab);
		*keytab = known;
	}
	return known || shared;
}

bool
kerb_k5_clock(krb5_context k5, int32_t offset)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return krb5_set_real_time(k5, (krb5_timestamp)(uint32_t)(now.tv_sec + offset), -1) == 0;
}

int32_t
kerb_k5_clock_offset(krb5_context k5)
{
	krb5_timestamp seconds = 0;
	krb5_int32 micro = 0;

	return krb5_get_time_offsets(k5, &seconds, &micro) == 0 ? seconds : 0;
}

/* --- places ------------------------------------------------------------------ */

/* False: it could not be read. *ret_values NULL: the profile says nothing. */
static bool
realm_values(struct pool *p, const char *realm, const char *name, char ***ret_values)
{
	const char *names[] = { "realms", realm, name, NULL };
	long code = p->base ? profile_get_values(p->base, names, ret_values) : PROF_NO_SECTION;

	if (code)
		*ret_values = NULL;
	return !code || code == PROF_NO_SECTION || code == PROF_NO_RELATION;
}

/* A place of the kdc_ask kind; HTTPS proxies are none. */
static bool
place_fits(const char *place)
{
	return *place && !strstr(place, "://") && !strpbrk(place, " \t");
}

/* "host:port" without its port, unless it is an IPv6 literal. */
static size_t
host_len(const char *place)
{
	const char *colon = strrchr(place, ':');

	if (!colon || (strchr(place, ':') != colon && colon[-1] != ']'))
		return strlen(place);
	return (size_t)(colon - place);
}

static const char *
places_join(struct call *call, char **values, bool hosts_only)
{
	size_t room = 1;
	char *text;
	struct writer w;

	for (char **v = values; *v; v++)
		room += strlen(*v) + 1;
	text = call_memory(call, room);
	if (!text)
		return NULL;
	w = writer_of(text, room - 1);
	for (char **v = values; *v; v++)
		if (place_fits(*v)) {
			if (w.need)
				writer_u8(&w, ' ');
			writer_bytes(&w, bytes_of(*v, hosts_only ? host_len(*v) : strlen(*v)));
		}
	return text;
}

const char *
kerb_k5_places(struct call *call, krb5_context k5, const char *realm, bool kpasswd)
{
	struct pool *p = pool_of();
	const char *places = "";
	bool hosts_only = false, read;
	char **values = NULL;

	(void)k5;
	if (!p)
		return NULL;
	read = realm_values(p, realm, kpasswd ? "kpasswd_server" : "kdc", &values);
	if (read && !values && kpasswd) {
		read = realm_values(p, realm, "admin_server", &values);
		hosts_only = true;
	}
	if (values) {
		places = places_join(call, values, hosts_only);
		profile_free_list(values);
	}
	return read && places ? kerb_pin_places(call, realm, kpasswd, places) : NULL;
}

bool
kerb_k5_searches(const char *realm)
{
	struct pool *p = pool_of();
	int yes = 1;

	if (!p || !p->base)
		return true;
	/* What cannot be read is no leave to ask the world. */
	return profile_get_boolean(p->base, "libdefaults", "dns_lookup_kdc", NULL, 1, &yes) == 0 &&
	    profile_get_boolean(p->base, "libdefaults", realm, "dns_lookup_kdc", yes, &yes) == 0 && yes != 0;
}

const char *
kerb_k5_default_realm(struct call *call)
{
	struct pool *p = pool_of();
	char *found = NULL, *text = NULL;

	if (p && p->base && profile_get_string(p->base, "libdefaults", "default_realm", NULL, NULL, &found) == 0 && found) {
		text = call_memory(call, strlen(found) + 1);
		if (text)
			bytes_copy(text, found, strlen(found));
		profile_release_string(found);
	}
	return text ? text : "";
}

/* --- warming ----------------------------------------------------------------- */

void
kerb_k5_warm(void)
{
	krb5_context k5 = kerb_k5_take(NULL);
	krb5_get_init_creds_opt *options = NULL;
	krb5_init_creds_context as = NULL;
	krb5_data none = { 0 }, out = { 0 }, realm = { 0 };
	krb5_principal nobody = NULL;
	unsigned flags = 0;

	if (!k5)
		return;
	/* The first step of all loads the preauthentication plug-ins. */
	if (krb5_parse_name(k5, "nobody@WARM", &nobody) == 0 && krb5_get_init_creds_opt_alloc(k5, &options) == 0 &&
	    krb5_init_creds_init(k5, nobody, NULL, NULL, 0, options, &as) == 0 &&
	    krb5_init_creds_step(k5, as, &none, &out, &realm, &flags) == 0) {
		krb5_free_data_contents(k5, &out);
		krb5_free_data_contents(k5, &realm);
	}
	krb5_init_creds_free(k5, as);
	krb5_get_init_creds_opt_free(k5, options);
	krb5_free_principal(k5, nobody);
	kerb_k5_give(k5);
}
