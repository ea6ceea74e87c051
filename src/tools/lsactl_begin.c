/* SPDX-License-Identifier: MIT */
/*
 * lsactl_begin.c - logon: LsaLogonUser with a name and a password, and the
 * session that it begins, kept for as long as it is wanted.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>
#include <ntstatus.h>

#include "tools/json.h"
#include "tools/password.h"
#include "tools/session.h"
#include "tools/wide.h"

#define LOOK_MS 200

/*
 * MSV1_0_INTERACTIVE_LOGON, which KERB_INTERACTIVE_LOGON is as well: the strings must lie in the same buffer.
 */
struct submit {
	MSV1_0_INTERACTIVE_LOGON fixed;
	struct wide domain, user, password;
};

static bool
submit_fill(struct submit *s, const char *name, struct password *password)
{
	const char *user = strchr(name, '\\');
	char domain[WIDE_MOST + 1];
	bool good = true;

	memset(s, 0, sizeof *s);
	s->fixed.MessageType = MsV1_0InteractiveLogon;
	domain[0] = '\0';
	if (user) {
		if ((size_t)(user - name) >= sizeof domain)
			return false;
		memcpy(domain, name, (size_t)(user - name));
		domain[user - name] = '\0';
		name = user + 1;
	}
	good = wide_of(&s->domain, domain) && wide_of(&s->user, name) && wide_of(&s->password, password->text);
	s->fixed.LogonDomainName = s->domain.s;
	s->fixed.UserName = s->user.s;
	s->fixed.Password = s->password.s;
	return good;
}

struct began {
	HANDLE token;
	LUID session;
};

static NTSTATUS
log_on(HANDLE lsa, ULONG package, SECURITY_LOGON_TYPE type, struct submit *s, struct began *ret, NTSTATUS *ret_sub)
{
	static CHAR own_name[] = "lsactl";
	LSA_STRING origin = { sizeof own_name - 1, sizeof own_name, own_name };
	TOKEN_SOURCE source = { { 'l', 's', 'a', 'c', 't', 'l', ' ', ' ' }, { 0, 0 } };
	QUOTA_LIMITS quotas;
	void *profile = NULL;
	ULONG profile_len = 0;
	NTSTATUS status;

	(void)AllocateLocallyUniqueId(&source.SourceIdentifier);
	status = LsaLogonUser(lsa, &origin, type, package, s, sizeof *s, NULL, &source, &profile, &profile_len, &ret->session,
	    &ret->token, &quotas, ret_sub);
	if (status == STATUS_SUCCESS)
		(void)LsaFreeReturnBuffer(profile);
	return status;
}

/* Until standard input ends, or the session does. */
static void
hold(const struct run *run, LUID session)
{
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char drained[256], text[LUID_SHOWN];

	(void)fflush(stdout);
	for (;;) {
		int ready = poll(&in, 1, LOOK_MS);

		if (ready < 0 && errno != EINTR)
			return;
		if (ready > 0 && read(STDIN_FILENO, drained, sizeof drained) <= 0)
			return;
		if (LsaGetLogonSessionData(&session, &d) == STATUS_NO_SUCH_LOGON_SESSION) {
			if (!run->json && !run->quiet)
				printf("%s: ended by somebody else\n", luid_show(text, session));
			return;
		}
		(void)LsaFreeReturnBuffer(d);
		d = NULL;
	}
}

static enum end
refused(const struct run *run, NTSTATUS status, NTSTATUS sub)
{
	char what[160];

	if (sub == STATUS_SUCCESS)
		return fault_status(run, status, "the logon failed", status == STATUS_LOGON_FAILURE ?
		    "check name and password; 'lsactl user show NAME' tells of a lock" : NULL);
	(void)snprintf(what, sizeof what, "the logon failed (%s)", OlsaStatusName(sub) ? OlsaStatusName(sub) : "?");
	return fault_status(run, status, what, NULL);
}

static enum end
begin(const struct run *run, HANDLE lsa, SECURITY_LOGON_TYPE type, struct submit *s)
{
	CHAR name[64];
	LSA_STRING package_name = { .Buffer = name };
	struct began began = { 0 };
	NTSTATUS status, sub = STATUS_SUCCESS;
	ULONG package;
	enum end end;

	(void)snprintf(name, sizeof name, "%s", run->package ? run->package : "Negotiate");
	package_name.Length = package_name.MaximumLength = (USHORT)strlen(name);
	status = LsaLookupAuthenticationPackage(lsa, &package_name, &package);
	if (status != STATUS_SUCCESS)
		return fault_status(run, status, "there is no such package", "NTLM, Kerberos and Negotiate log people on");
	status = log_on(lsa, package, type, s, &began, &sub);
	/* Until Negotiate logs people on by itself, accounts of this machine are NTLM's. */
	if (status == STATUS_NOT_SUPPORTED && !run->package) {
		(void)snprintf(name, sizeof name, "NTLM");
		package_name.Length = package_name.MaximumLength = 4;
		status = LsaLookupAuthenticationPackage(lsa, &package_name, &package);
		if (status == STATUS_SUCCESS)
			status = log_on(lsa, package, type, s, &began, &sub);
	}
	if (status != STATUS_SUCCESS)
		return refused(run, status, sub);
	end = token_say(run, began.token);
	if (end == END_OK && run->hold)
		hold(run, began.session);
	(void)CloseHandle(began.token);
	return end;
}

enum end
logon_begin(const struct run *run, char **args, int count)
{
	static struct submit submit;
	SECURITY_LOGON_TYPE type = Interactive;
	struct password password;
	const char *fault;
	bool good;
	HANDLE lsa;
	enum end end;

	(void)count;
	if (run->type && !type_take(&type, run->type))
		return fault_plain(run, END_USAGE, "there is no such logon type",
		    "interactive, network, batch, service, unlock, cleartext, new-credentials, remote or cached");
	fault = password_read(&password, "Password: ", false);
	good = !fault && submit_fill(&submit, args[0], &password);
	password_drop(&password);
	if (!good) {
		explicit_bzero(&submit, sizeof submit);
		return fault_plain(run, END_FAILED, fault ? fault : "the name or the password is not UTF-8, or too long",
		    "no logon was tried");
	}
	end = link_open(run, &lsa);
	if (end == END_OK) {
		end = begin(run, lsa, type, &submit);
		link_close(lsa);
	}
	explicit_bzero(&submit, sizeof submit);
	return end;
}
