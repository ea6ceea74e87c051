/*
 * stay.c - what PAM keeps for us between its calls.
 */
#include "pam/stay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pam/ccache.h"

#define KEY "openlsa_stay"

/* PAM ends its data in a forked child too, with flags that nobody need set: the process tells. */
static void
stay_drop(pam_handle_t *pamh, void *data, int status)
{
	struct stay *s = data;

	(void)pamh;
	(void)status;
	if (s && s->token && s->pid == getpid()) {
		ccache_remove(s);
		(void)CloseHandle(s->token);
	}
	free(s);
}

int
stay_begin(pam_handle_t *pamh, const struct options *o, const struct person *p, HANDLE token, bool must_change)
{
	struct stay *s = calloc(1, sizeof *s);

	if (!s) {
		if (token)
			(void)CloseHandle(token);
		return PAM_BUF_ERR;
	}
	s->pid = getpid();
	s->uid = p->uid;
	s->type = o->type;
	s->token = token;
	s->must_change = must_change;
	(void)snprintf(s->name, sizeof s->name, "%s", p->name);
	if (pam_set_data(pamh, KEY, s, stay_drop) != PAM_SUCCESS) {
		stay_drop(pamh, s, PAM_BUF_ERR);
		return PAM_BUF_ERR;
	}
	return PAM_SUCCESS;
}

struct stay *
stay_of(pam_handle_t *pamh)
{
	const void *data = NULL;
	struct stay *s;

	if (pam_get_data(pamh, KEY, &data) != PAM_SUCCESS || !data)
		return NULL;
	s = (struct stay *)(uintptr_t)data;
	return s->pid == getpid() ? s : NULL;
}

bool
stay_is(const struct stay *s, const struct person *p)
{
	return p->here && !p->system && s->uid == p->uid && strcmp(s->name, p->name) == 0;
}

void
stay_end(pam_handle_t *pamh)
{
	(void)pam_set_data(pamh, KEY, NULL, NULL);
}
