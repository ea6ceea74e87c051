/*
 * kerb_signed.c - see kerb_signed.h. It must never learn to know who the
 * user is.
 */
#include "pkg/kerberos/kerb_signed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_pac.h"

#define USAGE_PAC	17		/* KERB_NON_KERB_CKSUM_SALT */
#define GRANTING	"krbtgt/"

struct judged {
	struct call *call;
	krb5_context k5;
	const krb5_enc_tkt_part *ticket;
	const krb5_keyblock *key;
	krb5_principal service;
	struct bytes pac;
};

static bool
sum_holds(const struct judged *j, const krb5_keyblock *granting, int32_t type, struct bytes sum, struct bytes over)
{
	krb5_data data = { .data = (char *)(uintptr_t)over.at, .length = (unsigned)over.len };
	krb5_checksum given = { .checksum_type = type, .length = (unsigned)sum.len, .contents = (krb5_octet *)(uintptr_t)sum.at };
	krb5_boolean valid = 0;

	return pac_signature_of(granting->enctype) == type &&
	    krb5_c_verify_checksum(j->k5, granting, USAGE_PAC, &data, &given, &valid) == 0 && valid;
}

/* 2.8.3: over the server's signature. */
static bool
kdc_holds(const struct judged *j, const krb5_keyblock *granting)
{
	struct bytes server, kdc;
	int32_t server_type, type;

	return pac_signature(&server_type, &server, j->pac, PAC_SERVER_CHECKSUM) && pac_signature(&type, &kdc, j->pac, PAC_KDC_CHECKSUM) &&
	    sum_holds(j, granting, type, kdc, server);
}

/* 2.8.5: over the whole, with three signatures as zeros. */
static NTSTATUS
full_holds(const struct judged *j, const krb5_keyblock *granting, bool *ret_holds)
{
	static const enum pac_type blank[] = { PAC_SERVER_CHECKSUM, PAC_KDC_CHECKSUM, PAC_FULL_CHECKSUM };
	uint8_t *copy = call_memory(j->call, j->pac.len);
	struct bytes sum;
	int32_t type;

	*ret_holds = false;
	if (!copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	bytes_copy(copy, j->pac.at, j->pac.len);
	for (size_t i = 0; i < sizeof blank / sizeof *blank; i++) {
		if (!pac_signature(&type, &sum, j->pac, blank[i]))
			return STATUS_SUCCESS;
		bytes_zero(copy + (sum.at - j->pac.at), sum.len);
	}
	*ret_holds = sum_holds(j, granting, type, sum, bytes_of(copy, j->pac.len));
	return STATUS_SUCCESS;
}

/* 2.8.4: over the ticket's part without the PAC. */
static bool
ticket_holds(const struct judged *j, const krb5_keyblock *granting)
{
	krb5_pac pac = NULL;
	bool holds = krb5_kdc_verify_ticket(j->k5, j->ticket, j->service, j->key, granting, &pac) == 0 && pac;

	krb5_pac_free(j->k5, pac);
	return holds;
}

static NTSTATUS
refused(const struct judged *j, const char *why)
{
	return because(j->call, SEC_E_LOGON_DENIED, TO_TRUSTED, "%s; the keytab holds the domain's own key (krbtgt), which did not sign it", why);
}

/* By the key that made the KDC's signature: what else it made. */
static NTSTATUS
judge_rest(const struct judged *j, const krb5_keyblock *granting, uint32_t kvno)
{
	bool full = pac_count(j->pac, PAC_FULL_CHECKSUM) != 0, ticket = pac_count(j->pac, PAC_TICKET_CHECKSUM) != 0, holds = true;
	NTSTATUS status = full ? full_holds(j, granting, &holds) : STATUS_SUCCESS;

	if (status != STATUS_SUCCESS)
		return status;
	if (!holds)
		return refused(j, "the signature over all of the ticket's PAC is wrong");
	if (ticket && !ticket_holds(j, granting))
		return refused(j, "the signature over the ticket is wrong");
	return because(j->call, STATUS_SUCCESS, TO_TRUSTED, "the domain's own key (krbtgt, key version %u) signed the ticket's PAC%s%s", kvno,
	    full ? ", all of it" : "", ticket ? ", and the ticket" : "");
}

static bool
same_key(const struct kerb_ring *ring, const struct kerb_ring_key *k, const krb5_keyblock *key)
{
	struct kerb_key have;
	bool same = k->etype == key->enctype && k->len == key->length && kerb_ring_key(ring, k, &have) &&
	    same_secret(have.b, key->contents, key->length);

	bytes_wipe(&have, sizeof have);
	return same;
}

/* Whose key it is; NULL: a session key, or one that is in no keytab. */
static const char *
owner_of(const struct kerb_ring *ring, const krb5_keyblock *key)
{
	for (uint32_t i = 0; i < ring->count; i++)
		if (same_key(ring, &ring->list[i], key))
			return ring->list[i].principal;
	return NULL;
}

/* Every key of the realm's. */
static NTSTATUS
judge(const struct judged *j, const struct kerb_ring *ring, const char *granting)
{
	struct kerb_key key;
	bool any = false;

	for (uint32_t i = 0; i < ring->count; i++) {
		const struct kerb_ring_key *k = &ring->list[i];
		krb5_keyblock block;
		NTSTATUS status;

		if (strcmp(k->principal, granting) != 0 || !kerb_ring_key(ring, k, &key))
			continue;
		any = true;
		block = (krb5_keyblock){ .magic = KV5M_KEYBLOCK, .enctype = key.etype, .length = key.len, .contents = key.b };
		status = kdc_holds(j, &block) ? judge_rest(j, &block, k->kvno) : STATUS_NOT_FOUND;
		bytes_wipe(&key, sizeof key);
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	return any ? refused(j, "the ticket's PAC has no KDC signature, or a wrong one") : STATUS_SUCCESS;
}

static NTSTATUS
judge_for(struct judged *j, const struct kerb_ring *ring)
{
	const char *service = owner_of(ring, j->key), *realm = service ? strrchr(service, '@') : NULL;
	char granting[2 * KEYS_NAME_MAX + sizeof GRANTING];
	NTSTATUS status;

	if (!realm)
		return STATUS_SUCCESS;
	(void)snprintf(granting, sizeof granting, GRANTING "%.1023s@%.1023s", realm + 1, realm + 1);
	if (krb5_parse_name(j->k5, service, &j->service) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = judge(j, ring, granting);
	krb5_free_principal(j->k5, j->service);
	return status;
}

NTSTATUS
kerb_signed_by_kdc(struct call *call, krb5_context k5, const krb5_enc_tkt_part *ticket, const krb5_keyblock *key, struct bytes pac)
{
	struct judged j = { .call = call, .k5 = k5, .ticket = ticket, .key = key, .pac = pac };
	NTSTATUS status = STATUS_SUCCESS;
	char name[KEYS_NAME_MAX];
	struct kerb_ring *ring;
	krb5_error_code code;

	if (!kerb_keys_granting())		/* the usual: what opened the ticket was read before */
		return STATUS_SUCCESS;
	code = krb5_kt_default_name(k5, name, sizeof name);
	if (code != 0)
		name[0] = 0;
	if (code == ENOMEM || !kerb_keys_beside(&ring, call, name))
		return because(call, STATUS_INSUFFICIENT_RESOURCES, TO_TRUSTED,
		    "whether the key of the ticket's own domain is here could not be found out: a keytab was not read");
	if (ring)
		status = judge_for(&j, ring);
	kerb_ring_drop(ring);
	return status;
}
