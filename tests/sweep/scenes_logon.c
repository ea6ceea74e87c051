/*
 * scenes_logon.c - the scenes of LsaLogonUser: a password of an account of
 * this machine, right and wrong, and a service ticket for it; and of what packages are told and asked beside.
 */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include "scenes.h"

#include <fcntl.h>
#include <unistd.h>

#include <ntstatus.h>

#include <ntsecapi.h>
#include <openlsa.h>

#include "pkg/kerberos/kerb_proof.h"
#include "tests/pkg/kerberos/forge.h"

/* --- made beforehand ------------------------------------------------------------- */

/* Beside the keytab: scenes run in processes of their own. No memory is needed. */
static int
file_open(const char *more, int flags)
{
	const char *keytab = getenv("KRB5_KTNAME");
	char path[200];

	if (!keytab || strncmp(keytab, "FILE:", 5) != 0)
		return -1;
	(void)snprintf(path, sizeof path, "%s%s", keytab + 5, more);
	return open(path, flags | O_CLOEXEC, 0600);
}

static bool
file_put(const char *more, struct bytes b)
{
	int fd = file_open(more, O_WRONLY | O_CREAT | O_TRUNC);
	bool good = fd >= 0 && write(fd, b.at, b.len) == (ssize_t)b.len;

	return fd >= 0 && close(fd) == 0 && good;
}

/* The machine's key, where KRB5_KTNAME says, and a ticket that it opens. */
bool
scene_logon_make(void)
{
	static uint8_t bytes[2][32] = { { 1 }, { 2 } };
	krb5_keyblock keys[2] = { { .enctype = 18, .length = 32, .contents = bytes[0] }, { .enctype = 18, .length = 32, .contents = bytes[1] } };
	struct forge f = { .realm = "R", .service = { "host", "h" }, .client = "alice", .kvno = 1, .key = &keys[0], .session = &keys[1] };
	uint8_t *token = malloc(FORGE_MAX);
	struct kerb_clear clear;
	bool good = false;
	size_t len;

	if (token && krb5_init_context(&f.k5) == 0) {
		f.now = time(NULL);
		len = forge_ap_req(&f, token);
		good = len && kerb_clear_take(&clear, bytes_of(token, len)) && file_put(".ticket", clear.ticket);
		len = forge_keytab(&f, token, FORGE_MAX);
		good = good && len && file_put("", bytes_of(token, len));
		krb5_free_context(f.k5);
	}
	free(token);
	return good;
}

/* --- logons ------------------------------------------------------------------------- */

struct submitted {
	_Alignas(16) uint8_t at[2400];
	size_t len;
};

static UNICODE_STRING
text(struct submitted *m, const char *ascii)
{
	UNICODE_STRING s = { (USHORT)(2 * strlen(ascii)), (USHORT)(2 * strlen(ascii)), (PWSTR)m->len };

	for (; *ascii; ascii++, m->len += 2)
		m->at[m->len] = (uint8_t)*ascii;
	return s;
}

static enum outcome
log_on(HANDLE lsa, const char *name, struct submitted *m, bool right)
{
	LSA_STRING package = { (USHORT)strlen(name), (USHORT)strlen(name), (PCHAR)(uintptr_t)name };
	TOKEN_SOURCE source = { "sweep", { 1, 0 } };
	ULONG id = 0, len = 0;
	PVOID profile = NULL;
	HANDLE token = NULL;
	LUID luid = { 0, 0 };
	QUOTA_LIMITS quotas;
	NTSTATUS status, substatus;
	bool sound;

	status = LsaLookupAuthenticationPackage(lsa, &package, &id);
	if (status == STATUS_SUCCESS)
		status = LsaLogonUser(lsa, NULL, Network, id, m->at, (ULONG)m->len, NULL, &source, &profile, &len, &luid, &token,
		    &quotas, &substatus);
	if (status != STATUS_SUCCESS) {
		if (profile || token || status > 0)
			return WRONG;
		return status == STATUS_LOGON_FAILURE ? right ? MISLED : DONE : REFUSED;
	}
	sound = profile && len >= 4 && token && luid.LowPart;
	(void)LsaFreeReturnBuffer(profile);
	(void)CloseHandle(token);
	return !right ? GRANTED : sound ? DONE : WRONG;
}

static struct submitted
password(const char *word)
{
	struct submitted m = { .len = sizeof(MSV1_0_INTERACTIVE_LOGON) };
	MSV1_0_INTERACTIVE_LOGON i = { .MessageType = MsV1_0InteractiveLogon };

	i.UserName = text(&m, "alice");
	i.Password = text(&m, word);
	memcpy(m.at, &i, sizeof i);
	return m;
}

enum outcome
scene_logon(void)
{
	struct submitted m;
	enum outcome how;
	HANDLE lsa;

	if (LsaConnectUntrusted(&lsa) != STATUS_SUCCESS)
		return REFUSED;
	m = password("Correct-Horse-7");
	how = log_on(lsa, "NTLM", &m, true);
	if (how == DONE) {
		m = password("correct-horse-7");
		how = log_on(lsa, "NTLM", &m, false);
	}
	(void)LsaDeregisterLogonProcess(lsa);
	return how;
}

enum outcome
scene_logon_ticket(void)
{
	LSA_STRING name = { 5, 5, (PCHAR)(uintptr_t)"sweep" };
	struct submitted m = { .len = sizeof(KERB_TICKET_LOGON) };
	KERB_TICKET_LOGON t = { .MessageType = KerbTicketLogon };
	LSA_OPERATIONAL_MODE mode;
	enum outcome how;
	ssize_t ticket_len;
	HANDLE lsa;
	int fd;

	if (LsaRegisterLogonProcess(&name, &lsa, &mode) != STATUS_SUCCESS)
		return REFUSED;
	fd = file_open(".ticket", O_RDONLY);
	ticket_len = read(fd, m.at + m.len, sizeof m.at - m.len);
	(void)close(fd);
	if (ticket_len <= 0)
		return WRONG;
	t.ServiceTicketLength = (ULONG)ticket_len;
	t.ServiceTicket = (PUCHAR)m.len;
	memcpy(m.at, &t, sizeof t);
	m.len += (size_t)ticket_len;
	how = log_on(lsa, "Kerberos", &m, true);
	if (how == DONE) {
		m.at[m.len - 3] ^= 1;
		how = log_on(lsa, "Kerberos", &m, false);
	}
	(void)LsaDeregisterLogonProcess(lsa);
	return how;
}

/* --- messages ------------------------------------------------------------------------ */

static NTSTATUS
message(HANDLE lsa, const char *name, void *ask, size_t len, PVOID *ret_reply, ULONG *ret_len)
{
	LSA_STRING package = { (USHORT)strlen(name), (USHORT)strlen(name), (PCHAR)(uintptr_t)name };
	NTSTATUS status, verdict = STATUS_UNSUCCESSFUL;
	ULONG id = 0;

	status = LsaLookupAuthenticationPackage(lsa, &package, &id);
	if (status == STATUS_SUCCESS)
		status = LsaCallAuthenticationPackage(lsa, id, ask, (ULONG)len, ret_reply, ret_len, &verdict);
	return status == STATUS_SUCCESS ? verdict : status;
}

static enum outcome
judged(HANDLE lsa, const char *word, bool right)
{
	struct submitted m = { .len = sizeof(MSV1_0_LM20_LOGON) };
	OlsaValidateAuthRequest v = { .MessageType = (MSV1_0_LOGON_SUBMIT_TYPE)MsV1_0ValidateAuth,
	    .ParameterControl = MSV1_0_CLEARTEXT_PASSWORD_ALLOWED | MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED };
	UNICODE_STRING password;
	NTSTATUS status;

	v.UserName = text(&m, "alice");
	password = text(&m, word);
	memcpy(&v.CaseSensitiveChallengeResponse, &password, sizeof password);
	memcpy(m.at, &v, sizeof v);
	status = message(lsa, "NTLM", m.at, m.len, NULL, NULL);
	if (status == STATUS_SUCCESS)
		return right ? DONE : GRANTED;
	if (status == STATUS_WRONG_PASSWORD)
		return right ? MISLED : DONE;
	return status > 0 ? WRONG : REFUSED;
}

/* The caller's own session has no password: there is nothing to derive, and that is said. */
static enum outcome
derived(HANDLE lsa)
{
	OlsaDeriveCredRequest ask = { .MessageType = MsV1_0DeriveCredential };
	PVOID reply = NULL;
	ULONG len = 0;
	NTSTATUS status = message(lsa, "NTLM", &ask, sizeof ask, &reply, &len);

	return reply || status >= 0 ? WRONG : status == STATUS_NO_SUCH_LOGON_SESSION ? DONE : REFUSED;
}

/* A KDC is named, seen in the list, and forgotten. */
static enum outcome
pinned(HANDLE lsa)
{
	struct submitted m = { .len = sizeof(KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST) };
	KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST add = { .MessageType = KerbAddBindingCacheEntryExMessage };
	KERB_QUERY_BINDING_CACHE_REQUEST query = { KerbQueryBindingCacheMessage };
	KERB_PURGE_BINDING_CACHE_REQUEST purge = { KerbPurgeBindingCacheMessage };
	KERB_QUERY_BINDING_CACHE_RESPONSE *seen = NULL;
	ULONG len = 0;
	NTSTATUS status;
	bool good;

	add.RealmName = text(&m, "SWEEP.TEST");
	add.KdcAddress = text(&m, "kdc.sweep.test");
	memcpy(m.at, &add, sizeof add);
	status = message(lsa, "Kerberos", m.at, m.len, NULL, NULL);
	if (status == STATUS_SUCCESS)
		status = message(lsa, "Kerberos", &query, sizeof query, (PVOID *)&seen, &len);
	good = status != STATUS_SUCCESS || (seen && seen->CountOfEntries == 1 && seen->Entries->KdcAddress.Length == 28);
	(void)LsaFreeReturnBuffer(seen);
	(void)message(lsa, "Kerberos", &purge, sizeof purge, NULL, NULL);
	return !good ? WRONG : status == STATUS_SUCCESS ? DONE : status == STATUS_INVALID_PARAMETER ? MISLED : REFUSED;
}

/* Names that are long enough to need memory are asked about, and nobody has such tickets. */
static enum outcome
purged(HANDLE lsa)
{
	struct submitted m = { .len = sizeof(KERB_PURGE_TKT_CACHE_REQUEST) };
	KERB_PURGE_TKT_CACHE_REQUEST ask = { .MessageType = KerbPurgeTicketCacheMessage };
	char server[501];
	NTSTATUS status;

	memset(server, 'x', sizeof server - 1);
	server[sizeof server - 1] = 0;
	ask.ServerName = text(&m, server);
	ask.RealmName = text(&m, server);
	memcpy(m.at, &ask, sizeof ask);
	status = message(lsa, "Kerberos", m.at, m.len, NULL, NULL);
	return status == SEC_E_NO_CREDENTIALS ? DONE : status == STATUS_INVALID_PARAMETER ? MISLED : status >= 0 ? WRONG : REFUSED;
}

enum outcome
scene_messages(void)
{
	LSA_STRING name = { 5, 5, (PCHAR)(uintptr_t)"sweep" };
	OlsaSetOptionRequest option = { MsV1_0SetProcessOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, FALSE };
	LSA_OPERATIONAL_MODE mode;
	enum outcome how;
	HANDLE lsa;

	if (LsaRegisterLogonProcess(&name, &lsa, &mode) != STATUS_SUCCESS)
		return REFUSED;
	how = message(lsa, "NTLM", &option, sizeof option, NULL, NULL) == STATUS_SUCCESS ? DONE : REFUSED;
	if (how == DONE)
		how = judged(lsa, "Correct-Horse-7", true);
	if (how == DONE)
		how = judged(lsa, "correct-horse-7", false);
	if (how == DONE)
		how = derived(lsa);
	if (how == DONE)
		how = pinned(lsa);
	if (how == DONE)
		how = purged(lsa);
	(void)LsaDeregisterLogonProcess(lsa);
	return how;
}
