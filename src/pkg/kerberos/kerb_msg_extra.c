/*
 * kerb_msg_extra.c - messages 17 and 22: keys of a password, for a session to
 * accept with, or (AddCredentials) a credential; 34: the same as a keytab; and 19: tickets and such keys from
 * one session to another.
 *
 * A password becomes keys on a job, since that takes milliseconds for each type. The
 * salt is the one that KDCs use when nobody told them another: RFC 4120 4,
 * and for accounts of machines [MS-KILE] 3.1.1.2.
 */
#include "pkg/kerberos/kerb_msg.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_extra.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_lsa.h"

#define FIXED		72u
#define NAMES_AT	80u
#define NAMES_MOST	64u

/* A password on its way; the job may hold it beyond the call. */
struct derive {
	_Atomic uint32_t refs;
	krb5_context k5;
	struct secret *password;
	krb5_data salt;
	struct kerb_extra *extra;
	krb5_error_code code;
};

struct asked {
	struct derive *derive;		/* NULL at first */
	struct kerb_cache *cache;
	uint32_t how;
};

static void
derive_drop(void *at)
{
	struct derive *d = at;

	if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	if (d->k5)
		krb5_free_data_contents(d->k5, &d->salt);
	kerb_k5_give(d->k5);
	secret_drop(&d->password);
	kerb_extra_drop(d->extra);
	free(d);
}

static void
asked_drop(void *at)
{
	struct asked *a = at;

	derive_drop(a->derive);
	kerb_cache_drop(a->cache);
}

static NTSTATUS
derive_keys(void *at)
{
	static const krb5_enctype types[EXTRA_KEYS] = { ENCTYPE_AES256_CTS_HMAC_SHA1_96, ENCTYPE_AES128_CTS_HMAC_SHA1_96,
	    ENCTYPE_AES256_CTS_HMAC_SHA384_192, ENCTYPE_AES128_CTS_HMAC_SHA256_128, ENCTYPE_ARCFOUR_HMAC };
	struct derive *d = at;
	uint8_t *p, *to;

	WITH_SECRET(p, d->password)
		WITH_SECRET(to, d->extra->keys)
			for (size_t i = 0; i < EXTRA_KEYS && d->code != ENOMEM; i++) {
				krb5_data password = { .length = (unsigned)secret_len(d->password), .data = (char *)p };
				krb5_keyblock block = { 0 };
				struct kerb_key key;

				/* A type that libkrb5 was built without is passed over, and rc4-hmac where MD4 is forbidden. */
				d->code = krb5_c_string_to_key(d->k5, types[i], &password, &d->salt, &block);
				if (d->code && d->code != KRB5_BAD_ENCTYPE && types[i] != ENCTYPE_ARCFOUR_HMAC)
					d->code = ENOMEM;
				if (d->code || block.length > sizeof key.b)
					continue;
				key = (struct kerb_key){ .etype = block.enctype, .len = block.length };
				bytes_copy(key.b, block.contents, block.length);
				bytes_copy(to + i * sizeof key, &key, sizeof key);
				bytes_wipe(&key, sizeof key);
				krb5_free_keyblock_contents(d->k5, &block);
			}
	return d->code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* --- what is asked for --------------------------------------------------------- */

/* REALMhostNAME.realm for a machine's account, NAME$. */
static krb5_error_code
salt_of(krb5_context k5, krb5_const_principal who, krb5_data *ret_salt)
{
	const krb5_data *name = who->length == 1 ? &who->data[0] : NULL;
	size_t len, at = who->realm.length;
	char *text;

	if (!name || name->length < 2 || name->data[name->length - 1] != '$')
		return krb5_principal2salt(k5, who, ret_salt);
	len = 2 * who->realm.length + 4 + name->length;		/* a point for the "$" */
	text = malloc(len);
	if (!text)
		return ENOMEM;
	memcpy(text, who->realm.data, at);
	memcpy(text + at, "host", 4);
	at += 4;
	for (unsigned i = 0; i + 1 < name->length; i++)
		text[at++] = (char)tolower((unsigned char)name->data[i]);
	text[at++] = '.';
	for (unsigned i = 0; i < who->realm.length; i++)
		text[at++] = (char)tolower((unsigned char)who->realm.data[i]);
	*ret_salt = (krb5_data){ .length = (unsigned)at, .data = text };
	return 0;
}

static krb5_error_code
client_of(struct derive *d, const char *user, const char *realm)
{
	krb5_principal who = NULL;
	char *text = NULL;
	krb5_error_code code = krb5_parse_name_flags(d->k5, user, KRB5_PRINCIPAL_PARSE_NO_REALM, &who);

	if (!code)
		code = krb5_set_principal_realm(d->k5, who, realm);
	if (!code)
		code = krb5_unparse_name(d->k5, who, &text);
	if (!code)
		code = salt_of(d->k5, who, &d->salt);
	if (!code) {
		d->extra->client = strdup(text);
		code = d->extra->client ? 0 : ENOMEM;
	}
	krb5_free_unparsed_name(d->k5, text);
	krb5_free_principal(d->k5, who);
	return code;
}

/* The names, one behind the other. False: malformed, or no memory; then *ret_names is NULL. */
static bool
names_take(struct call *call, struct bytes body, size_t *ret_fixed, char **ret_names)
{
	struct reader r = reader_of(body);
	const char *list[NAMES_MOST];
	size_t room = 1;
	uint32_t count;
	char *to;

	reader_skip(&r, FIXED);
	count = reader_u32(&r);
	reader_skip(&r, NAMES_AT - FIXED - 4);
	if (!reader_ok(&r) || !count || count > NAMES_MOST)
		return false;
	*ret_fixed = NAMES_AT + 16 * (size_t)count;
	for (uint32_t i = 0; i < count; i++) {
		list[i] = kerb_msg_text(call, &r, *ret_fixed);
		if (!list[i] || !*list[i])
			return false;
		room += strlen(list[i]) + 1;
	}
	*ret_names = to = calloc(1, room);
	if (!to)
		call_starve(call);
	for (uint32_t i = 0; to && i < count; i++)
		to = stpcpy(to, list[i]) + 1;
	return to != NULL;
}

/* A session's own cache; made where it has none. */
static struct kerb_cache *
session_cache(struct call *call, uint64_t luid, struct message_result *ret)
{
	const struct lsa_services *s = services(call);
	struct session_view session;
	struct kerb_cache *cache;

	ret->verdict = s->session(call, luid, &session);
	if (ret->verdict != STATUS_SUCCESS) {
		(void)because(call, ret->verdict, TO_CALLER, ret->verdict == STATUS_ACCESS_DENIED ?
		    "only a trusted caller may change another's logon session" : "there is no such logon session");
		return NULL;
	}
	cache = (struct kerb_cache *)(void *)s->session_kept(call, session.session, &kerberos_lsa);
	return cache ? cache : kerb_msg_cache_make(call, &session, &ret->verdict);
}

static struct derive *
derive_new(struct call *call)
{
	struct derive *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	atomic_init(&d->refs, 1);
	d->k5 = kerb_k5_take(call);
	d->extra = calloc(1, sizeof *d->extra);
	if (d->extra)
		d->extra->keys = secret_new(EXTRA_KEYS * sizeof(struct kerb_key));
	if (d->k5 && d->extra && d->extra->keys)
		return d;
	derive_drop(d);
	return NULL;
}

/* The password, the name and its salt. A verdict that is no success, or no memory. */
static NTSTATUS
derive_begin(struct call *call, struct derive *d, const char *user, const char *domain, const char *password,
    struct message_result *ret)
{
	char *realm = bytes_dup(bytes_of_text(*domain ? domain : kerb_k5_default_realm(call)));

	d->password = secret_of(bytes_of_text(password));
	if (!realm || !d->password) {
		free(realm);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	for (char *c = realm; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	d->code = client_of(d, user, realm);
	free(realm);
	ret->verdict = STATUS_SUCCESS;
	if (d->code)
		return d->code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the user name is none that Kerberos knows");
	return STATUS_SUCCESS;
}

static bool
is_how(uint32_t flags)
{
	return flags == EXTRA_ADD || flags == EXTRA_REPLACE || flags == EXTRA_REMOVE;
}

/* STATUS_PENDING: the keys are being made. Else the verdict is there, or ret's is success and the account is removed. */
static NTSTATUS
ask(struct call *call, struct asked *a, const struct message_args *args, bool longer, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	const char *user, *domain, *password;
	size_t fixed = FIXED;
	NTSTATUS status;
	uint64_t luid;

	a->derive = derive_new(call);
	if (!a->derive)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (longer && !names_take(call, args->body, &fixed, &a->derive->extra->names))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the principal names are malformed, none, or more than 64");
	reader_skip(&r, 8);
	user = kerb_msg_text(call, &r, fixed);
	domain = kerb_msg_text(call, &r, fixed);
	password = kerb_msg_text(call, &r, fixed);
	luid = reader_u64(&r);
	a->how = reader_u32(&r);
	if (!reader_ok(&r) || !user || !*user || !domain || !password || !is_how(a->how))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or its flags are not one of 1, 2 and 4");
	status = derive_begin(call, a->derive, user, domain, password, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	a->cache = session_cache(call, luid, ret);
	if (!a->cache)
		return STATUS_SUCCESS;
	if (a->how == EXTRA_REMOVE)
		return STATUS_SUCCESS;
	atomic_fetch_add(&a->derive->refs, 1);
	return await_job(call, derive_keys, derive_drop, a->derive);
}

NTSTATUS
kerb_msg_extra(struct call *call, const struct message_args *args, bool longer, struct message_result *ret)
{
	struct asked *a = frame(call, sizeof *a, asked_drop);
	struct kerb_extra *extra;
	NTSTATUS status;

	if (!a)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = a->derive ? awaited(call) : ask(call, a, args, longer, ret);
	if (status != STATUS_SUCCESS || !a->cache)
		return status;
	extra = a->derive->extra;
	a->derive->extra = NULL;
	ret->verdict = kerb_extra_set(a->cache, extra, (enum kerb_extra_how)a->how);
	if (ret->verdict != STATUS_SUCCESS)
		(void)because(call, ret->verdict, TO_CALLER, ret->verdict == STATUS_OBJECT_NAME_COLLISION ?
		    "the session has keys of this account already; replace them" : ret->verdict == STATUS_QUOTA_EXCEEDED ?
		    "the session has keys of 64 accounts already" : "the session has no keys of this account");
	return STATUS_SUCCESS;
}

/* --- AddCredentials: for one credential --------------------------------------------------- */

/* The credential's own list, made by whoever needs it first. */
static struct kerb_cache *
cred_extra(struct kerb_cred *cred)
{
	struct kerb_cache *own = atomic_load(&cred->extra), *fresh;

	if (own)
		return own;
	fresh = kerb_cache_new();
	if (fresh && !atomic_compare_exchange_strong(&cred->extra, &own, fresh))
		kerb_cache_drop(fresh);
	else
		own = fresh;
	return own;
}

static NTSTATUS
ask_add(struct call *call, struct asked *a, const struct acquire_args *args)
{
	struct message_result verdict = { .verdict = STATUS_SUCCESS };
	const char *user = kerb_msg_utf8(call, args->user), *domain = kerb_msg_utf8(call, args->domain);
	const char *password = kerb_msg_utf8(call, args->password);
	NTSTATUS status;

	if (!bytes_same(args->packages, bytes_of_text(kerberos_lsa.name)))
		return because(call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "a credential of Kerberos takes Kerberos' alone");
	if (!user || !*user || !domain || !args->has_password || !password)
		return because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER, "an identity with a name and a password is needed");
	a->derive = derive_new(call);
	if (!a->derive)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (args->principal.len) {		/* for this name alone; an empty one ends the list */
		a->derive->extra->names = calloc(1, args->principal.len + 2);
		if (!a->derive->extra->names)
			return STATUS_INSUFFICIENT_RESOURCES;
		bytes_copy(a->derive->extra->names, args->principal.at, args->principal.len);
	}
	status = derive_begin(call, a->derive, user, domain, password, &verdict);
	if (status != STATUS_SUCCESS)
		return status;
	if (verdict.verdict != STATUS_SUCCESS)
		return SEC_E_UNKNOWN_CREDENTIALS;
	atomic_fetch_add(&a->derive->refs, 1);
	return await_job(call, derive_keys, derive_drop, a->derive);
}

NTSTATUS
kerb_add(struct call *call, void *cred, const struct acquire_args *args)
{
	struct asked *a = frame(call, sizeof *a, asked_drop);
	struct kerb_extra *extra;
	struct kerb_cache *own;
	NTSTATUS status;

	if (!a)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!a->derive)
		return ask_add(call, a, args);
	status = awaited(call);
	if (status != STATUS_SUCCESS)
		return status;
	own = cred_extra(cred);
	if (!own)
		return STATUS_INSUFFICIENT_RESOURCES;
	extra = a->derive->extra;
	a->derive->extra = NULL;
	status = kerb_extra_set(own, extra, EXTRA_PUT);
	return status == STATUS_QUOTA_EXCEEDED ? because(call, SEC_E_INSUFFICIENT_MEMORY, TO_CALLER, "the credential has keys of 64 accounts already") : status;
}

/* --- 34: a keytab ----------------------------------------------------------------------- */

#define KEYTAB_FIXED	56u
#define KEYTAB_VERSION	0x0502u		/* MIT's file format: numbers big-endian, each entry behind its length */
#define KEY_VERSION	1u		/* nobody has asked the KDC */
#define ENTRY_ROOM	24u		/* of an entry, beside names and key */

static void
counted_put(struct writer *w, const krb5_data *text)
{
	writer_be16(w, (uint16_t)text->length);
	writer_bytes(w, bytes_of(text->data, text->length));
}

static void
entry_put(struct writer *w, krb5_const_principal who, uint32_t seconds, const struct kerb_key *key)
{
	uint32_t len = 2 + 2 + who->realm.length + 4 + 4 + 1 + 2 + 2 + key->len + 4;

	for (int i = 0; i < who->length; i++)
		len += 2 + who->data[i].length;
	writer_be32(w, len);
	writer_be16(w, (uint16_t)who->length);
	counted_put(w, &who->realm);
	for (int i = 0; i < who->length; i++)
		counted_put(w, &who->data[i]);
	writer_be32(w, KRB5_NT_PRINCIPAL);
	writer_be32(w, seconds);
	writer_u8(w, KEY_VERSION);
	writer_be16(w, (uint16_t)key->etype);
	writer_be16(w, (uint16_t)key->len);
	writer_bytes(w, bytes_of(key->b, key->len));
	writer_be32(w, KEY_VERSION);
}

/* One entry for each key; rc4-hmac only where policy takes it. */
static void
entries_put(struct call *call, struct writer *w, krb5_const_principal who, struct secret *keys)
{
	uint32_t seconds = (uint32_t)(services(call)->now(call) / 10000000u - 11644473600u);
	bool rc4 = services(call)->rule(call, RULE_KERBEROS_RC4) == 1;
	struct kerb_key key;
	const uint8_t *p;

	WITH_SECRET(p, keys)
		for (size_t i = 0; i < EXTRA_KEYS; i++) {
			bytes_copy(&key, p + i * sizeof key, sizeof key);
			if (key.len && (rc4 || key.etype != ENCTYPE_ARCFOUR_HMAC))
				entry_put(w, who, seconds, &key);
		}
	bytes_wipe(&key, sizeof key);
}

static NTSTATUS
keytab_reply(struct call *call, struct derive *d, struct message_result *ret)
{
	size_t room = 2 + EXTRA_KEYS * (3 * strlen(d->extra->client) + ENTRY_ROOM + 32 + 64);
	uint8_t *at = call_memory(call, room);
	struct writer w = writer_of(at, room);
	krb5_principal who = NULL;
	struct kerb_reply reply;
	krb5_error_code code = at ? krb5_parse_name(d->k5, d->extra->client, &who) : ENOMEM;

	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_be16(&w, KEYTAB_VERSION);
	entries_put(call, &w, who, d->extra->keys);
	krb5_free_principal(d->k5, who);
	if (!writer_ok(&w))
		return STATUS_INTERNAL_ERROR;
	if (!kerb_reply_begin(&reply, call, 16, w.need + 8, 1))
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&reply.fixed, 34);
	writer_u32(&reply.fixed, (uint32_t)w.need);
	kerb_reply_block(&reply, bytes_of(at, w.need));
	return kerb_reply_end(&reply, ret);
}

/* STATUS_PENDING: the keys are being made. Else the verdict is there. */
static NTSTATUS
ask_keytab(struct call *call, struct asked *a, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	const char *user, *domain, *password;
	NTSTATUS status;
	uint32_t flags;

	reader_skip(&r, 4);
	flags = reader_u32(&r);
	user = kerb_msg_text(call, &r, KEYTAB_FIXED);
	domain = kerb_msg_text(call, &r, KEYTAB_FIXED);
	password = kerb_msg_text(call, &r, KEYTAB_FIXED);
	if (!reader_ok(&r) || flags || !user || !*user || !domain || !password)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, names nobody, or has flags");
	a->derive = derive_new(call);
	if (!a->derive)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = derive_begin(call, a->derive, user, domain, password, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	atomic_fetch_add(&a->derive->refs, 1);
	return await_job(call, derive_keys, derive_drop, a->derive);
}

NTSTATUS
kerb_msg_keytab(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct asked *a = frame(call, sizeof *a, asked_drop);
	NTSTATUS status;

	if (!a)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!a->derive)
		return ask_keytab(call, a, args, ret);
	status = awaited(call);
	return status == STATUS_SUCCESS ? keytab_reply(call, a->derive, ret) : status;
}

/* --- 19: from one session to another ------------------------------------------------ */

#define WITH_TICKETS	1u
#define CLEANUP		2u

NTSTATUS
kerb_msg_transfer(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	struct kerb_cache *from, *to = NULL;
	struct kerb_hoard *hoard = NULL;
	uint64_t origin, destination;
	NTSTATUS status = STATUS_SUCCESS;
	uint32_t flags;

	reader_skip(&r, 4);
	origin = reader_u64(&r);
	destination = reader_u64(&r);
	flags = reader_u32(&r);
	if (!reader_ok(&r) || (flags & ~(WITH_TICKETS | CLEANUP)))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or its flags are not understood");
	if (!args->trusted)
		return kerb_verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may move credentials between logon sessions");
	from = kerb_msg_cache(call, origin, &ret->verdict);
	if (ret->verdict == STATUS_SUCCESS)
		to = session_cache(call, destination, ret);
	if (to && !from)
		(void)kerb_verdict(call, ret, SEC_E_NO_CREDENTIALS, "the logon session has no credentials of Kerberos");
	if (to && from && to != from) {
		hoard = flags & WITH_TICKETS ? kerb_cache_hoard(from) : NULL;
		if (hoard)
			kerb_cache_fill(to, hoard);
		status = kerb_extra_copy(to, from);
		if (status == STATUS_SUCCESS && (flags & CLEANUP)) {
			kerb_extra_clear(from);
			kerb_cache_fill(from, NULL);
		}
	}
	kerb_cache_drop(from);
	kerb_cache_drop(to);
	return status;
}
