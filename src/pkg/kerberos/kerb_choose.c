/*
 * kerb_choose.c - which of a ring's keys is tried for a ticket, and by whom it
 * may be used. It must never learn to know where keys come from.
 */
#include "pkg/kerberos/kerb_keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where the realm begins: at the last '@' that is not escaped; the end where there is none. */
static size_t
name_len(const char *principal)
{
	size_t at = strlen(principal);

	for (size_t i = 0; principal[i]; i++) {
		if (principal[i] == '\\' && principal[i + 1])
			i++;
		else if (principal[i] == '@')
			at = i;
	}
	return at;
}

bool
kerb_keys_covers(const char *own, const char *principal)
{
	size_t own_len, len, class_len;

	if (!own || !*own)
		return true;
	own_len = name_len(own);
	len = name_len(principal);
	if (own[own_len] && strcmp(own + own_len, principal + len) != 0)
		return false;
	if (own_len == len && strncasecmp(own, principal, len) == 0)
		return true;
	class_len = strcspn(principal, "/");
	return class_len < len && own_len == class_len && strncasecmp(own, principal, class_len) == 0;
}

const struct kerb_ring_key *
kerb_keys_next(struct call *call, const struct kerb_ring *r, const char *own, const struct kerb_wanted *want, uint32_t *pos)
{
	while (*pos < 3 * r->count) {
		uint32_t phase = *pos / r->count;
		const struct kerb_ring_key *k = &r->list[*pos % r->count];
		bool same, fits;

		++*pos;
		if (k->etype != want->etype)
			continue;
		same = strcmp(k->principal, want->principal) == 0;
		fits = want->kvno == 0 || k->kvno == want->kvno || (k->kvno < 256 && k->kvno == (want->kvno & 0xff));
		if (phase != (!same ? 2u : fits ? 0u : 1u))
			continue;
		if (!own && kerb_keys_grants(k->principal))	/* there for kerb_signed.c: a ticket-granting ticket is no service's */
			continue;
		if (kerb_keys_covers(own, k->principal) && services(call)->may_accept(call, k->principal))
			return k;
	}
	return NULL;
}

void
kerb_keys_tell(const struct kerb_ring *r, const char *principal, char *to, size_t cap)
{
	size_t len = 0;

	to[0] = 0;
	for (uint32_t i = 0; i < r->count && len + 1 < cap; i++) {
		const struct kerb_ring_key *k = &r->list[i];
		int n;

		if (strcmp(k->principal, principal) != 0)
			continue;
		n = snprintf(to + len, cap - len, "%skvno %u %s", len ? ", " : "", k->kvno, kerb_etype_name(k->etype));
		len += n > 0 ? (size_t)n : 0;
	}
}
