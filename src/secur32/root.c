/*
 * root.c - what a process has of us. The root hangs in a page that the kernel
 * empties at fork, so a child sees none; what the environment may say is the
 * surroundings' to know, and a set-uid program takes only what was built in.
 */
#include "secur32/root.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/fork.h"
#include "base/trace.h"
#include "secur32/handles.h"
#include "secur32/own_fd.h"
#include "secur32/surroundings.h"

#ifndef OPENLSA_SOCKET_FILE
#define OPENLSA_SOCKET_FILE "/run/lsad/lsad.sock"
#endif

#ifndef OPENLSA_PACKAGES_FILE
#define OPENLSA_PACKAGES_FILE "/etc/openlsa/packages.conf"
#endif

#define COOKIE_LEN 16u

struct root {
	struct handle_table *handles;
	enum mode mode;
	char why_no_mode[200];
	char *socket, *state;
	struct conf *conf;		/* openlsa.conf, or NULL: there is none */
	bool socket_from_environment;
	uint32_t daemon_uid;
	void *near;
	pthread_mutex_t lock;
	pthread_mutex_t connecting;	/* one connect at a time: the next one joins the record that it made */
	struct link *sspi;
	uint64_t epoch;			/* of the LSA that gave the cookie */
	uint8_t cookie[COOKIE_LEN];
};

static char *
join(const char *a, const char *b)
{
	size_t len = strlen(a) + strlen(b) + 1;
	char *text = malloc(len);

	if (text)
		(void)snprintf(text, len, "%s%s", a, b);
	return text;
}

/* False: no memory. *ret_folder stays NULL where there is no home to put it in. */
static bool
state_folder(char **ret_folder)
{
	const char *dir = surroundings.text("OPENLSA_STATE"), *below = "";

	if (!dir || !*dir) {
		dir = surroundings.text("XDG_STATE_HOME");
		below = "/openlsa";
	}
	if (*below && (!dir || *dir != '/')) {
		dir = surroundings.text("HOME");
		below = "/.local/state/openlsa";
	}
	if (!dir || (*below && *dir != '/'))
		return true;
	*ret_folder = join(dir, below);
	return *ret_folder != NULL;
}

/* A copy in place of what stood there. False: no memory; then nothing else may stand in for it. */
static bool
text_set(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	return *to != NULL;
}

static enum mode
mode_of(const char *text)
{
	if (strcmp(text, "embedded") == 0)
		return MODE_EMBEDDED;
	return strcmp(text, "daemon") == 0 ? MODE_DAEMON : MODE_UNKNOWN;
}

/* ENOENT alone means "no configuration"; every other trouble fails closed. */
static bool
root_configure(struct root *r)
{
	bool good = true;
	bool secure = getauxval(AT_SECURE) != 0;
	const char *socket = surroundings.text("OPENLSA_SOCKET"), *mode = surroundings.text("OPENLSA_MODE");
	struct conf *conf = NULL;
	struct conf_fault fault = { 0, 0, NULL };
	const char *file = surroundings.conf_file(), *text;
	enum conf_result had = conf_open(&conf, file, &fault);

	r->mode = MODE_EMBEDDED;
	if (had == CONF_OK) {
		text = conf_text(conf, "mode");
		r->mode = text ? mode_of(text) : MODE_EMBEDDED;
		text = conf_text(conf, "socket");
		good = !text || text_set(&r->socket, text);
		had = conf_u32(&r->daemon_uid, conf, "lsad_uid", 0, UINT32_MAX - 1, &fault);
		if ((had != CONF_OK && had != CONF_ABSENT) || r->mode == MODE_UNKNOWN) {
			r->mode = MODE_UNKNOWN;
			(void)snprintf(r->why_no_mode, sizeof r->why_no_mode, "a value in %s is not understood", file);
		}
	} else if (had != CONF_ABSENT) {
		r->mode = MODE_UNKNOWN;
		(void)snprintf(r->why_no_mode, sizeof r->why_no_mode, "%s, line %u: %s", file,
		    (unsigned)fault.line, fault.error ? strerror(fault.error) : fault.what);
	}
	r->conf = conf;
	if (mode && r->mode != MODE_UNKNOWN) {
		r->mode = mode_of(mode);
		if (r->mode == MODE_UNKNOWN)
			(void)snprintf(r->why_no_mode, sizeof r->why_no_mode,
			    "OPENLSA_MODE is neither \"embedded\" nor \"daemon\"");
	}
	if (surroundings.never_near && r->mode != MODE_UNKNOWN)
		r->mode = MODE_DAEMON;
	if (secure) {
		r->mode = r->mode == MODE_UNKNOWN ? MODE_UNKNOWN : MODE_DAEMON;
		free(r->socket);
		r->socket = NULL;
	} else if (socket && *socket) {
		good = text_set(&r->socket, socket) && good;
		r->socket_from_environment = true;
	}
	if (!r->socket)
		good = text_set(&r->socket, OPENLSA_SOCKET_FILE) && good;
	return state_folder(&r->state) && good;
}

static struct root *
root_new(void)
{
	struct root *r = calloc(1, sizeof *r);
	bool good;

	if (!r)
		return NULL;
	own_fd_close_all();
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->connecting, NULL);
	r->daemon_uid = UINT32_MAX;
	r->handles = handle_table_new(1u << 22, handles_destroy);
	good = root_configure(r) && r->handles;
	if (surroundings.text("OPENLSA_TRACE"))
		(void)trace_to(surroundings.text("OPENLSA_TRACE"));
	if (!good) {
		handle_table_drop(r->handles);
		conf_drop(r->conf);
		free(r->socket);
		free(r->state);
		free(r);
		return NULL;
	}
	return r;
}

static struct root *
root(void)
{
	static struct root *volatile seen;	/* for those who look for lost memory: the page is no place they search */
	struct fork_page *page = fork_page();
	struct root *r;

	if (!page)
		return NULL;
	r = atomic_load_explicit(&page->root, memory_order_acquire);
	if (r)
		return r;
	pthread_mutex_lock(&page->lock);
	r = atomic_load(&page->root);
	if (!r) {
		r = seen = root_new();
		atomic_store_explicit(&page->root, r, memory_order_release);
	}
	pthread_mutex_unlock(&page->lock);
	return r;
}

struct handle_table *
root_handles(void)
{
	struct root *r = root();

	return r ? r->handles : NULL;
}

uint64_t
root_stamp(void)
{
	return fork_stamp();
}

enum mode
root_mode(struct why *why)
{
	struct root *r = root();

	if (!r)
		return MODE_UNKNOWN;
	if (r->mode == MODE_UNKNOWN)
		why_say(why, STATUS_PORT_CONNECTION_REFUSED, TO_CALLER, "%s; not guessing between daemon and embedded",
		    r->why_no_mode);
	return r->mode;
}

const struct conf *
root_conf(void)
{
	struct root *r = root();

	return r ? r->conf : NULL;
}

const char *
root_packages(enum mode mode)
{
	struct root *r = root();
	const char *named = r ? conf_text(r->conf, "packages") : NULL;

	if (!r || r->mode != mode || getauxval(AT_SECURE) != 0)
		return NULL;
	return named || mode == MODE_EMBEDDED ? named : OPENLSA_PACKAGES_FILE;
}

const char *
root_state_folder(void)
{
	struct root *r = root();

	return r ? r->state : NULL;
}

const char *
root_socket(void)
{
	struct root *r = root();

	return r ? r->socket : NULL;
}

bool
root_socket_from_environment(void)
{
	struct root *r = root();

	return r && r->socket_from_environment;
}

uint32_t
root_daemon_uid(void)
{
	struct root *r = root();

	return r ? r->daemon_uid : UINT32_MAX;
}

void **
root_near_slot(void)
{
	struct root *r = root();

	return r ? &r->near : NULL;
}

void
root_lock(void)
{
	struct root *r = root();

	if (r)
		pthread_mutex_lock(&r->lock);
}

void
root_unlock(void)
{
	struct root *r = root();

	if (r)
		pthread_mutex_unlock(&r->lock);
}

/* --- links ------------------------------------------------------------------ */

void
link_hold(struct link *link)
{
	atomic_fetch_add(&link->refs, 1);
}

void
link_release(struct link *link)
{
	if (!link || atomic_fetch_sub(&link->refs, 1) != 1)
		return;
	link->kind->close(link);
	link->kind->drop(link);
}

/* Says connect: joins the process's record in the LSA where there is one. */
static NTSTATUS
link_connect(struct root *r, struct link *link, enum link_use use, struct bytes name, struct why *why)
{
	struct connect_in in = { .version = FRAME_VERSION, .kind = (uint32_t)use, .name = name };
	struct connect_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	uint8_t cookie[COOKIE_LEN];
	NTSTATUS status;

	pthread_mutex_lock(&r->lock);
	bytes_copy(cookie, r->cookie, sizeof cookie);
	if (r->epoch)
		in.cookie = bytes_of(cookie, sizeof cookie);
	pthread_mutex_unlock(&r->lock);
	ask_connect(&ask, link, &in);
	ask_wait(&ask);
	why_take(why, ask_why(&ask));
	status = told_connect(&ask, &out);
	if (status == STATUS_SUCCESS) {
		link->epoch = out.epoch;
		link->rank = out.rank;
		pthread_mutex_lock(&r->lock);
		if (out.cookie.len == COOKIE_LEN) {
			bytes_copy(r->cookie, out.cookie.at, COOKIE_LEN);
			r->epoch = out.epoch;
		}
		pthread_mutex_unlock(&r->lock);
	}
	ask_end(&ask);
	bytes_wipe(cookie, sizeof cookie);
	return status;
}

NTSTATUS
root_link_open(struct link **ret_link, enum link_use use, struct bytes name, struct why *why)
{
	struct root *r = root();
	struct link *link = NULL;
	NTSTATUS status = STATUS_PORT_CONNECTION_REFUSED;

	if (!r)
		return STATUS_NO_MEMORY;
	switch (root_mode(why)) {
	case MODE_EMBEDDED:
		status = link_near_open(&link, why);
		break;
	case MODE_DAEMON:
		status = link_far_open(&link, use != LINK_SSPI, why);
		break;
	case MODE_UNKNOWN:
	default:
		break;
	}
	if (status != STATUS_SUCCESS)
		return status;
	atomic_store(&link->refs, 1);
	link->euid = (uint32_t)geteuid();
	pthread_mutex_lock(&r->connecting);
	status = link_connect(r, link, use, name, why);
	pthread_mutex_unlock(&r->connecting);
	if (status != STATUS_SUCCESS) {
		link_release(link);
		return status;
	}
	*ret_link = link;
	return STATUS_SUCCESS;
}

static bool
link_good(const struct root *r, struct link *link)
{
	return link && link->kind->alive(link) && (r->mode == MODE_EMBEDDED || link->euid == (uint32_t)geteuid());
}

NTSTATUS
root_sspi_link(struct link **ret_link, struct why *why)
{
	struct root *r = root();
	struct link *fresh = NULL, *old = NULL;
	NTSTATUS status;

	if (!r)
		return STATUS_NO_MEMORY;
	pthread_mutex_lock(&r->lock);
	if (link_good(r, r->sspi)) {
		link_hold(r->sspi);
		*ret_link = r->sspi;
		pthread_mutex_unlock(&r->lock);
		return STATUS_SUCCESS;
	}
	pthread_mutex_unlock(&r->lock);
	status = root_link_open(&fresh, LINK_SSPI, BYTES_NONE, why);
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&r->lock);
	if (link_good(r, r->sspi)) {		/* another thread was faster */
		old = fresh;
		fresh = r->sspi;
	} else {
		old = r->sspi;
		r->sspi = fresh;
	}
	link_hold(fresh);
	pthread_mutex_unlock(&r->lock);
	link_release(old);
	*ret_link = fresh;
	return STATUS_SUCCESS;
}
