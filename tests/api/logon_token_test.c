/*
 * logon_token_test.c - tokens: of a context's client, duplicated, passed to
 * other processes, acted as. Covers secur32/token.c, secur32/token_info.c,
 * secur32/token_pass.c, secur32/impersonate.c, lsa/serve_token.c, lsa/who.c.
 *
 * OlsaGetTokenInformation, OlsaDuplicateToken, OlsaDuplicateTokenEx,
 * OlsaImpersonateLoggedOnUser, OlsaRevertToSelf, OlsaOpenThreadToken,
 * OlsaOpenProcessToken and OlsaAllocateLocallyUniqueId stand here under
 * their names of Windows.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sddl.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static TOKEN_STATISTICS
statistics(HANDLE token)
{
	TOKEN_STATISTICS s = { 0 };
	DWORD len = 0;

	CHECK(GetTokenInformation(token, TokenStatistics, &s, sizeof s, &len) && len == sizeof s);
	return s;
}

static LPSTR
user_of(HANDLE token)
{
	_Alignas(8) char room[256];
	DWORD len = 0;
	LPSTR text = NULL;

	CHECK(GetTokenInformation(token, TokenUser, room, sizeof room, &len));
	CHECK(ConvertSidToStringSidA(((TOKEN_USER *)(void *)room)->User.Sid, &text));
	return text;
}

static HANDLE
own_token(void)
{
	HANDLE token = NULL;

	CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
	return token;
}

/* --- of a context -------------------------------------------------------------------------- */

static void
of_context(void)
{
	struct pair p;
	OlsaLogonInfo info;
	HANDLE token = NULL, second = NULL;
	LPSTR user;
	TOKEN_STATISTICS s;

	pair_begin(&p, API_PASSWORD);
	CHECK(QuerySecurityContextToken(&p.server, &token) == SEC_E_INVALID_HANDLE);
	if (!CHECK(pair_shake(&p) == SEC_E_OK))
		return;
	CHECK(QuerySecurityContextToken(&p.client, &token) == SEC_E_INVALID_HANDLE && !token);
	CHECK(QuerySecurityContextToken(NULL, &token) == SEC_E_INVALID_HANDLE);
	CHECK(QuerySecurityContextToken(&p.server, NULL) == SEC_E_INVALID_PARAMETER);
	CHECK(QuerySecurityContextToken(&p.server, &token) == SEC_E_OK);
	CHECK(QuerySecurityContextToken(&p.server, &second) == SEC_E_OK && second != token);
	CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_LOGON, &info) == SEC_E_OK);
	user = user_of(token);
	CHECK_TEXT(user, info.Sid);
	s = statistics(token);
	CHECK(s.AuthenticationId.LowPart == info.LogonId.LowPart && s.TokenType == TokenImpersonation &&
	    s.ImpersonationLevel == SecurityImpersonation && s.GroupCount > 3);
	LocalFree(user);
	CHECK(CloseHandle(second));
	pair_end(&p);
	CHECK(logon_listed(info.LogonId));		/* the token holds it now */
	CHECK(CloseHandle(token));
	CHECK(!logon_listed(info.LogonId));
	FreeContextBuffer(info.User);
	FreeContextBuffer(info.Domain);
	FreeContextBuffer(info.Sid);
}

/* --- levels and handles ------------------------------------------------------------------------ */

static void
levels(void)
{
	struct pair p;
	HANDLE token = NULL, lower = NULL, other = NULL;

	pair_begin(&p, API_PASSWORD);
	if (!CHECK(pair_shake(&p) == SEC_E_OK) || !CHECK(QuerySecurityContextToken(&p.server, &token) == SEC_E_OK))
		return;
	CHECK(DuplicateToken(token, SecurityIdentification, &lower));
	CHECK(statistics(lower).ImpersonationLevel == SecurityIdentification);
	CHECK(!DuplicateToken(lower, SecurityImpersonation, &other) && GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL);
	CHECK(!DuplicateTokenEx(lower, 0, NULL, SecurityImpersonation, TokenPrimary, &other) &&
	    GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL);
	CHECK(!DuplicateToken(token, SecurityDelegation, &other) && GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL);
	CHECK(!ImpersonateLoggedOnUser(lower) && GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL);
	CHECK(DuplicateTokenEx(token, 0, NULL, SecurityImpersonation, TokenPrimary, &other));
	CHECK(statistics(other).TokenType == TokenPrimary && statistics(other).TokenId.LowPart != statistics(token).TokenId.LowPart);
	CHECK(!other || CloseHandle(other));
	CHECK(CloseHandle(lower) && !CloseHandle(lower) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK(!DuplicateToken(lower, SecurityAnonymous, &other) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK(!CloseHandle(NULL) && !CloseHandle(INVALID_HANDLE_VALUE));
	CHECK(!DuplicateToken(token, (SECURITY_IMPERSONATION_LEVEL)9, &other) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!DuplicateToken(token, SecurityAnonymous, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(CloseHandle(token));
	pair_end(&p);
}

static void
classes(void)
{
	HANDLE token = own_token(), lsa = logon_untrusted(), none = NULL;
	char room[65536];
	DWORD len = 0;
	LUID a = { 0, 0 }, b = { 0, 0 };

	for (int class = -1; class < 60; class++) {
		BOOL good = GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)class, room, sizeof room, &len);
		DWORD error = GetLastError();

		switch (class) {
		case TokenUser: case TokenGroups: case TokenPrivileges: case TokenOwner: case TokenPrimaryGroup: case TokenSource:
		case TokenType: case TokenStatistics: case TokenSessionId: case TokenLogonSid:
			CHECK(good);
			break;
		default:
			CHECK(!good && (error == ERROR_NOT_SUPPORTED || error == ERROR_INVALID_PARAMETER));
			CHECK(class < MaxTokenInfoClass || error == ERROR_INVALID_PARAMETER);
			break;
		}
	}
	CHECK(!GetTokenInformation(lsa, TokenUser, room, sizeof room, &len) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK(!GetTokenInformation(token, TokenUser, room, sizeof room, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!CloseHandle(lsa) && OlsaPing(lsa) == STATUS_SUCCESS);	/* an LSA handle is not its to close */
	CHECK(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &none) && GetLastError() == ERROR_NO_TOKEN);
	CHECK(!OpenProcessToken(lsa, TOKEN_QUERY, &none) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK(AllocateLocallyUniqueId(&a) && AllocateLocallyUniqueId(&b) && (a.LowPart != b.LowPart || a.HighPart != b.HighPart));
	CHECK(!AllocateLocallyUniqueId(NULL));
	CHECK(CloseHandle(token));
	LsaDeregisterLogonProcess(lsa);
}

/* --- passed on ----------------------------------------------------------------------------------- */

static void
send_fd(int to, int fd)
{
	char byte = 'x', room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	CHECK(sendmsg(to, &m, 0) == 1);
}

static int
receive_fd(int from)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(from, &m, 0) == 1 && (c = CMSG_FIRSTHDR(&m)))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/*
 * A child logs Alice on, passes the token, and is killed: the session lives on in the descriptor, then in the token
 * that the receiver made of it, and ends with that.
 */
static void
passed(void)
{
	int ends[2], fd, no = -1;
	HANDLE token = NULL, again = NULL;
	LUID luid = { 0, 0 };
	LPSTR a, b;
	pid_t child;

	if (!api_far()) {
		token = own_token();
		CHECK(OlsaTokenToDescriptor(token, &no) == STATUS_NOT_SUPPORTED && no == -1);
		CloseHandle(token);
		return;
	}
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	child = fork();
	if (child == 0) {
		struct logging l = { .lsa = logon_untrusted(), .type = Interactive };

		l.package = logon_package(l.lsa, "NTLM");
		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		if (logon_run(&l) != STATUS_SUCCESS || OlsaTokenToDescriptor(l.token, &fd) != STATUS_SUCCESS)
			_exit(1);
		send_fd(ends[1], fd);
		if (write(ends[1], &l.luid, sizeof l.luid) != sizeof l.luid)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	fd = receive_fd(ends[0]);
	CHECK(fd >= 0 && read(ends[0], &luid, sizeof luid) == sizeof luid);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	usleep(50000);
	CHECK(logon_listed(luid));
	CHECK_U64((ULONG)OlsaTokenFromDescriptor(fd, &token), STATUS_SUCCESS);
	CHECK_U64((ULONG)OlsaTokenFromDescriptor(fd, &again), STATUS_SUCCESS);	/* as often as one likes */
	CHECK(statistics(token).AuthenticationId.LowPart == luid.LowPart);
	a = user_of(token);
	b = user_of(again);
	CHECK_TEXT(a, b);
	CHECK(strncmp(a, "S-1-5-21-", 9) == 0);
	LocalFree(a);
	LocalFree(b);
	CHECK(CloseHandle(again));
	close(fd);
	usleep(50000);
	CHECK(logon_listed(luid));
	CHECK(CloseHandle(token));
	CHECK(logon_gone(luid, 2000));
	close(ends[0]);
}

/* A descriptor that is none, one that speaks, and one on which somebody tries to be its maker. */
static void
not_passed(void)
{
	static const char frame[16] = { 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 };	/* ping */
	int ends[2], fd = -1;
	HANDLE token = NULL, own;
	char reply[64];

	if (!api_far()) {
		CHECK_SKIP("embedded, no token is passed");
		return;
	}
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	CHECK(write(ends[1], frame, sizeof frame) == sizeof frame);
	CHECK(OlsaTokenFromDescriptor(ends[0], &token) == STATUS_INVALID_HANDLE && !token);
	close(ends[1]);
	CHECK(OlsaTokenFromDescriptor(ends[0], &token) == STATUS_INVALID_HANDLE);
	close(ends[0]);
	CHECK(OlsaTokenFromDescriptor(-1, &token) == STATUS_INVALID_HANDLE);
	CHECK(OlsaTokenFromDescriptor(0, NULL) == STATUS_INVALID_PARAMETER);
	own = own_token();
	CHECK(OlsaTokenToDescriptor(own, &fd) == STATUS_SUCCESS);
	CHECK(CloseHandle(own));
	CHECK(OlsaTokenToDescriptor(own, &fd) == STATUS_INVALID_HANDLE);
	/* Whoever has it cannot speak in the maker's name: the answer to a ping is ACCESS_DENIED. */
	CHECK(recv(fd, reply, sizeof reply, MSG_DONTWAIT) > 20);
	CHECK(write(fd, frame, sizeof frame) == sizeof frame);
	CHECK(recv(fd, reply, sizeof reply, 0) >= 20);
	CHECK(memcmp(reply + 12, "\x22\x00\x00\xc0", 4) == 0);
	CHECK(OlsaTokenFromDescriptor(fd, &token) == STATUS_INVALID_HANDLE);	/* its reply was read: nobody has the key */
	close(fd);
}

/* --- acted as ----------------------------------------------------------------------------------------- */

#define STRANGER 1234u

/* A token of STRANGER's own session, from a child that is him. */
static HANDLE
strangers_token(void)
{
	HANDLE token = NULL;
	int ends[2], fd;
	pid_t child;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	child = fork();
	if (child == 0) {
		if (setresgid(STRANGER, STRANGER, STRANGER) != 0 || setresuid(STRANGER, STRANGER, STRANGER) != 0 ||
		    !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) || OlsaTokenToDescriptor(token, &fd) != STATUS_SUCCESS)
			_exit(1);
		send_fd(ends[1], fd);
		_exit(0);
	}
	close(ends[1]);
	fd = receive_fd(ends[0]);
	waitpid(child, NULL, 0);
	CHECK(OlsaTokenFromDescriptor(fd, &token) == STATUS_SUCCESS);
	close(fd);
	close(ends[0]);
	return token;
}

static char mine[64], theirs[64], made[64];
static _Atomic bool stop, odd;

static bool
opens(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void *
stays_root(void *arg)
{
	while (!stop)
		if (!opens(mine) || setfsuid((uid_t)-1) != 0)
			odd = true;
	return arg;
}

static void *
acts(void *arg)
{
	HANDLE token = arg, now = NULL;
	struct stat s;
	LPSTR user;
	int fd;

	for (unsigned i = 0; i < api_scale(200, 20, 2000); i++) {
		CHECK(ImpersonateLoggedOnUser(token));
		CHECK(opens(theirs) && !opens(mine));
		CHECK(setfsuid((uid_t)-1) == (int)STRANGER && setfsgid((gid_t)-1) == (int)STRANGER && geteuid() == 0);
		CHECK(ImpersonateLoggedOnUser(token));		/* in place of the first */
		CHECK(opens(theirs) && !opens(mine));
		CHECK(RevertToSelf());
		CHECK(opens(mine) && setfsuid((uid_t)-1) == 0 && setfsgid((gid_t)-1) == 0);
		CHECK(RevertToSelf());
	}
	CHECK(ImpersonateLoggedOnUser(token));
	CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &now));
	user = user_of(now);
	CHECK_TEXT(user, "S-1-22-1-1234");
	LocalFree(user);
	CHECK(CloseHandle(now));
	fd = open(made, O_CREAT | O_WRONLY | O_EXCL, 0600);
	CHECK(fd >= 0 && fstat(fd, &s) == 0 && s.st_uid == STRANGER && s.st_gid == STRANGER);
	close(fd);
	return NULL;			/* and the thread ends as him */
}

/* Somebody whom no rule makes a user of this system, in place of the first: the thread stays the first's. */
static void *
stays_who_it_was(void *arg)
{
	HANDLE token = arg, unmapped = NULL, now = NULL;
	struct pair p;
	LPSTR user;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK && QuerySecurityContextToken(&p.server, &unmapped) == SEC_E_OK);
	CHECK(ImpersonateLoggedOnUser(token));
	CHECK(!ImpersonateLoggedOnUser(unmapped) && GetLastError() == ERROR_NONE_MAPPED);
	CHECK(ImpersonateSecurityContext(&p.server) == SEC_E_NO_IMPERSONATION);
	CHECK(opens(theirs) && !opens(mine) && setfsuid((uid_t)-1) == (int)STRANGER && setfsgid((gid_t)-1) == (int)STRANGER);
	CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &now));
	user = user_of(now);
	CHECK_TEXT(user, "S-1-22-1-1234");
	LocalFree(user);
	CHECK(CloseHandle(now) && RevertToSelf() && opens(mine));
	CHECK(CloseHandle(unmapped));
	pair_end(&p);
	return NULL;
}

static void
impersonating(void)
{
	static char folder[] = "/tmp/openlsa-token-XXXXXX";
	pthread_t actor, other;
	HANDLE token;
	ULONG uid = 0, gid = 0;

	if (!api_far() || geteuid() != 0) {
		CHECK_SKIP("far and as root alone somebody else can be acted as");
		return;
	}
	CHECK(mkdtemp(folder) && chmod(folder, 0777) == 0);
	snprintf(mine, sizeof mine, "%s/mine", folder);
	snprintf(theirs, sizeof theirs, "%s/theirs", folder);
	snprintf(made, sizeof made, "%s/made", folder);
	CHECK(close(open(mine, O_CREAT | O_WRONLY, 0600)) == 0 && close(open(theirs, O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(chown(theirs, STRANGER, STRANGER) == 0);
	token = strangers_token();
	CHECK(OlsaTokenUnixUser(token, &uid, &gid) == STATUS_SUCCESS && uid == STRANGER && gid == STRANGER);
	CHECK(pthread_create(&other, NULL, stays_root, NULL) == 0);
	CHECK(pthread_create(&actor, NULL, acts, token) == 0);
	pthread_join(actor, NULL);
	CHECK(pthread_create(&actor, NULL, stays_who_it_was, token) == 0);
	pthread_join(actor, NULL);
	stop = true;
	pthread_join(other, NULL);
	CHECK(!odd && opens(mine));
	CHECK(CloseHandle(token));
	unlink(mine);
	unlink(theirs);
	unlink(made);
	rmdir(folder);
}

/* Without the privilege: an error, and the thread is who it was. */
static void
not_privileged(void)
{
	HANDLE token;
	int status = 0;
	pid_t child;

	if (!api_far() || geteuid() != 0) {
		CHECK_SKIP("far and as root alone somebody else can be acted as");
		return;
	}
	token = strangers_token();
	child = fork();
	if (child == 0) {
		HANDLE mine_now = NULL;
		int ends[2], fd;

		/* In a child nothing of the parent's is valid, so it makes its own. */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
			_exit(2);
		mine_now = strangers_token();
		if (setresgid(4321, 4321, 4321) != 0 || setresuid(4321, 4321, 4321) != 0)
			_exit(3);
		fd = !ImpersonateLoggedOnUser(mine_now) && GetLastError() == ERROR_PRIVILEGE_NOT_HELD;
		_exit(fd && setfsuid((uid_t)-1) == 4321 && setfsgid((gid_t)-1) == 4321 && RevertToSelf() ? 0 : 4);
	}
	waitpid(child, &status, 0);
	CHECK_U64((unsigned)status, 0);
	CHECK(CloseHandle(token));
}

/* A user of an account store is no user of this system unless a rule says so. */
static void
not_mapped(void)
{
	struct pair p;
	HANDLE token = NULL;
	ULONG uid = 77, gid = 77;

	pair_begin(&p, API_PASSWORD);
	if (!CHECK(pair_shake(&p) == SEC_E_OK) || !CHECK(QuerySecurityContextToken(&p.server, &token) == SEC_E_OK))
		return;
	CHECK(OlsaTokenUnixUser(token, &uid, &gid) == STATUS_NONE_MAPPED && uid == 77 && gid == 77);
	CHECK(!ImpersonateLoggedOnUser(token) && GetLastError() == ERROR_NONE_MAPPED);
	CHECK(ImpersonateSecurityContext(&p.server) == SEC_E_NO_IMPERSONATION);
	CHECK(ImpersonateSecurityContext(&p.client) == SEC_E_INVALID_HANDLE);
	CHECK(ImpersonateSecurityContext(NULL) == SEC_E_INVALID_HANDLE);
	CHECK(RevertSecurityContext(&p.server) == SEC_E_OK && RevertSecurityContext(NULL) == SEC_E_INVALID_HANDLE);
	CHECK((uid_t)setfsuid((uid_t)-1) == geteuid());
	CHECK(CloseHandle(token));
	pair_end(&p);
}

/* Oneself needs no privilege and no change. */
static void
oneself(void)
{
	HANDLE token = own_token(), now = NULL;

	if (!api_far()) {
		CloseHandle(token);
		CHECK_SKIP("embedded, the peer's groups are not known");
		return;
	}
	if (CHECK(ImpersonateLoggedOnUser(token))) {
		CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &now) && CloseHandle(now));
		CHECK(RevertToSelf());
	}
	CHECK(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &now));
	CHECK(CloseHandle(token));
}

/* --- whom a process may act for -------------------------------------------------------------- */

struct acted { SECURITY_IMPERSONATION_LEVEL level; SECURITY_STATUS acting; bool told; };

/* As `uid`, an acceptor of Alice's. */
static struct acted
accepts_as(uid_t uid)
{
	struct acted acted = { .level = SecurityAnonymous };
	int ends[2];
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		HANDLE token = NULL;
		LPSTR why = NULL;
		struct pair p;

		if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(1);
		pair_begin(&p, API_PASSWORD);
		if (pair_shake(&p) != SEC_E_OK || QuerySecurityContextToken(&p.server, &token) != SEC_E_OK)
			_exit(2);
		acted.level = statistics(token).ImpersonationLevel;
		acted.acting = ImpersonateSecurityContext(&p.server);
		acted.told = OlsaExplain(acted.acting, NULL, &why) == SEC_E_OK && why && strstr(why, "SeImpersonatePrivilege");
		_exit(write(ends[1], &acted, sizeof acted) == sizeof acted ? 0 : 3);
	}
	close(ends[1]);
	CHECK(read(ends[0], &acted, sizeof acted) == sizeof acted);
	waitpid(child, NULL, 0);
	close(ends[0]);
	return acted;
}

static void
acts_by_privilege(void)
{
	LSA_OBJECT_ATTRIBUTES none = { .Length = sizeof none };
	WCHAR name[] = u"SeImpersonatePrivilege";
	LSA_UNICODE_STRING right = { sizeof name - 2, sizeof name, name };
	LSA_HANDLE policy = NULL;
	struct acted acted;
	PSID sid = NULL;

	if (!api_far() || geteuid() != 0) {
		CHECK_SKIP("far and as root alone there are other uids");
		return;
	}
	acted = accepts_as(4321);
	CHECK_U64(acted.level, SecurityIdentification);		/* who it is may always be known */
	CHECK_U64((ULONG)acted.acting, (ULONG)SEC_E_NO_IMPERSONATION);
	CHECK(acted.told);
	CHECK(LsaOpenPolicy(NULL, &none, POLICY_ALL_ACCESS, &policy) == STATUS_SUCCESS);
	CHECK(ConvertStringSidToSidA("S-1-22-1-4321", &sid));
	CHECK(LsaAddAccountRights(policy, sid, &right, 1) == STATUS_SUCCESS);
	acted = accepts_as(4321);
	CHECK_U64(acted.level, SecurityImpersonation);
	CHECK_U64((ULONG)accepts_as(4322).level, SecurityIdentification);
	CHECK(LsaRemoveAccountRights(policy, sid, FALSE, &right, 1) == STATUS_SUCCESS);
	CHECK_U64((ULONG)accepts_as(4321).level, SecurityIdentification);
	LocalFree(sid);
	LsaClose(policy);
}

int
main(void)
{
	api_begin();
	logon_for_all();
	RUN(of_context);
	RUN(levels);
	RUN(classes);
	RUN(passed);
	RUN(not_passed);
	RUN(impersonating);
	RUN(not_privileged);
	RUN(not_mapped);
	RUN(acts_by_privilege);
	RUN(oneself);
	return check_end();
}
