/*
 * fuzz_ipc_daemon.c - frames at the LSA's front door, from several processes
 * at once: an administrator near, a victim with two links, a stranger of
 * another uid, and another process of the victim's uid. Frames are built from
 * wire/calls.def, so that they are plausible field by field, and then
 * sometimes broken; some are garbage.
 *
 * Oracle: every frame taken is answered exactly once, and with a whole reply
 * of its call's layout; nobody succeeds above his rank; a handle of another
 * process record is never accepted, and a cookie joins its own process only;
 * when all links are gone nothing is left.
 */
#include "fuzz.h"
#include "party.h"

#include "base/guard.h"
#include "base/sid.h"
#include "base/utf16.h"
#include "engine/loop.h"
#include "lsa/client.h"
#include "store/policy.h"

#define LINKS	6u
#define OPS	24u
#define WORDS	64u
#define POOL	16u

static struct lsa *lsa;
static struct loop *loop;

/* --- what is known of the world -------------------------------------------- */

struct word { uint64_t word; unsigned record; };
struct blob { uint8_t at[4096]; size_t len; };

static struct {
	struct lsa_link *link;
	unsigned record;		/* 0: a stranger */
	uint32_t rank;
} links[LINKS];

static struct { uint32_t uid; int32_t pid; uint8_t cookie[COOKIE_LEN]; } records[64];
static unsigned record_count;
static struct word words[WORDS];
static unsigned word_count;
static struct blob pool[POOL];
static unsigned pool_next;
static unsigned under_way;
static bool rules_changed;
static bool rights_changed;		/* whoever may write rights may make anybody trusted */

static const struct lsa_peer peers[LINKS] = {
	{ .known = true, .near = true, .tcb = true, .admin = true, .uid = 1000, .gid = 1000, .pid = 10 },
	{ .known = true, .uid = 2001, .gid = 2001, .pid = 20 },
	{ .known = true, .uid = 2001, .gid = 2001, .pid = 20 },
	{ .known = true, .uid = 2002, .gid = 2002, .pid = 30 },
	{ .known = true, .uid = 2001, .gid = 2001, .pid = 31 },
	{ .known = true, .unmapped = true, .uid = 65534, .gid = 65534, .pid = 32 },
};

static struct word *
word_find(uint64_t word)
{
	for (unsigned i = 0; i < word_count; i++)
		if (words[i].word == word)
			return &words[i];
	return NULL;
}

static void
pool_add(struct bytes b)
{
	struct blob *to = &pool[pool_next++ % POOL];

	to->len = b.len < sizeof to->at ? b.len : sizeof to->at;
	bytes_copy(to->at, b.at, to->len);
}

/* --- one frame under way ------------------------------------------------------ */

struct sent {
	unsigned who, record;
	uint32_t rank, id;
	uint16_t number;
	uint64_t used[4];
	unsigned used_count;
	unsigned told;
	bool unknown;			/* not built from the list */
};

static void
saw_handle(struct sent *s, uint64_t word)
{
	struct word *known = word_find(word);

	MUST(word);
	if (known)
		MUST(known->record == s->record);
	else if (word_count < WORDS)
		words[word_count++] = (struct word){ word, s->record };
}

#define SAW_u32(s, v)		((void)(v))
#define SAW_u64(s, v)		((void)(v))
#define SAW_text(s, v)		MUST((v).len <= WIRE_TEXT_MAX)
#define SAW_bytes(s, v)		pool_add(v)
#define SAW_secret(s, v)	pool_add(v)
#define SAW_handle(s, v)	saw_handle((s), (v))
#define SAW(kind, name)		SAW_##kind(s, out.name);

#define SAW_CALL(n, verb, FIELDS, rank, drop)                   \
	case n: {                                               \
		struct verb##_out out;                          \
		MUST(verb##_out_take(&out, fields));            \
		FIELDS##_OUT(SAW)                               \
		break;                                          \
	}

static void
saw_fields(struct sent *s, struct bytes fields)
{
	rights_changed = rights_changed || s->number == CALL_RIGHTS_ADD || s->number == CALL_ACCT_SET || s->number == CALL_GUARD_SET;
	switch (s->number) {
	LSA_CALLS(SAW_CALL)
	default:
		MUST(false);		/* an unknown call cannot succeed */
	}
}

static void
saw_connect(struct sent *s, struct bytes fields)
{
	const struct lsa_peer *peer = &peers[s->who];
	struct connect_out out;
	unsigned record;

	MUST(connect_out_take(&out, fields) && out.cookie.len == COOKIE_LEN);
	MUST(out.rank == CONNECTED || (rights_changed && !peer->unmapped && out.rank == TRUSTED) || (peer->tcb && (out.rank == TRUSTED || (peer->admin && out.rank == ADMIN))));
	for (record = 1; record <= record_count; record++)
		if (memcmp(records[record].cookie, out.cookie.at, COOKIE_LEN) == 0)
			break;
	if (record <= record_count) {
		MUST(records[record].uid == peer->uid && records[record].pid == peer->pid && !peer->unmapped);
	} else {
		MUST(record < sizeof records / sizeof *records);
		record_count = record;
		records[record].uid = peer->uid;
		records[record].pid = peer->pid;
		bytes_copy(records[record].cookie, out.cookie.at, COOKIE_LEN);
	}
	links[s->who].record = record;
	links[s->who].rank = out.rank;
}

static uint32_t
rank_of(uint16_t number)
{
#define RANK(n, verb, FIELDS, rank, drop) [n] = rank,
	static const uint32_t ranks[LSA_HIGHEST_CALL + 1] = { LSA_CALLS(RANK) };

	return number <= LSA_HIGHEST_CALL ? ranks[number] : UINT32_MAX;
}

static void
told(void *arg, struct bytes frame)
{
	struct sent *s = arg;
	struct reply reply;
	struct word *w;

	MUST(s->told++ == 0);
	under_way--;
	if (!frame.len) {			/* its link is gone */
		MUST(!links[s->who].link);
		free(s);
		return;
	}
	MUST(reply_take(&reply, frame) && reply.id == s->id && reply.number == s->number);
	MUST(reply.status != STATUS_PENDING);
	if (reply.status < 0) {
		MUST(!reply.out.len);
		free(s);
		return;
	}
	MUST(s->rank >= rank_of(s->number));
	MUST((s->number == CALL_CONNECT) == (s->rank == STRANGER));
	if (s->number == CALL_POLICY_SET)
		rules_changed = true;
	for (unsigned i = 0; i < s->used_count; i++)
		if (s->used[i]) {
			w = word_find(s->used[i]);
			MUST(w || word_count == WORDS);
			MUST(!w || w->record == s->record);
		}
	saw_fields(s, reply.out);
	if (s->number == CALL_CONNECT)
		saw_connect(s, reply.out);
	if (s->number == CALL_GOODBYE)
		links[s->who].rank = NOBODY;
	free(s);
}

/* --- building frames ------------------------------------------------------------ */

static uint32_t
make_u32(struct feed *f)
{
	static const uint32_t usual[] = { 0, 1, 2, 3, FRAME_VERSION, 0x1f, PARTY_WANTS, UINT32_MAX };
	uint8_t how = feed_u8(f);

	return how < 0xe0 ? usual[how % 8] : feed_u32(f);
}

static uint64_t
make_u64(struct feed *f)
{
	return feed_u8(f) < 0xe0 ? 0 : feed_u64(f);
}

static uint64_t
make_handle(struct feed *f)
{
	uint8_t how = feed_u8(f);

	if (how < 0x40 || !word_count)
		return how & 1 ? feed_u64(f) : 0;
	return words[how % word_count].word;
}

static struct bytes
make_text(struct feed *f)
{
	static const char *const usual[] = { "NTLM", "Negotiate", "", "bob", "lockout-threshold",
	    "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", "HOST/here", "carol" };
	uint8_t how = feed_u8(f);

	return how < 0xe0 ? bytes_of_text(usual[how % 8]) : feed_bytes(f, feed_u8(f) * 5u);
}

/* What policy's calls take: SIDs, names, lists of them, descriptors, values; as they should be, or with some bytes changed. */
static struct bytes
make_policy(struct feed *f)
{
	static const char *const names[] = { "L$fuzz", "SeBackupPrivilege", "SeNetworkLogonRight", "Everyone", "BUILTIN\\Users",
		"corp.example", "Unix User\\7" };
	static uint8_t room[1024];
	struct sid user = sid_administrators;
	struct guard_entry entry = { &sid_everyone, 0xF1FFF };
	struct writer w = writer_of(room, sizeof room), one;
	uint8_t what = feed_u8(f), wide[128], sid[SID_SIZE_MAX];

	if (what & 0x10)
		MUST(sid_child(&user, &sid_administrators, feed_u8(f) % 4));
	one = writer_of(what & 1 ? wide : sid, what & 1 ? sizeof wide : sizeof sid);
	if (what & 1)
		MUST(utf16_from_utf8(&one, bytes_of_text(names[feed_u8(f) % 7])));
	else
		sid_put(&one, &user);
	switch ((what >> 1) % 4) {
	case 0: case 1:
		writer_bytes(&w, bytes_of(one.at, one.need));
		break;
	case 2:
		for (unsigned i = 0; i < 1u + (what >> 5); i++)
			writer_sized(&w, bytes_of(one.at, one.need));
		break;
	default:
		if (what & 0x20)
			guard_make(&w, &user, &entry, 1);
		else {				/* two names, a SID, three numbers: a trusted domain, or a domain's facts */
			writer_sized(&w, bytes_of(wide, what & 1 ? one.need : 0));
			writer_sized(&w, bytes_of(wide, what & 1 ? one.need : 0));
			writer_sized(&w, bytes_of(sid, what & 1 ? 0 : one.need));
			writer_u32(&w, 2);
			writer_u32(&w, 3);
			writer_u32(&w, 0);
		}
	}
	if (what & 0x80)
		(void)feed_patch(f, room, w.need);
	return bytes_of(room, w.need);
}

static struct bytes
make_bytes(struct feed *f)
{
	static uint8_t alice[32], password[64];
	static size_t alice_len, password_len;
	uint8_t how = feed_u8(f);

	if (!alice_len) {
		struct writer w = writer_of(alice, sizeof alice);

		MUST(utf16_from_utf8(&w, bytes_of_text(PARTY_USER)));
		alice_len = w.need;
		w = writer_of(password, sizeof password);
		MUST(utf16_from_utf8(&w, bytes_of_text(PARTY_PASSWORD)));
		password_len = w.need;
	}
	if (how < 0x40)
		return BYTES_NONE;
	if (how < 0x60)
		return how & 1 ? bytes_of(alice, alice_len) : bytes_of(password, password_len);
	if (how < 0xd0)
		return bytes_of(pool[how % POOL].at, pool[how % POOL].len);
	if (how >= 0xe0 && how < 0xf8)
		return make_policy(f);
	if (how < 0xe0 && record_count)
		return bytes_of(records[1 + how % record_count].cookie, COOKIE_LEN);
	return feed_sized(f);
}

#define make_secret make_bytes

#define USED_u32(v)
#define USED_u64(v)
#define USED_text(v)
#define USED_bytes(v)
#define USED_secret(v)
#define USED_handle(v)		s->used[s->used_count++] = (v);
#define FILL(kind, name)	in.name = make_##kind(f); USED_##kind(in.name)

#define FILL_CALL(n, verb, FIELDS, rank, drop)                  \
	case n: {                                               \
		struct verb##_in in = { 0 };                    \
		FIELDS##_IN(FILL)                               \
		verb##_in_put(w, &in);                          \
		break;                                          \
	}

static void
make_fields(struct sent *s, struct writer *w, struct feed *f)
{
	switch (s->number) {
	LSA_CALLS(FILL_CALL)
	default:
		writer_bytes(w, feed_sized(f));
		break;
	}
}

static uint8_t frame_room[FRAME_MAX + 64];

static void
link_end(unsigned who)
{
	struct lsa_link *link = links[who].link;

	links[who].link = NULL;
	links[who].record = links[who].rank = 0;
	lsa_link_gone(link);
}

/* Hands over a frame that stands in frame_room. */
static void
submit(struct sent *s, size_t len, unsigned how)
{
	struct lsa_link *link = links[s->who].link;
	uint8_t *copy;

	if (!link || len > lsa_frame_max(link)) {
		free(s);
		return;
	}
	s->record = links[s->who].record;
	s->rank = links[s->who].rank;
	copy = exact_copy(bytes_of(frame_room, len));
	under_way++;
	/* A frame that stays must do so until it is told: only calls that block keep to that here. */
	if (!lsa_submit(link, bytes_of(copy, len), how, told, s)) {
		MUST(s->unknown && s->told == 0);
		under_way--;
		link_end(s->who);
		free(s);
	}
	free(copy);
}

static struct sent *
sent_new(unsigned who, uint32_t id, uint16_t number)
{
	struct sent *s = calloc(1, sizeof *s);

	MUST(s);
	s->who = who;
	s->id = id;
	s->number = number;
	return s;
}

static void
op_frame(struct feed *f, unsigned who, bool broken)
{
	struct sent *s = sent_new(who, feed_u8(f), (uint16_t)(feed_u8(f) % (LSA_HIGHEST_CALL + 2)));
	struct request head = { .id = s->id, .number = s->number, .deadline = feed_u8(f) };
	struct writer w = writer_of(frame_room, FRAME_MAX);

	head.deadline = head.deadline ? 2 * head.deadline : 0;
	request_put_head(&w, &head);
	make_fields(s, &w, f);
	if (!writer_ok(&w)) {
		free(s);
		return;
	}
	frame_end(&w);
	if (broken) {
		size_t len = w.need;
		struct request seen;

		(void)feed_patch(f, frame_room, len);
		s->unknown = true;
		s->used_count = 0;
		if (!request_take(&seen, bytes_of(frame_room, len))) {
			submit(s, len, 0);
			return;
		}
		/* What the words are now is not known; so only calls without any. */
		s->id = seen.id;
		s->number = seen.number;
	}
	submit(s, w.need, head.deadline & 2 ? LSA_MAY_BLOCK : 0);
}

static void
op_garbage(struct feed *f, unsigned who)
{
	struct sent *s = sent_new(who, 0, 0);
	struct bytes b = feed_sized(f);
	struct request seen;

	s->unknown = true;
	bytes_copy(frame_room, b.at, b.len);
	if (request_take(&seen, b)) {
		s->id = seen.id;
		s->number = seen.number;
	}
	submit(s, b.len, 0);
}

/* A whole handshake between two links, so that the rest has something to chew on. */
static void
call(unsigned who, uint16_t number, void (*put)(struct writer *, const void *), const void *in)
{
	struct sent *s = sent_new(who, 77, number);
	struct writer w = writer_of(frame_room, FRAME_MAX);

	request_put_head(&w, &(const struct request){ .id = 77, .number = number });
	put(&w, in);
	frame_end(&w);
	submit(s, w.need, LSA_MAY_BLOCK);
}

#define CALL(who, verb, NUMBER, ...) \
	call((who), (NUMBER), (void (*)(struct writer *, const void *))(void (*)(void))verb##_in_put, \
	    &(const struct verb##_in){ __VA_ARGS__ })

static void
op_open(unsigned who, uint32_t kind, struct bytes cookie)
{
	if (links[who].link)
		link_end(who);
	links[who].link = lsa_link_open(lsa, loop, &peers[who]);
	links[who].rank = STRANGER;
	MUST(links[who].link);
	CALL(who, connect, CALL_CONNECT, .version = FRAME_VERSION, .kind = kind, .name = bytes_of_text("fuzz"),
	    .cookie = cookie);
}

static uint64_t
newest(void)
{
	return word_count ? words[word_count - 1].word : 0;
}

static void
op_handshake(unsigned who)
{
	static uint8_t user[64], password[64];
	struct writer u = writer_of(user, sizeof user), p = writer_of(password, sizeof password);
	struct blob *last;
	uint64_t out, in, client, server;

	MUST(utf16_from_utf8(&u, bytes_of_text(PARTY_USER)) && utf16_from_utf8(&p, bytes_of_text(PARTY_PASSWORD)));
	if (word_count + 4 > WORDS || links[who].rank < CONNECTED)
		return;
	CALL(who, acquire, CALL_ACQUIRE, .package = bytes_of_text("NTLM"), .use = 2, .given = 3,
	    .user = bytes_of(user, u.need), .password = bytes_of(password, p.need));
	out = newest();
	CALL(who, acquire, CALL_ACQUIRE, .package = bytes_of_text("NTLM"), .use = 1);
	in = newest();
	CALL(who, init, CALL_INIT, .cred = out, .wants = PARTY_WANTS);
	client = newest();
	last = &pool[(pool_next - 2) % POOL];		/* token, then user data */
	CALL(who, accept, CALL_ACCEPT, .cred = in, .wants = PARTY_WANTS, .token = bytes_of(last->at, last->len));
	server = newest();
	last = &pool[(pool_next - 2) % POOL];
	CALL(who, init, CALL_INIT, .context = client, .token = bytes_of(last->at, last->len));
	last = &pool[(pool_next - 2) % POOL];
	CALL(who, accept, CALL_ACCEPT, .context = server, .token = bytes_of(last->at, last->len));
}

/* --- a run ------------------------------------------------------------------------ */

static void
begin(void)
{
	struct lsa_settings settings = { 0 };
	char why[LSA_SENTENCE];

	party_make();
	settings.state = party_room;
	settings.computer = "FUZZ";
	loop = loop_new();
	MUST(loop && lsa_open(&lsa, &settings, why) == STATUS_SUCCESS);
}

static void
turn_until_quiet(void)
{
	for (unsigned i = 0; i < 5000 && (under_way || atomic_load(&lsa->links) || atomic_load(&lsa->calls)); i++)
		(void)loop_turn(loop, 1);
	MUST(!under_way);
	MUST(!atomic_load(&lsa->links) && !atomic_load(&lsa->calls));
	MUST(!atomic_load(&lsa->creds) && !atomic_load(&lsa->contexts) && !atomic_load(&lsa->policies));
	MUST(!lsa->processes && !lsa->uids);
}

static void
op(struct feed *f)
{
	uint8_t what = feed_u8(f);
	unsigned who = (what >> 4) % LINKS;

	switch (what & 15u) {
	case 0:
		op_open(who, feed_u8(f) % 4, make_bytes(f));
		break;
	case 1:
		if (links[who].link)
			link_end(who);
		break;
	case 2:
		op_garbage(f, who);
		break;
	case 3:
		(void)loop_turn(loop, 0);
		break;
	case 4:
		op_handshake(who);
		break;
	case 5:
		if (links[who].link)
			lsa_link_drain(links[who].link);
		break;
	case 6: case 7: case 8:
		op_frame(f, who, true);
		break;
	default:
		op_frame(f, who, false);
		break;
	}
}

static void
rules_again(void)
{
	struct store *store = lsa->store;

	for (unsigned i = 0; store && i < POLICY_COUNT; i++)
		MUST(policy_set(store, (enum policy)i,
		    i == POLICY_LOCKOUT_THRESHOLD || i == POLICY_AUDIT ? 0 : policy_rows[i].standard) == STATUS_SUCCESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);

	if (!begun) {
		begin();
		begun = true;
	}
	word_count = record_count = 0;
	rules_changed = false;
	op_open(0, 2, BYTES_NONE);
	op_open(1, 0, BYTES_NONE);
	op_open(2, 1, bytes_of(records[2].cookie, COOKIE_LEN));
	op_open(3, 1, bytes_of(records[2].cookie, COOKIE_LEN));
	op_open(4, 0, bytes_of(records[2].cookie, COOKIE_LEN));
	op_open(5, 2, BYTES_NONE);
	MUST(links[0].rank == ADMIN && links[1].record == links[2].record && links[1].record != links[3].record);
	MUST(links[5].rank == STRANGER);
	op_handshake(1);
	MUST(word_count == 4);
	for (unsigned who = 0; who < 5; who++)
		CALL(who, pol_open, CALL_POL_OPEN, .access = 0x02000000);
	for (unsigned i = 0; i < OPS && f.left; i++)
		op(&f);
	for (unsigned who = 0; who < LINKS; who++)
		if (links[who].link)
			link_end(who);
	turn_until_quiet();
	if (rules_changed)
		rules_again();
	return 0;
}
