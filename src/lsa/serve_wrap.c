/*
 * serve_wrap.c - bytes sealed under a key that stays in the LSA: exported
 * contexts and encrypted identities. lsad's key lives as long as lsad; in
 * embedded mode an exported context must open in another process of the same
 * user, so there it is the store's key.
 *
 * Layout of a sealed blob: u32 uid | nonce | tag | ciphertext, or in embedded
 * mode what the store makes of it behind the uid. An exported context has a
 * u32 behind the uid, its purpose; and one that may be imported only once
 * begins, sealed, with a random number and the second until which it counts.
 * The numbers of those that were imported are remembered until then (store/once.h).
 */
#include "base/random.h"
#include "crypto/cipher.h"
#include "lsa/client.h"
#include "store/once.h"
#include "store/store.h"

#define PURPOSE_CONTEXT	3u
#define PURPOSE_ONCE	4u
#define PURPOSES	4u
#define ONCE_SECONDS	600u		/* an exported context waits that long for its only import */
#define ONCE_HEAD	(ONCE_LEN + 8u)
#define UID_LEN		4u
#define SEAL_EXTRA	(CIPHER_NONCE_LEN + CIPHER_TAG_LEN)
#define ABOUT_LEN	20u

/* What is bound to the bytes: that they are a blob, its purpose, and whose it is. */
static struct bytes
about(struct served *s, uint32_t purpose, uint8_t room[ABOUT_LEN])
{
	struct writer w = writer_of(room, ABOUT_LEN);

	writer_bytes(&w, bytes_of("openlsa blob", 12));
	writer_u32(&w, purpose);
	writer_u32(&w, s->link->peer.uid);
	return bytes_of(room, w.need);
}

static bool
by_store(const struct served *s, uint32_t purpose)
{
	return purpose >= PURPOSE_CONTEXT && s->link->peer.near;
}

static size_t
head_len(uint32_t purpose)
{
	return purpose >= PURPOSE_CONTEXT ? UID_LEN + 4u : UID_LEN;
}

/* In front of what is sealed: the number that may come back once. In call memory. */
static NTSTATUS
once_put(struct served *s, struct bytes *plain)
{
	uint8_t *at = call_memory(&s->call, ONCE_HEAD + plain->len);
	struct store *store;
	uint64_t until;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!random_bytes(at, ONCE_LEN))
		return STATUS_INTERNAL_ERROR;
	until = once_until(store, ONCE_SECONDS);
	put_u32(at + ONCE_LEN, (uint32_t)until);
	put_u32(at + ONCE_LEN + 4, (uint32_t)(until >> 32));
	bytes_copy(at + ONCE_HEAD, plain->at, plain->len);
	*plain = bytes_of(at, ONCE_HEAD + plain->len);
	return STATUS_SUCCESS;
}

static NTSTATUS
once_check(struct served *s, struct bytes *plain)
{
	uint8_t id[ONCE_LEN];
	struct reader r = reader_of(*plain);
	struct store *store;
	uint64_t until;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	reader_fixed(&r, id, sizeof id);
	until = reader_u64(&r);
	*plain = reader_rest(&r);
	if (status != STATUS_SUCCESS)
		return status;
	if (!reader_ok(&r))
		return because(&s->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the blob is too short");
	status = once_take(store, id, until);
	switch (status) {
	case STATUS_SUCCESS:
		return status;
	case STATUS_OBJECT_NAME_COLLISION:
		return because(&s->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the exported context was imported already; "
		    "to import one more than once, export it with SECPKG_CONTEXT_EXPORT_RESET_NEW");
	case STATUS_TIME_DIFFERENCE_AT_DC:
		return because(&s->call, SEC_E_CONTEXT_EXPIRED, TO_CALLER,
		    "the exported context was not imported within ten minutes");
	case STATUS_QUOTA_EXCEEDED:
		return because(&s->call, status, TO_CALLER, "too many exported contexts were imported lately; try again later");
	default:
		return because(&s->call, status, TO_CALLER, "whether the context was imported before could not be looked up");
	}
}

static NTSTATUS
store_wrap(struct served *s, struct bytes plain, struct bytes bound, uint8_t *to)
{
	struct secret *copy = secret_of(plain);
	struct store *store;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = copy ? store_seal(store, to, bound, copy) : STATUS_INSUFFICIENT_RESOURCES;
	secret_drop(&copy);
	return status;
}

NTSTATUS
serve_wrap(struct served *s, const struct wrap_in *in, struct wrap_out *out)
{
	bool stored = by_store(s, in->purpose);
	size_t len = head_len(in->purpose) + in->plain.len + (stored ? STORE_SEAL_EXTRA : SEAL_EXTRA) +
	    (in->purpose == PURPOSE_ONCE ? ONCE_HEAD : 0);
	uint8_t room[ABOUT_LEN], *at, *blob, *key;
	struct bytes bound = about(s, in->purpose, room), plain = in->plain;
	NTSTATUS status = STATUS_INTERNAL_ERROR;

	if (in->purpose == 0 || in->purpose > PURPOSES || len > WIRE_BYTES_MAX)
		return STATUS_INVALID_PARAMETER;
	if (in->purpose == PURPOSE_ONCE) {
		status = once_put(s, &plain);
		if (status != STATUS_SUCCESS)
			return because(&s->call, status, TO_CALLER, "the context could not be numbered for its import");
		status = STATUS_INTERNAL_ERROR;
	}
	blob = call_memory(&s->call, len);
	if (!blob)
		return STATUS_INSUFFICIENT_RESOURCES;
	put_u32(blob, s->link->peer.uid);
	at = blob + head_len(in->purpose);
	if (in->purpose >= PURPOSE_CONTEXT)
		put_u32(blob + UID_LEN, in->purpose);
	if (stored) {
		status = store_wrap(s, plain, bound, at);
	} else {
		WITH_SECRET(key, s->link->lsa->wrap_key)
			if (random_bytes(at, CIPHER_NONCE_LEN) &&
			    cipher_seal(at + SEAL_EXTRA, at + CIPHER_NONCE_LEN, (const struct cipher_key *)key, at, bound,
			    plain))
				status = STATUS_SUCCESS;
	}
	if (status != STATUS_SUCCESS)
		return because(&s->call, status, TO_CALLER, "the bytes could not be sealed");
	out->sealed = bytes_of(blob, len);
	return STATUS_SUCCESS;
}

/* The plain bytes in call memory, which is wiped with the call. */
static NTSTATUS
store_unwrap(struct served *s, struct bytes body, struct bytes bound, struct bytes *ret_plain)
{
	struct secret *plain = NULL;
	struct store *store;
	uint8_t *copy, *p;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = store_unseal(store, &plain, bound, body);
	if (status != STATUS_SUCCESS)
		return status;
	copy = call_memory(&s->call, secret_len(plain));
	if (copy)
		WITH_SECRET(p, plain)
			bytes_copy(copy, p, secret_len(plain));
	*ret_plain = bytes_of(copy, copy ? secret_len(plain) : 0);
	secret_drop(&plain);
	return copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS
key_unwrap(struct served *s, struct bytes body, struct bytes bound, struct bytes *ret_plain)
{
	struct reader r = reader_of(body);
	uint8_t nonce[CIPHER_NONCE_LEN], tag[CIPHER_TAG_LEN], *plain, *key;
	NTSTATUS status = STATUS_DECRYPTION_FAILED;

	reader_fixed(&r, nonce, sizeof nonce);
	reader_fixed(&r, tag, sizeof tag);
	body = reader_rest(&r);
	if (!reader_ok(&r))
		return status;
	plain = call_memory(&s->call, body.len);
	if (!plain)
		return STATUS_INSUFFICIENT_RESOURCES;
	WITH_SECRET(key, s->link->lsa->wrap_key)
		if (cipher_open(plain, (const struct cipher_key *)key, nonce, tag, bound, body))
			status = STATUS_SUCCESS;
	*ret_plain = bytes_of(plain, body.len);
	return status;
}

NTSTATUS
serve_unwrap(struct served *s, const struct unwrap_in *in, struct unwrap_out *out)
{
	struct reader r = reader_of(in->sealed);
	uint32_t uid = reader_u32(&r), purpose = in->purpose == PURPOSE_CONTEXT ? reader_u32(&r) : in->purpose;
	uint8_t room[ABOUT_LEN];
	struct bytes bound = about(s, purpose, room), body = reader_rest(&r), plain = BYTES_NONE;
	NTSTATUS status;

	if (in->purpose == 0 || in->purpose > PURPOSE_CONTEXT)
		return STATUS_INVALID_PARAMETER;
	if (!reader_ok(&r) || (in->purpose == PURPOSE_CONTEXT && purpose != PURPOSE_CONTEXT && purpose != PURPOSE_ONCE))
		return because(&s->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the blob is too short, or no exported context");
	if (uid != s->link->peer.uid)
		return because(&s->call, SEC_E_NOT_OWNER, TO_CALLER, "the blob was made for another user");
	status = by_store(s, purpose) ? store_unwrap(s, body, bound, &plain) : key_unwrap(s, body, bound, &plain);
	if (status == STATUS_INSUFFICIENT_RESOURCES)
		return status;
	if (status != STATUS_SUCCESS)
		return because(&s->call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the bytes were not sealed here, for this user and purpose, or were changed");
	if (purpose == PURPOSE_ONCE)
		status = once_check(s, &plain);
	if (status == STATUS_SUCCESS)
		out->plain = plain;
	return status;
}
