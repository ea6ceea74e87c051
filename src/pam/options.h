/*
 * options.h - what stands behind pam_lsa.so in a line of /etc/pam.d. Whoever
 * writes there is root; nobody else has a say.
 */
#ifndef OPENLSA_PAM_OPTIONS_H
#define OPENLSA_PAM_OPTIONS_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *domain;		/* of the account where the name has none; "": this machine */
	uint32_t type;			/* of the logon: SECURITY_LOGON_TYPE */
	uint32_t min_uid;		/* below it nobody is an account of ours */
	const char *ccache;		/* where a logon's tickets are written for other programs (ccache.h); NULL: nowhere */
	bool kerberos;			/* accounts are a realm's: `domain` names it */
	bool use_first_pass, try_first_pass, use_authtok;
	bool nullok;			/* a blank password may be tried */
	bool tell;			/* the caller learns of unknown and locked accounts */
	bool vouch;			/* a session also for who was authenticated by others */
	bool debug;
};

/* PAM_SUCCESS, or PAM_SERVICE_ERR: a word is not understood, and nothing is guessed. It is in the log. */
int options_take(pam_handle_t *pamh, struct options *ret_options, int argc, const char **argv);

#endif
