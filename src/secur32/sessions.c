/*
 * sessions.c - the logon sessions there are, and what is known of each.
 * Rules: spec lsa-logon 5.5 and 5.6.
 */
#include <windows.h>
#include <ntsecapi.h>

#include <stdlib.h>
#include <string.h>

#include "base/nt.h"

#include "base/utf16.h"
#include "secur32/explain.h"
#include "secur32/memory.h"
#include "secur32/root.h"
#include "secur32/unsupported.h"

/* --- all of them ------------------------------------------------------------- */

struct luids { LUID *at; ULONG count, room; };

static bool
luids_add(struct luids *l, struct bytes wire)
{
	struct reader r = reader_of(wire);

	while (reader_left(&r) >= 8) {
		uint64_t luid = reader_u64(&r);

		if (l->count == l->room) {
			ULONG room = l->room ? l->room * 2 : 64;
			LUID *more = realloc(l->at, room * sizeof *more);

			if (!more)
				return false;
			l->at = more;
			l->room = room;
		}
		l->at[l->count++] = (LUID){ (DWORD)luid, (LONG)(luid >> 32) };
	}
	return true;
}

static NTSTATUS
luids_ask(struct luids *l, struct link *link, struct why *why)
{
	struct sessions_in in = { 0 };
	struct sessions_out out = { .more = 1 };
	NTSTATUS status = STATUS_SUCCESS;

	while (status == STATUS_SUCCESS && out.more) {
		struct ask ask = { 0 };

		ask_sessions(&ask, link, &in);
		ask_wait(&ask);
		status = told_sessions(&ask, &out);
		why_take(why, ask_why(&ask));
		if (status == STATUS_SUCCESS && !luids_add(l, out.luids))
			status = STATUS_NO_MEMORY;
		if (l->count)
			in.after = (uint64_t)(uint32_t)l->at[l->count - 1].HighPart << 32 | l->at[l->count - 1].LowPart;
		if (!out.luids.len)
			out.more = 0;
		ask_end(&ask);
	}
	return status;
}

NTSTATUS
LsaEnumerateLogonSessions(PULONG LogonSessionCount, PLUID *LogonSessionList)
{
	struct why why = { NULL, 0, 0 };
	struct luids l = { NULL, 0, 0 };
	struct link *link = NULL;
	LUID *list = NULL;
	NTSTATUS status;

	if (!LogonSessionCount || !LogonSessionList)
		return STATUS_INVALID_PARAMETER;
	status = root_sspi_link(&link, &why);
	if (status == STATUS_SUCCESS)
		status = luids_ask(&l, link, &why);
	if (status == STATUS_SUCCESS && l.count) {
		list = buffer_new(BUFFER_RETURN, l.count * sizeof *list);
		if (list)
			bytes_copy(list, l.at, l.count * sizeof *list);
		else
			status = STATUS_NO_MEMORY;
	}
	if (status == STATUS_SUCCESS) {
		*LogonSessionCount = l.count;
		*LogonSessionList = list;
	}
	free(l.at);
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

/* --- one of them ---------------------------------------------------------------- */

#define TEXTS 4u

/* One block: the structure, the SID, the texts each with a NUL behind it. */
static PSECURITY_LOGON_SESSION_DATA
data_of(const struct session_out *out)
{
	const struct bytes texts[TEXTS] = { out->user, out->domain, out->package, out->server };
	size_t room = sizeof(SECURITY_LOGON_SESSION_DATA) + 72;
	PSECURITY_LOGON_SESSION_DATA d;
	LSA_UNICODE_STRING *to[TEXTS];
	uint8_t *at;

	for (unsigned i = 0; i < TEXTS; i++)
		room += 2 * texts[i].len + 2;
	d = buffer_new(BUFFER_RETURN, room);
	if (!d)
		return NULL;
	d->Size = sizeof *d;
	d->LogonId = (LUID){ (DWORD)out->luid, (LONG)(out->luid >> 32) };
	d->LogonType = out->type;
	d->LogonTime.QuadPart = (LONGLONG)out->time;
	d->UserFlags = out->flags;
	d->PasswordLastSet.QuadPart = (LONGLONG)out->password_set;
	if (out->time)
		d->LogoffTime.QuadPart = d->KickOffTime.QuadPart = d->PasswordMustChange.QuadPart = 0x7fffffffffffffffll;
	d->PasswordCanChange.QuadPart = (LONGLONG)out->password_set;
	at = (uint8_t *)(d + 1);
	if (out->sid.len && out->sid.len <= 72) {
		bytes_copy(at, out->sid.at, out->sid.len);
		d->Sid = at;
	}
	at += 72;
	to[0] = &d->UserName;
	to[1] = &d->LogonDomain;
	to[2] = &d->AuthenticationPackage;
	to[3] = &d->LogonServer;
	for (unsigned i = 0; i < TEXTS; i++) {
		struct writer w = writer_of(at, 2 * texts[i].len);

		if (!texts[i].len || !utf16_from_utf8(&w, texts[i]))
			continue;
		*to[i] = (LSA_UNICODE_STRING){ (USHORT)w.need, (USHORT)(w.need + 2), (PWSTR)(void *)at };
		at += w.need + 2;
	}
	return d;
}

NTSTATUS
LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData)
{
	struct why why = { NULL, 0, 0 };
	struct session_in in = { 0 };
	struct session_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	struct link *link = NULL;
	NTSTATUS status;

	if (!LogonId || !ppLogonSessionData)
		return STATUS_INVALID_PARAMETER;
	in.luid = (uint64_t)(uint32_t)LogonId->HighPart << 32 | LogonId->LowPart;
	if (!in.luid)
		return STATUS_NO_SUCH_LOGON_SESSION;
	status = root_sspi_link(&link, &why);
	if (status == STATUS_SUCCESS) {
		ask_session(&ask, link, &in);
		ask_wait(&ask);
		status = told_session(&ask, &out);
		why_take(&why, ask_why(&ask));
		if (status == STATUS_SUCCESS) {
			data = data_of(&out);
			status = data ? STATUS_SUCCESS : STATUS_NO_MEMORY;
		}
		ask_end(&ask);
	}
	if (status == STATUS_SUCCESS)
		*ppLogonSessionData = data;
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

/* --- not in this version ---------------------------------------------------------- */

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

NTSTATUS
LsaInsertProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaRemoveProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize)
{
	return unsupported_lsa(__func__);
}
