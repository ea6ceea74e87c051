/*
 * fuzz_lsa_submit.c - LsaCallAuthenticationPackage's submit buffers: each
 * message class of the NTLM package and of Kerberos, with strings given as
 * addresses inside, as offsets, as addresses and offsets outside, and with
 * the structure cut short.
 *
 * Oracle: the caller's buffer is only read; what goes to the LSA has offsets
 * that lie behind the fixed part and inside; what comes back is one block
 * whose strings lie inside it.
 */
#include "fuzz.h"
#include "party.h"

#include <openlsa.h>

#include "secur32/marshal.h"

static HANDLE trusted, untrusted;
static ULONG package, kerberos;

/* Where the strings of a request are. */
struct form { uint8_t whose, type; uint16_t size, strings[5]; };

#define AT(field) offsetof(REQUEST, field)
static const struct form forms[] = {
	{ MARSHAL_MSV, MsV1_0DeriveCredential, offsetof(OlsaDeriveCredRequest, DeriveCredSubmitBuffer), { 0 } },
	{ MARSHAL_MSV, MsV1_0SetProcessOption, sizeof(OlsaSetOptionRequest), { 0 } },
	{ MARSHAL_MSV, MsV1_0SetThreadOption, sizeof(OlsaSetOptionRequest), { 0 } },
#define REQUEST OlsaValidateAuthRequest
	{ MARSHAL_MSV, MsV1_0ValidateAuth, sizeof(REQUEST), { AT(LogonDomainName), AT(UserName), AT(Workstation),
	    AT(CaseSensitiveChallengeResponse), AT(CaseInsensitiveChallengeResponse) } },
#undef REQUEST
#define REQUEST KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST
	{ MARSHAL_KERBEROS, KerbAddBindingCacheEntryExMessage, sizeof(REQUEST), { AT(RealmName), AT(KdcAddress) } },
#undef REQUEST
#define REQUEST OlsaPinKdcRequest
	{ MARSHAL_KERBEROS, KerbPinKdcMessage, sizeof(REQUEST), { AT(Realm), AT(KdcAddress) } },
#undef REQUEST
	{ MARSHAL_KERBEROS, KerbUnpinAllKdcsMessage, sizeof(OlsaUnpinAllKdcsRequest), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryBindingCacheMessage, sizeof(KERB_QUERY_BINDING_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryKdcProxyCacheMessage, sizeof(KERB_QUERY_KDC_PROXY_CACHE_REQUEST), { 0 } },
#define REQUEST KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST
	{ MARSHAL_KERBEROS, KerbQueryDomainExtendedPoliciesMessage, sizeof(REQUEST), { AT(DomainName) } },
#undef REQUEST
	{ MARSHAL_KERBEROS, KerbQueryTicketCacheMessage, sizeof(KERB_QUERY_TKT_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryTicketCacheExMessage, sizeof(KERB_QUERY_TKT_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryTicketCacheEx2Message, sizeof(KERB_QUERY_TKT_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryTicketCacheEx3Message, sizeof(KERB_QUERY_TKT_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbRetrieveTicketMessage, sizeof(KERB_QUERY_TKT_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbSubmitTicketMessage, sizeof(KERB_SUBMIT_TKT_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbTransferCredentialsMessage, sizeof(KERB_TRANSFER_CRED_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbPurgeKdcProxyCacheMessage, sizeof(KERB_PURGE_KDC_PROXY_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbCleanupMachinePkinitCredsMessage, sizeof(KERB_CLEANUP_MACHINE_PKINIT_CREDS_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbPurgeBindingCacheMessage, sizeof(KERB_PURGE_BINDING_CACHE_REQUEST), { 0 } },
	{ MARSHAL_KERBEROS, KerbQueryS4U2ProxyCacheMessage, sizeof(KERB_QUERY_S4U2PROXY_CACHE_REQUEST), { 0 } },
#define REQUEST KERB_RETRIEVE_TKT_REQUEST
	{ MARSHAL_KERBEROS, KerbRetrieveEncodedTicketMessage, sizeof(REQUEST), { AT(TargetName) } },
#undef REQUEST
#define REQUEST KERB_PURGE_TKT_CACHE_REQUEST
	{ MARSHAL_KERBEROS, KerbPurgeTicketCacheMessage, sizeof(REQUEST), { AT(ServerName), AT(RealmName) } },
#undef REQUEST
#define REQUEST KERB_PURGE_TKT_CACHE_EX_REQUEST
	{ MARSHAL_KERBEROS, KerbPurgeTicketCacheExMessage, sizeof(REQUEST), { AT(TicketTemplate.ClientName),
	    AT(TicketTemplate.ClientRealm), AT(TicketTemplate.ServerName), AT(TicketTemplate.ServerRealm) } },
#undef REQUEST
#define REQUEST KERB_CHANGEPASSWORD_REQUEST
	{ MARSHAL_KERBEROS, KerbChangePasswordMessage, sizeof(REQUEST), { AT(DomainName), AT(AccountName), AT(OldPassword),
	    AT(NewPassword) } },
#undef REQUEST
#define REQUEST KERB_SETPASSWORD_REQUEST
	{ MARSHAL_KERBEROS, KerbSetPasswordMessage, sizeof(REQUEST), { AT(DomainName), AT(AccountName), AT(Password) } },
#undef REQUEST
#define REQUEST KERB_SETPASSWORD_EX_REQUEST
	{ MARSHAL_KERBEROS, KerbSetPasswordExMessage, sizeof(REQUEST), { AT(AccountRealm), AT(AccountName), AT(Password),
	    AT(ClientRealm), AT(KdcAddress) } },
#undef REQUEST
#define REQUEST KERB_ADD_CREDENTIALS_REQUEST
	{ MARSHAL_KERBEROS, KerbAddExtraCredentialsMessage, sizeof(REQUEST), { AT(UserName), AT(DomainName), AT(Password) } },
#undef REQUEST
#define REQUEST KERB_ADD_CREDENTIALS_REQUEST_EX
	{ MARSHAL_KERBEROS, KerbAddExtraCredentialsExMessage, AT(PrincipalNames), { AT(Credentials.UserName),
	    AT(Credentials.DomainName), AT(Credentials.Password) } },
#undef REQUEST
#define REQUEST KERB_RETRIEVE_KEY_TAB_REQUEST
	{ MARSHAL_KERBEROS, KerbRetrieveKeyTabMessage, sizeof(REQUEST), { AT(UserName), AT(DomainName), AT(Password) } },
#undef REQUEST
};
#define FORMS (sizeof forms / sizeof *forms)

static void
begin(void)
{
	LSA_STRING name = { sizeof MSV1_0_PACKAGE_NAME - 1, sizeof MSV1_0_PACKAGE_NAME,
	    (PCHAR)(uintptr_t)MSV1_0_PACKAGE_NAME };
	LSA_STRING other = { sizeof MICROSOFT_KERBEROS_NAME_A - 1, sizeof MICROSOFT_KERBEROS_NAME_A,
	    (PCHAR)(uintptr_t)MICROSOFT_KERBEROS_NAME_A };
	static const char conf[] = "[libdefaults]\n\tdns_lookup_kdc = false\n\tdns_lookup_realm = false\n";
	char path[128];
	FILE *f;

	party_make();
	(void)snprintf(path, sizeof path, "%s/krb5.conf", party_room);
	f = fopen(path, "w");
	MUST(f && fwrite(conf, 1, sizeof conf - 1, f) == sizeof conf - 1 && fclose(f) == 0);
	MUST(setenv("KRB5_CONFIG", path, 1) == 0);
	trusted = party_admin();
	MUST(LsaConnectUntrusted(&untrusted) == STATUS_SUCCESS);
	MUST(LsaLookupAuthenticationPackage(untrusted, &name, &package) == STATUS_SUCCESS);
	MUST(LsaLookupAuthenticationPackage(untrusted, &other, &kerberos) == STATUS_SUCCESS);
}

/* Where a string points, by the feed: inside, an offset, or somewhere it must not. */
static PWSTR
place(struct feed *f, uint8_t *base, size_t len)
{
	uint16_t offset = feed_u16(f);

	switch (feed_u8(f) % 6) {
	case 0:  return (PWSTR)(void *)(base + offset % (len + 1));
	case 1:  return (PWSTR)(uintptr_t)(offset % (len + 1));
	case 2:  return (PWSTR)(uintptr_t)offset;
	case 3:  return (PWSTR)((uintptr_t)base + offset);
	case 4:  return (PWSTR)((uintptr_t)base - offset - 1);
	default: return (PWSTR)(UINTPTR_MAX - offset);
	}
}

static void
string_fill(struct feed *f, UNICODE_STRING *s, uint8_t *base, size_t len)
{
	s->Length = feed_u8(f) < 0xc0 ? (USHORT)(feed_u8(f) & ~1u) : feed_u16(f);
	s->MaximumLength = feed_u8(f) & 1 ? s->Length : feed_u16(f);
	s->Buffer = place(f, base, len);
}

static void
fields_fill(struct feed *f, uint8_t *at, size_t len)
{
	MSV1_0_GETCHALLENRESP_REQUEST m;

	bytes_zero(&m, sizeof m);
	m.MessageType = feed_u8(f) & 1 ? MsV1_0Lm20GetChallengeResponse : MsV1_0Lm20ChallengeRequest;
	m.ParameterControl = feed_u32(f);
	m.LogonId.LowPart = feed_u8(f);
	string_fill(f, &m.Password, at, len);
	string_fill(f, &m.UserName, at, len);
	string_fill(f, &m.LogonDomainName, at, len);
	string_fill(f, &m.ServerName, at, len);
	bytes_copy(at, &m, len < sizeof m ? len : sizeof m);
}

/* Another class: its fixed part by the feed, its strings where the feed says. */
static const struct form *
form_fill(struct feed *f, uint8_t *at, size_t len)
{
	const struct form *form = &forms[feed_u8(f) % FORMS];
	uint8_t whole[sizeof(KERB_SETPASSWORD_EX_REQUEST)];
	_Static_assert(sizeof whole >= sizeof(OlsaValidateAuthRequest), "the largest of them");
	ULONG type = form->type;

	bytes_zero(whole, sizeof whole);
	for (size_t i = 0; i < form->size; i++)
		whole[i] = feed_u8(f);
	bytes_copy(whole, &type, sizeof type);
	for (unsigned i = 0; i < 5 && form->strings[i]; i++) {
		UNICODE_STRING s;

		string_fill(f, &s, at, len);
		bytes_copy(whole + form->strings[i], &s, sizeof s);
	}
	bytes_copy(at, whole, len < form->size ? len : form->size);
	return form;
}

static void
must_be_form(const struct form *form, const uint8_t *at, size_t len)
{
	struct bytes whole = bytes_of(at, len), part;

	for (unsigned i = 0; i < 5 && form->strings[i]; i++) {
		UNICODE_STRING s;

		bytes_copy(&s, at + form->strings[i], sizeof s);
		MUST(!s.Length || ((uintptr_t)s.Buffer >= form->size && bytes_part(&part, whole, (uintptr_t)s.Buffer, s.Length)));
	}
}

static void
must_be_inside(const void *buffer, USHORT string_len, const uint8_t *block, size_t len)
{
	const uint8_t *at = buffer;

	if (at)
		MUST(at >= block && at <= block + len && string_len <= (size_t)(block + len - at));
	else
		MUST(!string_len);
}

static void
must_be_flat(const uint8_t *at, size_t len)
{
	struct bytes whole = bytes_of(at, len), part;
	MSV1_0_GETCHALLENRESP_REQUEST m;
	const UNICODE_STRING *strings[] = { &m.Password, &m.UserName, &m.LogonDomainName, &m.ServerName };

	if (len < sizeof m || get_u32(at) != MsV1_0Lm20GetChallengeResponse)
		return;
	bytes_copy(&m, at, sizeof m);
	for (unsigned i = 0; i < 4; i++)
		MUST(!strings[i]->Length || ((uintptr_t)strings[i]->Buffer >= sizeof m &&
		    bytes_part(&part, whole, (uintptr_t)strings[i]->Buffer, strings[i]->Length)));
}

static void
must_return(void *block, ULONG len)
{
	MSV1_0_GETCHALLENRESP_RESPONSE m;
	KERB_QUERY_BINDING_CACHE_RESPONSE list;
	volatile uint8_t sum = 0;

	for (ULONG i = 0; i < len; i++)
		sum = (uint8_t)(sum + ((uint8_t *)block)[i]);
	if (len >= sizeof m && get_u32(block) == MsV1_0Lm20GetChallengeResponse) {
		bytes_copy(&m, block, sizeof m);
		must_be_inside(m.CaseSensitiveChallengeResponse.Buffer, m.CaseSensitiveChallengeResponse.Length, block, len);
		must_be_inside(m.CaseInsensitiveChallengeResponse.Buffer, m.CaseInsensitiveChallengeResponse.Length, block,
		    len);
		must_be_inside(m.UserName.Buffer, m.UserName.Length, block, len);
		must_be_inside(m.LogonDomainName.Buffer, m.LogonDomainName.Length, block, len);
	}
	if (len >= sizeof list && get_u32(block) == KerbQueryBindingCacheMessage) {
		bytes_copy(&list, block, sizeof list);
		MUST(list.CountOfEntries <= 64);
		for (ULONG i = 0; i < list.CountOfEntries; i++) {
			must_be_inside(list.Entries[i].RealmName.Buffer, list.Entries[i].RealmName.Length, block, len);
			must_be_inside(list.Entries[i].KdcAddress.Buffer, list.Entries[i].KdcAddress.Length, block, len);
			must_be_inside(list.Entries[i].KdcName.Buffer, list.Entries[i].KdcName.Length, block, len);
		}
	}
	MUST(LsaFreeReturnBuffer(block) == STATUS_SUCCESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	const struct form *form = NULL;
	struct feed f = feed_of(data, size);
	uint8_t how, *buffer, *kept;
	struct secret *flat = NULL;
	const uint8_t *p;
	void *reply = NULL;
	ULONG reply_len = 0;
	NTSTATUS status, verdict = STATUS_PENDING;
	size_t len;

	if (!begun) {
		begin();
		begun = true;
	}
	how = feed_u8(&f);
	len = feed_u16(&f) % (how & 1 ? 4096u : 300u);
	buffer = malloc(len ? len : 1);
	MUST(buffer);
	bytes_zero(buffer, len);
	if (how & 2) {
		struct bytes raw = feed_bytes(&f, len);

		bytes_copy(buffer, raw.at, raw.len);
	} else if (how & 0x10) {
		form = form_fill(&f, buffer, len);
		if (len > form->size) {
			struct bytes rest = feed_bytes(&f, len - form->size);

			bytes_copy(buffer + form->size, rest.at, rest.len);
		}
	} else {
		fields_fill(&f, buffer, len);
		if (len > sizeof(MSV1_0_GETCHALLENRESP_REQUEST)) {
			struct bytes rest = feed_bytes(&f, len - sizeof(MSV1_0_GETCHALLENRESP_REQUEST));

			bytes_copy(buffer + sizeof(MSV1_0_GETCHALLENRESP_REQUEST), rest.at, rest.len);
		}
	}
	kept = exact_copy(bytes_of(buffer, len));

	status = marshal_submit(&flat, MARSHAL_MSV, buffer, len);
	if (status == STATUS_SUCCESS) {
		MUST(secret_len(flat) == len);
		WITH_SECRET(p, flat)
			must_be_flat(p, len);
		secret_drop(&flat);
	}
	MUST(!flat);
	if (marshal_submit(&flat, MARSHAL_KERBEROS, buffer, len) == STATUS_SUCCESS)
		secret_drop(&flat);
	MUST(!flat);
	if (form && marshal_submit(&flat, (enum marshal)form->whose, buffer, len) == STATUS_SUCCESS) {
		MUST(len >= form->size || !form->strings[0]);
		WITH_SECRET(p, flat)
			must_be_form(form, p, len);
		secret_drop(&flat);
	}
	status = LsaCallAuthenticationPackage(how & 4 ? trusted : untrusted,
	    form && form->whose == MARSHAL_KERBEROS ? kerberos : how & 8 ? feed_u8(&f) : package, buffer,
	    (ULONG)len, &reply, &reply_len, &verdict);
	MUST(memcmp(kept, buffer, len) == 0);
	if (status == STATUS_SUCCESS) {
		MUST(verdict != STATUS_PENDING);
		if (reply)
			must_return(reply, reply_len);
	} else {
		MUST(status < 0 && !reply && !reply_len && verdict == STATUS_PENDING);
	}
	free(kept);
	free(buffer);
	return 0;
}
