/*
 * kerb_default.c - who an initiator is who was given no identity: by the
 * tickets of its process or session, or by a keytab. It must never learn to
 * know a password that was typed.
 */
#include "pkg/kerberos/kerb_lsa.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_k5.h"

/* --- a keytab ------------------------------------------------------------------------ */

/* The first name in a keytab, malloc'ed. */
static char *
first_in_keytab(krb5_context k5, krb5_keytab keytab)
{
	krb5_keytab_entry entry;
	krb5_kt_cursor cursor;
	char *text = NULL, *copy = NULL;

	if (krb5_kt_start_seq_get(k5, keytab, &cursor) != 0)
		return NULL;
	if (krb5_kt_next_entry(k5, keytab, &entry, &cursor) == 0) {
		if (krb5_unparse_name(k5, entry.principal, &text) == 0) {
			copy = strdup(text);
			krb5_free_unparsed_name(k5, text);
		}
		krb5_free_keytab_entry_contents(k5, &entry);
	}
	krb5_kt_end_seq_get(k5, keytab, &cursor);
	return copy;
}

static bool
is_in_keytab(krb5_context k5, krb5_keytab keytab, const char *name)
{
	krb5_keytab_entry entry;
	krb5_principal who = NULL;
	bool is = false;

	if (krb5_parse_name(k5, name, &who) == 0 && krb5_kt_get_entry(k5, keytab, who, 0, 0, &entry) == 0) {
		krb5_free_keytab_entry_contents(k5, &entry);
		is = true;
	}
	krb5_free_principal(k5, who);
	return is;
}

/* The client whose key is in the keytab: the one named, or of a client's keytab the first. */
static char *
keytab_client(struct call *call, krb5_context k5, const char *named)
{
	const char *name = services(call)->setting(call, "keytab");
	krb5_keytab keytab = NULL;
	char *client = NULL;

	if (name && *name)
		(void)krb5_kt_resolve(k5, name, &keytab);
	else
		(void)krb5_kt_client_default(k5, &keytab);
	if (keytab && !*named)
		client = name && *name ? NULL : first_in_keytab(k5, keytab);
	else if (keytab && is_in_keytab(k5, keytab, named))
		client = strdup(named);
	if (keytab)
		krb5_kt_close(k5, keytab);
	if (client || !*named || (name && *name) || krb5_kt_default(k5, &keytab) != 0)
		return client;
	if (is_in_keytab(k5, keytab, named))
		client = strdup(named);
	krb5_kt_close(k5, keytab);
	return client;
}

/* --- tickets that are there ------------------------------------------------------------ */

/* A session that is named has its own; else the process's go before its session's. */
static struct kerb_cache *
cache_at_hand(struct call *call, uint64_t luid)
{
	const struct lsa_services *s = services(call);
	struct kerb_cache *cache = luid ? NULL : kerb_process_cache(call);
	struct session_view session;

	if (!cache && s->session(call, luid, &session) == STATUS_SUCCESS)
		cache = (struct kerb_cache *)(void *)s->session_kept(call, session.session, &kerberos_lsa);
	return cache;
}

/*
 * Who shows a client's evidence: the caller, by the tickets at hand, else by a keytab's first name, else by
 * that of the service which the evidence is for.
 */
static NTSTATUS
use_service(struct call *call, krb5_context k5, const char *service, struct kerb_cred *cred)
{
	struct kerb_cred *own = cred->service = calloc(1, sizeof *own);
	const char *realm = strrchr(service, '@');
	bool machine = realm && realm > service && realm[-1] == '$';	/* its ticket is nobody's else to show */
	struct kerb_cache *cache = machine ? NULL : cache_at_hand(call, 0);
	struct kerb_hoard *hoard = cache ? kerb_cache_hoard(cache) : NULL;

	if (own && hoard) {
		own->is = KERB_TICKETS;
		own->cache = kerb_cache_hold(cache);
		own->client = strdup(hoard->client);
	} else if (own) {
		own->is = KERB_KEYTAB;
		own->client = machine ? NULL : keytab_client(call, k5, "");
		if (!own->client)
			own->client = keytab_client(call, k5, service);
		if (!own->client || !services(call)->may_accept(call, own->client)) {
			kerb_cache_drop(cache);
			return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
			    "to act for a client %s needs tickets of its own: neither this process nor a keytab it may use has them; run kinit",
			    service);
		}
		own->cache = kerb_cache_new();
	}
	kerb_hoard_drop(hoard);
	kerb_cache_drop(cache);
	return own && own->client && own->cache ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS
use_hoard(struct call *call, krb5_context k5, struct kerb_cache *cache, const struct kerb_hoard *hoard, struct kerb_cred *cred)
{
	cred->is = KERB_TICKETS;
	cred->cache = cache;
	cred->client = strdup(hoard->client);
	if (!cred->client)
		return STATUS_INSUFFICIENT_RESOURCES;
	return hoard->evidence ? use_service(call, k5, hoard->service, cred) : STATUS_SUCCESS;
}

/* A session with a password and no tickets yet: the first leg asks for them, into the session's cache. */
static NTSTATUS
use_session_password(struct kerb_cache *cache, struct kerb_cred *cred)
{
	uint8_t *p;

	cred->cache = cache;
	cred->enterprise = cache->enterprise;
	cred->client = strdup(cache->client);
	WITH_SECRET(p, cache->password)
		cred->password = secret_of(bytes_of(p, secret_len(cache->password)));
	cred->is = KERB_PASSWORD;
	return cred->client && cred->password ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS
kerb_use_default(struct call *call, krb5_context k5, uint64_t luid, const char *principal, struct kerb_cred *cred)
{
	NTSTATUS status = kerb_expected(call);
	struct kerb_cache *cache;
	struct kerb_hoard *hoard;

	if (status != STATUS_SUCCESS)
		return status;
	cache = cache_at_hand(call, luid);
	hoard = cache ? kerb_cache_hoard(cache) : NULL;
	if (cache && cache->password && (!*principal || strcmp(principal, cache->client) == 0)) {
		kerb_hoard_drop(hoard);
		return use_session_password(cache, cred);
	}
	if (hoard && (!*principal || strcmp(principal, hoard->client) == 0)) {
		status = use_hoard(call, k5, cache, hoard, cred);
		kerb_hoard_drop(hoard);
		return status;
	}
	kerb_hoard_drop(hoard);
	kerb_cache_drop(cache);
	/* A key of the caller's is nobody else's. */
	if (luid)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the logon session that is to be acted for has no Kerberos tickets%s%s",
		    *principal ? " of " : "", principal);
	cred->client = keytab_client(call, k5, principal);
	if (cred->client && services(call)->may_accept(call, cred->client)) {
		cred->is = KERB_KEYTAB;
		cred->cache = kerb_cache_new();
		return cred->cache ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
	    "there are no Kerberos tickets%s%s: neither in the ticket cache of this process (klist) nor by a keytab it may use; run kinit, "
	    "or pass an identity", *principal ? " for " : "", principal);
}
