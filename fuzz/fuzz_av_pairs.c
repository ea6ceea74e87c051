/*
 * fuzz_av_pairs.c - the pairs of NTLM messages: taken apart, put together,
 * taken apart again they are the same; and what a client adds to a
 * challenge's pairs is there, and nothing of theirs is lost.
 */
#include "fuzz.h"

#include "pkg/ntlm/ntlm_av.h"
#include "pkg/ntlm/ntlm_print.h"

static uint8_t again[140000];

static bool
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static void
must_rebuild(const struct av_pairs *p)
{
	struct av_pairs q;
	struct writer w = writer_of(again, sizeof again);
	struct bytes value;

	for (unsigned id = 1; id < AV_KINDS; id++)
		if (av_get(p, (enum av_id)id, &value))
			MUST(av_put(&w, (enum av_id)id, value));
	av_put_end(&w);
	MUST(writer_ok(&w) && av_take(&q, bytes_of(again, w.need)));
	MUST(q.has == p->has);
	for (unsigned id = 1; id < AV_KINDS; id++)
		MUST(same(p->value[id], q.value[id]));
}

static void
must_answer(const struct av_pairs *p, struct feed *f)
{
	static uint8_t fixed[64];
	struct av_answer a = { .set_timestamp = feed_u8(f) & 1, .timestamp = feed_u64(f), .flags = feed_u32(f),
	    .single_host = bytes_of(fixed, feed_u8(f) & 1 ? AV_SINGLE_HOST_LEN : 0),
	    .bindings = bytes_of(fixed, feed_u8(f) & 1 ? 16 : 0), .set_target_name = feed_u8(f) & 1 };
	struct writer measure = writer_of(NULL, 0), w = writer_of(again, sizeof again);
	struct av_pairs q;
	uint64_t time;

	a.target_name = feed_bytes(f, feed_u16(f) & ~1u);
	a.target_name.len &= ~(size_t)1;
	if (!av_put_answer(&measure, p, &a))
		return;
	MUST(av_put_answer(&w, p, &a) && writer_ok(&w) && w.need == measure.need);
	if (!av_take(&q, bytes_of(again, w.need)))
		return;					/* more pairs than one takes: the peer's fault */
	MUST(av_flags(&q) == ((av_flags(p) & ~AV_FLAG_MIC) | a.flags));
	if (a.set_timestamp)
		MUST(av_timestamp(&q, &time) && time == a.timestamp);
	if (a.set_target_name)
		MUST(same(q.value[AV_TARGET_NAME], a.target_name));
	MUST(same(q.value[AV_NB_COMPUTER], p->value[AV_NB_COMPUTER]) && same(q.value[AV_DNS_TREE], p->value[AV_DNS_TREE]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct av_pairs none;
	struct feed f = feed_of(data, size);
	struct bytes list = feed_sized(&f);
	uint8_t *copy = exact_copy(list);
	struct av_pairs p;

	if (av_take(&p, bytes_of(copy, list.len))) {
		MUST(p.list.len + 4 <= list.len);
		must_rebuild(&p);
		must_answer(&p, &f);
	} else {
		must_answer(&none, &f);
	}
	free(copy);
	return 0;
}
