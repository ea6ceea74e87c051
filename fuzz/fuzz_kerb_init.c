/*
 * fuzz_kerb_init.c - what strangers say to Kerberos' initiator, and to who
 * accepts user-to-user: a KDC (AS-REP, TGS-REP, KRB-ERROR; raw, patched, and
 * changed inside the encryption), a peer that carries them (IAKERB), a peer with
 * a ticket-granting ticket (KERB-TGT-REPLY) or that wants ours
 * (KERB-TGT-REQUEST), an acceptor's AP-REP; and a ticket cache of the caller's.
 *
 * Oracle: without a change it ends well. What nobody wrote who has a key ends a conversation;
 * whatever ends well was said under the keys of the test's KDC.
 */
#include "fuzz.h"

#include <unistd.h>

#include <sspi.h>

#include "base/kdc.h"
#include "mini_kdc.h"
#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_ccache.h"
#include "pkg/kerberos/kerb_u2u.h"
#include "tests/pkg/kerberos/alone_lsa.h"

#define SERVICE	"host/server.forge.test"
#define WANTS	(ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define LEGS	8u

enum scene { BY_KDC, BY_PEER, USER_TO_USER, ASKED_FOR_TICKET, CACHE, SCENES };
enum { RAW, ERROR_SAID, OUTSIDE, INSIDE, SILENT, GENUINE };

static struct mini_kdc kdc;
static uint8_t answer[FORGE_MAX], spare[FORGE_MAX];
static char keytab[] = "/tmp/openlsa-fuzz-kerb-XXXXXX", conf[] = "/tmp/openlsa-fuzz-conf-XXXXXX";
static bool genuine, forged;		/* all that was said so far; something was said by nobody who has a key */

static void
done(void)
{
	(void)unlink(keytab);
	(void)unlink(conf);
	krb5_free_context(kdc.f.k5);
}

/* --- what is said ------------------------------------------------------------------ */

static size_t
error_said(struct feed *f, uint8_t *to)
{
	krb5_error e = { .error = feed_u8(f) % 100, .stime = (krb5_timestamp)(time(NULL) + (int16_t)feed_u16(f)) };
	struct bytes data = feed_sized(f);
	krb5_data made = { 0 };
	size_t len = 0;

	e.e_data = (krb5_data){ .data = (char *)(uintptr_t)data.at, .length = (unsigned)data.len };
	MUST(krb5_parse_name(kdc.f.k5, "krbtgt/" MINI_REALM "@" MINI_REALM, &e.server) == 0);
	if (krb5_mk_error(kdc.f.k5, &e, &made) == 0 && made.length < FORGE_MAX) {
		len = made.length;
		bytes_copy(to, made.data, len);
	}
	krb5_free_data_contents(kdc.f.k5, &made);
	krb5_free_principal(kdc.f.k5, e.server);
	return len;
}

/* The KDC's answer, as the feed wants it; 0: silence. */
static size_t
reply(struct feed *f, struct bytes request, uint8_t *to)
{
	unsigned how = feed_u8(f) % 10;
	struct bytes raw;
	size_t len;

	if (how > GENUINE)
		how = GENUINE;
	genuine &= how == GENUINE;
	forged |= how == RAW || how == ERROR_SAID || how == SILENT;
	switch (how) {
	case RAW:
		raw = feed_sized(f);
		bytes_copy(to, raw.at, raw.len < FORGE_MAX ? raw.len : 0);
		return raw.len < FORGE_MAX ? raw.len : 0;
	case ERROR_SAID:
		return error_said(f, to);
	case SILENT:
		return 0;
	default:
		kdc.change = how == INSIDE ? f : NULL;
		len = mini_answer(&kdc, request, to);
		kdc.change = NULL;
		if (how == OUTSIDE)
			(void)feed_patch(f, to, len);
		MUST(len || !genuine);
		return len;
	}
}

static NTSTATUS
ask_kdc(void *arg, const struct kdc_ask *ask, struct bytes *ret_answer)
{
	size_t len = reply(arg, ask->request, answer);

	*ret_answer = bytes_of(answer, len);
	return len ? STATUS_SUCCESS : STATUS_IO_TIMEOUT;
}

/* Opens our AP-REQ by the key of the ticket in it, and answers. 0: it is none, or does not open. */
static size_t
ap_rep(struct bytes token, const krb5_keyblock *key, bool iakerb, uint8_t *to)
{
	krb5_auth_context auth = NULL;
	struct kerb_frame in, out;
	struct writer w = writer_of(to, FORGE_MAX);
	krb5_data data, made = { 0 };
	size_t len = 0;

	if (!kerb_frame_take(&in, token) || in.is != KERB_TOKEN_AP_REQ)
		return 0;
	data = (krb5_data){ .data = (char *)(uintptr_t)in.inner.at, .length = (unsigned)in.inner.len };
	MUST(krb5_auth_con_init(kdc.f.k5, &auth) == 0);
	MUST(krb5_auth_con_setflags(kdc.f.k5, auth, KRB5_AUTH_CONTEXT_DO_SEQUENCE) == 0);
	MUST(krb5_auth_con_setuseruserkey(kdc.f.k5, auth, (krb5_keyblock *)(uintptr_t)key) == 0);
	if (krb5_rd_req(kdc.f.k5, &auth, &data, NULL, NULL, NULL, NULL) == 0 && krb5_mk_rep(kdc.f.k5, auth, &made) == 0) {
		out = (struct kerb_frame){ .raw = in.raw, .user2user = in.user2user, .iakerb = iakerb, .is = KERB_TOKEN_AP_REP,
		    .inner = bytes_of(made.data, made.length) };
		kerb_frame_put(&w, &out);
		len = writer_ok(&w) ? w.need : 0;
	}
	krb5_free_data_contents(kdc.f.k5, &made);
	krb5_auth_con_free(kdc.f.k5, auth);
	return len;
}

/* A frame around a message; what the feed wants of it. */
static size_t
framed(struct feed *f, enum kerb_token is, struct bytes inner, uint8_t *to)
{
	struct kerb_frame out = { .user2user = true, .is = is, .inner = inner };
	struct writer w = writer_of(to, FORGE_MAX);
	unsigned how = feed_u8(f) % 4;
	struct bytes raw;

	genuine &= how >= 2;
	if (how == 0) {
		forged = true;
		raw = feed_sized(f);
		bytes_copy(to, raw.at, raw.len < FORGE_MAX ? raw.len : 0);
		return raw.len < FORGE_MAX ? raw.len : 0;
	}
	kerb_frame_put(&w, &out);
	MUST(writer_ok(&w));
	if (how == 1)
		(void)feed_patch(f, to, w.need);
	return w.need;
}

/* --- scenes ------------------------------------------------------------------------ */

/* After the AP-REQ: whoever answers it, and what that comes to. */
static void
must_end(struct feed *f, struct alone_side *s, bool iakerb)
{
	size_t len = ap_rep(bytes_of(s->token, s->len), &kdc.lasting, iakerb, answer);
	unsigned how = feed_u8(f) % 4;
	struct bytes raw;

	MUST(len || !genuine);
	if (!len || how == 0) {
		raw = feed_sized(f);
		MUST(alone_leg(s, raw) < 0 || s->status == SEC_I_CONTINUE_NEEDED);
		return;
	}
	if (how == 1 && feed_patch(f, answer, len))
		genuine = false;
	(void)alone_leg(s, bytes_of(answer, len));
	MUST(!genuine || (s->status == STATUS_SUCCESS && s->established));
}

static void
by_kdc(struct feed *f, struct alone_side *s)
{
	s->wants = WANTS | (feed_u8(f) & 1 ? ISC_REQ_USE_DCE_STYLE : 0);
	(void)alone_leg(s, BYTES_NONE);
	MUST(!genuine || s->status == SEC_I_CONTINUE_NEEDED);
	if (s->status == SEC_I_CONTINUE_NEEDED)
		must_end(f, s, false);
}

/* The message that a token of ours carries, behind its header. */
static struct bytes
carried(struct bytes token)
{
	struct reader r = reader_of(token);

	if (token.len && token.at[0] == DER_APPLICATION(0)) {
		r = der_open(&r, DER_APPLICATION(0));
		(void)der_take(&r, DER_OID);
	}
	reader_skip(&r, 2);
	(void)der_open(&r, DER_SEQUENCE);
	return reader_rest(&r);
}

static void
by_peer(struct feed *f, struct alone_side *s)
{
	NTSTATUS status;

	s->wants = WANTS;
	s->by_peer = true;
	status = alone_leg(s, BYTES_NONE);
	for (unsigned leg = 0; leg < LEGS && status == SEC_I_CONTINUE_NEEDED; leg++) {
		struct bytes message = carried(bytes_of(s->token, s->len)), cookie;
		struct writer w = writer_of(spare, sizeof spare);
		uint8_t header[300], how;
		struct writer h = writer_of(header, sizeof header);
		struct kerb_frame frame;
		size_t len;

		if (kerb_frame_take(&frame, bytes_of(s->token, s->len)) && frame.is == KERB_TOKEN_AP_REQ) {
			must_end(f, s, true);
			return;
		}
		len = reply(f, message, answer);
		how = feed_u8(f) % 8;
		cookie = how == 1 ? feed_bytes(f, feed_u8(f)) : BYTES_NONE;
		der_put_tagged(&h, 1, DER_OCTET_STRING, bytes_of_text(MINI_REALM));
		if (cookie.len)
			der_put_tagged(&h, 2, DER_OCTET_STRING, cookie);
		writer_bytes(&w, bytes_of("\x05\x01", 2));
		der_put(&w, DER_SEQUENCE, bytes_of(header, h.need));
		writer_bytes(&w, bytes_of(answer, len));
		if (how == 2) {			/* unkeyed as it is, the header may be anything that parses */
			genuine = false;
			(void)feed_patch(f, spare, w.need < 64 ? w.need : 64);
		}
		status = how == 3 ? alone_leg(s, feed_sized(f)) : alone_leg(s, bytes_of(spare, w.need));
		MUST(how != 3 || status < 0 || status == SEC_I_CONTINUE_NEEDED);
		genuine &= how != 3;
	}
	MUST(!genuine);
}

/* A ticket-granting ticket of the peer's own. */
static size_t
granting(uint8_t *to)
{
	static const char *const name[] = { "krbtgt", MINI_REALM };
	static uint8_t plain[FORGE_MAX], part[FORGE_MAX];
	struct writer p = writer_of(part, sizeof part);
	size_t len;

	kdc.f.now = time(NULL);
	kdc.f.session = &kdc.session[0];
	len = forge_ticket_plain(&kdc.f, plain);
	forge_number(&p, 0, 5);
	der_put_tagged(&p, 1, DER_GENERAL_STRING, bytes_of_text(MINI_REALM));
	forge_name(&p, 2, 2, name, 2);
	MUST(forge_encrypted(&p, 3, &kdc.f, &kdc.lasting, 2, 1, bytes_of(plain, len)));
	return forge_wrap(to, 1, bytes_of(part, p.need));
}

/* KERB-TGT-REPLY or -REQUEST, about `rest`. */
static size_t
u2u_message(uint8_t type, struct bytes rest, uint8_t *to)
{
	static uint8_t in[FORGE_MAX];
	struct writer i = writer_of(in, sizeof in), w = writer_of(to, FORGE_MAX);

	forge_number(&i, 0, 5);
	forge_number(&i, 1, type);
	writer_bytes(&i, rest);
	der_put(&w, DER_SEQUENCE, bytes_of(in, i.need));
	MUST(writer_ok(&w));
	return w.need;
}

static void
user_to_user(struct feed *f, struct alone_side *s)
{
	static uint8_t ticket[FORGE_MAX], message[FORGE_MAX], tagged[FORGE_MAX];
	struct writer t = writer_of(tagged, sizeof tagged);
	size_t len;

	s->wants = WANTS | ISC_REQ_USE_SESSION_KEY;
	(void)alone_leg(s, BYTES_NONE);
	MUST(s->status == SEC_I_CONTINUE_NEEDED || !genuine);
	if (s->status != SEC_I_CONTINUE_NEEDED)
		return;
	len = granting(ticket);
	der_put(&t, DER_CONTEXT(2), bytes_of(ticket, len));
	len = u2u_message(17, bytes_of(tagged, t.need), message);
	len = framed(f, KERB_TOKEN_TGT_REP, bytes_of(message, len), spare);
	(void)alone_leg(s, bytes_of(spare, len));
	MUST(s->status == SEC_I_CONTINUE_NEEDED || !genuine);
	if (s->status == SEC_I_CONTINUE_NEEDED)
		must_end(f, s, false);
}

/* The acceptor of the same; the initiator has a ticket under our session key, or says so. */
static void
asked_for_ticket(struct feed *f, struct alone_side *s)
{
	static uint8_t message[FORGE_MAX], request[FORGE_MAX];
	uint8_t sum[24] = { 16 };
	struct kerb_frame told;
	struct bytes ticket;
	struct forge g;
	size_t len;

	s->wants = ASC_REQ_USE_SESSION_KEY;
	len = u2u_message(16, BYTES_NONE, message);
	len = framed(f, KERB_TOKEN_TGT_REQ, bytes_of(message, len), spare);
	(void)alone_leg(s, bytes_of(spare, len));
	MUST(!genuine || s->status == SEC_I_CONTINUE_NEEDED);
	if (s->status != SEC_I_CONTINUE_NEEDED)
		return;
	MUST(kerb_frame_take(&told, bytes_of(s->token, s->len)) && told.is == KERB_TOKEN_TGT_REP);
	MUST(kerb_u2u_replied(&ticket, told.inner));
	g = kdc.f;
	g.now = time(NULL);
	g.service[0] = "krbtgt";
	g.service[1] = MINI_REALM;
	g.key = feed_u8(f) % 4 ? &kdc.session[0] : &kdc.session[1];
	g.session = &kdc.session[1];
	g.checksum_type = 0x8003;
	g.user2user = true;
	g.checksum = bytes_of(sum, sizeof sum);
	len = forge_ap_req(&g, request);
	MUST(len);
	forged = false;			/* whoever made the request for a ticket: nobody vouches for one */
	if (g.key != &kdc.session[0]) {
		forged = true;
		genuine = false;
	}
	len = framed(f, KERB_TOKEN_AP_REQ, bytes_of(request, len), spare);
	(void)alone_leg(s, bytes_of(spare, len));
	MUST(!forged || s->status < 0 || s->status == SEC_I_CONTINUE_NEEDED);
	MUST(!genuine || s->status == STATUS_SUCCESS);
}

static void
cache(struct feed *f)
{
	static uint8_t raw[FORGE_MAX], ticket[FORGE_MAX];
	struct writer w = writer_of(raw, sizeof raw);
	static const char *const names[2] = { "krbtgt", MINI_REALM };
	struct ccache_head head = { .client = { .type = 1, .count = 1, .realm = bytes_of_text(MINI_REALM), .parts = { bytes_of_text(MINI_CLIENT) } } };
	struct ccache_cred c = { .client = head.client,
	    .server = { .type = 2, .count = 2, .realm = bytes_of_text(MINI_REALM), .parts = { bytes_of_text(names[0]), bytes_of_text(names[1]) } },
	    .etype = (uint16_t)kdc.session[0].enctype, .key = bytes_of(kdc.session[0].contents, kdc.session[0].length),
	    .authtime = (uint32_t)time(NULL) - 60, .endtime = (uint32_t)time(NULL) + 3600, .flags = 0x40400000 };
	uint8_t query[12] = { (uint8_t)(feed_u8(f) & 1 ? 14 : 20) };
	unsigned how = feed_u8(f) % 4;
	struct alone_side s = { .target = SERVICE, .wants = WANTS };
	struct bytes told, tickets;
	NTSTATUS status;

	c.ticket = bytes_of(ticket, granting(ticket));
	ccache_head_put(&w, &head);
	ccache_cred_put(&w, &c);
	MUST(writer_ok(&w));
	if (how == 1)
		(void)feed_patch(f, raw, w.need);
	tickets = how == 0 ? feed_sized(f) : bytes_of(raw, w.need);
	status = alone_adopt(tickets);
	MUST(status == STATUS_SUCCESS || how < 2);
	(void)alone_message(bytes_of(query, sizeof query), &told);
	MUST(how < 2 || told.len);
	free((void *)(uintptr_t)told.at);
	if (status == STATUS_SUCCESS && tickets.len && alone_acquire(&s, "") == STATUS_SUCCESS) {
		genuine &= how >= 2;
		(void)alone_leg(&s, BYTES_NONE);
		MUST(!genuine || s.status == SEC_I_CONTINUE_NEEDED);
	}
	alone_over(&s);
	alone_forget();
}

static void
begin(void)
{
	static const char *const names[] = { MINI_CLIENT "@" MINI_REALM, SERVICE "@" MINI_REALM };
	static const char text[] = "[libdefaults]\n\tdefault_realm = " MINI_REALM "\n\tdns_lookup_kdc = false\n\tdns_lookup_realm = false\n"
	    "[realms]\n\t" MINI_REALM " = {\n\t\tkdc = 127.0.0.1:9\n\t}\n[domain_realm]\n\t.forge.test = " MINI_REALM "\n";
	int fd = mkstemp(conf);

	MUST(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1);
	close(fd);
	setenv("KRB5_CONFIG", conf, 1);
	fd = mkstemp(keytab);
	MUST(fd >= 0);
	close(fd);
	(void)unlink(keytab);
	MUST(atexit(done) == 0);
	mini_begin(&kdc);
	mini_keytab(&kdc, keytab, names, 2);
	alone_lsa.keytab = keytab;
	alone_lsa.kdc = ask_kdc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct alone_side s;
	static bool begun;
	struct feed f = feed_of(data, size);
	enum scene scene = (enum scene)(feed_u8(&f) % SCENES);

	if (!begun) {
		begin();
		begun = true;
	}
	alone_lsa.arg = &f;
	genuine = true;
	forged = false;
	if (scene == CACHE) {
		cache(&f);
		return 0;
	}
	bytes_zero(&s, sizeof s);
	s.target = SERVICE;
	s.server = scene == ASKED_FOR_TICKET;
	MUST(alone_acquire(&s, MINI_CLIENT "@" MINI_REALM) == STATUS_SUCCESS);
	switch (scene) {
	case BY_KDC:
		by_kdc(&f, &s);
		break;
	case BY_PEER:
		by_peer(&f, &s);
		break;
	case USER_TO_USER:
		user_to_user(&f, &s);
		break;
	default:
		asked_for_ticket(&f, &s);
		break;
	}
	alone_over(&s);
	alone_forget();
	MUST(alone_lsa.sessions == 0);
	return 0;
}
