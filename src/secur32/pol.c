/*
 * pol.c - policy handles of the application's side; strings and SIDs in, one
 * block out. Knows no function of the API.
 */
#include "secur32/pol.h"

#include <stdlib.h>

#include "base/sid.h"
#include "secur32/explain.h"

/* --- handles ---------------------------------------------------------------- */

void
pol_destroy(void *object)
{
	struct pol *p = object;

	link_release(p->link);
	free(p);
}

struct pol *
pol_hold(LSA_HANDLE handle, enum pol_what what)
{
	struct handle_table *t = root_handles();
	struct pol *p = t && handle ? handle_hold(t, KIND_POLICY, (uint64_t)(uintptr_t)handle) : NULL;

	if (p && what != POL_ANY && p->what != what) {
		pol_release(p);
		p = NULL;
	}
	if (!p)
		why_thread_say(STATUS_INVALID_HANDLE, "this is not an open handle of the right kind");
	return p;
}

void
pol_release(struct pol *p)
{
	if (p)
		handle_release(root_handles(), p->word);
}

static void
tell_closed(struct link *link, uint64_t wire)
{
	struct pol_close_in in = { .object = wire };
	struct pol_close_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };

	ask_pol_close(&ask, link, &in);
	ask_wait(&ask);
	(void)told_pol_close(&ask, &out);
	ask_end(&ask);
}

NTSTATUS
pol_new(LSA_HANDLE *ret_handle, struct link *link, enum pol_what what, uint64_t wire, uint32_t granted)
{
	struct pol *p = calloc(1, sizeof *p);

	if (p)
		*p = (struct pol){ .wire = wire, .link = link, .what = what, .granted = granted };
	if (!p || !root_handles() || !handle_new(root_handles(), KIND_POLICY, p, &p->word)) {
		free(p);
		tell_closed(link, wire);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	link_hold(link);
	*ret_handle = (LSA_HANDLE)(uintptr_t)p->word;
	return STATUS_SUCCESS;
}

/* A daemon that is gone has closed it already. */
NTSTATUS
pol_close(LSA_HANDLE handle)
{
	struct pol *p = pol_hold(handle, POL_ANY);
	NTSTATUS status = STATUS_INVALID_HANDLE;

	if (!p)
		return status;
	if (handle_close(root_handles(), KIND_POLICY, p->word) == HANDLE_CLOSED) {
		tell_closed(p->link, p->wire);
		status = STATUS_SUCCESS;
	}
	pol_release(p);
	return status;
}

NTSTATUS
pol_end(struct pol_call *c, NTSTATUS status)
{
	ask_end(&c->ask);
	why_thread_keep(status, &c->why);
	return status;
}

NTSTATUS
pol_refuse(NTSTATUS status, const char *why)
{
	why_thread_say(status, "%s", why);
	return status;
}

/* --- in ------------------------------------------------------------------------ */

bool
pol_text(struct bytes *ret_text, const UNICODE_STRING *string)
{
	if (!string || (string->Length & 1) || (string->Length && !string->Buffer))
		return false;
	*ret_text = bytes_of(string->Buffer, string->Length);
	return true;
}

bool
pol_sid(struct bytes *ret_binary, PSID sid)
{
	const SID *s = sid;

	if (!s || s->Revision != 1 || s->SubAuthorityCount > SID_SUB_MAX)
		return false;
	*ret_binary = bytes_of(s, 8u + 4u * s->SubAuthorityCount);
	return true;
}

NTSTATUS
pol_texts(uint8_t **ret_list, size_t *ret_len, const UNICODE_STRING *strings, ULONG count)
{
	struct writer w = writer_of(NULL, 0);
	struct bytes text;
	uint8_t *list;

	if (count && !strings)
		return STATUS_INVALID_PARAMETER;
	for (ULONG i = 0; i < count; i++) {
		if (!pol_text(&text, &strings[i]))
			return STATUS_INVALID_PARAMETER;
		writer_sized(&w, text);
		if (w.need > WIRE_BYTES_MAX)
			return STATUS_INVALID_PARAMETER;
	}
	list = malloc(w.need + 1);
	if (!list)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(list, w.need);
	for (ULONG i = 0; i < count; i++)
		writer_sized(&w, bytes_of(strings[i].Buffer, strings[i].Length));
	*ret_list = list;
	*ret_len = w.need;
	return STATUS_SUCCESS;
}

/* --- out ------------------------------------------------------------------------- */

bool
parcel_begin(struct parcel *p, size_t cap)
{
	*p = (struct parcel){ .at = buffer_new(BUFFER_POLICY, cap), .cap = cap };
	return p->at != NULL;
}

void
parcel_drop(struct parcel *p)
{
	(void)buffer_free(BUFFER_POLICY, p->at);
	p->at = NULL;
}

NTSTATUS
parcel_end(struct parcel *p, bool good)
{
	if (good)
		return STATUS_SUCCESS;
	parcel_drop(p);
	return STATUS_INSUFFICIENT_RESOURCES;
}

void *
parcel_take(struct parcel *p, size_t len)
{
	size_t from = (p->used + 7u) & ~(size_t)7u;

	if (from > p->cap || len > p->cap - from)
		return NULL;
	p->used = from + len;
	return p->at + from;
}

bool
parcel_text(struct parcel *p, UNICODE_STRING *to, struct bytes text)
{
	uint8_t *at = parcel_take(p, text.len + 2);

	if (!at || text.len > UINT16_MAX - 2u)
		return false;
	bytes_copy(at, text.at, text.len);
	to->Buffer = (PWSTR)(void *)at;
	to->Length = (USHORT)text.len;
	to->MaximumLength = (USHORT)(text.len + 2);
	return true;
}

bool
parcel_sid(struct parcel *p, PSID *to, struct bytes binary)
{
	uint8_t *at;

	*to = NULL;
	if (!binary.len)
		return true;
	at = parcel_take(p, binary.len);
	if (!at)
		return false;
	bytes_copy(at, binary.at, binary.len);
	*to = at;
	return true;
}
