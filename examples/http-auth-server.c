/* SPDX-License-Identifier: MIT */
/*
 * http-auth-server.c - a web server that asks who you are and tells you.
 *
 * One thread, one epoll loop. The handshake's legs (http-auth.c) are queued
 * with SspiAcceptSecurityContextAsync; their ends arrive as one descriptor
 * more of the same loop, the completion queue of openlsa.h. It speaks Negotiate
 * (Kerberos or NTLM, as the peer can) and NTLM, with one credential: Negotiate
 * takes NTLM's own tokens too. Both belong to the connection (RFC 4559): who has
 * authenticated stays so until it closes.
 *
 * Bounded: a head 16 KiB, connections 256, an idle one 30 seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http-auth.h"
#include "http-part.h"

#define HEAD_MOST	16384u
#define ANSWER_MOST	32768u
#define CONNS_MOST	256u
#define IDLE_MS		30000u
#define EVENTS		64

struct conn {
	int fd;
	bool used;
	bool gone;			/* closed, but a call still writes to it */
	bool closing;			/* after the answer */
	bool is_head;
	const char *scheme;		/* the peer's, in which it is answered */
	size_t in_len, skip, out_len, out_sent;
	unsigned long long until;	/* ms: then it has idled for too long */
	struct auth auth;
	char in[HEAD_MOST], out[ANSWER_MOST];
};

static struct conn conns[CONNS_MOST];
static unsigned conn_count;
static int loop, listener, signals;	/* their addresses say whose an event is */
static bool listening;
static OLSA_ASYNC_QUEUE *queue;
static CredHandle cred;

static unsigned long long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000u + (unsigned long long)t.tv_nsec / 1000000u;
}

static bool
watch(int op, int fd, uint32_t events, void *whose)
{
	struct epoll_event e = { .events = events, .data = { .ptr = whose } };

	return epoll_ctl(loop, op, fd, &e) == 0;
}

static void
listen_switch(bool on)
{
	if (on != listening)
		(void)watch(EPOLL_CTL_MOD, listener, on ? EPOLLIN : 0, &listener);
	listening = on;
}

/* What a pending call writes to must stay: the place is free when the call has ended. */
static void
conn_close(struct conn *c)
{
	if (!c->gone)
		close(c->fd);
	c->gone = true;
	if (c->auth.pending) {
		(void)OlsaSspiCancelAsync(c->auth.call);
		return;
	}
	auth_close(&c->auth);
	explicit_bzero(c, sizeof *c);
	conn_count--;
	listen_switch(true);
}

/* --- answers --------------------------------------------------------------------- */

/* False: the connection is closed. */
static bool
conn_send(struct conn *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return watch(EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
		if (n < 0) {
			conn_close(c);
			return false;
		}
		c->out_sent += (size_t)n;
	}
	c->out_len = c->out_sent = 0;
	if (c->closing && !c->auth.pending) {
		conn_close(c);
		return false;
	}
	return watch(EPOLL_CTL_MOD, c->fd, c->auth.pending ? 0 : EPOLLIN, c);
}

/* With a token where there is one; a NULL page is one sentence. */
static void
answer(struct conn *c, int status, const SecBuffer *token, const char *page)
{
	c->out_len = http_answer(c->out, sizeof c->out, status, c->scheme, token ? token->pvBuffer : NULL,
	    token ? token->cbBuffer : 0, page, !c->closing, c->is_head);
	c->closing = c->closing || !c->out_len;
	c->until = now_ms() + IDLE_MS;
}

/* The last token goes with the page: the peer checks it. */
static void
answer_page(struct conn *c, const SecBuffer *token)
{
	const OlsaLogonInfo *l = &c->auth.logon;
	char user[1024], domain[1024], page[4096];

	(void)snprintf(page, sizeof page, "<!DOCTYPE html>\n<title>Who you are</title>\n<table>\n"
	    "<tr><th>user<td>%s\n<tr><th>domain<td>%s\n<tr><th>SID<td>%.190s\n<tr><th>logon session<td>%x:%x\n</table>\n",
	    html_of(user, sizeof user, l->User), html_of(domain, sizeof domain, l->Domain), l->Sid,
	    (unsigned)l->LogonId.HighPart, l->LogonId.LowPart);
	answer(c, 200, token, page);
}

/* --- requests ------------------------------------------------------------------------ */

static void
request_serve(struct conn *c, const struct request *r)
{
	size_t len;

	c->is_head = r->is_head;
	c->closing = !r->keep_alive;
	c->skip = r->body;
	c->until = now_ms() + IDLE_MS;
	c->scheme = r->scheme;
	if (r->token && r->token_len <= TOKEN_MOST && base64_take(c->auth.token, &len, r->token, r->token_len)) {
		if (auth_leg(&c->auth, &cred, len))
			return;
		c->closing = true;
		answer(c, 500, NULL, NULL);
	} else if (c->auth.granted && !r->token) {
		answer_page(c, NULL);
	} else {
		auth_reset(&c->auth);
		answer(c, 401, NULL, NULL);
	}
}

/* Sends what stands there and serves what has come, until there is something to wait for. */
static void
conn_go_on(struct conn *c)
{
	while (conn_send(c) && !c->auth.pending && !c->out_len) {
		size_t skip = c->skip < c->in_len ? c->skip : c->in_len, len;
		struct request r;
		int error;

		c->in_len -= skip;
		c->skip -= skip;
		memmove(c->in, c->in + skip, c->in_len);
		len = http_head_len(c->in, c->in_len);
		if (!len && c->in_len < HEAD_MOST)
			return;
		error = len ? http_head_take(&r, c->in, len) : 431;
		if (error) {
			c->closing = true;
			answer(c, error, NULL, NULL);
			continue;
		}
		request_serve(c, &r);		/* it keeps nothing of the head */
		c->in_len -= len;
		memmove(c->in, c->in + len, c->in_len);
	}
}

static void
leg_ended(void *owner, enum auth_end end)
{
	struct conn *c = owner;

	if (c->gone) {
		conn_close(c);
		return;
	}
	if (end == AUTH_GRANTED)
		answer_page(c, c->auth.token_out.cbBuffer ? &c->auth.token_out : NULL);
	else
		answer(c, 401, end == AUTH_MORE ? &c->auth.token_out : NULL, NULL);
	conn_go_on(c);
}

static void
conn_read(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, HEAD_MOST - c->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	c->in_len += (size_t)n;
	conn_go_on(c);
}

/* --- connections ------------------------------------------------------------------------- */

static void
conn_accept(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct conn *c = conns;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			listen_switch(false);	/* until one closes, or the next tick */
		return;
	}
	while (c->used)				/* one is free: else nobody would listen */
		c++;
	if (!auth_open(&c->auth, queue, leg_ended, c) || !watch(EPOLL_CTL_ADD, fd, EPOLLIN, c)) {
		auth_close(&c->auth);
		close(fd);
		return;
	}
	c->fd = fd;
	c->used = true;
	c->until = now_ms() + IDLE_MS;
	if (++conn_count == CONNS_MOST)
		listen_switch(false);
}

static void
conns_close(bool only_idle)
{
	unsigned long long now = now_ms();

	for (struct conn *c = conns; c < conns + CONNS_MOST; c++)
		if (c->used && !c->gone && (!only_idle || c->until < now))
			conn_close(c);
	listen_switch(conn_count < CONNS_MOST);
}

/* --- the loop ------------------------------------------------------------------------------ */

static void
conn_event(struct conn *c, uint32_t events)
{
	if (!c->used || c->gone)
		return;				/* closed by an event before this one */
	if (events & (EPOLLHUP | EPOLLERR))
		conn_close(c);
	else if (events & EPOLLIN)
		conn_read(c);
	else
		conn_go_on(c);
}

/* One turn. False: a signal says that it is the last. */
static bool
turn(int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(loop, events, EVENTS, timeout_ms);
	bool last = false, somebody = false;

	for (int i = 0; i < n; i++) {
		void *whose = events[i].data.ptr;

		if (whose == &signals)
			last = true;
		else if (whose == &listener)
			somebody = true;
		else if (whose == &queue)
			(void)OlsaSspiAsyncDispatch(queue, CONNS_MOST);
		else
			conn_event(whose, events[i].events);
	}
	if (somebody && listening)		/* last: no event of this turn is a new connection's */
		conn_accept();
	return !last;
}

static void
serve(void)
{
	unsigned long long tick = now_ms(), until;

	while (turn(1000))
		if (now_ms() >= tick + 1000) {
			conns_close(true);
			tick = now_ms();
		}
	/* Calls under way are asked to stop and waited for; each ends within its deadline. */
	close(listener);
	listener = -1;
	until = now_ms() + IDLE_MS;
	conns_close(false);
	while (conn_count && now_ms() < until)
		(void)turn(100);
}

static bool
listener_open(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof at;
	const int on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 128) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
		perror("http-auth-server: listen");
		return false;
	}
	printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
	return true;
}

static bool
loop_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0 || OlsaSspiAsyncQueueCreate(&queue) != 0 ||
	    (signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return false;
	listening = true;
	return watch(EPOLL_CTL_ADD, signals, EPOLLIN, &signals) && watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener) &&
	    watch(EPOLL_CTL_ADD, OlsaSspiAsyncQueueFd(queue), EPOLLIN, &queue);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' }, { "decode", no_argument, NULL, 'd' }, { NULL, 0, NULL, 0 },
	};
	static SEC_CHAR package[] = "Negotiate";
	unsigned long port = 8080;
	SECURITY_STATUS status;
	LPSTR why = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'p')
			port = strtoul(optarg, NULL, 10);
		else if (option == 'd')
			auth_decode = true;
		else
			port = 65536;
	if (port > 65535 || optind < argc) {
		fputs("usage: http-auth-server [--port N] [--decode]    (N = 0: any free port)\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred, NULL);
	if (status != SEC_E_OK) {
		(void)OlsaExplain(status, NULL, &why);
		fprintf(stderr, "http-auth-server: no credential to accept with\n%s", why ? why : "");
		return 1;
	}
	if (!listener_open((uint16_t)port) || !loop_open())
		return 1;
	serve();
	OlsaSspiAsyncQueueFree(queue);
	(void)FreeCredentialsHandle(&cred);
	return 0;
}
