/*
 * token_pass.c - tokens as descriptors. The descriptor is a connection to
 * the LSA on which nothing more is served: it keeps a token of its own, and
 * the LSA's last reply stays unread in it, which names that token and proves
 * it to whoever looks. So nobody who has it can speak for who made it, and
 * the kernel ends it with its last holder.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openlsa.h>

#include "base/nt.h"

#include "base/time.h"
#include "secur32/explain.h"
#include "secur32/idmap.h"
#include "secur32/token.h"

#define PATIENCE_MS	10000u
#define ROOM		4096u

/* --- frames on a bare socket -------------------------------------------------- */

typedef void put_fn(struct writer *w, const void *in);

static bool
say(int fd, uint16_t number, put_fn *put, const void *in)
{
	uint8_t frame[ROOM];
	struct request head = { .id = number, .number = number };
	struct writer w = writer_of(frame, sizeof frame);
	ssize_t n;

	request_put_head(&w, &head);
	put(&w, in);
	frame_end(&w);
	if (!writer_ok(&w))
		return false;
	do
		n = send(fd, frame, w.need, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	bytes_wipe(frame, w.need);
	return n == (ssize_t)w.need;
}

/* A whole reply in `room`; `flags` may leave it in the socket. False: none came in time, or it is none. */
static bool
hear(int fd, uint8_t room[ROOM], struct reply *ret_reply, int flags, unsigned patience)
{
	uint64_t until = time_mono_ms() + patience;
	uint32_t len = 0;
	size_t had = 0;

	do {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		enum frame_size size;
		ssize_t n;

		if (poll(&p, 1, patience ? 100 : 0) < 0 && errno != EINTR)
			return false;
		n = recv(fd, room + (flags & MSG_PEEK ? 0 : had), ROOM - (flags & MSG_PEEK ? 0 : had), flags | MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0)
			continue;
		had = (flags & MSG_PEEK ? 0 : had) + (size_t)n;
		size = frame_measure(&len, bytes_of(room, had), ROOM);
		if (size == FRAME_WHOLE)
			return reply_take(ret_reply, bytes_of(room, len));
		if (size == FRAME_BAD)
			return false;
	} while (time_mono_ms() < until);
	return false;
}

static void
put_connect(struct writer *w, const void *in)
{
	connect_in_put(w, in);
}

static void
put_bind(struct writer *w, const void *in)
{
	token_bind_in_put(w, in);
}

/* No cookie: it is a process record of its own, and keeps nothing else of ours. */
static NTSTATUS
bind_to(int fd, const struct htoken *t)
{
	struct connect_in hello = { .version = FRAME_VERSION, .kind = LINK_UNTRUSTED };
	struct token_bind_in in = { .token = t->wire, .key = bytes_of(t->key, sizeof t->key) };
	struct connect_out met;
	struct reply reply;
	uint8_t room[ROOM];

	if (!say(fd, CALL_CONNECT, put_connect, &hello) || !hear(fd, room, &reply, 0, PATIENCE_MS))
		return STATUS_PORT_DISCONNECTED;
	if (reply.status != STATUS_SUCCESS)
		return reply.status;
	if (!connect_out_take(&met, reply.out) || met.epoch != t->epoch)
		return STATUS_INVALID_HANDLE;
	if (!say(fd, CALL_TOKEN_BIND, put_bind, &in) || !hear(fd, room, &reply, MSG_PEEK, PATIENCE_MS))
		return STATUS_PORT_DISCONNECTED;
	bytes_wipe(room, sizeof room);
	return reply.status;
}

NTSTATUS
OlsaTokenToDescriptor(HANDLE Token, int *Descriptor)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t = htoken_hold(Token);
	NTSTATUS status = STATUS_SUCCESS;
	int fd = -1;

	if (!t)
		return STATUS_INVALID_HANDLE;
	if (!Descriptor)
		status = STATUS_INVALID_PARAMETER;
	else if (root_mode(&why) != MODE_DAEMON) {
		why_say(&why, STATUS_NOT_SUPPORTED, TO_CALLER, "the LSA of this token is in this process, and no other knows it");
		status = STATUS_NOT_SUPPORTED;
	}
	if (status == STATUS_SUCCESS)
		status = link_far_dial(&fd, &why);
	if (status == STATUS_SUCCESS)
		status = bind_to(fd, t);
	if (status == STATUS_SUCCESS)
		*Descriptor = fd;
	else if (fd >= 0)
		(void)close(fd);
	htoken_release(t);
	why_thread_keep(status, &why);
	return status;
}

/* What it says stood in it before it was sent, so there is nothing to wait for. It is only a name: the LSA that this process trusts says who it is. */
NTSTATUS
OlsaTokenFromDescriptor(int Descriptor, PHANDLE Token)
{
	struct why why = { NULL, 0, 0 };
	struct token_bind_out named;
	struct link *link = NULL;
	struct reply reply;
	uint8_t room[ROOM];
	NTSTATUS status;

	if (!Token)
		return STATUS_INVALID_PARAMETER;
	if (!hear(Descriptor, room, &reply, MSG_PEEK, 0) || reply.number != CALL_TOKEN_BIND || reply.status != STATUS_SUCCESS ||
	    !token_bind_out_take(&named, reply.out))
		return STATUS_INVALID_HANDLE;
	status = root_sspi_link(&link, &why);
	if (status == STATUS_SUCCESS)
		status = htoken_again(Token, link, named.token, named.key, 0, 0, &why);
	bytes_wipe(room, sizeof room);
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

NTSTATUS
OlsaTokenUnixUser(HANDLE Token, ULONG *Uid, ULONG *Gid)
{
	struct why why = { NULL, 0, 0 };
	struct htoken *t = htoken_hold(Token);
	struct id id = { 0 };
	NTSTATUS status;

	if (!t)
		return STATUS_INVALID_HANDLE;
	status = Uid && Gid ? idmap(&id, root_conf(), &t->facts, &why) : STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS) {
		*Uid = id.uid;
		*Gid = id.gid;
	}
	id_drop(&id);
	htoken_release(t);
	why_thread_keep(status, &why);
	return status;
}
