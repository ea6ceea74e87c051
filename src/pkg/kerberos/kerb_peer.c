/*
 * kerb_peer.c - from a ticket to a session. A ticket has one PAC, signed by
 * its KDC with our own key, or none; with a bad one it is no ticket at all.
 */
#include "pkg/kerberos/kerb_peer.h"

#include <errno.h>

#include "base/time.h"
#include "base/utf16.h"
#include "pkg/kerberos/kerb_pac.h"
#include "pkg/kerberos/kerb_signed.h"

#define SHOWN_MAX	1024u

static NTSTATUS
refused(struct call *call, const char *why)
{
	return because(call, SEC_E_LOGON_DENIED, TO_TRUSTED, "%s", why);
}

/* --- the PAC, verified ------------------------------------------------------- */

/* The PAC's bytes, in call memory; empty where there is none. */
static NTSTATUS
pac_find(struct call *call, krb5_context k5, const krb5_enc_tkt_part *ticket, const krb5_keyblock *key, struct bytes *ret_pac)
{
	krb5_authdata **found = NULL;
	krb5_pac pac = NULL;
	krb5_error_code code;
	struct bytes raw;
	uint8_t *copy;
	NTSTATUS status = STATUS_SUCCESS;

	*ret_pac = BYTES_NONE;
	code = krb5_find_authdata(k5, ticket->authorization_data, NULL, KRB5_AUTHDATA_WIN2K_PAC, &found);
	if (code)
		return code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    refused(call, "the ticket's authorization data cannot be read");
	if (!found || !found[0])
		goto out;
	raw = bytes_of(found[0]->contents, found[0]->length);
	if (found[1]) {
		status = refused(call, "the ticket has two PACs, and only one can be true");
		goto out;
	}
	if (!pac_signed_for(raw, key->enctype)) {
		status = refused(call, "the ticket's PAC has no server signature of the kind that this service's key makes");
		goto out;
	}
	code = krb5_pac_parse(k5, raw.at, raw.len, &pac);
	if (!code)
		code = krb5_pac_verify(k5, pac, ticket->times.authtime, ticket->client, key, NULL);
	if (code == ENOMEM)
		status = STATUS_INSUFFICIENT_RESOURCES;
	else if (code)
		status = refused(call, "the ticket's PAC was not signed with this service's key, or is of another client");
	copy = status == STATUS_SUCCESS ? call_memory(call, raw.len) : NULL;
	if (copy) {
		bytes_copy(copy, raw.at, raw.len);
		*ret_pac = bytes_of(copy, raw.len);
	} else if (status == STATUS_SUCCESS)
		status = STATUS_INSUFFICIENT_RESOURCES;
out:
	krb5_pac_free(k5, pac);
	krb5_free_authdata(k5, found);
	return status;
}

/* --- by the domain's word ------------------------------------------------------ */

static NTSTATUS
text_of(struct call *call, struct bytes *ret_utf8, struct bytes utf16)
{
	uint8_t *to = call_memory(call, utf16.len * 2 + 1);
	struct writer w = writer_of(to, to ? utf16.len * 2 + 1 : 0);

	if (!to)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!utf8_from_utf16(&w, utf16) || !writer_ok(&w) || w.need > SHOWN_MAX)
		return refused(call, "a name in the ticket's PAC is no text");
	*ret_utf8 = bytes_of(to, w.need);
	return STATUS_SUCCESS;
}

static NTSTATUS
domain_logon(struct call *call, const struct pac_facts *pac, uint64_t expiry, uint32_t type, struct logon_view *ret_logon)
{
	uint8_t sid[SID_SIZE_MAX];
	struct writer w = writer_of(sid, sizeof sid);
	struct logon_facts facts = { .groups = pac->groups, .group_count = pac->group_count, .expiry = expiry };
	NTSTATUS status;

	if (pac->cut)
		return refused(call, "the user is in more groups than a token can hold");
	sid_put(&w, &pac->sid);
	facts.sid = bytes_of(sid, w.need);
	status = text_of(call, &facts.user, pac->user);
	if (status == STATUS_SUCCESS)
		status = text_of(call, &facts.domain, pac->domain);
	if (status == STATUS_SUCCESS)
		status = services(call)->logon_as(call, &facts, type, "Kerberos", ret_logon);
	return status;
}

/* --- by the principal ------------------------------------------------------------ */

/* No separator inside a part: "a/b" of two parts and of one must not become the same user. */
static bool
part_shows(struct bytes part, bool realm)
{
	struct writer w = writer_of(NULL, 0);

	for (size_t i = 0; i < part.len; i++) {
		uint8_t c = part.at[i];

		if (c < 0x20 || c == 0x7f || c == '\\' || (!realm && (c == '/' || c == '@')))
			return false;
	}
	return part.len && utf16_from_utf8(&w, part);
}

/*
 * A name of one part is the user's; one of several stays whole ("root/admin" is not "root"). There is no SID, so
 * nothing that goes by SIDs is granted.
 */
NTSTATUS
kerb_peer_named(struct call *call, krb5_const_principal client, uint64_t expiry, uint32_t type, struct logon_view *ret_logon)
{
	char *user = call_memory(call, SHOWN_MAX);
	struct writer w = writer_of(user, user ? SHOWN_MAX : 0);
	struct logon_facts facts = { .domain = bytes_of(client->realm.data, client->realm.length), .expiry = expiry };
	bool shows = client->length > 0 && part_shows(facts.domain, true);

	if (!user)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (krb5_int32 i = 0; i < client->length && shows; i++) {
		struct bytes part = bytes_of(client->data[i].data, client->data[i].length);

		shows = part_shows(part, false);
		if (i)
			writer_u8(&w, '/');
		writer_bytes(&w, part);
	}
	if (!shows || !writer_ok(&w) || facts.domain.len > SHOWN_MAX)
		return refused(call, "the client's principal is no name that can be shown without doubt");
	facts.user = bytes_of(user, w.need);
	if (bytes_same(facts.domain, bytes_of_text(KRB5_ANONYMOUS_REALMSTR)) ||
	    bytes_same(facts.user, bytes_of_text(KRB5_WELLKNOWN_NAMESTR "/" KRB5_ANONYMOUS_PRINCSTR)))
		return refused(call, "the ticket is nobody's (anonymous), and only somebody can log on with one");
	if (services(call)->rule(call, RULE_KERBEROS_PAC))
		return refused(call, "the ticket names no user of a domain, and policy kerberos-require-pac wants one");
	return services(call)->logon_as(call, &facts, type, "Kerberos", ret_logon);
}

static NTSTATUS
verified_logon(struct call *call, krb5_const_principal client, struct bytes pac, uint64_t expiry, uint32_t type,
    struct logon_view *ret_logon, const struct pac_profile **ret_profile)
{
	struct pac_facts *facts;
	uint8_t *memory;

	if (ret_profile)
		*ret_profile = NULL;
	if (!pac.len || pac_count(pac, PAC_LOGON_INFO) == 0)
		return kerb_peer_named(call, client, expiry, type, ret_logon);
	facts = call_memory(call, sizeof *facts);
	memory = call_memory(call, PAC_GROUP_MEMORY);
	if (!facts || !memory)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!pac_read(facts, pac, memory) || !facts->known)
		return refused(call, "the ticket's PAC is signed, but malformed or contradicts itself");
	if (ret_profile)
		*ret_profile = &facts->profile;
	return domain_logon(call, facts, expiry, type, ret_logon);
}

NTSTATUS
kerb_peer_logon(struct call *call, krb5_context k5, const krb5_enc_tkt_part *ticket, const krb5_keyblock *key,
    uint32_t type, struct logon_view *ret_logon, const struct pac_profile **ret_profile, struct bytes *ret_pac)
{
	uint64_t expiry = time_filetime_of_unix((int64_t)(uint32_t)ticket->times.endtime);
	struct bytes pac;
	NTSTATUS status = pac_find(call, k5, ticket, key, &pac);

	if (status == STATUS_SUCCESS && pac.len)
		status = kerb_signed_by_kdc(call, k5, ticket, key, pac);
	if (status != STATUS_SUCCESS)
		return status;
	if (ret_pac)
		*ret_pac = pac;
	return verified_logon(call, ticket->client, pac, expiry, type, ret_logon, ret_profile);
}

NTSTATUS
kerb_peer_kept(struct call *call, krb5_context k5, const char *client, struct bytes pac, uint32_t type,
    struct logon_view *ret_logon, const struct pac_profile **ret_profile)
{
	krb5_principal who = NULL;
	NTSTATUS status;

	if (krb5_parse_name(k5, client, &who) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = verified_logon(call, who, pac, 0, type, ret_logon, ret_profile);
	krb5_free_principal(k5, who);
	return status;
}
