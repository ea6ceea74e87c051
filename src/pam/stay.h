/*
 * stay.h - somebody's stay: from the password that was right until the PAM
 * session ends. The token in it keeps his logon session.
 */
#ifndef OPENLSA_PAM_STAY_H
#define OPENLSA_PAM_STAY_H

#include <windows.h>

#include "pam/person.h"

#define CCACHE_MOST 512u

struct stay {
	pid_t pid;			/* a forked child has no stay: the token is its parent's */
	uid_t uid;
	char name[PERSON_NAME_MOST + 1];
	uint32_t type;			/* of the logon */
	HANDLE token;			/* NULL: only with must_change */
	char ccache[CCACHE_MOST];	/* "FILE:/path" of the tickets that were written for him, or empty */
	bool must_change;		/* the password was right, and nobody is logged on before it is changed */
};

/* Takes over the token. PAM_SUCCESS, or PAM_BUF_ERR and the token is closed. An earlier stay ends. */
int stay_begin(pam_handle_t *pamh, const struct options *o, const struct person *p, HANDLE token, bool must_change);
/* NULL: nobody was let in here, in this process. */
struct stay *stay_of(pam_handle_t *pamh);
/* Whether PAM still means the one who was let in. */
bool stay_is(const struct stay *s, const struct person *p);
/* The logon session ends with its last token. */
void stay_end(pam_handle_t *pamh);

#endif
