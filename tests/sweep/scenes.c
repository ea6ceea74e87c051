/*
 * scenes.c - the scenes of the sweep.
 */
#include "scenes.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nt.h"
#include <openlsa.h>
#include <security.h>

#define USER		"alice"
#define RIGHT		"Correct-Horse-7"
#define NOT_RIGHT	"correct-horse-7"
#define WANTS		(ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static char ntlm[] = "NTLM", negotiate[] = "Negotiate";

/* What a refusal may be called when the cause is want of memory. */
static enum outcome
refused(SECURITY_STATUS status)
{
	switch (status) {
	case SEC_E_LOGON_DENIED:
	case SEC_E_MESSAGE_ALTERED:
	case SEC_E_UNKNOWN_CREDENTIALS:
	case (SECURITY_STATUS)STATUS_NO_SUCH_USER:
	case (SECURITY_STATUS)STATUS_WRONG_PASSWORD:
		return MISLED;
	default:
		return status < 0 ? REFUSED : WRONG;
	}
}

static bool
admin(HANDLE *ret_lsa, NTSTATUS *status)
{
	LSA_STRING name = { 5, 6, (PCHAR)(uintptr_t)"sweep" };
	LSA_OPERATIONAL_MODE mode;

	*status = LsaRegisterLogonProcess(&name, ret_lsa, &mode);
	return *status == STATUS_SUCCESS;
}

static bool scene_tickets(void);

/* --- credentials and legs ------------------------------------------------------------ */

static SEC_WINNT_AUTH_IDENTITY_A
identity(const char *password)
{
	return (SEC_WINNT_AUTH_IDENTITY_A){
		.User = (unsigned char *)(uintptr_t)USER, .UserLength = sizeof USER - 1,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
}

struct sides {
	CredHandle out, in;
	CtxtHandle client, server;
	bool has_out, has_in, has_client, has_server;
	uint8_t a[2048], b[2048];
	SecBuffer ab, bb;
	SecBufferDesc ad, bd;
	ULONG grants;
	TimeStamp expiry;
};

static void
sides_begin(struct sides *s)
{
	s->has_out = s->has_in = s->has_client = s->has_server = false;
	s->ab = (SecBuffer){ sizeof s->a, SECBUFFER_TOKEN, s->a };
	s->bb = (SecBuffer){ sizeof s->b, SECBUFFER_TOKEN, s->b };
	s->ad = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->ab };
	s->bd = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->bb };
}

static void
sides_end(struct sides *s)
{
	if (s->has_client)
		(void)DeleteSecurityContext(&s->client);
	if (s->has_server)
		(void)DeleteSecurityContext(&s->server);
	if (s->has_out)
		(void)FreeCredentialsHandle(&s->out);
	if (s->has_in)
		(void)FreeCredentialsHandle(&s->in);
}

static enum outcome
talk(CtxtHandle *from, CtxtHandle *to)
{
	static const char text[] = "a message";
	uint8_t token[16], room[sizeof text];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof room, SECBUFFER_DATA, room } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	SECURITY_STATUS status;

	memcpy(room, text, sizeof text);
	status = EncryptMessage(from, 0, &d, 0);
	if (status == SEC_E_OK && memcmp(room, text, sizeof text) == 0)
		return WRONG;
	if (status == SEC_E_OK)
		status = DecryptMessage(to, &d, 0, NULL);
	if (status == SEC_E_OK && memcmp(room, text, sizeof text) != 0)
		return WRONG;
	if (status == SEC_E_OK)
		status = MakeSignature(to, 0, &d, 0);
	if (status == SEC_E_OK)
		status = VerifySignature(from, &d, 0, NULL);
	return status == SEC_E_OK ? DONE : refused(status);
}

static SECURITY_STATUS
leg(struct sides *s, bool server)
{
	bool first = server ? !s->has_server : !s->has_client;
	CtxtHandle *ctx = server ? &s->server : &s->client;
	SecBufferDesc *in = server ? &s->ad : &s->bd, *out = server ? &s->bd : &s->ad;
	SECURITY_STATUS status;

	out->pBuffers->cbBuffer = sizeof s->a;
	if (server)
		status = AcceptSecurityContext(&s->in, first ? NULL : ctx, in, WANTS, SECURITY_NATIVE_DREP, ctx, out,
		    &s->grants, &s->expiry);
	else
		status = InitializeSecurityContextA(&s->out, first ? NULL : ctx, (LPSTR)(uintptr_t)"HOST/localhost", WANTS, 0,
		    SECURITY_NATIVE_DREP, first ? NULL : in, 0, ctx, out, &s->grants, &s->expiry);
	if (status >= 0 && server)
		s->has_server = true;
	else if (status >= 0)
		s->has_client = true;
	return status;
}

/* NTLM ends with the server, Negotiate with the client; SEC_E_OK: both sides are established. */
static SECURITY_STATUS
legs(struct sides *s)
{
	SECURITY_STATUS client = leg(s, false), server = SEC_I_CONTINUE_NEEDED;

	while (client >= 0 && (client == SEC_I_CONTINUE_NEEDED || server == SEC_I_CONTINUE_NEEDED)) {
		if (server == SEC_I_CONTINUE_NEEDED)
			server = leg(s, true);
		if (server < 0)
			return server;
		if (client == SEC_I_CONTINUE_NEEDED)
			client = leg(s, false);
	}
	return client;
}

static SECURITY_STATUS
acquire(struct sides *s, char *package, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = identity(password);
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &s->out,
	    &s->expiry);

	s->has_out = status == SEC_E_OK;
	if (status != SEC_E_OK)
		return status;
	status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &s->in, &s->expiry);
	s->has_in = status == SEC_E_OK;
	return status;
}

static enum outcome
handshake(char *package, const char *password)
{
	struct sides s;
	SecPkgContext_NamesA names = { NULL };
	SECURITY_STATUS status;
	enum outcome how;

	sides_begin(&s);
	status = acquire(&s, package, password);
	if (status == SEC_E_OK)
		status = legs(&s);
	how = status == SEC_E_OK ? DONE : refused(status);
	if (how == DONE) {
		how = talk(&s.client, &s.server);
		status = QueryContextAttributesA(&s.server, SECPKG_ATTR_NAMES, &names);
		if (status == SEC_E_OK) {
			if (!strstr(names.sUserName, USER))
				how = WRONG;
			(void)FreeContextBuffer(names.sUserName);
		} else if (how == DONE) {
			how = refused(status);
		}
	}
	sides_end(&s);
	return how;
}

enum outcome
scene_handshake(void)
{
	return handshake(ntlm, RIGHT);
}

static enum outcome
scene_negotiate(void)
{
	return handshake(negotiate, RIGHT);
}

enum outcome
scene_wrong_password(void)
{
	enum outcome how = handshake(ntlm, NOT_RIGHT);

	return how == MISLED ? DONE : how == REFUSED ? REFUSED : GRANTED;
}

/* --- the same through a queue --------------------------------------------------------------- */

struct flight {
	OLSA_ASYNC_QUEUE *queue;
	SspiAsyncContext *a;
	unsigned called;
};

static void
landed(SspiAsyncContext *a, PVOID arg)
{
	(void)a;
	((struct flight *)arg)->called++;
}

/* `queued` is what the call that queued it returned. */
static SECURITY_STATUS
land(struct flight *f, SECURITY_STATUS queued)
{
	SECURITY_STATUS status = queued;
	unsigned before = f->called;

	if (queued != SEC_E_OK)
		return queued;
	while (f->called == before) {
		struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(f->queue), .events = POLLIN };

		if (!OlsaSspiAsyncDispatch(f->queue, 8))
			(void)poll(&p, 1, 5);
	}
	status = SspiGetAsyncCallStatus(f->a);
	(void)SspiReinitAsyncContext(f->a);
	return status;
}

static SECURITY_STATUS
async_leg(struct sides *s, struct flight *f, bool server)
{
	bool first = server ? !s->has_server : !s->has_client;
	CtxtHandle *ctx = server ? &s->server : &s->client;
	SecBufferDesc *in = server ? &s->ad : &s->bd, *out = server ? &s->bd : &s->ad;
	SECURITY_STATUS status;

	out->pBuffers->cbBuffer = sizeof s->a;
	if (server)
		status = SspiAcceptSecurityContextAsync(f->a, &s->in, first ? NULL : ctx, in, WANTS, SECURITY_NATIVE_DREP,
		    ctx, out, &s->grants, &s->expiry);
	else
		status = SspiInitializeSecurityContextAsyncA(f->a, &s->out, first ? NULL : ctx,
		    (LPSTR)(uintptr_t)"HOST/localhost", WANTS, 0, SECURITY_NATIVE_DREP, first ? NULL : in, 0, ctx, out,
		    &s->grants, &s->expiry);
	status = land(f, status);
	if (status >= 0 && server)
		s->has_server = true;
	else if (status >= 0)
		s->has_client = true;
	return status;
}

static SECURITY_STATUS
async_all(struct sides *s, struct flight *f)
{
	SEC_WINNT_AUTH_IDENTITY_A id = identity(RIGHT);
	SECURITY_STATUS status = land(f, SspiAcquireCredentialsHandleAsyncA(f->a, NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL,
	    &id, NULL, NULL, &s->out, &s->expiry));

	s->has_out = status == SEC_E_OK;
	if (status != SEC_E_OK)
		return status;
	status = land(f, SspiAcquireCredentialsHandleAsyncA(f->a, NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
	    &s->in, &s->expiry));
	s->has_in = status == SEC_E_OK;
	if (status != SEC_E_OK)
		return status;
	status = async_leg(s, f, false);
	if (status == SEC_I_CONTINUE_NEEDED)
		status = async_leg(s, f, true);
	if (status == SEC_I_CONTINUE_NEEDED)
		status = async_leg(s, f, false);
	if (status == SEC_E_OK)
		status = async_leg(s, f, true);
	return status;
}

static void
async_end(struct sides *s, struct flight *f)
{
	if (s->has_server && land(f, SspiDeleteSecurityContextAsync(f->a, &s->server)) == SEC_E_OK)
		s->has_server = false;
	if (s->has_in && land(f, SspiFreeCredentialsHandleAsync(f->a, &s->in)) == SEC_E_OK)
		s->has_in = false;
	sides_end(s);
}

static enum outcome
scene_async(void)
{
	struct sides s;
	struct flight f = { .queue = NULL };
	SECURITY_STATUS status;
	enum outcome how;

	sides_begin(&s);
	if (OlsaSspiAsyncQueueCreate(&f.queue) != 0)
		return REFUSED;
	f.a = SspiCreateAsyncContext();
	if (!f.a) {
		OlsaSspiAsyncQueueFree(f.queue);
		return REFUSED;
	}
	if (SspiSetAsyncNotifyCallback(f.a, landed, &f) != SEC_E_OK || OlsaSspiBindAsyncContext(f.a, f.queue, NULL) != SEC_E_OK)
		return WRONG;
	status = async_all(&s, &f);
	how = status == SEC_E_OK ? talk(&s.client, &s.server) : refused(status);
	async_end(&s, &f);
	SspiFreeAsyncContext(f.a);
	OlsaSspiAsyncQueueFree(f.queue);
	return how;
}

/* --- accounts -------------------------------------------------------------------------------- */

bool
scene_accounts(void)
{
	NTSTATUS status;
	HANDLE lsa;

	if (!scene_tickets() || !scene_logon_make() || !admin(&lsa, &status))
		return false;
	status = OlsaPolicySet(lsa, "lockout-threshold", 0);
	if (status == STATUS_SUCCESS)
		status = OlsaUserAdd(lsa, USER, "Alice", RIGHT, NULL);
	(void)LsaDeregisterLogonProcess(lsa);
	return status == STATUS_SUCCESS || status == STATUS_USER_EXISTS;
}

static enum outcome
scene_user(void)
{
	OlsaUserInfo info;
	NTSTATUS status, ended;
	LPSTR sid = NULL;
	HANDLE lsa;

	if (!admin(&lsa, &status))
		return refused(status);
	status = OlsaUserAdd(lsa, "bob", "Bob", "secret", &sid);
	if (status == STATUS_SUCCESS) {
		if (!sid || strncmp(sid, "S-1-", 4) != 0)
			return WRONG;
		(void)FreeContextBuffer(sid);
		status = OlsaUserGet(lsa, 0, "bob", &info);
		if (status == STATUS_SUCCESS)
			OlsaUserFree(&info);
		ended = OlsaUserDelete(lsa, "bob");
		if (status == STATUS_SUCCESS)
			status = ended;
	} else if (status == STATUS_USER_EXISTS) {	/* a delete of an earlier run was refused */
		status = OlsaUserDelete(lsa, "bob");
	}
	(void)LsaDeregisterLogonProcess(lsa);
	return status == STATUS_SUCCESS ? DONE : refused(status);
}

/* The embedded LSA's table of sessions makes its 16 parts when a random number first hits them. */
#define HITS 300

void
scene_settle(void)
{
	CredHandle cred;
	TimeStamp expiry;

	for (unsigned i = 0; OlsaMode() == OLSA_MODE_EMBEDDED && i < HITS; i++)
		(void)scene_handshake();
	(void)AcquireCredentialsHandleA(NULL, (LPSTR)(uintptr_t)"no such package", SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
	    NULL, &cred, &expiry);
}

/* --- Kerberos with tickets at hand ---------------------------------------------------------------- */

/* Of alice@R: a ticket-granting ticket and one for host/h, good for a long time and for nobody. */
static const char tickets[] =
	"050400000000000100000001000000015200000005616c6963650000000100000001000000015200000005616c6963650000000200000002"
	"0000000152000000066b72627467740000000152001200000020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
	"1e1f00000001000000017fffff00000000000040e00000000000000000000000000041613f303da003020105a1031b0152a2143012a00302"
	"0102a10b30091b04686f73741b0168a31b3019a003020112a212041030313233343536373839616263646566000000000000000100000001"
	"000000015200000005616c6963650000000200000002000000015200000004686f7374000000016800120000002000010203040506070809"
	"0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000001000000017fffff00000000000040e0000000000000000000000000004161"
	"3f303da003020105a1031b0152a2143012a003020102a10b30091b04686f73741b0168a31b3019a003020112a21204103031323334353637"
	"383961626364656600000000";

static bool
file_make(const char *path, const void *at, size_t len)
{
	FILE *f = path ? fopen(path, "w") : NULL;
	bool good = f && fwrite(at, 1, len, f) == len;

	return (!f || fclose(f) == 0) && good;
}

/* Where KRB5_CONFIG and KRB5CCNAME say. */
static bool
scene_tickets(void)
{
	static const char conf[] = "[libdefaults]\n\tdefault_realm = R\n\tdns_lookup_kdc = false\n";
	const char *cache = getenv("KRB5CCNAME");
	uint8_t bytes[sizeof tickets / 2];

	for (size_t i = 0; i < sizeof bytes; i++)
		(void)sscanf(tickets + 2 * i, "%2hhx", &bytes[i]);
	return cache && strncmp(cache, "FILE:", 5) == 0 && file_make(getenv("KRB5_CONFIG"), conf, sizeof conf - 1) &&
	    file_make(cache + 5, bytes, sizeof bytes);
}

static enum outcome
scene_kerberos(void)
{
	char room[4096], kerberos[] = "Kerberos", target[] = "host/h@R";
	SecBuffer out = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle context;
	CredHandle cred;
	ULONG attr;
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, kerberos, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL);

	if (status != SEC_E_OK)
		return refused(status);
	for (unsigned mutual = 0; status == SEC_E_OK && mutual < 2; mutual++) {
		out.cbBuffer = sizeof room;
		status = InitializeSecurityContextA(&cred, NULL, target, WANTS | (mutual ? ISC_REQ_MUTUAL_AUTH : 0), 0,
		    SECURITY_NATIVE_DREP, NULL, 0, &context, &desc, &attr, NULL);
		if (status >= 0) {
			if (status != (mutual ? SEC_I_CONTINUE_NEEDED : SEC_E_OK) || !out.cbBuffer)
				status = SEC_E_UNSUPPORTED_FUNCTION;
			DeleteSecurityContext(&context);
		}
	}
	FreeCredentialsHandle(&cred);
	return status == SEC_E_UNSUPPORTED_FUNCTION ? WRONG : status < 0 ? refused(status) : DONE;
}

/* --- connections and messages ------------------------------------------------------------------ */

static enum outcome
scene_lsa(void)
{
	MSV1_0_LM20_CHALLENGE_REQUEST ask = { .MessageType = MsV1_0Lm20ChallengeRequest };
	MSV1_0_LM20_CHALLENGE_RESPONSE answer;
	MSV1_0_GETCHALLENRESP_REQUEST sign = { .MessageType = MsV1_0Lm20GetChallengeResponse,
	    .ParameterControl = USE_PRIMARY_PASSWORD };
	LSA_STRING name = { sizeof MSV1_0_PACKAGE_NAME - 1, sizeof MSV1_0_PACKAGE_NAME,
	    (PCHAR)(uintptr_t)MSV1_0_PACKAGE_NAME };
	ULONG package = 0, len = 0;
	NTSTATUS status, verdict;
	void *reply = NULL;
	HANDLE lsa, other;

	status = LsaConnectUntrusted(&lsa);
	if (status != STATUS_SUCCESS)
		return refused(status);
	status = LsaLookupAuthenticationPackage(lsa, &name, &package);
	if (status == STATUS_SUCCESS)
		status = LsaCallAuthenticationPackage(lsa, package, &ask, sizeof ask, &reply, &len, &verdict);
	if (status == STATUS_SUCCESS && reply) {
		if (len < sizeof answer)
			return WRONG;
		memcpy(&answer, reply, sizeof answer);
		memcpy(sign.ChallengeToClient, answer.ChallengeToClient, sizeof sign.ChallengeToClient);
		(void)LsaFreeReturnBuffer(reply);
		reply = NULL;
		status = LsaCallAuthenticationPackage(lsa, package, &sign, sizeof sign, &reply, &len, &verdict);
		if (status == STATUS_SUCCESS && reply)
			(void)LsaFreeReturnBuffer(reply);
	}
	if (status == STATUS_SUCCESS && admin(&other, &status))
		(void)LsaDeregisterLogonProcess(other);
	(void)LsaDeregisterLogonProcess(lsa);
	return status == STATUS_SUCCESS ? DONE : refused(status);
}

/* --- identities ------------------------------------------------------------------------------------ */

static enum outcome
scene_identity(void)
{
	static const WCHAR user[] = { 'b', 'o', 'b', 0 }, domain[] = { 'D', 0 }, password[] = { 's', 'e', 'c', 'r', 'e', 't', 0 };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL, copy = NULL, back = NULL;
	PCWSTR u = NULL, d = NULL, p = NULL;
	BOOLEAN same_user = FALSE, same = FALSE;
	SECURITY_STATUS status;
	ULONG len = 0;
	char *wire = NULL;

	status = SspiEncodeStringsAsAuthIdentity(user, domain, password, &id);
	if (status == SEC_E_OK)
		status = SspiCopyAuthIdentity(id, &copy);
	if (status == SEC_E_OK)
		status = SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, copy);
	if (status == SEC_E_OK)
		status = SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, copy);
	if (status == SEC_E_OK)
		status = SspiMarshalAuthIdentity(copy, &len, &wire);
	if (status == SEC_E_OK)
		status = SspiUnmarshalAuthIdentity(len, wire, &back);
	if (status == SEC_E_OK)
		status = SspiCompareAuthIdentities(id, back, &same_user, &same);
	if (status == SEC_E_OK && !(same_user && same))
		status = 1;
	if (status == SEC_E_OK)
		status = SspiEncodeAuthIdentityAsStrings(back, &u, &d, &p);
	if (status == SEC_E_OK && memcmp(p, password, sizeof password) != 0)
		status = 1;
	SspiLocalFree((PVOID)(uintptr_t)u);
	SspiLocalFree((PVOID)(uintptr_t)d);
	SspiLocalFree((PVOID)(uintptr_t)p);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(copy);
	SspiFreeAuthIdentity(back);
	SspiLocalFree(wire);
	return status == SEC_E_OK ? DONE : refused(status);
}

/* --- policy ---------------------------------------------------------------------------------------------- */

static LSA_UNICODE_STRING
wide(const WCHAR *text, size_t len)
{
	return (LSA_UNICODE_STRING){ .Buffer = (PWSTR)(uintptr_t)text, .Length = (USHORT)len, .MaximumLength = (USHORT)len };
}

/* Rights, a secret, both look-ups, a class of information: what was written is taken away again. */
static enum outcome
scene_policy(void)
{
	static const WCHAR right[] = u"SeBackupPrivilege", key[] = u"L$sweep", users[] = u"BUILTIN\\Users", value[] = u"kept";
	static const struct { SID sid; DWORD more[4]; } who = { { 1, 5, { { 0, 0, 0, 0, 0, 5 } }, { 21 } }, { 1, 2, 3, 4242 } };
	LSA_UNICODE_STRING r = wide(right, sizeof right - 2), k = wide(key, sizeof key - 2), u = wide(users, sizeof users - 2),
	    v = wide(value, sizeof value - 2), *rights = NULL, *data = NULL;
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL, *domains_back = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	LSA_TRANSLATED_NAME *names = NULL;
	PSID sid = (PSID)(uintptr_t)&who;
	LSA_HANDLE policy;
	ULONG count = 0;
	void *info = NULL;
	bool good = true;
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, POLICY_ALL_ACCESS, &policy);

	if (status != STATUS_SUCCESS)
		return refused(status);
	status = LsaAddAccountRights(policy, sid, &r, 1);
	if (status == STATUS_SUCCESS)
		status = LsaEnumerateAccountRights(policy, sid, &rights, &count);
	if (status == STATUS_SUCCESS)
		good = count == 1 && rights && rights[0].Length == r.Length;
	if (status == STATUS_SUCCESS)
		status = LsaStorePrivateData(policy, &k, &v);
	if (status == STATUS_SUCCESS)
		status = LsaRetrievePrivateData(policy, &k, &data);
	if (status == STATUS_SUCCESS)
		good = good && data && data->Length == v.Length && memcmp(data->Buffer, value, v.Length) == 0;
	if (status == STATUS_SUCCESS)
		status = LsaLookupNames2(policy, 0, 1, &u, &domains, &sids);
	if (status == STATUS_SUCCESS) {
		good = good && domains && sids && sids[0].Sid;
		sid = good ? sids[0].Sid : sid;
		status = LsaLookupSids2(policy, 0, 1, &sid, &domains_back, &names);
		sid = (PSID)(uintptr_t)&who;
	}
	if (status == STATUS_SUCCESS)
		good = good && domains_back && names && names[0].Name.Length == 10;
	if (status == STATUS_SUCCESS)
		status = LsaQueryInformationPolicy(policy, PolicyAccountDomainInformation, &info);
	good = good && (status != STATUS_SUCCESS || info);
	(void)LsaFreeMemory(rights);
	(void)LsaFreeMemory(data);
	(void)LsaFreeMemory(domains);
	(void)LsaFreeMemory(sids);
	(void)LsaFreeMemory(domains_back);
	(void)LsaFreeMemory(names);
	(void)LsaFreeMemory(info);
	(void)LsaRemoveAccountRights(policy, sid, TRUE, NULL, 0);
	(void)LsaStorePrivateData(policy, &k, NULL);
	if (LsaClose(policy) != STATUS_SUCCESS)
		return WRONG;
	return status == STATUS_SUCCESS ? good ? DONE : WRONG : refused(status);
}

/* --- the list ---------------------------------------------------------------------------------------- */

const struct scene scenes[] = {
	{ "store and user",             false, true,  true,  scene_user, 0 },
	{ "handshake",                  false, true,  false, scene_handshake, 0 },
	{ "handshake, wrong password",  false, true,  false, scene_wrong_password, 0 },
	/* Kept: a realm and its timer. Where the store did not open, this machine's name is not known and may be a realm's. */
	{ "Negotiate with NTLM inside", false, true,  false, scene_negotiate, 2 },
	/* Not from the first call of a process: libkrb5 1.20 itself crashes where it has no memory to read krb5.conf with. */
	{ "Kerberos, tickets at hand",  false, false, false, scene_kerberos, 0 },
	{ "handshake through a queue",  false, false, false, scene_async, 0 },
	{ "connections and messages",   false, false, false, scene_lsa, 0 },
	{ "logon",                      false, false, false, scene_logon, 0 },
	{ "logon with a ticket",        false, false, false, scene_logon_ticket, 0 },
	{ "messages of packages",       false, false, true,  scene_messages, 0 },
	{ "identities",                 false, true,  false, scene_identity, 0 },
	{ "policy",                     false, false, true,  scene_policy, 0 },
	{ "far: handshake",             true,  true,  false, scene_handshake, 0 },
	{ "far: wrong password",        true,  false, false, scene_wrong_password, 0 },
	{ "far: through a queue",       true,  false, false, scene_async, 0 },
	{ "far: Kerberos",              true,  false, false, scene_kerberos, 0 },
	{ "far: user to user",          true,  false, false, scene_user_to_user, 0 },
	{ "far: connections, messages", true,  false, false, scene_lsa, 0 },
	{ "far: logon",                 true,  false, false, scene_logon, 0 },
	{ "far: logon with a ticket",   true,  false, false, scene_logon_ticket, 0 },
	{ "far: messages of packages",  true,  false, true,  scene_messages, 0 },
	{ "far: policy",                true,  false, true,  scene_policy, 0 },
};
const unsigned scene_count = sizeof scenes / sizeof *scenes;
