/*
 * marshal.c - where the strings stand in each structure, as a table, and the
 * way over it. Layouts: [MS-NLMP] and ntsecapi.h.
 */
#include "secur32/marshal.h"

#include <ntsecapi.h>
#include <openlsa.h>

#include "secur32/handles.h"
#include "secur32/memory.h"

#define SUBMIT_MOST	60000u
#define STRINGS_MAX	6u

struct layout {
	uint8_t whose;			/* enum marshal */
	uint8_t type;
	uint16_t size;			/* of the fixed part */
	uint16_t cred;			/* place of a SecHandle; 0: none */
	uint16_t list_count, list;	/* a count, and [UNICODE_]STRINGs from there on; 0: none */
	uint16_t strings[STRINGS_MAX];	/* places of [UNICODE_]STRINGs; 0: none */
};

#define MSV(type)	MARSHAL_MSV, (type)
#define KERB(type)	MARSHAL_KERBEROS, (type)
#define AT(field)	offsetof(REQUEST, field)

/* The longest first where a type has two forms: what is too short for it has the other. */
static const struct layout submits[] = {
	{ MSV(MsV1_0Lm20ChallengeRequest), sizeof(MSV1_0_LM20_CHALLENGE_REQUEST), 0, 0, 0, { 0 } },
#define REQUEST MSV1_0_GETCHALLENRESP_REQUEST
	{ MSV(MsV1_0Lm20GetChallengeResponse), sizeof(REQUEST), 0, 0, 0,
	    { AT(Password), AT(UserName), AT(LogonDomainName), AT(ServerName) } },
#undef REQUEST
#define REQUEST MSV1_0_GETCHALLENRESP_REQUEST_V1
	{ MSV(MsV1_0Lm20GetChallengeResponse), sizeof(REQUEST), 0, 0, 0, { AT(Password) } },
#undef REQUEST
	{ MSV(MsV1_0EnumerateUsers), sizeof(MSV1_0_ENUMUSERS_REQUEST), 0, 0, 0, { 0 } },
	{ MSV(MsV1_0GetUserInfo), sizeof(MSV1_0_GETUSERINFO_REQUEST), 0, 0, 0, { 0 } },
#define REQUEST MSV1_0_CHANGEPASSWORD_REQUEST
	{ MSV(MsV1_0ChangePassword), sizeof(REQUEST), 0, 0, 0,
	    { AT(DomainName), AT(AccountName), AT(OldPassword), AT(NewPassword) } },
	{ MSV(MsV1_0ChangeCachedPassword), sizeof(REQUEST), 0, 0, 0,
	    { AT(DomainName), AT(AccountName), AT(OldPassword), AT(NewPassword) } },
#undef REQUEST
#define REQUEST MSV1_0_INTERACTIVE_LOGON
	{ MSV(MsV1_0CacheLookupEx), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Password) } },
#undef REQUEST
	{ MSV(MsV1_0DeriveCredential), offsetof(OlsaDeriveCredRequest, DeriveCredSubmitBuffer), 0, 0, 0, { 0 } },
	{ MSV(MsV1_0SetProcessOption), sizeof(OlsaSetOptionRequest), 0, 0, 0, { 0 } },
	{ MSV(MsV1_0SetThreadOption), sizeof(OlsaSetOptionRequest), 0, 0, 0, { 0 } },
#define REQUEST MSV1_0_LM20_LOGON
	{ MSV(MsV1_0ValidateAuth), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Workstation),
	    AT(CaseSensitiveChallengeResponse), AT(CaseInsensitiveChallengeResponse) } },
#undef REQUEST
	{ KERB(KerbQueryTicketCacheMessage), sizeof(KERB_QUERY_TKT_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbQueryTicketCacheExMessage), sizeof(KERB_QUERY_TKT_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbQueryTicketCacheEx2Message), sizeof(KERB_QUERY_TKT_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbQueryTicketCacheEx3Message), sizeof(KERB_QUERY_TKT_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbRetrieveTicketMessage), sizeof(KERB_QUERY_TKT_CACHE_REQUEST), 0, 0, 0, { 0 } },
#define REQUEST KERB_RETRIEVE_TKT_REQUEST
	{ KERB(KerbRetrieveEncodedTicketMessage), sizeof(REQUEST), AT(CredentialsHandle), 0, 0, { AT(TargetName) } },
#undef REQUEST
#define REQUEST KERB_PURGE_TKT_CACHE_REQUEST
	{ KERB(KerbPurgeTicketCacheMessage), sizeof(REQUEST), 0, 0, 0, { AT(ServerName), AT(RealmName) } },
#undef REQUEST
#define REQUEST KERB_PURGE_TKT_CACHE_EX_REQUEST
	{ KERB(KerbPurgeTicketCacheExMessage), sizeof(REQUEST), 0, 0, 0,
	    { AT(TicketTemplate.ClientName), AT(TicketTemplate.ClientRealm), AT(TicketTemplate.ServerName),
	    AT(TicketTemplate.ServerRealm) } },
#undef REQUEST
	{ KERB(KerbSubmitTicketMessage), sizeof(KERB_SUBMIT_TKT_REQUEST), 0, 0, 0, { 0 } },
#define REQUEST KERB_CHANGEPASSWORD_REQUEST
	{ KERB(KerbChangePasswordMessage), sizeof(REQUEST), 0, 0, 0,
	    { AT(DomainName), AT(AccountName), AT(OldPassword), AT(NewPassword) } },
#undef REQUEST
#define REQUEST KERB_SETPASSWORD_REQUEST
	{ KERB(KerbSetPasswordMessage), sizeof(REQUEST), AT(CredentialsHandle), 0, 0,
	    { AT(DomainName), AT(AccountName), AT(Password) } },
#undef REQUEST
#define REQUEST KERB_SETPASSWORD_EX_REQUEST
	{ KERB(KerbSetPasswordExMessage), sizeof(REQUEST), AT(CredentialsHandle), 0, 0,
	    { AT(AccountRealm), AT(AccountName), AT(Password), AT(ClientRealm), AT(ClientName), AT(KdcAddress) } },
#undef REQUEST
#define REQUEST KERB_ADD_CREDENTIALS_REQUEST
	{ KERB(KerbAddExtraCredentialsMessage), sizeof(REQUEST), 0, 0, 0, { AT(UserName), AT(DomainName), AT(Password) } },
#undef REQUEST
#define REQUEST KERB_ADD_CREDENTIALS_REQUEST_EX
	{ KERB(KerbAddExtraCredentialsExMessage), AT(PrincipalNames), 0, AT(PrincipalNameCount), AT(PrincipalNames),
	    { AT(Credentials.UserName), AT(Credentials.DomainName), AT(Credentials.Password) } },
#undef REQUEST
	{ KERB(KerbTransferCredentialsMessage), sizeof(KERB_TRANSFER_CRED_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbQueryKdcProxyCacheMessage), sizeof(KERB_QUERY_KDC_PROXY_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbPurgeKdcProxyCacheMessage), sizeof(KERB_PURGE_KDC_PROXY_CACHE_REQUEST), 0, 0, 0, { 0 } },
	{ KERB(KerbQueryS4U2ProxyCacheMessage), sizeof(KERB_QUERY_S4U2PROXY_CACHE_REQUEST), 0, 0, 0, { 0 } },
#define REQUEST KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST
	{ KERB(KerbAddBindingCacheEntryExMessage), sizeof(REQUEST), 0, 0, 0, { AT(RealmName), AT(KdcAddress) } },
#undef REQUEST
#define REQUEST OlsaPinKdcRequest
	{ KERB(KerbPinKdcMessage), sizeof(REQUEST), 0, 0, 0, { AT(Realm), AT(KdcAddress) } },
#undef REQUEST
	{ KERB(KerbUnpinAllKdcsMessage), sizeof(OlsaUnpinAllKdcsRequest), 0, 0, 0, { 0 } },
#define REQUEST KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST
	{ KERB(KerbQueryDomainExtendedPoliciesMessage), sizeof(REQUEST), 0, 0, 0, { AT(DomainName) } },
#undef REQUEST
#define REQUEST KERB_RETRIEVE_KEY_TAB_REQUEST
	{ KERB(KerbRetrieveKeyTabMessage), sizeof(REQUEST), 0, 0, 0, { AT(UserName), AT(DomainName), AT(Password) } },
#undef REQUEST
};

/* Buffers of LsaLogonUser. */
static const struct layout logons[] = {
#define REQUEST MSV1_0_INTERACTIVE_LOGON
	{ MSV(MsV1_0InteractiveLogon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Password) } },
	{ MSV(MsV1_0WorkstationUnlockLogon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Password) } },
#undef REQUEST
#define REQUEST MSV1_0_LM20_LOGON
	{ MSV(MsV1_0Lm20Logon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Workstation),
	    AT(CaseSensitiveChallengeResponse), AT(CaseInsensitiveChallengeResponse) } },
	{ MSV(MsV1_0NetworkLogon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Workstation),
	    AT(CaseSensitiveChallengeResponse), AT(CaseInsensitiveChallengeResponse) } },
#undef REQUEST
#define REQUEST MSV1_0_SUBAUTH_LOGON
	{ MSV(MsV1_0SubAuthLogon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Workstation),
	    AT(AuthenticationInfo1), AT(AuthenticationInfo2) } },
#undef REQUEST
#define REQUEST MSV1_0_S4U_LOGON
	{ MSV(MsV1_0S4ULogon), sizeof(REQUEST), 0, 0, 0, { AT(UserPrincipalName), AT(DomainName) } },
#undef REQUEST
#define REQUEST KERB_INTERACTIVE_LOGON
	{ KERB(KerbInteractiveLogon), sizeof(REQUEST), 0, 0, 0, { AT(LogonDomainName), AT(UserName), AT(Password) } },
#undef REQUEST
#define REQUEST KERB_INTERACTIVE_UNLOCK_LOGON
	{ KERB(KerbWorkstationUnlockLogon), sizeof(REQUEST), 0, 0, 0,
	    { AT(Logon.LogonDomainName), AT(Logon.UserName), AT(Logon.Password) } },
#undef REQUEST
	{ KERB(KerbTicketLogon), sizeof(KERB_TICKET_LOGON), 0, 0, 0, { 0 } },
	{ KERB(KerbTicketUnlockLogon), sizeof(KERB_TICKET_UNLOCK_LOGON), 0, 0, 0, { 0 } },
#define REQUEST KERB_S4U_LOGON
	{ KERB(KerbS4ULogon), sizeof(REQUEST), 0, 0, 0, { AT(ClientUpn), AT(ClientRealm) } },
#undef REQUEST
};

/* Bytes with a length of 32 bits: places of both. */
struct blob { uint8_t whose, type; uint16_t len, at; };

static const struct blob logon_blobs[] = {
#define REQUEST KERB_TICKET_LOGON
	{ KERB(KerbTicketLogon), AT(ServiceTicketLength), AT(ServiceTicket) },
	{ KERB(KerbTicketLogon), AT(TicketGrantingTicketLength), AT(TicketGrantingTicket) },
	{ KERB(KerbTicketUnlockLogon), AT(ServiceTicketLength), AT(ServiceTicket) },
	{ KERB(KerbTicketUnlockLogon), AT(TicketGrantingTicketLength), AT(TicketGrantingTicket) },
#undef REQUEST
};

struct table {
	const struct layout *rows;
	size_t count;
	const struct blob *blobs;
	size_t blob_count;
};

static const struct table of_messages = { submits, sizeof submits / sizeof *submits, NULL, 0 };
static const struct table of_logons = { logons, sizeof logons / sizeof *logons, logon_blobs,
	sizeof logon_blobs / sizeof *logon_blobs };

static const struct layout *
layout_of(const struct table *t, enum marshal whose, uint32_t type, size_t len, bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].whose == whose && t->rows[i].type == type) {
			*ret_known = true;
			if (len >= t->rows[i].size)
				return &t->rows[i];
		}
	return NULL;
}

/*
 * A pointer in the caller's structure: an address inside the same buffer, or
 * (packed form) an offset; the address wins when both would fit.
 */
static bool
offset_of(uint64_t *ret_wire, uintptr_t where, size_t wanted, size_t len, size_t fixed, uintptr_t base)
{
	uintptr_t offset = where - base;

	if (where < base || offset >= len)
		offset = where;
	if (wanted && (offset < fixed || offset > len || wanted > len - offset))
		return false;
	*ret_wire = wanted ? offset : 0;
	return true;
}

static bool
string_relocate(uint8_t *flat, size_t len, size_t at, size_t fixed, uintptr_t base)
{
	UNICODE_STRING s;
	uint64_t wire;

	bytes_copy(&s, flat + at, sizeof s);
	if (!offset_of(&wire, (uintptr_t)s.Buffer, s.Length, len, fixed, base))
		return false;
	bytes_zero(flat + at, sizeof s);
	bytes_copy(flat + at, &s.Length, sizeof s.Length);
	bytes_copy(flat + at + sizeof s.Length, &s.Length, sizeof s.Length);
	bytes_copy(flat + at + offsetof(UNICODE_STRING, Buffer), &wire, sizeof s.Buffer);
	return true;
}

static bool
blob_relocate(uint8_t *flat, size_t len, const struct blob *b, size_t fixed, uintptr_t base)
{
	uintptr_t where;
	uint64_t wire;

	bytes_copy(&where, flat + b->at, sizeof where);
	if (!offset_of(&wire, where, get_u32(flat + b->len), len, fixed, base))
		return false;
	bytes_copy(flat + b->at, &wire, sizeof where);
	return true;
}

static bool
list_relocate(uint8_t *flat, size_t len, const struct layout *row, uintptr_t base)
{
	uint32_t count = get_u32(flat + row->list_count);
	size_t room = (len - row->list) / sizeof(UNICODE_STRING);

	if (count > room)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!string_relocate(flat, len, row->list + i * sizeof(UNICODE_STRING), row->list + count * sizeof(UNICODE_STRING),
		    base))
			return false;
	return true;
}

/* The two words of a handle become the LSA's number and nothing; no handle stays none. */
static bool
cred_translate(uint8_t *at)
{
	SecHandle handle;
	uint64_t wire[2] = { 0, 0 };
	struct cred *cred;

	bytes_copy(&handle, at, sizeof handle);
	if (handle.dwLower || handle.dwUpper) {
		cred = cred_hold(&handle);
		if (!cred)
			return false;
		wire[0] = cred->wire;
		cred_release(cred);
	}
	bytes_copy(at, wire, sizeof handle);
	return true;
}

static NTSTATUS
relocate(uint8_t *flat, size_t len, const struct table *t, const struct layout *row, uintptr_t base)
{
	for (unsigned i = 0; i < STRINGS_MAX && row->strings[i]; i++)
		if (!string_relocate(flat, len, row->strings[i], row->size, base))
			return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < t->blob_count; i++)
		if (t->blobs[i].whose == row->whose && t->blobs[i].type == row->type && !blob_relocate(flat, len, &t->blobs[i], row->size, base))
			return STATUS_INVALID_PARAMETER;
	if (row->list && !list_relocate(flat, len, row, base))
		return STATUS_INVALID_PARAMETER;
	return row->cred && !cred_translate(flat + row->cred) ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
}

static NTSTATUS
flatten(struct secret **ret_flat, const struct table *t, enum marshal whose, const void *submit, size_t len)
{
	const struct layout *row;
	NTSTATUS status = STATUS_SUCCESS;
	struct secret *flat;
	bool known;
	uint8_t *p;

	if (!submit || len < 4 || len > SUBMIT_MOST)
		return STATUS_INVALID_PARAMETER;
	row = layout_of(t, whose, get_u32(submit), len, &known);
	if (known && !row)
		return STATUS_INVALID_PARAMETER;
	flat = secret_of(bytes_of(submit, len));
	if (!flat)
		return STATUS_QUOTA_EXCEEDED;
	if (row)
		WITH_SECRET(p, flat)
			status = relocate(p, len, t, row, (uintptr_t)submit);
	if (status != STATUS_SUCCESS) {
		secret_drop(&flat);
		return status;
	}
	*ret_flat = flat;
	return STATUS_SUCCESS;
}

NTSTATUS
marshal_submit(struct secret **ret_flat, enum marshal whose, const void *submit, size_t len)
{
	return flatten(ret_flat, &of_messages, whose, submit, len);
}

NTSTATUS
marshal_logon(struct secret **ret_flat, enum marshal whose, const void *submit, size_t len)
{
	return flatten(ret_flat, &of_logons, whose, submit, len);
}

void *
marshal_return(struct bytes flat, struct bytes pointers)
{
	uint8_t *block = buffer_new(BUFFER_RETURN, flat.len);

	if (!block)
		return NULL;
	bytes_copy(block, flat.at, flat.len);
	for (size_t i = 0; i + 4 <= pointers.len; i += 4) {
		uint32_t at = get_u32(pointers.at + i);
		uint64_t offset;
		void *where;

		if (at > flat.len || flat.len - at < sizeof offset)
			continue;
		bytes_copy(&offset, block + at, sizeof offset);
		where = offset && offset <= flat.len ? block + offset : NULL;
		bytes_copy(block + at, &where, sizeof where);
	}
	return block;
}
