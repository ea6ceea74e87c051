/*
 * talk.c - conversation, log, and the table of verdicts.
 */
#include "pam/talk.h"

#include <windows.h>
#include <openlsa.h>

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

const char *
talk_kept(pam_handle_t *pamh, int item)
{
	const void *text = NULL;

	return pam_get_item(pamh, item, &text) == PAM_SUCCESS ? text : NULL;
}

static int
converse(pam_handle_t *pamh, const char *prompt, char **ret_text)
{
	int result = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, ret_text, "%s", prompt);

	if (result == PAM_SUCCESS && !*ret_text)
		result = PAM_CONV_ERR;
	return result == PAM_CONV_AGAIN ? PAM_INCOMPLETE : result;
}

static void
forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static int
keep(pam_handle_t *pamh, int item, const char *text, const char **ret_text)
{
	int result = pam_set_item(pamh, item, text);

	*ret_text = result == PAM_SUCCESS ? talk_kept(pamh, item) : NULL;
	return *ret_text || result != PAM_SUCCESS ? result : PAM_BUF_ERR;
}

int
talk_ask(pam_handle_t *pamh, int item, const char *prompt, const char **ret_text)
{
	char *text = NULL;
	int result = converse(pamh, prompt, &text);

	if (result == PAM_SUCCESS)
		result = keep(pamh, item, text, ret_text);
	forget(text);
	return result;
}

void
talk_error(pam_handle_t *pamh, int flags, const char *text)
{
	if (!((unsigned)flags & PAM_SILENT))
		(void)pam_error(pamh, "%s", text);
}

int
talk_ask_new(pam_handle_t *pamh, int flags, const char **ret_text)
{
	char *text = NULL, *again = NULL;
	int result = converse(pamh, "New password: ", &text);

	if (result == PAM_SUCCESS)
		result = converse(pamh, "Retype new password: ", &again);
	if (result == PAM_SUCCESS && strcmp(text, again) != 0) {
		talk_error(pamh, flags, "The two passwords differ.");
		result = PAM_AUTHTOK_ERR;
	}
	if (result == PAM_SUCCESS)
		result = keep(pamh, PAM_AUTHTOK, text, ret_text);
	forget(text);
	forget(again);
	return result;
}

void
talk_refused(pam_handle_t *pamh, const struct person *p, const char *what, NTSTATUS status)
{
	const char *name = OlsaStatusName(status);
	char *why = NULL;

	if (OlsaExplain(status, NULL, &why) == SEC_E_OK && why)
		for (char *at = why; *at; at++)
			if ((unsigned char)*at < ' ')
				*at = at[1] ? ';' : 0;
	pam_syslog(pamh, LOG_NOTICE, "%s: user %s: %s (%s)", what, person_shown(p), name ? name : "an unknown status",
	    why && *why ? why : "no reason is known");
	(void)FreeContextBuffer(why);
}

/* --- verdicts --------------------------------------------------------------------- */

/* Right password, but. */
static int
restricted(NTSTATUS substatus)
{
	switch (substatus) {
	case STATUS_PASSWORD_EXPIRED:	return PAM_NEW_AUTHTOK_REQD;
	case STATUS_ACCOUNT_DISABLED:	return PAM_ACCT_EXPIRED;
	default:			return PAM_PERM_DENIED;
	}
}

int
talk_verdict(const struct options *o, NTSTATUS status, NTSTATUS substatus)
{
	switch (status) {
	case STATUS_SUCCESS:
		return PAM_SUCCESS;
	case STATUS_LOGON_FAILURE:
		return o->tell && substatus == STATUS_NO_SUCH_USER ? PAM_USER_UNKNOWN : PAM_AUTH_ERR;
	case STATUS_NO_SUCH_USER:
		return o->tell ? PAM_USER_UNKNOWN : PAM_AUTH_ERR;
	case STATUS_WRONG_PASSWORD:
		return PAM_AUTH_ERR;
	case STATUS_ACCOUNT_LOCKED_OUT:
		return o->tell ? PAM_MAXTRIES : PAM_AUTH_ERR;
	case STATUS_ACCOUNT_RESTRICTION:
		return restricted(substatus);
	case STATUS_PASSWORD_MUST_CHANGE:
	case STATUS_PASSWORD_EXPIRED:
		return PAM_NEW_AUTHTOK_REQD;
	case STATUS_ACCOUNT_DISABLED:
	case STATUS_ACCOUNT_EXPIRED:
		return PAM_ACCT_EXPIRED;
	case STATUS_LOGON_TYPE_NOT_GRANTED:
	case STATUS_INVALID_LOGON_HOURS:
	case STATUS_INVALID_WORKSTATION:
	case STATUS_NONE_MAPPED:
	case STATUS_ACCESS_DENIED:
		return PAM_PERM_DENIED;
	case STATUS_NO_MEMORY:
	case STATUS_INSUFFICIENT_RESOURCES:
		return PAM_BUF_ERR;
	default:
		return PAM_AUTHINFO_UNAVAIL;	/* nobody judged: lsad is not there, or in trouble */
	}
}
