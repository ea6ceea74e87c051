/*
 * surroundings.h - what a process lets its surroundings decide. A program's
 * library listens; a module that is loaded into strangers' programs, with
 * their environment, is deaf (deaf.h).
 */
#ifndef OPENLSA_SECUR32_SURROUNDINGS_H
#define OPENLSA_SECUR32_SURROUNDINGS_H

#include <stdbool.h>

struct surroundings {
	const char *(*text)(const char *name);		/* a variable of the environment, or NULL */
	const char *(*conf_file)(void);			/* never NULL */
	bool never_near;				/* the LSA is lsad, whatever the configuration says */
};

/* surroundings.c or deaf.c: each is in another archive, and a binary has one of them. */
extern const struct surroundings surroundings;

#endif
