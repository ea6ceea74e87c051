/*
 * ntlm_derive.c - MsV1_0DeriveCredential: HMAC-SHA1 over the caller's bytes,
 * keyed with the NT hash, which itself never leaves.
 */
#include "pkg/ntlm/ntlm_derive.h"

#include "crypto/hmac_sha.h"
#include "pkg/ntlm/ntlm_primary.h"

enum { DERIVE_CREDENTIAL = 10 };
enum { SHA1_PLAIN = 0, SHA1_SECOND };

#define REPLY_HEAD 8u

static NTSTATUS
verdict(struct call *call, struct message_result *ret, NTSTATUS status, const char *why)
{
	ret->verdict = because(call, status, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

static NTSTATUS
reply(struct call *call, struct ntlm_primary *primary, struct bytes mixing, struct message_result *ret)
{
	size_t room = REPLY_HEAD + sha_len(SHA_1);
	uint8_t *at = call_memory(call, room), mac[SHA_LEN_MAX];
	struct writer w = writer_of(at, room);
	struct hmac_sha_key key;
	struct sha_run run;
	const uint8_t *p;

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	WITH_SECRET(p, primary->nt_hash)
		hmac_sha_key_of(&key, SHA_1, bytes_of(p, secret_len(primary->nt_hash)));
	hmac_sha_begin(&run, &key);
	hmac_sha_add(&run, mixing);
	hmac_sha_end(&run, &key, mac);
	writer_u32(&w, DERIVE_CREDENTIAL);
	writer_u32(&w, (uint32_t)sha_len(SHA_1));
	writer_bytes(&w, bytes_of(mac, sha_len(SHA_1)));
	bytes_wipe(&key, sizeof key);
	bytes_wipe(mac, sizeof mac);
	ret->verdict = STATUS_SUCCESS;
	ret->body = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_derive(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	struct ntlm_primary *primary;
	struct session_view view;
	struct bytes mixing;
	uint32_t type;
	uint64_t luid;
	NTSTATUS status;

	reader_skip(&r, 4);
	luid = reader_u64(&r);
	type = reader_u32(&r);
	mixing = reader_bytes(&r, reader_u32(&r));
	if (!reader_ok(&r) || type > SHA1_SECOND)
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or asks for a kind of key that there is not");
	if (type == SHA1_SECOND)
		return verdict(call, ret, STATUS_NOT_SUPPORTED, "what the second kind is made of was never published");
	status = services(call)->session(call, luid, &view);
	if (status == STATUS_ACCESS_DENIED)
		return verdict(call, ret, status, "only a trusted caller may name another's logon session");
	if (status == STATUS_NO_SUCH_LOGON_SESSION)
		return verdict(call, ret, status, "there is no logon session of this LUID");
	if (status != STATUS_SUCCESS)
		return status;
	primary = primary_of(call, view.session);
	if (!primary)
		return verdict(call, ret, STATUS_NO_SUCH_LOGON_SESSION, "the logon session has no password of its own");
	status = reply(call, primary, mixing, ret);
	kept_drop(&primary->kept);
	return status;
}
