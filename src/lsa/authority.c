/*
 * authority.c - accounts of another domain: the module that domain_authority
 * names, and questions to it on threads that are for that alone.
 *
 * What came back is looked at in the turn after the job, and held until the
 * call ends. A controller that never answers holds one of those threads, and
 * nobody else's call.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/plugin.h"
#include "base/sid.h"
#include "engine/wait.h"
#include "lsa/client.h"
#include "pkg/authority.h"

#ifndef OPENLSA_MODULE_FOLDER
#define OPENLSA_MODULE_FOLDER	"/usr/lib/openlsa"
#endif

#define THREADS	8u
#define FIND_THREADS 2u			/* of their own: whoever looks names up holds up no logon */

struct authority_seat {
	const struct authority *table;
	struct jobs *jobs, *finds;
};

/* One piece of memory: what is asked lies behind it. The job and the call hold it. */
struct asking {
	_Atomic uint32_t refs;
	const struct authority *table;
	struct authority_ask ask;
	struct authority_answer answer;
	size_t len;
	uint8_t room[];
};

/* --- which one ---------------------------------------------------------------------- */

static bool
no_authority(char *why, const char *what)
{
	(void)snprintf(why, LSA_SENTENCE, "domain_authority: %.200s", what);
	return false;
}

/* Of the process; a module is never unloaded. */
static _Atomic(const struct authority *) loaded;

static const char *
name_of(const struct conf *conf)
{
	const char *name = conf ? conf_text(conf, "domain_authority") : NULL;

	return name && *name ? name : NULL;
}

bool
lsa_authority_load(const struct conf *conf, char why[LSA_SENTENCE])
{
	const char *name = name_of(conf);
	openlsa_authority_fn *entry;
	const struct authority *table;
	char path[1024], reason[PLUGIN_WHY] = "";
	void *module, *symbol;

	if (!name || atomic_load(&loaded))
		return true;
	if (*name == '/')
		(void)snprintf(path, sizeof path, "%s", name);
	else if (strcmp(name, "winbind") == 0)
		(void)snprintf(path, sizeof path, "%s/lsa_winbind.so", OPENLSA_MODULE_FOLDER);
	else
		return no_authority(why, "winbind is the only one, or the path of a module");
	module = plugin_load(path, reason);
	symbol = module ? dlsym(module, AUTHORITY_ENTRY) : NULL;
	if (!symbol)
		return no_authority(why, module ? "the module has no " AUTHORITY_ENTRY : reason);
	memcpy(&entry, &symbol, sizeof entry);
	table = entry();
	if (!table || table->version != AUTHORITY_VERSION)
		return no_authority(why, "the module is of another version");
	atomic_store(&loaded, table);
	return true;
}

bool
authority_open(struct lsa *lsa, char *why)
{
	if (!name_of(lsa->settings.conf))
		return true;
	if (!lsa_authority_load(lsa->settings.conf, why))
		return false;
	lsa->authority = calloc(1, sizeof *lsa->authority);
	if (!lsa->authority)
		return no_authority(why, "no memory");
	lsa->authority->table = atomic_load(&loaded);
	lsa->authority->jobs = jobs_new(THREADS);
	lsa->authority->finds = jobs_new(FIND_THREADS);
	return (lsa->authority->jobs && lsa->authority->finds) || no_authority(why, "no memory");
}

void
authority_close(struct lsa *lsa)
{
	if (!lsa->authority)
		return;
	jobs_drop(lsa->authority->jobs);
	jobs_drop(lsa->authority->finds);
	free(lsa->authority);
}

bool
authority_knows(const struct lsa *lsa)
{
	return lsa->authority && lsa->authority->table->find;
}

bool
authority_vouches(struct call *call, struct bytes domain)
{
	return SERVED(call)->link->lsa->authority && domain.len > 0;
}

/* --- a question --------------------------------------------------------------------- */

static void
asking_drop(void *arg)
{
	struct asking *a = arg;

	if (atomic_fetch_sub(&a->refs, 1) != 1)
		return;
	a->table->drop(&a->answer);
	bytes_wipe(a, sizeof *a + a->len);
	free(a);
}

void
authority_forget(struct served *s)
{
	if (s->asking)
		asking_drop(s->asking);
	s->asking = NULL;
}

static NTSTATUS
asking_work(void *arg)
{
	struct asking *a = arg;

	a->table->judge(&a->ask, &a->answer);
	return STATUS_SUCCESS;
}

static const char *
text_keep(struct writer *w, struct bytes text)
{
	struct bytes kept = writer_keep(w, text);

	writer_u8(w, 0);
	return (const char *)kept.at;
}

NTSTATUS
authority_vouch(struct call *call, const struct vouch_ask *ask)
{
	struct authority_seat *seat = SERVED(call)->link->lsa->authority;
	size_t len = ask->domain.len + ask->user.len + ask->workstation.len + 3 + ask->nt.len + ask->lm.len;
	struct asking *a = seat ? calloc(1, sizeof *a + len) : NULL;
	struct writer w;

	if (!a)
		return STATUS_INSUFFICIENT_RESOURCES;
	atomic_init(&a->refs, 2);
	a->table = seat->table;
	a->len = len;
	w = writer_of(a->room, len);
	a->ask = (struct authority_ask){ .nt_len = (uint32_t)ask->nt.len, .lm_len = (uint32_t)ask->lm.len,
	    .interactive = ask->interactive };
	bytes_copy(a->ask.challenge, ask->challenge, sizeof a->ask.challenge);
	a->ask.domain = text_keep(&w, ask->domain);
	a->ask.user = text_keep(&w, ask->user);
	a->ask.workstation = text_keep(&w, ask->workstation);
	a->ask.nt = writer_keep(&w, ask->nt).at;
	a->ask.lm = writer_keep(&w, ask->lm).at;
	a->answer.status = STATUS_NO_LOGON_SERVERS;
	authority_forget(SERVED(call));
	SERVED(call)->asking = a;
	return await_job_of(call, seat->jobs, asking_work, asking_drop, a);
}

/* SIDs as the LSA knows them: of the user first. */
static bool
sids_take(struct call *call, const struct authority_answer *answer, struct logon_facts *facts)
{
	struct bytes *groups = call_memory(call, (answer->sid_count + 1) * sizeof *groups);

	if (!groups || !answer->sid_count)
		return false;
	for (uint32_t i = 0; i < answer->sid_count; i++) {
		struct bytes sid = bytes_of(answer->sids[i].bytes, answer->sids[i].len);

		struct reader r = reader_of(sid);
		struct sid parsed;

		sid_take(&parsed, &r);
		if (sid.len > sizeof answer->sids[i].bytes || !reader_done(&r))
			return false;
		if (i)
			groups[facts->group_count++] = sid;
		else
			facts->sid = sid;
	}
	facts->groups = groups;
	return true;
}

NTSTATUS
authority_vouched(struct call *call, struct vouched *ret)
{
	struct asking *a = SERVED(call)->asking;
	NTSTATUS status = awaited(call);

	*ret = (struct vouched){ .status = STATUS_NO_LOGON_SERVERS };
	if (!a || status != STATUS_SUCCESS)
		return status < 0 ? status : STATUS_INTERNAL_ERROR;
	a->answer.why[sizeof a->answer.why - 1] = 0;
	if (*a->answer.why)
		because(call, a->answer.status, TO_TRUSTED, "%s", a->answer.why);
	ret->status = a->answer.status > 0 ? STATUS_LOGON_FAILURE : a->answer.status;
	if (ret->status != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	if (!a->answer.user || !a->answer.domain || !sids_take(call, &a->answer, &ret->facts)) {
		ret->status = because(call, STATUS_LOGON_FAILURE, TO_TRUSTED, "the authority of the domain did not say who it is");
		return STATUS_SUCCESS;
	}
	ret->facts.user = bytes_of_text(a->answer.user);
	ret->facts.domain = bytes_of_text(a->answer.domain);
	ret->has_key = a->answer.has_key;
	bytes_copy(ret->key, a->answer.key, sizeof ret->key);
	return STATUS_SUCCESS;
}

/* --- names and SIDs ------------------------------------------------------------------- */

/* As asking is: the items, then what was asked. */
struct finding_out {
	_Atomic uint32_t refs;
	const struct authority *table;
	struct authority_find find;
	uint32_t *numbers;			/* of the questions */
	struct authority_item items[];
};

static void
finding_drop(void *arg)
{
	struct finding_out *f = arg;

	if (atomic_fetch_sub(&f->refs, 1) == 1)
		free(f);
}

void
authority_find_forget(struct served *s)
{
	if (!s->finding_out)
		return;
	atomic_store(&s->finding_out->find.given_up, true);
	finding_drop(s->finding_out);
	s->finding_out = NULL;
}

static NTSTATUS
finding_work(void *arg)
{
	struct finding_out *f = arg;

	if (!atomic_load(&f->find.given_up))
		f->table->find(&f->find);
	return STATUS_SUCCESS;
}

NTSTATUS
authority_find(struct call *call, bool by_sid, const struct find_ask *asks, size_t count)
{
	struct served *s = SERVED(call);
	struct authority_seat *seat = s->link->lsa->authority;
	size_t len = 0;
	struct finding_out *f;
	struct writer w;

	for (size_t i = 0; i < count; i++)
		len += asks[i].domain.len + asks[i].name.len + 2;
	f = calloc(1, sizeof *f + count * (sizeof f->items[0] + sizeof *f->numbers) + len);
	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	atomic_init(&f->refs, 2);
	atomic_init(&f->find.given_up, false);
	f->table = seat->table;
	f->find.by_sid = by_sid;
	f->find.items = f->items;
	f->find.count = (uint32_t)count;
	f->numbers = (uint32_t *)(void *)&f->items[count];
	w = writer_of((uint8_t *)&f->numbers[count], len);
	for (size_t i = 0; i < count; i++) {
		struct authority_item *item = &f->items[i];
		struct writer b = writer_of(item->sid.bytes, sizeof item->sid.bytes);

		item->domain = text_keep(&w, asks[i].domain);
		item->name = text_keep(&w, asks[i].name);
		if (by_sid)
			sid_put(&b, &asks[i].sid);
		item->sid.len = (uint32_t)b.need;
		f->numbers[i] = asks[i].number;
	}
	authority_find_forget(s);
	s->finding_out = f;
	return await_job_of(call, seat->finds, finding_work, finding_drop, f);
}

static bool
sid_known(struct sid *to, const struct authority_sid *from)
{
	struct reader r = reader_of(bytes_of(from->bytes, from->len <= sizeof from->bytes ? from->len : 0));

	sid_take(to, &r);
	return reader_done(&r);
}

static struct bytes
name_known(const char name[AUTHORITY_NAME])
{
	size_t len = 0;

	while (len < AUTHORITY_NAME && name[len])
		len++;
	return len < AUTHORITY_NAME ? bytes_of(name, len) : BYTES_NONE;
}

NTSTATUS
authority_found(struct call *call, uint32_t number, struct find_answer *ret)
{
	const struct finding_out *f = SERVED(call)->finding_out;
	const struct authority_item *item;
	uint32_t i = 0;

	*ret = (struct find_answer){ .use = 0 };
	while (f && i < f->find.count && f->numbers[i] != number)
		i++;
	if (!f || i == f->find.count)
		return STATUS_NOT_FOUND;
	item = &f->items[i];
	ret->has_domain = sid_known(&ret->domain, &item->domain_sid);
	ret->domain_name = name_known(item->domain_name);
	ret->name = name_known(item->found_name);
	if (ret->has_domain && (f->find.by_sid ? sid_known(&ret->sid, &item->sid) : sid_known(&ret->sid, &item->found)))
		ret->use = item->use;
	return STATUS_SUCCESS;
}

NTSTATUS
authority_find_said(struct call *call)
{
	struct finding_out *f = SERVED(call)->finding_out;
	NTSTATUS status = awaited(call);

	if (!f || status != STATUS_SUCCESS)
		return status < 0 ? status : STATUS_INTERNAL_ERROR;
	f->find.why[sizeof f->find.why - 1] = 0;
	if (*f->find.why)
		because(call, f->find.status, TO_TRUSTED, "%s", f->find.why);
	return f->find.status;
}
