/*
 * settings.h - what an administrator can say to lsad: options, lsad.conf,
 * defaults, in this order of weight. Knows names and bounds, not meanings.
 */
#ifndef OPENLSA_LSAD_SETTINGS_H
#define OPENLSA_LSAD_SETTINGS_H

#include "lsa/lsa.h"

struct conf;

struct settings {
	const char *socket, *state;
	const char *user;		/* --user, or NULL: stay who we are */
	const char *backup, *restore;	/* a folder: do that with the store, and end */
	bool rotate_key;
	const char *tcb_users;		/* uids and names between commas */
	const char *tcb_group, *admin_group;
	bool tcb_group_named, admin_group_named;	/* the file names it, so it must exist */
	const char *key_file;		/* the store's sealing key, or NULL */
	const char *keytab;		/* of clients and services, or NULL: libkrb5's usual ones */
	const char *keytab_folder;	/* of single services, or NULL */
	const char *computer;		/* or NULL: from the host's name */
	const char *ntlm_fallback_only_to;	/* read by its name where it counts */
	const char *domain_authority;		/* likewise */
	const char *packages;		/* root's list of third-party packages */
	uint32_t package_threads;	/* of each */
	uint32_t workers;
	bool sandbox;
	struct lsa_limits limits;
	const char *audit_file;		/* a path, "on" or "off" */
	const char *audit_journal;	/* "auto", "on", "off" or a socket's path */
	const char *audit_file_mode;	/* "0600" or "0640" */
	uint32_t audit_file_size, audit_file_keep, audit_rate;
	struct conf *conf;		/* the texts above may lie in it */
};

enum settings_end {
	SETTINGS_RUN,
	SETTINGS_PRINTED,		/* --help, --version, -T: said on stdout, nothing left to do */
	SETTINGS_REFUSED,		/* said on stderr */
};

/* argv must stay. On SETTINGS_RUN there is something to drop. */
enum settings_end settings_open(struct settings *ret_settings, int argc, char **argv) MUST_CHECK;
void settings_drop(struct settings *settings);

#endif
