/*
 * fuzz_spnego_middle.c - somebody between two sides of Negotiate, for up to
 * six legs: carries a token as it is, patches it, takes it apart and puts
 * it together otherwise, or sends his own. Real NTLM inside, and a
 * package in Kerberos' place.
 *
 * Oracle: whatever is sent decodes. When both sides say that they are done
 * they chose the same package, and messages sealed on one side open on the
 * other. A side that has ended takes no further leg. After a good end of NTLM the
 * initiator saw the list of mechanisms unchanged at the acceptor.
 */
#include "fuzz.h"
#include "party.h"

#include "lsa/lsa.h"
#include "pkg/negotiate/nego_msg.h"
#include "secur32/usermode.h"
#include "tests/api/fakekrb.h"

#define LEGS 6u

static CredHandle client_creds[3], server_creds[2];
static struct party client, server;
static uint8_t carried[70000], kept[70000], offered[4096], heard[4096];
static size_t kept_len, offered_len, heard_len;

static CredHandle
cred(ULONG use, const char *list, const char *principal)
{
	SEC_WINNT_AUTH_IDENTITY_EXA id = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = sizeof id, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.User = (unsigned char *)(uintptr_t)PARTY_USER, .UserLength = sizeof PARTY_USER - 1,
		.Password = (unsigned char *)(uintptr_t)PARTY_PASSWORD, .PasswordLength = sizeof PARTY_PASSWORD - 1,
		.PackageList = (unsigned char *)(uintptr_t)list, .PackageListLength = list ? (ULONG)strlen(list) : 0,
	};
	CredHandle ret;
	TimeStamp expiry;

	MUST(AcquireCredentialsHandleA((LPSTR)(uintptr_t)principal, (LPSTR)(uintptr_t)"Negotiate", use, NULL,
	    use == SECPKG_CRED_OUTBOUND ? &id : NULL, NULL, NULL, &ret, &expiry) == SEC_E_OK);
	return ret;
}

static void
begin(void)
{
	package_add(&fakekrb_lsa);
	usermode_add(&fakekrb_user);
	party_make();
	client_creds[0] = cred(SECPKG_CRED_OUTBOUND, NULL, NULL);
	client_creds[1] = cred(SECPKG_CRED_OUTBOUND, "ntlm", NULL);
	client_creds[2] = cred(SECPKG_CRED_OUTBOUND, "!ntlm", NULL);
	server_creds[0] = cred(SECPKG_CRED_INBOUND, NULL, NULL);
	server_creds[1] = cred(SECPKG_CRED_INBOUND, NULL, "nothing");
}

static struct bytes
field(struct feed *f, struct bytes genuine)
{
	switch (feed_u8(f) % 4) {
	case 0:
		return feed_bytes(f, feed_u8(f));
	case 1:
		return bytes_of(kept, kept_len);
	default:
		return genuine;
	}
}

/* The answer, with other fields. */
static struct bytes
other_answer(struct feed *f, struct bytes token)
{
	static uint8_t room[70000];
	struct writer w = writer_of(room, sizeof room);
	struct nego_resp m;
	uint8_t what = feed_u8(f);

	if (!nego_resp_take(&m, token))
		m = (struct nego_resp){ .state = STATE_UNSAID };
	if (what & 1)
		m.state = (enum nego_state)(feed_u8(f) % 5);
	if (what & 2) {
		m.has_mech = feed_u8(f) & 1;
		m.mech = nego_mech_oid((enum nego_mech)(1 + feed_u8(f) % (MECHS - 1)));
	}
	if (what & 4) {
		m.has_token = !m.has_token || (feed_u8(f) & 1);
		m.token = field(f, m.token);
	}
	if (what & 8) {
		m.has_mic = !m.has_mic;
		m.mic = field(f, m.mic);
	}
	nego_resp_put(&w, &m);
	return writer_ok(&w) ? bytes_of(room, w.need) : token;
}

/* The offer, with another list. */
static struct bytes
other_offer(struct feed *f, struct bytes token)
{
	static uint8_t room[70000], list[256];
	struct writer l = writer_of(list, sizeof list), w = writer_of(room, sizeof room);
	enum nego_mech mechs[4];
	unsigned count = 1 + feed_u8(f) % 4;
	struct nego_init m;

	if (!nego_init_take(&m, token))
		return token;
	for (unsigned i = 0; i < count; i++)
		mechs[i] = (enum nego_mech)(1 + feed_u8(f) % (MECHS - 1));
	nego_list_put(&l, mechs, count);
	m.list = bytes_of(list, l.need);
	m.has_token = feed_u8(f) & 1;
	m.token = field(f, m.token);
	nego_init_put(&w, &m);
	return writer_ok(&w) ? bytes_of(room, w.need) : token;
}

/* What becomes of a token on its way. */
static struct bytes
on_the_way(struct feed *f, struct bytes token)
{
	bytes_copy(carried, token.at, token.len);
	token = bytes_of(carried, token.len);
	switch (feed_u8(f) % 8) {
	case 0:
		return feed_sized(f);
	case 1:
		(void)feed_patch(f, carried, token.len);
		return token;
	case 2:
		return nego_kind_of(token) == NEGO_INIT ? other_offer(f, token) : other_answer(f, token);
	case 3: {
		struct bytes old = bytes_of(kept, kept_len);

		return old;
	}
	case 4:
		bytes_copy(kept, token.at, token.len);
		kept_len = token.len;
		return token;
	default:
		return token;
	}
}

static void
must_decode(const struct party *p)
{
	struct bytes token = party_said(p);
	struct nego_init i;
	struct nego_resp r;

	switch (token.len ? nego_kind_of(token) : NEGO_NOTHING) {
	case NEGO_INIT:
		MUST(nego_init_take(&i, token));
		break;
	case NEGO_RESP:
		MUST(nego_resp_take(&r, token));
		break;
	case NEGO_NOTHING:
		MUST(!token.len);
		break;
	default:		/* the peer speaks without SPNEGO */
		break;
	}
}

/* The list of mechanisms, as it was sent or as it arrived. */
static size_t
list_keep(uint8_t to[4096], struct bytes token)
{
	struct nego_init m;

	if (nego_kind_of(token) != NEGO_INIT || !nego_init_take(&m, token) || m.list.len > 4096)
		return 0;
	bytes_copy(to, m.list.at, m.list.len);
	return m.list.len;
}

static const char *
inner(struct party *p, char to[64])
{
	SecPkgContext_PackageInfoA info;

	MUST(QueryContextAttributesA(&p->context, SECPKG_ATTR_PACKAGE_INFO, &info) == SEC_E_OK);
	(void)snprintf(to, 64, "%s", info.PackageInfo->Name);
	FreeContextBuffer(info.PackageInfo);
	return to;
}

static void
must_agree(void)
{
	char a[64], b[64], data[] = "a message", token[64];
	SecBuffer parts[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof data, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, parts };

	MUST(strcmp(inner(&client, a), inner(&server, b)) == 0);
	if (!(client.grants & ISC_RET_INTEGRITY))
		return;
	MUST(strcmp(a, "NTLM") != 0 || bytes_same(bytes_of(offered, offered_len), bytes_of(heard, heard_len)));
	MUST(MakeSignature(&client.context, 0, &d, 0) == SEC_E_OK);
	MUST(VerifySignature(&server.context, &d, 0, NULL) == SEC_E_OK);
	MUST(MakeSignature(&server.context, 0, &d, 0) == SEC_E_OK);
	MUST(VerifySignature(&client.context, &d, 0, NULL) == SEC_E_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const targets[] = { "svc/good", "svc/oneway", "svc/unknown", "" };
	static bool begun;
	struct feed f = feed_of(data, size);
	SECURITY_STATUS at[2] = { SEC_I_CONTINUE_NEEDED, SEC_I_CONTINUE_NEEDED };
	CredHandle *c, *s;
	const char *target;
	ULONG wants;

	if (!begun) {
		begin();
		begun = true;
	}
	kept_len = 0;
	c = &client_creds[feed_u8(&f) % 3];
	s = &server_creds[feed_u8(&f) % 2];
	target = targets[feed_u8(&f) % 4];
	wants = feed_u8(&f) & 1 ? PARTY_WANTS : 0;
	at[0] = party_leg(&client, c, false, target, wants, BYTES_NONE);
	must_decode(&client);
	offered_len = at[0] >= 0 ? list_keep(offered, party_said(&client)) : 0;
	for (unsigned leg = 0; leg < LEGS && at[0] >= 0 && at[1] >= 0; leg++) {
		bool to_server = leg % 2 == 0;
		struct party *from = to_server ? &client : &server, *to = to_server ? &server : &client;
		struct bytes token = on_the_way(&f, party_said(from));

		if (to_server && !server.has)
			heard_len = list_keep(heard, token);
		if (at[to_server] == SEC_E_OK) {
			MUST(party_leg(to, to_server ? s : c, to_server, target, wants, token) < 0);
			break;
		}
		at[to_server] = party_leg(to, to_server ? s : c, to_server, target, wants, token);
		MUST(at[to_server] == SEC_E_OK || at[to_server] == SEC_I_CONTINUE_NEEDED || at[to_server] < 0);
		must_decode(to);
		if (at[0] == SEC_E_OK && at[1] == SEC_E_OK) {
			if (client.has && server.has)
				must_agree();
			break;
		}
	}
	party_leave(&client);
	party_leave(&server);
	return 0;
}
