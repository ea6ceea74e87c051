/*
 * fuzz_ipc_library.c - a daemon that means no good. A thread of ours serves
 * the socket; the library connects to it as it would to lsad and is used
 * through its public functions. Each reply is by the input: of the right
 * layout with values of the input, or patched, or cut, or garbage; every now
 * and then the daemon hangs up. It never keeps silent on purpose, so that a
 * run ends (deadlines have tests of their own).
 *
 * Oracle: a status that the API knows comes back, what was returned can be
 * read and freed, nothing crashes and nothing is lost.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fuzz.h"
#include "party.h"

#include "base/status.h"
#include "wire/calls.h"
#include "wire/frame.h"

static int listener;
static char socket_path[96];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct feed evil;		/* what the daemon says; under the lock */
static unsigned served;

/* --- the daemon ---------------------------------------------------------------- */

static struct bytes
evil_bytes(struct feed *f, size_t most)
{
	size_t len = feed_u8(f);

	return feed_bytes(f, len > most ? most : len);
}

#define EVIL_u32(f, n)		((feed_u8(f) & 3) ? (uint32_t)((n) & 7) : feed_u32(f))
#define EVIL_u64(f, n)		((feed_u8(f) & 3) ? (uint64_t)(n) : feed_u64(f))
#define EVIL_handle(f, n)	((feed_u8(f) & 7) ? (uint64_t)(n) + 1 : feed_u64(f))
#define EVIL_text(f, n)		((feed_u8(f) & 1) ? bytes_of_text("NTLM") : evil_bytes((f), WIRE_TEXT_MAX))
#define EVIL_bytes(f, n)	evil_bytes((f), WIRE_BYTES_MAX)
#define EVIL_secret(f, n)	evil_bytes((f), WIRE_BYTES_MAX)
#define EVIL(kind, name)	out.name = EVIL_##kind(f, served);

#define EVIL_CALL(n, verb, FIELDS, rank, drop)                  \
	case n: {                                               \
		struct verb##_out out = { 0 };                  \
		FIELDS##_OUT(EVIL)                              \
		verb##_out_put(w, &out);                        \
		break;                                          \
	}

static void
evil_fields(struct writer *w, struct feed *f, uint16_t number)
{
	switch (number) {
	LSA_CALLS(EVIL_CALL)
	default:
		break;
	}
}

static bool
say(int fd, const uint8_t *at, size_t len, bool in_pieces)
{
	while (len) {
		ssize_t n = send(fd, at, in_pieces && len > 3 ? 3 : len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* A connect that is answered as lsad would, so that what comes after it is reached. */
static size_t
good_connect(struct writer *w, const struct request *ask)
{
	struct connect_out out = { .highest = LSA_HIGHEST_CALL, .rank = ADMIN, .epoch = 7,
	    .cookie = bytes_of("0123456789abcdef", 16), .security_mode = 3 };

	reply_put_head(w, &(const struct reply){ .id = ask->id, .number = ask->number });
	connect_out_put(w, &out);
	frame_end(w);
	return w->need;
}

/* False: hang up. Called with the lock. */
static bool
answer(int fd, const struct request *ask)
{
	static const int32_t statuses[] = { STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS, SEC_I_CONTINUE_NEEDED,
	    STATUS_NO_MORE_ENTRIES, STATUS_PENDING, SEC_E_LOGON_DENIED, STATUS_ACCESS_DENIED };
	static uint8_t room[FRAME_MAX];
	struct writer w = writer_of(room, sizeof room);
	uint8_t how = feed_u8(&evil), status = feed_u8(&evil);
	struct reply head = { .id = ask->id, .number = ask->number,
	    .status = status < 0xf0 ? statuses[status % 8] : (int32_t)feed_u32(&evil) };
	struct reply seen;
	bool same;

	served++;
	if (ask->number == CALL_CONNECT && how < 0xf8)
		return say(fd, room, good_connect(&w, ask), false);
	if (how == 0xff)
		return false;
	if (how == 0xfe) {
		struct bytes b = feed_sized(&evil);

		(void)say(fd, b.at, b.len, false);
		return false;
	}
	if (how & 0x40)
		head.why = evil_bytes(&evil, 255);
	reply_put_head(&w, &head);
	if (head.status >= 0)
		evil_fields(&w, &evil, ask->number);
	frame_end(&w);
	MUST(writer_ok(&w));
	if (how & 0x20)
		(void)feed_patch(&evil, room, w.need);
	same = reply_take(&seen, bytes_of(room, w.need)) && seen.id == ask->id;
	if ((how & 0x1f) == 0x1f) {	/* cut short */
		(void)say(fd, room, w.need / 2, false);
		return false;
	}
	/* Where nobody will recognise his reply, silence would follow. */
	return say(fd, room, w.need, (how & 0x1f) == 0x1e) && same;
}

static bool
hear(int fd, uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, at, len, 0);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
serve_one(int fd)
{
	static uint8_t room[FRAME_MAX];
	struct request ask;
	uint32_t len;
	bool good;

	if (!hear(fd, room, 4))
		return false;
	len = get_u32(room);
	MUST(len >= FRAME_HEAD && len <= FRAME_MAX);	/* the library keeps to the protocol, whatever we do */
	if (!hear(fd, room + 4, len - 4))
		return false;
	MUST(request_take(&ask, bytes_of(room, len)));
	pthread_mutex_lock(&lock);
	good = answer(fd, &ask);
	pthread_mutex_unlock(&lock);
	return good;
}

#define FDS_MAX 32

static void *
daemon_run(void *arg)
{
	struct pollfd fds[FDS_MAX] = { { .fd = listener, .events = POLLIN } };
	unsigned count = 1;

	(void)arg;
	for (;;) {
		if (poll(fds, count, -1) < 0)
			continue;
		for (unsigned i = count; i-- > 1; )
			if (fds[i].revents && !serve_one(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--count];
			}
		if (fds[0].revents & POLLIN) {
			int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0 && count < FDS_MAX)
				fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
			else if (fd >= 0)
				close(fd);
		}
	}
	return NULL;
}

static void
begin(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	pthread_t thread;

	party_make_room();
	(void)snprintf(socket_path, sizeof socket_path, "%s/sock", party_room);
	(void)snprintf(at.sun_path, sizeof at.sun_path, "%s", socket_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(listener >= 0 && bind(listener, (const struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 64) == 0);
	MUST(setenv("OPENLSA_MODE", "daemon", 1) == 0 && setenv("OPENLSA_SOCKET", socket_path, 1) == 0);
	MUST(pthread_create(&thread, NULL, daemon_run, NULL) == 0);
	(void)pthread_detach(thread);
	MUST(OlsaMode() == OLSA_MODE_DAEMON);
}

/* --- the library ----------------------------------------------------------------- */

static CredHandle creds[2];
static bool has_cred[2];
static struct party sides[2];
static HANDLE lsa;

/* An SSPI status is of SSPI's own kind, whatever the daemon said. */
static bool
sspi(SECURITY_STATUS status)
{
	if (status >= 0)
		MUST(status == SEC_E_OK || ((uint32_t)status >> 16) == 0x0009);
	else
		MUST(((uint32_t)status >> 16) == 0x8009 || status == (SECURITY_STATUS)STATUS_PASSWORD_RESTRICTION);
	return status >= 0;
}

static void
read_text(const char *text)
{
	volatile size_t len = text ? strlen(text) : 0;

	(void)len;
}

static void
do_packages(void)
{
	PSecPkgInfoA info = NULL;
	ULONG count = 0;

	if (sspi(EnumerateSecurityPackagesA(&count, &info))) {
		for (ULONG i = 0; i < count; i++) {
			read_text(info[i].Name);
			read_text(info[i].Comment);
		}
		MUST(FreeContextBuffer(info) == SEC_E_OK);
	}
	if (sspi(QuerySecurityPackageInfoA((LPSTR)(uintptr_t)"NTLM", &info))) {
		read_text(info->Name);
		MUST(FreeContextBuffer(info) == SEC_E_OK);
	}
}

static void
do_cred(unsigned i)
{
	unsigned char user[] = "alice", password[] = "secret";
	SEC_WINNT_AUTH_IDENTITY_A id = { .User = user, .UserLength = 5, .Password = password, .PasswordLength = 6,
	    .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SecPkgCredentials_NamesA names = { NULL };
	TimeStamp expiry;

	if (has_cred[i]) {
		if (sspi(QueryCredentialsAttributesA(&creds[i], SECPKG_CRED_ATTR_NAMES, &names))) {
			read_text(names.sUserName);
			FreeContextBuffer(names.sUserName);
		}
		MUST(FreeCredentialsHandle(&creds[i]) == SEC_E_OK);
		MUST(FreeCredentialsHandle(&creds[i]) == SEC_E_INVALID_HANDLE);
		has_cred[i] = false;
	} else {
		has_cred[i] = sspi(AcquireCredentialsHandleA(NULL, (LPSTR)(uintptr_t)"NTLM",
		    i ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, i ? NULL : &id, NULL, NULL, &creds[i], &expiry));
	}
}

static void
do_attributes(PCtxtHandle context)
{
	union { SecPkgContext_NamesA names; SecPkgContext_SessionKey key; SecPkgContext_PackageInfoA info;
	    SecPkgContext_Sizes sizes; OlsaLogonInfo logon; LPSTR text; uint8_t room[256]; } u;

	bytes_zero(&u, sizeof u);
	if (sspi(QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &u))) {
		read_text(u.names.sUserName);
		FreeContextBuffer(u.names.sUserName);
	}
	if (sspi(QueryContextAttributesA(context, SECPKG_ATTR_SESSION_KEY, &u)))
		FreeContextBuffer(u.key.SessionKey);
	if (sspi(QueryContextAttributesA(context, SECPKG_ATTR_PACKAGE_INFO, &u)))
		FreeContextBuffer(u.info.PackageInfo);
	(void)sspi(QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &u));
	if (sspi(QueryContextAttributesA(context, OLSA_ATTR_REASONS, &u))) {
		read_text(u.text);
		FreeContextBuffer(u.text);
	}
	if (sspi(QueryContextAttributesA(context, OLSA_ATTR_LOGON, &u))) {
		read_text(u.logon.User);
		FreeContextBuffer(u.logon.User);
		FreeContextBuffer(u.logon.Domain);
		FreeContextBuffer(u.logon.Sid);
	}
}

static void
do_leg(unsigned i)
{
	struct party *p = &sides[i];
	SECURITY_STATUS status;

	if (!has_cred[i])
		return;
	status = party_leg(p, &creds[i], i, "HOST/x", PARTY_WANTS, party_said(&sides[!i]));
	if (sspi(status) && p->has)
		do_attributes(&p->context);
}

static void
do_message(unsigned i)
{
	uint8_t token[16], text[8] = "text";
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { 5, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

	if (!sides[i].has)
		return;
	(void)sspi(EncryptMessage(&sides[i].context, 0, &d, 0));
	(void)sspi(VerifySignature(&sides[i].context, &d, 0, NULL));
}

static void
do_lsa(uint8_t what)
{
	LSA_STRING name = { 4, 5, (PCHAR)(uintptr_t)"fuzz" };
	MSV1_0_LM20_CHALLENGE_REQUEST ask = { .MessageType = MsV1_0Lm20ChallengeRequest };
	LSA_OPERATIONAL_MODE mode;
	OlsaUserInfo user;
	OlsaPolicyInfo policy;
	OlsaStatusInfo about;
	ULONG len = 0, package = 0;
	NTSTATUS verdict;
	void *reply = NULL;
	LPSTR sid = NULL;

	if (!lsa) {
		if ((what & 1 ? LsaConnectUntrusted(&lsa) : LsaRegisterLogonProcess(&name, &lsa, &mode)) != STATUS_SUCCESS)
			lsa = NULL;
		return;
	}
	switch (what % 8) {
	case 0:
		MUST(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
		MUST(LsaDeregisterLogonProcess(lsa) == STATUS_INVALID_HANDLE);
		lsa = NULL;
		break;
	case 1:
		(void)LsaLookupAuthenticationPackage(lsa, &name, &package);
		break;
	case 2:
		if (LsaCallAuthenticationPackage(lsa, 0, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS && reply)
			MUST(LsaFreeReturnBuffer(reply) == STATUS_SUCCESS);
		break;
	case 3:
		if (OlsaUserGet(lsa, 0, NULL, &user) == STATUS_SUCCESS) {
			read_text(user.Name);
			read_text(user.Sid);
			OlsaUserFree(&user);
		}
		break;
	case 4:
		if (OlsaPolicyGet(lsa, 0, NULL, &policy) == STATUS_SUCCESS)
			MUST(memchr(policy.Name, 0, sizeof policy.Name));
		break;
	case 5:
		if (OlsaStatus(lsa, &about) == STATUS_SUCCESS)
			MUST(memchr(about.Computer, 0, sizeof about.Computer) && memchr(about.Sid, 0, sizeof about.Sid));
		break;
	case 6:
		if (OlsaUserAdd(lsa, "bob", "Bob", "secret", &sid) == STATUS_SUCCESS) {
			read_text(sid);
			FreeContextBuffer(sid);
		}
		break;
	default:
		(void)OlsaPing(lsa);
		break;
	}
}

static void
do_identity(void)
{
	static const WCHAR user[] = { 'b', 'o', 'b', 0 };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

	MUST(SspiEncodeStringsAsAuthIdentity(user, NULL, user, &id) == SEC_E_OK);
	if (sspi(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, id)))
		(void)sspi(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, id));
	SspiFreeAuthIdentity(id);
}

static void
do_why(void)
{
	LPSTR text = NULL;

	if (sspi(OlsaExplain(SEC_E_LOGON_DENIED, NULL, &text))) {
		read_text(text);
		MUST(FreeContextBuffer(text) == SEC_E_OK);
	}
}

static void
do_one(uint8_t op)
{
	unsigned i = op >> 7;

	switch (op & 7) {
	case 0:  do_packages(); break;
	case 1:  do_cred(i); break;
	case 2:
	case 3:  do_leg(i); break;
	case 4:  do_message(i); break;
	case 5:  do_lsa((op >> 3) & 15); break;
	case 6:  do_identity(); break;
	default: do_why(); break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);
	struct bytes script;

	if (!begun) {
		begin();
		begun = true;
	}
	script = feed_bytes(&f, feed_u8(&f) % 24u);
	pthread_mutex_lock(&lock);
	evil = f;
	served = 0;
	pthread_mutex_unlock(&lock);
	do_cred(0);
	do_cred(1);
	for (size_t i = 0; i < script.len; i++)
		do_one(script.at[i]);
	for (unsigned i = 0; i < 2; i++) {
		party_leave(&sides[i]);
		if (has_cred[i])
			do_cred(i);
	}
	if (lsa)
		do_lsa(0);
	pthread_mutex_lock(&lock);
	evil = feed_of(NULL, 0);
	pthread_mutex_unlock(&lock);
	return 0;
}
