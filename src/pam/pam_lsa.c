/*
 * pam_lsa.c - the module's doors for authentication, accounts and sessions.
 * It asks lsad and nobody else, and what the program's environment says is
 * not heard (secur32/deaf.h). pam_lsa(8) is the manual.
 */
#include "pam/ccache.h"
#include "pam/logon.h"
#include "pam/stay.h"
#include "pam/talk.h"

#include <syslog.h>

#include <security/pam_ext.h>

#define PROMPT "Password: "

/* --- authentication --------------------------------------------------------------------- */

static int
password_try(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password, int flags)
{
	/* A blank one is no guess that anybody has to count: it is not even tried. */
	if (!*password && (!o->nullok || ((unsigned)flags & PAM_DISALLOW_NULL_AUTHTOK))) {
		pam_syslog(pamh, LOG_NOTICE, "user %s: a blank password is not tried here (nullok)", person_shown(p));
		return PAM_AUTH_ERR;
	}
	return logon_try(pamh, o, p, password, LOGON_ENTRY);
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	struct person p;
	const char *password;
	int result = options_take(pamh, &o, argc, argv);

	stay_end(pamh);			/* whoever was here before is not who asks now */
	if (result == PAM_SUCCESS)
		result = person_take(pamh, &o, &p);
	if (result != PAM_SUCCESS)
		return result;
	if (p.system)
		return PAM_USER_UNKNOWN;
	password = o.use_first_pass || o.try_first_pass ? talk_kept(pamh, PAM_AUTHTOK) : NULL;
	if (password) {
		result = password_try(pamh, &o, &p, password, flags);
		if (o.use_first_pass || (result != PAM_AUTH_ERR && result != PAM_USER_UNKNOWN))
			return result;
	} else if (o.use_first_pass) {
		return PAM_AUTH_ERR;
	}
	result = talk_ask(pamh, PAM_AUTHTOK, PROMPT, &password);
	return result == PAM_SUCCESS ? password_try(pamh, &o, &p, password, flags) : result;
}

/* --- credentials: the token is all there is --------------------------------------------------- */

/* For a stay that is not PAM's user's any more, or whose password was not changed: refused. */
static int
stay_judge(pam_handle_t *pamh, const struct stay *s, const struct options *o, int refused, int due)
{
	struct person p;

	if (person_take(pamh, o, &p) != PAM_SUCCESS || !stay_is(s, &p)) {
		pam_syslog(pamh, LOG_WARNING, "user %s was let in, and PAM means another now; refused", s->name);
		return refused;
	}
	return s->token ? PAM_SUCCESS : due;
}

/* He comes in: what his tickets are for is told. */
static int
stay_enter(pam_handle_t *pamh, struct stay *s, const struct options *o, int refused, int due)
{
	int result = stay_judge(pamh, s, o, refused, due);

	return result == PAM_SUCCESS && ccache_write(pamh, o, s) != PAM_SUCCESS ? refused : result;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	struct stay *s;
	int result = options_take(pamh, &o, argc, argv);

	if (result != PAM_SUCCESS)
		return PAM_CRED_ERR;
	s = stay_of(pamh);
	if ((unsigned)flags & PAM_DELETE_CRED) {
		stay_end(pamh);
		return PAM_SUCCESS;
	}
	if (s && ((unsigned)flags & (PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED)))
		*s->ccache = '\0';		/* written once more, as it is now */
	return s ? stay_enter(pamh, s, &o, PAM_CRED_ERR, PAM_CRED_EXPIRED) : PAM_SUCCESS;
}

/* --- accounts ----------------------------------------------------------------------------------- */

int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	struct person p;
	struct stay *s;
	int result = options_take(pamh, &o, argc, argv);

	(void)flags;
	if (result != PAM_SUCCESS)
		return result;
	s = stay_of(pamh);
	if (s)		/* the LSA has judged the account when it let him in */
		return stay_judge(pamh, s, &o, PAM_PERM_DENIED, PAM_NEW_AUTHTOK_REQD);
	result = person_take(pamh, &o, &p);
	if (result != PAM_SUCCESS)
		return result;
	if (!p.here)
		return PAM_USER_UNKNOWN;
	if (p.system)
		return PAM_IGNORE;
	result = logon_account(pamh, &o, &p);
	return result == PAM_MAXTRIES && !o.tell ? PAM_PERM_DENIED : result;
}

/* --- sessions ------------------------------------------------------------------------------------ */

int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	struct person p;
	struct stay *s;
	int result = options_take(pamh, &o, argc, argv);

	(void)flags;
	if (result != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	s = stay_of(pamh);
	if (s)
		return stay_enter(pamh, s, &o, PAM_SESSION_ERR, PAM_SESSION_ERR);
	result = person_take(pamh, &o, &p);
	if (result != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	if (!o.vouch || !p.here || p.system)
		return PAM_SUCCESS;		/* he was let in by others, and nothing of ours begins */
	result = logon_vouch(pamh, &o, &p);
	return result == PAM_IGNORE ? PAM_SUCCESS : result;
}

int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	(void)argc;
	(void)argv;
	stay_end(pamh);
	return PAM_SUCCESS;
}
