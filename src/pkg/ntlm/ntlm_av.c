/*
 * ntlm_av.c - the AV pairs of NTLM messages: [MS-NLMP] 2.2.2.1.
 *
 * Pure. A list is walked once, into a table; what is in the table has the
 * size that its kind must have.
 */
#include "pkg/ntlm/ntlm_av.h"

/* Exact sizes in bytes; EVEN for UTF-16 text of any length. */
#define EVEN 0u

static const uint8_t av_size[AV_KINDS] = {
	[AV_NB_COMPUTER]  = EVEN,
	[AV_NB_DOMAIN]    = EVEN,
	[AV_DNS_COMPUTER] = EVEN,
	[AV_DNS_DOMAIN]   = EVEN,
	[AV_DNS_TREE]     = EVEN,
	[AV_FLAGS]        = 4,
	[AV_TIMESTAMP]    = 8,
	[AV_SINGLE_HOST]  = AV_SINGLE_HOST_LEN,
	[AV_TARGET_NAME]  = EVEN,
	[AV_BINDINGS]     = 16,
};

static bool
av_keep(struct av_pairs *p, uint16_t id, struct bytes value)
{
	if (id >= AV_KINDS)
		return true;
	if (av_size[id] == EVEN ? value.len % 2 : value.len != av_size[id])
		return false;
	if (p->has & 1u << id)
		return false;
	p->has |= 1u << id;
	p->value[id] = value;
	return true;
}

bool
av_take(struct av_pairs *p, struct bytes wire)
{
	struct reader r = reader_of(wire);

	*p = (struct av_pairs){ 0 };
	for (unsigned n = 0; n < AV_PAIRS_MAX; n++) {
		size_t begin = r.pos;
		uint16_t id = reader_u16(&r), len = reader_u16(&r);
		struct bytes value = reader_bytes(&r, len);

		if (!reader_ok(&r))
			break;
		if (id == AV_EOL && len == 0) {
			p->list = bytes_of(wire.at, begin);
			return true;
		}
		if (id == AV_EOL || !av_keep(p, id, value))
			break;
	}
	*p = (struct av_pairs){ 0 };
	return false;
}

bool
av_get(const struct av_pairs *p, enum av_id id, struct bytes *ret_value)
{
	*ret_value = p->value[id];
	return (p->has & 1u << id) != 0;
}

uint32_t
av_flags(const struct av_pairs *p)
{
	struct bytes value;

	return av_get(p, AV_FLAGS, &value) ? get_u32(value.at) : 0;
}

bool
av_timestamp(const struct av_pairs *p, uint64_t *ret_time)
{
	struct bytes value;

	if (!av_get(p, AV_TIMESTAMP, &value))
		return false;
	*ret_time = (uint64_t)get_u32(value.at) | (uint64_t)get_u32(value.at + 4) << 32;
	return true;
}

bool
av_put(struct writer *w, enum av_id id, struct bytes value)
{
	if (value.len > UINT16_MAX)
		return false;
	writer_u16(w, (uint16_t)id);
	writer_u16(w, (uint16_t)value.len);
	writer_bytes(w, value);
	return true;
}

void
av_put_end(struct writer *w)
{
	writer_u32(w, 0);
}

/* The ids that an answer sets itself, so that the challenge's are left out. */
static uint32_t
av_replaced(const struct av_answer *a)
{
	return (a->set_timestamp ? 1u << AV_TIMESTAMP : 0) | 1u << AV_FLAGS |
	    (a->single_host.len ? 1u << AV_SINGLE_HOST : 0) | (a->bindings.len ? 1u << AV_BINDINGS : 0) |
	    (a->set_target_name ? 1u << AV_TARGET_NAME : 0);
}

/* How many were copied. */
static unsigned
av_copy_except(struct writer *w, const struct av_pairs *p, uint32_t without)
{
	struct reader r = reader_of(p->list);
	unsigned count = 0;

	while (reader_left(&r)) {
		uint16_t id = reader_u16(&r), len = reader_u16(&r);
		struct bytes value = reader_bytes(&r, len);

		if (!reader_ok(&r))
			break;
		if (id < AV_KINDS && (without & 1u << id))
			continue;
		writer_u16(w, id);
		writer_u16(w, len);
		writer_bytes(w, value);
		count++;
	}
	return count;
}

/* The order of what is added is Windows': flags, host, bindings, name. */
bool
av_put_answer(struct writer *w, const struct av_pairs *challenge, const struct av_answer *a)
{
	/* Whether there is a MIC, the challenge cannot say: that is about the answer. */
	uint32_t flags = (av_flags(challenge) & ~AV_FLAG_MIC) | a->flags;

	if (a->single_host.len && a->single_host.len != AV_SINGLE_HOST_LEN)
		return false;
	if (a->bindings.len && a->bindings.len != 16)
		return false;
	if (a->set_target_name && (a->target_name.len > UINT16_MAX || a->target_name.len % 2))
		return false;
	if (av_copy_except(w, challenge, av_replaced(a)) + (unsigned)__builtin_popcount(av_replaced(a)) >= AV_PAIRS_MAX)
		return false;
	if (a->set_timestamp) {
		writer_u16(w, AV_TIMESTAMP);
		writer_u16(w, 8);
		writer_u64(w, a->timestamp);
	}
	if (flags) {
		writer_u16(w, AV_FLAGS);
		writer_u16(w, 4);
		writer_u32(w, flags);
	}
	if (a->single_host.len && !av_put(w, AV_SINGLE_HOST, a->single_host))
		return false;
	if (a->bindings.len && !av_put(w, AV_BINDINGS, a->bindings))
		return false;
	if (a->set_target_name && !av_put(w, AV_TARGET_NAME, a->target_name))
		return false;
	av_put_end(w);
	return true;
}
