/*
 * password.c - the module's door for new passwords. First the old one is
 * proved, so that no module changes anything for who does not know it; then
 * the LSA changes, and who was waiting for that is logged on.
 */
#include "pam/logon.h"
#include "pam/lsa.h"
#include "pam/stay.h"
#include "pam/talk.h"

#include <openlsa.h>

#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#define PROMPT "Current password: "

/* As everywhere in PAM: root need not know the old password, unless the user's own is expired. A KDC knows no root. */
static bool
as_root(int flags, const struct options *o)
{
	return !o->kerberos && getuid() == 0 && !((unsigned)flags & PAM_CHANGE_EXPIRED_AUTHTOK);
}

/* --- the first call: may he? ---------------------------------------------------------------------- */

static int
old_take(pam_handle_t *pamh, const struct options *o, const struct person *p)
{
	const char *old = o->use_first_pass || o->try_first_pass ? talk_kept(pamh, PAM_OLDAUTHTOK) : NULL;
	int result;

	if (old) {
		result = logon_proves(pamh, o, p, old);
		if (result == PAM_SUCCESS || o->use_first_pass)
			return result;
	} else if (o->use_first_pass) {
		return PAM_AUTHTOK_RECOVERY_ERR;
	}
	result = talk_ask(pamh, PAM_OLDAUTHTOK, PROMPT, &old);
	return result == PAM_SUCCESS ? logon_proves(pamh, o, p, old) : result;
}

static int
prepare(pam_handle_t *pamh, int flags, const struct options *o, const struct person *p)
{
	int result = as_root(flags, o) ? logon_account(pamh, o, p) : PAM_SUCCESS;

	/* What is wrong with the account is no reason to leave its password as it is. */
	if (result == PAM_NEW_AUTHTOK_REQD || result == PAM_ACCT_EXPIRED || result == PAM_MAXTRIES)
		result = PAM_SUCCESS;
	if (result == PAM_SUCCESS && !as_root(flags, o))
		result = old_take(pamh, o, p);
	return result == PAM_AUTHINFO_UNAVAIL ? PAM_TRY_AGAIN : result;
}

/* --- the second: the change -------------------------------------------------------------------------- */

static int
new_take(pam_handle_t *pamh, int flags, const struct options *o, const char **ret_fresh)
{
	const char *fresh = o->use_authtok || o->use_first_pass || o->try_first_pass ? talk_kept(pamh, PAM_AUTHTOK) : NULL;
	int result = PAM_SUCCESS;

	if (!fresh && (o->use_authtok || o->use_first_pass))
		return PAM_AUTHTOK_RECOVERY_ERR;
	if (!fresh)
		result = talk_ask_new(pamh, flags, &fresh);
	if (result == PAM_SUCCESS && !*fresh && !o->nullok) {
		talk_error(pamh, flags, "A blank password is not allowed.");
		result = PAM_AUTHTOK_ERR;
	}
	if (result == PAM_SUCCESS)
		*ret_fresh = fresh;
	return result;
}

static int
changed(NTSTATUS status)
{
	switch (status) {
	case STATUS_SUCCESS:
		return PAM_SUCCESS;
	case STATUS_PASSWORD_RESTRICTION:
	case STATUS_INVALID_PARAMETER:
		return PAM_AUTHTOK_ERR;
	case STATUS_WRONG_PASSWORD:
	case STATUS_LOGON_FAILURE:
	case STATUS_ACCOUNT_LOCKED_OUT:
		return PAM_AUTH_ERR;
	case STATUS_NO_SUCH_USER:
	case STATUS_ACCESS_DENIED:
	case STATUS_ACCOUNT_DISABLED:
	case STATUS_ACCOUNT_RESTRICTION:
		return PAM_PERM_DENIED;
	default:
		return PAM_AUTHTOK_ERR;
	}
}

static int
update(pam_handle_t *pamh, int flags, const struct options *o, const struct person *p)
{
	struct whom whom = { p->domain, p->user };
	const char *fresh = NULL, *old = talk_kept(pamh, PAM_OLDAUTHTOK);
	struct stay *s = stay_of(pamh);
	struct options as = *o;
	struct line line;
	NTSTATUS status;
	int result;

	if (!old && !as_root(flags, o))
		return PAM_AUTHTOK_RECOVERY_ERR;
	result = new_take(pamh, flags, o, &fresh);
	if (result != PAM_SUCCESS)
		return result;
	status = line_reach(&line, logon_service(pamh), o->kerberos);
	if (status == STATUS_SUCCESS)
		status = as_root(flags, o) ? line_set(&line, &whom, fresh) : line_change(&line, &whom, old, fresh);
	line_leave(&line);
	if (status != STATUS_SUCCESS)
		talk_refused(pamh, p, "the password is not changed", status);
	else
		pam_syslog(pamh, LOG_NOTICE, "the password of user %s is changed", p->name);
	result = changed(status);
	if (result != PAM_SUCCESS || !s || !s->must_change)
		return result;
	/* He was waiting at the door for this. */
	as.type = s->type;
	result = stay_is(s, p) ? logon_try(pamh, &as, p, fresh, LOGON_AFTER_CHANGE) : PAM_PERM_DENIED;
	return result == PAM_SUCCESS ? result : PAM_PERM_DENIED;
}

int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	struct person p;
	struct stay *s;
	int result = options_take(pamh, &o, argc, argv);

	if (result == PAM_SUCCESS)
		result = person_take(pamh, &o, &p);
	if (result != PAM_SUCCESS)
		return result;
	if (p.system)
		return PAM_IGNORE;
	if (!p.here)
		return PAM_USER_UNKNOWN;
	s = stay_of(pamh);
	if (((unsigned)flags & PAM_CHANGE_EXPIRED_AUTHTOK) && s && !s->must_change)
		return PAM_IGNORE;		/* ours has not expired */
	return (unsigned)flags & PAM_PRELIM_CHECK ? prepare(pamh, flags, &o, &p) : update(pamh, flags, &o, &p);
}
