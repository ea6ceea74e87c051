/*
 * auditing.c - settings of what is audited, as bytes. Pure.
 */
#include "base/auditing.h"

uint32_t
auditing_first(uint32_t category)
{
	static const uint8_t firsts[AUDIT_CATEGORIES + 1] = { 0, 5, 16, 30, 33, 39, 45, 51, 55, AUDIT_PLACES };

	return firsts[category <= AUDIT_CATEGORIES ? category : AUDIT_CATEGORIES];
}

bool
auditing_take(struct auditing *a, struct bytes value)
{
	struct reader r = reader_of(value);

	if (!value.len) {
		*a = (struct auditing){ .on = true, .settings = { [PLACE_LOGON] = AUDITS_FAILURE,
		    [PLACE_LOCKOUT] = AUDITS_SUCCESS | AUDITS_FAILURE,
		    [PLACE_USER_ACCOUNT] = AUDITS_SUCCESS | AUDITS_FAILURE } };
		return true;
	}
	a->on = reader_u32(&r) != 0;
	reader_fixed(&r, a->settings, sizeof a->settings);
	return reader_done(&r);
}

void
auditing_put(struct writer *w, const struct auditing *a)
{
	writer_u32(w, a->on);
	writer_bytes(w, bytes_of(a->settings, sizeof a->settings));
}
