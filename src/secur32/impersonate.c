/*
 * impersonate.c - the calling thread as somebody else.
 *
 * The C library's functions change every thread of a process, so the system
 * calls are made directly. setfsuid and setfsgid report no error: each is
 * read back. Where a change fails in the middle what was changed is put back;
 * a thread that could not be put back would be half of two users, and the
 * process ends rather than go on like that.
 */
#include "secur32/impersonate.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sspi.h>

#include "base/nt.h"

#include "base/conf.h"
#include "base/status.h"
#include "secur32/explain.h"
#include "secur32/handles.h"
#include "secur32/idmap.h"
#include "secur32/token.h"

#ifdef SYS_setgroups32
#define CALL_SETGROUPS	SYS_setgroups32
#define CALL_GETGROUPS	SYS_getgroups32
#define CALL_SETFSUID	SYS_setfsuid32
#define CALL_SETFSGID	SYS_setfsgid32
#else
#define CALL_SETGROUPS	SYS_setgroups
#define CALL_GETGROUPS	SYS_getgroups
#define CALL_SETFSUID	SYS_setfsuid
#define CALL_SETFSGID	SYS_setfsgid
#endif

/* What a thread was before, and as whom it acts. */
struct acting {
	HANDLE token;
	bool changed;			/* the kernel knows */
	struct id before;
};

static _Thread_local struct acting *acting;
static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;
static bool key_good;

/* --- the kernel's view of this thread -------------------------------------------- */

static uint32_t
fsuid(void)
{
	return (uint32_t)syscall(CALL_SETFSUID, (uid_t)-1);
}

static uint32_t
fsgid(void)
{
	return (uint32_t)syscall(CALL_SETFSGID, (gid_t)-1);
}

static bool
set_groups(const struct id *id)
{
	return syscall(CALL_SETGROUPS, (size_t)id->group_count, id->groups) == 0;
}

static bool
set_gid(uint32_t gid)
{
	(void)syscall(CALL_SETFSGID, (gid_t)gid);
	return fsgid() == gid;
}

static bool
set_uid(uint32_t uid)
{
	(void)syscall(CALL_SETFSUID, (uid_t)uid);
	return fsuid() == uid;
}

static bool
id_now(struct id *id)
{
	long count = syscall(CALL_GETGROUPS, 0, NULL);

	*id = (struct id){ .uid = fsuid(), .gid = fsgid() };
	if (count < 0)
		return false;
	id->groups = calloc((size_t)count + 1, sizeof *id->groups);
	if (!id->groups || syscall(CALL_GETGROUPS, (size_t)count, id->groups) != count) {
		id_drop(id);
		return false;
	}
	id->group_count = (uint32_t)count;
	return true;
}

/* Already as it should be, down to the groups: nothing needs a privilege then. */
static bool
id_same(const struct id *a, const struct id *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->group_count == b->group_count &&
	    memcmp(a->groups, b->groups, a->group_count * sizeof *a->groups) == 0;	/* not secret */
}

/* The uid goes last there and first back: only as who one was may the rest be changed. */
static bool
id_change(const struct id *from, const struct id *to)
{
	if (!set_groups(to))
		return false;
	if (!set_gid(to->gid)) {
		if (!set_groups(from))
			abort();
		return false;
	}
	if (!set_uid(to->uid)) {
		if (!set_uid(from->uid) || !set_gid(from->gid) || !set_groups(from))
			abort();
		return false;
	}
	return true;
}

static bool
id_restore(const struct id *to)
{
	if (!set_uid(to->uid))
		return false;
	if (!set_gid(to->gid) || !set_groups(to))
		abort();
	return true;
}

/* --- a thread's record --------------------------------------------------------------- */

/* At the end of a thread its identity ends with it; the token is given back. */
static void
acting_free(void *arg)
{
	struct acting *a = arg;
	struct handle_table *t = root_handles();

	if (a->token && t)
		(void)handle_close(t, KIND_TOKEN, (uint64_t)(uintptr_t)a->token);
	id_drop(&a->before);
	free(a);
	acting = NULL;
}

static void
key_make(void)
{
	key_good = pthread_key_create(&key, acting_free) == 0;
}

/* False: no memory. For who has a record already there always is. */
static bool
acting_set(struct acting *a)
{
	(void)pthread_once(&key_made, key_make);
	if (!key_good || pthread_setspecific(key, a) != 0)
		return false;
	acting = a;
	return true;
}

HANDLE
impersonated(void)
{
	return acting ? acting->token : NULL;
}

/* --- acting -------------------------------------------------------------------------- */

/* "identity" in the configuration: our own functions know, the kernel is not told. */
static bool
kernel_too(void)
{
	const char *text = conf_text(root_conf(), "impersonate");

	return !text || strcmp(text, "identity") != 0;
}

/* `a` then knows who the thread was before. */
static NTSTATUS
become(struct acting *a, const struct id *to, struct why *why)
{
	if (!id_now(&a->before))
		return STATUS_NO_MEMORY;
	if (id_same(&a->before, to))
		return STATUS_SUCCESS;
	if (id_change(&a->before, to)) {
		a->changed = true;
		return STATUS_SUCCESS;
	}
	why_say(why, STATUS_PRIVILEGE_NOT_HELD, TO_CALLER,
	    "this process may not take on uid %u: it needs CAP_SETUID and CAP_SETGID (or \"impersonate = identity\")", to->uid);
	return STATUS_PRIVILEGE_NOT_HELD;
}

/*
 * A second one begins where the first began, which may do what the first one's user may not. Where it fails the
 * thread is that user again: nobody goes on as the process who meant to act for a client.
 */
static NTSTATUS
become_instead(struct acting *a, struct acting *first, const struct id *to, struct why *why)
{
	struct id was = { 0 };
	NTSTATUS status;

	if (!first || !first->changed)
		return become(a, to, why);
	if (!id_now(&was))
		return STATUS_NO_MEMORY;
	if (!id_restore(&first->before)) {
		why_say(why, STATUS_CANNOT_IMPERSONATE, TO_CALLER, "the thread could not become again who it was; end it");
		status = STATUS_CANNOT_IMPERSONATE;
	} else {
		status = become(a, to, why);
		if (status != STATUS_SUCCESS && !id_change(&first->before, &was))
			abort();
	}
	id_drop(&was);
	return status;
}

/* STATUS_SUCCESS too when the thread acts as nobody. Otherwise the thread is still who it was: end it. */
static NTSTATUS
impersonate_end(struct why *why)
{
	struct acting *a = acting;

	if (!a)
		return STATUS_SUCCESS;
	if (a->changed && !id_restore(&a->before)) {
		why_say(why, STATUS_CANNOT_IMPERSONATE, TO_CALLER, "the thread could not become again who it was; end it");
		return STATUS_CANNOT_IMPERSONATE;
	}
	(void)pthread_setspecific(key, NULL);
	acting_free(a);
	return STATUS_SUCCESS;
}

/*
 * Takes the handle over when it succeeds. STATUS_BAD_IMPERSONATION_LEVEL,
 * STATUS_NONE_MAPPED, STATUS_PRIVILEGE_NOT_HELD, STATUS_NO_MEMORY; the thread
 * is then who it was, also where that was a client.
 */
static NTSTATUS
impersonate(HANDLE token, struct why *why)
{
	struct htoken *t = htoken_hold(token);
	struct acting *first = acting, *a = NULL;
	bool kernel = kernel_too();
	struct id to = { 0 };
	NTSTATUS status = STATUS_SUCCESS;

	if (!t)
		return STATUS_INVALID_HANDLE;
	if (t->facts.type == TokenImpersonation && t->facts.level < SecurityImpersonation) {
		why_say(why, STATUS_BAD_IMPERSONATION_LEVEL, TO_CALLER, "the token is for identifying alone: the client wants no more, or this process does not hold "
		    "SeImpersonatePrivilege (lsactl right add S-1-22-1-UID SeImpersonatePrivilege)");
		status = STATUS_BAD_IMPERSONATION_LEVEL;
	}
	if (status == STATUS_SUCCESS && kernel)
		status = idmap(&to, root_conf(), &t->facts, why);
	if (status == STATUS_SUCCESS) {
		a = calloc(1, sizeof *a);
		if (!a || (!first && !acting_set(a)))
			status = STATUS_NO_MEMORY;
	}
	if (status == STATUS_SUCCESS && kernel)
		status = become_instead(a, first, &to, why);
	if (status == STATUS_SUCCESS) {
		a->token = token;
		if (first)
			acting_free(first);
		(void)acting_set(a);
	} else if (a) {
		if (!first)
			(void)acting_set(NULL);
		id_drop(&a->before);
		free(a);
	}
	id_drop(&to);
	htoken_release(t);
	return status;
}

/* --- the functions ---------------------------------------------------------------------- */

SECURITY_STATUS
ImpersonateSecurityContext(PCtxtHandle phContext)
{
	struct why why = { NULL, 0, 0 };
	HANDLE token = NULL;
	SECURITY_STATUS status = QuerySecurityContextToken(phContext, &token);
	NTSTATUS st;

	if (status != SEC_E_OK)
		return status;
	st = impersonate(token, &why);
	if (st != STATUS_SUCCESS)
		(void)CloseHandle(token);
	status = st == STATUS_SUCCESS ? SEC_E_OK : st == STATUS_NO_MEMORY ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_NO_IMPERSONATION;
	why_thread_keep(status, &why);
	return status;
}

SECURITY_STATUS
RevertSecurityContext(PCtxtHandle phContext)
{
	struct context *ctx = context_hold(phContext);
	struct why why = { NULL, 0, 0 };
	SECURITY_STATUS status;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	context_release(ctx);
	status = impersonate_end(&why) == STATUS_SUCCESS ? SEC_E_OK : SEC_E_NO_IMPERSONATION;
	why_thread_keep(status, &why);
	return status;
}

BOOL
ImpersonateLoggedOnUser(HANDLE hToken)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t = htoken_hold(hToken);
	HANDLE own = NULL;
	NTSTATUS status;

	if (!t) {
		SetLastError(ERROR_INVALID_HANDLE);
		return FALSE;
	}
	status = htoken_again(&own, t->link, t->wire, bytes_of(t->key, sizeof t->key), 0, 0, &why);
	htoken_release(t);
	if (status == STATUS_SUCCESS) {
		status = impersonate(own, &why);
		if (status != STATUS_SUCCESS)
			(void)CloseHandle(own);
	}
	why_thread_keep(status, &why);
	SetLastError(status_to_win32((uint32_t)status));
	return status == STATUS_SUCCESS;
}

BOOL
RevertToSelf(void)
{
	struct why why = { NULL, 0, 0 };
	NTSTATUS status = impersonate_end(&why);

	why_thread_keep(status, &why);
	SetLastError(status_to_win32((uint32_t)status));
	return status == STATUS_SUCCESS;
}
