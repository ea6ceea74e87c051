/*
 * plugin.h - shared objects that root has named in a list: the checks that a
 * file must pass before its code may run here, and its loading. Nothing but
 * root can have written the list, the object, or any folder on the way to
 * them; what was checked is what is loaded, through its descriptor.
 * Must never learn to know what such an object does.
 *
 *     # NAME = FILE
 *     Example = /usr/lib/openlsa/example.so
 */
#ifndef OPENLSA_BASE_PLUGIN_H
#define OPENLSA_BASE_PLUGIN_H

#include "base/conf.h"

#define PLUGIN_WHY	400		/* room for a sentence */

enum plugin_result {
	PLUGIN_OK = 0,
	PLUGIN_ABSENT,			/* there is no such file (ENOENT, nothing else) */
	PLUGIN_REFUSED,			/* why says what is wrong and what to do */
};

/*
 * A descriptor (read-only, close-on-exec) of a regular file whose path is absolute, without a symbolic link,
 * "." or "..", owned by root and written by nobody else, as is every folder above it.
 */
enum plugin_result plugin_open(int *ret_fd, const char *path, char why[PLUGIN_WHY]) MUST_CHECK;
/* The list: keys are names, values files. To be dropped. */
enum plugin_result plugin_list(struct conf **ret_list, const char *path, char why[PLUGIN_WHY]) MUST_CHECK;
/* What dlopen gives, never to be closed; NULL: refused. Its constructors run here. */
void *plugin_load(const char *path, char why[PLUGIN_WHY]) MUST_CHECK;

#endif
