/*
 * ntlm_domain.c - accounts of another domain.
 */
#include "pkg/ntlm/ntlm_domain.h"

#include "base/random.h"
#include "pkg/ntlm/ntlm_av.h"
#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_name.h"

/* "alice@example.org" without a domain names its own; else the domain does. */
static struct bytes
domain_of(struct bytes domain, struct bytes user)
{
	size_t at = user.len;

	if (domain.len)
		return domain;
	while (at > 0 && user.at[at - 1] != '@')
		at--;
	return at > 1 ? bytes_of(user.at + at, user.len - at) : BYTES_NONE;
}

bool
domain_is_elsewhere(struct call *call, struct bytes domain, struct bytes user)
{
	const struct lsa_services *s = services(call);
	struct bytes d = BYTES_NONE, u = BYTES_NONE;

	if (!s->vouches || ntlm_text8(call, &d, domain) != STATUS_SUCCESS || ntlm_text8(call, &u, user) != STATUS_SUCCESS)
		return false;
	d = domain_of(d, u);
	return d.len && !(d.len == 1 && d.at[0] == '.') && !name_is_ours(d, s->computer(call), s->host(call)) &&
	    s->vouches(call, d);
}

NTSTATUS
domain_ask(struct call *call, const struct check_ask *ask, struct bytes workstation, bool interactive)
{
	struct vouch_ask v = { .challenge = ask->challenge, .nt = ask->nt, .lm = ask->lm, .interactive = interactive };
	NTSTATUS status = ntlm_text8(call, &v.domain, ask->domain);

	if (status == STATUS_SUCCESS)
		status = ntlm_text8(call, &v.user, ask->user);
	if (status == STATUS_SUCCESS && ntlm_text8(call, &v.workstation, workstation) != STATUS_SUCCESS)
		v.workstation = BYTES_NONE;
	return status == STATUS_SUCCESS ? services(call)->vouch(call, &v) : status;
}

NTSTATUS
domain_ask_password(struct call *call, struct bytes domain, struct bytes user, struct bytes password)
{
	struct nt_hash hash = nt_hash_of_password(password);
	size_t info = domain.len + 16, room = sizeof(struct ntlm_proof) + 36 + info;
	uint8_t *at = call_memory(call, room), *pairs = call_memory(call, info), *challenge = call_memory(call, 8);
	struct writer w = writer_of(pairs, info);
	struct check_ask ask = { .domain = domain, .user = user, .challenge = challenge };
	struct ntlm2_blob blob = { .time = services(call)->now(call) };
	struct lm_response lm;
	struct ntlm_proof proof;
	struct ntlm2_key key;
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	if (at && pairs && challenge && random_bytes(challenge, 8) && random_bytes(blob.client.b, sizeof blob.client.b) &&
	    ntlm2_key_of(&key, &hash, user, domain)) {
		if (!av_put(&w, AV_NB_DOMAIN, domain))
			w = writer_of(pairs, info);
		av_put_end(&w);
		blob.pairs = bytes_of(pairs, w.need);
		w = writer_of(at + sizeof proof, room - sizeof proof);
		ntlm2_blob_put(&w, &blob);
		proof = ntlm2_proof_of(&key, challenge, bytes_of(at + sizeof proof, w.need));
		bytes_copy(at, proof.b, sizeof proof.b);
		lm = ntlm2_lm_of(&key, challenge, blob.client.b);
		ask.nt = bytes_of(at, sizeof proof + w.need);
		ask.lm = bytes_of(lm.b, sizeof lm.b);
		if (writer_ok(&w))
			status = domain_ask(call, &ask, BYTES_NONE, true);
		bytes_wipe(&key, sizeof key);
	}
	bytes_wipe(&hash, sizeof hash);
	return status;
}

NTSTATUS
domain_answer(struct call *call, struct check *c, const struct check_ask *ask, struct logon_facts *ret_facts)
{
	struct vouched word;
	struct base_key base;
	NTSTATUS status = services(call)->vouched(call, &word);

	if (status != STATUS_SUCCESS)
		return status;
	if (word.status == STATUS_NO_LOGON_SERVERS) {
		check_unjudged(call, c, ask, because(call, word.status, TO_CALLER, "nobody answers for that domain now"));
		return STATUS_SUCCESS;
	}
	if (word.status != STATUS_SUCCESS || !word.has_key) {
		check_refuse(call, c, ask, word.status != STATUS_SUCCESS ? word.status : STATUS_NO_USER_SESSION_KEY);
		return STATUS_SUCCESS;
	}
	check_vouch(c, word.facts.domain, word.facts.user);
	bytes_copy(base.b, word.key, sizeof base.b);
	c->key = ntlm2_exchange_key_of(&base);
	bytes_wipe(&base, sizeof base);
	bytes_wipe(word.key, sizeof word.key);
	*ret_facts = word.facts;
	return STATUS_SUCCESS;
}
