/*
 * api.h - what the API tests share: accounts, a handshake in both styles,
 * and waiting with a bound.
 */
#ifndef OPENLSA_TESTS_API_API_H
#define OPENLSA_TESTS_API_API_H

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <ntsecapi.h>
#include <openlsa.h>
#include <sspi.h>
#include <stdbool.h>

#define API_USER	"alice"
#define API_PASSWORD	"correct horse 7"

/* Adds "Stall", makes the account; exits when that fails. */
void api_begin(void);
bool api_far(void);
/* How often a loop runs: `usual`, fewer under ThreadSanitizer (OPENLSA_TEST_SCALE=tsan), more with "full". */
unsigned api_scale(unsigned usual, unsigned tsan, unsigned full);

CredHandle api_cred(const char *package, bool inbound, const char *password);

/* A token in each direction, with room; handles of both sides. */
struct pair {
	CredHandle client_cred, server_cred;
	CtxtHandle client, server;
	char to_server[4096], to_client[4096];
	SecBuffer client_in, client_out, server_in, server_out;
	SecBufferDesc client_in_desc, client_out_desc, server_in_desc, server_out_desc;
	ULONG client_attr, server_attr;
	TimeStamp expiry;
};

void pair_begin(struct pair *p, const char *password);
/* Three legs of NTLM; the status of the last one. */
SECURITY_STATUS pair_shake(struct pair *p);
void pair_end(struct pair *p);

/* Until the status is not pending any more, at most `ms`: that status. A queue is dispatched. */
SECURITY_STATUS api_wait(SspiAsyncContext *a, OLSA_ASYNC_QUEUE *q, unsigned ms);
/* Until *value reaches at least `wanted`, at most ms. */
bool api_reaches(_Atomic unsigned *value, unsigned wanted, unsigned ms);
uint64_t api_ms(void);

/* One leg of Stall as initiator: the queue status. */
SECURITY_STATUS stall_start(SspiAsyncContext *a, PCredHandle cred, const char *target, PCtxtHandle ret_context);

#endif
