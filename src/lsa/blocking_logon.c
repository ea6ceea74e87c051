/*
 * blocking_logon.c - messages, logons, what is said of a session, and changes
 * of a password with a third-party package. Buffers cross without pointers: what the client wrote
 * lies at address 0 of the client's memory, so that the usual formula
 * (pointer - ClientBufferBase + buffer) works for offsets; in what goes back,
 * an aligned address of the returned buffer becomes a pointer into it.
 */
#include "lsa/blocking_calls.h"

#include <stdlib.h>

#include "base/utf16.h"

/* --- back to the client -------------------------------------------------------- */

/* The region at `address`, with the places of the addresses inside it that mean itself. */
static bool
buffer_back(struct call *call, struct plug_task *t, const void *address, ULONG len, struct bytes *ret_body, struct bytes *ret_places)
{
	struct plug_region *r = region_at(t, (uintptr_t)address, len);
	struct writer places;
	uint8_t *copy;

	*ret_body = *ret_places = BYTES_NONE;
	if (!address || !len)
		return true;
	if (!r || r->base != (uintptr_t)address)
		return false;
	copy = call_memory(call, len);
	places = writer_of(call_memory(call, len / 8 * 4), len / 8 * 4);
	if (!copy || !places.at)
		return false;
	bytes_copy(copy, r->at, len);
	for (uint32_t at = 0; at + 8 <= len; at += 8) {
		uint64_t value = get_u32(copy + at) | (uint64_t)get_u32(copy + at + 4) << 32;

		if (value < r->base || value - r->base >= len)
			continue;
		value -= r->base;
		put_u32(copy + at, (uint32_t)value);
		put_u32(copy + at + 4, 0);
		writer_u32(&places, at);
	}
	*ret_body = bytes_of(copy, len);
	*ret_places = bytes_of(places.at, places.need);
	return true;
}

/* --- messages --------------------------------------------------------------------- */

struct message {
	struct plug_task t;
	bool trusted;
	PVOID reply;
	ULONG reply_len;
	NTSTATUS verdict;
	ULONG len;
	_Alignas(8) uint8_t body[];
};

static void
message_drop(struct plug_task *t)
{
	struct message *m = (struct message *)(void *)t;

	bytes_wipe(m->body, m->len);
	free(m);
}

static void
message_run(struct plug_task *t)
{
	struct message *m = (struct message *)(void *)t;
	const SECPKG_FUNCTION_TABLE *table = t->plug->table;
	LSA_AP_CALL_PACKAGE *take = m->trusted && table->CallPackage ? table->CallPackage : table->CallPackageUntrusted;

	t->status = take ? take((PLSA_CLIENT_REQUEST)t, m->body, NULL, m->len, &m->reply, &m->reply_len, &m->verdict) :
	    STATUS_NOT_SUPPORTED;
}

NTSTATUS
plug_message(struct plug *p, struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct message *m;

	if (!f || args->body.len > UINT32_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!f->task) {
		m = calloc(1, sizeof *m + args->body.len);
		if (!m)
			return STATUS_INSUFFICIENT_RESOURCES;
		f->task = &m->t;
		task_begin(&m->t, p, call, "CallPackage");
		m->t.run = message_run;
		m->t.drop = message_drop;
		m->trusted = args->trusted;
		m->verdict = STATUS_INVALID_PARAMETER;
		m->len = (ULONG)args->body.len;
		bytes_copy(m->body, args->body.at, args->body.len);
		return task_await(f->task, call);
	}
	m = (struct message *)(void *)f->task;
	ret->verdict = m->verdict;
	if (m->t.status != STATUS_SUCCESS)
		return m->t.status < 0 ? because(call, m->t.status, TO_CALLER, "the package %s answered so in CallPackage", p->name) :
		    STATUS_INTERNAL_ERROR;
	if (!buffer_back(call, &m->t, m->reply, m->reply_len, &ret->body, &ret->pointers))
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER,
		    "the package %s returned a buffer that AllocateClientBuffer had not given", p->name);
	return STATUS_SUCCESS;
}

/* --- logons ----------------------------------------------------------------------------- */

struct logon {
	struct plug_task t;
	SECURITY_LOGON_TYPE type;
	PVOID profile;
	ULONG profile_len;
	LUID luid;
	NTSTATUS substatus;
	struct plug_facts *facts;
	bool settled;
	ULONG len;
	_Alignas(8) uint8_t body[];
};

static void
logon_drop(struct plug_task *t)
{
	struct logon *l = (struct logon *)(void *)t;

	bytes_wipe(l->body, l->len);
	free(l->facts);
	free(l);
}

static void
text_free(UNICODE_STRING *text)
{
	if (text)
		plug_heap_free(text->Buffer);
	plug_heap_free(text);
}

/* In the first form each pointer is a block of its own, in the others all is one. */
static void
information_free(LSA_TOKEN_INFORMATION_TYPE kind, void *information)
{
	LSA_TOKEN_INFORMATION_V1 *v1 = kind == LsaTokenInformationV1 ? information : NULL;

	if (v1) {
		plug_heap_free(v1->User.User.Sid);
		for (DWORD i = 0; v1->Groups && i < v1->Groups->GroupCount; i++)
			plug_heap_free(v1->Groups->Groups[i].Sid);
		plug_heap_free(v1->Groups);
		plug_heap_free(v1->PrimaryGroup.PrimaryGroup);
		plug_heap_free(v1->Privileges);
		plug_heap_free(v1->Owner.Owner);
		plug_heap_free(v1->DefaultDacl.DefaultDacl);
	}
	plug_heap_free(information);
}

static void
primary_free(SECPKG_PRIMARY_CRED *primary)
{
	UNICODE_STRING *const texts[] = { &primary->DownlevelName, &primary->DomainName, &primary->Password, &primary->OldPassword,
		&primary->DnsDomainName, &primary->Upn, &primary->LogonServer };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		plug_heap_free(texts[i]->Buffer);
	plug_heap_free(primary->UserSid);
	bytes_wipe(primary, sizeof *primary);
}

static void
logon_run(struct plug_task *t)
{
	struct logon *l = (struct logon *)(void *)t;
	const SECPKG_FUNCTION_TABLE *table = t->plug->table;
	PLSA_CLIENT_REQUEST request = (PLSA_CLIENT_REQUEST)t;
	LSA_TOKEN_INFORMATION_TYPE kind = LsaTokenInformationNull;
	PVOID information = NULL;
	PUNICODE_STRING user = NULL, authority = NULL, machine = NULL;
	SECPKG_PRIMARY_CRED primary = { 0 };
	PSECPKG_SUPPLEMENTAL_CRED_ARRAY cached = NULL;

	if (table->LogonUserEx2)
		t->status = table->LogonUserEx2(request, l->type, l->body, NULL, l->len, &l->profile, &l->profile_len, &l->luid,
		    &l->substatus, &kind, &information, &user, &authority, &machine, &primary, &cached);
	else if (table->LogonUserEx)
		t->status = table->LogonUserEx(request, l->type, l->body, NULL, l->len, &l->profile, &l->profile_len, &l->luid,
		    &l->substatus, &kind, &information, &user, &authority, &machine);
	else
		t->status = table->LogonUser(request, l->type, l->body, NULL, l->len, &l->profile, &l->profile_len, &l->luid,
		    &l->substatus, &kind, &information, &user, &authority);
	if (t->status == STATUS_SUCCESS) {
		l->facts = facts_new(&(struct plug_said){ kind, information, NULL, user, authority });
		if (l->facts)
			l->facts->facts.luid = plug_luid(&l->luid);
		if (table->LogonUserEx2 && table->AcceptCredentials)
			(void)table->AcceptCredentials(l->type, user, &primary, NULL);
	}
	information_free(kind, information);
	text_free(user);
	text_free(authority);
	text_free(machine);
	primary_free(&primary);
	plug_heap_free(cached);
}

void
plug_luid_used(struct plug_task *t, uint64_t luid)
{
	for (unsigned i = 0; i < PLUG_LUIDS; i++)
		if (t->luids[i] == luid)
			t->luids[i] = 0;
}

static NTSTATUS
logon_take(struct call *call, struct logon *l, const struct logon_args *args, struct logon_result *ret)
{
	const char *name = l->t.plug->name;
	struct logon_view view;
	NTSTATUS status = l->t.status;

	ret->verdict = status;
	ret->substatus = l->substatus;
	if (status < 0) {
		services(call)->audit(call, status, BYTES_NONE, BYTES_NONE, name, 0);
		(void)because(call, status, TO_CALLER, "the package %s refused the logon", name);
		return STATUS_SUCCESS;
	}
	ret->verdict = STATUS_INTERNAL_ERROR;
	if (status != STATUS_SUCCESS || !l->facts)
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER, "the package %s let somebody in without saying whom", name);
	if (!plug_luid_made(&l->t, l->facts->facts.luid))
		return because(call, STATUS_NO_SUCH_LOGON_SESSION, TO_CALLER,
		    "the package %s let somebody in without a session of CreateLogonSession", name);
	if (!buffer_back(call, &l->t, l->profile, l->profile_len, &ret->profile, &ret->pointers))
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER,
		    "the package %s returned a profile that AllocateClientBuffer had not given", name);
	status = services(call)->logon_as(call, &l->facts->facts, args->type, name, &view);
	services(call)->audit(call, status, l->facts->facts.domain, l->facts->facts.user, name, l->facts->facts.luid);
	ret->verdict = status;
	if (status != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	plug_luid_used(&l->t, l->facts->facts.luid);
	ret->session = view.session;
	return STATUS_SUCCESS;
}

NTSTATUS
plug_logon(struct plug *p, struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct logon *l;

	if (!f || args->body.len > UINT32_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->task)
		return logon_take(call, (struct logon *)(void *)f->task, args, ret);
	l = calloc(1, sizeof *l + args->body.len);
	if (!l)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->task = &l->t;
	task_begin(&l->t, p, call, "LogonUser");
	l->t.run = logon_run;
	l->t.drop = logon_drop;
	l->type = (SECURITY_LOGON_TYPE)args->type;
	l->len = (ULONG)args->body.len;
	bytes_copy(l->body, args->body.at, args->body.len);
	return task_await(f->task, call);
}

/* --- what a package says of a session -------------------------------------------------------- */

#define SERVER_MOST	256u

struct about {
	struct plug_task t;
	LUID luid;
	size_t len;
	uint8_t server[SERVER_MOST];		/* UTF-8 */
};

static void
about_drop(struct plug_task *t)
{
	free(t);
}

static void
about_run(struct plug_task *t)
{
	struct about *a = (struct about *)(void *)t;
	struct writer w = writer_of(a->server, sizeof a->server);
	PSecurityUserData data = NULL;

	t->status = t->plug->table->GetUserInfo(&a->luid, 0, &data);
	if (t->status == STATUS_SUCCESS && data && data->LogonServer.Buffer &&
	    utf8_from_utf16(&w, bytes_of(data->LogonServer.Buffer, data->LogonServer.Length)) && writer_ok(&w))
		a->len = w.need;
	plug_heap_free(data);
}

NTSTATUS
plug_about(struct plug *p, struct call *call, uint64_t luid, struct bytes *ret_server)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct about *a;
	uint8_t *copy;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->task) {
		a = (struct about *)(void *)f->task;
		copy = call_memory(call, a->len + 1);
		if (a->t.status != STATUS_SUCCESS || !copy)
			return a->t.status < 0 ? a->t.status : STATUS_INSUFFICIENT_RESOURCES;
		bytes_copy(copy, a->server, a->len);
		*ret_server = bytes_of(copy, a->len);
		return STATUS_SUCCESS;
	}
	a = calloc(1, sizeof *a);
	if (!a)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->task = &a->t;
	task_begin(&a->t, p, call, "GetUserInfo");
	a->t.run = about_run;
	a->t.drop = about_drop;
	a->luid = plug_luid_of(luid);
	return task_await(f->task, call);
}

/* --- a new password ------------------------------------------------------------------------ */

struct change {
	struct plug_task t;
	UNICODE_STRING texts[4];		/* domain, user, old, fresh */
	size_t len;
	_Alignas(8) uint8_t bytes[];
};

static void
change_drop(struct plug_task *t)
{
	struct change *c = (struct change *)(void *)t;

	bytes_wipe(c->bytes, c->len);
	free(c);
}

static void
change_run(struct plug_task *t)
{
	struct change *c = (struct change *)(void *)t;
	SecBufferDesc none = { SECBUFFER_VERSION, 0, NULL };

	t->status = t->plug->table->ChangeAccountPassword(&c->texts[0], &c->texts[1], &c->texts[2], &c->texts[3], FALSE, &none);
}

NTSTATUS
plug_change(struct plug *p, struct call *call, const struct change_args *args)
{
	const struct bytes from[4] = { args->domain, args->user, args->old, args->fresh };
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	size_t len = 0;
	struct change *c;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->task)
		return f->task->status <= 0 ? f->task->status : STATUS_INTERNAL_ERROR;
	for (unsigned i = 0; i < 4; i++) {
		if (from[i].len > UINT16_MAX - 2u)
			return STATUS_INVALID_PARAMETER;
		len += (from[i].len + 3u) & ~(size_t)1u;
	}
	c = calloc(1, sizeof *c + len);
	if (!c)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->task = &c->t;
	task_begin(&c->t, p, call, "ChangeAccountPassword");
	c->t.run = change_run;
	c->t.drop = change_drop;
	c->len = len;
	len = 0;
	for (unsigned i = 0; i < 4; i++) {
		bytes_copy(c->bytes + len, from[i].at, from[i].len);
		c->texts[i] = (UNICODE_STRING){ (USHORT)from[i].len, (USHORT)(from[i].len + 2), (PWSTR)(void *)(c->bytes + len) };
		len += (from[i].len + 3u) & ~(size_t)1u;
	}
	return task_await(f->task, call);
}
