/*
 * net_dns.c - SRV records of a realm (RFC 2782, RFC 4120 7.2.3): asked,
 * read, put in order. Blocks, so it runs on a job. libc's resolver carries
 * the question; the answer is foreign bytes and is read here.
 */
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of old that the resolver's header takes and Windows' headers need. */
#undef DELETE
#undef NOERROR

#include "base/random.h"
#include "engine/net_inside.h"

#define ANSWER_MAX	65535u
#define TYPE_SRV	33u
#define CLASS_IN	1u
#define HOPS_MAX	64u		/* a name has at most 127 labels; a loop of pointers has no end */

/* --- the answer --------------------------------------------------------- */

/* A byte that a host name has; anything else could not be looked up and would spoil a sentence. */
static bool
host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/*
 * A name (RFC 1035 4.1.4), pointers followed; `to` NULL only steps over it.
 * Strange bytes of labels become '?'.
 */
static void
name_take(struct reader *r, char to[256])
{
	struct reader elsewhere, *from = r;
	unsigned hops = 0;
	size_t at = 0;

	for (;;) {
		uint8_t len = reader_u8(from);
		struct bytes label;

		if (len >= 0xC0u) {
			size_t offset = (size_t)(len & 0x3Fu) << 8 | reader_u8(from);

			if (!reader_ok(from) || ++hops > HOPS_MAX || offset >= from->whole.len) {
				reader_spoil(r);
				break;
			}
			if (!to)
				break;
			elsewhere = reader_of(from->whole);
			reader_skip(&elsewhere, offset);
			from = &elsewhere;
			continue;
		}
		label = reader_bytes(from, len);
		if (!reader_ok(from) || len > 63 || at + len + 2 > 255) {
			reader_spoil(r);
			break;
		}
		if (!len)
			break;
		if (to && at)
			to[at] = '.';
		at += at != 0;
		for (size_t i = 0; to && i < len; i++)
			to[at + i] = host_byte(label.at[i]) ? (char)label.at[i] : '?';
		at += len;
	}
	if (to)
		to[reader_ok(r) ? at : 0] = 0;
}

int
srv_take(struct srv to[SRV_MAX], struct bytes answer)
{
	struct reader r = reader_of(answer);
	uint16_t questions, answers;
	unsigned count = 0;

	reader_skip(&r, 4);
	questions = reader_be16(&r);
	answers = reader_be16(&r);
	reader_skip(&r, 4);
	while (questions-- && reader_ok(&r)) {
		name_take(&r, NULL);
		reader_skip(&r, 4);
	}
	while (answers-- && reader_ok(&r)) {
		uint16_t type, class;
		struct bytes data;
		struct reader in;
		struct srv *s = &to[count];

		name_take(&r, NULL);
		type = reader_be16(&r);
		class = reader_be16(&r);
		(void)reader_be32(&r);
		data = reader_bytes(&r, reader_be16(&r));
		if (!reader_ok(&r) || type != TYPE_SRV || class != CLASS_IN || count == SRV_MAX)
			continue;
		/* The name may point back into the whole answer, but must end inside its record. */
		in = reader_of(bytes_of(answer.at, (size_t)(data.at - answer.at) + data.len));
		reader_skip(&in, (size_t)(data.at - answer.at));
		s->priority = reader_be16(&in);
		s->weight = reader_be16(&in);
		s->port = reader_be16(&in);
		name_take(&in, s->name);
		if (!reader_done(&in))
			reader_spoil(&r);
		count++;
	}
	return reader_ok(&r) ? (int)count : -1;
}

/* --- the order ------------------------------------------------------------ */

static int
by_priority(const void *a, const void *b)
{
	const struct srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	/* RFC 2782: those of no weight stand first when lots are drawn. */
	return (x->weight != 0) - (y->weight != 0);
}

/* A few lots, not a secret: xorshift. */
static uint32_t
lot(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

void
srv_order(struct srv *srv, unsigned count, uint32_t seed)
{
	seed |= 1;
	qsort(srv, count, sizeof *srv, by_priority);
	for (unsigned i = 0; i < count; i++) {
		uint32_t sum = 0, drawn, run = 0;
		unsigned end = i, chosen = i;
		struct srv s;

		while (end < count && srv[end].priority == srv[i].priority)
			sum += srv[end++].weight;
		drawn = lot(&seed) % (sum + 1);
		while (chosen + 1 < end && (run += srv[chosen].weight) < drawn)
			chosen++;
		s = srv[chosen];
		memmove(&srv[i + 1], &srv[i], (chosen - i) * sizeof *srv);
		srv[i] = s;
	}
}

/* --- the question ---------------------------------------------------------- */

enum { DNS_ANSWERED, DNS_NOTHING, DNS_SILENT };

static int
dns_ask(struct __res_state *state, const char *name, uint8_t *answer, struct srv srv[SRV_MAX], unsigned *ret_count)
{
	int len = res_nquery(state, name, CLASS_IN, TYPE_SRV, answer, (int)ANSWER_MAX), count;
	uint32_t seed = 1;

	*ret_count = 0;
	if (len < 0)
		return state->res_h_errno == HOST_NOT_FOUND || state->res_h_errno == NO_DATA ? DNS_NOTHING : DNS_SILENT;
	count = srv_take(srv, bytes_of(answer, (size_t)len < ANSWER_MAX ? (size_t)len : ANSWER_MAX));
	if (count < 0)
		return DNS_SILENT;
	if (!random_bytes(&seed, sizeof seed))
		seed = (uint32_t)(uintptr_t)answer;
	srv_order(srv, (unsigned)count, seed);
	*ret_count = (unsigned)count;
	return count ? DNS_ANSWERED : DNS_NOTHING;
}

static void
dns_ask_both(struct found *f, const char *realm, const char *service, struct __res_state *state, uint8_t *answer)
{
	static const char *const words[TRANSPORTS] = { "udp", "tcp" };
	struct srv *srv = calloc(SRV_MAX, sizeof *srv);
	unsigned count, silent = 0;
	char name[300];

	if (!srv) {
		f->status = STATUS_NO_MEMORY;
		return;
	}
	for (int t = 0; t < TRANSPORTS; t++) {
		(void)snprintf(name, sizeof name, "%s._%s.%.255s", service, words[t], realm);
		silent += dns_ask(state, name, answer, srv, &count) == DNS_SILENT;
		for (unsigned i = 0; i < count; i++) {
			struct host h = { srv[i].name, srv[i].port, t == BY_UDP, t == BY_TCP };

			if (*h.name && h.port)		/* "." says: not here (RFC 2782) */
				found_add_host(f, &h);
		}
	}
	free(srv);
	if (silent && !f->count) {
		f->status = STATUS_IO_TIMEOUT;
		found_note(f, "the name service gave no usable answer for %s._udp.%.80s", service, realm);
	} else if (!f->count) {
		found_note(f, "DNS has no %s._udp.%.60s or %s._tcp.%.60s", service, realm, service, realm);
	}
}

void
dns_look_up(struct found *f, const char *realm, bool kpasswd, const struct resolver *resolver)
{
	struct __res_state state;
	uint8_t *answer = malloc(ANSWER_MAX);

	memset(&state, 0, sizeof state);
	if (!answer || res_ninit(&state) != 0) {
		free(answer);
		f->status = STATUS_NO_MEMORY;
		found_note(f, "the name service could not be set up");
		return;
	}
	if (resolver->given) {
		state.nscount = 1;
		state.nsaddr_list[0] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(resolver->port),
		    .sin_addr = resolver->address };
		state.retrans = 3;
		state.retry = 1;
	}
	dns_ask_both(f, realm, kpasswd ? "_kpasswd" : "_kerberos", &state, answer);
	res_nclose(&state);
	free(answer);
}
