/*
 * party.h - two parties with a real account: a store of this process alone,
 * the embedded LSA on it, and legs through the public interface.
 */
#ifndef OPENLSA_FUZZ_PARTY_H
#define OPENLSA_FUZZ_PARTY_H

#include <ftw.h>
#include <unistd.h>

#include "base/nt.h"
#include <openlsa.h>
#include <security.h>

#include "fuzz.h"

#define PARTY_USER	"alice"
#define PARTY_PASSWORD	"Correct-Horse-7"
#define PARTY_WANTS	(ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static char party_room[64];
static pid_t party_owner;

static int
party_unlink(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static inline void
party_end(void)
{
	if (getpid() == party_owner)
		(void)nftw(party_room, party_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* A folder that goes when the process ends; in memory where the system has such a place, for a lost guess is synced. */
static inline void
party_make_room(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || !*tmp || strlen(tmp) > 32)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(party_room, sizeof party_room, "%s/openlsa-fuzz-XXXXXX", tmp);
	MUST(mkdtemp(party_room));
	party_owner = getpid();
	MUST(atexit(party_end) == 0);
	MUST(setenv("OPENLSA_STATE", party_room, 1) == 0);
	MUST(setenv("HOME", party_room, 1) == 0);
}

static inline HANDLE
party_admin(void)
{
	LSA_STRING name = { 4, 5, (PCHAR)(uintptr_t)"fuzz" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	MUST(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_SUCCESS);
	return lsa;
}

/* Nobody is ever locked out: a run is one long series of wrong guesses. */
static inline void
party_make(void)
{
	HANDLE lsa;

	party_make_room();
	MUST(setenv("OPENLSA_MODE", "embedded", 1) == 0);
	lsa = party_admin();
	MUST(OlsaPolicySet(lsa, "lockout-threshold", 0) == STATUS_SUCCESS);
	MUST(OlsaPolicySet(lsa, "audit", 0) == STATUS_SUCCESS);
	MUST(OlsaUserAdd(lsa, PARTY_USER, NULL, PARTY_PASSWORD, NULL) == STATUS_SUCCESS);
	MUST(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static inline CredHandle
party_cred(ULONG use, const char *user, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = user ? (ULONG)strlen(user) : 0,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CredHandle cred;
	TimeStamp expiry;

	MUST(AcquireCredentialsHandleA(NULL, (LPSTR)(uintptr_t)"NTLM", use, NULL, user ? &id : NULL, NULL, NULL, &cred,
	    &expiry) == SEC_E_OK);
	return cred;
}

/* One side of a conversation. */
struct party {
	CtxtHandle context;
	bool has;
	uint8_t token[16384];
	ULONG token_len;
	ULONG grants;
};

/* One leg; `in` is copied, so nobody reads past it unseen. */
static inline SECURITY_STATUS
party_leg(struct party *p, CredHandle *cred, bool server, const char *target, ULONG wants, struct bytes in)
{
	uint8_t *copy = exact_copy(in);
	SecBuffer ib = { (ULONG)in.len, SECBUFFER_TOKEN, copy }, ob = { sizeof p->token, SECBUFFER_TOKEN, p->token };
	SecBufferDesc id = { SECBUFFER_VERSION, 1, &ib }, od = { SECBUFFER_VERSION, 1, &ob };
	CtxtHandle fresh;
	TimeStamp expiry;
	SECURITY_STATUS status;

	SecInvalidateHandle(&fresh);
	if (server)
		status = AcceptSecurityContext(cred, p->has ? &p->context : NULL, &id, wants, SECURITY_NATIVE_DREP,
		    &fresh, &od, &p->grants, &expiry);
	else
		status = InitializeSecurityContextA(cred, p->has ? &p->context : NULL, (LPSTR)(uintptr_t)target, wants, 0,
		    SECURITY_NATIVE_DREP, in.len ? &id : NULL, 0, &fresh, &od, &p->grants, &expiry);
	free(copy);
	if (status >= 0) {
		if (!p->has)
			p->context = fresh;
		p->has = true;
		p->token_len = ob.cbBuffer;
	} else {
		p->token_len = 0;
	}
	return status;
}

static inline struct bytes
party_said(const struct party *p)
{
	return bytes_of(p->token, p->token_len);
}

static inline void
party_leave(struct party *p)
{
	if (p->has)
		MUST(DeleteSecurityContext(&p->context) == SEC_E_OK);
	p->has = false;
}

#endif
