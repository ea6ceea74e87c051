/*
 * person.h - whom PAM is asked about: a name, and the Unix user of that name.
 */
#ifndef OPENLSA_PAM_PERSON_H
#define OPENLSA_PAM_PERSON_H

#include "pam/options.h"

#include <sys/types.h>

#define PERSON_NAME_MOST 512u

struct person {
	char name[PERSON_NAME_MOST + 1];	/* PAM's */
	char domain[PERSON_NAME_MOST + 1];	/* what stands before a backslash in it, or the option's */
	const char *user;			/* what stands behind it */
	bool here;				/* there is a Unix user of PAM's name */
	bool system;				/* he is one whom no account of the LSA may be */
	uid_t uid;
};

/* The name for a log line. Of nobody's it may be a password that was typed too early. */
const char *person_shown(const struct person *p);

/* PAM_SUCCESS also where nobody has that name; PAM_AUTHINFO_UNAVAIL: the name service failed; or what PAM says. */
int person_take(pam_handle_t *pamh, const struct options *o, struct person *ret_person);

#endif
