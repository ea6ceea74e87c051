/*
 * surroundings.c - of a program: its environment, unless it is set-uid, and
 * the file that was built in.
 */
#include "secur32/surroundings.h"

#include <stdlib.h>

#ifndef OPENLSA_CONF_FILE
#define OPENLSA_CONF_FILE "/etc/openlsa/openlsa.conf"
#endif

static const char *
text(const char *name)
{
	return secure_getenv(name);
}

static const char *
conf_file(void)
{
	return OPENLSA_CONF_FILE;
}

const struct surroundings surroundings = { .text = text, .conf_file = conf_file };
