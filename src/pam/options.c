/*
 * options.c - the words of a PAM configuration line.
 */
#include "pam/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "pam/ccache.h"
#include "secur32/deaf.h"

#define MIN_UID_USUAL	1000u
#define UID_MOST	4294967294u

static const struct {
	const char *word;
	size_t offset;
} flags[] = {
	{ "use_first_pass", offsetof(struct options, use_first_pass) },
	{ "try_first_pass", offsetof(struct options, try_first_pass) },
	{ "use_authtok",    offsetof(struct options, use_authtok) },
	{ "nullok",         offsetof(struct options, nullok) },
	{ "tell",           offsetof(struct options, tell) },
	{ "vouch",          offsetof(struct options, vouch) },
	{ "debug",          offsetof(struct options, debug) },
};

static const struct {
	const char *word;
	uint32_t type;
} types[] = {
	{ "interactive", 2 }, { "network", 3 }, { "batch", 4 }, { "service", 5 }, { "unlock", 7 }, { "cleartext", 8 },
	{ "remote", 10 },
};

static bool
flag_take(struct options *o, const char *word)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(word, flags[i].word) == 0) {
			*(bool *)(void *)((char *)o + flags[i].offset) = true;
			return true;
		}
	return false;
}

static bool
type_take(struct options *o, const char *value)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(value, types[i].word) == 0) {
			o->type = types[i].type;
			return true;
		}
	return false;
}

static bool
package_take(struct options *o, const char *value)
{
	o->kerberos = strcmp(value, "kerberos") == 0;
	return o->kerberos || strcmp(value, "ntlm") == 0;
}

static bool
ccache_take(struct options *o, const char *value)
{
	o->ccache = value;
	return ccache_option(value);
}

static bool
uid_take(struct options *o, const char *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	/* Zero would make an account of the LSA root. */
	if (*value < '0' || *value > '9' || *end || errno || number < 1 || number > UID_MOST)
		return false;
	o->min_uid = (uint32_t)number;
	return true;
}

/* What stands behind `name`, or NULL: the word is another. */
static const char *
value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 ? word + len : NULL;
}

static bool
word_take(struct options *o, const char **ret_conf, const char *word)
{
	const char *value;

	if ((value = value_of(word, "domain=")))
		o->domain = value;
	else if ((value = value_of(word, "type=")))
		return type_take(o, value);
	else if ((value = value_of(word, "package=")))
		return package_take(o, value);
	else if ((value = value_of(word, "ccache=")))
		return ccache_take(o, value);
	else if ((value = value_of(word, "min_uid=")))
		return uid_take(o, value);
	else if ((value = value_of(word, "config=")) && *value == '/')
		*ret_conf = value;
	else
		return flag_take(o, word);
	return true;
}

int
options_take(pam_handle_t *pamh, struct options *ret_options, int argc, const char **argv)
{
	struct options o = { .domain = "", .type = 2, .min_uid = MIN_UID_USUAL };
	const char *conf = NULL;

	for (int i = 0; i < argc; i++)
		if (!word_take(&o, &conf, argv[i])) {
			pam_syslog(pamh, LOG_ERR, "the option \"%s\" is not understood; nobody is let in (pam_lsa(8))", argv[i]);
			return PAM_SERVICE_ERR;
		}
	/* Who an account is here must be known by its realm; and nobody can vouch to a KDC. */
	if (o.kerberos && (!*o.domain || o.vouch)) {
		pam_syslog(pamh, LOG_ERR, "package=kerberos needs domain=REALM, and does not go with vouch; nobody is let in");
		return PAM_SERVICE_ERR;
	}
	if (o.ccache && !o.kerberos) {
		pam_syslog(pamh, LOG_ERR, "ccache= needs package=kerberos; nobody is let in");
		return PAM_SERVICE_ERR;
	}
	if (!deaf_conf_file(conf)) {
		pam_syslog(pamh, LOG_ERR, "this program has begun with another config=, or has no memory; nobody is let in");
		return PAM_SERVICE_ERR;
	}
	*ret_options = o;
	return PAM_SUCCESS;
}
