/*
 * account_quota.c - LsaGetQuotasForAccount and LsaSetQuotasForAccount.
 */
#include <ntsecapi.h>

#include "secur32/pol.h"

static void
limits_put(struct writer *w, const QUOTA_LIMITS *q)
{
	writer_u64(w, q->PagedPoolLimit);
	writer_u64(w, q->NonPagedPoolLimit);
	writer_u64(w, q->MinimumWorkingSetSize);
	writer_u64(w, q->MaximumWorkingSetSize);
	writer_u64(w, q->PagefileLimit);
	writer_u64(w, (uint64_t)q->TimeLimit.QuadPart);
}

static bool
limits_take(QUOTA_LIMITS *q, struct bytes wire)
{
	struct reader r = reader_of(wire);

	q->PagedPoolLimit = (SIZE_T)reader_u64(&r);
	q->NonPagedPoolLimit = (SIZE_T)reader_u64(&r);
	q->MinimumWorkingSetSize = (SIZE_T)reader_u64(&r);
	q->MaximumWorkingSetSize = (SIZE_T)reader_u64(&r);
	q->PagefileLimit = (SIZE_T)reader_u64(&r);
	q->TimeLimit.QuadPart = (LONGLONG)reader_u64(&r);
	return reader_done(&r);
}

NTSTATUS
LsaGetQuotasForAccount(LSA_HANDLE AccountHandle, PQUOTA_LIMITS QuotaLimits)
{
	struct pol *p = pol_hold(AccountHandle, POL_ACCOUNT);
	struct acct_quota_in in = { 0 };
	struct acct_quota_out out;
	struct pol_call c;
	NTSTATUS status;
	QUOTA_LIMITS q;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!QuotaLimits) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the quotas");
	}
	in.account = p->wire;
	status = POL_ASK(&c, p->link, acct_quota, &in, &out);
	if (status == STATUS_SUCCESS) {
		if (limits_take(&q, out.quotas))
			*QuotaLimits = q;
		else
			status = STATUS_INVALID_SERVER_STATE;
	}
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaSetQuotasForAccount(LSA_HANDLE AccountHandle, PQUOTA_LIMITS QuotaLimits)
{
	struct pol *p = pol_hold(AccountHandle, POL_ACCOUNT);
	struct acct_quota_in in = { 0 };
	struct acct_quota_out out;
	struct pol_call c;
	uint8_t wire[48];
	struct writer w = writer_of(wire, sizeof wire);
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!QuotaLimits) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "there are no quotas");
	}
	limits_put(&w, QuotaLimits);
	in.account = p->wire;
	in.quotas = bytes_of(wire, sizeof wire);
	status = POL_ASK(&c, p->link, acct_quota, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}
