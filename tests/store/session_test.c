/*
 * session_test.c - logon sessions and tokens: LUIDs, lives, threads.
 * Covers store/session.c, token.c.
 */
#include "check.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "store/token.h"

static unsigned ended_count;
static uint64_t ended_luid;

static void
ended(void *arg, struct session *session)
{
	(void)arg;
	ended_count++;
	ended_luid = session->luid;
	CHECK_TEXT(session->user, "alice");
}

static const uint8_t sid[28] = { 1, 5, 0, 0, 0, 0, 0, 5, 21 };

static struct session *
log_on(struct sessions *all, uint64_t luid)
{
	struct session_new new = {
		.luid = luid,
		.user = bytes_of_text("alice"), .domain = bytes_of_text("TESTBOX"), .package = bytes_of_text("NTLM"),
		.sid = bytes_of(sid, sizeof sid), .logon_type = 3, .uid = 1000, .logon_time = 42,
	};
	struct session *s = NULL;

	CHECK_U64((uint32_t)session_new(&s, all, &new), STATUS_SUCCESS);
	return s;
}

TEST(one_life)
{
	struct sessions *all = NULL;
	struct session *s, *same;
	uint64_t luid;

	ended_count = 0;
	CHECK_U64((uint32_t)sessions_new(&all, ended, NULL), STATUS_SUCCESS);
	s = log_on(all, 0);
	luid = s->luid;
	CHECK(luid >= SESSION_LOWEST);
	CHECK_TEXT(s->domain, "TESTBOX");
	CHECK_TEXT(s->package, "NTLM");
	CHECK(s->logon_type == 3 && s->uid == 1000 && s->logon_time == 42 && bytes_same(s->sid, bytes_of(sid, sizeof sid)));
	same = session_find(all, luid);
	CHECK(same == s);
	session_drop(s);
	CHECK_U64(ended_count, 0);
	CHECK_U64(session_count(all), 1);
	session_drop(same);
	CHECK_U64(ended_count, 1);
	CHECK_U64(ended_luid, luid);
	CHECK(session_find(all, luid) == NULL);
	CHECK(session_find(all, 0) == NULL);
	s = log_on(all, 0);
	CHECK(s->luid > luid);
	session_drop(s);
	session_drop(NULL);
	sessions_drop(all);
	sessions_drop(NULL);
}

TEST(reserved)
{
	struct sessions *all = NULL;
	struct session *s, *other = NULL;
	char longest[1025];
	struct session_new new = { .luid = SESSION_SYSTEM, .user = bytes_of_text("alice") };

	CHECK_U64((uint32_t)sessions_new(&all, NULL, NULL), STATUS_SUCCESS);
	s = log_on(all, SESSION_SYSTEM);
	CHECK_U64((uint32_t)session_new(&other, all, &new), (uint32_t)STATUS_LOGON_SESSION_EXISTS);
	new.luid = 5;
	CHECK_U64((uint32_t)session_new(&other, all, &new), (uint32_t)STATUS_INVALID_PARAMETER);
	new.luid = 0;
	memset(longest, 'x', sizeof longest);
	new.user = bytes_of(longest, sizeof longest);
	CHECK_U64((uint32_t)session_new(&other, all, &new), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK(other == NULL);
	session_drop(s);
	sessions_drop(all);
}

TEST(lists)
{
	struct sessions *all = NULL;
	struct session *s[1000];
	uint64_t *luids = (uint64_t *)1;
	size_t count = 7;
	bool rising = true;

	CHECK_U64((uint32_t)sessions_new(&all, NULL, NULL), STATUS_SUCCESS);
	CHECK_U64((uint32_t)session_list(all, &luids, &count), STATUS_SUCCESS);
	CHECK(luids == NULL && count == 0);
	for (unsigned i = 0; i < 1000; i++)
		s[i] = log_on(all, 0);
	CHECK_U64((uint32_t)session_list(all, &luids, &count), STATUS_SUCCESS);
	CHECK_U64(count, 1000);
	for (size_t i = 0; i < count; i++)
		rising = rising && luids[i] == s[i]->luid;
	CHECK(rising);
	CHECK(malloc_usable_size(s[0]) < 250);
	free(luids);
	for (unsigned i = 0; i < 1000; i++)
		session_drop(s[i]);
	CHECK_U64(session_count(all), 0);
	sessions_drop(all);
}

static void *
come_and_go(void *arg)
{
	struct sessions *all = arg;

	for (unsigned i = 0; i < 20000; i++) {
		struct session *s = log_on(all, 0), *other = session_find(all, s->luid - 1);

		session_drop(other);
		session_drop(s);
	}
	return NULL;
}

TEST(threads)
{
	struct sessions *all = NULL;
	pthread_t ids[4];

	CHECK_U64((uint32_t)sessions_new(&all, NULL, NULL), STATUS_SUCCESS);
	for (unsigned i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, come_and_go, all);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	CHECK_U64(session_count(all), 0);
	sessions_drop(all);
}

TEST(tokens)
{
	struct sessions *all = NULL;
	struct session *s = NULL;
	struct token *t = NULL;
	struct session_group groups[2] = { { bytes_of(sid, sizeof sid), 7 }, { bytes_of(sid, 12), 4 } };
	struct session_new in = { .user = bytes_of_text("alice"), .server = bytes_of_text("SRV"), .groups = groups, .group_count = 2 };
	uint32_t gids[2] = { 100, 7 };
	struct token_new new = { .type = TYPE_IMPERSONATION, .privileges = 6, .gids = gids, .gid_count = 2 };

	ended_count = 0;
	CHECK_U64((uint32_t)sessions_new(&all, ended, NULL), STATUS_SUCCESS);
	CHECK_U64((uint32_t)session_new(&s, all, &in), STATUS_SUCCESS);
	CHECK(s->group_count == 2 && bytes_same(s->groups[1].sid, groups[1].sid) && s->groups[1].sid.at != groups[1].sid.at);
	CHECK_U64(s->groups[0].attributes, 7);
	CHECK_TEXT(s->server, "SRV");
	CHECK_U64((uint32_t)token_new(&t, s, &new), (uint32_t)STATUS_INVALID_PARAMETER);
	new.level = LEVEL_IMPERSONATION;
	CHECK_U64((uint32_t)token_new(&t, s, &new), STATUS_SUCCESS);
	CHECK(t->id > s->luid && t->made.privileges == 6 && t->made.gids != gids && t->made.gids[1] == 7);
	session_drop(s);
	CHECK_U64(ended_count, 0);
	CHECK(token_hold(t) == t);
	token_drop(t);
	token_drop(t);
	CHECK_U64(ended_count, 1);
	token_drop(NULL);
	in.group_count = SESSION_GROUPS_MAX + 1;
	CHECK_U64((uint32_t)session_new(&s, all, &in), (uint32_t)STATUS_INVALID_PARAMETER);
	in.group_count = 2;
	groups[1].sid.len = 0;
	CHECK_U64((uint32_t)session_new(&s, all, &in), (uint32_t)STATUS_INVALID_PARAMETER);
	sessions_drop(all);
}

int
main(void)
{
	RUN(one_life);
	RUN(reserved);
	RUN(lists);
	RUN(threads);
	RUN(tokens);
	return check_end();
}
