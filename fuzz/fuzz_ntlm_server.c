/*
 * fuzz_ntlm_server.c - the NTLM acceptor, leg after leg, with a real account.
 *
 * By the first byte: tokens straight from the input; a genuine client whose
 * messages are patched on their way; or a client of our own that signs what
 * the input says, so that what the proof protects is reached as well.
 *
 * Oracle: who is let in has proven the password for this challenge, and has
 * a MIC that holds wherever one is promised, both recomputed here. A patched
 * conversation, a wrong password and a wrong user never get in.
 */
#include "fuzz.h"
#include "party.h"

#include "base/utf16.h"
#include "pkg/ntlm/ntlm_av.h"
#include "pkg/ntlm/ntlm_keys.h"
#include "pkg/ntlm/ntlm_msg.h"

static CredHandle acceptor, right, wrong;
static struct nt_hash hash;
static struct party client, server;
static uint8_t said[3][16384];
static struct bytes wire[3];

static struct bytes
utf16_static(uint8_t *room, size_t cap, const char *text)
{
	struct writer w = writer_of(room, cap);

	MUST(utf16_from_utf8(&w, bytes_of_text(text)) && writer_ok(&w));
	return bytes_of(room, w.need);
}

static void
begin(void)
{
	uint8_t room[128];

	party_make();
	acceptor = party_cred(SECPKG_CRED_INBOUND, NULL, NULL);
	right = party_cred(SECPKG_CRED_OUTBOUND, PARTY_USER, PARTY_PASSWORD);
	wrong = party_cred(SECPKG_CRED_OUTBOUND, PARTY_USER, "correct-Horse-7");
	hash = nt_hash_of_password(utf16_static(room, sizeof room, PARTY_PASSWORD));
}

/* What crosses: a copy of a message, perhaps patched. True: it was changed. */
static bool
carry(unsigned which, struct bytes token, struct feed *f)
{
	MUST(token.len <= sizeof said[which]);
	bytes_copy(said[which], token.at, token.len);
	wire[which] = bytes_of(said[which], token.len);
	return f && feed_patch(f, said[which], token.len);
}

/* ASCII suffices: the one account has an ASCII name. */
static bool
is_alice(struct bytes user)
{
	const char *name = PARTY_USER;

	if (user.len != 2 * strlen(name))
		return false;
	for (size_t i = 0; name[i]; i++)
		if ((user.at[2 * i] | 0x20) != name[i] || user.at[2 * i + 1])
			return false;
	return true;
}

/* What the acceptor should have found before it said yes. */
static void
must_be_genuine(const SecPkgContext_SessionKey *session)
{
	struct challenge ch;
	struct authenticate m;
	struct ntlm2_response r;
	struct ntlm2_key key;
	struct session_key ours;

	MUST(challenge_take(&ch, party_said(&server)) || challenge_take(&ch, wire[1]));
	MUST(authenticate_take(&m, wire[2]));
	MUST(is_alice(m.user));
	MUST(ntlm2_response_take(&r, m.nt));
	MUST(ntlm2_key_of(&key, &hash, m.user, m.domain));
	MUST(ntlm2_proof_holds(&r, &key, ch.challenge));
	if (!(av_flags(&r.pairs) & AV_FLAG_MIC))
		return;
	MUST(m.has_mic && session->SessionKeyLength == sizeof ours);
	bytes_copy(ours.b, session->SessionKey, sizeof ours);
	MUST(mic_holds(&ours, wire[0], wire[1], wire[2], m.mic_offset));
}

static void
judge(SECURITY_STATUS status)
{
	SecPkgContext_SessionKey session = { 0, NULL };

	if (status != SEC_E_OK)
		return;
	MUST(QueryContextAttributesA(&server.context, SECPKG_ATTR_SESSION_KEY, &session) == SEC_E_OK);
	must_be_genuine(&session);
	FreeContextBuffer(session.SessionKey);
}

/* Up to three tokens; whatever the status, the next one is tried. */
static void
raw(struct feed *f)
{
	ULONG wants = feed_u32(f) & ~(ULONG)ASC_REQ_ALLOCATE_MEMORY;

	for (unsigned i = 0; i < 3; i++) {
		struct bytes token = feed_sized(f);

		if (token.len > sizeof said[0])
			token.len = sizeof said[0];
		(void)carry(i == 0 ? 0 : 2, token, NULL);
		if (i == 1)
			(void)carry(1, party_said(&server), NULL);
		judge(party_leg(&server, &acceptor, true, NULL, wants, wire[i == 0 ? 0 : 2]));
		if (!server.has)
			break;
	}
}

static void
must_talk(void)
{
	uint8_t token[16], text[] = "abc";
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { 3, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

	MUST(EncryptMessage(&client.context, 0, &d, 0) == SEC_E_OK && memcmp(text, "abc", 3) != 0);
	MUST(DecryptMessage(&server.context, &d, 0, NULL) == SEC_E_OK && memcmp(text, "abc", 3) == 0);
}

static void
patched(struct feed *f)
{
	bool guess_wrong = feed_u8(f) & 1, changed = false;
	CredHandle *cred = guess_wrong ? &wrong : &right;
	SECURITY_STATUS status;

	MUST(party_leg(&client, cred, false, NULL, PARTY_WANTS, BYTES_NONE) == SEC_I_CONTINUE_NEEDED);
	changed |= carry(0, party_said(&client), f);
	if (party_leg(&server, &acceptor, true, NULL, PARTY_WANTS, wire[0]) != SEC_I_CONTINUE_NEEDED) {
		MUST(changed);
		return;
	}
	changed |= carry(1, party_said(&server), f);
	if (party_leg(&client, cred, false, NULL, PARTY_WANTS, wire[1]) != SEC_E_OK) {
		MUST(changed);
		return;
	}
	changed |= carry(2, party_said(&client), f);
	status = party_leg(&server, &acceptor, true, NULL, PARTY_WANTS, wire[2]);
	MUST((status == SEC_E_OK) == (!changed && !guess_wrong));
	(void)carry(1, party_said(&server), NULL);
	if (status == SEC_E_OK)
		must_talk();
}

/* Any part either as it should be or from the input. */
static struct bytes
pick(struct feed *f, struct bytes usual, size_t most)
{
	struct bytes b;

	if (!(feed_u8(f) & 1))
		return usual;
	b = feed_bytes(f, feed_u16(f) % most);
	return b;
}

static void
forged(struct feed *f)
{
	static uint8_t pairs[8192], nt[8192], user16[64];
	uint8_t own_mic[16], wrapped[16] = { 7 };
	bool know = !(feed_u8(f) & 1), promised, changed;
	struct challenge ch;
	struct av_pairs theirs = { 0 };
	struct av_answer answer = { 0 };
	struct authenticate m = { 0 };
	struct ntlm2_blob blob = { 0 };
	struct ntlm2_key key = { { 0 } };
	struct base_key base;
	struct exchange_key kx;
	struct session_key session;
	struct wrapped_key given;
	struct nt_hash used = hash;
	struct ntlm_proof proof;
	struct writer w;
	SECURITY_STATUS status;

	MUST(party_leg(&client, &right, false, NULL, PARTY_WANTS, BYTES_NONE) == SEC_I_CONTINUE_NEEDED);
	(void)carry(0, party_said(&client), NULL);
	MUST(party_leg(&server, &acceptor, true, NULL, PARTY_WANTS, wire[0]) == SEC_I_CONTINUE_NEEDED);
	(void)carry(1, party_said(&server), NULL);
	MUST(challenge_take(&ch, wire[1]) && av_take(&theirs, ch.target_info));

	if (!know)
		used.b[feed_u8(f) % 16] ^= 1;
	m.flags = ch.flags ^ (feed_u8(f) & 1 ? feed_u32(f) : 0);
	m.user = pick(f, utf16_static(user16, sizeof user16, PARTY_USER), 600);
	m.domain = pick(f, ch.target_name, 600);
	m.workstation = pick(f, BYTES_NONE, 600);
	m.version = m.flags & NTLM_NEGOTIATE_VERSION ? bytes_of(ntlm_version, 8) : BYTES_NONE;
	m.lm = bytes_of((const uint8_t[24]){ 0 }, 24);
	m.has_mic = !(feed_u8(f) & 1);
	if (!av_timestamp(&theirs, &blob.time))
		MUST(false);
	if (feed_u8(f) & 1)
		blob.time ^= feed_u64(f);
	answer.flags = (feed_u8(f) & 1 ? feed_u32(f) : 0) | (m.has_mic ? AV_FLAG_MIC : 0);
	answer.bindings = pick(f, bytes_of((const uint8_t[16]){ 0 }, 16), 17);
	answer.single_host = pick(f, BYTES_NONE, 49);
	answer.set_target_name = true;
	answer.target_name = pick(f, BYTES_NONE, 2100);
	w = writer_of(pairs, sizeof pairs);
	if (answer.bindings.len % 16 || answer.single_host.len % 48 || !av_put_answer(&w, &theirs, &answer) || !writer_ok(&w))
		w.need = 0;
	blob.pairs = pick(f, bytes_of(pairs, w.need), 4096);
	promised = av_take(&theirs, blob.pairs) && (av_flags(&theirs) & AV_FLAG_MIC);

	w = writer_of(nt + 16, sizeof nt - 16);
	ntlm2_blob_put(&w, &blob);
	if (!writer_ok(&w) || !ntlm2_key_of(&key, &used, m.user, m.domain))
		return;
	proof = ntlm2_proof_of(&key, ch.challenge, bytes_of(nt + 16, w.need));
	bytes_copy(nt, proof.b, 16);
	m.nt = bytes_of(nt, 16 + w.need);
	base = ntlm2_base_key_of(&key, &proof);
	kx = ntlm2_exchange_key_of(&base);
	session = session_key_of(&kx);
	if (m.flags & NTLM_NEGOTIATE_KEY_EXCH) {
		bytes_copy(given.b, wrapped, 16);
		session = session_key_unwrap(&given, &kx);
		m.wrapped_key = bytes_of(given.b, feed_u8(f) & 1 ? 0 : 16);
		if (!m.wrapped_key.len)
			session = session_key_of(&kx);
	}
	w = writer_of(said[2], sizeof said[2]);
	if (!authenticate_put(&w, &m) || !writer_ok(&w))
		return;
	wire[2] = bytes_of(said[2], w.need);
	if (m.has_mic) {
		struct ntlm_mic mic;
		size_t at = authenticate_mic_offset(&m);

		MUST(mic_of(&mic, &session, wire[0], wire[1], wire[2], at));
		bytes_copy(own_mic, mic.b, 16);
		bytes_copy(said[2] + at, own_mic, 16);
	}
	changed = feed_patch(f, said[2], wire[2].len);
	status = party_leg(&server, &acceptor, true, NULL, feed_u8(f) & 1 ? 0 : PARTY_WANTS, wire[2]);
	MUST(!(status == SEC_E_OK && (!know || (changed && promised))));
	judge(status);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);

	if (!begun) {
		begin();
		begun = true;
	}
	switch (feed_u8(&f) % 3) {
	case 0:  raw(&f); break;
	case 1:  patched(&f); break;
	default: forged(&f); break;
	}
	party_leave(&client);
	party_leave(&server);
	return 0;
}
