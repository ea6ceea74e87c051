/*
 * logon_user.c - LsaLogonUser. Rules: spec lsa-logon 3 and 4. On failure
 * only *SubStatus is written.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "base/nt.h"

#include "base/sid.h"
#include "secur32/explain.h"
#include "secur32/logon.h"
#include "secur32/marshal.h"
#include "secur32/memory.h"
#include "secur32/sid.h"
#include "secur32/token.h"

#define ORIGIN_MAX		1024u
#define LOCAL_GROUPS_MOST	1024u

/* LocalGroups as the line carries them. STATUS_INVALID_SID; STATUS_NO_MEMORY. */
static NTSTATUS
groups_pack(struct secret **ret_packed, const TOKEN_GROUPS *groups)
{
	struct secret *packed = NULL;
	NTSTATUS status = STATUS_SUCCESS;
	struct writer w = writer_of(NULL, 0);
	uint8_t *p;

	if (groups->GroupCount > LOCAL_GROUPS_MOST)
		return STATUS_INVALID_SID;
	for (DWORD i = 0; i < groups->GroupCount; i++) {
		struct bytes sid;

		if (!sid_bytes(&sid, groups->Groups[i].Sid))
			return STATUS_INVALID_SID;
		token_group_put(&w, &(struct token_group){ sid, groups->Groups[i].Attributes });
	}
	packed = secret_new(w.need ? w.need : 1);
	if (!packed)
		return STATUS_NO_MEMORY;
	WITH_SECRET(p, packed) {
		w = writer_of(p, w.need);
		for (DWORD i = 0; i < groups->GroupCount; i++) {
			struct bytes sid;

			/* The caller may have changed it meanwhile. */
			if (sid_bytes(&sid, groups->Groups[i].Sid))
				token_group_put(&w, &(struct token_group){ sid, groups->Groups[i].Attributes });
		}
		if (!writer_ok(&w) || w.need != w.cap)
			status = STATUS_INVALID_SID;
	}
	if (status != STATUS_SUCCESS)
		secret_drop(&packed);
	else
		*ret_packed = packed;
	return status;
}

struct logging_on {
	struct logon *l;
	struct link *home;		/* the tokens' own, which lives longer than the LSA handle */
	struct secret *flat, *groups;
	struct ask ask;
	struct logon_out out;
};

static NTSTATUS
ask_it(struct logging_on *u, const LSA_STRING *origin, ULONG type, ULONG package, const TOKEN_GROUPS *groups,
    const TOKEN_SOURCE *source)
{
	struct logon_in in = { .type = type, .package = package, .given = groups != NULL,
	    .origin = origin ? bytes_of(origin->Buffer, origin->Length) : BYTES_NONE };
	uint8_t from[16];
	struct writer w = writer_of(from, sizeof from);
	uint8_t *p, *g;

	writer_bytes(&w, bytes_of(source->SourceName, 8));
	writer_u32(&w, source->SourceIdentifier.LowPart);
	writer_u32(&w, (uint32_t)source->SourceIdentifier.HighPart);
	in.source = bytes_of(from, sizeof from);
	WITH_SECRET(p, u->flat)
		WITH_SECRET(g, u->groups) {
			in.body = bytes_of(p, secret_len(u->flat));
			in.groups = groups && groups->GroupCount ? bytes_of(g, secret_len(u->groups)) : BYTES_NONE;
			ask_logon(&u->ask, u->l->link, &in);
		}
	ask_wait(&u->ask);
	return logon_told(u->l, told_logon(&u->ask, &u->out));
}

/* The token belongs to the process; where its record is another than the tokens' home is in, it moves there. */
static NTSTATUS
take_token(struct logging_on *u, HANDLE *ret_token, struct why *why)
{
	struct token_given given = { u->out.token, u->out.key, u->out.facts };
	NTSTATUS status;

	if (u->home->euid == u->l->link->euid && u->home->epoch == u->l->link->epoch)
		return htoken_take(ret_token, u->home, &given);
	status = htoken_again(ret_token, u->home, given.wire, given.key, 0, 0, why);
	htoken_give_back(u->l->link, given.wire, given.key);
	return status;
}

static void
quotas_take(PQUOTA_LIMITS quotas, struct bytes wire)
{
	struct reader r = reader_of(wire);
	QUOTA_LIMITS q = { 0 };

	if (!wire.len)			/* not of a primary token */
		return;
	q.PagedPoolLimit = (SIZE_T)reader_u64(&r);
	q.NonPagedPoolLimit = (SIZE_T)reader_u64(&r);
	q.MinimumWorkingSetSize = (SIZE_T)reader_u64(&r);
	q.MaximumWorkingSetSize = (SIZE_T)reader_u64(&r);
	q.PagefileLimit = (SIZE_T)reader_u64(&r);
	q.TimeLimit.QuadPart = (LONGLONG)reader_u64(&r);
	if (quotas && reader_done(&r))
		*quotas = q;
}

struct wanted {
	PVOID *profile;
	PULONG profile_len;
	PLUID logon_id;
	PHANDLE token;
	PQUOTA_LIMITS quotas;
};

static NTSTATUS
give(struct logging_on *u, const struct wanted *w, struct why *why)
{
	struct token_facts facts;
	void *profile = NULL;
	HANDLE token = NULL;
	NTSTATUS status;

	if (!token_facts_take(&facts, u->out.facts))
		return STATUS_INVALID_SERVER_STATE;
	if (u->out.profile.len) {
		profile = marshal_return(u->out.profile, u->out.pointers);
		if (!profile) {
			htoken_give_back(u->l->link, u->out.token, u->out.key);
			return STATUS_QUOTA_EXCEEDED;
		}
	}
	status = take_token(u, &token, why);
	if (status != STATUS_SUCCESS) {
		(void)buffer_free(BUFFER_RETURN, profile);
		return status;
	}
	*w->profile = profile;
	*w->profile_len = (ULONG)u->out.profile.len;
	w->logon_id->LowPart = (DWORD)facts.luid;
	w->logon_id->HighPart = (LONG)(facts.luid >> 32);
	*w->token = token;
	quotas_take(w->quotas, u->out.quotas);
	return STATUS_SUCCESS;
}

/* A buffer that is malformed goes as its type alone: what is checked before the buffer is the LSA's to say. */
static NTSTATUS
flatten(struct logging_on *u, ULONG package, const void *submit, ULONG len)
{
	NTSTATUS status = marshal_logon(&u->flat, logon_marshal(u->l, package), submit, len);

	if (status != STATUS_INVALID_PARAMETER)
		return status;
	u->flat = secret_of(bytes_of(submit, len < 4 ? len : 4));
	return u->flat ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS
LsaLogonUser(HANDLE LsaHandle, PLSA_STRING OriginName, SECURITY_LOGON_TYPE LogonType, ULONG AuthenticationPackage,
    PVOID AuthenticationInformation, ULONG AuthenticationInformationLength, PTOKEN_GROUPS LocalGroups,
    PTOKEN_SOURCE SourceContext, PVOID *ProfileBuffer, PULONG ProfileBufferLength, PLUID LogonId, PHANDLE Token,
    PQUOTA_LIMITS Quotas, PNTSTATUS SubStatus)
{
	struct wanted wanted = { ProfileBuffer, ProfileBufferLength, LogonId, Token, Quotas };
	struct logging_on u = { .l = logon_hold(LsaHandle) };
	struct why why = { NULL, 0, 0 };
	NTSTATUS status = STATUS_SUCCESS, substatus = STATUS_SUCCESS;

	if (!u.l)
		return STATUS_INVALID_HANDLE;
	if (!SourceContext || !ProfileBuffer || !ProfileBufferLength || !LogonId || !Token ||
	    (OriginName && OriginName->Length && !OriginName->Buffer) || (!AuthenticationInformation && AuthenticationInformationLength))
		status = STATUS_INVALID_PARAMETER;
	else if (OriginName && OriginName->Length > ORIGIN_MAX)
		status = STATUS_NAME_TOO_LONG;
	if (status == STATUS_SUCCESS)
		status = flatten(&u, AuthenticationPackage, AuthenticationInformation, AuthenticationInformationLength);
	if (status == STATUS_SUCCESS && LocalGroups)
		status = groups_pack(&u.groups, LocalGroups);
	if (status == STATUS_SUCCESS)
		status = root_sspi_link(&u.home, &why);
	/* The daemon that the handle is of has gone, and no other has come. */
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		status = STATUS_PORT_DISCONNECTED;
	if (status == STATUS_SUCCESS) {
		status = ask_it(&u, OriginName, (ULONG)LogonType, AuthenticationPackage, LocalGroups, SourceContext);
		why_take(&why, ask_why(&u.ask));
		if (status == STATUS_SUCCESS) {
			status = (NTSTATUS)u.out.verdict;
			substatus = (NTSTATUS)u.out.substatus;
		}
		if (status == STATUS_SUCCESS)
			status = give(&u, &wanted, &why);
	}
	if (SubStatus)
		*SubStatus = substatus;
	ask_end(&u.ask);
	link_release(u.home);
	secret_drop(&u.flat);
	secret_drop(&u.groups);
	logon_release(u.l);
	why_thread_keep(status, &why);
	return status;
}
