/*
 * person.c - PAM's name and the Unix user behind it.
 */
#include "pam/person.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#define NOBODY		65534u
#define ROOM_MOST	(1u << 20)

/* A name that no log line, no file and no account could hold. */
static bool
name_bad(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > PERSON_NAME_MOST)
		return true;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return true;
	return false;
}

const char *
person_shown(const struct person *p)
{
	return p->here ? p->name : "(nobody's name)";
}

static int
unix_user(pam_handle_t *pamh, struct person *p)
{
	struct passwd entry, *found = NULL;
	size_t len = 16384;
	char *room = NULL;
	int error = ERANGE;

	while (error == ERANGE && len <= ROOM_MOST) {
		free(room);
		room = malloc(len);
		if (!room)
			return PAM_BUF_ERR;
		error = getpwnam_r(p->name, &entry, room, len, &found);
		len *= 2;
	}
	if (found) {
		p->here = true;
		p->uid = entry.pw_uid;
	}
	free(room);
	/* Some modules of the name service say so of a name that they do not know. */
	if (error && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM) {
		pam_syslog(pamh, LOG_ERR, "the name service cannot be asked for the user: %s", strerror(error));
		return PAM_AUTHINFO_UNAVAIL;
	}
	return PAM_SUCCESS;
}

int
person_take(pam_handle_t *pamh, const struct options *o, struct person *ret_person)
{
	struct person *p = ret_person;
	const char *name = NULL, *slash;
	int result = pam_get_user(pamh, &name, NULL);

	*p = (struct person){ .uid = (uid_t)-1 };
	if (result != PAM_SUCCESS)
		return result == PAM_CONV_AGAIN ? PAM_INCOMPLETE : result;
	if (!name || name_bad(name)) {
		pam_syslog(pamh, LOG_NOTICE, "the user's name is empty, too long, or holds control characters");
		return PAM_USER_UNKNOWN;
	}
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	slash = strchr(p->name, '\\');
	p->user = slash ? slash + 1 : p->name;
	if (slash)
		(void)snprintf(p->domain, sizeof p->domain, "%.*s", (int)(slash - p->name), p->name);
	else
		(void)snprintf(p->domain, sizeof p->domain, "%s", o->domain);
	result = unix_user(pamh, p);
	p->system = p->here && (p->uid < o->min_uid || p->uid == NOBODY || p->uid == (uid_t)-1);
	return result;
}
