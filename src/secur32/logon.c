/*
 * logon.c - connections to the LSA, and the calls on them. Rules: spec
 * lsa-logon 2 and 6. On failure no output is written.
 */
#include "secur32/logon.h"

#include <stdlib.h>

#include "base/nt.h"

#include "secur32/explain.h"
#include "secur32/gather.h"
#include "secur32/handles.h"
#include "secur32/marshal.h"
#include "secur32/memory.h"

#define NAME_MAX_LEN 127u
#define MARSHAL_NEGOTIATE (MARSHAL_KERBEROS + 1)	/* logons in the forms of MSV1_0, messages as they are */

static NTSTATUS
keep(NTSTATUS status, struct why *why)
{
	why_thread_keep(status, why);
	return status;
}

/* --- handles -------------------------------------------------------------------- */

void
logon_destroy(void *object)
{
	struct logon *l = object;

	link_release(l->link);
	free(l);
}

struct logon *
logon_hold(HANDLE handle)
{
	struct handle_table *t = root_handles();

	return t && handle ? handle_hold(t, KIND_LSA, (uint64_t)(uintptr_t)handle) : NULL;
}

void
logon_release(struct logon *l)
{
	if (l)
		handle_release(root_handles(), l->word);
}

NTSTATUS
logon_told(const struct logon *l, NTSTATUS status)
{
	bool gone = atomic_load(&l->gone) || atomic_load(&l->link->dead);
	bool cut = status == STATUS_CANCELLED || (status < 0 && gone);

	return cut ? STATUS_PORT_DISCONNECTED : status;
}

static NTSTATUS
logon_open(HANDLE *ret_handle, enum link_use use, struct bytes name, struct why *why)
{
	struct logon *l = calloc(1, sizeof *l);
	NTSTATUS status;

	if (!l)
		return STATUS_NO_MEMORY;
	status = root_link_open(&l->link, use, name, why);
	if (status == STATUS_SUCCESS && !handle_new(root_handles(), KIND_LSA, l, &l->word)) {
		link_release(l->link);
		status = STATUS_NO_MEMORY;
	}
	if (status != STATUS_SUCCESS) {
		free(l);
		return status;
	}
	*ret_handle = (HANDLE)(uintptr_t)l->word;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaRegisterLogonProcess(PLSA_STRING LogonProcessName, PHANDLE LsaHandle, PLSA_OPERATIONAL_MODE SecurityMode)
{
	struct why why = { NULL, 0, 0 };
	HANDLE handle;
	NTSTATUS status;

	if (!LogonProcessName || !LsaHandle || !LogonProcessName->Length || !LogonProcessName->Buffer)
		return STATUS_INVALID_PARAMETER;
	if (LogonProcessName->Length > NAME_MAX_LEN)
		return STATUS_NAME_TOO_LONG;
	status = logon_open(&handle, LINK_LOGON_PROCESS, bytes_of(LogonProcessName->Buffer, LogonProcessName->Length),
	    &why);
	if (status == STATUS_SUCCESS) {
		*LsaHandle = handle;
		if (SecurityMode)
			*SecurityMode = LSA_MODE_PASSWORD_PROTECTED | LSA_MODE_INDIVIDUAL_ACCOUNTS;
	}
	return keep(status, &why);
}

NTSTATUS
LsaConnectUntrusted(PHANDLE LsaHandle)
{
	struct why why = { NULL, 0, 0 };
	HANDLE handle;
	NTSTATUS status;

	if (!LsaHandle)
		return STATUS_INVALID_PARAMETER;
	status = logon_open(&handle, LINK_UNTRUSTED, BYTES_NONE, &why);
	if (status == STATUS_SUCCESS)
		*LsaHandle = handle;
	return keep(status, &why);
}

/*
 * The handle dies first, so no other thread can begin a call on it. Then the
 * LSA is told and answers before it tears down; then the link closes, and
 * whoever waits on it is told that it is gone. A dead daemon is no failure:
 * the goal is reached.
 */
NTSTATUS
LsaDeregisterLogonProcess(HANDLE LsaHandle)
{
	struct logon *l = logon_hold(LsaHandle);
	struct goodbye_in in = { 0 };
	struct goodbye_out out;
	struct ask_room room;
	struct ask ask = { .room = &room, .deadline = 2000 };

	if (!l || handle_close(root_handles(), KIND_LSA, l->word) != HANDLE_CLOSED) {
		logon_release(l);
		return STATUS_INVALID_HANDLE;
	}
	atomic_store(&l->gone, true);
	ask_goodbye(&ask, l->link, &in);
	ask_wait(&ask);
	(void)told_goodbye(&ask, &out);
	ask_end(&ask);
	l->link->kind->close(l->link);
	logon_release(l);
	return STATUS_SUCCESS;
}

/* --- calls -------------------------------------------------------------------------- */

NTSTATUS
LsaLookupAuthenticationPackage(HANDLE LsaHandle, PLSA_STRING PackageName, PULONG AuthenticationPackage)
{
	struct logon *l = logon_hold(LsaHandle);
	struct why why = { NULL, 0, 0 };
	struct lookup_in in = { 0 };
	struct lookup_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	NTSTATUS status;

	if (!l)
		return STATUS_INVALID_HANDLE;
	if (!PackageName || !AuthenticationPackage || (PackageName->Length && !PackageName->Buffer)) {
		logon_release(l);
		return STATUS_INVALID_PARAMETER;
	}
	if (PackageName->Length > NAME_MAX_LEN) {
		logon_release(l);
		return STATUS_NAME_TOO_LONG;
	}
	in.name = bytes_of(PackageName->Buffer, PackageName->Length);
	ask_lookup(&ask, l->link, &in);
	ask_wait(&ask);
	status = logon_told(l, told_lookup(&ask, &out));
	why_take(&why, ask_why(&ask));
	if (status == STATUS_SUCCESS)
		*AuthenticationPackage = out.id;
	ask_end(&ask);
	logon_release(l);
	return keep(status, &why);
}

/* Whose messages a package takes: asked once, and 0 for a package that is not there. */
static unsigned
marshal_for(struct logon *l, uint32_t package)
{
	struct package_in in = { .index = package };
	struct package_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	unsigned whose = MARSHAL_NONE;

	if (package >= LOGON_PACKAGES)
		return MARSHAL_NONE;
	if (atomic_load(&l->whose[package]))
		return atomic_load(&l->whose[package]);
	ask_package(&ask, l->link, &in);
	ask_wait(&ask);
	if (told_package(&ask, &out) == STATUS_SUCCESS) {
		if (bytes_same(out.name, bytes_of_text("NTLM")))
			whose = MARSHAL_MSV;
		else if (bytes_same(out.name, bytes_of_text("Kerberos")))
			whose = MARSHAL_KERBEROS;
		else if (bytes_same(out.name, bytes_of_text("Negotiate")))
			whose = MARSHAL_NEGOTIATE;
		atomic_store(&l->whose[package], (uint8_t)whose);
	}
	ask_end(&ask);
	return whose;
}

/* Logons of Negotiate come in the forms of MSV1_0. */
enum marshal
logon_marshal(struct logon *l, uint32_t package)
{
	unsigned whose = marshal_for(l, package);

	return whose == MARSHAL_NEGOTIATE ? MARSHAL_MSV : (enum marshal)whose;
}

NTSTATUS
LsaCallAuthenticationPackage(HANDLE LsaHandle, ULONG AuthenticationPackage, PVOID ProtocolSubmitBuffer,
    ULONG SubmitBufferLength, PVOID *ProtocolReturnBuffer, PULONG ReturnBufferLength, PNTSTATUS ProtocolStatus)
{
	struct logon *l = logon_hold(LsaHandle);
	struct why why = { NULL, 0, 0 };
	struct message_in in = { .package = AuthenticationPackage };
	struct message_out out;
	struct ask ask = { 0 };
	struct secret *flat = NULL;
	void *reply = NULL;
	uint8_t *p;
	enum marshal whose;
	unsigned forms;
	NTSTATUS status, told = STATUS_SUCCESS;		/* the package's own: reasons are found by it */

	if (!l)
		return STATUS_INVALID_HANDLE;
	forms = marshal_for(l, AuthenticationPackage);
	whose = forms == MARSHAL_NEGOTIATE ? MARSHAL_NONE : (enum marshal)forms;
	if (whose == MARSHAL_KERBEROS)
		gather_bring(l->link, bytes_of_text("Kerberos"));
	status = ProtocolStatus ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS)
		status = marshal_submit(&flat, whose, ProtocolSubmitBuffer, SubmitBufferLength);
	if (status == STATUS_SUCCESS) {
		WITH_SECRET(p, flat) {
			in.body = bytes_of(p, secret_len(flat));
			ask_message(&ask, l->link, &in);
		}
		ask_wait(&ask);
		status = logon_told(l, told_message(&ask, &out));
		why_take(&why, ask_why(&ask));
	}
	if (status == STATUS_SUCCESS && out.body.len) {
		reply = marshal_return(out.body, out.pointers);	/* one block, pointers into itself */
		if (!reply)
			status = STATUS_QUOTA_EXCEEDED;
		else if (!ProtocolReturnBuffer || !ReturnBufferLength)
			status = STATUS_INVALID_PARAMETER;
	}
	if (status == STATUS_SUCCESS) {
		if (ProtocolReturnBuffer)
			*ProtocolReturnBuffer = reply;
		if (ReturnBufferLength)
			*ReturnBufferLength = (ULONG)out.body.len;
		*ProtocolStatus = (NTSTATUS)out.verdict;
		told = (NTSTATUS)out.verdict;
	} else {
		(void)buffer_free(BUFFER_RETURN, reply);
	}
	ask_end(&ask);
	secret_drop(&flat);
	logon_release(l);
	(void)keep(status == STATUS_SUCCESS ? told : status, &why);
	return status;
}

NTSTATUS
LsaFreeReturnBuffer(PVOID Buffer)
{
	return buffer_free(BUFFER_RETURN, Buffer) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
