/*
 * ntlm_logon.c - messages 0 to 3, 5 to 7 and 14 of the package, and a new
 * password.
 *
 *     BEGIN --wrong--> LOST     the guess is being made durable
 *         \--right---> SETTING  the new password is being written
 *
 * Only changes wait, here. Layouts: the structures of <ntsecapi.h>, 64-bit, with
 * offsets for pointers; strings lie behind the fixed part.
 */
#include "pkg/ntlm/ntlm_logon.h"

#include "base/random.h"
#include "pkg/ntlm/ntlm_cached.h"
#include "pkg/ntlm/ntlm_check.h"
#include "pkg/ntlm/ntlm_derive.h"
#include "pkg/ntlm/ntlm_flat.h"
#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_msv.h"
#include "pkg/ntlm/ntlm_option.h"
#include "pkg/ntlm/ntlm_password.h"
#include "pkg/ntlm/ntlm_primary.h"

#define OF(field) bytes_of((field), sizeof(field))

enum {
	CHALLENGE_REQUEST, GET_RESPONSE, ENUMERATE_USERS, GET_USER_INFO, CHANGE_PASSWORD = 5, CHANGE_CACHED, PASSTHROUGH,
	CACHE_LOGON, SUBAUTH, DERIVE, CACHE_LOOKUP, SET_PROCESS_OPTION, CLEAR_CACHED = 14, VALIDATE_AUTH = 16, CACHE_LOOKUP_EX, SET_THREAD_OPTION = 19,
	MESSAGES = 25				/* the numbers of MSV1_0_PROTOCOL_MESSAGE_TYPE */
};

static NTSTATUS
verdict(struct call *call, struct message_result *ret, NTSTATUS status, const char *why)
{
	ret->verdict = because(call, status, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

/* --- 0: a challenge for a later network logon ----------------------------- */

static NTSTATUS
challenge_request(struct call *call, struct message_result *ret)
{
	uint8_t challenge[8], *at = call_memory(call, 12);
	struct writer w = writer_of(at, 12);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->verdict = services(call)->challenge_issue(call, challenge);
	if (ret->verdict != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	writer_u32(&w, CHALLENGE_REQUEST);
	writer_bytes(&w, OF(challenge));
	ret->body = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

/* --- 1: a response to somebody's challenge ---------------------------------- */

#define USE_PRIMARY	0x1u	/* the session's own password */
#define RETURN_USER	0x2u
#define RETURN_DOMAIN	0x4u
#define OWN_CHALLENGE	0x10u	/* a client's challenge, for version 1 */
#define NTLM3_PARMS	0x20u	/* version 2; the longer form of the structure */
#define TARGET_INFO	0x40u	/* ServerName is the target information of a challenge */
#define OWF_PASSWORD	0x800u	/* Password is an NT hash */

#define SHORT_FORM	40u
#define LONG_FORM	88u
#define REPLY_FIXED	96u

struct response_ask {
	uint32_t control;
	uint64_t logon_id;
	struct bytes password, user, domain, server;
	uint8_t challenge[8];
};

struct response {
	struct bytes nt, lm, user, domain;
	uint8_t user_key[16], lanman_key[8];
	struct lm_response lm_room;
	struct ntlm1_response nt_room;
};

static bool
response_ask_take(struct response_ask *ask, struct bytes body)
{
	struct reader r = reader_of(body);
	size_t fixed;

	reader_skip(&r, 4);
	ask->control = reader_u32(&r);
	fixed = ask->control & NTLM3_PARMS ? LONG_FORM : SHORT_FORM;
	ask->logon_id = reader_u64(&r);
	ask->password = flat_take(&r, fixed, true);
	reader_fixed(&r, ask->challenge, sizeof ask->challenge);
	if (fixed == LONG_FORM) {
		ask->user = flat_take(&r, fixed, true);
		ask->domain = flat_take(&r, fixed, true);
		ask->server = flat_take(&r, fixed, true);
	}
	return reader_ok(&r);
}

static NTSTATUS
response_reply(struct call *call, const struct response *out, struct message_result *ret)
{
	/* Buffer of each of the four strings, little-endian. */
	static const uint8_t pointers[] = { 16, 0, 0, 0, 32, 0, 0, 0, 48, 0, 0, 0, 64, 0, 0, 0 };
	uint64_t at = REPLY_FIXED;
	size_t room = REPLY_FIXED + out->nt.len + out->lm.len + out->user.len + out->domain.len + 4;
	uint8_t *reply = call_memory(call, room);
	struct writer w = writer_of(reply, room);

	if (!reply)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u64(&w, GET_RESPONSE);		/* MessageType and four bytes of nothing */
	flat_put(&w, out->nt, &at, 0);
	flat_put(&w, out->lm, &at, 0);
	flat_put(&w, out->user, &at, 0);
	flat_put(&w, out->domain, &at, 0);
	writer_bytes(&w, OF(out->user_key));
	writer_bytes(&w, OF(out->lanman_key));
	flat_put_text(&w, out->nt, 0);
	flat_put_text(&w, out->lm, 0);
	flat_put_text(&w, out->user, 0);
	flat_put_text(&w, out->domain, 0);
	ret->verdict = STATUS_SUCCESS;
	ret->body = bytes_of(reply, w.need);
	ret->pointers = OF(pointers);
	return STATUS_SUCCESS;
}

/* The target information as it was given, or one that names the server. False: malformed. */
static bool
response_pairs(struct writer *w, const struct response_ask *ask, struct av_pairs *ret_pairs)
{
	*ret_pairs = (struct av_pairs){ 0 };
	if (ask->control & TARGET_INFO) {
		if (!av_take(ret_pairs, ask->server))
			return false;
		writer_bytes(w, ret_pairs->list);
	} else if (ask->server.len && !av_put(w, AV_NB_DOMAIN, ask->server))
		return false;
	av_put_end(w);
	return true;
}

static NTSTATUS
response_v2(struct call *call, const struct response_ask *ask, const struct nt_hash *hash, struct response *out)
{
	size_t room = sizeof(struct ntlm_proof) + 36 + ask->server.len + 8, info = ask->server.len + 8;
	uint8_t *at = call_memory(call, room), *pairs_at = call_memory(call, info);
	struct writer w = writer_of(pairs_at, info);
	struct ntlm2_blob blob;
	struct ntlm2_key key;
	struct ntlm_proof proof;
	struct base_key base;
	struct av_pairs pairs;
	bool timed;

	if (!at || !pairs_at)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!response_pairs(&w, ask, &pairs) || !ntlm2_key_of(&key, hash, ask->user, ask->domain))
		return STATUS_INVALID_PARAMETER;
	blob.pairs = bytes_of(pairs_at, w.need);
	timed = av_timestamp(&pairs, &blob.time);
	if (!timed)
		blob.time = services(call)->now(call);
	if (!random_bytes(blob.client.b, sizeof blob.client.b))
		return STATUS_INTERNAL_ERROR;
	w = writer_of(at + sizeof proof, room - sizeof proof);
	ntlm2_blob_put(&w, &blob);
	proof = ntlm2_proof_of(&key, ask->challenge, bytes_of(at + sizeof proof, w.need));
	bytes_copy(at, proof.b, sizeof proof.b);
	out->nt = bytes_of(at, sizeof proof + w.need);
	if (!timed)
		out->lm_room = ntlm2_lm_of(&key, ask->challenge, blob.client.b);
	out->lm = OF(out->lm_room.b);
	base = ntlm2_base_key_of(&key, &proof);
	bytes_copy(out->user_key, base.b, sizeof base.b);
	bytes_wipe(&key, sizeof key);
	bytes_wipe(&base, sizeof base);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* Where policy allows it; LM itself never: its field carries the client's challenge, or the NT response once more. */
static NTSTATUS
response_v1(const struct response_ask *ask, const struct nt_hash *hash, struct response *out)
{
	uint32_t flags = ask->control & OWN_CHALLENGE ? NTLM_NEGOTIATE_ESS : 0;
	struct base_key base = ntlm1_base_key_of(hash);
	struct exchange_key key;
	struct ntlm_nonce client;

	if (flags) {
		if (!random_bytes(client.b, sizeof client.b))
			return STATUS_INTERNAL_ERROR;
		out->lm_room = ntlm1_ess_lm_of(client.b);
		out->nt_room = ntlm1_ess_response_of(hash, ask->challenge, client.b);
	} else {
		out->nt_room = ntlm1_response_of(hash, ask->challenge);
		bytes_copy(out->lm_room.b, out->nt_room.b, sizeof out->lm_room.b);
	}
	out->nt = OF(out->nt_room.b);
	out->lm = OF(out->lm_room.b);
	key = ntlm1_exchange_key_of(&base, flags, &out->lm_room, ask->challenge);
	bytes_copy(out->user_key, key.b, sizeof key.b);
	bytes_wipe(&base, sizeof base);
	bytes_wipe(&key, sizeof key);
	return STATUS_SUCCESS;
}

/* Without a password of the session's, and asked for both names, it is a null session. */
static NTSTATUS
primary_none(struct call *call, const struct response_ask *ask, struct message_result *ret)
{
	static const struct response nobody;
	uint32_t all = USE_PRIMARY | RETURN_USER | RETURN_DOMAIN;

	if ((ask->control & all) != all)
		return verdict(call, ret, STATUS_NO_SUCH_LOGON_SESSION, "the logon session has no password of its own");
	because(call, STATUS_SUCCESS, TO_CALLER, "the logon session has no password of its own: this is a null session");
	return response_reply(call, &nobody, ret);
}

static NTSTATUS
response_make(struct call *call, const struct response_ask *ask, const struct nt_hash *hash, struct message_result *ret)
{
	struct response out = { 0 };
	NTSTATUS status = ask->control & NTLM3_PARMS ? response_v2(call, ask, hash, &out) : response_v1(ask, hash, &out);

	if (ask->control & RETURN_USER)
		out.user = ask->user;
	if (ask->control & RETURN_DOMAIN)
		out.domain = ask->domain;
	if (status == STATUS_SUCCESS)
		status = response_reply(call, &out, ret);
	else if (status == STATUS_INVALID_PARAMETER)
		status = verdict(call, ret, status, "the names or the target information are malformed");
	bytes_wipe(&out, sizeof out);
	return status;
}

/* The session's own user, whatever names the request has. */
static NTSTATUS
response_primary(struct call *call, struct response_ask *ask, struct message_result *ret)
{
	struct ntlm_primary *primary = NULL;
	struct session_view view;
	struct nt_hash hash;
	const uint8_t *p;
	NTSTATUS status = services(call)->session(call, ask->logon_id, &view);

	if (status == STATUS_ACCESS_DENIED)
		return verdict(call, ret, status, "only a trusted caller may name another logon session");
	if (status == STATUS_NO_SUCH_LOGON_SESSION)
		return verdict(call, ret, status, "there is no logon session of this LUID");
	if (status != STATUS_SUCCESS)
		return status;
	primary = primary_of(call, view.session);
	if (!primary)
		return primary_none(call, ask, ret);
	ask->user = primary->user;
	ask->domain = primary->domain;
	WITH_SECRET(p, primary->nt_hash)
		bytes_copy(hash.b, p, sizeof hash.b);
	status = response_make(call, ask, &hash, ret);
	bytes_wipe(&hash, sizeof hash);
	kept_drop(&primary->kept);
	return status;
}

static NTSTATUS
get_response(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct response_ask ask = { 0 };
	struct nt_hash hash;
	NTSTATUS status;

	if (!response_ask_take(&ask, args->body))
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	if (ntlm_forbidden(call))
		return verdict(call, ret, STATUS_NTLM_BLOCKED, ntlm_forbidden(call));
	if (!(ask.control & NTLM3_PARMS) && !services(call)->rule(call, RULE_NTLM_V1) && !(ask.control & USE_PRIMARY))
		return verdict(call, ret, STATUS_NOT_SUPPORTED, "NTLM version 1 was asked for, which policy ntlm-v1 forbids");
	if (ask.control & USE_PRIMARY) {
		if (!services(call)->rule(call, RULE_NTLM_V1))
			ask.control |= NTLM3_PARMS;	/* version 2 or nothing */
		return response_primary(call, &ask, ret);
	}
	if ((ask.control & OWF_PASSWORD) && !args->trusted)
		return verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may give a hash for a password");
	if (ask.control & OWF_PASSWORD ? ask.password.len != sizeof hash : ask.password.len > 2 * NTLM_NAME_MAX)
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the password has not the right length");
	if (ask.control & OWF_PASSWORD)
		bytes_copy(hash.b, ask.password.at, sizeof hash);
	else
		hash = nt_hash_of_password(ask.password);
	status = response_make(call, &ask, &hash, ret);
	bytes_wipe(&hash, sizeof hash);
	return status;
}

/* --- 2, 3: who is logged on ---------------------------------------------------- */

/* Handles are LUIDs' low halves: nothing more was ever told of them. */
static NTSTATUS
enumerate_users(struct call *call, struct message_result *ret)
{
	static const uint8_t pointers[] = { 8, 0, 0, 0, 16, 0, 0, 0 };
	struct bytes luids = BYTES_NONE;
	struct reader r;
	struct writer w;
	size_t count, room;
	NTSTATUS status = services(call)->sessions(call, &luids);

	if (status != STATUS_SUCCESS)
		return status;
	count = luids.len / 8;
	room = 24 + count * 12;
	w = writer_of(call_memory(call, room), room);
	if (!w.at)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&w, ENUMERATE_USERS);
	writer_u32(&w, (uint32_t)count);
	writer_u64(&w, count ? 24 : 0);
	writer_u64(&w, count ? 24 + count * 8 : 0);
	writer_bytes(&w, luids);
	r = reader_of(luids);
	for (size_t i = 0; i < count; i++)
		writer_u32(&w, (uint32_t)reader_u64(&r));
	ret->verdict = STATUS_SUCCESS;
	ret->body = bytes_of(w.at, w.need);
	ret->pointers = OF(pointers);
	return STATUS_SUCCESS;
}

static NTSTATUS
user_info_reply(struct call *call, const struct session_view *view, struct message_result *ret)
{
	static const uint8_t pointers[] = { 8, 0, 0, 0, 24, 0, 0, 0, 40, 0, 0, 0, 56, 0, 0, 0 };
	const char *texts[3] = { view->user, view->domain, view->server };
	struct bytes at[3];
	uint64_t place = 72 + view->sid.len;
	size_t room = (size_t)place;
	struct writer w;

	for (unsigned i = 0; i < 3; i++) {
		NTSTATUS status = ntlm_text16(call, &at[i], bytes_of_text(texts[i]));

		if (status != STATUS_SUCCESS)
			return status;
		room += at[i].len;
	}
	w = writer_of(call_memory(call, room), room);
	if (!w.at)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u64(&w, GET_USER_INFO);		/* and four bytes of nothing */
	writer_u64(&w, view->sid.len ? 72 : 0);
	for (unsigned i = 0; i < 3; i++)
		flat_put(&w, at[i], &place, 0);
	writer_u32(&w, view->logon_type);
	writer_u32(&w, 0);
	writer_bytes(&w, view->sid);
	for (unsigned i = 0; i < 3; i++)
		flat_put_text(&w, at[i], 0);
	ret->verdict = STATUS_SUCCESS;
	ret->body = bytes_of(w.at, w.need);
	ret->pointers = OF(pointers);
	return STATUS_SUCCESS;
}

static NTSTATUS
get_user_info(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	struct session_view view;
	uint64_t luid;
	NTSTATUS status;

	reader_skip(&r, 4);
	luid = reader_u64(&r);
	if (!reader_ok(&r))
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	status = services(call)->session(call, luid, &view);
	if (status == STATUS_ACCESS_DENIED || status == STATUS_NO_SUCH_LOGON_SESSION)
		return verdict(call, ret, status, "there is no logon session of this LUID that the caller may ask about");
	return status == STATUS_SUCCESS ? user_info_reply(call, &view, ret) : status;
}

/* --- a new password --------------------------------------------------------- */

struct change {
	enum { BEGIN, LOST, SETTING } at;
	NTSTATUS kept;				/* LOST: the answer */
	struct account_view view;
	struct secret *hash;
	bool blank;
};

static void
change_drop(void *frame)
{
	struct change *f = frame;

	secret_drop(&f->hash);
}

static NTSTATUS
change_fits(struct call *call, const struct change_args *args)
{
	if (args->user.len % 2 || args->domain.len % 2 || args->old.len % 2 || args->fresh.len % 2 || !args->user.len ||
	    args->user.len > 2 * NTLM_NAME_MAX || args->domain.len > 2 * NTLM_DOMAIN_MAX)
		return because(call, STATUS_INVALID_PARAMETER, TO_CALLER, "the names or passwords are no text of a legal length");
	if (args->fresh.len > 2 * NTLM_NAME_MAX)
		return because(call, STATUS_PASSWORD_RESTRICTION, TO_CALLER, "the new password has more than 256 characters");
	return STATUS_SUCCESS;
}

/* --- SETTING ---------------------------------------------------------------- */

static NTSTATUS
change_set(struct call *call, struct change *f)
{
	f->at = SETTING;
	return services(call)->set_key(call, &f->view, bytes_of_text(f->view.name), f->hash, f->blank);
}

/* --- BEGIN ------------------------------------------------------------------ */

static NTSTATUS
change_refused(struct call *call, const struct change_args *args, struct change *f, struct check *c)
{
	NTSTATUS answer = args->trusted ? c->cause : STATUS_WRONG_PASSWORD;

	if (services(call)->audit_detail)
		services(call)->audit_detail(call, DETAIL_CHANGE, BYTES_NONE, 0);
	c->status = answer;
	f->at = LOST;
	f->kept = answer;
	return check_conclude(call, c);
}

static NTSTATUS
change_begin(struct call *call, const struct change_args *args, struct change *f)
{
	struct nt_hash hash;
	struct check c;
	NTSTATUS status = change_fits(call, args);

	if (status == STATUS_SUCCESS)
		status = check_password(call, &c, args->domain, args->user, args->old);
	if (status != STATUS_SUCCESS)
		return status;
	if (c.verdict != CHECK_PROVEN)
		return change_refused(call, args, f, &c);
	status = check_conclude(call, &c);
	if (status != STATUS_SUCCESS)
		return status;
	status = password_admit(call, &c.view, args->fresh);
	if (status != STATUS_SUCCESS)
		return status;
	hash = nt_hash_of_password(args->fresh);
	f->view = c.view;
	f->blank = args->fresh.len == 0;
	f->hash = secret_of(bytes_of(hash.b, sizeof hash.b));
	bytes_wipe(&hash, sizeof hash);
	return f->hash ? change_set(call, f) : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS
ntlm_change(struct call *call, const struct change_args *args)
{
	struct change *f = frame(call, sizeof *f, change_drop);

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	switch (f->at) {
	case BEGIN:	return change_begin(call, args, f);
	case LOST:	return check_wait(call, f->kept);
	case SETTING:	return change_set(call, f);
	}
	return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "a password change in no state");
}

/* --- 5: the same as a message -------------------------------------------------- */

static NTSTATUS
change_message(struct call *call, const struct message_args *args, struct message_result *ret)
{
	const size_t fixed = 80;
	struct reader r = reader_of(args->body);
	struct change_args change = { .trusted = args->trusted };
	NTSTATUS status;

	reader_skip(&r, 8);
	change.domain = flat_take(&r, fixed, true);
	change.user = flat_take(&r, fixed, true);
	change.old = flat_take(&r, fixed, true);
	change.fresh = flat_take(&r, fixed, true);
	reader_skip(&r, 8);			/* Impersonating: the old password proves enough */
	if (!reader_ok(&r))
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	status = ntlm_change(call, &change);
	if (status == STATUS_PENDING)
		return status;
	ret->verdict = status;
	return status == STATUS_PASSWORD_RESTRICTION ? password_policy_reply(call, CHANGE_PASSWORD, ret) : STATUS_SUCCESS;
}

/* --- 7: for a domain's controller ---------------------------------------------------- */

/* winbindd hands on responses of NTLM and nothing else, so no authority has a way for it. */
static NTSTATUS
passthrough(struct call *call, const struct message_args *args, struct message_result *ret)
{
	if (!args->trusted)
		return verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may send this message");
	return verdict(call, ret, STATUS_NO_LOGON_SERVERS, "there is no way from here to a domain's controller for what other packages say");
}

NTSTATUS
ntlm_message(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	uint32_t number = reader_u32(&r);

	if (!reader_ok(&r) || number >= MESSAGES)
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "NTLM knows no message of this number");
	switch (number) {
	case CHALLENGE_REQUEST:	return challenge_request(call, ret);
	case GET_RESPONSE:	return get_response(call, args, ret);
	case ENUMERATE_USERS:	return enumerate_users(call, ret);
	case GET_USER_INFO:	return get_user_info(call, args, ret);
	case CHANGE_PASSWORD:	return change_message(call, args, ret);
	case PASSTHROUGH:	return passthrough(call, args, ret);
	case CHANGE_CACHED:
	case CACHE_LOGON:
	case CACHE_LOOKUP:
	case CLEAR_CACHED:
	case CACHE_LOOKUP_EX:	return ntlm_cached_message(call, args, number, ret);
	case DERIVE:		return ntlm_derive(call, args, ret);
	case SET_PROCESS_OPTION:
	case SET_THREAD_OPTION:	return ntlm_set_option(call, args, number == SET_THREAD_OPTION, ret);
	case VALIDATE_AUTH:	return ntlm_validate(call, args, ret);
	case SUBAUTH:		return verdict(call, ret, STATUS_NO_SUCH_PACKAGE, "there are no subauthentication packages");
	default:		return verdict(call, ret, STATUS_NOT_SUPPORTED, "this message is not supported");
	}
}
