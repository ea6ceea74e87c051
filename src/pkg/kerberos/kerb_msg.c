/*
 * kerb_msg.c - which message it is; the messages that look at the ticket
 * cache and change it: query, purge, submit. None of them waits.
 *
 * Layouts: the structures of <ntsecapi.h>, 64-bit, with offsets for pointers.
 */
#include "pkg/kerberos/kerb_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_lsa.h"

enum {						/* KERB_PROTOCOL_MESSAGE_TYPE */
	QUERY = 1, RETRIEVE_TGT = 4, PURGE = 6, CHANGE_PASSWORD = 7, RETRIEVE = 8, SET_PASSWORD = 11, SET_PASSWORD_EX = 12,
	QUERY_EX = 14, PURGE_EX = 15, ADD_EXTRA = 17, TRANSFER = 19, QUERY_EX2 = 20, SUBMIT = 21, ADD_EXTRA_EX = 22, QUERY_EX3 = 25,
	MESSAGES = 37
};

#define PURGE_ALL	1u
#define TICKETS_MAX	512u

/* --- what all of them do --------------------------------------------------------- */

NTSTATUS
kerb_verdict(struct call *call, struct message_result *ret, NTSTATUS verdict, const char *why)
{
	if (verdict == STATUS_INVALID_PARAMETER && call_starved(call))
		return STATUS_INSUFFICIENT_RESOURCES;		/* what could not be read may have been right */
	ret->verdict = because(call, verdict, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

struct kerb_cache *
kerb_msg_cache(struct call *call, uint64_t luid, NTSTATUS *ret_verdict)
{
	const struct lsa_services *s = services(call);
	struct session_view own, asked;
	struct kerb_cache *cache = NULL;

	*ret_verdict = s->session(call, luid, &asked);
	if (*ret_verdict == STATUS_ACCESS_DENIED) {
		(void)because(call, *ret_verdict, TO_CALLER, "only a trusted caller may ask for another's logon session");
		return NULL;
	}
	if (*ret_verdict != STATUS_SUCCESS) {
		(void)because(call, *ret_verdict, TO_CALLER, "there is no such logon session");
		return NULL;
	}
	if (!luid || (s->session(call, 0, &own) == STATUS_SUCCESS && own.luid == asked.luid))
		cache = kerb_process_cache(call);
	if (!cache)
		cache = (struct kerb_cache *)(void *)s->session_kept(call, asked.session, &kerberos_lsa);
	return cache;
}

struct kerb_cache *
kerb_msg_cache_make(struct call *call, const struct session_view *session, NTSTATUS *ret_verdict)
{
	struct kerb_cache *cache = kerb_cache_new();

	if (cache && services(call)->session_keep(call, session->session, &kerberos_lsa, &kerb_cache_hold(cache)->kept) == STATUS_SUCCESS)
		return cache;
	kerb_cache_drop(cache);
	*ret_verdict = STATUS_INSUFFICIENT_RESOURCES;
	return NULL;
}

const char *
kerb_msg_utf8(struct call *call, struct bytes utf16)
{
	struct writer measure = writer_of(NULL, 0), w;
	char *text;

	if (!utf16.len)
		return "";
	if (!utf8_from_utf16(&measure, utf16))
		return NULL;
	text = call_memory(call, measure.need + 1);
	if (!text)
		return NULL;
	w = writer_of(text, measure.need);
	return utf8_from_utf16(&w, utf16) && strlen(text) == measure.need ? text : NULL;
}

const char *
kerb_msg_text(struct call *call, struct reader *r, size_t fixed)
{
	uint16_t len = reader_u16(r);
	struct bytes text = BYTES_NONE;
	uint64_t at;

	reader_skip(r, 6);
	at = reader_u64(r);
	if (len && (len % 2 || at < fixed || at > r->whole.len || !bytes_part(&text, r->whole, (size_t)at, len)))
		return NULL;
	return kerb_msg_utf8(call, text);
}

uint64_t
kerb_filetime(uint32_t seconds)
{
	return seconds ? ((uint64_t)seconds + 11644473600u) * 10000000u : 0;
}

/* --- replies ----------------------------------------------------------------------- */

bool
kerb_reply_begin(struct kerb_reply *r, struct call *call, size_t fixed_len, size_t rest_len, size_t pointer_count)
{
	uint8_t *pointers = call_memory(call, 4 * pointer_count + 4);

	r->rest_at = (fixed_len + 7u) & ~(size_t)7u;
	r->whole = call_memory(call, r->rest_at + rest_len + 8);
	if (!r->whole || !pointers)
		return false;
	r->fixed = writer_of(r->whole, fixed_len);
	r->rest = writer_of(r->whole + r->rest_at, rest_len);
	r->pointers = writer_of(pointers, 4 * pointer_count);
	return true;
}

static void
reply_pointer(struct kerb_reply *r, bool there)
{
	if (there)
		writer_u32(&r->pointers, (uint32_t)r->fixed.need);
	writer_u64(&r->fixed, there ? r->rest_at + r->rest.need : 0);
}

void
kerb_reply_text(struct kerb_reply *r, const char *text)
{
	struct writer measure = writer_of(NULL, 0);

	if (!utf16_from_utf8(&measure, bytes_of_text(text))) {	/* a name of the peer's that is no text */
		text = "?";
		measure.need = 2;
	}
	writer_u16(&r->fixed, (uint16_t)measure.need);
	writer_u16(&r->fixed, (uint16_t)(measure.need + 2));
	writer_u32(&r->fixed, 0);
	reply_pointer(r, true);
	if (utf16_from_utf8(&r->rest, bytes_of_text(text)))
		writer_u16(&r->rest, 0);
}

void
kerb_reply_block(struct kerb_reply *r, struct bytes block)
{
	writer_zeros(&r->rest, (8 - r->rest.need % 8) % 8);
	reply_pointer(r, block.len != 0);
	writer_bytes(&r->rest, block);
}

void
kerb_reply_inside(struct kerb_reply *r, uint64_t at)
{
	writer_u32(&r->pointers, (uint32_t)r->fixed.need);
	writer_u64(&r->fixed, at);
}

NTSTATUS
kerb_reply_end(struct kerb_reply *r, struct message_result *ret)
{
	if (!writer_ok(&r->fixed) || !writer_ok(&r->rest) || !writer_ok(&r->pointers))
		return STATUS_INTERNAL_ERROR;
	ret->verdict = STATUS_SUCCESS;
	ret->body = bytes_of(r->whole, r->rest_at + r->rest.need);
	ret->pointers = bytes_of(r->pointers.at, r->pointers.need);
	return STATUS_SUCCESS;
}

/* --- the tickets of a cache, as a list ------------------------------------------------ */

struct tickets {
	krb5_context k5;
	size_t count;
	krb5_creds list[TICKETS_MAX];
};

static void
tickets_drop(struct tickets *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		krb5_free_cred_contents(t->k5, &t->list[i]);
	kerb_k5_give(t->k5);
	free(t);
}

/* What is no ticket (notes of libkrb5's own) is left out. NULL: no memory. */
static struct tickets *
tickets_of(struct call *call, struct kerb_hoard *hoard)
{
	struct tickets *t = calloc(1, sizeof *t);
	krb5_cc_cursor cursor;

	if (!t)
		return NULL;
	t->k5 = kerb_k5_take(call);
	if (!t->k5) {
		free(t);
		return NULL;
	}
	if (hoard && krb5_cc_start_seq_get(t->k5, hoard->cc, &cursor) == 0) {
		while (t->count < TICKETS_MAX && krb5_cc_next_cred(t->k5, hoard->cc, &cursor, &t->list[t->count]) == 0) {
			if (krb5_is_config_principal(t->k5, t->list[t->count].server))
				krb5_free_cred_contents(t->k5, &t->list[t->count]);
			else
				t->count++;
		}
		(void)krb5_cc_end_seq_get(t->k5, hoard->cc, &cursor);
	}
	return t;
}

/* A principal without its realm, and the realm; "" when memory is short. */
static const char *
name_of(struct call *call, krb5_context k5, krb5_const_principal p)
{
	char *plain = NULL, *text = NULL;

	if (krb5_unparse_name_flags(k5, p, KRB5_PRINCIPAL_UNPARSE_NO_REALM | KRB5_PRINCIPAL_UNPARSE_DISPLAY, &plain) == 0) {
		text = call_memory(call, strlen(plain) + 1);
		if (text)
			bytes_copy(text, plain, strlen(plain));
	}
	krb5_free_unparsed_name(k5, plain);
	return text ? text : "";
}

const char *
kerb_msg_realm(struct call *call, krb5_const_principal p)
{
	char *text = call_memory(call, p->realm.length + 1u);

	if (text)
		bytes_copy(text, p->realm.data, p->realm.length);
	return text ? text : "";
}

static uint32_t
etype_of(const krb5_creds *c)
{
	/* The enctype of the ticket itself is inside it; what the client can use is the session key's. */
	return (uint32_t)c->keyblock.enctype;
}

static void
times_put(struct writer *w, const krb5_creds *c)
{
	uint32_t start = (uint32_t)(c->times.starttime ? c->times.starttime : c->times.authtime);

	writer_u64(w, kerb_filetime(start));
	writer_u64(w, kerb_filetime((uint32_t)c->times.endtime));
	writer_u64(w, kerb_filetime((uint32_t)c->times.renew_till));
	writer_u32(w, etype_of(c));
	writer_u32(w, (uint32_t)c->ticket_flags);
}

/* --- 1, 14, 20, 25: the list ------------------------------------------------------------ */

static void
ticket_put(struct call *call, struct kerb_reply *r, krb5_context k5, uint32_t form, const krb5_creds *c)
{
	if (form != QUERY) {
		kerb_reply_text(r, name_of(call, k5, c->client));
		kerb_reply_text(r, kerb_msg_realm(call, c->client));
	}
	kerb_reply_text(r, name_of(call, k5, c->server));
	kerb_reply_text(r, kerb_msg_realm(call, c->server));
	times_put(&r->fixed, c);
	if (form == QUERY_EX2 || form == QUERY_EX3) {
		writer_u32(&r->fixed, (uint32_t)c->keyblock.enctype);
		writer_u32(&r->fixed, 0);			/* BranchId */
	}
	if (form == QUERY_EX3) {
		writer_u64(&r->fixed, 0);			/* CacheFlags, and nothing */
		kerb_reply_text(r, "");				/* KdcCalled: not kept */
	}
}

static size_t
text_room(struct call *call, krb5_context k5, const krb5_creds *c)
{
	/* UTF-16 takes at most two bytes for each of UTF-8's. */
	return 2 * (strlen(name_of(call, k5, c->client)) + c->client->realm.length + strlen(name_of(call, k5, c->server)) +
	    c->server->realm.length) + 5 * 2;
}

static NTSTATUS
query(struct call *call, uint32_t form, struct bytes body, struct message_result *ret)
{
	static const size_t sizes[] = { [QUERY] = 64, [QUERY_EX] = 96, [QUERY_EX2] = 104, [QUERY_EX3] = 128 };
	struct reader r = reader_of(body);
	struct kerb_cache *cache;
	struct kerb_hoard *hoard;
	struct kerb_reply reply;
	struct tickets *t;
	NTSTATUS status;
	size_t room = 0;
	uint64_t luid;

	reader_skip(&r, 4);
	luid = reader_u64(&r);
	if (!reader_ok(&r))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is too short");
	cache = kerb_msg_cache(call, luid, &ret->verdict);
	if (ret->verdict != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	hoard = cache ? kerb_cache_hoard(cache) : NULL;
	kerb_cache_drop(cache);
	t = tickets_of(call, hoard);
	kerb_hoard_drop(hoard);
	if (!t)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (size_t i = 0; i < t->count; i++)
		room += text_room(call, t->k5, &t->list[i]);
	status = STATUS_INSUFFICIENT_RESOURCES;
	if (kerb_reply_begin(&reply, call, 8 + t->count * sizes[form], room, 5 * t->count)) {
		writer_u32(&reply.fixed, form);
		writer_u32(&reply.fixed, (uint32_t)t->count);
		for (size_t i = 0; i < t->count; i++)
			ticket_put(call, &reply, t->k5, form, &t->list[i]);
		status = kerb_reply_end(&reply, ret);
	}
	tickets_drop(t);
	return status;
}

/* --- 6, 15: purge ----------------------------------------------------------------------- */

/* An empty word fits everything. */
struct template { const char *client, *client_realm, *server, *server_realm; };

static bool
word_fits(const char *wanted, const char *is)
{
	return !*wanted || strcasecmp(wanted, is) == 0;
}

static bool
template_fits(struct call *call, krb5_context k5, const struct template *t, const krb5_creds *c)
{
	return word_fits(t->client, name_of(call, k5, c->client)) && word_fits(t->client_realm, kerb_msg_realm(call, c->client)) &&
	    word_fits(t->server, name_of(call, k5, c->server)) && word_fits(t->server_realm, kerb_msg_realm(call, c->server));
}

/* What is left becomes a hoard of its own; without a ticket-granting ticket there is nothing left to ask with. */
static NTSTATUS
purge_some(struct call *call, struct kerb_cache *cache, const struct template *t, size_t *ret_gone)
{
	struct kerb_hoard *hoard = kerb_cache_hoard(cache), *fresh = NULL;
	struct tickets *all = tickets_of(call, hoard);
	krb5_creds **left;
	size_t count = 0;
	krb5_error_code code = 0;

	*ret_gone = 0;
	left = all ? calloc(all->count + 1, sizeof(krb5_creds *)) : NULL;
	if (!all || !left) {
		free(left);
		tickets_drop(all);
		kerb_hoard_drop(hoard);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	for (size_t i = 0; i < all->count; i++)
		if (template_fits(call, all->k5, t, &all->list[i]))
			++*ret_gone;
		else
			left[count++] = &all->list[i];
	if (*ret_gone && count)
		code = kerb_hoard_new(&fresh, all->k5, left[0]->client, left, count, hoard->clock);
	if (*ret_gone)
		kerb_cache_fill(cache, code ? NULL : fresh);
	free(left);
	tickets_drop(all);
	kerb_hoard_drop(hoard);
	return STATUS_SUCCESS;
}

static NTSTATUS
purge(struct call *call, uint32_t form, struct bytes body, struct message_result *ret)
{
	size_t fixed = form == PURGE ? 48 : 112, gone = 0;
	struct template t = { "", "", "", "" };
	struct reader r = reader_of(body);
	struct kerb_cache *cache;
	uint32_t flags = 0;
	uint64_t luid;
	NTSTATUS status = STATUS_SUCCESS;

	reader_skip(&r, 4);
	luid = reader_u64(&r);
	if (form == PURGE_EX) {
		flags = reader_u32(&r);
		t.client = kerb_msg_text(call, &r, fixed);
		t.client_realm = kerb_msg_text(call, &r, fixed);
	} else {
		reader_skip(&r, 4);
	}
	t.server = kerb_msg_text(call, &r, fixed);
	t.server_realm = kerb_msg_text(call, &r, fixed);
	if (!reader_ok(&r) || body.len < fixed || !t.client || !t.client_realm || !t.server || !t.server_realm)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	if (flags & ~PURGE_ALL)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the flags are not understood");
	if (flags & PURGE_ALL)
		t = (struct template){ "", "", "", "" };
	cache = kerb_msg_cache(call, luid, &ret->verdict);
	if (ret->verdict != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	if (cache)
		status = purge_some(call, cache, &t, &gone);
	kerb_cache_drop(cache);
	if (status != STATUS_SUCCESS)
		return status;
	if (!gone)
		return kerb_verdict(call, ret, SEC_E_NO_CREDENTIALS, "no ticket fits what is to be purged");
	ret->verdict = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

/* --- 21: tickets from elsewhere ------------------------------------------------------------ */

#define SUBMIT_FIXED 36u

struct submit {
	uint64_t luid;
	int32_t etype;
	struct bytes key, cred;
};

static bool
submit_take(struct submit *s, struct bytes body)
{
	struct reader r = reader_of(body);
	uint32_t key_len, key_at, cred_len, cred_at;

	reader_skip(&r, 4);
	s->luid = reader_u64(&r);
	reader_skip(&r, 4);				/* Flags: none is defined */
	s->etype = (int32_t)reader_u32(&r);
	key_len = reader_u32(&r);
	key_at = reader_u32(&r);
	cred_len = reader_u32(&r);
	cred_at = reader_u32(&r);
	s->key = BYTES_NONE;
	if (!reader_ok(&r) || (key_len && (key_at < SUBMIT_FIXED || !bytes_part(&s->key, body, key_at, key_len))))
		return false;
	return cred_len && cred_at >= SUBMIT_FIXED && bytes_part(&s->cred, body, cred_at, cred_len) && key_len <= KERB_KEY_MAX;
}

/* The message's tickets; libkrb5 deciphers with the receiving subkey, and takes plain text where there is none. */
static krb5_error_code
cred_open(krb5_context k5, const struct submit *s, krb5_creds ***ret_tickets)
{
	krb5_keyblock key = { .magic = KV5M_KEYBLOCK, .enctype = s->etype, .length = (unsigned)s->key.len,
	    .contents = (krb5_octet *)(uintptr_t)s->key.at };
	krb5_data message = { .length = (unsigned)s->cred.len, .data = (char *)(uintptr_t)s->cred.at };
	krb5_auth_context auth = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);

	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);	/* neither times nor addresses: it may have been kept for hours */
	if (!code && s->etype)
		code = krb5_auth_con_setrecvsubkey(k5, auth, &key);
	if (!code)
		code = krb5_rd_cred(k5, auth, &message, ret_tickets, NULL);
	krb5_auth_con_free(k5, auth);
	return code;
}

/* What the cache holds already of the same client stays. */
static krb5_error_code
cred_join(struct call *call, krb5_context k5, struct kerb_cache *cache, krb5_creds **tickets)
{
	struct kerb_hoard *hoard = kerb_cache_hoard(cache), *fresh = NULL;
	struct tickets *old = tickets_of(call, hoard);
	size_t count = 0, more = 0;
	krb5_error_code code = ENOMEM;
	krb5_creds **all;

	while (tickets[more])
		more++;
	all = old ? calloc(old->count + more, sizeof *all) : NULL;
	if (all && more) {
		for (size_t i = 0; i < old->count; i++)
			if (krb5_principal_compare(k5, old->list[i].client, tickets[0]->client))
				all[count++] = &old->list[i];
		for (size_t i = 0; i < more; i++)
			all[count++] = tickets[i];
		code = kerb_hoard_new(&fresh, k5, tickets[0]->client, all, count, hoard ? hoard->clock : 0);
	}
	if (!code)
		kerb_cache_fill(cache, fresh);
	free(all);
	tickets_drop(old);
	kerb_hoard_drop(hoard);
	return code;
}

/* A cache to put tickets into: the session's, made where it has none; with its count. */
static struct kerb_cache *
cache_to_fill(struct call *call, uint64_t luid, struct message_result *ret)
{
	struct kerb_cache *cache = kerb_msg_cache(call, luid, &ret->verdict);
	struct session_view session;

	if (cache || ret->verdict != STATUS_SUCCESS)
		return cache;
	ret->verdict = services(call)->session(call, luid, &session);
	return ret->verdict == STATUS_SUCCESS ? kerb_msg_cache_make(call, &session, &ret->verdict) : NULL;
}

static NTSTATUS
submit(struct call *call, struct bytes body, struct message_result *ret)
{
	krb5_creds **tickets = NULL;
	struct kerb_cache *cache;
	struct submit s;
	krb5_context k5;
	krb5_error_code code;

	if (!submit_take(&s, body))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "an offset or a length lies outside the request");
	cache = cache_to_fill(call, s.luid, ret);
	if (!cache)
		return STATUS_SUCCESS;
	k5 = kerb_k5_take(call);
	code = k5 ? cred_open(k5, &s, &tickets) : ENOMEM;
	if (!code)
		code = cred_join(call, k5, cache, tickets);
	if (tickets)
		krb5_free_tgt_creds(k5, tickets);
	kerb_k5_give(k5);
	kerb_cache_drop(cache);
	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (code == KRB5_CC_NOTFOUND)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the message brings no ticket-granting ticket, and the session has none");
	if (code)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER,
		    "the bytes are no KRB-CRED message, or the key does not open it");
	ret->verdict = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

/* --- the entry ---------------------------------------------------------------------------- */

NTSTATUS
kerb_message(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	uint32_t type = reader_u32(&r);

	switch (type) {
	case QUERY:
	case QUERY_EX:
	case QUERY_EX2:
	case QUERY_EX3:
		return kerb_expected(call) == STATUS_PENDING ? STATUS_PENDING : query(call, type, args->body, ret);
	case PURGE:
	case PURGE_EX:
		return kerb_expected(call) == STATUS_PENDING ? STATUS_PENDING : purge(call, type, args->body, ret);
	case SUBMIT:
		return submit(call, args->body, ret);
	case RETRIEVE_TGT:
	case RETRIEVE:
		return kerb_msg_retrieve(call, args, ret);
	case CHANGE_PASSWORD:
	case SET_PASSWORD:
	case SET_PASSWORD_EX:
		return kerb_msg_password(call, args, ret);
	case ADD_EXTRA:
	case ADD_EXTRA_EX:
		return kerb_msg_extra(call, args, type == ADD_EXTRA_EX, ret);
	case TRANSFER:
		return kerb_msg_transfer(call, args, ret);
	default:
		if (reader_ok(&r) && type < MESSAGES)
			return kerb_msg_more(call, args, type, ret);
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "there is no such message");
	}
}
