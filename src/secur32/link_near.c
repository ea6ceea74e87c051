/*
 * link_near.c - the LSA in this process. The one file here that includes the
 * LSA; a build without embedded mode leaves it out. Same frames, same
 * dispatch, same ranks as over a socket.
 */
#include "secur32/link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/conf.h"
#include "engine/loop.h"
#include "lsa/lsa.h"
#include "secur32/root.h"

/* One LSA and one wheel for all near links of the process. */
struct near {
	struct lsa *lsa;
	struct loop *loop;
	pthread_mutex_t lock;
	pthread_cond_t turned;
	int bell;			/* wakes the thread that turns for a synchronous caller */
	bool turning;
	_Atomic unsigned sleepers;
};

struct near_link {
	struct link link;
	struct near *near;
	struct lsa_link *lsa;
};

static _Thread_local struct near *turning_here;	/* the wheel that this thread is turning for itself */

#define NEAR_OF(l) ((struct near_link *)(void *)(l))

static void
near_done(void *arg, struct bytes reply)
{
	struct ask *ask = arg;

	if (reply.len)
		ask_tell(ask, reply);
	else
		ask_lose(ask, STATUS_PORT_DISCONNECTED);
}

static void
near_send(struct link *link, struct ask *ask)
{
	unsigned how = LSA_FRAME_STAYS | (ask->finished ? 0 : LSA_MAY_BLOCK);

	ask->id = 0;
	if (atomic_load(&link->dead))
		ask_lose(ask, STATUS_PORT_DISCONNECTED);
	else if (!lsa_submit(NEAR_OF(link)->lsa, bytes_of(ask->frame, ask->frame_len), how, near_done, ask))
		ask_lose(ask, STATUS_INVALID_PARAMETER);
}

static void
near_turn_once(struct near *n)
{
	struct pollfd p[2] = { { .fd = loop_fd(n->loop), .events = POLLIN }, { .fd = n->bell, .events = POLLIN } };
	uint64_t rung;

	(void)poll(p, 2, 1000);
	if (p[1].revents && read(n->bell, &rung, sizeof rung) < 0 && errno != EAGAIN)
		return;
	turning_here = n;
	(void)loop_turn(n->loop, 0);
	turning_here = NULL;
}

static void
near_wait(struct link *link, struct ask *ask)
{
	struct near *n = NEAR_OF(link)->near;

	atomic_fetch_add(&n->sleepers, 1);
	pthread_mutex_lock(&n->lock);
	while (!atomic_load(&ask->done)) {
		if (n->turning) {
			pthread_cond_wait(&n->turned, &n->lock);
			continue;
		}
		n->turning = true;
		pthread_mutex_unlock(&n->lock);
		near_turn_once(n);
		pthread_mutex_lock(&n->lock);
		n->turning = false;
		pthread_cond_broadcast(&n->turned);
	}
	pthread_mutex_unlock(&n->lock);
	atomic_fetch_sub(&n->sleepers, 1);
}

static void
near_woken(struct link *link)
{
	struct near *n = NEAR_OF(link)->near;
	uint64_t one = 1;

	/* Who turns looks, and wakes the others, when it has turned. */
	if (!atomic_load(&n->sleepers) || turning_here == n)
		return;
	pthread_mutex_lock(&n->lock);
	pthread_cond_broadcast(&n->turned);
	if (n->turning && write(n->bell, &one, sizeof one) < 0 && errno != EAGAIN)
		abort();			/* an eventfd of ours takes 2^64 - 2 rings */
	pthread_mutex_unlock(&n->lock);
}

static int
near_fd(const struct link *link)
{
	return loop_fd(((const struct near_link *)(const void *)link)->near->loop);
}

static void
near_pump(struct link *link)
{
	(void)loop_turn(NEAR_OF(link)->near->loop, 0);
}

static bool
near_backlog(struct link *link)
{
	(void)link;
	return false;
}

static bool
near_alive(struct link *link)
{
	return !atomic_load(&link->dead);
}

static void
near_cancel(struct link *link, struct ask *ask)
{
	lsa_cancel(NEAR_OF(link)->lsa, ask);
}

static void
near_close(struct link *link)
{
	if (!atomic_exchange(&link->dead, true))
		lsa_link_gone(NEAR_OF(link)->lsa);
}

static void
near_drop(struct link *link)
{
	lsa_link_release(NEAR_OF(link)->lsa);
	free(link);
}

static const struct link_kind near_kind = {
	.send   = near_send,
	.wait   = near_wait,
	.woken  = near_woken,
	.fd     = near_fd,
	.pump   = near_pump,
	.backlog = near_backlog,
	.alive  = near_alive,
	.cancel = near_cancel,
	.close  = near_close,
	.drop   = near_drop,
};

static void
near_free(struct near *n)
{
	if (n->bell >= 0)
		close(n->bell);
	loop_drop(n->loop);
	free(n);
}

/* Embedded, nothing is written unless it is asked for: by openlsa.conf, and before it by OPENLSA_AUDIT (on, off, a path). */
static NTSTATUS
near_audit(struct store_audit *ret_audit, struct why *why)
{
	static const char *const modes[] = { "0600", "0640", NULL };
	const struct conf *conf = root_conf();
	const char *file = conf_text(conf, "audit_file"), *journal = conf_text(conf, "audit_journal");
	const char *told = secure_getenv("OPENLSA_AUDIT");
	struct store_audit a = { .size_kib = 65536, .keep = 4, .rate = 1000, .name = program_invocation_short_name };
	struct conf_fault fault = { 0 };
	unsigned mode = 0;

	if (told)
		file = told;
	if (conf_choice(&mode, conf, "audit_file_mode", modes, &fault) == CONF_BAD ||
	    conf_u32(&a.size_kib, conf, "audit_file_size", 0, 4000000, &fault) == CONF_BAD ||
	    conf_u32(&a.keep, conf, "audit_file_keep", 0, 99, &fault) == CONF_BAD ||
	    conf_u32(&a.rate, conf, "audit_rate", 0, 10000000, &fault) == CONF_BAD ||
	    (file && *file != '/' && strcmp(file, "on") != 0 && strcmp(file, "off") != 0) ||
	    (journal && *journal != '/' && strcmp(journal, "on") != 0 && strcmp(journal, "off") != 0 && strcmp(journal, "auto") != 0)) {
		why_say(why, STATUS_INVALID_PARAMETER, TO_CALLER, "the embedded LSA did not open: one of the audit_ values of "
		    "openlsa.conf, or OPENLSA_AUDIT, is not understood (lsad.conf(5) tells what they may be)");
		return STATUS_INVALID_PARAMETER;
	}
	a.mode = mode ? 0640 : 0600;
	if (file && strcmp(file, "off") != 0)
		a.file = *file == '/' ? file : "audit.json";
	if (journal && strcmp(journal, "off") != 0) {
		a.journal = *journal == '/' ? journal : STORE_JOURNAL;
		a.journal_must = strcmp(journal, "auto") != 0;
	}
	*ret_audit = a;
	return STATUS_SUCCESS;
}

/* The process is its own authority: whatever its uid may do to its store, it may do here. */
static NTSTATUS
near_new(struct near **ret_near, struct why *why)
{
	struct lsa_settings settings = { .state = root_state_folder(), .conf = root_conf() };
	char sentence[LSA_SENTENCE] = "";
	struct near *n;
	NTSTATUS status = near_audit(&settings.audit, why);

	if (status == STATUS_SUCCESS && !settings.state) {
		why_say(why, STATUS_OBJECT_PATH_NOT_FOUND, TO_CALLER,
		    "the embedded LSA did not open: nothing says where its store is: set OPENLSA_STATE, XDG_STATE_HOME or HOME");
		return STATUS_OBJECT_PATH_NOT_FOUND;
	}
	n = calloc(1, sizeof *n);
	if (!n || status != STATUS_SUCCESS) {
		free(n);
		return n ? status : STATUS_NO_MEMORY;
	}
	if (root_packages(MODE_EMBEDDED))
		lsa_packages_load(root_packages(MODE_EMBEDDED), false, false, 0, NULL);
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->turned, NULL);
	n->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n->loop = loop_new();
	status = n->loop && n->bell >= 0 ? lsa_open(&n->lsa, &settings, sentence) : STATUS_INSUFFICIENT_RESOURCES;
	if (status != STATUS_SUCCESS) {
		why_say(why, status, TO_CALLER, "the embedded LSA did not open: %s",
		    *sentence ? sentence : "no memory or descriptors");
		near_free(n);
		return status;
	}
	*ret_near = n;
	return STATUS_SUCCESS;
}

NTSTATUS
link_near_open(struct link **ret_link, struct why *why)
{
	struct lsa_peer self = { .known = true, .near = true, .tcb = true, .admin = true,
	    .uid = (uint32_t)geteuid(), .gid = (uint32_t)getegid(), .pid = getpid() };
	struct near **home = (struct near **)root_near_slot();
	struct near_link *link;
	NTSTATUS status = STATUS_SUCCESS;

	root_lock();
	if (!*home)
		status = near_new(home, why);
	root_unlock();
	if (status != STATUS_SUCCESS)
		return status;
	link = calloc(1, sizeof *link);
	if (!link)
		return STATUS_NO_MEMORY;
	link->link.kind = &near_kind;
	link->near = *home;
	link->lsa = lsa_link_open(link->near->lsa, link->near->loop, &self);
	if (!link->lsa) {
		free(link);
		return STATUS_NO_MEMORY;
	}
	lsa_link_hold(link->lsa);		/* beyond its end, since that races with calls of other threads */
	*ret_link = &link->link;
	return STATUS_SUCCESS;
}
