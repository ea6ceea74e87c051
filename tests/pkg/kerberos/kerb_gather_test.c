/*
 * kerb_gather_test.c - the caller's ticket cache as bytes: which tickets, in
 * which order; that a file is read again when it has changed, and not when it
 * has not; that a forked child reads for itself.
 * Covers pkg/kerberos/kerb_gather.c.
 */
#include <dlfcn.h>
#include <krb5.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/kerberos/kerb_ccache.h"
#include "pkg/kerberos/kerb_gather.h"
#include "tests/check.h"

#define ME	"alice@GATHER.TEST"
#define TGT	"krbtgt/GATHER.TEST@GATHER.TEST"
#define MANY	300u

static char path[80];
static krb5_context k5;
static unsigned reads;

/* Every reading of a cache in this process. */
krb5_error_code KRB5_CALLCONV
krb5_cc_start_seq_get(krb5_context context, krb5_ccache cc, krb5_cc_cursor *cursor)
{
	static krb5_error_code (*next)(krb5_context, krb5_ccache, krb5_cc_cursor *);

	if (!next)
		*(void **)(void *)&next = dlsym(RTLD_NEXT, "krb5_cc_start_seq_get");
	reads++;
	return next(context, cc, cursor);
}

/* --- caches ---------------------------------------------------------------------- */

static void
cache_make(void)
{
	krb5_principal me = NULL;
	krb5_ccache cc;

	CHECK(krb5_cc_resolve(k5, path, &cc) == 0 && krb5_parse_name(k5, ME, &me) == 0);
	CHECK(krb5_cc_initialize(k5, cc, me) == 0);
	krb5_free_principal(k5, me);
	krb5_cc_close(k5, cc);
}

static void
cache_add(const char *service, size_t ticket_len)
{
	static uint8_t key[32] = "a key", ticket[40000] = "a ticket";
	krb5_creds c = {
		.keyblock = { .enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96, .length = sizeof key, .contents = key },
		.times = { .endtime = 0x7fffff00 },
		.ticket = { .length = (unsigned)ticket_len, .data = (char *)ticket },
	};
	krb5_ccache cc;

	CHECK(krb5_cc_resolve(k5, path, &cc) == 0 && krb5_parse_name(k5, ME, &c.client) == 0 &&
	    krb5_parse_name(k5, service, &c.server) == 0);
	CHECK(krb5_cc_store_cred(k5, cc, &c) == 0);
	krb5_free_principal(k5, c.client);
	krb5_free_principal(k5, c.server);
	krb5_cc_close(k5, cc);
}

/* How many tickets are gathered; -1: malformed. *ret_first: the first one's service, as far as its first part goes. */
static int
gathered(char ret_first[16])
{
	struct secret *tickets = NULL;
	struct ccache_head head;
	struct ccache_cred c;
	struct reader r;
	int count = 0;
	uint8_t *p;

	CHECK(kerb_gather(&tickets, false) == STATUS_SUCCESS);
	ret_first[0] = 0;
	if (!tickets)
		return 0;
	WITH_SECRET(p, tickets) {
		r = reader_of(bytes_of(p, secret_len(tickets)));
		if (!ccache_head_take(&head, &r))
			count = -1;
		while (count >= 0 && reader_left(&r)) {
			if (!ccache_cred_take(&c, &r)) {
				count = -1;
				break;
			}
			if (count++ == 0)
				(void)snprintf(ret_first, 16, "%.*s", (int)c.server.parts[0].len, (const char *)c.server.parts[0].at);
		}
	}
	secret_drop(&tickets);
	return count;
}

/* --- tests ------------------------------------------------------------------------ */

TEST(nothing_there)
{
	char first[16];

	CHECK_U64(gathered(first), 0);
}

TEST(granting_ones_first)
{
	char first[16];

	cache_make();
	cache_add("HTTP/a@GATHER.TEST", 100);
	cache_add(TGT, 100);
	CHECK_U64(gathered(first), 2);
	CHECK_TEXT(first, "krbtgt");
}

/* Each change within the same second, and within the same length. */
TEST(each_change_is_seen)
{
	char first[16];

	for (int i = 0; i < 20; i++) {
		cache_make();
		cache_add(i & 1 ? TGT : "host/a.GATHER.TES@GATHER.TEST", 100);
		CHECK_U64(gathered(first), 1);
		CHECK_TEXT(first, i & 1 ? "krbtgt" : "host");
		CHECK_U64(gathered(first), 1);
		CHECK_TEXT(first, i & 1 ? "krbtgt" : "host");
	}
}

/* What does not fit a message is left out, the ticket-granting ones last of all. */
TEST(as_far_as_they_fit)
{
	char first[16], name[64];
	int count;

	cache_make();
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof name, "HTTP/h%u@GATHER.TEST", i);
		cache_add(name, 1000);
	}
	cache_add(TGT, 30000);
	count = gathered(first);
	CHECK(count > 10 && count < 40);
	CHECK_TEXT(first, "krbtgt");
}

TEST(unchanged_is_not_read)
{
	char first[16];
	unsigned before;
	int status = -1;
	pid_t pid;

	cache_make();
	cache_add(TGT, 100);
	cache_add("HTTP/a@GATHER.TEST", 100);
	sleep(4);				/* what was written this moment is read each time */
	CHECK_U64(gathered(first), 2);
	before = reads;
	for (int i = 0; i < 10; i++)
		CHECK_U64(gathered(first), 2);
	CHECK_U64(reads, before);
	pid = fork();				/* a child has nothing of what was secret */
	if (pid == 0) {
		before = reads;
		_exit(gathered(first) == 2 && reads == before + 1 && gathered(first) == 2 && reads == before + 1 ? 0 : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	cache_add("HTTP/b@GATHER.TEST", 100);
	CHECK_U64(gathered(first), 3);
	CHECK(reads > before);
	CHECK(unlink(path + 5) == 0);
	CHECK_U64(gathered(first), 0);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(path, sizeof path, "FILE:%.40s/gather-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(path + 5))
		return 1;
	strcat(path, "/cc");
	setenv("KRB5CCNAME", path, 1);
	setenv("KRB5_CONFIG", "/dev/null", 1);
	if (krb5_init_context(&k5) != 0)
		return 1;
	RUN(nothing_there);
	RUN(granting_ones_first);
	RUN(each_change_is_seen);
	RUN(as_far_as_they_fit);
	RUN(unchanged_is_not_read);
	krb5_free_context(k5);
	*strrchr(path, '/') = 0;
	(void)rmdir(path + 5);
	return check_end();
}
