/*
 * admin.c - OpenLSA's own functions: administration over an LSA HANDLE,
 * where the LSA is, tokens as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nt.h"
#include <openlsa.h>

#include "secur32/explain.h"
#include "secur32/logon.h"
#include "secur32/memory.h"
#include "secur32/usermode.h"

/* One call on an LSA HANDLE: ask, wait, told, with the reasons kept. */
#define ON_HANDLE(verb, handle, in, out, room, ask)                                    \
	struct ask_room room;                                                          \
	struct ask ask = { .room = &room };                                            \
	struct verb##_out out;                                                         \
	struct why why = { NULL, 0, 0 };                                               \
	struct logon *l = logon_hold(handle);                                          \
	NTSTATUS status;                                                               \
                                                                                       \
	if (!l)                                                                        \
		return STATUS_INVALID_HANDLE;                                          \
	ask_##verb(&ask, l->link, &(in));                                              \
	ask_wait(&ask);                                                                \
	status = logon_told(l, told_##verb(&ask, &out));                               \
	why_take(&why, ask_why(&ask))

static NTSTATUS
finish(struct logon *l, struct ask *ask, NTSTATUS status, struct why *why)
{
	ask_end(ask);
	logon_release(l);
	why_thread_keep(status, why);
	return status;
}

static LPSTR
text_new(struct bytes text)
{
	return buffer_of(BUFFER_CONTEXT, text);
}

static void
text_copy(CHAR *to, size_t cap, struct bytes text)
{
	size_t len = text.len < cap - 1 ? text.len : cap - 1;

	bytes_copy(to, text.at, len);
	to[len] = 0;
}

ULONG
OlsaMode(void)
{
	struct why why = { NULL, 0, 0 };
	enum mode mode = root_mode(&why);

	why_drop(&why);
	return mode == MODE_EMBEDDED ? OLSA_MODE_EMBEDDED : mode == MODE_DAEMON ? OLSA_MODE_DAEMON : 0;
}

NTSTATUS
OlsaPing(HANDLE LsaHandle)
{
	struct ping_in in = { 0 };
	ON_HANDLE(ping, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaLogoff(HANDLE LsaHandle, PLUID LogonId)
{
	struct logoff_in in = { .luid = LogonId ? (uint64_t)(uint32_t)LogonId->HighPart << 32 | LogonId->LowPart : 0 };
	ON_HANDLE(logoff, LsaHandle, in, out, room, ask);

	return finish(l, &ask, LogonId ? status : STATUS_INVALID_PARAMETER, &why);
}

NTSTATUS
OlsaUserAdd(HANDLE LsaHandle, LPCSTR Name, LPCSTR FullName, LPCSTR Password, LPSTR *Sid)
{
	struct user_add_in in = { .name = bytes_of_text(Name), .full_name = bytes_of_text(FullName),
	    .password = bytes_of_text(Password) };
	ON_HANDLE(user_add, LsaHandle, in, out, room, ask);

	if (status == STATUS_SUCCESS && Sid) {
		*Sid = text_new(out.sid);
		if (!*Sid)
			status = STATUS_NO_MEMORY;
	}
	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaUserDelete(HANDLE LsaHandle, LPCSTR Name)
{
	struct user_del_in in = { .name = bytes_of_text(Name) };
	ON_HANDLE(user_del, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaUserSetPassword(HANDLE LsaHandle, LPCSTR Name, LPCSTR Password)
{
	struct user_set_in in = { .name = bytes_of_text(Name), .password = bytes_of_text(Password) };
	ON_HANDLE(user_set, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaUserLock(HANDLE LsaHandle, LPCSTR Name, BOOLEAN Lock)
{
	struct user_lock_in in = { .name = bytes_of_text(Name), .locked = Lock ? 1 : 0 };
	ON_HANDLE(user_lock, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaUserDisable(HANDLE LsaHandle, LPCSTR Name, BOOLEAN Disable)
{
	struct user_disable_in in = { .name = bytes_of_text(Name), .disabled = Disable ? 1 : 0 };
	ON_HANDLE(user_disable, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

void
OlsaUserFree(OlsaUserInfo *Info)
{
	if (!Info)
		return;
	(void)buffer_free(BUFFER_CONTEXT, Info->Name);
	(void)buffer_free(BUFFER_CONTEXT, Info->FullName);
	(void)buffer_free(BUFFER_CONTEXT, Info->Sid);
	*Info = (OlsaUserInfo){ 0 };
}

NTSTATUS
OlsaUserGet(HANDLE LsaHandle, ULONG Index, LPCSTR Name, OlsaUserInfo *Info)
{
	struct user_get_in in = { .index = Index, .name = bytes_of_text(Name) };
	OlsaUserInfo info = { 0 };
	ON_HANDLE(user_get, LsaHandle, in, out, room, ask);

	if (status == STATUS_SUCCESS && !Info)
		status = STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS) {
		info.Name = text_new(out.name);
		info.FullName = text_new(out.full_name);
		info.Sid = text_new(out.sid);
		info.Flags = out.flags;
		info.FailedAttempts = out.failed;
		info.PasswordLastSet = out.password_set;
		if (!info.Name || !info.FullName || !info.Sid) {
			OlsaUserFree(&info);
			status = STATUS_NO_MEMORY;
		}
	}
	if (status == STATUS_SUCCESS)
		*Info = info;
	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaPolicyGet(HANDLE LsaHandle, ULONG Index, LPCSTR Name, OlsaPolicyInfo *Info)
{
	struct policy_get_in in = { .index = Index, .name = bytes_of_text(Name) };
	ON_HANDLE(policy_get, LsaHandle, in, out, room, ask);

	if (status == STATUS_SUCCESS && Info) {
		text_copy(Info->Name, sizeof Info->Name, out.name);
		Info->Value = out.value;
		Info->Least = out.least;
		Info->Most = out.most;
		Info->Usual = out.usual;
	}
	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaPolicySet(HANDLE LsaHandle, LPCSTR Name, ULONG Value)
{
	struct policy_set_in in = { .name = bytes_of_text(Name), .value = Value };
	ON_HANDLE(policy_set, LsaHandle, in, out, room, ask);

	return finish(l, &ask, status, &why);
}

NTSTATUS
OlsaStatus(HANDLE LsaHandle, OlsaStatusInfo *Info)
{
	struct status_in in = { 0 };
	ON_HANDLE(status, LsaHandle, in, out, room, ask);

	if (status == STATUS_SUCCESS && !Info)
		status = STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS) {
		text_copy(Info->Computer, sizeof Info->Computer, out.computer);
		text_copy(Info->Sid, sizeof Info->Sid, out.sid);
		Info->Mode = OlsaMode();
		Info->Links = out.links;
		Info->Calls = out.calls;
		Info->Credentials = out.creds;
		Info->Contexts = out.contexts;
		Info->Sessions = out.sessions;
		Info->Started = out.started;
		Info->Handshakes = out.handshakes;
	}
	return finish(l, &ask, status, &why);
}

SECURITY_STATUS
OlsaDecodeToken(const void *Token, ULONG TokenLength, ULONG Format, LPSTR *Text)
{
	struct bytes token = bytes_of(Token, Token ? TokenLength : 0);
	const struct user_package *p;

	if (!Text)
		return SEC_E_INVALID_HANDLE;
	for (unsigned i = 0; (p = usermode_at(i)) != NULL; i++) {
		struct writer w = writer_of(NULL, 0);
		LPSTR text;

		if (!p->describe || !p->describe(&w, token, Format == OLSA_DECODE_JSON))
			continue;
		text = buffer_new(BUFFER_CONTEXT, w.need + 1);
		if (!text)
			return SEC_E_INSUFFICIENT_MEMORY;
		w = writer_of(text, w.need);
		(void)p->describe(&w, token, Format == OLSA_DECODE_JSON);
		*Text = text;
		return SEC_E_OK;
	}
	why_thread_say(SEC_E_INVALID_TOKEN, "the bytes are no token of a package that is known here");
	return SEC_E_INVALID_TOKEN;
}
