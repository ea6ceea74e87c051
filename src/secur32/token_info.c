/*
 * token_info.c - what a token says, and other tokens of the same session.
 * Tells only what came with the token; asks nobody.
 */
#include <stdlib.h>

#include <sspi.h>

#include "base/nt.h"

#include "base/privilege.h"
#include "base/status.h"
#include "secur32/explain.h"
#include "secur32/handles.h"
#include "secur32/impersonate.h"
#include "secur32/sid.h"
#include "secur32/token.h"

static BOOL
fail(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

static BOOL
ended(NTSTATUS status, struct why *why)
{
	why_thread_keep(status, why);
	return status == STATUS_SUCCESS ? TRUE : fail(status_to_win32((uint32_t)status));
}

static LUID
luid_of_number(uint64_t number)
{
	return (LUID){ (DWORD)number, (LONG)(number >> 32) };
}

/* --- classes ------------------------------------------------------------------- */

/* Fixed parts go to the front, what they point to behind them. */
struct out {
	uint8_t *at;
	size_t room, fixed, need;
};

static void
out_begin(struct out *o, size_t fixed)
{
	o->fixed = o->need = fixed;
}

/* A SID behind the rest; NULL while only counting, when it does not fit, or where there is none. */
static PSID
out_sid(struct out *o, struct bytes sid)
{
	uint8_t *to = sid.len && o->need + sid.len <= o->room ? o->at + o->need : NULL;

	if (to)
		bytes_copy(to, sid.at, sid.len);
	o->need += (sid.len + 3) & ~(size_t)3;
	return to;
}

static bool
out_fits(const struct out *o)
{
	return o->at && o->need <= o->room;
}

static void
tell_user(const struct htoken *t, struct out *o)
{
	TOKEN_USER user = { { NULL, 0 } };

	out_begin(o, sizeof user);
	user.User.Sid = out_sid(o, t->facts.sid);
	if (out_fits(o))
		bytes_copy(o->at, &user, sizeof user);
}

/* Owner and primary group have the same form: one pointer. */
static void
tell_sid(const struct htoken *t, struct out *o)
{
	PSID sid;

	out_begin(o, sizeof sid);
	sid = out_sid(o, t->facts.sid);
	if (out_fits(o))
		bytes_copy(o->at, &sid, sizeof sid);
}

static void
tell_groups_like(const struct htoken *t, struct out *o, bool logon_only)
{
	struct bytes rest = t->facts.groups;
	struct token_group group;
	DWORD count = 0;
	SID_AND_ATTRIBUTES *to;

	while (token_group_take(&group, &rest))
		count += !logon_only || (group.attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID;
	out_begin(o, offsetof(TOKEN_GROUPS, Groups) + count * sizeof *to);
	to = o->at ? (SID_AND_ATTRIBUTES *)(void *)(o->at + offsetof(TOKEN_GROUPS, Groups)) : NULL;
	rest = t->facts.groups;
	for (DWORD i = 0; token_group_take(&group, &rest);) {
		PSID sid;

		if (logon_only && (group.attributes & SE_GROUP_LOGON_ID) != SE_GROUP_LOGON_ID)
			continue;
		sid = out_sid(o, group.sid);
		if (o->at && o->fixed <= o->room)
			to[i] = (SID_AND_ATTRIBUTES){ sid, group.attributes };
		i++;
	}
	if (out_fits(o))
		bytes_copy(o->at, &count, sizeof count);
}

static void
tell_groups(const struct htoken *t, struct out *o)
{
	tell_groups_like(t, o, false);
}

static void
tell_logon_sid(const struct htoken *t, struct out *o)
{
	tell_groups_like(t, o, true);
}

static DWORD
privilege_count(const struct htoken *t)
{
	return (DWORD)__builtin_popcountll(t->facts.privileges);
}

static void
tell_privileges(const struct htoken *t, struct out *o)
{
	DWORD count = privilege_count(t), i = 0;
	LUID_AND_ATTRIBUTES *to = (LUID_AND_ATTRIBUTES *)(void *)(o->at + offsetof(TOKEN_PRIVILEGES, Privileges));

	out_begin(o, offsetof(TOKEN_PRIVILEGES, Privileges) + count * sizeof *to);
	if (!out_fits(o))
		return;
	bytes_copy(o->at, &count, sizeof count);
	for (uint32_t n = 0; n < 64 && i < count; n++)
		if (t->facts.privileges >> n & 1)
			to[i++] = (LUID_AND_ATTRIBUTES){ { n, 0 },
			    t->facts.enabled >> n & 1 ? SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0 };
}

static void
tell_bytes(struct out *o, const void *what, size_t len)
{
	out_begin(o, len);
	if (out_fits(o))
		bytes_copy(o->at, what, len);
}

static void
tell_source(const struct htoken *t, struct out *o)
{
	TOKEN_SOURCE source = { .SourceIdentifier = luid_of_number(t->facts.source_id) };

	bytes_copy(source.SourceName, t->facts.source, sizeof source.SourceName);
	tell_bytes(o, &source, sizeof source);
}

static void
tell_type(const struct htoken *t, struct out *o)
{
	TOKEN_TYPE type = (TOKEN_TYPE)t->facts.type;

	tell_bytes(o, &type, sizeof type);
}

static void
tell_level(const struct htoken *t, struct out *o)
{
	SECURITY_IMPERSONATION_LEVEL level = (SECURITY_IMPERSONATION_LEVEL)t->facts.level;

	tell_bytes(o, &level, sizeof level);
}

static void
tell_session(const struct htoken *t, struct out *o)
{
	DWORD session = 0;		/* there are no terminal sessions here */

	(void)t;
	tell_bytes(o, &session, sizeof session);
}

static void
tell_statistics(const struct htoken *t, struct out *o)
{
	TOKEN_STATISTICS s = {
		.TokenId = luid_of_number(t->facts.id), .AuthenticationId = luid_of_number(t->facts.luid),
		.TokenType = (TOKEN_TYPE)t->facts.type, .ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)t->facts.level,
		.GroupCount = t->facts.group_count, .PrivilegeCount = privilege_count(t),
		.ModifiedId = luid_of_number(t->facts.id),
	};

	s.ExpirationTime.QuadPart = (LONGLONG)t->facts.expiry;
	tell_bytes(o, &s, sizeof s);
}

static void (*const classes[MaxTokenInfoClass])(const struct htoken *t, struct out *o) = {
	[TokenUser] = tell_user, [TokenGroups] = tell_groups, [TokenPrivileges] = tell_privileges, [TokenOwner] = tell_sid,
	[TokenPrimaryGroup] = tell_sid, [TokenSource] = tell_source, [TokenType] = tell_type,
	[TokenImpersonationLevel] = tell_level, [TokenStatistics] = tell_statistics, [TokenSessionId] = tell_session,
	[TokenLogonSid] = tell_logon_sid,
};

BOOL
GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation,
    DWORD TokenInformationLength, PDWORD ReturnLength)
{
	struct out o = { .at = TokenInformation, .room = TokenInformation ? TokenInformationLength : 0 };
	struct htoken *t;
	BOOL good = FALSE;

	if ((unsigned)TokenInformationClass >= MaxTokenInfoClass || (unsigned)TokenInformationClass < TokenUser || !ReturnLength)
		return fail(ERROR_INVALID_PARAMETER);
	t = htoken_hold(TokenHandle);
	if (!t)
		return fail(ERROR_INVALID_HANDLE);
	if (!classes[TokenInformationClass]) {
		SetLastError(ERROR_NOT_SUPPORTED);
	} else if (TokenInformationClass == TokenImpersonationLevel && t->facts.type != TokenImpersonation) {
		SetLastError(ERROR_INVALID_PARAMETER);
	} else if (TokenInformationClass == TokenLogonSid && t->facts.type != TokenPrimary) {
		SetLastError(ERROR_NOT_FOUND);
	} else {
		classes[TokenInformationClass](t, &o);
		*ReturnLength = (DWORD)o.need;
		good = out_fits(&o);
		SetLastError(good ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER);
	}
	htoken_release(t);
	return good;
}

/* --- other tokens ------------------------------------------------------------------ */

BOOL
DuplicateTokenEx(HANDLE hExistingToken, DWORD dwDesiredAccess, SECURITY_ATTRIBUTES *lpTokenAttributes,
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, TOKEN_TYPE Type, PHANDLE phNewToken)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t;
	NTSTATUS status;

	(void)dwDesiredAccess;
	(void)lpTokenAttributes;
	if (!phNewToken || (Type != TokenPrimary && Type != TokenImpersonation) ||
	    (unsigned)ImpersonationLevel > SecurityDelegation)
		return fail(ERROR_INVALID_PARAMETER);
	t = htoken_hold(hExistingToken);
	if (!t)
		return fail(ERROR_INVALID_HANDLE);
	status = htoken_again(phNewToken, t->link, t->wire, bytes_of(t->key, sizeof t->key), (uint32_t)Type,
	    Type == TokenImpersonation ? (uint32_t)ImpersonationLevel + 1 : 0, &why);
	htoken_release(t);
	return ended(status, &why);
}

BOOL
DuplicateToken(HANDLE ExistingTokenHandle, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, PHANDLE DuplicateTokenHandle)
{
	return DuplicateTokenEx(ExistingTokenHandle, 0, NULL, ImpersonationLevel, TokenImpersonation, DuplicateTokenHandle);
}

BOOL
OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)
{
	struct why why = { NULL, 0, 0 };

	(void)DesiredAccess;
	if (!TokenHandle)
		return fail(ERROR_INVALID_PARAMETER);
	if (ProcessHandle != GetCurrentProcess())
		return fail(ERROR_INVALID_HANDLE);
	return ended(htoken_own(TokenHandle, &why), &why);
}

BOOL
OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t;
	NTSTATUS status;

	(void)DesiredAccess;
	(void)OpenAsSelf;
	if (!TokenHandle)
		return fail(ERROR_INVALID_PARAMETER);
	if (ThreadHandle != GetCurrentThread())
		return fail(ERROR_INVALID_HANDLE);
	t = htoken_hold(impersonated());
	if (!t)
		return fail(ERROR_NO_TOKEN);
	status = htoken_again(TokenHandle, t->link, t->wire, bytes_of(t->key, sizeof t->key), 0, 0, &why);
	htoken_release(t);
	return ended(status, &why);
}

/* One that no session, no token and nobody else has: a token's own, which is given back. */
BOOL
AllocateLocallyUniqueId(PLUID Luid)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t;
	HANDLE token;
	NTSTATUS status;

	if (!Luid)
		return fail(ERROR_INVALID_PARAMETER);
	status = htoken_own(&token, &why);
	if (status == STATUS_SUCCESS) {
		t = htoken_hold(token);
		if (t)
			*Luid = luid_of_number(t->facts.id);
		htoken_release(t);
		(void)handle_close(root_handles(), KIND_TOKEN, (uint64_t)(uintptr_t)token);
	}
	return ended(status, &why);
}

/* --- of a context -------------------------------------------------------------------- */

static NTSTATUS
context_token(struct context *ctx, HANDLE *ret_token, struct why *why)
{
	struct token_of_in in = { 0 };
	struct token_of_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct link *link;
	uint64_t epoch;
	bool good;
	NTSTATUS status;

	pthread_mutex_lock(&ctx->lock);
	good = ctx->server && ctx->state == CTX_ESTABLISHED;
	in.context = ctx->wire;
	epoch = ctx->epoch;
	pthread_mutex_unlock(&ctx->lock);
	if (!good)
		return SEC_E_INVALID_HANDLE;
	if (!in.context)
		return SEC_E_NO_IMPERSONATION;		/* imported: its session stayed with who accepted it */
	status = root_sspi_link(&link, why);
	if (status != STATUS_SUCCESS)
		return status;
	if (link->epoch != epoch) {
		link_release(link);
		why_say(why, SEC_E_INVALID_HANDLE, TO_CALLER, "the LSA has restarted since this context was established");
		return SEC_E_INVALID_HANDLE;
	}
	ask_token_of(&ask, link, &in);
	ask_wait(&ask);
	status = told_token_of(&ask, &out);
	why_take(why, ask_why(&ask));
	if (status == STATUS_SUCCESS)
		status = htoken_take(ret_token, link, &(struct token_given){ out.token, out.key, out.facts });
	ask_end(&ask);
	link_release(link);
	return status;
}

SECURITY_STATUS
QuerySecurityContextToken(PCtxtHandle phContext, HANDLE *Token)
{
	struct context *ctx = context_hold(phContext);
	struct why why = { NULL, 0, 0 };
	HANDLE token = NULL;
	SECURITY_STATUS status;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	status = Token ? status_to_sec(context_token(ctx, &token, &why)) : SEC_E_INVALID_PARAMETER;
	context_release(ctx);
	if (status == SEC_E_OK)
		*Token = token;
	why_thread_keep(status, &why);
	return status;
}
