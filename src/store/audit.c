/*
 * audit.c - an event is gathered, judged by policy, and handed to the trail.
 */
#include "store/audit.h"

#include "base/auditing.h"
#include "store/inside.h"

static void
add(struct audit *a, struct audit_value value)
{
	if (a->count < AUDIT_VALUES)
		a->values[a->count++] = value;
}

void
audit_text(struct audit *a, enum audit_field field, struct bytes text)
{
	if (text.len)
		add(a, (struct audit_value){ .field = field, .text = text });
}

void
audit_number(struct audit *a, enum audit_field field, uint64_t number)
{
	if (number)
		audit_fact(a, field, number);
}

void
audit_fact(struct audit *a, enum audit_field field, uint64_t number)
{
	add(a, (struct audit_value){ .field = field, .number = number });
}

/* --- policy ----------------------------------------------------------------------- */

static void
take_setting(void *arg, struct bytes value)
{
	struct auditing *a = arg;

	if (!auditing_take(a, value)) {		/* nobody knows what it was: everything */
		*a = (struct auditing){ .on = true };
		for (size_t i = 0; i < AUDIT_PLACES; i++)
			a->settings[i] = AUDITS_SUCCESS | AUDITS_FAILURE;
	}
}

/* Policy values are over the settings of subcategories: "audit" 0 writes nothing, "audit-success" 1 writes good logons. */
bool
audit_wanted(struct store *store, enum audit_event event, NTSTATUS status)
{
	const struct audit_row *row = &audit_rows[event];
	struct bytes key = bytes_of_text("system");
	struct auditing a;
	unsigned wanted = status < 0 ? AUDITS_FAILURE : AUDITS_SUCCESS;

	if (event <= AUDIT_NONE || event >= AUDIT_EVENTS || !trail_open_anywhere(store->trail) || !vault_alive(store->vault))
		return false;
	if (event == AUDIT_LOGON && policy_u32(store, POLICY_AUDIT_SUCCESS))
		return true;
	if (policy_u32(store, POLICY_AUDIT) == 0)
		return false;
	if (row->always)
		return true;
	if (!auditing_take(&a, BYTES_NONE) || book_look(store, BOOK_AUDIT, &key, 1, take_setting, &a) != STATUS_SUCCESS)
		return true;
	return a.on && (a.settings[row->place] & wanted);
}

void
audit_raise(struct store *store, const struct audit *a)
{
	if (audit_wanted(store, a->event, a->status))
		trail_put(store->trail, a);
}

void
audit_to(struct store *store, void (*line)(void *arg, struct bytes line), void *arg)
{
	trail_to(store->trail, line, arg);
}

void
audit_flush(struct store *store)
{
	trail_flush(store->trail);
}
