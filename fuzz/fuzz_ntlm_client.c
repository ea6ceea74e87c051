/*
 * fuzz_ntlm_client.c - the NTLM initiator against a hostile CHALLENGE: from
 * the input, or a genuine one that was patched, or one put together from
 * flags, a name and pairs of the input.
 *
 * Oracle: what we send decodes, and the same bytes come out when it is put
 * together again; its proof holds for that challenge under our password, and
 * its MIC under the session key. Nothing weaker than what was asked for is
 * agreed on, and no more than one leg is taken.
 */
#include "fuzz.h"
#include "party.h"

#include "base/utf16.h"
#include "pkg/ntlm/ntlm_av.h"
#include "pkg/ntlm/ntlm_keys.h"
#include "pkg/ntlm/ntlm_msg.h"

static CredHandle acceptor, mine;
static struct nt_hash hash;
static struct party client, server;
static uint8_t asked[4096], heard[70000];

static void
begin(void)
{
	uint8_t room[128];
	struct writer w = writer_of(room, sizeof room);

	party_make();
	acceptor = party_cred(SECPKG_CRED_INBOUND, NULL, NULL);
	mine = party_cred(SECPKG_CRED_OUTBOUND, PARTY_USER, PARTY_PASSWORD);
	MUST(utf16_from_utf8(&w, bytes_of_text(PARTY_PASSWORD)) && writer_ok(&w));
	hash = nt_hash_of_password(bytes_of(room, w.need));
}

/* Everything that the answer is made of, once more, must be the answer. */
static void
must_round_trip(struct bytes token)
{
	static uint8_t again[70000];
	struct authenticate m;
	struct writer w = writer_of(again, sizeof again);

	MUST(authenticate_take(&m, token));
	if (!(m.flags & NTLM_NEGOTIATE_VERSION))
		m.version = BYTES_NONE;
	MUST(authenticate_put(&w, &m) && w.need == token.len);
	if (m.has_mic) {
		MUST(m.mic_offset + NTLM_MIC_LEN <= token.len && m.mic_offset == authenticate_mic_offset(&m));
		bytes_copy(again + m.mic_offset, token.at + m.mic_offset, NTLM_MIC_LEN);
	}
	MUST(memcmp(again, token.at, token.len) == 0);
}

static void
must_be_proven(struct bytes negotiate, struct bytes challenge, struct bytes token, ULONG wants)
{
	SecPkgContext_SessionKey session = { 0, NULL };
	struct authenticate m;
	struct challenge ch;
	struct ntlm2_response r;
	struct ntlm2_key key;
	struct session_key ours;

	MUST(authenticate_take(&m, token) && challenge_take(&ch, challenge));
	MUST(!(wants & ISC_REQ_CONFIDENTIALITY) || (m.flags & NTLM_NEGOTIATE_SEAL));
	MUST(!(wants & ISC_REQ_INTEGRITY) || (m.flags & NTLM_NEGOTIATE_SIGN));
	MUST(!(m.flags & NTLM_NEGOTIATE_LM_KEY));
	MUST(ntlm2_response_take(&r, m.nt));		/* version 1 is off by policy */
	MUST(ntlm2_key_of(&key, &hash, m.user, m.domain));
	MUST(ntlm2_proof_holds(&r, &key, ch.challenge));
	if (!(av_flags(&r.pairs) & AV_FLAG_MIC))
		return;
	MUST(QueryContextAttributesA(&client.context, SECPKG_ATTR_SESSION_KEY, &session) == SEC_E_OK);
	MUST(m.has_mic && session.SessionKeyLength == sizeof ours);
	bytes_copy(ours.b, session.SessionKey, sizeof ours);
	MUST(mic_holds(&ours, negotiate, challenge, token, m.mic_offset));
	FreeContextBuffer(session.SessionKey);
}

static struct bytes
made_up(struct feed *f)
{
	struct challenge m = { .flags = feed_u32(f) };
	struct writer w = writer_of(heard, sizeof heard);
	struct bytes nonce = feed_bytes(f, 8);

	bytes_copy(m.challenge, nonce.at, nonce.len);
	m.version = m.flags & NTLM_NEGOTIATE_VERSION ? bytes_of(ntlm_version, 8) : BYTES_NONE;
	m.target_name = feed_bytes(f, feed_u8(f));
	m.target_info = feed_sized(f);
	MUST(challenge_put(&w, &m) && writer_ok(&w));
	return bytes_of(heard, w.need);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	static const ULONG wishes[] = { 0, ISC_REQ_INTEGRITY, PARTY_WANTS, ISC_REQ_IDENTIFY | ISC_REQ_CONFIDENTIALITY };
	struct feed f = feed_of(data, size);
	struct bytes negotiate, challenge;
	SECURITY_STATUS status;
	unsigned mode;
	ULONG wants;

	if (!begun) {
		begin();
		begun = true;
	}
	mode = feed_u8(&f) % 3;
	wants = wishes[feed_u8(&f) % 4];
	MUST(party_leg(&client, &mine, false, mode & 1 ? "HOST/server.example" : NULL, wants, BYTES_NONE) ==
	    SEC_I_CONTINUE_NEEDED);
	bytes_copy(asked, client.token, client.token_len);
	negotiate = bytes_of(asked, client.token_len);
	switch (mode) {
	case 0:
		challenge = feed_bytes(&f, sizeof heard);
		break;
	case 1:
		MUST(party_leg(&server, &acceptor, true, NULL, 0, negotiate) == SEC_I_CONTINUE_NEEDED);
		bytes_copy(heard, server.token, server.token_len);
		challenge = bytes_of(heard, server.token_len);
		(void)feed_patch(&f, heard, challenge.len);
		break;
	default:
		challenge = made_up(&f);
		break;
	}
	status = party_leg(&client, &mine, false, NULL, wants, challenge);
	MUST(status == SEC_E_OK || status < 0);
	if (status == SEC_E_OK) {
		must_round_trip(party_said(&client));
		must_be_proven(negotiate, challenge, party_said(&client), wants);
	}
	MUST(party_leg(&client, &mine, false, NULL, wants, challenge) < 0);
	party_leave(&client);
	party_leave(&server);
	return 0;
}
