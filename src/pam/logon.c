/*
 * logon.c - logging somebody on, and making sure who he is here. A verdict
 * starts as refused; PAM_SUCCESS comes from one place for each question.
 */
#include "pam/logon.h"

#include <windows.h>
#include <openlsa.h>

#include <stdio.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "pam/lsa.h"
#include "pam/stay.h"
#include "pam/talk.h"

static const char *
item(pam_handle_t *pamh, int which, const char *none)
{
	const void *text = NULL;

	return pam_get_item(pamh, which, &text) == PAM_SUCCESS && text && *(const char *)text ? text : none;
}

const char *
logon_service(pam_handle_t *pamh)
{
	return item(pamh, PAM_SERVICE, "unknown");
}

static void
origin_of(pam_handle_t *pamh, char origin[256])
{
	(void)snprintf(origin, 256, "pam:%s tty=%s host=%s", logon_service(pamh), item(pamh, PAM_TTY, "-"),
	    item(pamh, PAM_RHOST, "-"));
	for (char *at = origin; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
}

/* The account is PAM's user and nobody else: the uid that the rules give it is the name's own, and no system's. */
static int
same_person(pam_handle_t *pamh, const struct options *o, const struct person *p, ULONG uid)
{
	if (!p->here) {
		pam_syslog(pamh, LOG_NOTICE, "an account of the LSA has this name, and no user of this system; refused");
		return o->tell ? PAM_USER_UNKNOWN : PAM_AUTH_ERR;
	}
	if (p->system || uid < o->min_uid || uid != p->uid) {
		pam_syslog(pamh, LOG_WARNING, "user %s has uid %lu here, and the account of this name would be uid %lu; refused", p->name,
		    (unsigned long)p->uid, (unsigned long)uid);
		return PAM_PERM_DENIED;
	}
	return PAM_SUCCESS;
}

static int
token_judge(pam_handle_t *pamh, const struct options *o, const struct person *p, HANDLE token)
{
	ULONG uid = 0, gid = 0;
	NTSTATUS status;

	if (!p->here)
		return same_person(pamh, o, p, 0);
	status = OlsaTokenUnixUser(token, &uid, &gid);
	if (status != STATUS_SUCCESS) {
		talk_refused(pamh, p, "the account has no uid here", status);
		return PAM_PERM_DENIED;
	}
	return same_person(pamh, o, p, uid);
}

/* He is let in, or the token goes. */
static int
token_take(pam_handle_t *pamh, const struct options *o, const struct person *p, HANDLE token)
{
	int result = token_judge(pamh, o, p, token);

	if (result != PAM_SUCCESS) {
		(void)CloseHandle(token);
		return result;
	}
	return stay_begin(pamh, o, p, token, false);
}

/* There is no token to judge before the change: only an administrator can see who the account is. */
static int
change_due(pam_handle_t *pamh, const struct options *o, const struct person *p, struct line *line)
{
	struct whom whom = { p->domain, p->user };
	struct account account;
	NTSTATUS status = line_account(line, &whom, &account);
	int result;

	if (status != STATUS_SUCCESS) {
		talk_refused(pamh, p, "the password must be changed, and who the account is here cannot be told", status);
		return status == STATUS_NONE_MAPPED ? PAM_PERM_DENIED : PAM_AUTHTOK_EXPIRED;	/* in a stack the other one may be as good as success */
	}
	result = same_person(pamh, o, p, account.uid);
	return result == PAM_SUCCESS ? stay_begin(pamh, o, p, NULL, true) : result;
}

/* The line is there to be left, whatever comes of it. */
static NTSTATUS
log_on(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password, struct line *line,
    HANDLE *ret_token, NTSTATUS *ret_substatus)
{
	struct whom whom = { p->domain, p->user };
	NTSTATUS status = line_reach(line, logon_service(pamh), o->kerberos);
	char origin[256];

	*ret_substatus = STATUS_SUCCESS;
	if (status != STATUS_SUCCESS)
		return status;
	origin_of(pamh, origin);
	return line_log_on(line, &whom, password, o->type, origin, ret_token, ret_substatus);
}

int
logon_try(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password, enum logon_for why)
{
	HANDLE token = NULL;
	struct line line;
	NTSTATUS substatus, status = log_on(pamh, o, p, password, &line, &token, &substatus);
	int result;

	result = talk_verdict(o, status, substatus);
	if (result == PAM_SUCCESS)
		result = token_take(pamh, o, p, token);
	else
		talk_refused(pamh, p, "not logged on", substatus ? substatus : status);
	if (result == PAM_NEW_AUTHTOK_REQD && why == LOGON_ENTRY)
		result = change_due(pamh, o, p, &line);
	line_leave(&line);
	if (o->debug && result == PAM_SUCCESS)
		pam_syslog(pamh, LOG_DEBUG, "user %s is logged on as uid %lu", p->name, (unsigned long)p->uid);
	return result;
}

int
logon_vouch(pam_handle_t *pamh, const struct options *o, const struct person *p)
{
	struct whom whom = { p->domain, p->user };
	NTSTATUS status, substatus = STATUS_SUCCESS;
	HANDLE token = NULL;
	struct line line;
	char origin[256];
	int result = PAM_SESSION_ERR;

	origin_of(pamh, origin);
	status = line_reach(&line, logon_service(pamh), o->kerberos);
	if (status == STATUS_SUCCESS)
		status = line_vouch(&line, &whom, origin, &token, &substatus);
	if (status == STATUS_SUCCESS)
		result = token_take(pamh, o, p, token);
	else if (substatus == STATUS_NO_SUCH_USER || status == STATUS_NO_LOGON_SERVERS)
		result = PAM_IGNORE;
	else
		talk_refused(pamh, p, "no session", substatus ? substatus : status);
	line_leave(&line);
	return result == PAM_SUCCESS || result == PAM_IGNORE ? result : PAM_SESSION_ERR;
}

int
logon_proves(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password)
{
	HANDLE token = NULL;
	struct line line;
	NTSTATUS substatus, status = log_on(pamh, o, p, password, &line, &token, &substatus);
	int result;

	if (status == STATUS_SUCCESS)
		(void)CloseHandle(token);
	else
		talk_refused(pamh, p, "the password is not changed", substatus ? substatus : status);
	line_leave(&line);
	result = talk_verdict(o, status, substatus);
	return result == PAM_NEW_AUTHTOK_REQD ? PAM_SUCCESS : result;
}

int
logon_account(pam_handle_t *pamh, const struct options *o, const struct person *p)
{
	struct whom whom = { p->domain, p->user };
	struct account account = { 0, 0 };
	struct line line;
	NTSTATUS status;
	int result = PAM_PERM_DENIED;

	if (o->kerberos)
		return PAM_IGNORE;		/* a KDC tells nobody about accounts */
	status = line_reach(&line, logon_service(pamh), o->kerberos);
	if (status == STATUS_SUCCESS)
		status = line_account(&line, &whom, &account);
	line_leave(&line);
	if (status == STATUS_NO_SUCH_USER)
		return PAM_IGNORE;
	if (status != STATUS_SUCCESS) {
		talk_refused(pamh, p, "the account cannot be judged", status);
		result = talk_verdict(o, status, STATUS_SUCCESS);
		return result == PAM_SUCCESS ? PAM_PERM_DENIED : result;
	}
	result = same_person(pamh, o, p, account.uid);
	if (result == PAM_SUCCESS && (account.flags & OLSA_USER_DISABLED))
		result = PAM_ACCT_EXPIRED;
	else if (result == PAM_SUCCESS && (account.flags & OLSA_USER_LOCKED))
		result = PAM_MAXTRIES;
	else if (result == PAM_SUCCESS && (account.flags & OLSA_USER_MUST_CHANGE))
		result = PAM_NEW_AUTHTOK_REQD;
	return result;
}
