/*
 * private_data.c - private data and secrets. What is handed out is one
 * block, and wiped when LsaFreeMemory takes it back. Rules: spec lsa-policy 4.
 */
#include "secur32/pol.h"

/* Opaque bytes in the clothes of a string: an odd length is fine. */
static bool
data_in(struct bytes *ret_data, const UNICODE_STRING *data)
{
	if (data->Length && !data->Buffer)
		return false;
	*ret_data = bytes_of(data->Buffer, data->Length);
	return true;
}

/* Empty: a length of 0 and no buffer. */
static NTSTATUS
data_out(UNICODE_STRING **ret_data, struct bytes data)
{
	struct parcel p;
	UNICODE_STRING *to;
	uint8_t *at;

	if (data.len > UINT16_MAX)
		return STATUS_INVALID_SERVER_STATE;
	if (!parcel_begin(&p, sizeof *to + data.len + 2 + PARCEL_SLACK))
		return STATUS_INSUFFICIENT_RESOURCES;
	to = parcel_take(&p, sizeof *to);
	at = data.len ? parcel_take(&p, data.len) : NULL;
	if (parcel_end(&p, to && (at || !data.len)) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	bytes_copy(at, data.at, data.len);
	to->Buffer = (PWSTR)(void *)at;
	to->Length = to->MaximumLength = (USHORT)data.len;
	*ret_data = to;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaStorePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName, PLSA_UNICODE_STRING PrivateData)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct data_put_in in = { .gone = PrivateData == NULL };
	struct data_put_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!pol_text(&in.name, KeyName) || (PrivateData && !data_in(&in.value, PrivateData))) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "the name is no string, or the data has a length and no buffer");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, data_put, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaRetrievePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName, PLSA_UNICODE_STRING *PrivateData)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct data_get_in in = { 0 };
	struct data_get_out out;
	struct pol_call c;
	NTSTATUS status;

	if (PrivateData)
		*PrivateData = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!PrivateData || !pol_text(&in.name, KeyName)) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "the name is no string, or there is no place for the data");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, data_get, &in, &out);
	if (status == STATUS_SUCCESS)
		status = data_out(PrivateData, out.value);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- by handle --------------------------------------------------------------------- */

static NTSTATUS
secret_open_by(LSA_HANDLE policy, const UNICODE_STRING *name, ACCESS_MASK access, bool make, LSA_HANDLE *ret_secret)
{
	struct pol *p = pol_hold(policy, POL_POLICY);
	struct secret_open_in in = { .access = access, .make = make };
	struct secret_open_out out;
	struct pol_call c;
	NTSTATUS status;

	if (ret_secret)
		*ret_secret = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!ret_secret || !pol_text(&in.name, name)) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "the name is no string, or there is no place for the handle");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, secret_open, &in, &out);
	if (status == STATUS_SUCCESS)
		status = pol_new(ret_secret, p->link, POL_SECRET, out.secret, out.granted);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaCreateSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE SecretHandle)
{
	return secret_open_by(PolicyHandle, SecretName, DesiredAccess, true, SecretHandle);
}

NTSTATUS
LsaOpenSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE SecretHandle)
{
	return secret_open_by(PolicyHandle, SecretName, DesiredAccess, false, SecretHandle);
}

#define HAS_NOW 1u
#define HAS_OLD 2u

/* Without an old value the current one becomes it; without a current value there is none afterwards. */
NTSTATUS
LsaSetSecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING CurrentValue, PLSA_UNICODE_STRING OldValue)
{
	struct pol *p = pol_hold(SecretHandle, POL_SECRET);
	struct secret_set_in in = { .has = (CurrentValue ? HAS_NOW : 0) | (OldValue ? HAS_OLD : 0) };
	struct secret_set_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if ((CurrentValue && !data_in(&in.now, CurrentValue)) || (OldValue && !data_in(&in.old, OldValue))) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "a value has a length and no buffer");
	}
	in.secret = p->wire;
	status = POL_ASK(&c, p->link, secret_set, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaQuerySecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING *CurrentValue, PLARGE_INTEGER CurrentValueSetTime,
    PLSA_UNICODE_STRING *OldValue, PLARGE_INTEGER OldValueSetTime)
{
	struct pol *p = pol_hold(SecretHandle, POL_SECRET);
	struct secret_get_in in = { 0 };
	struct secret_get_out out;
	UNICODE_STRING *now = NULL, *old = NULL;
	struct pol_call c;
	NTSTATUS status;

	if (CurrentValue)
		*CurrentValue = NULL;
	if (OldValue)
		*OldValue = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	in.secret = p->wire;
	status = POL_ASK(&c, p->link, secret_get, &in, &out);
	if (status == STATUS_SUCCESS && CurrentValue && (out.has & HAS_NOW))
		status = data_out(&now, out.now);
	if (status == STATUS_SUCCESS && OldValue && (out.has & HAS_OLD))
		status = data_out(&old, out.old);
	if (status == STATUS_SUCCESS) {
		if (CurrentValue)
			*CurrentValue = now;
		if (OldValue)
			*OldValue = old;
		if (CurrentValueSetTime)
			CurrentValueSetTime->QuadPart = (LONGLONG)out.now_set;
		if (OldValueSetTime)
			OldValueSetTime->QuadPart = (LONGLONG)out.old_set;
	} else {
		(void)buffer_free(BUFFER_POLICY, now);
		(void)buffer_free(BUFFER_POLICY, old);
	}
	pol_release(p);
	return pol_end(&c, status);
}
