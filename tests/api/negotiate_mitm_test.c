/*
 * negotiate_mitm_test.c - somebody between two sides of Negotiate: rewrites
 * the list of mechanisms, takes mechListMIC or request-mic away, repeats,
 * drops and swaps legs, changes every byte. Rows S4 and S5 of
 * docs/THREATS.md. Real NTLM inside, fakekrb.c in Kerberos' place.
 *
 * Covers pkg/negotiate/nego_mic.c, pkg/negotiate/nego_init.c, pkg/negotiate/nego_accept.c.
 */
#include <stdio.h>
#include <string.h>

#include "lsa/lsa.h"
#include "pkg/negotiate/nego_msg.h"
#include "secur32/usermode.h"
#include "tests/api/fakekrb.h"
#include "tests/api/shake.h"
#include "tests/check.h"

#define NEGOTIATE "Negotiate"

static void
both(struct side *c, struct side *s, const char *list, const char *principal)
{
	CHECK(side_client(c, NEGOTIATE, API_USER, API_PASSWORD, list) == SEC_E_OK);
	CHECK(side_server(s, NEGOTIATE, principal) == SEC_E_OK);
}

static void
leave(struct side *c, struct side *s)
{
	side_leave(c);
	side_leave(s);
}

/* --- tokens taken apart and put together ------------------------------------------- */

static void
init_write(uint8_t *token, ULONG *len, const struct nego_init *m)
{
	static uint8_t room[SHAKE_TOKEN];
	struct writer w = writer_of(room, sizeof room);

	nego_init_put(&w, m);
	CHECK(writer_ok(&w));
	memcpy(token, room, w.need);
	*len = (ULONG)w.need;
}

static void
resp_write(uint8_t *token, ULONG *len, const struct nego_resp *m)
{
	static uint8_t room[SHAKE_TOKEN];
	struct writer w = writer_of(room, sizeof room);

	nego_resp_put(&w, m);
	CHECK(writer_ok(&w));
	memcpy(token, room, w.need);
	*len = (ULONG)w.need;
}

static struct nego_resp
resp_of(const uint8_t *token, ULONG len)
{
	struct nego_resp m = { 0 };

	CHECK(nego_resp_take(&m, bytes_of(token, len)));
	return m;
}

/* --- attacks ------------------------------------------------------------------------------ */

/* Kerberos is taken out of the list, as if the client had offered NTLM alone. */
static void
list_rewritten(uint8_t *token, ULONG *len)
{
	static const enum nego_mech ntlm[] = { MECH_NTLM };
	uint8_t list[64];
	struct writer w = writer_of(list, sizeof list);
	struct nego_init m = { .list = BYTES_NONE };

	nego_list_put(&w, ntlm, 1);
	m.list = bytes_of(list, w.need);
	init_write(token, len, &m);
}

static void
list_swapped(uint8_t *token, ULONG *len)
{
	static const enum nego_mech mechs[] = { MECH_NTLM, MECH_MS_KRB5, MECH_KRB5 };
	uint8_t list[64];
	struct writer w = writer_of(list, sizeof list);
	struct nego_init m = { .list = BYTES_NONE };

	nego_list_put(&w, mechs, 3);
	m.list = bytes_of(list, w.need);
	init_write(token, len, &m);
}

static void
mic_away(uint8_t *token, ULONG *len)
{
	struct nego_resp m = resp_of(token, *len);

	CHECK(m.has_mic);
	m.has_mic = false;
	resp_write(token, len, &m);
}

static void
mic_spoiled(uint8_t *token, ULONG *len)
{
	CHECK(resp_of(token, *len).has_mic);
	token[*len - 6] ^= 0x10;
}

static uint8_t client_mic[16];

static void
mic_kept(uint8_t *token, ULONG *len)
{
	struct nego_resp m = resp_of(token, *len);

	CHECK(m.has_mic && m.mic.len == 16);
	memcpy(client_mic, m.mic.at, 16);
}

static void
mic_reflected(uint8_t *token, ULONG *len)
{
	struct nego_resp m = resp_of(token, *len);

	m.mic = bytes_of(client_mic, 16);
	resp_write(token, len, &m);
}

static void
mic_doubles_token(uint8_t *token, ULONG *len)
{
	struct nego_resp m = resp_of(token, *len);

	CHECK(m.has_token && !m.has_mic);
	m.has_mic = true;
	m.mic = m.token;
	resp_write(token, len, &m);
}

static void
mic_too_early(uint8_t *token, ULONG *len)
{
	static const uint8_t mic[16] = { 1 };
	struct nego_resp m = resp_of(token, *len);

	m.has_mic = true;
	m.mic = bytes_of(mic, 16);
	resp_write(token, len, &m);
}

static void
state_becomes(uint8_t *token, ULONG *len, enum nego_state state)
{
	struct nego_resp m = resp_of(token, *len);

	m.state = state;
	resp_write(token, len, &m);
}

static void asks_no_mic(uint8_t *token, ULONG *len) { state_becomes(token, len, STATE_INCOMPLETE); }
static void asks_mic(uint8_t *token, ULONG *len) { state_becomes(token, len, STATE_REQUEST_MIC); }
static void says_done(uint8_t *token, ULONG *len) { state_becomes(token, len, STATE_COMPLETED); }
static void says_nothing(uint8_t *token, ULONG *len) { state_becomes(token, len, STATE_UNSAID); }
static void says_no(uint8_t *token, ULONG *len) { state_becomes(token, len, STATE_REJECT); }

static void
mech_becomes(uint8_t *token, ULONG *len, enum nego_mech mech)
{
	struct nego_resp m = resp_of(token, *len);

	m.has_mech = mech != MECH_NONE;
	m.mech = nego_mech_oid(mech);
	resp_write(token, len, &m);
}

static void mech_krb5(uint8_t *token, ULONG *len) { mech_becomes(token, len, MECH_KRB5); }
static void mech_ntlm(uint8_t *token, ULONG *len) { mech_becomes(token, len, MECH_NTLM); }
static void mech_negoex(uint8_t *token, ULONG *len) { mech_becomes(token, len, MECH_NEGOEX); }
static void mech_unsaid(uint8_t *token, ULONG *len) { mech_becomes(token, len, MECH_NONE); }

static void
inner_away(uint8_t *token, ULONG *len)
{
	struct nego_resp m = resp_of(token, *len);

	m.has_token = false;
	resp_write(token, len, &m);
}

static void
nothing(uint8_t *token, ULONG *len)
{
	(void)token;
	*len = 0;
}

static void
bytes_behind(uint8_t *token, ULONG *len)
{
	token[(*len)++] = 0;
}

typedef void attack(uint8_t *token, ULONG *len);

struct scene {
	const char *what, *list, *principal;	/* of the client; of the server */
	ULONG wants;
	struct { unsigned leg; attack *attack; } does[3];
	bool good;				/* harmless */
	SECURITY_STATUS client, server;		/* where it is not; 0: does not matter */
};

/*
 * NTLM alone:          0 offer+NEGOTIATE  1 CHALLENGE  2 AUTHENTICATE+MIC  3 completed+MIC
 * no keytab:           0 offer+Kerberos   1 request-mic  2 NEGOTIATE  3 CHALLENGE  4 AUTHENTICATE+MIC  5 completed+MIC
 * Kerberos:            0 offer+REQ        1 completed+REP
 * Kerberos, DCE style: 0 offer+REQ        1 REP  2 LAST+MIC  3 completed+MIC
 */
static const struct scene scenes[] = {
	{ "Kerberos is taken out of the list", NULL, NULL, 0, { { 0, list_rewritten } }, false, 0, SEC_E_MESSAGE_ALTERED },
	{ "and request-mic is feigned", NULL, NULL, 0, { { 0, list_rewritten }, { 1, asks_mic } }, false, 0, SEC_E_MESSAGE_ALTERED },
	{ "and the client's MIC is taken away", NULL, NULL, 0, { { 0, list_rewritten }, { 4, mic_away } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "the list is turned round", NULL, NULL, 0, { { 0, list_swapped } }, false, 0, SEC_E_MESSAGE_ALTERED },
	{ "request-mic is dropped: it comes all the same", NULL, "nothing", 0, { { 1, asks_no_mic } }, true, 0, 0 },
	{ "the choice is said to be the end", NULL, "nothing", 0, { { 1, says_done } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "the client's MIC is taken away", NULL, "nothing", 0, { { 4, mic_away } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "the server's MIC is taken away", NULL, "nothing", 0, { { 5, mic_away } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "both are", NULL, "nothing", 0, { { 4, mic_away }, { 5, mic_away } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "the client's MIC is spoiled", NULL, "nothing", 0, { { 4, mic_spoiled } }, false, 0, SEC_E_MESSAGE_ALTERED },
	{ "the server's MIC is spoiled", NULL, "nothing", 0, { { 5, mic_spoiled } }, false, SEC_E_MESSAGE_ALTERED, 0 },
	{ "the client's MIC comes back as the server's", NULL, "nothing", 0, { { 4, mic_kept }, { 5, mic_reflected } }, false,
	    SEC_E_MESSAGE_ALTERED, 0 },
	{ "first choice: the client's MIC is taken away", "ntlm", NULL, 0, { { 2, mic_away } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "first choice: the server's MIC is taken away", "ntlm", NULL, 0, { { 3, mic_away } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "a MIC is asked for that comes anyway", "ntlm", NULL, 0, { { 1, asks_mic } }, true, 0, 0 },
	{ "an old implementation doubles the token as MIC", "ntlm", NULL, 0, { { 1, mic_doubles_token } }, true, 0, 0 },
	{ "a made-up MIC with the challenge", "ntlm", NULL, 0, { { 1, mic_too_early } }, false, SEC_E_MESSAGE_ALTERED, 0 },
	{ "a MIC of the client before there is a key", NULL, "nothing", 0, { { 2, mic_too_early } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "accept-completed before the end", "ntlm", NULL, 0, { { 1, says_done } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "accept-incomplete at the end", "ntlm", NULL, 0, { { 3, asks_no_mic } }, false, SEC_I_CONTINUE_NEEDED, 0 },
	{ "no state at the start", "ntlm", NULL, 0, { { 1, says_nothing } }, true, 0, 0 },
	{ "reject at the start", "ntlm", NULL, 0, { { 1, says_no } }, false, SEC_E_LOGON_DENIED, 0 },
	{ "reject at the end", "ntlm", NULL, 0, { { 3, says_no } }, false, SEC_E_LOGON_DENIED, 0 },
	{ "the client rejects", "ntlm", NULL, 0, { { 2, says_no } }, false, 0, SEC_E_LOGON_DENIED },
	{ "request-mic at the end", "ntlm", NULL, 0, { { 3, asks_mic } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "a mechanism that was not offered", "ntlm", NULL, 0, { { 1, mech_krb5 } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "one that nobody has", NULL, NULL, 0, { { 1, mech_negoex } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "NTLM with the answer of Kerberos", NULL, NULL, 0, { { 1, mech_ntlm } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "the choice is not named", "ntlm", NULL, 0, { { 1, mech_unsaid } }, true, 0, 0 },
	{ "the choice changes in the middle", NULL, "nothing", 0, { { 3, mech_krb5 } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "the client names another choice", NULL, "nothing", 0, { { 2, mech_krb5 } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "the challenge is taken out", "ntlm", NULL, 0, { { 1, inner_away } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "the answer is taken out", "ntlm", NULL, 0, { { 2, inner_away } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "a leg of nothing to the client", "ntlm", NULL, 0, { { 1, nothing } }, false, 0, 0 },
	{ "bytes behind an offer", "ntlm", NULL, 0, { { 0, bytes_behind } }, false, 0, SEC_E_INVALID_TOKEN },
	{ "bytes behind an answer", "ntlm", NULL, 0, { { 1, bytes_behind } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "bytes behind the end", "ntlm", NULL, 0, { { 3, bytes_behind } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "Kerberos: its answer is taken out", NULL, NULL, 0, { { 1, inner_away } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "Kerberos: request-mic at the end", NULL, NULL, 0, { { 1, asks_mic } }, false, 0, 0 },
	{ "DCE style: the client's MIC is taken away", NULL, NULL, ISC_REQ_USE_DCE_STYLE, { { 2, mic_away } }, false, SEC_E_INVALID_TOKEN, 0 },
	{ "DCE style: the server's MIC is spoiled", NULL, NULL, ISC_REQ_USE_DCE_STYLE, { { 3, mic_spoiled } }, false,
	    SEC_E_MESSAGE_ALTERED, 0 },
	{ "DCE style: the end is said before", NULL, NULL, ISC_REQ_USE_DCE_STYLE, { { 1, says_done } }, false, SEC_E_INVALID_TOKEN, 0 },
};

static unsigned attacked;

static void
in_the_middle(void *arg, unsigned leg, uint8_t *token, ULONG *len)
{
	const struct scene *t = arg;

	for (unsigned i = 0; i < 3; i++)
		if (t->does[i].attack && t->does[i].leg == leg) {
			t->does[i].attack(token, len);
			attacked++;
		}
}

static void
attacks(bool async)
{
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		const struct scene *t = &scenes[i];
		struct side c, s;
		bool good;

		both(&c, &s, t->list, t->principal);
		c.async = s.async = async;
		c.wants |= t->wants;
		s.wants |= t->wants;		/* DCE style alone, and that is one bit for both */
		attacked = 0;
		good = shake(&c, &s, in_the_middle, (void *)(uintptr_t)t);
		if (!CHECK(good == t->good) || !CHECK(attacked) || !CHECK(!t->client || c.status == t->client) ||
		    !CHECK(!t->server || s.status == t->server))
			fprintf(stderr, "%s: client %08x, server %08x\n%s", t->what, (unsigned)c.status, (unsigned)s.status,
			    side_why(t->client ? &c : &s));
		if (good)
			CHECK(shake_speaks(&c, &s));
		leave(&c, &s);
	}
}

static void attacks_in_turn(void) { attacks(false); }
static void attacks_asynchronously(void) { attacks(true); }

/* --- legs dropped, repeated, swapped --------------------------------------------------------- */

struct shuffle {
	unsigned leg, by;		/* that one is replaced by an earlier one */
	uint8_t tokens[8][2048];
	ULONG lens[8];
	bool did;
};

static void
shuffled(void *arg, unsigned leg, uint8_t *token, ULONG *len)
{
	struct shuffle *f = arg;

	if (leg >= 8 || *len > sizeof f->tokens[0])
		return;
	memcpy(f->tokens[leg], token, *len);
	f->lens[leg] = *len;
	if (leg != f->leg)
		return;
	f->did = true;
	memcpy(token, f->tokens[f->by], f->lens[f->by]);
	*len = f->lens[f->by];
}

static void
legs_repeated_and_swapped(void)
{
	static const struct { const char *list, *principal; unsigned legs; } rows[] = {
		{ "ntlm", NULL, 4 }, { NULL, "nothing", 6 }, { NULL, NULL, 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (unsigned leg = 1; leg < rows[i].legs; leg++)
			for (unsigned by = 0; by < leg; by++) {
				struct shuffle f = { .leg = leg, .by = by };
				struct side c, s;

				both(&c, &s, rows[i].list, rows[i].principal);
				if (!CHECK(!shake(&c, &s, shuffled, &f) && f.did))
					fprintf(stderr, "leg %u in place of %u of row %zu\n", by, leg, i);
				leave(&c, &s);
			}
}

/* A leg that is delivered once more finds no taker. */
static void
legs_delivered_twice(void)
{
	struct side c, s;
	uint8_t first[2048], answer[2048];
	ULONG first_len, answer_len;

	both(&c, &s, "ntlm", NULL);
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	memcpy(first, c.token, first_len = c.len);
	CHECK(side_leg(&s, first, first_len) == SEC_I_CONTINUE_NEEDED);
	CHECK(side_leg(&c, s.token, s.len) == SEC_I_CONTINUE_NEEDED);
	memcpy(answer, c.token, answer_len = c.len);
	CHECK(side_leg(&s, answer, answer_len) == SEC_E_OK);
	CHECK(side_leg(&s, answer, answer_len) == SEC_E_OUT_OF_SEQUENCE);
	side_again(&s);
	CHECK(side_leg(&s, answer, answer_len) == SEC_E_INVALID_TOKEN);	/* its first leg was dropped */
	side_again(&s);
	CHECK(side_leg(&s, first, first_len) == SEC_I_CONTINUE_NEEDED);
	CHECK(side_leg(&s, first, first_len) == SEC_E_INVALID_TOKEN);
	CHECK(side_leg(&s, answer, answer_len) == SEC_E_OUT_OF_SEQUENCE);
	/* The answer to another challenge. */
	side_again(&s);
	CHECK(side_leg(&s, first, first_len) == SEC_I_CONTINUE_NEEDED);
	CHECK(side_leg(&s, answer, answer_len) == SEC_E_LOGON_DENIED);
	leave(&c, &s);
}

/* --- the acceptor has the last token: both sides by hand ---------------------------------------- */

static ULONG
say(uint8_t *to, const struct nego_resp *m)
{
	ULONG len;

	resp_write(to, &len, m);
	return len;
}

static void
an_initiator_against_a_made_up_acceptor(void)
{
	uint8_t rep[32], mic[16], token[512];
	struct nego_init offer;
	struct nego_resp m = { .state = STATE_INCOMPLETE, .has_mech = true, .mech = nego_mech_oid(MECH_MS_KRB5),
	    .has_token = true, .token = bytes_of(rep, 16), .has_mic = true, .mic = bytes_of(mic, 16) };
	struct side c;
	uint8_t list[128];

	(void)fakekrb_token(rep, true);
	rep[13] = 2;
	for (unsigned way = 0; way < 4; way++) {
		struct nego_resp next = { .state = STATE_COMPLETED };

		CHECK(side_client(&c, NEGOTIATE, API_USER, API_PASSWORD, NULL) == SEC_E_OK);
		CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED && nego_init_take(&offer, bytes_of(c.token, c.len)));
		CHECK(offer.has_token && offer.list.len < sizeof list);
		memcpy(list, offer.list.at, offer.list.len);
		offer.list.at = list;
		fakekrb_proof(mic, offer.list, 0, false);
		if (way == 0)
			mic[3] ^= 1;
		CHECK(side_leg(&c, token, say(token, &m)) == (way ? SEC_I_CONTINUE_NEEDED : SEC_E_MESSAGE_ALTERED));
		if (way) {	/* it answers with its own, and waits for the last word */
			struct nego_resp own = resp_of(c.token, c.len);
			uint8_t want[16];

			fakekrb_proof(want, offer.list, 0, true);
			CHECK(own.has_mic && !own.has_token && own.state == STATE_INCOMPLETE);
			CHECK(bytes_same(own.mic, bytes_of(want, 16)));
		}
		fakekrb_proof(mic, offer.list, 1, false);
		next.has_mic = way == 2;
		next.mic = bytes_of(mic, 16);
		next.has_token = way == 3;
		next.token = bytes_of(rep, 16);
		if (way)
			CHECK(side_leg(&c, token, say(token, &next)) == (way == 1 ? SEC_E_OK : SEC_E_INVALID_TOKEN));
		side_leave(&c);
	}
	/* One that waits for ever is left alone. */
	CHECK(side_client(&c, NEGOTIATE, API_USER, API_PASSWORD, NULL) == SEC_E_OK);
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	m.has_mic = false;
	CHECK(side_leg(&c, token, say(token, &m)) == SEC_I_CONTINUE_NEEDED);
	m.has_token = m.has_mech = false;
	CHECK(side_leg(&c, token, say(token, &m)) == SEC_E_INVALID_TOKEN);
	side_leave(&c);
}

static void
an_acceptor_against_a_made_up_initiator(void)
{
	static const enum nego_mech mechs[] = { MECH_NEGOEX, MECH_KRB5 };
	uint8_t list[64], req[32], mic[16], token[512];
	struct writer w = writer_of(list, sizeof list);
	struct nego_init offer = { .list = BYTES_NONE };
	struct nego_resp m = { .has_token = true }, got;
	struct side s;
	ULONG len;

	nego_list_put(&w, mechs, 2);
	offer.list = bytes_of(list, w.need);
	m.token = bytes_of(req, fakekrb_token(req, true));
	for (unsigned way = 0; way < 5; way++) {
		struct nego_resp proof = { .state = way == 4 ? STATE_COMPLETED : STATE_INCOMPLETE, .has_mic = way != 1, .mic = bytes_of(mic, 16) };

		CHECK(side_server(&s, NEGOTIATE, NULL) == SEC_E_OK);
		init_write(token, &len, &offer);
		CHECK(side_leg(&s, token, len) == SEC_I_CONTINUE_NEEDED);
		CHECK(resp_of(s.token, s.len).state == STATE_REQUEST_MIC);
		CHECK(side_leg(&s, token, say(token, &m)) == SEC_I_CONTINUE_NEEDED);
		got = resp_of(s.token, s.len);
		fakekrb_proof(mic, offer.list, 0, false);
		CHECK(got.has_token && got.has_mic && got.state == STATE_INCOMPLETE && bytes_same(got.mic, bytes_of(mic, 16)));
		fakekrb_proof(mic, offer.list, way == 2 ? 1 : 0, true);
		proof.has_token = way == 3;
		proof.token = m.token;
		CHECK(side_leg(&s, token, say(token, &proof)) == (way % 4 == 0 ? SEC_E_OK : way == 2 ? SEC_E_MESSAGE_ALTERED :
		    SEC_E_INVALID_TOKEN));
		if (way == 4)			/* who has said that it is done waits for no answer */
			CHECK(s.len == 0);
		if (way == 0)
			CHECK(resp_of(s.token, s.len).state == STATE_COMPLETED && !resp_of(s.token, s.len).has_mic);
		side_leave(&s);
	}
}

/* --- every byte ----------------------------------------------------------------------------------- */

struct change {
	unsigned leg;
	ULONG at, cut;
	uint8_t mask;
	ULONG len;
	bool state;		/* the byte is the initiator's negState, which says nothing to an acceptor */
};

static void
changed(void *arg, unsigned leg, uint8_t *token, ULONG *len)
{
	struct change *f = arg;

	if (leg != f->leg)
		return;
	f->len = *len;
	if (f->cut) {
		*len = f->at;
		return;
	}
	f->state = leg == 2 && f->at >= 4 && memcmp(token + f->at - 4, "\xa0\3\n\1", 4) == 0;
	token[f->at] ^= f->mask;
}

static void
every_byte_counts(void)
{
	for (unsigned leg = 0; leg < 4; leg++)
		for (struct change f = { .leg = leg, .len = 1 }; f.at < f.len; f.at += 1) {
			struct side c, s;
			bool good;

			both(&c, &s, "ntlm", NULL);
			f.mask = (uint8_t)(1u << f.at % 8);
			if (leg == 1 && f.at == 12)		/* negState: to request-mic is harmless */
				f.mask = 0x40;
			good = shake(&c, &s, changed, &f);
			if (!CHECK(!good || f.state))
				fprintf(stderr, "leg %u, byte %u of %u, mask %02x\n", leg, f.at, f.len, f.mask);
			leave(&c, &s);
		}
}

static void
every_prefix_is_refused(void)
{
	for (unsigned leg = 0; leg < 4; leg++)
		for (struct change f = { .leg = leg, .len = 2, .at = 1, .cut = 1 }; f.at < f.len; f.at++) {
			struct side c, s;

			both(&c, &s, "ntlm", NULL);
			CHECK(!shake(&c, &s, changed, &f));
			CHECK((leg % 2 ? c.status : s.status) == SEC_E_INVALID_TOKEN);
			leave(&c, &s);
		}
}

static void
nobody_is_locked_out(void)
{
	LSA_STRING who = { 8, 8, (char *)(uintptr_t)"api-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	CHECK(LsaRegisterLogonProcess(&who, &lsa, &mode) == STATUS_SUCCESS);
	CHECK(OlsaPolicySet(lsa, "lockout-threshold", 0) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

int
main(void)
{
	package_add(&fakekrb_lsa);
	usermode_add(&fakekrb_user);
	api_begin();
	RUN(nobody_is_locked_out);
	RUN(attacks_in_turn);
	RUN(attacks_asynchronously);
	RUN(legs_repeated_and_swapped);
	RUN(legs_delivered_twice);
	RUN(an_initiator_against_a_made_up_acceptor);
	RUN(an_acceptor_against_a_made_up_initiator);
	RUN(every_byte_counts);
	RUN(every_prefix_is_refused);
	return check_end();
}
