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

bool
audit_user_key(uint8_t to[AUDIT_USER_KEY_MAX], struct bytes *ret_key, struct bytes sid)
{
	struct writer w = writer_of(to, AUDIT_USER_KEY_MAX);

	writer_bytes(&w, bytes_of_text(AUDIT_USER_PREFIX));
	writer_bytes(&w, sid);
	*ret_key = bytes_of(to, w.need);
	return sid.len > 0 && writer_ok(&w);
}

struct own { uint8_t place; unsigned setting; bool damaged; };

static void
take_own(void *arg, struct bytes value)
{
	struct own *own = arg;

	own->damaged = value.len != AUDIT_PLACES;
	own->setting = own->damaged ? 0 : value.at[own->place];
}

/* What policy says of all and what it says of this one's own. */
static unsigned
joined(struct store *store, const struct audit *a, unsigned all)
{
	struct own own = { .place = audit_rows[a->event].place };
	uint8_t room[AUDIT_USER_KEY_MAX];
	struct bytes key;

	if (!audit_user_key(room, &key, a->user))
		return all;
	if (book_look(store, BOOK_AUDIT, &key, 1, take_own, &own) != STATUS_SUCCESS || own.damaged)
		return AUDITS_SUCCESS | AUDITS_FAILURE;
	return auditing_join(all, own.setting, a->administrator);
}

/* Policy values are over the settings of subcategories: "audit" 0 writes nothing, "audit-success" 1 writes good logons. */
bool
audit_wanted(struct store *store, const struct audit *event)
{
	const struct audit_row *row = &audit_rows[event->event];
	struct bytes key = bytes_of_text("system");
	struct auditing a;
	unsigned wanted = event->status < 0 ? AUDITS_FAILURE : AUDITS_SUCCESS;

	if (event->event <= AUDIT_NONE || event->event >= AUDIT_EVENTS || !trail_open_anywhere(store->trail) || !vault_alive(store->vault))
		return false;
	if (event->event == AUDIT_LOGON && policy_u32(store, POLICY_AUDIT_SUCCESS))
		return true;
	if (policy_u32(store, POLICY_AUDIT) == 0)
		return false;
	if (row->always)
		return true;
	if (!auditing_take(&a, BYTES_NONE) || book_look(store, BOOK_AUDIT, &key, 1, take_setting, &a) != STATUS_SUCCESS)
		return true;
	return a.on && (joined(store, event, a.settings[row->place]) & wanted);
}

void
audit_raise(struct store *store, const struct audit *a)
{
	if (audit_wanted(store, a))
		audit_tell(store, a);
}

void
audit_tell(struct store *store, const struct audit *a)
{
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
