/*
 * blocking_token.c - what a third-party package says of somebody: whom a
 * token is of, and lines of the audit log. Runs on the package's thread, so
 * it makes nothing but notes in its task: the token is made when the call
 * goes on.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

#include "base/utf16.h"
#include "store/audit.h"

/* --- who somebody is ------------------------------------------------------------------------ */

static struct bytes
sid_of_pointer(const void *sid)
{
	const uint8_t *at = sid;

	return at && at[1] <= SID_SUB_MAX ? bytes_of(at, 8u + 4u * at[1]) : BYTES_NONE;
}

static struct bytes
text_put(struct writer *w, const UNICODE_STRING *text)
{
	size_t from = w->need;

	if (text && text->Buffer && !utf8_from_utf16(w, bytes_of(text->Buffer, text->Length)))
		return BYTES_NONE;
	return bytes_of(w->at ? w->at + from : NULL, w->need - from);
}

static struct bytes
bytes_put(struct writer *w, struct bytes b)
{
	size_t from = w->need;

	writer_bytes(w, b);
	return bytes_of(w->at ? w->at + from : NULL, b.len);
}

static void
groups_put(struct plug_facts *f, struct bytes *groups, struct writer *w, const TOKEN_GROUPS *from)
{
	for (DWORD i = 0; from && i < from->GroupCount; i++) {
		struct bytes sid = bytes_put(w, sid_of_pointer(from->Groups[i].Sid));

		if (groups)
			groups[f->facts.group_count] = sid;
		f->facts.group_count++;
	}
}

static void
facts_put(struct plug_facts *f, struct bytes *groups, struct writer *w, const struct plug_said *said)
{
	const LSA_TOKEN_INFORMATION_V1 *v1 = said->kind == LsaTokenInformationNull ? NULL : said->information;

	f->facts.user = text_put(w, said->user);
	f->facts.domain = text_put(w, said->authority);
	if (v1)
		f->facts.sid = bytes_put(w, sid_of_pointer(v1->User.User.Sid));
	groups_put(f, groups, w, v1 ? v1->Groups : NULL);
	groups_put(f, groups, w, said->more);
}

#define GROUPS_MOST 1024u

struct plug_facts *
facts_new(const struct plug_said *said)
{
	const LSA_TOKEN_INFORMATION_V1 *v1 = said->kind == LsaTokenInformationNull ? NULL : said->information;
	struct writer w = writer_of(NULL, 0);
	struct plug_facts *f, counted = { 0 };
	size_t count = (v1 && v1->Groups ? v1->Groups->GroupCount : 0) + (said->more ? said->more->GroupCount : (size_t)0), head;
	struct bytes *groups;

	if (said->kind > LsaTokenInformationV3 || !said->information || (v1 && !v1->User.User.Sid) || count > GROUPS_MOST)
		return NULL;
	head = sizeof *f + count * sizeof *groups;
	facts_put(&counted, NULL, &w, said);
	f = calloc(1, head + w.need);
	if (!f)
		return NULL;
	groups = (struct bytes *)(void *)(f + 1);
	w = writer_of((uint8_t *)f + head, w.need);
	facts_put(f, groups, &w, said);
	f->facts.groups = groups;
	f->facts.here = true;
	if (v1)
		f->facts.expiry = (uint64_t)v1->ExpirationTime.QuadPart;
	return f;
}

/*
 * The token is made when the call goes on, for the context or the logon that is being served; its handle here is
 * a mark, and the client gets one of its own from the LSA (QuerySecurityContextToken, LsaLogonUser).
 */
static HANDLE const token_mark = (HANDLE)(uintptr_t)0x5a;

NTSTATUS
plug_token_note(struct plug_task *t, const LUID *luid, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
    const struct plug_said *said, HANDLE *ret_token, NTSTATUS *substatus)
{
	struct plug_facts *made;

	if (!luid || !ret_token || !plug_luid_made(t, plug_luid(luid)))
		return STATUS_NO_SUCH_LOGON_SESSION;
	made = facts_new(said);
	if (!made)
		return STATUS_INVALID_PARAMETER;
	made->luid = made->facts.luid = plug_luid(luid);
	made->type = type;
	made->level = level;
	free(t->made);
	t->made = made;
	*ret_token = token_mark;
	if (substatus)
		*substatus = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_create_token(PLUID luid, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
    LSA_TOKEN_INFORMATION_TYPE kind, PVOID information, PTOKEN_GROUPS groups, PUNICODE_STRING user,
    PUNICODE_STRING authority, PUNICODE_STRING workstation, PUNICODE_STRING profile, PHANDLE ret_token, PNTSTATUS substatus)
{
	struct plug_task *t = task_current();
	const struct plug_said said = { kind, information, groups, user, authority };

	(void)source, (void)workstation, (void)profile;
	return t ? plug_token_note(t, luid, type, level, &said, ret_token, substatus) : STATUS_INVALID_SERVER_STATE;
}

/* The names stand in the primary credential of the session. */
NTSTATUS NTAPI
plug_create_token_ex(PLUID luid, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
    LSA_TOKEN_INFORMATION_TYPE kind, PVOID information, PTOKEN_GROUPS groups, PUNICODE_STRING workstation,
    PUNICODE_STRING profile, PVOID session, SECPKG_SESSIONINFO_TYPE session_kind, PHANDLE ret_token, PNTSTATUS substatus)
{
	SECPKG_PRIMARY_CRED *primary = session;

	if (!primary || session_kind != SecSessionPrimaryCred)
		return STATUS_INVALID_PARAMETER;
	return plug_create_token(luid, source, type, level, kind, information, groups, &primary->DownlevelName,
	    &primary->DomainName, workstation, profile, ret_token, substatus);
}

#define RID_PROTECTED_USERS	525u

/* Of the token that this call has noted. */
NTSTATUS NTAPI
plug_check_protected(HANDLE token, BOOLEAN *ret_protected)
{
	const struct plug_task *t = task_current();
	bool found = false;

	if (!t || !t->made || token != token_mark)
		return t ? STATUS_INVALID_HANDLE : STATUS_INVALID_SERVER_STATE;
	if (!ret_protected)
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < t->made->facts.group_count; i++) {
		struct bytes sid = t->made->facts.groups[i];

		found = found || (sid.len == 28 && sid.at[7] == 5 && get_u32(sid.at + 8) == 21 &&
		    get_u32(sid.at + 24) == RID_PROTECTED_USERS);
	}
	*ret_protected = found;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_duplicate_handle(HANDLE source, PHANDLE ret_handle)
{
	if (!ret_handle || source != token_mark)
		return STATUS_INVALID_HANDLE;
	*ret_handle = source;
	return STATUS_SUCCESS;
}

static void
audit(NTSTATUS status, NTSTATUS substatus, const UNICODE_STRING *user, const UNICODE_STRING *authority,
    const UNICODE_STRING *workstation, const void *sid, SECURITY_LOGON_TYPE type, uint32_t level, const LUID *luid)
{
	struct plug_task *t = task_current();
	uint8_t text[768];
	struct writer w = writer_of(text, sizeof text);
	struct audit a = { .event = status == STATUS_SUCCESS ? AUDIT_LOGON : AUDIT_LOGON_FAILED,
	    .status = substatus < 0 ? substatus : status, .user = sid_of_pointer(sid) };
	struct bytes name, domain, machine;

	if (!t || !t->lsa->store)
		return;
	name = text_put(&w, user);
	domain = text_put(&w, authority);
	machine = text_put(&w, workstation);
	audit_text(&a, AF_TARGET_USER_SID, sid_of_pointer(sid));
	audit_text(&a, AF_TARGET_NAME, writer_ok(&w) ? name : BYTES_NONE);
	audit_text(&a, AF_TARGET_DOMAIN, writer_ok(&w) ? domain : BYTES_NONE);
	audit_text(&a, AF_WORKSTATION, writer_ok(&w) ? machine : BYTES_NONE);
	audit_text(&a, AF_PACKAGE, bytes_of_text(t->plug->name));
	audit_number(&a, AF_TARGET_LOGON, luid ? plug_luid(luid) : 0);
	audit_number(&a, AF_LOGON_TYPE, type);
	audit_number(&a, AF_LEVEL, level);
	if (a.status < 0)
		audit_cause(&a, a.status);
	audit_raise(t->lsa->store, &a);
}

void NTAPI
plug_audit_logon(NTSTATUS status, NTSTATUS substatus, PUNICODE_STRING user, PUNICODE_STRING authority,
    PUNICODE_STRING workstation, PSID sid, SECURITY_LOGON_TYPE type, PTOKEN_SOURCE source, PLUID luid)
{
	(void)source;
	audit(status, substatus, user, authority, workstation, sid, type, 0, luid);
}

VOID NTAPI
plug_audit_logon_ex(NTSTATUS status, NTSTATUS substatus, UNICODE_STRING *user, UNICODE_STRING *authority,
    UNICODE_STRING *workstation, PSID sid, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level, TOKEN_SOURCE *source,
    LUID *luid)
{
	(void)source;
	audit(status, substatus, user, authority, workstation, sid, type, (uint32_t)level, luid);
}
