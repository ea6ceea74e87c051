/*
 * ccache.h - a logon's ticket-granting ticket in a file, for programs that
 * know nothing of the LSA: version 4 of MIT's format, named by KRB5CCNAME.
 */
#ifndef OPENLSA_PAM_CCACHE_H
#define OPENLSA_PAM_CCACHE_H

#include "pam/stay.h"

/*
 * Written as the user, and told in PAM's environment, where the option asks for it. PAM_SUCCESS also where it could not
 * be: the log tells, and he is let in without. PAM_ABORT: the thread cannot be who it was any more.
 */
int ccache_write(pam_handle_t *pamh, const struct options *o, struct stay *s);
/* Whatever stands there now goes, as the user. */
void ccache_remove(struct stay *s);
/* The option's value: "FILE:/path" or "/path", where %{uid} is the user's number. */
bool ccache_option(const char *value);

#endif
