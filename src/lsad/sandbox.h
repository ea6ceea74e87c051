/*
 * sandbox.h - what lsad gives up before it serves. Each step says in a
 * sentence why it failed; a step that the kernel does not know is a warning.
 * Nothing here can be taken back.
 */
#ifndef OPENLSA_LSAD_SANDBOX_H
#define OPENLSA_LSAD_SANDBOX_H

#include "base/bytes.h"

#define SANDBOX_WHY	320

enum sandbox_end {
	SANDBOX_DONE,
	SANDBOX_UNKNOWN,	/* the kernel lacks it; why says what */
	SANDBOX_FAILED,
};

/* No core, not traceable, umask 077, no new privileges, limits raised as far as they go. First of all, and again after harden_user. */
bool harden_process(char why[SANDBOX_WHY]) MUST_CHECK;
/* From root to a user for good: groups, ids, read back. */
bool harden_user(const char *name, uint32_t uid, uint32_t gid, char why[SANDBOX_WHY]) MUST_CHECK;
/* All capability sets empty, read back. */
bool harden_capabilities(char why[SANDBOX_WHY]) MUST_CHECK;

/* Folders and files that stay reachable; NULL: none. */
struct sandbox_places {
	const char *state;		/* read, write, make, remove */
	const char *socket_folder;	/* remove, for the socket at the end */
	const char *key_file;		/* read */
	const char *keytab_folder;	/* read */
	const char *audit_folder;	/* read, make, write, remove files: the audit file is turned over there */
	const char *keytab;		/* read; "FILE:/path" or a path. So are those that the environment tells Kerberos of */
};

/* Landlock. This thread and those it makes from now on. */
enum sandbox_end sandbox_files(const struct sandbox_places *places, char why[SANDBOX_WHY]) MUST_CHECK;
/* seccomp. All threads. After it nothing can be executed or loaded, by anybody here. */
enum sandbox_end sandbox_calls(char why[SANDBOX_WHY]) MUST_CHECK;

#endif
