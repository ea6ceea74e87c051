/*
 * nego_rule.c - what Negotiate may try, and what it may turn to. The one
 * place that decides on NTLM as a second choice.
 *
 * It must never learn to know tokens. A fallback that is not listed here is
 * none: an error that may be somebody's doing ends the conversation.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <sspi.h>

#include <winerror.h>

#define SAY_TARGET	128u	/* bytes of a target that are repeated */

static const char *const inner_names[INNERS] = { [INNER_KERBEROS] = "Kerberos", [INNER_NTLM] = "NTLM" };

const char *
inner_name(enum inner which)
{
	return inner_names[which];
}

enum inner
inner_of(enum nego_mech mech)
{
	switch (mech) {
	case MECH_MS_KRB5:
	case MECH_KRB5:
		return INNER_KERBEROS;
	case MECH_NTLM:
		return INNER_NTLM;
	default:
		return INNERS;
	}
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
same_name(struct bytes a, struct bytes b)
{
	for (size_t i = 0; a.len == b.len && i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return a.len == b.len;
}

/* The next name between commas or blanks; false at the end. */
static bool
item_next(struct bytes *list, struct bytes *ret_item)
{
	size_t from = 0, to;

	while (from < list->len && strchr(", \t;", list->at[from]))
		from++;
	for (to = from; to < list->len && !strchr(", \t;", list->at[to]); to++)
		;
	*ret_item = bytes_of(list->at + from, to - from);
	*list = bytes_of(list->at + to, list->len - to);
	return ret_item->len != 0;
}

/* --- the identity's package list -------------------------------------------- */

void
rule_packages(struct nego_cred *cred, struct bytes list)
{
	bool named[INNERS] = { false }, any = false;
	struct bytes item;

	while (list.len && item_next(&list, &item)) {
		bool not = item.at[0] == '!';
		struct bytes name = not ? bytes_of(item.at + 1, item.len - 1) : item;

		for (unsigned i = 0; i < INNERS; i++) {
			if (!same_name(name, bytes_of_text(inner_name((enum inner)i))))
				continue;
			if (not)
				cred->excluded[i] = true;
			else
				any = named[i] = true;
		}
	}
	for (unsigned i = 0; any && i < INNERS; i++)
		if (!named[i])
			cred->excluded[i] = true;
	cred->wished = named[INNER_NTLM] && cred->excluded[INNER_KERBEROS];
}

/* --- targets ------------------------------------------------------------------ */

/* "class/host[:port][/instance][@REALM]", "user@realm" or a bare name: the host, or empty where none is named. */
static struct bytes
target_host(struct bytes target)
{
	const uint8_t *slash = target.len ? memchr(target.at, '/', target.len) : NULL;
	struct bytes host = target;
	size_t len = 0;

	if (slash)
		host = bytes_of(slash + 1, target.len - (size_t)(slash + 1 - target.at));
	else if (target.len && memchr(target.at, '@', target.len))
		return BYTES_NONE;
	if (host.len && host.at[0] == '[')
		while (len < host.len && host.at[len] != ']')
			len++;
	while (len < host.len && host.at[len] != '/' && host.at[len] != '@')
		len++;
	return bytes_of(host.at, len);
}

/* Without a port, unless the colons are those of an address. */
static struct bytes
host_name(struct bytes host)
{
	const uint8_t *colon = host.len ? memchr(host.at, ':', host.len) : NULL;

	if (host.len && host.at[0] == '[') {
		const uint8_t *end = memchr(host.at, ']', host.len);

		return end ? bytes_of(host.at + 1, (size_t)(end - host.at) - 1) : host;
	}
	if (colon && !memchr(colon + 1, ':', host.len - (size_t)(colon + 1 - host.at)))
		return bytes_of(host.at, (size_t)(colon - host.at));
	return host;
}

static bool
is_address(struct bytes host)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t to[16];

	if (host.len >= sizeof text)
		return false;
	bytes_copy(text, host.at, host.len);
	text[host.len] = 0;
	return inet_pton(AF_INET, text, to) == 1 || inet_pton(AF_INET6, text, to) == 1;
}

static void
target_say(char to[SAY_TARGET + 1], struct bytes target)
{
	size_t len = target.len < SAY_TARGET ? target.len : SAY_TARGET;

	for (size_t i = 0; i < len; i++)
		to[i] = target.at[i] < 0x20 || target.at[i] == 0x7f ? '?' : (char)target.at[i];
	to[len] = 0;
}

bool
rule_kerberos_fits(struct call *call, const struct nego_cred *cred, struct bytes target, uint32_t wants)
{
	char say[SAY_TARGET + 1];

	if (cred->anonymous || (wants & ISC_REQ_NULL_SESSION)) {
		because(call, STATUS_SUCCESS, TO_CALLER, "Kerberos is out: an anonymous session was asked for");
		return false;
	}

	if (!target.len) {
		because(call, STATUS_SUCCESS, TO_CALLER,
		    "Kerberos is out: no target was named; pass the server's name (pszTargetName, as HTTP/host)");
		return false;
	}
	if (cred->local) {
		because(call, STATUS_SUCCESS, TO_CALLER, "Kerberos is out: the identity is a local account, which no KDC knows");
		return false;
	}
	if (is_address(host_name(target_host(target)))) {
		target_say(say, target);
		because(call, STATUS_SUCCESS, TO_CALLER,
		    "Kerberos is out: %s names an address, and KDCs know names; use the server's name", say);
		return false;
	}
	return true;
}

/* --- NTLM after Kerberos, or instead of it --------------------------------------- */

bool
rule_falls_back(NTSTATUS kerberos)
{
	static const NTSTATUS honest[] = {
		SEC_E_TARGET_UNKNOWN,				/* no such service is known */
		SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS, STATUS_IO_TIMEOUT,	/* no KDC, or a silent one */
		SEC_E_NO_CREDENTIALS,				/* no ticket can be had */
	};

	for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
		if (kerberos == honest[i])
			return true;
	return false;
}

/* "host.example", or "*.example" for all below it. */
static bool
pattern_fits(struct bytes pattern, struct bytes host)
{
	if (pattern.len > 2 && pattern.at[0] == '*' && pattern.at[1] == '.') {
		size_t tail = pattern.len - 1;

		return host.len > tail && same_name(bytes_of(host.at + host.len - tail, tail), bytes_of(pattern.at + 1, tail));
	}
	return same_name(pattern, host);
}

static bool
listed(const char *list, struct bytes target)
{
	struct bytes left = bytes_of_text(list), item, host = host_name(target_host(target));

	while (left.len && item_next(&left, &item))
		if (host.len && pattern_fits(item, host))
			return true;
	return false;
}

bool
rule_ntlm_allowed(struct call *call, const struct nego_cred *cred, struct bytes target)
{
	const struct lsa_services *s = services(call);
	const char *only = s->setting ? s->setting(call, "ntlm_fallback_only_to") : NULL;
	char say[SAY_TARGET + 1];

	if (cred->wished)
		return true;
	target_say(say, target);
	if (s->rule(call, RULE_NTLM_FALLBACK) == 0) {
		because(call, SEC_E_DOWNGRADE_DETECTED, TO_CALLER,
		    "policy ntlm-fallback is 0: Negotiate must not turn to NTLM (an identity whose PackageList is \"ntlm\" asks for it)");
		return false;
	}
	if (only && *only && !listed(only, target)) {
		because(call, SEC_E_DOWNGRADE_DETECTED, TO_CALLER,
		    "ntlm_fallback_only_to does not name the host of \"%s\": Negotiate must not turn to NTLM for it", say);
		return false;
	}
	return true;
}

void
rule_ntlm_audit(struct call *call, const struct nego_cred *cred, NTSTATUS status, struct bytes target)
{
	const struct lsa_services *s = services(call);
	char say[SAY_TARGET + 1], what[SAY_TARGET + 64];

	if (cred->wished || !s->audit_choice)
		return;
	if (status == STATUS_SUCCESS && s->rule(call, RULE_NTLM_FALLBACK) != 2)
		return;
	target_say(say, target);
	(void)snprintf(what, sizeof what, "NTLM instead of Kerberos towards \"%s\"%s", say,
	    status == STATUS_SUCCESS ? "" : " was forbidden");
	s->audit_choice(call, status, "Negotiate", what);
}
