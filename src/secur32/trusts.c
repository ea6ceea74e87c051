/*
 * trusts.c - trusted domains. Rules: spec lsa-policy 7.
 */
#include "secur32/pol.h"

#include <stdlib.h>

#include "base/sid.h"
#include "wire/policy.h"

#define VALUE_MOST	65000u
#define CLEAR_TEXT	2u		/* TRUST_AUTH_TYPE_CLEAR */

/* --- facts in ------------------------------------------------------------------------ */

static bool
info_in(struct writer *w, const TRUSTED_DOMAIN_INFORMATION_EX *info)
{
	struct bytes name, flat, sid = BYTES_NONE;

	if (!pol_text(&name, &info->Name) || !pol_text(&flat, &info->FlatName) || (info->Sid && !pol_sid(&sid, info->Sid)))
		return false;
	writer_sized(w, name);
	writer_sized(w, flat);
	writer_sized(w, sid);
	writer_u32(w, info->TrustDirection);
	writer_u32(w, info->TrustType);
	writer_u32(w, info->TrustAttributes);
	return true;
}

static bool
keys_in(struct writer *w, ULONG count, const LSA_AUTH_INFORMATION *keys)
{
	writer_u32(w, keys ? count : 0);
	for (ULONG i = 0; keys && i < count; i++) {
		if (keys[i].AuthInfoLength && !keys[i].AuthInfo)
			return false;
		writer_u64(w, (uint64_t)keys[i].LastUpdateTime.QuadPart);
		writer_u32(w, keys[i].AuthType);
		writer_sized(w, bytes_of(keys[i].AuthInfo, keys[i].AuthInfoLength));
		if (w->need > VALUE_MOST)
			return false;
	}
	return true;
}

static bool
auth_in(struct writer *w, const TRUSTED_DOMAIN_AUTH_INFORMATION *auth)
{
	if ((auth->IncomingAuthInfos && !auth->IncomingAuthenticationInformation) ||
	    (auth->OutgoingAuthInfos && !auth->OutgoingAuthenticationInformation))
		return false;
	return keys_in(w, auth->IncomingAuthInfos, auth->IncomingAuthenticationInformation) &&
	    keys_in(w, auth->IncomingAuthInfos, auth->IncomingPreviousAuthenticationInformation) &&
	    keys_in(w, auth->OutgoingAuthInfos, auth->OutgoingAuthenticationInformation) &&
	    keys_in(w, auth->OutgoingAuthInfos, auth->OutgoingPreviousAuthenticationInformation);
}

/* A password is an outgoing key in clear text, and the one before it. */
static bool
password_in(struct writer *w, const TRUSTED_PASSWORD_INFO *info)
{
	LSA_AUTH_INFORMATION now = { .AuthType = CLEAR_TEXT, .AuthInfoLength = info->Password.Length,
	    .AuthInfo = (PUCHAR)info->Password.Buffer };
	LSA_AUTH_INFORMATION old = { .AuthType = CLEAR_TEXT, .AuthInfoLength = info->OldPassword.Length,
	    .AuthInfo = (PUCHAR)info->OldPassword.Buffer };

	return keys_in(w, 0, NULL) && keys_in(w, 0, NULL) && keys_in(w, 1, &now) && keys_in(w, 1, &old);
}

static bool
class_in(struct writer *w, unsigned class, const void *from)
{
	const TRUSTED_DOMAIN_FULL_INFORMATION *full = from;
	uint8_t *keys;
	struct writer k;
	bool good;

	switch ((enum trust_class)class) {
	case TRUST_CLASS_POSIX:
	case TRUST_CLASS_ENCRYPTION:
		writer_u32(w, *(const ULONG *)from);
		return true;
	case TRUST_CLASS_EX:
		return info_in(w, from);
	case TRUST_CLASS_AUTH:
		return auth_in(w, from);
	case TRUST_CLASS_PASSWORD:
		return password_in(w, from);
	case TRUST_CLASS_FULL:
		keys = malloc(VALUE_MOST);
		k = writer_of(keys, keys ? VALUE_MOST : 0);
		good = info_in(w, &full->Information) && auth_in(&k, &full->AuthInformation) && writer_ok(&k);
		writer_u32(w, full->PosixOffset.Offset);
		writer_sized(w, bytes_of(keys, good ? k.need : 0));
		bytes_wipe(keys, keys ? VALUE_MOST : 0);
		free(keys);
		return good;
	case TRUST_CLASS_NAME: case TRUST_CLASS_BASIC: case TRUST_CLASS_CONTROLLERS: case TRUST_CLASS_AUTH_INTERNAL:
	case TRUST_CLASS_FULL_INTERNAL: case TRUST_CLASS_EX2_INTERNAL: case TRUST_CLASS_FULL2_INTERNAL: case TRUST_CLASSES:
	default:
		return true;			/* the LSA says what is wrong with it */
	}
}

/* --- facts out ------------------------------------------------------------------------- */

static bool
info_out(struct parcel *p, struct reader *r, TRUSTED_DOMAIN_INFORMATION_EX *to)
{
	bool good = parcel_text(p, &to->Name, reader_sized(r, 512)) && parcel_text(p, &to->FlatName, reader_sized(r, 512)) &&
	    parcel_sid(p, &to->Sid, reader_sized(r, SID_SIZE_MAX));

	to->TrustDirection = reader_u32(r);
	to->TrustType = reader_u32(r);
	to->TrustAttributes = reader_u32(r);
	return good && reader_ok(r);
}

static bool
keys_out(struct parcel *p, struct reader *r, ULONG *ret_count, PLSA_AUTH_INFORMATION *ret_keys)
{
	ULONG count = reader_u32(r);
	LSA_AUTH_INFORMATION *keys;

	if (!reader_ok(r) || count > reader_left(r) / 16)
		return false;
	*ret_count = count;
	*ret_keys = NULL;
	if (count == 0)
		return true;
	keys = parcel_take(p, count * sizeof *keys);
	for (ULONG i = 0; keys && i < count; i++) {
		struct bytes key;

		keys[i].LastUpdateTime.QuadPart = (LONGLONG)reader_u64(r);
		keys[i].AuthType = reader_u32(r);
		key = reader_sized(r, VALUE_MOST);
		keys[i].AuthInfoLength = (ULONG)key.len;
		keys[i].AuthInfo = parcel_take(p, key.len);
		if (!keys[i].AuthInfo)
			return false;
		bytes_copy(keys[i].AuthInfo, key.at, key.len);
	}
	*ret_keys = keys;
	return keys && reader_ok(r);
}

static bool
auth_out(struct parcel *p, struct bytes value, TRUSTED_DOMAIN_AUTH_INFORMATION *to)
{
	struct reader r = reader_of(value);
	ULONG old;

	if (!value.len)
		return true;
	return keys_out(p, &r, &to->IncomingAuthInfos, &to->IncomingAuthenticationInformation) &&
	    keys_out(p, &r, &old, &to->IncomingPreviousAuthenticationInformation) &&
	    keys_out(p, &r, &to->OutgoingAuthInfos, &to->OutgoingAuthenticationInformation) &&
	    keys_out(p, &r, &old, &to->OutgoingPreviousAuthenticationInformation) && reader_done(&r);
}

static void
password_of(UNICODE_STRING *to, const LSA_AUTH_INFORMATION *key)
{
	if (key && key->AuthInfoLength <= UINT16_MAX) {
		to->Buffer = (PWSTR)(void *)key->AuthInfo;
		to->Length = to->MaximumLength = (USHORT)key->AuthInfoLength;
	}
}

static void *
class_out(struct parcel *p, unsigned class, struct bytes value)
{
	struct reader r = reader_of(value);
	TRUSTED_DOMAIN_INFORMATION_EX ex = { 0 }, *to_ex;
	TRUSTED_DOMAIN_AUTH_INFORMATION auth = { 0 };
	TRUSTED_DOMAIN_AUTH_INFORMATION *to_auth;
	TRUSTED_DOMAIN_FULL_INFORMATION *full;
	TRUSTED_PASSWORD_INFO *password;
	LSA_TRUST_INFORMATION *basic;
	TRUSTED_DOMAIN_NAME_INFO *name;
	ULONG *number;

	switch ((enum trust_class)class) {
	case TRUST_CLASS_NAME:
		name = parcel_take(p, sizeof *name);
		if (!name || !info_out(p, &r, &ex))
			return NULL;
		name->Name = ex.Name;
		return name;
	case TRUST_CLASS_BASIC:
		basic = parcel_take(p, sizeof *basic);
		if (!basic || !info_out(p, &r, &ex))
			return NULL;
		basic->Name = ex.Name;
		basic->Sid = ex.Sid;
		return basic;
	case TRUST_CLASS_EX:
		to_ex = parcel_take(p, sizeof *to_ex);
		return to_ex && info_out(p, &r, to_ex) ? to_ex : NULL;
	case TRUST_CLASS_POSIX:
	case TRUST_CLASS_ENCRYPTION:
		number = parcel_take(p, sizeof *number);
		if (number)
			*number = reader_u32(&r);
		return number;
	case TRUST_CLASS_AUTH:
		to_auth = parcel_take(p, sizeof *to_auth);
		return to_auth && auth_out(p, value, to_auth) ? to_auth : NULL;
	case TRUST_CLASS_PASSWORD:
		password = parcel_take(p, sizeof *password);
		if (!password || !auth_out(p, value, &auth))
			return NULL;
		password_of(&password->Password, auth.OutgoingAuthenticationInformation);
		password_of(&password->OldPassword, auth.OutgoingPreviousAuthenticationInformation);
		return password;
	case TRUST_CLASS_FULL:
		full = parcel_take(p, sizeof *full);
		if (!full || !info_out(p, &r, &full->Information))
			return NULL;
		full->PosixOffset.Offset = reader_u32(&r);
		return auth_out(p, reader_sized(&r, VALUE_MOST), &full->AuthInformation) ? full : NULL;
	case TRUST_CLASS_CONTROLLERS: case TRUST_CLASS_AUTH_INTERNAL: case TRUST_CLASS_FULL_INTERNAL:
	case TRUST_CLASS_EX2_INTERNAL: case TRUST_CLASS_FULL2_INTERNAL: case TRUST_CLASSES:
	default:
		return NULL;
	}
}

/* --- making and opening -------------------------------------------------------------------- */

static NTSTATUS
no_place(struct pol *p)
{
	pol_release(p);
	return pol_refuse(STATUS_INVALID_PARAMETER, "a name, a SID or the place for the answer is missing or malformed");
}

NTSTATUS
LsaCreateTrustedDomainEx(LSA_HANDLE PolicyHandle, PTRUSTED_DOMAIN_INFORMATION_EX TrustedDomainInformation,
    PTRUSTED_DOMAIN_AUTH_INFORMATION AuthenticationInformation, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE TrustedDomainHandle)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	uint8_t info[2048], *keys = malloc(VALUE_MOST);
	struct writer w = writer_of(info, sizeof info), k = writer_of(keys, keys ? VALUE_MOST : 0);
	struct trust_make_in in = { .access = DesiredAccess };
	struct trust_make_out out;
	struct pol_call c;
	bool good;
	NTSTATUS status;

	if (TrustedDomainHandle)
		*TrustedDomainHandle = NULL;
	if (!p) {
		free(keys);
		return STATUS_INVALID_HANDLE;
	}
	good = TrustedDomainHandle && TrustedDomainInformation && info_in(&w, TrustedDomainInformation) && writer_ok(&w) &&
	    (!AuthenticationInformation || auth_in(&k, AuthenticationInformation)) && writer_ok(&k);
	if (!good) {
		free(keys);
		return no_place(p);
	}
	in.object = p->wire;
	in.info = bytes_of(info, w.need);
	in.auth = bytes_of(keys, k.need);
	status = POL_ASK(&c, p->link, trust_make, &in, &out);
	if (status == STATUS_SUCCESS)
		status = pol_new(TrustedDomainHandle, p->link, POL_TRUST, out.trust, out.granted);
	bytes_wipe(keys, k.need);
	free(keys);
	pol_release(p);
	return pol_end(&c, status);
}

/* The older form: an outbound trust of Windows NT's kind. */
NTSTATUS
LsaCreateTrustedDomain(LSA_HANDLE PolicyHandle, PLSA_TRUST_INFORMATION TrustedDomainInformation,
    ACCESS_MASK DesiredAccess, PLSA_HANDLE TrustedDomainHandle)
{
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .TrustDirection = 2, .TrustType = 1 };

	if (!TrustedDomainInformation)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no domain to trust");
	ex.Name = ex.FlatName = TrustedDomainInformation->Name;
	ex.Sid = TrustedDomainInformation->Sid;
	return LsaCreateTrustedDomainEx(PolicyHandle, &ex, NULL, DesiredAccess, TrustedDomainHandle);
}

static NTSTATUS
trust_open_by(struct pol *p, struct bytes sid, struct bytes name, ACCESS_MASK access, LSA_HANDLE *ret_handle)
{
	struct trust_open_in in = { .object = p->wire, .sid = sid, .name = name, .access = access };
	struct trust_open_out out;
	struct pol_call c;
	NTSTATUS status = POL_ASK(&c, p->link, trust_open, &in, &out);

	if (status == STATUS_SUCCESS)
		status = pol_new(ret_handle, p->link, POL_TRUST, out.trust, out.granted);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaOpenTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE TrustedDomainHandle)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes sid;

	if (TrustedDomainHandle)
		*TrustedDomainHandle = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!TrustedDomainHandle || !pol_sid(&sid, TrustedDomainSid))
		return no_place(p);
	return trust_open_by(p, sid, BYTES_NONE, DesiredAccess, TrustedDomainHandle);
}

NTSTATUS
LsaOpenTrustedDomainByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    ACCESS_MASK DesiredAccess, PLSA_HANDLE TrustedDomainHandle)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes name;

	if (TrustedDomainHandle)
		*TrustedDomainHandle = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!TrustedDomainHandle || !pol_text(&name, TrustedDomainName) || !name.len)
		return no_place(p);
	return trust_open_by(p, BYTES_NONE, name, DesiredAccess, TrustedDomainHandle);
}

NTSTATUS
LsaDeleteTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct trust_del_in in = { 0 };
	struct trust_del_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!pol_sid(&in.sid, TrustedDomainSid))
		return no_place(p);
	in.object = p->wire;
	status = POL_ASK(&c, p->link, trust_del, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- lists ------------------------------------------------------------------------------------ */

static NTSTATUS
list_out(struct bytes list, bool ex, PVOID *ret_buffer, ULONG *ret_count)
{
	size_t size = ex ? sizeof(TRUSTED_DOMAIN_INFORMATION_EX) : sizeof(LSA_TRUST_INFORMATION);
	struct reader count = reader_of(list), r = reader_of(list);
	TRUSTED_DOMAIN_INFORMATION_EX one;
	struct parcel p;
	uint8_t *at;
	ULONG n = 0;
	bool good;

	while (reader_left(&count) > 0) {
		(void)reader_sized(&count, 4096);
		n++;
	}
	if (!reader_done(&count) || !parcel_begin(&p, n * (size + 4 * PARCEL_SLACK) + list.len + 64))
		return STATUS_INSUFFICIENT_RESOURCES;
	at = parcel_take(&p, n * size);
	good = at != NULL;
	for (ULONG i = 0; i < n && good; i++) {
		struct reader item = reader_of(reader_sized(&r, 4096));

		one = (TRUSTED_DOMAIN_INFORMATION_EX){ .TrustType = 0 };
		good = info_out(&p, &item, &one);
		if (ex)
			((TRUSTED_DOMAIN_INFORMATION_EX *)(void *)at)[i] = one;
		else
			((LSA_TRUST_INFORMATION *)(void *)at)[i] = (LSA_TRUST_INFORMATION){ .Name = one.FlatName, .Sid = one.Sid };
	}
	if (!good) {
		parcel_drop(&p);
		return STATUS_INVALID_SERVER_STATE;
	}
	*ret_buffer = at;
	*ret_count = n;
	return STATUS_SUCCESS;
}

static NTSTATUS
enumerate(LSA_HANDLE policy, LSA_ENUMERATION_HANDLE *context, bool ex, ULONG most, PVOID *ret_buffer, ULONG *ret_count)
{
	struct pol *p = pol_hold(policy, POL_POLICY);
	struct trust_list_in in = { .most = most };
	struct trust_list_out out;
	struct pol_call c;
	NTSTATUS status;

	if (ret_buffer)
		*ret_buffer = NULL;
	if (ret_count)
		*ret_count = 0;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!context || !ret_buffer || !ret_count)
		return no_place(p);
	in.object = p->wire;
	in.from = *context;
	status = POL_ASK(&c, p->link, trust_list, &in, &out);
	if (status == STATUS_SUCCESS)
		status = list_out(out.list, ex, ret_buffer, ret_count);
	if (status == STATUS_SUCCESS) {
		*context = in.from + *ret_count;
		if (out.next)
			status = STATUS_MORE_ENTRIES;
	}
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaEnumerateTrustedDomains(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return enumerate(PolicyHandle, EnumerationContext, false, PreferedMaximumLength, Buffer, CountReturned);
}

NTSTATUS
LsaEnumerateTrustedDomainsEx(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return enumerate(PolicyHandle, EnumerationContext, true, PreferedMaximumLength, Buffer, CountReturned);
}

/* --- facts by class ---------------------------------------------------------------------------- */

static NTSTATUS
query(struct pol *p, struct bytes sid, struct bytes name, unsigned class, PVOID *ret_buffer)
{
	struct trust_get_in in = { .object = p->wire, .sid = sid, .name = name, .class = class };
	struct trust_get_out out;
	struct parcel parcel = { NULL, 0, 0 };
	struct pol_call c;
	NTSTATUS status = POL_ASK(&c, p->link, trust_get, &in, &out);

	if (status == STATUS_SUCCESS && !parcel_begin(&parcel, 512 + 4 * out.value.len + 16 * PARCEL_SLACK))
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS) {
		*ret_buffer = class_out(&parcel, class, out.value);
		if (!*ret_buffer) {
			parcel_drop(&parcel);
			status = STATUS_INVALID_SERVER_STATE;
		}
	}
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaQueryTrustedDomainInfo(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes sid;

	if (Buffer)
		*Buffer = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !pol_sid(&sid, TrustedDomainSid))
		return no_place(p);
	return query(p, sid, BYTES_NONE, (unsigned)InformationClass, Buffer);
}

NTSTATUS
LsaQueryTrustedDomainInfoByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes name;

	if (Buffer)
		*Buffer = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !pol_text(&name, TrustedDomainName) || !name.len)
		return no_place(p);
	return query(p, BYTES_NONE, name, (unsigned)InformationClass, Buffer);
}

static NTSTATUS
set(struct pol *p, struct bytes sid, struct bytes name, unsigned class, const void *buffer)
{
	uint8_t *value = malloc(VALUE_MOST);
	struct writer w = writer_of(value, value ? VALUE_MOST : 0);
	struct trust_set_in in = { .object = p->wire, .sid = sid, .name = name, .class = class };
	struct trust_set_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!value || !class_in(&w, class, buffer) || !writer_ok(&w)) {
		status = value ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
		free(value);
		pol_release(p);
		return pol_refuse(status, "the facts of the trusted domain are malformed or too long");
	}
	in.value = bytes_of(value, w.need);
	status = POL_ASK(&c, p->link, trust_set, &in, &out);
	bytes_wipe(value, w.need);
	free(value);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaSetTrustedDomainInformation(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes sid;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !pol_sid(&sid, TrustedDomainSid))
		return no_place(p);
	return set(p, sid, BYTES_NONE, (unsigned)InformationClass, Buffer);
}

NTSTATUS
LsaSetTrustedDomainInfoByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct bytes name;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !pol_text(&name, TrustedDomainName) || !name.len)
		return no_place(p);
	return set(p, BYTES_NONE, name, (unsigned)InformationClass, Buffer);
}
