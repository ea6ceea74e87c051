/*
 * link_test.c - links by their frames: who joins a process's record (rows D3
 * and D4 of the bug list: a number of a process that is used again, another
 * uid, a cookie that was guessed), and that a reply holds nothing of what stood in
 * memory before (row E10): the same questions on memory filled with one
 * byte and with another have the same answers, byte by byte.
 * Covers lsa/client.c, lsa/link.c, lsa/served.c, lsa/dispatch.c.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsa/client.h"
#include "tests/check.h"

static struct lsa *lsa;
static struct loop *loop;

/* --- a frame, and what comes back ------------------------------------------------------ */

struct told { bool here; uint8_t at[70000]; size_t len; struct reply reply; };

static void
hear(void *arg, struct bytes reply)
{
	struct told *t = arg;

	t->here = true;
	t->len = reply.len <= sizeof t->at ? reply.len : 0;
	memcpy(t->at, reply.at, t->len);
	if (!CHECK(reply_take(&t->reply, bytes_of(t->at, t->len))))
		t->reply.status = -1;
}

#define SEND(link, t, flags, hears, NUMBER, verb, ...)                         \
	do {                                                                       \
		struct verb##_in in_ = { __VA_ARGS__ };                                \
		struct told *told_ = t;                                                \
		uint8_t frame_[2048];                                                  \
		struct writer w_ = writer_of(frame_, sizeof frame_);                   \
		request_put_head(&w_, &(struct request){ .id = 7, .number = NUMBER }); \
		verb##_in_put(&w_, &in_);                                              \
		frame_end(&w_);                                                        \
		told_->here = false;                                                   \
		CHECK(writer_ok(&w_) && lsa_submit(link, bytes_of(frame_, w_.need), flags, hears, told_)); \
	} while (0)

#define ASK(link, t, NUMBER, verb, ...)                                        \
	do {                                                                       \
		struct told *asked_ = t;                                               \
		SEND(link, asked_, LSA_MAY_BLOCK, hear, NUMBER, verb, __VA_ARGS__);    \
		while (!asked_->here)                                                  \
			(void)loop_turn(loop, 1000);                                       \
	} while (0)

static struct lsa_link *
link_of(uint32_t uid, int32_t pid)
{
	struct lsa_peer peer = { .known = true, .uid = uid, .gid = uid, .pid = pid };

	return lsa_link_open(lsa, loop, &peer);
}

/* Says connect; the cookie that it was given. */
static struct bytes
connected(struct lsa_link *link, struct told *t, struct bytes cookie)
{
	struct connect_out out = { 0 };

	ASK(link, t, CALL_CONNECT, connect, .version = FRAME_VERSION, .cookie = cookie);
	CHECK(t->reply.status == STATUS_SUCCESS && connect_out_take(&out, t->reply.out) && out.cookie.len == COOKIE_LEN);
	return out.cookie;
}

static NTSTATUS
name_of_cred(struct lsa_link *link, uint64_t cred)
{
	static struct told t;

	ASK(link, &t, CALL_CRED_NAME, cred_name, .cred = cred);
	return t.reply.status;
}

/* --- whose record ----------------------------------------------------------------------- */

TEST(a_record_is_joined_by_its_own_process_alone)
{
	static struct told t, u;
	struct lsa_link *first = link_of(1000, 4711), *other;
	uint8_t cookie[COOKIE_LEN], guess[COOKIE_LEN];
	struct acquire_out cred = { 0 };
	static const struct { uint32_t uid; int32_t pid; bool cookie, guess, joins; } rows[] = {
		{ 1000, 4711, true,  false, true },		/* the process itself, on a second link */
		{ 1000, 4711, false, false, false },	/* its number, used again */
		{ 1000, 4711, true,  true,  false },
		{ 1000, 4712, true,  false, false },	/* a child with its parent's memory */
		{ 1001, 4711, true,  false, false },
		{ 0,    4711, true,  false, false },
	};

	memcpy(cookie, connected(first, &t, BYTES_NONE).at, sizeof cookie);
	ASK(first, &t, CALL_ACQUIRE, acquire, .package = bytes_of_text("NTLM"), .use = 2, .given = 3, .user = bytes_of("a\0", 2),
	    .password = bytes_of("p\0", 2));
	CHECK(t.reply.status == STATUS_SUCCESS && acquire_out_take(&cred, t.reply.out) && cred.cred);
	CHECK(name_of_cred(first, cred.cred) == STATUS_SUCCESS);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes got;

		memcpy(guess, cookie, sizeof guess);
		guess[i % sizeof guess] ^= rows[i].guess;
		other = link_of(rows[i].uid, rows[i].pid);
		got = connected(other, &u, rows[i].cookie ? bytes_of(guess, sizeof guess) : BYTES_NONE);
		CHECK_U64(memcmp(got.at, cookie, sizeof cookie) == 0, rows[i].joins);	/* not secret */
		CHECK_U64((uint32_t)name_of_cred(other, cred.cred), (uint32_t)(rows[i].joins ? STATUS_SUCCESS : STATUS_INVALID_HANDLE));
		lsa_link_gone(other);
	}
	CHECK(name_of_cred(first, cred.cred) == STATUS_SUCCESS);	/* nobody took it along */
	lsa_link_gone(first);
	/* With its last link it is gone: a cookie that is still known joins nothing. */
	other = link_of(1000, 4711);
	CHECK(memcmp(connected(other, &u, bytes_of(cookie, sizeof cookie)).at, cookie, sizeof cookie) != 0);	/* not secret */
	CHECK(name_of_cred(other, cred.cred) == STATUS_INVALID_HANDLE);
	lsa_link_gone(other);
}

/* No valid zero: who the kernel did not name is nobody, and root least of all. */
TEST(an_unknown_peer_has_no_link)
{
	struct lsa_peer nobody = { 0 };

	CHECK(lsa_link_open(lsa, loop, &nobody) == NULL);
}

static void
unheard(void *arg, struct bytes reply)
{
	(void)arg;
	(void)reply;
}

/* A call that finishes whatever becomes of its client makes a handle: nobody is left who could close it. */
TEST(what_is_made_for_nobody_does_not_stay)
{
	static struct told t, lost;
	struct lsa_peer root = { .known = true, .uid = 0, .pid = 1, .tcb = true, .admin = true };
	struct lsa_link *link = lsa_link_open(lsa, loop, &root);
	struct pol_open_out policy = { 0 };
	uint32_t before;

	(void)connected(link, &t, BYTES_NONE);
	before = atomic_load(&lsa->policies);
	ASK(link, &t, CALL_POL_OPEN, pol_open, .access = 0x02000000);
	CHECK(t.reply.status == STATUS_SUCCESS && pol_open_out_take(&policy, t.reply.out));
	CHECK_U64(atomic_load(&lsa->policies), before + 1);
	SEND(link, &lost, 0, unheard, CALL_SECRET_OPEN, secret_open, .object = policy.object, .name = bytes_of("L\0$\0q\0", 6),
	    .access = 0x02000000, .make = 1);
	lsa_link_gone(link);
	for (int i = 0; i < 500 && (atomic_load(&lsa->calls) || atomic_load(&lsa->policies) != before); i++)
		(void)loop_turn(loop, 10);
	CHECK_U64(atomic_load(&lsa->calls), 0);
	CHECK_U64(atomic_load(&lsa->policies), before);
	/* And it was made. */
	link = lsa_link_open(lsa, loop, &root);
	(void)connected(link, &t, BYTES_NONE);
	ASK(link, &t, CALL_POL_OPEN, pol_open, .access = 0x02000000);
	CHECK(pol_open_out_take(&policy, t.reply.out));
	ASK(link, &t, CALL_SECRET_OPEN, secret_open, .object = policy.object, .name = bytes_of("L\0$\0q\0", 6),
	    .access = 0x02000000);
	CHECK_U64((uint32_t)t.reply.status, STATUS_SUCCESS);
	lsa_link_gone(link);
}

/* One thread ends the link while another's call is on its way: it is too late to wait there. */
TEST(nobody_waits_on_a_link_that_is_gone)
{
	static struct told now, early, late;
	struct changed_out seen = { 0 };
	struct lsa_peer root = { .known = true, .uid = 0, .pid = 1, .tcb = true, .admin = true };
	struct lsa_link *link = lsa_link_open(lsa, loop, &root);

	(void)connected(link, &early, BYTES_NONE);
	ASK(link, &now, CALL_CHANGED, changed, .seen = BYTES_NONE);
	CHECK(changed_out_take(&seen, now.reply.out));
	lsa_link_hold(link);
	SEND(link, &early, 0, hear, CALL_CHANGED, changed, .seen = seen.now);
	CHECK(!early.here);
	lsa_link_gone(link);
	CHECK(early.here && early.reply.status == STATUS_CANCELLED);
	SEND(link, &late, 0, hear, CALL_CHANGED, changed, .seen = seen.now);
	CHECK(late.here && late.reply.status == STATUS_CANCELLED);
	CHECK_U64(atomic_load(&lsa->calls), 0);
	lsa_cancel(link, &late);
	lsa_link_release(link);
}

/* --- what stood in memory before ------------------------------------------------------------- */

#define REPLIES	64u

static unsigned
replies(int fill, struct told *to)
{
	struct lsa_peer peer = { .known = true, .uid = 0, .pid = 99, .tcb = true, .admin = true };
	struct lsa_link *link;
	static struct told t;
	struct pol_open_out policy = { 0 };
	unsigned n = 0;

	(void)mallopt(M_PERTURB, fill);
	link = lsa_link_open(lsa, loop, &peer);
	ASK(link, &t, CALL_CONNECT, connect, .version = FRAME_VERSION, .kind = 2);
	CHECK(t.reply.status == STATUS_SUCCESS);
	ASK(link, &t, CALL_POL_OPEN, pol_open, .access = 0x801);
	CHECK(t.reply.status == STATUS_SUCCESS && pol_open_out_take(&policy, t.reply.out));
	ASK(link, &to[n++], CALL_PING, ping, .echo = bytes_of_text("echo"));
	for (uint32_t i = 0; i < 5; i++)
		ASK(link, &to[n++], CALL_PACKAGE, package, .index = i);
	ASK(link, &to[n++], CALL_LOOKUP, lookup, .name = bytes_of_text("NTLM"));
	ASK(link, &to[n++], CALL_LOOKUP, lookup, .name = bytes_of_text("none"));
	for (uint32_t i = 0; i < 8; i++)
		ASK(link, &to[n++], CALL_POLICY_GET, policy_get, .index = i);
	ASK(link, &to[n++], CALL_USER_GET, user_get, .name = bytes_of_text("eve"));
	ASK(link, &to[n++], CALL_USER_GET, user_get, .name = bytes_of_text("nobody"));
	ASK(link, &to[n++], CALL_SIDS_FIND, sids_find, .object = policy.object,
	    .sids = bytes_of("\x0c\0\0\0\1\1\0\0\0\0\0\5\x12\0\0\0", 16));
	ASK(link, &to[n++], CALL_NAMES_FIND, names_find, .object = policy.object, .names = bytes_of("\2\0\0\0x\0", 6));
	for (uint32_t i = 1; i <= 14; i++)
		ASK(link, &to[n++], CALL_INFO_GET, info_get, .object = policy.object, .class = i);
	ASK(link, &to[n++], CALL_GUARD_GET, guard_get, .object = policy.object, .parts = 7);
	ASK(link, &to[n++], CALL_RIGHTS_HELD, rights_held, .object = policy.object);
	ASK(link, &to[n++], CALL_AUDITED, audited, 0);
	ASK(link, &to[n++], CALL_SESSION, session, .luid = 0x3e7);
	ASK(link, &to[n++], CALL_SESSION, session, .luid = 0x7777);
	lsa_link_gone(link);
	(void)mallopt(M_PERTURB, 0);
	return n;
}

TEST(replies_hold_nothing_of_memory)
{
	struct told *one = calloc(REPLIES, sizeof *one), *two = calloc(REPLIES, sizeof *two);
	unsigned n = replies(0x5a, one), good = 0;

	CHECK_U64(replies(0xa5, two), n);
	for (unsigned i = 0; i < n; i++) {
		CHECK_U64(one[i].len, two[i].len);
		if (!CHECK(memcmp(one[i].at, two[i].at, one[i].len) == 0))	/* not secret */
			fprintf(stderr, "    reply %u, of call %u\n", i, one[i].reply.number);
		good += one[i].reply.status == STATUS_SUCCESS;
	}
	CHECK(good > n / 2);
	free(one);
	free(two);
}

int
main(void)
{
	static struct told t;
	struct lsa_settings settings = { .exclusive = true };
	char state[] = "/tmp/openlsa-link.XXXXXX", why[LSA_SENTENCE], command[64];
	struct lsa_peer peer = { .known = true, .uid = 0, .pid = 1, .tcb = true, .admin = true };
	struct lsa_link *link;

	settings.state = mkdtemp(state);
	loop = loop_new();
	if (CHECK(settings.state && loop && lsa_open(&lsa, &settings, why) == STATUS_SUCCESS)) {
		link = lsa_link_open(lsa, loop, &peer);
		ASK(link, &t, CALL_CONNECT, connect, .version = FRAME_VERSION, .kind = 2);
		ASK(link, &t, CALL_USER_ADD, user_add, .name = bytes_of_text("eve"), .full_name = bytes_of_text("Eve"),
		    .password = bytes_of_text("pass word 9"));
		CHECK(t.reply.status == STATUS_SUCCESS);
		lsa_link_gone(link);
		RUN(a_record_is_joined_by_its_own_process_alone);
		RUN(an_unknown_peer_has_no_link);
		RUN(what_is_made_for_nobody_does_not_stay);
		RUN(nobody_waits_on_a_link_that_is_gone);
		RUN(replies_hold_nothing_of_memory);
	}
	lsa_close(lsa);
	loop_drop(loop);
	(void)snprintf(command, sizeof command, "rm -rf %s", state);
	(void)!system(command);
	return check_end();
}
