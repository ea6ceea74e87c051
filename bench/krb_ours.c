/*
 * krb_ours.c - OpenLSA's Kerberos and Negotiate from outside: contexts by a
 * cached ticket, messages, and tickets of a KDC by blocking calls and by one
 * event queue. What include/ offers and no more.
 *
 * In the environment of tests/lab/kdc.py, with alice's tickets or keytab as
 * the default identity. BENCH_KRB5_CONFIG, where it is given, is the
 * configuration of the ticket cases: a KDC behind a relay.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include <malloc.h>
#include <poll.h>

#include "worker.h"

#define TOKEN_MOST	4096u
#define TRAILER_MOST	160u
#define CLIENT_WANTS	(ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | \
    ISC_REQ_SEQUENCE_DETECT)
#define SERVER_WANTS	(ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT)

struct creds { CredHandle client, server; };
struct pair { CtxtHandle client, server; };

enum { KERBEROS, NEGOTIATE };
enum { SHA1, SHA2 };

static char service[] = "HTTP/localhost", by_sha1[] = "host/aes256.openlsa.test", by_sha2[] = "host/sha256.openlsa.test";

static CredHandle
outbound(unsigned long package)
{
	CredHandle cred;

	MUST_BE(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)(package == KERBEROS ? "Kerberos" : "Negotiate"),
	    SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL), SEC_E_OK);
	return cred;
}

/* --- contexts ------------------------------------------------------------------- */

static struct creds kept[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
creds_take(void)
{
	for (unsigned long i = 0; i < 2; i++) {
		kept[i].client = outbound(i);
		MUST_BE(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)(i == KERBEROS ? "Kerberos" : "Negotiate"),
		    SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &kept[i].server, NULL), SEC_E_OK);
	}
}

static SECURITY_STATUS
client_leg(CredHandle cred, struct pair *p, char *target, bool first, unsigned char *in, ULONG in_len, unsigned char *out,
    ULONG *ret_len)
{
	SecBuffer from = { in_len, SECBUFFER_TOKEN, in }, to = { TOKEN_MOST, SECBUFFER_TOKEN, out };
	SecBufferDesc from_desc = { SECBUFFER_VERSION, 1, &from }, to_desc = { SECBUFFER_VERSION, 1, &to };
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted;

	status = InitializeSecurityContextA(&cred, first ? NULL : &p->client, target, CLIENT_WANTS, 0, SECURITY_NATIVE_DREP,
	    first ? NULL : &from_desc, 0, &p->client, &to_desc, &granted, &expiry);
	MUST(status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED);
	*ret_len = to.cbBuffer;
	return status;
}

static SECURITY_STATUS
server_leg(CredHandle cred, struct pair *p, bool first, unsigned char *in, ULONG in_len, unsigned char *out, ULONG *ret_len)
{
	SecBuffer from = { in_len, SECBUFFER_TOKEN, in }, to = { TOKEN_MOST, SECBUFFER_TOKEN, out };
	SecBufferDesc from_desc = { SECBUFFER_VERSION, 1, &from }, to_desc = { SECBUFFER_VERSION, 1, &to };
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted;

	status = AcceptSecurityContext(&cred, first ? NULL : &p->server, &from_desc, SERVER_WANTS, SECURITY_NATIVE_DREP,
	    &p->server, &to_desc, &granted, &expiry);
	MUST(status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED);
	*ret_len = to.cbBuffer;
	return status;
}

static void
pair_open(const struct creds *c, struct pair *p, char *target)
{
	unsigned char up[TOKEN_MOST], down[TOKEN_MOST];
	SECURITY_STATUS ours, theirs = SEC_I_CONTINUE_NEEDED;
	ULONG up_len, down_len = 0;

	for (bool first = true;; first = false) {
		ours = client_leg(c->client, p, target, first, down, down_len, up, &up_len);
		if (!up_len)
			break;
		MUST_BE(theirs, SEC_I_CONTINUE_NEEDED);
		theirs = server_leg(c->server, p, first, up, up_len, down, &down_len);
		if (ours == SEC_E_OK)
			break;
	}
	MUST_BE(ours, SEC_E_OK);
	MUST_BE(theirs, SEC_E_OK);
}

static void
pair_close(struct pair *p)
{
	DeleteSecurityContext(&p->client);
	DeleteSecurityContext(&p->server);
}

static uint64_t
run_contexts(unsigned long n, unsigned long package)
{
	struct pair pair;

	pthread_once(&once, creds_take);
	while (n--) {
		pair_open(&kept[package], &pair, service);
		pair_close(&pair);
	}
	return 0;
}

/* Bytes of memory that n acceptor's contexts hold, in both halves; the map of seen proofs is a file. */
static uint64_t
run_held(unsigned long n, unsigned long arg)
{
	CtxtHandle *held = malloc(n * sizeof *held);
	unsigned long before;
	uint64_t grown;
	struct pair pair;

	(void)arg;
	MUST(held);
	memset(held, 1, n * sizeof *held);
	(void)run_contexts(64, KERBEROS);
	before = proc_self("status", "RssAnon:");
	for (unsigned long i = 0; i < n; i++) {
		pair_open(&kept[KERBEROS], &pair, service);
		DeleteSecurityContext(&pair.client);
		held[i] = pair.server;
	}
	grown = (proc_self("status", "RssAnon:") - before) * 1024u;
	for (unsigned long i = 0; i < n; i++)
		DeleteSecurityContext(&held[i]);
	free(held);
	return grown;
}

/* --- messages -------------------------------------------------------------------- */

#define MESSAGE(kind, open, len)	((len) << 2 | (unsigned long)(open) << 1 | (kind))

/* Sealed and opened, or sealed only. */
static uint64_t
run_messages(unsigned long n, unsigned long arg)
{
	static struct { struct pair pair; bool is; ULONG trailer; } pairs[2];
	unsigned long kind = arg & 1, len = arg >> 2;
	unsigned char trailer[TRAILER_MOST], *text = calloc(1, len);
	SecPkgContext_Sizes sizes;
	ULONG qop;

	MUST(text);
	pthread_once(&once, creds_take);
	/* Fresh for sealing alone: the receiver must not miss what it never saw. */
	if (pairs[kind].is && !(arg & 2)) {
		pair_close(&pairs[kind].pair);
		pairs[kind].is = false;
	}
	if (!pairs[kind].is) {
		pair_open(&kept[KERBEROS], &pairs[kind].pair, kind == SHA1 ? by_sha1 : by_sha2);
		MUST_BE(QueryContextAttributesA(&pairs[kind].pair.client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
		MUST(sizes.cbSecurityTrailer <= sizeof trailer);
		pairs[kind].trailer = sizes.cbSecurityTrailer;
		pairs[kind].is = true;
	}
	while (n--) {
		SecBuffer parts[2] = {
			{ pairs[kind].trailer, SECBUFFER_TOKEN, trailer },
			{ (ULONG)len,          SECBUFFER_DATA,  text },
		};
		SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };

		MUST_BE(EncryptMessage(&pairs[kind].pair.client, 0, &message, 0), SEC_E_OK);
		if (arg & 2)
			MUST_BE(DecryptMessage(&pairs[kind].pair.server, &message, 0, &qop), SEC_E_OK);
	}
	if (!(arg & 2)) {
		pair_close(&pairs[kind].pair);
		pairs[kind].is = false;
	}
	free(text);
	return 0;
}

/* --- tickets ------------------------------------------------------------------------ */

static HANDLE lsa;
static ULONG package;

static void
lsa_take(void)
{
	static char name[] = "Kerberos";
	LSA_STRING text = { sizeof name - 1, sizeof name, name };

	MUST_BE(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	MUST_BE(LsaLookupAuthenticationPackage(lsa, &text, &package), STATUS_SUCCESS);
}

/* The service's ticket leaves the cache; that none is there is as good. */
static void
ticket_forget(void)
{
	static const char name[] = "HTTP/localhost", realm[] = "OPENLSA.TEST";
	struct { KERB_PURGE_TKT_CACHE_REQUEST ask; WCHAR name[sizeof name], realm[sizeof realm]; } b;
	NTSTATUS verdict;
	ULONG len = 0;
	PVOID reply = NULL;

	memset(&b, 0, sizeof b);
	b.ask.MessageType = KerbPurgeTicketCacheMessage;
	for (size_t i = 0; i < sizeof name; i++)
		b.name[i] = (WCHAR)name[i];
	for (size_t i = 0; i < sizeof realm; i++)
		b.realm[i] = (WCHAR)realm[i];
	b.ask.ServerName = (UNICODE_STRING){ (USHORT)((sizeof name - 1) * 2), sizeof b.name, b.name };
	b.ask.RealmName = (UNICODE_STRING){ (USHORT)((sizeof realm - 1) * 2), sizeof b.realm, b.realm };
	MUST_BE(LsaCallAuthenticationPackage(lsa, package, &b, sizeof b, &reply, &len, &verdict), STATUS_SUCCESS);
	if (reply)
		LsaFreeReturnBuffer(reply);
}

/* One acquisition under way: a context's first leg, with a credential of its own. */
struct flight {
	SspiAsyncContext *async;
	CredHandle *cred;
	CtxtHandle ctx;
	SecBuffer buffer;
	SecBufferDesc out;
	TimeStamp expiry;
	ULONG granted;
};

/* BOTH: an initial ticket and a service's, for a credential made and freed. READY: the same for one that is kept. TGS: another service's for such a one. */
enum { BOTH, READY, TGS };

#define TICKETS(how, wide)	((unsigned long)(wide) << 2 | (how))

static CredHandle *creds;
static unsigned long creds_len;

static void
flight_start(struct flight *f, unsigned long how, CredHandle *cred)
{
	static unsigned char token[TOKEN_MOST];

	f->cred = cred;
	if (how != TGS)
		*cred = outbound(KERBEROS);
	f->buffer = (SecBuffer){ TOKEN_MOST, SECBUFFER_TOKEN, token };
	f->out = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->buffer };
	MUST_BE(SspiInitializeSecurityContextAsyncA(f->async, cred, NULL, how == READY ? by_sha1 : service, CLIENT_WANTS, 0,
	    SECURITY_NATIVE_DREP, NULL, 0, &f->ctx, &f->out, &f->granted, &f->expiry), SEC_E_OK);
}

static void
flight_ended(struct flight *f, unsigned long how)
{
	MUST_BE(SspiGetAsyncCallStatus(f->async), SEC_I_CONTINUE_NEEDED);
	MUST_BE(SspiReinitAsyncContext(f->async), STATUS_SUCCESS);
	DeleteSecurityContext(&f->ctx);
	if (how == BOTH)
		FreeCredentialsHandle(f->cred);
}

static void
creds_room(unsigned long n)
{
	for (unsigned long i = 0; i < creds_len; i++)
		FreeCredentialsHandle(&creds[i]);
	free(creds);
	creds = calloc(n, sizeof *creds);
	MUST(creds);
	creds_len = n;
}

/* Resident memory, with nothing in it that could be given back; from here on the peak counts anew. */
static unsigned long
resident_now(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	malloc_trim(0);
	MUST(f && fputs("5", f) >= 0 && fclose(f) == 0);
	return proc_self("status", "VmRSS:");
}

/* n acquisitions, so many at a time, on this one thread. MORE: bytes by which the peak of resident memory grew. */
static uint64_t
run_queue(unsigned long n, unsigned long arg)
{
	unsigned long how = arg & 3, wide = arg >> 2 < n ? arg >> 2 : n, started = 0, ended = 0, before, after;
	struct flight *flights = calloc(wide, sizeof *flights);
	CredHandle *own = how == BOTH ? calloc(n, sizeof *own) : NULL, *use;
	OLSA_ASYNC_QUEUE *queue;
	struct pollfd p;

	MUST(flights && (how != BOTH || own) && OlsaSspiAsyncQueueCreate(&queue) == 0);
	memset(flights, 1, wide * sizeof *flights);
	if (how == READY)
		creds_room(n);
	use = how == BOTH ? own : creds;
	MUST(how == BOTH || creds_len >= n);
	if (own)
		memset(own, 1, n * sizeof *own);
	p = (struct pollfd){ .fd = OlsaSspiAsyncQueueFd(queue), .events = POLLIN };
	before = resident_now();
	for (; started < wide; started++) {
		struct flight *f = &flights[started];

		f->async = SspiCreateAsyncContext();
		MUST(f->async);
		MUST_BE(OlsaSspiBindAsyncContext(f->async, queue, f), SEC_E_OK);
		flight_start(f, how, &use[started]);
	}
	MUST_BE(proc_self("status", "Threads:"), 1);
	while (ended < n) {
		void *at;
		struct flight *f;

		if (!OlsaSspiAsyncNext(queue, &at)) {
			MUST(poll(&p, 1, 60000) == 1);
			continue;
		}
		f = at;
		flight_ended(f, how);
		ended++;
		if (started < n) {
			flight_start(f, how, &use[started]);
			started++;
		} else {
			SspiFreeAsyncContext(f->async);
		}
	}
	after = proc_self("status", "VmHWM:");
	OlsaSspiAsyncQueueFree(queue);
	free(own);
	free(flights);
	return after > before ? (uint64_t)(after - before) * 1024u : 0;
}

/* The same by blocking calls: each a context's first leg. */
static uint64_t
run_blocking(unsigned long n, unsigned long as)
{
	unsigned char token[TOKEN_MOST];
	CredHandle shared = outbound(KERBEROS);
	struct pair pair;
	ULONG len;

	if (!lsa)
		lsa_take();
	while (n--) {
		CredHandle cred = shared;

		if (as)
			cred = outbound(KERBEROS);
		else
			ticket_forget();
		MUST_BE(client_leg(cred, &pair, service, true, NULL, 0, token, &len), SEC_I_CONTINUE_NEEDED);
		DeleteSecurityContext(&pair.client);
		if (as)
			FreeCredentialsHandle(&cred);
	}
	FreeCredentialsHandle(&shared);
	return 0;
}

/* The ticket alone, handed out as bytes. */
static uint64_t
run_retrieve(unsigned long n, unsigned long arg)
{
	struct { KERB_RETRIEVE_TKT_REQUEST ask; WCHAR name[sizeof service]; } b;
	NTSTATUS verdict;
	PVOID reply;
	ULONG len;

	(void)arg;
	if (!lsa)
		lsa_take();
	memset(&b, 0, sizeof b);
	b.ask.MessageType = KerbRetrieveEncodedTicketMessage;
	b.ask.CacheOptions = KERB_RETRIEVE_TICKET_DONT_USE_CACHE;
	for (size_t i = 0; i < sizeof service; i++)
		b.name[i] = (WCHAR)service[i];
	b.ask.TargetName = (UNICODE_STRING){ (USHORT)((sizeof service - 1) * 2), sizeof b.name, b.name };
	while (n--) {
		MUST_BE(LsaCallAuthenticationPackage(lsa, package, &b, sizeof b, &reply, &len, &verdict), STATUS_SUCCESS);
		MUST_BE(verdict, STATUS_SUCCESS);
		MUST(((KERB_RETRIEVE_TKT_RESPONSE *)reply)->Ticket.EncodedTicketSize > 100);
		LsaFreeReturnBuffer(reply);
	}
	return 0;
}

int
main(void)
{
	static const struct work list[] = {
		{ "mutual",          run_contexts, KERBEROS },
		{ "spnego",          run_contexts, NEGOTIATE },
		{ "held",            run_held,     0 },
		{ "sha1-64",         run_messages, MESSAGE(SHA1, true, 64ul) },
		{ "sha1-1024",       run_messages, MESSAGE(SHA1, true, 1024ul) },
		{ "sha1-16384",      run_messages, MESSAGE(SHA1, true, 16384ul) },
		{ "sha2-64",         run_messages, MESSAGE(SHA2, true, 64ul) },
		{ "sha2-1024",       run_messages, MESSAGE(SHA2, true, 1024ul) },
		{ "sha2-16384",      run_messages, MESSAGE(SHA2, true, 16384ul) },
		{ "out-sha1-16384",  run_messages, MESSAGE(SHA1, false, 16384ul) },
		{ "out-sha2-16384",  run_messages, MESSAGE(SHA2, false, 16384ul) },
		{ "ticket",          run_retrieve, 0 },
		{ "tgs",             run_blocking, false },
		{ "as+tgs",          run_blocking, true },
		{ "tgs-1",          run_queue,    TICKETS(TGS, 1) },
		{ "tgs-16",         run_queue,    TICKETS(TGS, 16) },
		{ "tgs-64",         run_queue,    TICKETS(TGS, 64) },
		{ "tgs-256",        run_queue,    TICKETS(TGS, 256) },
		{ "tgs-all",        run_queue,    TICKETS(TGS, 100000) },
		{ "as+tgs-1",       run_queue,    TICKETS(BOTH, 1) },
		{ "as+tgs-16",      run_queue,    TICKETS(BOTH, 16) },
		{ "as+tgs-64",      run_queue,    TICKETS(BOTH, 64) },
		{ "as+tgs-256",     run_queue,    TICKETS(BOTH, 256) },
		{ "as+tgs-all",     run_queue,    TICKETS(BOTH, 100000) },
		{ "ready",           run_queue,    TICKETS(READY, 64) },
	};

	if (getenv("BENCH_KRB5_CONFIG"))
		setenv("KRB5_CONFIG", getenv("BENCH_KRB5_CONFIG"), 1);
	return worker_serve(list, sizeof list / sizeof *list);
}
