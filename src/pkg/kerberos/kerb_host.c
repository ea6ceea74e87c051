/*
 * kerb_host.c - a ticket for this machine as the proof of a KDC.
 */
#include "pkg/kerberos/kerb_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_k5.h"

/* --- this machine's names ------------------------------------------------------- */

bool
kerb_host_is(const char *principal)
{
	const char *realm = strrchr(principal, '@');
	size_t len = realm ? (size_t)(realm - principal) : 0;

	if (len > 5 && strncmp(principal, "host/", 5) == 0)
		return true;
	return len > 1 && principal[len - 1] == '$' && !memchr(principal, '/', len);
}

static bool
same_fold(struct bytes a, const char *b)
{
	for (size_t i = 0; i < a.len; i++)
		if ((a.at[i] >= 'A' && a.at[i] <= 'Z' ? a.at[i] | 32 : a.at[i]) != (b[i] >= 'A' && b[i] <= 'Z' ? b[i] | 32 : b[i]))
			return false;
	return !b[a.len];
}

/* Of two names of this machine's the one of the user's realm, and with the machine's DNS name, comes first. */
static unsigned
likeliness(struct call *call, const char *principal, const char *realm)
{
	const char *at = strrchr(principal, '@');
	unsigned likely = strcmp(at + 1, realm) == 0 ? 4 : 0;

	if (principal[0] == 'h' && at - principal > 5) {
		if (same_fold(bytes_of(principal + 5, (size_t)(at - principal) - 5), services(call)->host(call)))
			likely += 2;
		likely += 1;
	}
	return likely;
}

static void
names_find(struct call *call, struct kerb_host *h, const char *realm)
{
	unsigned likely[HOST_NAMES_MAX], count = 0;

	for (uint32_t i = 0; i < h->ring->count; i++) {
		const char *name = h->ring->list[i].principal;
		unsigned mine, at;
		bool known = false;

		for (unsigned k = 0; k < count && !known; k++)
			known = strcmp(h->names[k], name) == 0;
		if (known || !kerb_host_is(name))
			continue;
		mine = likeliness(call, name, realm);
		for (at = count < HOST_NAMES_MAX ? count++ : HOST_NAMES_MAX; at > 0 && likely[at - 1] < mine; at--)
			if (at < HOST_NAMES_MAX) {
				likely[at] = likely[at - 1];
				h->names[at] = h->names[at - 1];
			}
		if (at < HOST_NAMES_MAX) {
			likely[at] = mine;
			h->names[at] = name;
		}
	}
	h->count = count;
}

/* --- asking ------------------------------------------------------------------------- */

void
kerb_host_drop(struct kerb_host *h)
{
	kerb_fetch_drop(&h->fetch);
	if (h->k5) {
		krb5_free_principal(h->k5, h->server);
		kerb_k5_give(h->k5);
	}
	kerb_ring_drop(h->ring);
	h->k5 = NULL;
	h->server = NULL;
	h->ring = NULL;
}

NTSTATUS
kerb_host_begin(struct call *call, struct kerb_host *h, const char *realm)
{
	char name[KERB_TARGET_MAX];

	h->k5 = kerb_k5_take(call);
	if (!h->k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (krb5_kt_default_name(h->k5, name, sizeof name) != 0)
		name[0] = 0;
	h->ring = kerb_keys(call, name);
	if (h->ring)
		names_find(call, h, realm);
	if (h->count)
		return STATUS_SUCCESS;
	return because(call, STATUS_NO_TRUST_LSA_SECRET, TO_CALLER,
	    "this machine has no key of its own (host/NAME or NAME$ in its keytab), so nothing shows that the KDC is not somebody's "
	    "who only answers in its place; join the machine to the realm (kadmin ktadd host/NAME, net ads join)");
}

NTSTATUS
kerb_host_ask(struct call *call, struct kerb_host *h, struct kerb_hoard *hoard, struct kerb_ticket **ret_ticket)
{
	NTSTATUS status = h->ring ? STATUS_SUCCESS : kerb_host_begin(call, h, hoard->realm);

	if (status != STATUS_SUCCESS)
		return status;
	for (; h->tried < h->count; h->tried++) {
		if (!h->server && krb5_parse_name(h->k5, h->names[h->tried], &h->server) != 0)
			continue;
		status = kerb_fetch_ticket(call, &h->fetch, hoard, h->names[h->tried], h->server, NULL, ret_ticket);
		if (status == STATUS_PENDING)
			return status;
		krb5_free_principal(h->k5, h->server);
		h->server = NULL;
		if (status != SEC_E_TARGET_UNKNOWN)
			return status;
	}
	return because(call, STATUS_NO_TRUST_SAM_ACCOUNT, TO_CALLER,
	    "the KDC knows none of the names that this machine has keys for (%s and others), so nothing shows that it is the right one",
	    h->names[0]);
}

/* --- opening -------------------------------------------------------------------------- */

static NTSTATUS
not_ours(struct call *call, const char *name)
{
	because(call, STATUS_TRUSTED_RELATIONSHIP_FAILURE, TO_TRUSTED,
	    "no key of %s in this machine's keytab opens the ticket for it: the KDC is not the one it answers in the place of, or the "
	    "machine's key was changed there", name);
	return because(call, STATUS_TRUSTED_RELATIONSHIP_FAILURE, TO_CALLER,
	    "the KDC did not prove that it knows this machine's key, so its word on who logs on is not taken");
}

/* An AP-REQ by the client's half, opened by ours. */
static krb5_error_code
prove(krb5_context k5, krb5_data *message, struct kerb_key *key, krb5_ticket **ret_ticket)
{
	krb5_keyblock block = { .enctype = key->etype, .length = key->len, .contents = key->b };
	krb5_auth_context auth = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);

	if (!code)				/* no DO_TIME: no replay cache of the library's */
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_auth_con_setuseruserkey(k5, auth, &block);
	if (!code)
		code = krb5_rd_req(k5, &auth, message, NULL, NULL, NULL, ret_ticket);
	krb5_auth_con_free(k5, auth);
	return code;
}

static bool
another_may_fit(krb5_error_code code)
{
	return code == KRB5KRB_AP_ERR_NOKEY || code == KRB5KRB_AP_ERR_BAD_INTEGRITY || code == KRB5KRB_AP_ERR_MODIFIED;
}

/* Does not wait: `try` is called with each key of the machine that may be the ticket's. */
static NTSTATUS
keys_try(struct call *call, krb5_context k5, struct kerb_ring *ring, const krb5_ticket *sealed,
    krb5_error_code (*try)(krb5_context, krb5_data *, struct kerb_key *, krb5_ticket **), krb5_data *what,
    krb5_ticket **ret_ticket, struct kerb_key *ret_key)
{
	krb5_error_code code = KRB5KRB_AP_ERR_NOKEY;
	char *name = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	if (krb5_unparse_name(k5, sealed->server, &name) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (uint32_t i = 0; i < ring->count && another_may_fit(code); i++) {
		const struct kerb_ring_key *k = &ring->list[i];

		if (!kerb_host_is(name) || strcmp(k->principal, name) != 0 || k->etype != sealed->enc_part.enctype ||
		    !kerb_ring_key(ring, k, ret_key))
			continue;
		code = try(k5, what, ret_key, ret_ticket);
	}
	if (code)
		bytes_wipe(ret_key, sizeof *ret_key);
	if (code == ENOMEM)
		status = STATUS_INSUFFICIENT_RESOURCES;
	else if (code && !another_may_fit(code))
		status = kerb_k5_because(call, k5, code, "the ticket for this machine opens, and cannot be used");
	else if (code)
		status = not_ours(call, name);
	krb5_free_unparsed_name(k5, name);
	return status;
}

static NTSTATUS
etype_taken(struct call *call, int32_t etype)
{
	if (kerb_etype_taken(call, etype))
		return STATUS_SUCCESS;
	return because(call, STATUS_TRUSTED_RELATIONSHIP_FAILURE, TO_CALLER,
	    "the ticket for this machine uses %s, which is not taken: give the machine AES keys", kerb_etype_name(etype));
}

NTSTATUS
kerb_host_open(struct call *call, krb5_context k5, struct kerb_ring *ring, krb5_creds *creds, krb5_ticket **ret_ticket,
    struct kerb_key *ret_key)
{
	krb5_auth_context auth = NULL;
	krb5_data message = { 0 };
	krb5_ticket *sealed = NULL;
	krb5_error_code code = krb5_decode_ticket(&creds->ticket, &sealed);
	NTSTATUS status;

	if (!code)
		code = krb5_auth_con_init(k5, &auth);
	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_mk_req_extended(k5, &auth, 0, NULL, creds, &message);
	status = code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
	    code ? kerb_k5_because(call, k5, code, "the ticket for this machine cannot be used") : etype_taken(call, sealed->enc_part.enctype);
	if (status == STATUS_SUCCESS)
		status = keys_try(call, k5, ring, sealed, prove, &message, ret_ticket, ret_key);
	krb5_free_data_contents(k5, &message);
	krb5_auth_con_free(k5, auth);
	krb5_free_ticket(k5, sealed);
	return status;
}

/* Whether the key opens it. libkrb5's own function calls every cause a wrong key. */
static krb5_error_code
fits(krb5_context k5, const krb5_keyblock *key, const krb5_enc_data *sealed)
{
	krb5_data plain = { .length = sealed->ciphertext.length, .data = malloc(sealed->ciphertext.length) };
	krb5_error_code code = plain.data ? krb5_c_decrypt(k5, key, KRB5_KEYUSAGE_KDC_REP_TICKET, NULL, sealed, &plain) : ENOMEM;

	if (plain.data)
		bytes_wipe(plain.data, sealed->ciphertext.length);
	free(plain.data);
	return code;
}

/* A ticket alone is read with a keytab only: one of one key, in memory, which goes when it is closed. */
static krb5_error_code
decipher(krb5_context k5, krb5_data *der, struct kerb_key *key, krb5_ticket **ret_ticket)
{
	krb5_keytab_entry entry = { .key = { .enctype = key->etype, .length = key->len, .contents = key->b } };
	krb5_keytab keytab = NULL;
	char name[40];
	krb5_error_code code = krb5_decode_ticket(der, ret_ticket);

	if (code)
		return code;
	(void)snprintf(name, sizeof name, "MEMORY:%p", (void *)name);
	entry.principal = (*ret_ticket)->server;
	entry.vno = (*ret_ticket)->enc_part.kvno;
	code = fits(k5, &entry.key, &(*ret_ticket)->enc_part);
	if (!code)
		code = krb5_kt_resolve(k5, name, &keytab);
	if (!code)
		code = krb5_kt_add_entry(k5, keytab, &entry);
	if (!code && krb5_server_decrypt_ticket_keytab(k5, keytab, *ret_ticket) != 0)
		code = KRB5_BADMSGTYPE;
	if (keytab)
		krb5_kt_close(k5, keytab);
	if (code) {
		krb5_free_ticket(k5, *ret_ticket);
		*ret_ticket = NULL;
	}
	return code;
}

NTSTATUS
kerb_host_decipher(struct call *call, krb5_context k5, struct kerb_ring *ring, struct bytes ticket, krb5_ticket **ret_ticket,
    struct kerb_key *ret_key)
{
	krb5_data der = { .data = (char *)(uintptr_t)ticket.at, .length = (unsigned)ticket.len };
	krb5_ticket *sealed = NULL;
	NTSTATUS status = krb5_decode_ticket(&der, &sealed) == 0 ? etype_taken(call, sealed->enc_part.enctype) :
	    because(call, STATUS_INVALID_PARAMETER, TO_CALLER, "the service ticket is none");

	if (status == STATUS_SUCCESS)
		status = keys_try(call, k5, ring, sealed, decipher, &der, ret_ticket, ret_key);
	krb5_free_ticket(k5, sealed);
	return status;
}
