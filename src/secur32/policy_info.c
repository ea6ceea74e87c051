/*
 * policy_info.c - information classes of policy: structures in, structures
 * out; what is in them the LSA knows. Layouts on the wire: wire/policy.h.
 * Rules: spec lsa-policy 3.
 */
#include "secur32/pol.h"

#include <stdlib.h>

#include "base/sid.h"
#include "wire/policy.h"

#define VALUE_MOST 40000u

/* --- out ------------------------------------------------------------------------------ */

static bool
text_next(struct parcel *p, UNICODE_STRING *to, struct reader *r)
{
	return parcel_text(p, to, reader_sized(r, 1024));
}

static bool
sid_next(struct parcel *p, PSID *to, struct reader *r)
{
	return parcel_sid(p, to, reader_sized(r, SID_SIZE_MAX));
}

static LARGE_INTEGER
large(struct reader *r)
{
	return (LARGE_INTEGER){ .QuadPart = (LONGLONG)reader_u64(r) };
}

#define TAKE(type) type *to = parcel_take(p, sizeof *to); if (!to) return NULL

static void *
events_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_AUDIT_EVENTS_INFO);
	to->AuditingMode = reader_u32(r) != 0;
	to->MaximumAuditEventCount = 9;
	to->EventAuditingOptions = parcel_take(p, 9 * sizeof(ULONG));
	for (unsigned i = 0; to->EventAuditingOptions && i < 9; i++)
		to->EventAuditingOptions[i] = reader_u32(r);
	return to->EventAuditingOptions ? to : NULL;
}

static void *
log_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_AUDIT_LOG_INFO);
	to->AuditLogPercentFull = reader_u32(r);
	to->MaximumLogSize = reader_u32(r);
	to->AuditRetentionPeriod = large(r);
	to->AuditLogFullShutdownInProgress = reader_u32(r) != 0;
	to->TimeToShutdown = large(r);
	to->NextAuditRecordId = reader_u32(r);
	return to;
}

static void *
domain_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_ACCOUNT_DOMAIN_INFO);		/* a primary domain looks the same */
	return text_next(p, &to->DomainName, r) && sid_next(p, &to->DomainSid, r) ? to : NULL;
}

static void *
name_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_PD_ACCOUNT_INFO);
	return text_next(p, &to->Name, r) ? to : NULL;
}

static void *
role_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_LSA_SERVER_ROLE_INFO);
	to->LsaServerRole = (POLICY_LSA_SERVER_ROLE)reader_u32(r);
	return to;
}

static void *
replica_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_REPLICA_SOURCE_INFO);
	return text_next(p, &to->ReplicaSource, r) && text_next(p, &to->ReplicaAccountName, r) ? to : NULL;
}

static void *
quota_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_DEFAULT_QUOTA_INFO);
	to->QuotaLimits.PagedPoolLimit = (SIZE_T)reader_u64(r);
	to->QuotaLimits.NonPagedPoolLimit = (SIZE_T)reader_u64(r);
	to->QuotaLimits.MinimumWorkingSetSize = (SIZE_T)reader_u64(r);
	to->QuotaLimits.MaximumWorkingSetSize = (SIZE_T)reader_u64(r);
	to->QuotaLimits.PagefileLimit = (SIZE_T)reader_u64(r);
	to->QuotaLimits.TimeLimit = large(r);
	return to;
}

static void *
modification_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_MODIFICATION_INFO);
	to->ModifiedId = large(r);
	to->DatabaseCreationTime = large(r);
	return to;
}

static void *
full_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_AUDIT_FULL_QUERY_INFO);
	to->ShutDownOnFull = reader_u32(r) != 0;
	to->LogIsFull = reader_u32(r) != 0;
	return to;
}

static void *
dns_out(struct parcel *p, struct reader *r)
{
	bool good;
	TAKE(POLICY_DNS_DOMAIN_INFO);
	good = text_next(p, &to->Name, r) && text_next(p, &to->DnsDomainName, r) && text_next(p, &to->DnsForestName, r);
	reader_fixed(r, &to->DomainGuid, sizeof to->DomainGuid);
	return good && sid_next(p, &to->Sid, r) ? to : NULL;
}

static void *
machine_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_MACHINE_ACCT_INFO);
	to->Rid = reader_u32(r);
	return sid_next(p, &to->Sid, r) ? to : NULL;
}

static void *
efs_out(struct parcel *p, struct reader *r)
{
	struct bytes blob = reader_sized(r, VALUE_MOST);
	TAKE(POLICY_DOMAIN_EFS_INFO);
	to->InfoLength = (ULONG)blob.len;
	to->EfsBlob = parcel_take(p, blob.len);
	if (to->EfsBlob)
		bytes_copy(to->EfsBlob, blob.at, blob.len);
	return to->EfsBlob ? to : NULL;
}

static void *
kerberos_out(struct parcel *p, struct reader *r)
{
	TAKE(POLICY_DOMAIN_KERBEROS_TICKET_INFO);
	to->AuthenticationOptions = reader_u32(r);
	to->MaxServiceTicketAge = large(r);
	to->MaxTicketAge = large(r);
	to->MaxRenewAge = large(r);
	to->MaxClockSkew = large(r);
	return to;
}

/* --- in --------------------------------------------------------------------------------- */

static bool
text_put(struct writer *w, const UNICODE_STRING *string)
{
	struct bytes text;

	if (!pol_text(&text, string))
		return false;
	writer_sized(w, text);
	return true;
}

static bool
sid_put_next(struct writer *w, PSID sid)
{
	struct bytes binary = BYTES_NONE;

	if (sid && !pol_sid(&binary, sid))
		return false;
	writer_sized(w, binary);
	return true;
}

static bool
events_in(struct writer *w, const void *from)
{
	const POLICY_AUDIT_EVENTS_INFO *info = from;

	if (info->MaximumAuditEventCount > 9 || (info->MaximumAuditEventCount && !info->EventAuditingOptions))
		return false;
	writer_u32(w, info->AuditingMode ? 1 : 0);
	for (ULONG i = 0; i < 9; i++)
		writer_u32(w, i < info->MaximumAuditEventCount ? info->EventAuditingOptions[i] : 0);
	return true;
}

static bool
domain_in(struct writer *w, const void *from)
{
	const POLICY_ACCOUNT_DOMAIN_INFO *info = from;

	return text_put(w, &info->DomainName) && sid_put_next(w, info->DomainSid);
}

static bool
role_in(struct writer *w, const void *from)
{
	writer_u32(w, (uint32_t)((const POLICY_LSA_SERVER_ROLE_INFO *)from)->LsaServerRole);
	return true;
}

static bool
replica_in(struct writer *w, const void *from)
{
	const POLICY_REPLICA_SOURCE_INFO *info = from;

	return text_put(w, &info->ReplicaSource) && text_put(w, &info->ReplicaAccountName);
}

static bool
quota_in(struct writer *w, const void *from)
{
	const QUOTA_LIMITS *q = &((const POLICY_DEFAULT_QUOTA_INFO *)from)->QuotaLimits;

	writer_u64(w, q->PagedPoolLimit);
	writer_u64(w, q->NonPagedPoolLimit);
	writer_u64(w, q->MinimumWorkingSetSize);
	writer_u64(w, q->MaximumWorkingSetSize);
	writer_u64(w, q->PagefileLimit);
	writer_u64(w, (uint64_t)q->TimeLimit.QuadPart);
	return true;
}

static bool
full_in(struct writer *w, const void *from)
{
	writer_u32(w, ((const POLICY_AUDIT_FULL_SET_INFO *)from)->ShutDownOnFull ? 1 : 0);
	return true;
}

static bool
dns_in(struct writer *w, const void *from)
{
	const POLICY_DNS_DOMAIN_INFO *info = from;
	bool good = text_put(w, &info->Name) && text_put(w, &info->DnsDomainName) && text_put(w, &info->DnsForestName);

	writer_bytes(w, bytes_of(&info->DomainGuid, sizeof info->DomainGuid));
	return good && sid_put_next(w, info->Sid);
}

static bool
efs_in(struct writer *w, const void *from)
{
	const POLICY_DOMAIN_EFS_INFO *info = from;

	if (info->InfoLength > 32768 || (info->InfoLength && !info->EfsBlob))
		return false;
	writer_sized(w, bytes_of(info->EfsBlob, info->InfoLength));
	return true;
}

static bool
kerberos_in(struct writer *w, const void *from)
{
	const POLICY_DOMAIN_KERBEROS_TICKET_INFO *info = from;

	writer_u32(w, info->AuthenticationOptions);
	writer_u64(w, (uint64_t)info->MaxServiceTicketAge.QuadPart);
	writer_u64(w, (uint64_t)info->MaxTicketAge.QuadPart);
	writer_u64(w, (uint64_t)info->MaxRenewAge.QuadPart);
	writer_u64(w, (uint64_t)info->MaxClockSkew.QuadPart);
	return true;
}

struct shape {
	void *(*out)(struct parcel *p, struct reader *r);
	bool (*in)(struct writer *w, const void *from);
};

static const struct shape infos[INFO_CLASSES] = {
	[INFO_AUDIT_LOG]      = { log_out, NULL },
	[INFO_AUDIT_EVENTS]   = { events_out, events_in },
	[INFO_PRIMARY]        = { domain_out, domain_in },
	[INFO_PD_ACCOUNT]     = { name_out, NULL },
	[INFO_ACCOUNT_DOMAIN] = { domain_out, domain_in },
	[INFO_ROLE]           = { role_out, role_in },
	[INFO_REPLICA]        = { replica_out, replica_in },
	[INFO_QUOTA]          = { quota_out, quota_in },
	[INFO_MODIFICATION]   = { modification_out, NULL },
	[INFO_FULL_SET]       = { NULL, full_in },
	[INFO_FULL_QUERY]     = { full_out, NULL },
	[INFO_DNS]            = { dns_out, dns_in },
	[INFO_DNS_INT]        = { dns_out, NULL },
	[INFO_LOCAL_DOMAIN]   = { domain_out, NULL },
	[INFO_MACHINE]        = { machine_out, NULL },
};

static const struct shape domains[DOMAIN_CLASSES] = {
	[DOMAIN_EFS]      = { efs_out, efs_in },
	[DOMAIN_KERBEROS] = { kerberos_out, kerberos_in },
};

static const struct shape *
shape_of(bool domain, unsigned class)
{
	if (domain)
		return class < DOMAIN_CLASSES ? &domains[class] : NULL;
	return class < INFO_CLASSES ? &infos[class] : NULL;
}

/* --- the functions ------------------------------------------------------------------------- */

static NTSTATUS
query(LSA_HANDLE handle, bool domain, unsigned class, PVOID *ret_buffer)
{
	const struct shape *shape = shape_of(domain, class);
	struct pol *p = pol_hold(handle, POL_POLICY);
	struct info_get_in in = { .domain = domain, .class = class };
	struct info_get_out out;
	struct parcel parcel = { NULL, 0, 0 };
	struct reader r;
	struct pol_call c;
	NTSTATUS status;

	if (ret_buffer)
		*ret_buffer = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!ret_buffer || !shape || !shape->out) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "this class of information cannot be queried");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, info_get, &in, &out);
	if (status == STATUS_SUCCESS && !parcel_begin(&parcel, 256 + out.value.len + 8 * PARCEL_SLACK))
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS) {
		r = reader_of(out.value);
		*ret_buffer = shape->out(&parcel, &r);
		if (!*ret_buffer || !reader_done(&r)) {
			*ret_buffer = NULL;
			parcel_drop(&parcel);
			status = STATUS_INVALID_SERVER_STATE;
		}
	}
	pol_release(p);
	return pol_end(&c, status);
}

static NTSTATUS
set(LSA_HANDLE handle, bool domain, unsigned class, const void *buffer)
{
	const struct shape *shape = shape_of(domain, class);
	struct pol *p = pol_hold(handle, POL_POLICY);
	uint8_t *value = malloc(VALUE_MOST);
	struct writer w = writer_of(value, value ? VALUE_MOST : 0);
	struct info_set_in in = { .domain = domain, .class = class };
	struct info_set_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p || !value || !shape || !shape->in || !buffer || !shape->in(&w, buffer) || !writer_ok(&w)) {
		bool have = p && value;

		status = !p ? STATUS_INVALID_HANDLE : !have ? STATUS_INSUFFICIENT_RESOURCES : STATUS_INVALID_PARAMETER;
		free(value);
		pol_release(p);
		return have ? pol_refuse(status, "this class of information cannot be set, or not to this") : status;
	}
	in.object = p->wire;
	in.value = bytes_of(value, w.need);
	status = POL_ASK(&c, p->link, info_set, &in, &out);
	free(value);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaQueryInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	return query(PolicyHandle, false, (unsigned)InformationClass, Buffer);
}

NTSTATUS
LsaSetInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	return set(PolicyHandle, false, (unsigned)InformationClass, Buffer);
}

NTSTATUS
LsaQueryDomainInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_DOMAIN_INFORMATION_CLASS InformationClass,
    PVOID *Buffer)
{
	return query(PolicyHandle, true, (unsigned)InformationClass, Buffer);
}

NTSTATUS
LsaSetDomainInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_DOMAIN_INFORMATION_CLASS InformationClass,
    PVOID Buffer)
{
	return set(PolicyHandle, true, (unsigned)InformationClass, Buffer);
}
