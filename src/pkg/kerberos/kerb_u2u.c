/*
 * kerb_u2u.c - KERB-TGT-REQUEST and KERB-TGT-REPLY. Pure but for call memory.
 */
#include "pkg/kerberos/kerb_u2u.h"

#include "base/der.h"

#define TGT_REQ		16u
#define TGT_REP		17u
#define TICKET		DER_APPLICATION(1)
#define NT_PRINCIPAL	1u
#define NT_SRV_INST	2u

static void
number_put(struct writer *w, unsigned n, uint8_t value)
{
	der_put_tagged(w, n, DER_INTEGER, bytes_of(&value, 1));
}

/* SEQUENCE { pvno, msg-type, what follows } */
static NTSTATUS
message_give(struct call *call, uint8_t type, struct bytes rest, struct bytes *ret_message)
{
	uint8_t begin[10];
	struct writer b = writer_of(begin, sizeof begin), w;
	size_t len = der_size(sizeof begin + rest.len);
	uint8_t *at = call_memory(call, len);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	number_put(&b, 0, 5);
	number_put(&b, 1, type);
	w = writer_of(at, len);
	der_put_head(&w, DER_SEQUENCE, sizeof begin + rest.len);
	writer_bytes(&w, bytes_of(begin, sizeof begin));
	writer_bytes(&w, rest);
	*ret_message = bytes_of(at, len);
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_u2u_ask(struct call *call, const struct kerb_spn *target, struct bytes *ret_message)
{
	size_t parts_len = 0, room = 0;
	struct writer w, name, rest;
	uint8_t *at;

	for (unsigned i = 0; i < target->count; i++)
		parts_len += der_size(target->parts[i].len);
	room = parts_len + 64 + target->realm.len;		/* and the heads around them */
	at = call_memory(call, 3 * room);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, room);
	for (unsigned i = 0; i < target->count; i++)
		der_put(&w, DER_GENERAL_STRING, target->parts[i]);
	name = writer_of(at + room, room);
	number_put(&name, 0, target->count > 1 ? NT_SRV_INST : NT_PRINCIPAL);
	der_put_tagged(&name, 1, DER_SEQUENCE, bytes_of(at, w.need));
	rest = writer_of(at + 2 * room, room);
	der_put_tagged(&rest, 2, DER_SEQUENCE, bytes_of(at + room, name.need));
	if (target->realm.len)
		der_put_tagged(&rest, 3, DER_GENERAL_STRING, target->realm);
	if (!writer_ok(&rest))
		return STATUS_INTERNAL_ERROR;
	return message_give(call, TGT_REQ, bytes_of(at + 2 * room, rest.need), ret_message);
}

NTSTATUS
kerb_u2u_reply(struct call *call, struct bytes ticket, struct bytes *ret_message)
{
	size_t len = der_size(ticket.len);
	uint8_t *at = call_memory(call, len);
	struct writer w = writer_of(at, len);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	der_put(&w, DER_CONTEXT(2), ticket);
	return message_give(call, TGT_REP, bytes_of(at, len), ret_message);
}

/* --- reading ---------------------------------------------------------------- */

static uint8_t
number_take(struct reader *r, unsigned n)
{
	struct bytes b = der_take_tagged(r, n, DER_INTEGER);

	if (b.len != 1)
		reader_spoil(r);
	return b.len == 1 ? b.at[0] : 0;
}

/* Behind the type, or a spoiled reader. */
static struct reader
message_open(struct reader *r, uint8_t type)
{
	struct reader in = der_open(r, DER_SEQUENCE);

	if (number_take(&in, 0) != 5 || number_take(&in, 1) != type || !reader_done(r))
		reader_spoil(&in);
	return in;
}

bool
kerb_u2u_asked(struct bytes message)
{
	struct reader r = reader_of(message), in = message_open(&r, TGT_REQ), name, parts;

	if (der_next_is(&in, DER_CONTEXT(2))) {
		struct reader outer = der_open(&in, DER_CONTEXT(2));

		name = der_open(&outer, DER_SEQUENCE);
		(void)der_take_tagged(&name, 0, DER_INTEGER);
		parts = der_open(&name, DER_CONTEXT(1));
		(void)der_take(&parts, DER_SEQUENCE);
		if (!reader_done(&parts) || !reader_done(&name) || !reader_done(&outer))
			return false;
	}
	if (der_next_is(&in, DER_CONTEXT(3)))
		(void)der_take_tagged(&in, 3, DER_GENERAL_STRING);
	return reader_done(&in);
}

bool
kerb_u2u_replied(struct bytes *ret_ticket, struct bytes message)
{
	struct reader r = reader_of(message), in = message_open(&r, TGT_REP), outer = der_open(&in, DER_CONTEXT(2));
	struct der_element ticket;

	if (!der_any(&outer, &ticket) || ticket.tag != TICKET || !reader_done(&outer) || !reader_done(&in))
		return false;
	*ret_ticket = ticket.whole;
	return true;
}
