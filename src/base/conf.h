/*
 * conf.h - the one configuration reader.
 *
 *     # a comment, also behind a value when a blank stands before it
 *     mode = daemon
 *     tcb_users = 12, 107
 *
 * One key a line, the value to the line's end without the blanks around it,
 * possibly empty; no sections, quotes or continuation. Keys are printable
 * ASCII without blank, '=' and '#', compared exactly and given once; values
 * are UTF-8 without control characters. Which keys exist is the caller's
 * business. It must never learn to know what a key means.
 *
 * A configuration does not change once read and may be shared by threads.
 */
#ifndef OPENLSA_BASE_CONF_H
#define OPENLSA_BASE_CONF_H

#include "base/bytes.h"

#define CONF_SIZE_MAX	65536
#define CONF_KEYS_MAX	1024

struct conf;

enum conf_result {
	CONF_OK = 0,
	CONF_ABSENT,		/* there is no file (ENOENT, nothing else), or no such key */
	CONF_UNREADABLE,	/* there may be one, but it could not be read: fail closed */
	CONF_BAD,		/* it is read and means nothing: fail closed */
};

/* Where and why, for the explanation to a human. Set with CONF_UNREADABLE and CONF_BAD. */
struct conf_fault {
	int error;		/* errno of CONF_UNREADABLE, else 0 */
	uint32_t line;		/* of CONF_BAD, from 1; else 0 */
	const char *what;	/* constant text, holds nothing of the file */
};

/* Only a regular file of at most 64 KiB is read. ret_conf is to be dropped. */
enum conf_result conf_open(struct conf **ret_conf, const char *path, struct conf_fault *ret_fault) MUST_CHECK;
/* The same from memory. */
enum conf_result conf_parse(struct conf **ret_conf, struct bytes text, struct conf_fault *ret_fault) MUST_CHECK;
void conf_drop(struct conf *conf);

/*
 * What stands under a key. A NULL conf is an empty one, so that "no
 * configuration" needs no branch of its own.
 *
 * conf_text gives the value, as long as the conf lives, or NULL. The others
 * leave ret_value as it is unless they return CONF_OK, so it may hold the
 * default: CONF_ABSENT keeps that, CONF_BAD is for refusing to go on.
 */
const char *conf_text(const struct conf *conf, const char *key);
/* Decimal, within min and max. */
enum conf_result conf_u32(uint32_t *ret_value, const struct conf *conf, const char *key,
    uint32_t min, uint32_t max, struct conf_fault *ret_fault) MUST_CHECK;
/* yes, true, on, 1; no, false, off, 0. */
enum conf_result conf_bool(bool *ret_value, const struct conf *conf, const char *key,
    struct conf_fault *ret_fault) MUST_CHECK;
/* One of a list of words, by its index; the list ends with NULL. */
enum conf_result conf_choice(unsigned *ret_value, const struct conf *conf, const char *key,
    const char *const words[], struct conf_fault *ret_fault) MUST_CHECK;

/*
 * Items between commas, without the blanks around them; empty ones are
 * passed over:
 *
 *     struct bytes list = bytes_of_text(conf_text(conf, "tcb_users")), item;
 *     while (conf_item(&item, &list)) ...
 */
bool conf_item(struct bytes *ret_item, struct bytes *list);
/* A decimal number with nothing around it, as an item may be. */
bool conf_number(uint32_t *ret_value, struct bytes text) MUST_CHECK;

/* All that was read, in the file's order, for finding keys that nobody knows. */
struct conf_entry {
	const char *key, *value;
	uint32_t line;
};

size_t conf_count(const struct conf *conf);
const struct conf_entry *conf_at(const struct conf *conf, size_t index);

#endif
