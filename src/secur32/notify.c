/*
 * notify.c - notification of changes of policy. One thread of the library
 * waits on a link of its own for the LSA's counters to move, as long as
 * somebody is registered; what it signals are events and descriptors of this
 * process. Rules: spec lsa-policy 8.
 */
#include <windows.h>
#include <ntsecapi.h>
#include <openlsa.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fork.h"
#include "secur32/events.h"
#include "secur32/pol.h"

#define CLASSES		8u
#define PAUSE_MS	200u		/* before a lost link is tried again */

struct watcher {
	struct watcher *next;
	unsigned class;			/* from 0 */
	struct event *event;		/* held, or NULL */
	HANDLE handle;			/* what it was registered with */
	int given, fd;			/* the caller's descriptor, and ours */
	uint64_t seen;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watcher *watchers;
static bool running;
static uint64_t image;			/* of fork: a child has neither thread nor registrations */

static void
watcher_drop(struct watcher *w)
{
	event_release(w->event);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static void
watcher_signal(struct watcher *w)
{
	struct pollfd room = { .fd = w->fd, .events = POLLOUT };
	uint64_t one = 1;

	if (w->event) {
		event_signal(w->event);
		return;
	}
	/* One that is full says already what has to be said; one that nobody reads any more is its owner's affair. */
	if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) && write(w->fd, &one, sizeof one) < 0)
		return;
}

/* In a forked child what was registered is the parent's; its thread does not exist here. */
static void
image_check(void)
{
	if (image == fork_stamp())
		return;
	image = fork_stamp();
	while (watchers) {
		struct watcher *w = watchers;

		watchers = w->next;
		if (w->fd >= 0)
			close(w->fd);
		free(w);
	}
	running = false;
}

/* The counters; `seen` NULL: at once. */
static NTSTATUS
counters_ask(struct link *link, const uint64_t seen[CLASSES], uint64_t ret_now[CLASSES])
{
	uint8_t bytes[8 * CLASSES];
	struct writer w = writer_of(bytes, sizeof bytes);
	struct changed_in in = { .seen = BYTES_NONE };
	struct changed_out out;
	struct pol_call c;
	struct reader r;
	NTSTATUS status;

	for (unsigned i = 0; seen && i < CLASSES; i++)
		writer_u64(&w, seen[i]);
	in.seen = bytes_of(bytes, w.need);
	status = POL_ASK(&c, link, changed, &in, &out);
	if (status == STATUS_SUCCESS) {
		r = reader_of(out.now);
		for (unsigned i = 0; i < CLASSES; i++)
			ret_now[i] = reader_u64(&r);
		if (!reader_done(&r))
			status = STATUS_INVALID_SERVER_STATE;
	}
	return pol_end(&c, status);
}

static NTSTATUS
link_new(struct link **ret_link)
{
	struct why why = { NULL, 0, 0 };
	NTSTATUS status = root_link_open(ret_link, LINK_SSPI, BYTES_NONE, &why);

	why_drop(&why);
	return status;
}

static void
changed(const uint64_t now[CLASSES])
{
	pthread_mutex_lock(&lock);
	for (struct watcher *w = watchers; w; w = w->next)
		if (now[w->class] != w->seen) {
			w->seen = now[w->class];
			watcher_signal(w);
		}
	pthread_mutex_unlock(&lock);
}

static void
pause_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Ends when nobody is registered any more. */
static bool
goes_on(void)
{
	bool on;

	pthread_mutex_lock(&lock);
	on = watchers != NULL;
	if (!on)
		running = false;
	pthread_mutex_unlock(&lock);
	return on;
}

static void *
wait_for_changes(void *arg)
{
	struct link *link = arg;
	uint64_t now[CLASSES];
	bool known = false;

	while (goes_on()) {
		NTSTATUS status = link ? counters_ask(link, known ? now : NULL, now) : link_new(&link);

		if (link && status == STATUS_SUCCESS && known)
			changed(now);
		else if (link && status == STATUS_SUCCESS) {
			known = true;
			changed(now);
		} else if (status != STATUS_IO_TIMEOUT && status != STATUS_SUCCESS) {
			/* The LSA has gone; a new one counts from the start, so everything may have changed. */
			if (link && !link->kind->alive(link)) {
				link_release(link);
				link = NULL;
				known = false;
			}
			pause_ms(PAUSE_MS);
		}
	}
	link_release(link);
	return NULL;
}

static bool
thread_start(struct link *link)
{
	pthread_attr_t how;
	pthread_t thread;
	sigset_t all, old;
	bool started;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	(void)pthread_attr_init(&how);
	(void)pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	started = pthread_create(&thread, &how, wait_for_changes, link) == 0;
	(void)pthread_attr_destroy(&how);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

/* It is registered when this returns: every later commit is told. Takes the watcher. */
static NTSTATUS
watch(struct watcher *w)
{
	struct link *link;
	uint64_t now[CLASSES];
	bool start;
	NTSTATUS status = link_new(&link);

	if (status == STATUS_SUCCESS) {
		status = counters_ask(link, NULL, now);
		if (status != STATUS_SUCCESS)
			link_release(link);
	}
	if (status != STATUS_SUCCESS) {
		watcher_drop(w);
		return pol_refuse(status, "the LSA does not tell how policy stands");
	}
	w->seen = now[w->class];
	pthread_mutex_lock(&lock);
	image_check();
	w->next = watchers;
	watchers = w;
	start = !running;
	if (start)
		running = thread_start(link);
	if (start && !running) {
		watchers = w->next;
		status = STATUS_INSUFFICIENT_RESOURCES;
	}
	pthread_mutex_unlock(&lock);
	if (!start || status != STATUS_SUCCESS)
		link_release(link);
	if (status != STATUS_SUCCESS)
		watcher_drop(w);
	return status;
}

/* The youngest registration of this pair goes. */
static NTSTATUS
unwatch(unsigned class, HANDLE handle, int fd)
{
	struct watcher *found = NULL;

	pthread_mutex_lock(&lock);
	image_check();
	for (struct watcher **at = &watchers; *at && !found; at = &(*at)->next)
		if ((*at)->class == class && (fd >= 0 ? (*at)->given == fd : (*at)->event && (*at)->handle == handle)) {
			found = *at;
			*at = found->next;
			break;
		}
	pthread_mutex_unlock(&lock);
	if (!found)
		return pol_refuse(STATUS_INVALID_HANDLE, "this pair is not registered");
	watcher_drop(found);
	return STATUS_SUCCESS;
}

static bool
class_good(POLICY_NOTIFICATION_INFORMATION_CLASS class)
{
	return (unsigned)class >= 1 && (unsigned)class <= CLASSES;
}

static NTSTATUS
bad_class(void)
{
	return pol_refuse(STATUS_INVALID_PARAMETER, "there are eight classes of changes, from 1");
}

NTSTATUS
LsaRegisterPolicyChangeNotification(POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, HANDLE NotificationEventHandle)
{
	struct watcher *w;
	struct event *e;

	if (!class_good(InformationClass))
		return bad_class();
	e = event_hold(NotificationEventHandle);
	if (!e)
		return pol_refuse(STATUS_INVALID_HANDLE, "this is not an event of this process");
	w = calloc(1, sizeof *w);
	if (!w) {
		event_release(e);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*w = (struct watcher){ .class = (unsigned)InformationClass - 1, .event = e, .handle = NotificationEventHandle,
	    .given = -1, .fd = -1 };
	return watch(w);
}

NTSTATUS
LsaUnregisterPolicyChangeNotification(POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, HANDLE NotificationEventHandle)
{
	return class_good(InformationClass) ? unwatch((unsigned)InformationClass - 1, NotificationEventHandle, -1) : bad_class();
}

NTSTATUS
OlsaRegisterPolicyChangeFd(POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, int Fd)
{
	struct watcher *w;
	int own;

	if (!class_good(InformationClass))
		return bad_class();
	own = fcntl(Fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return pol_refuse(errno == EBADF ? STATUS_INVALID_HANDLE : STATUS_INSUFFICIENT_RESOURCES, "the descriptor cannot be kept");
	w = calloc(1, sizeof *w);
	if (!w) {
		close(own);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*w = (struct watcher){ .class = (unsigned)InformationClass - 1, .given = Fd, .fd = own };
	return watch(w);
}

NTSTATUS
OlsaUnregisterPolicyChangeFd(POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, int Fd)
{
	if (!class_good(InformationClass))
		return bad_class();
	return Fd < 0 ? STATUS_INVALID_HANDLE : unwatch((unsigned)InformationClass - 1, NULL, Fd);
}
