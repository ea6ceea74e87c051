/*
 * fuzz_lsa_logon.c - LsaLogonUser's submit buffers: each class of MSV1_0 and
 * Kerberos, from trusted and untrusted callers, with strings that point anywhere, cut
 * short, or as raw bytes; and service tickets for this machine, changed as
 * they are and changed inside and sealed again.
 *
 * Oracle: the caller's buffer is only read; a refusal writes nothing but the
 * substatus and leaves no session; nobody gets in but with the right password, or
 * with a ticket that this machine's key opens, unchanged outside; a profile is
 * one block whose strings lie inside it.
 */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include "fuzz.h"
#include "party.h"

#include "pkg/kerberos/kerb_proof.h"
#include "tests/pkg/kerberos/forge.h"

enum { RAW, MSV_INTERACTIVE, MSV_LM20, MSV_S4U, KERB_PASSWORD_LOGON, KERB_UNLOCK, KERB_BY_NAME, TICKET, TICKET_INSIDE, MODES };

#define ROOM 4096u

static HANDLE trusted, untrusted;
static ULONG packages[3];
static struct forge base;
static krb5_keyblock keys[2];
static uint8_t key_bytes[2][32];

static void
file_put(const char *name, const void *at, size_t len, const char *variable, const char *kind)
{
	char path[128], value[160];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", party_room, name);
	f = fopen(path, "w");
	MUST(f && fwrite(at, 1, len, f) == len && fclose(f) == 0);
	(void)snprintf(value, sizeof value, "%s%s", kind, path);
	MUST(setenv(variable, value, 1) == 0);
}

static void
begin(void)
{
	static const char conf[] = "[libdefaults]\n\tdefault_realm = FORGE.TEST\n\tdns_lookup_kdc = false\n\tdns_lookup_realm = false\n";
	static const char *const names[] = { "NTLM", "Kerberos", "Negotiate" };
	KERB_QUERY_TKT_CACHE_REQUEST own = { .MessageType = KerbQueryTicketCacheMessage };
	NTSTATUS verdict;
	void *reply = NULL;
	ULONG reply_len;
	uint8_t raw[1024];
	size_t len;

	party_make();
	base = (struct forge){ .realm = "FORGE.TEST", .service = { "host", "server.forge.test" }, .client = "alice", .kvno = 3 };
	MUST(setenv("KRB5_CONFIG", "/dev/null", 1) == 0 && krb5_init_context(&base.k5) == 0);
	for (int i = 0; i < 2; i++) {
		memset(key_bytes[i], 17 * i + 1, sizeof key_bytes[i]);
		keys[i] = (krb5_keyblock){ .enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96, .length = 32, .contents = key_bytes[i] };
	}
	base.key = &keys[0];
	base.session = &keys[1];
	len = forge_keytab(&base, raw, sizeof raw);
	MUST(len);
	file_put("keytab", raw, len, "KRB5_KTNAME", "FILE:");
	file_put("krb5.conf", conf, sizeof conf - 1, "KRB5_CONFIG", "");
	MUST(setenv("KRB5_CLIENT_KTNAME", "FILE:/nonexistent/keytab", 1) == 0 && setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1) == 0);
	trusted = party_admin();
	MUST(LsaConnectUntrusted(&untrusted) == STATUS_SUCCESS);
	for (int i = 0; i < 3; i++) {
		LSA_STRING name = { (USHORT)strlen(names[i]), (USHORT)strlen(names[i]), (PCHAR)(uintptr_t)names[i] };

		MUST(LsaLookupAuthenticationPackage(untrusted, &name, &packages[i]) == STATUS_SUCCESS);
	}
	/* The caller's own session begins when it is first asked for. */
	MUST(LsaCallAuthenticationPackage(untrusted, packages[1], &own, sizeof own, &reply, &reply_len, &verdict) == STATUS_SUCCESS);
	(void)LsaFreeReturnBuffer(reply);
}

/* --- buffers -------------------------------------------------------------------- */

struct buffer {
	uint8_t at[ROOM];
	size_t len;
};

/* A text of the feed's choice, or a string that points anywhere. */
static void
string_fill(struct feed *f, UNICODE_STRING *s, struct buffer *b, const char *right)
{
	uint8_t how = feed_u8(f);

	if (how < 0xc0) {
		struct bytes made = feed_bytes(f, how < 0x80 ? 0 : feed_u8(f));
		size_t len = how < 0x80 ? strlen(right) : made.len;

		s->Length = (USHORT)(2 * len);
		s->MaximumLength = s->Length;
		s->Buffer = (PWSTR)(uintptr_t)b->len;
		for (size_t i = 0; i < len && b->len + 2 <= ROOM; i++, b->len += 2)
			b->at[b->len] = how < 0x80 ? (uint8_t)right[i] : made.at[i];
		return;
	}
	s->Length = feed_u16(f);
	s->MaximumLength = feed_u16(f);
	s->Buffer = (PWSTR)(uintptr_t)(how & 1 ? feed_u16(f) : (uintptr_t)b->at + feed_u16(f));
}

static void
msv_fill(struct feed *f, struct buffer *b, unsigned mode)
{
	MSV1_0_INTERACTIVE_LOGON i = { .MessageType = feed_u8(f) & 1 ? MsV1_0WorkstationUnlockLogon : MsV1_0InteractiveLogon };
	MSV1_0_LM20_LOGON n = { .MessageType = feed_u8(f) & 1 ? MsV1_0NetworkLogon : MsV1_0Lm20Logon };
	MSV1_0_S4U_LOGON u = { .MessageType = MsV1_0S4ULogon };
	UNICODE_STRING nt, lm;

	b->len = mode == MSV_INTERACTIVE ? sizeof i : mode == MSV_LM20 ? sizeof n : sizeof u;
	switch (mode) {
	case MSV_INTERACTIVE:
		string_fill(f, &i.LogonDomainName, b, "");
		string_fill(f, &i.UserName, b, PARTY_USER);
		string_fill(f, &i.Password, b, PARTY_PASSWORD);
		bytes_copy(b->at, &i, sizeof i);
		break;
	case MSV_LM20:
		string_fill(f, &n.LogonDomainName, b, "");
		string_fill(f, &n.UserName, b, PARTY_USER);
		string_fill(f, &n.Workstation, b, "W");
		string_fill(f, &nt, b, "");
		string_fill(f, &lm, b, "");
		bytes_copy(&n.CaseSensitiveChallengeResponse, &nt, sizeof nt);
		bytes_copy(&n.CaseInsensitiveChallengeResponse, &lm, sizeof lm);
		n.ParameterControl = feed_u32(f);
		bytes_copy(b->at, &n, sizeof n);
		break;
	default:
		u.Flags = feed_u8(f);
		string_fill(f, &u.UserPrincipalName, b, PARTY_USER);
		string_fill(f, &u.DomainName, b, "");
		bytes_copy(b->at, &u, sizeof u);
		break;
	}
}

static void
kerb_fill(struct feed *f, struct buffer *b, unsigned mode)
{
	KERB_INTERACTIVE_UNLOCK_LOGON i = { .Logon.MessageType = mode == KERB_UNLOCK ? KerbWorkstationUnlockLogon : KerbInteractiveLogon };
	KERB_S4U_LOGON u = { .MessageType = KerbS4ULogon };

	if (mode == KERB_BY_NAME) {
		b->len = sizeof u;
		u.Flags = feed_u8(f);
		string_fill(f, &u.ClientUpn, b, "alice");
		string_fill(f, &u.ClientRealm, b, "FORGE.TEST");
		bytes_copy(b->at, &u, sizeof u);
		return;
	}
	b->len = mode == KERB_UNLOCK ? sizeof i : sizeof i.Logon;
	i.LogonId.LowPart = feed_u16(f);
	string_fill(f, &i.Logon.LogonDomainName, b, "FORGE.TEST");
	string_fill(f, &i.Logon.UserName, b, "alice");
	string_fill(f, &i.Logon.Password, b, PARTY_PASSWORD);
	bytes_copy(b->at, &i, mode == KERB_UNLOCK ? sizeof i : sizeof i.Logon);
}

/*
 * What stands in a ticket's clear part and nobody vouches for: the type of the principal, which says nothing, and the
 * key's version, which tells where to look first. [RFC4120] 6.2, 5.2.9. Offsets in the ticket that is made here.
 */
#define NAME_TYPE 35u
#define KEY_VERSION 80u

static bool
same_but_hints(const uint8_t *ticket, struct bytes was)
{
	uint8_t copy[FORGE_MAX];

	MUST(was.len > 90 && was.len <= sizeof copy && memcmp(was.at + NAME_TYPE - 4, "\xa0\3\2\1\2\xa1", 6) == 0 &&
	    memcmp(was.at + KEY_VERSION - 4, "\xa1\3\2\1\3\xa2", 6) == 0);
	memcpy(copy, ticket, was.len);
	copy[NAME_TYPE] = was.at[NAME_TYPE];
	copy[KEY_VERSION] = was.at[KEY_VERSION];
	return memcmp(copy, was.at, was.len) == 0;
}

/* *ret_same: the ticket is as the key's owner made it. */
static void
ticket_fill(struct feed *f, struct buffer *b, bool inside, bool *ret_same)
{
	static uint8_t token[FORGE_MAX], plain[FORGE_MAX];
	KERB_TICKET_LOGON m = { .MessageType = feed_u8(f) & 7 ? KerbTicketLogon : KerbTicketUnlockLogon };
	struct reader r;
	struct kerb_clear clear;
	size_t fixed = m.MessageType == KerbTicketLogon ? sizeof m : sizeof(KERB_TICKET_UNLOCK_LOGON), len;
	struct forge forge = base;
	struct bytes cred;

	forge.now = time(NULL);
	if (inside) {
		len = forge_ticket_plain(&forge, plain);
		(void)feed_patch(f, plain, len);
		forge.ticket_plain = bytes_of(plain, len);
	}
	len = forge_ap_req(&forge, token);
	r = reader_of(bytes_of(token, len));
	MUST(len && reader_ok(&r) && kerb_clear_take(&clear, bytes_of(token, len)));
	bytes_zero(b->at, fixed);
	b->len = fixed;
	m.Flags = feed_u8(f) & 3;
	m.ServiceTicketLength = (ULONG)clear.ticket.len;
	m.ServiceTicket = (PUCHAR)b->len;
	bytes_copy(b->at + b->len, clear.ticket.at, clear.ticket.len);
	(void)feed_patch(f, b->at + b->len, clear.ticket.len);
	*ret_same = inside || same_but_hints(b->at + b->len, clear.ticket);
	b->len += clear.ticket.len;
	cred = feed_sized(f);
	if (cred.len && cred.len < ROOM - b->len) {
		m.TicketGrantingTicketLength = (ULONG)cred.len;
		m.TicketGrantingTicket = (PUCHAR)b->len;
		bytes_copy(b->at + b->len, cred.at, cred.len);
		b->len += cred.len;
		*ret_same = inside;		/* what it brings cannot be under the session key */
	}
	bytes_copy(b->at, &m, sizeof m);
}

/* --- what comes of it --------------------------------------------------------------- */

static void
inside(UNICODE_STRING s, const uint8_t *block, ULONG len)
{
	const uint8_t *at = (const uint8_t *)s.Buffer;

	MUST(at ? at >= block && at <= block + len && s.Length <= (size_t)(block + len - at) : !s.Length);
}

static void
profile_sound(const void *profile, ULONG len)
{
	const MSV1_0_INTERACTIVE_PROFILE *p = profile;
	const MSV1_0_LM20_LOGON_PROFILE *n = profile;

	MUST(profile && len >= 4);
	if (get_u32(profile) == MsV1_0Lm20LogonProfile) {
		MUST(len >= sizeof *n);
		inside(n->LogonDomainName, profile, len);
		inside(n->LogonServer, profile, len);
		return;
	}
	MUST(len >= sizeof *p);
	inside(p->LogonScript, profile, len);
	inside(p->HomeDirectory, profile, len);
	inside(p->FullName, profile, len);
	inside(p->ProfilePath, profile, len);
	inside(p->HomeDirectoryDrive, profile, len);
	inside(p->LogonServer, profile, len);
	if (get_u32(profile) == KerbTicketProfile) {
		const KERB_TICKET_PROFILE *t = profile;

		MUST(len >= sizeof *t && t->SessionKey.Value >= (PUCHAR)(uintptr_t)profile &&
		    t->SessionKey.Length <= (size_t)((const uint8_t *)profile + len - t->SessionKey.Value));
	}
}

static ULONG
sessions(void)
{
	PLUID list = NULL;
	ULONG count = 0;

	MUST(LsaEnumerateLogonSessions(&count, &list) == STATUS_SUCCESS);
	LsaFreeReturnBuffer(list);
	return count;
}

/* Whether this outcome may be a success. */
static bool
may_be_let_in(unsigned mode, SECURITY_LOGON_TYPE type, bool is_trusted, bool same)
{
	switch (mode) {
	case RAW:
	case MSV_INTERACTIVE:
	case MSV_S4U:
		return true;			/* the feed may hold the right password */
	case MSV_LM20:
		return is_trusted;		/* nobody, without a name */
	case KERB_PASSWORD_LOGON:
	case KERB_UNLOCK:
		return type == NewCredentials;	/* there is no KDC to say yes */
	case TICKET:
	case TICKET_INSIDE:
		return is_trusted && same;
	default:
		return false;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buffer b;
	static bool begun;
	struct feed f = feed_of(data, size);
	TOKEN_SOURCE source = { "fuzz", { 1, 2 } };
	LSA_STRING origin = { 1, 1, (PCHAR)(uintptr_t)"o" };
	PVOID profile = NULL;
	ULONG profile_len = 0, before;
	HANDLE token = NULL, lsa;
	LUID luid = { 0, 0 };
	QUOTA_LIMITS quotas;
	NTSTATUS status, substatus;
	SECURITY_LOGON_TYPE type;
	uint8_t *copy, *kept;
	unsigned mode;
	bool same = false;
	size_t len;

	if (!begun) {
		begin();
		begun = true;
	}
	mode = feed_u8(&f) % MODES;
	lsa = feed_u8(&f) & 1 ? trusted : untrusted;
	type = (SECURITY_LOGON_TYPE)(feed_u8(&f) % 15);
	b.len = 0;
	if (mode == RAW) {
		struct bytes raw = feed_bytes(&f, ROOM);

		bytes_copy(b.at, raw.at, raw.len);
		b.len = raw.len;
	} else if (mode <= MSV_S4U) {
		msv_fill(&f, &b, mode);
	} else if (mode <= KERB_BY_NAME) {
		kerb_fill(&f, &b, mode);
	} else {
		ticket_fill(&f, &b, mode == TICKET_INSIDE, &same);
	}
	len = feed_u8(&f) < 0xe0 ? b.len : feed_u16(&f) % (b.len + 1);
	copy = exact_copy(bytes_of(b.at, len));
	kept = exact_copy(bytes_of(b.at, len));
	before = sessions();
	status = LsaLogonUser(lsa, &origin, type, mode == RAW ? packages[feed_u8(&f) % 3] : packages[mode > MSV_S4U], copy, (ULONG)len,
	    NULL, &source, &profile, &profile_len, &luid, &token, &quotas, &substatus);
	MUST(memcmp(copy, kept, len) == 0);
	if (status == STATUS_SUCCESS) {
		MUST(token && substatus == 0 && (luid.LowPart || luid.HighPart));
		MUST(may_be_let_in(mode, type, lsa == trusted, same));
		profile_sound(profile, profile_len);
		MUST(LsaFreeReturnBuffer(profile) == STATUS_SUCCESS && CloseHandle(token));
	} else {
		MUST(status < 0 && !profile && !profile_len && !token && !luid.LowPart && !luid.HighPart);
	}
	MUST(sessions() == before);
	free(copy);
	free(kept);
	return 0;
}
