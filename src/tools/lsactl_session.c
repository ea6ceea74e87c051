/* SPDX-License-Identifier: MIT */
/*
 * lsactl_session.c - the logon sessions: which there are, what is known of
 * one, its end, and who the caller is. By the functions that Windows programs
 * use, but for the end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <ntstatus.h>

#include "tools/json.h"
#include "tools/session.h"
#include "tools/wide.h"

#define FACTS_MOST 65536u

/* --- LUIDs and logon types as text --------------------------------------------------- */

char *
luid_show(char to[LUID_SHOWN], LUID luid)
{
	(void)snprintf(to, LUID_SHOWN, "%x:%x", (unsigned)luid.HighPart, (unsigned)luid.LowPart);
	return to;
}

/* "0:3e7", "0x3e7", "3e7". */
static bool
luid_take(LUID *ret_luid, const char *text)
{
	const char *colon = strchr(text, ':');
	unsigned long long high = 0, low;
	char *rest;

	if (strspn(text, "0123456789abcdefABCDEFxX:") != strlen(text) || !*text)
		return false;
	errno = 0;
	low = strtoull(text, &rest, 16);
	if (colon) {
		if (rest != colon || rest == text || low > 0xffffffff)
			return false;
		high = low;
		low = strtoull(colon + 1, &rest, 16);
		if (low > 0xffffffff || rest == colon + 1)
			return false;
	} else {
		high = low >> 32;
		low &= 0xffffffff;
	}
	*ret_luid = (LUID){ (DWORD)low, (LONG)(DWORD)high };
	return *rest == '\0' && errno == 0;
}

static const char *const types[] = { "?", "?", "interactive", "network", "batch", "service", "proxy", "unlock", "cleartext",
	"new-credentials", "remote", "cached", "cached-remote", "cached-unlock" };

#define TYPES (sizeof types / sizeof *types)

const char *
type_show(ULONG type)
{
	return type < TYPES ? types[type] : "?";
}

bool
type_take(SECURITY_LOGON_TYPE *ret_type, const char *text)
{
	for (unsigned i = 2; i < TYPES; i++)
		if (strcmp(types[i], text) == 0) {
			*ret_type = (SECURITY_LOGON_TYPE)i;
			return true;
		}
	return false;
}

/* --- one session ------------------------------------------------------------------------- */

struct facts {
	char luid[LUID_SHOWN], user[900], package[128], server[300], sid[SID_SHOWN], times[2][TIME_TEXT];
	const char *type, *since, *set;
};

static void
facts_of(struct facts *f, const SECURITY_LOGON_SESSION_DATA *d)
{
	char domain[400], name[400];

	*f = (struct facts){ .type = d->LogonType ? type_show(d->LogonType) : "system" };
	(void)luid_show(f->luid, d->LogonId);
	(void)utf8_of(domain, sizeof domain, &d->LogonDomain);
	(void)utf8_of(name, sizeof name, &d->UserName);
	(void)snprintf(f->user, sizeof f->user, "%s%s%s", domain, *domain && *name ? "\\" : "", name);
	(void)utf8_of(f->package, sizeof f->package, &d->AuthenticationPackage);
	(void)utf8_of(f->server, sizeof f->server, &d->LogonServer);
	if (d->Sid)
		(void)sid_show(f->sid, d->Sid);
	f->since = time_text((ULONGLONG)d->LogonTime.QuadPart, f->times[0]);
	f->set = time_text((ULONGLONG)d->PasswordLastSet.QuadPart, f->times[1]);
}

static void
facts_json(struct json *j, const struct facts *f)
{
	json_text(j, "session", f->luid);
	json_text(j, "user", f->user);
	json_text(j, "sid", *f->sid ? f->sid : NULL);
	json_text(j, "type", f->type);
	json_text(j, "package", f->package);
	json_text(j, "server", f->server);
	json_text(j, "since", f->since);
	json_text(j, "password_last_set", f->set);
}

/* A line of the table; a session of somebody else's has its number alone. */
static void
line_say(const struct run *run, struct json *j, LUID luid, const SECURITY_LOGON_SESSION_DATA *d)
{
	char text[LUID_SHOWN];
	struct facts f;

	if (d)
		facts_of(&f, d);
	if (run->json) {
		json_begin(j, NULL, '{');
		if (d)
			facts_json(j, &f);
		else
			json_text(j, "session", luid_show(text, luid));
		json_end(j, '}');
		return;
	}
	printf(run->quiet ? "%s" : "%-18s", luid_show(text, luid));
	if (!run->quiet && d) {
		printf(" %-15s %-10s %s  ", f.type, f.package, f.since);
		say_text(f.user);
	} else if (!run->quiet) {
		fputs(" (somebody else's)", stdout);
	}
	putchar('\n');
}

enum end
sessions_list(const struct run *run, char **args, int count)
{
	struct json j = { 0 };
	PLUID list = NULL;
	ULONG sessions = 0;
	NTSTATUS status = LsaEnumerateLogonSessions(&sessions, &list);

	(void)args;
	(void)count;
	if (status != STATUS_SUCCESS) {
		enum end end = fault_status(run, status, "the sessions cannot be listed", NULL);

		return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_PORT_CONNECTION_REFUSED ? END_NO_LSA : end;
	}
	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_begin(&j, "sessions", '[');
	} else if (!sessions && !run->quiet) {
		puts("no sessions");
	}
	for (ULONG i = 0; i < sessions; i++) {
		PSECURITY_LOGON_SESSION_DATA d = NULL;

		status = LsaGetLogonSessionData(&list[i], &d);
		if (status == STATUS_NO_SUCH_LOGON_SESSION)		/* it has ended meanwhile */
			continue;
		line_say(run, &j, list[i], status == STATUS_SUCCESS ? d : NULL);
		(void)LsaFreeReturnBuffer(d);
	}
	if (run->json) {
		json_end(&j, ']');
		json_end(&j, '}');
	}
	(void)LsaFreeReturnBuffer(list);
	return END_OK;
}

static enum end
no_luid(const struct run *run)
{
	return fault_plain(run, END_USAGE, "that is no session's number", "'lsactl sessions' shows them, like 5c2f:1a0301");
}

enum end
session_show(const struct run *run, char **args, int count)
{
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	struct facts f;
	struct json j = { 0 };
	NTSTATUS status;
	LUID luid;

	(void)count;
	if (!luid_take(&luid, args[0]))
		return no_luid(run);
	status = LsaGetLogonSessionData(&luid, &d);
	if (status != STATUS_SUCCESS)
		return fault_status(run, status, "the session cannot be shown", "'lsactl sessions' shows which there are");
	facts_of(&f, d);
	(void)LsaFreeReturnBuffer(d);
	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		facts_json(&j, &f);
		json_end(&j, '}');
		return END_OK;
	}
	printf("session         %s\nuser            ", f.luid);
	say_text(f.user);
	printf("\nSID             %s\ntype            %s\npackage         %s\nvouched for by  ", *f.sid ? f.sid : "-", f.type, f.package);
	say_text(*f.server ? f.server : "-");
	printf("\nsince           %s\npassword set    %s\n", f.since, f.set);
	return END_OK;
}

enum end
logoff(const struct run *run, char **args, int count)
{
	struct json j = { 0 };
	char text[LUID_SHOWN];
	NTSTATUS status;
	HANDLE lsa;
	LUID luid;
	enum end end;

	(void)count;
	if (!luid_take(&luid, args[0]))
		return no_luid(run);
	end = link_open(run, &lsa);
	if (end != END_OK)
		return end;
	status = OlsaLogoff(lsa, &luid);
	if (status != STATUS_SUCCESS) {
		end = fault_status(run, status, "the session goes on", "'lsactl sessions' shows which there are");
	} else if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "session", luid_show(text, luid));
		json_text(&j, "done", "ended");
		json_end(&j, '}');
	} else if (!run->quiet) {
		printf("%s: ended\n", luid_show(text, luid));
	}
	link_close(lsa);
	return end;
}

/* --- a token --------------------------------------------------------------------------------- */

static void *
token_facts(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD len = 0;
	void *at;

	(void)GetTokenInformation(token, class, NULL, 0, &len);
	if (!len || len > FACTS_MOST)
		return NULL;
	at = malloc(len);
	if (at && !GetTokenInformation(token, class, at, len, &len)) {
		free(at);
		at = NULL;
	}
	return at;
}

static void
groups_say(const struct run *run, struct json *j, LSA_HANDLE policy, const TOKEN_GROUPS *groups)
{
	char name[900], sid[SID_SHOWN];
	const char *use;

	if (run->json)
		json_begin(j, "groups", '[');
	for (DWORD i = 0; i < groups->GroupCount; i++) {
		(void)sid_show(sid, groups->Groups[i].Sid);
		account_text(policy, groups->Groups[i].Sid, name, sizeof name, &use);
		if (run->json) {
			json_begin(j, NULL, '{');
			json_text(j, "sid", sid);
			json_text(j, "name", name);
			json_bool(j, "enabled", groups->Groups[i].Attributes & SE_GROUP_ENABLED);
			json_end(j, '}');
		} else {
			printf("%-15s %s  ", i ? "" : "groups", sid);
			say_text(name);
			putchar('\n');
		}
	}
	if (run->json)
		json_end(j, ']');
}

static void
privileges_say(const struct run *run, struct json *j, LSA_HANDLE policy, const TOKEN_PRIVILEGES *privileges)
{
	char name[100];

	if (run->json)
		json_begin(j, "privileges", '[');
	for (DWORD i = 0; i < privileges->PrivilegeCount; i++) {
		LUID value = privileges->Privileges[i].Luid;
		PLSA_UNICODE_STRING wide = NULL;
		bool enabled = privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;

		if (LsaLookupPrivilegeName(policy, &value, &wide) == STATUS_SUCCESS)
			(void)utf8_of(name, sizeof name, wide);
		else
			(void)snprintf(name, sizeof name, "%u", (unsigned)value.LowPart);
		(void)LsaFreeMemory(wide);
		if (run->json) {
			json_begin(j, NULL, '{');
			json_text(j, "name", name);
			json_bool(j, "enabled", enabled);
			json_end(j, '}');
		} else {
			printf("%-15s %s%s\n", i ? "" : "privileges", name, enabled ? "" : " (disabled)");
		}
	}
	if (run->json)
		json_end(j, ']');
}

static void
token_lines(const struct run *run, LSA_HANDLE policy, HANDLE token, const TOKEN_USER *user, const TOKEN_STATISTICS *s)
{
	TOKEN_GROUPS *groups = token_facts(token, TokenGroups);
	TOKEN_PRIVILEGES *privileges = token_facts(token, TokenPrivileges);
	char name[900], sid[SID_SHOWN], luid[LUID_SHOWN];
	ULONG uid = 0, gid = 0;
	bool unix_user = OlsaTokenUnixUser(token, &uid, &gid) == STATUS_SUCCESS;
	struct json j = { 0 };
	const char *use;

	account_text(policy, user->User.Sid, name, sizeof name, &use);
	(void)sid_show(sid, user->User.Sid);
	(void)luid_show(luid, s->AuthenticationId);
	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "user", name);
		json_text(&j, "sid", sid);
		json_text(&j, "session", luid);
		json_text(&j, "token", s->TokenType == TokenPrimary ? "primary" : "impersonation");
		if (unix_user) {
			json_number(&j, "uid", uid);
			json_number(&j, "gid", gid);
		}
	} else {
		fputs("user            ", stdout);
		say_text(name);
		printf("\nSID             %s\nsession         %s\n", sid, luid);
		if (unix_user)
			printf("Unix user       %u, group %u\n", (unsigned)uid, (unsigned)gid);
	}
	if (groups)
		groups_say(run, &j, policy, groups);
	if (privileges)
		privileges_say(run, &j, policy, privileges);
	if (run->json)
		json_end(&j, '}');
	free(groups);
	free(privileges);
}

enum end
token_say(const struct run *run, HANDLE token)
{
	TOKEN_USER *user = token_facts(token, TokenUser);
	TOKEN_STATISTICS s;
	DWORD len;
	LSA_HANDLE policy;
	enum end end = END_OK;

	if (!user || !GetTokenInformation(token, TokenStatistics, &s, sizeof s, &len))
		end = fault_plain(run, END_FAILED, "the token cannot be read", NULL);
	else
		end = policy_open(run, POLICY_LOOKUP_NAMES, &policy);
	if (end == END_OK) {
		if (run->quiet && !run->json) {
			char name[900];
			const char *use;

			account_text(policy, user->User.Sid, name, sizeof name, &use);
			say_text(name);
			putchar('\n');
		} else {
			token_lines(run, policy, token, user, &s);
		}
		(void)LsaClose(policy);
	}
	free(user);
	return end;
}

enum end
whoami(const struct run *run, char **args, int count)
{
	HANDLE token, lsa;
	enum end end = link_open(run, &lsa);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
		end = token_say(run, token);
		(void)CloseHandle(token);
	} else {
		end = fault_plain(run, END_FAILED, "the LSA does not say who this is", NULL);
	}
	link_close(lsa);
	return end;
}
