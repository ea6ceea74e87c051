/*
 * deaf.c - surroundings that tell nothing, no LSA near, no contexts. In the
 * place of surroundings.c, link_near.c, gather.c and usermode.c for a module
 * in strangers' programs; so neither the LSA nor libkrb5 comes in with it.
 */
#include "secur32/deaf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/sid.h"
#include "secur32/explain.h"
#include "secur32/gather.h"
#include "secur32/idmap.h"
#include "secur32/link.h"
#include "secur32/plugged.h"
#include "secur32/root.h"
#include "secur32/surroundings.h"
#include "secur32/usermode.h"

#ifndef OPENLSA_CONF_FILE
#define OPENLSA_CONF_FILE "/etc/openlsa/openlsa.conf"
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *chosen;			/* kept for good: the configuration does not change once read */

static const char *
text(const char *name)
{
	(void)name;
	return NULL;
}

static const char *
conf_file(void)
{
	const char *path;

	pthread_mutex_lock(&lock);
	path = chosen ? chosen : OPENLSA_CONF_FILE;
	pthread_mutex_unlock(&lock);
	return path;
}

const struct surroundings surroundings = { .text = text, .conf_file = conf_file, .never_near = true };

bool
deaf_conf_file(const char *path)
{
	bool good;

	if (!path)
		path = OPENLSA_CONF_FILE;
	pthread_mutex_lock(&lock);
	if (!chosen)
		chosen = strdup(path);
	good = chosen && strcmp(path, chosen) == 0;
	pthread_mutex_unlock(&lock);
	return good;
}

NTSTATUS
link_near_open(struct link **ret_link, struct why *why)
{
	(void)ret_link;
	why_say(why, STATUS_PORT_CONNECTION_REFUSED, TO_CALLER, "there is no LSA in this module: it asks lsad alone");
	return STATUS_PORT_CONNECTION_REFUSED;
}

/* The caller's own tickets are none of this module's business. */
void
gather_bring(struct link *link, struct bytes package)
{
	(void)link;
	(void)package;
}

/* Nor has it contexts, so no package needs its half here. */
void
usermode_add(const struct user_package *package)
{
	(void)package;
}

const struct user_package *
usermode_at(unsigned i)
{
	(void)i;
	return NULL;
}

const struct user_package *
usermode_find(const char *name)
{
	(void)name;
	return NULL;
}

const char *
plugged_why(const char *name)
{
	(void)name;
	return "there are no packages here";
}

const struct user_package *
user_package_named(const char *name)
{
	return usermode_find(name);
}

NTSTATUS
deaf_begin(void)
{
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	NTSTATUS status = root_sspi_link(&link, &why);

	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

NTSTATUS
deaf_unix_user(const char *sid_given, const char *domain, const char *user, uint32_t *ret_uid)
{
	struct token_facts facts = { .domain = bytes_of_text(domain), .user = bytes_of_text(user) };
	struct why why = { NULL, 0, 0 };
	uint8_t binary[SID_SIZE_MAX];
	struct writer w = writer_of(binary, sizeof binary);
	struct id id = { 0 };
	struct sid sid;
	NTSTATUS status = STATUS_NONE_MAPPED;

	(void)root_handles();			/* reads the configuration */
	if (*sid_given && sid_of_text(&sid, bytes_of_text(sid_given))) {
		sid_put(&w, &sid);
		facts.sid = bytes_of(binary, w.need);
	}
	if (!*sid_given || facts.sid.len)
		status = idmap(&id, root_conf(), &facts, &why);
	if (status == STATUS_SUCCESS)
		*ret_uid = id.uid;
	id_drop(&id);
	why_thread_keep(status, &why);
	return status;
}
