/*
 * fuzz_api_sequences.c - calls in any order on handles that are live, stale,
 * of another kind or from nowhere, synchronous and asynchronous with one
 * queue, as the input says.
 *
 * Oracle: a handle works as long as it lives and never after; deleting a
 * context twice is no mistake, freeing a credential twice is SEC_E_INVALID_HANDLE;
 * each completion calls back exactly once, none after its asynchronous
 * context was freed; at the end the LSA holds nothing.
 */
#include <poll.h>

#include "fuzz.h"
#include "party.h"

#define CREDS	4u
#define CONTEXTS 6u
#define ASYNCS	4u
#define LSAS	2u
#define OPS	40u

enum life { NEVER, LIVE, STALE };

static struct { CredHandle h; enum life life; } creds[CREDS];
static struct { CtxtHandle h; enum life life; bool busy; } contexts[CONTEXTS];
static struct { HANDLE h; enum life life; } lsas[LSAS];
static OLSA_ASYNC_QUEUE *queue;
static HANDLE watch;
static uint8_t tokens[4][8192];
static ULONG token_lens[4];
static unsigned token_next;

/* Where an asynchronous call writes: outlives it by far. */
static struct slot {
	SspiAsyncContext *a;
	enum life life;
	bool pending;			/* queued and its callback not seen */
	unsigned queued, called;
	enum { FOR_NOTHING, FOR_CRED, FOR_CONTEXT, FOR_DELETE, FOR_FREE } kind;
	unsigned index;
	bool first;
	CredHandle cred;
	CtxtHandle context;
	TimeStamp expiry;
	ULONG attributes;
	uint8_t out[8192], in[8192];
	SecBuffer ob, ib;
	SecBufferDesc od, id;
} slots[ASYNCS];

static void
token_keep(const uint8_t *at, ULONG len)
{
	unsigned i = token_next++ % 4;

	bytes_copy(tokens[i], at, len);
	token_lens[i] = len;
}

/* A handle for a call that wants one: mostly the right one, sometimes any. */
static SecHandle
any_handle(struct feed *f, SecHandle right, bool *ret_right)
{
	SecHandle h = right;
	uint8_t how = feed_u8(f);

	*ret_right = how < 0xc0;
	if (how >= 0xf0)
		h = (SecHandle){ feed_u64(f), feed_u64(f) };
	else if (how >= 0xe0)
		h.dwLower ^= (ULONG_PTR)1 << (feed_u8(f) & 63);
	else if (how >= 0xd0)
		h = how & 1 ? contexts[how % CONTEXTS].h : creds[how % CREDS].h;
	else if (how >= 0xc0)
		h.dwUpper ^= (ULONG_PTR)1 << (feed_u8(f) & 63);
	if (memcmp(&h, &right, sizeof h) == 0)
		*ret_right = true;
	return h;
}

/* --- completions -------------------------------------------------------------------- */

static void
settled(struct slot *s, SECURITY_STATUS status)
{
	s->pending = false;
	switch (s->kind) {
	case FOR_CRED:
		if (status == SEC_E_OK) {
			MUST(creds[s->index].life != LIVE);
			creds[s->index].h = s->cred;
			creds[s->index].life = LIVE;
		}
		break;
	case FOR_CONTEXT:
		if (s->first && status >= 0) {
			contexts[s->index].h = s->context;
			contexts[s->index].life = LIVE;
		}
		contexts[s->index].busy = false;
		if (status >= 0 && s->ob.cbBuffer)
			token_keep(s->out, s->ob.cbBuffer);
		break;
	case FOR_DELETE:
		MUST(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE);
		break;
	case FOR_FREE:
		MUST(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE);
		break;
	case FOR_NOTHING:
	default:
		MUST(false);
	}
	s->kind = FOR_NOTHING;
}

static void
called_back(SspiAsyncContext *a, PVOID data)
{
	struct slot *s = data;
	SECURITY_STATUS status;

	MUST(s->a == a && s->life == LIVE && s->pending);
	s->called++;
	MUST(s->called == s->queued);
	status = SspiGetAsyncCallStatus(a);
	MUST(status != SEC_I_ASYNC_CALL_PENDING && status != SEC_E_INVALID_HANDLE + 1);
	settled(s, status);
	MUST(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
}

static void
dispatch(void)
{
	(void)OlsaSspiAsyncDispatch(queue, 64);
}

static void
dispatch_all(void)
{
	for (unsigned i = 0; i < ASYNCS; i++)
		for (unsigned n = 0; slots[i].life == LIVE && slots[i].pending; n++) {
			MUST(n < 30000);
			if (n) {
				struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(queue), .events = POLLIN };

				(void)poll(&p, 1, 1);
			}
			dispatch();
		}
}

static struct slot *
slot_for(struct feed *f)
{
	struct slot *s = &slots[feed_u8(f) % ASYNCS];

	return s->life == LIVE ? s : NULL;
}

static void
slot_queued(struct slot *s, SECURITY_STATUS status, int kind, unsigned index)
{
	if (status != SEC_E_OK) {
		MUST(status < 0);
		return;
	}
	MUST(!s->pending);
	s->pending = true;
	s->queued++;
	s->kind = (__typeof__(s->kind))kind;
	s->index = index;
}

/* --- the calls ------------------------------------------------------------------------ */

static unsigned char user[] = PARTY_USER, password[] = PARTY_PASSWORD;
static SEC_WINNT_AUTH_IDENTITY_A alice = { .User = user, .UserLength = sizeof user - 1, .Password = password,
	.PasswordLength = sizeof password - 1, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
static char ntlm[] = "NTLM";

static ULONG
use_of(unsigned i)
{
	return i & 1 ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
}

static bool
cred_is_being_made(unsigned i)
{
	for (unsigned n = 0; n < ASYNCS; n++)
		if (slots[n].pending && slots[n].kind == FOR_CRED && slots[n].index == i)
			return true;
	return false;
}

static void
op_acquire(struct feed *f)
{
	unsigned i = feed_u8(f) % CREDS;
	struct slot *s = feed_u8(f) & 1 ? slot_for(f) : NULL;
	TimeStamp expiry;

	if (creds[i].life == LIVE || cred_is_being_made(i))
		return;
	if (s) {
		bool busy = s->pending;
		SECURITY_STATUS status = SspiAcquireCredentialsHandleAsyncA(s->a, NULL, ntlm, use_of(i), NULL,
		    i & 1 ? NULL : &alice, NULL, NULL, &s->cred, &s->expiry);

		MUST(busy == (status == SEC_E_OUT_OF_SEQUENCE));
		slot_queued(s, status, FOR_CRED, i);
		return;
	}
	MUST(AcquireCredentialsHandleA(NULL, ntlm, use_of(i), NULL, i & 1 ? NULL : &alice, NULL, NULL, &creds[i].h,
	    &expiry) == SEC_E_OK);
	creds[i].life = LIVE;
}

static void
op_free_cred(struct feed *f)
{
	unsigned i = feed_u8(f) % CREDS;
	struct slot *s = feed_u8(f) & 1 ? slot_for(f) : NULL;
	SECURITY_STATUS status;

	if (creds[i].life == NEVER)
		return;
	if (s) {
		status = SspiFreeCredentialsHandleAsync(s->a, &creds[i].h);
		if (status == SEC_E_OK) {
			creds[i].life = STALE;
			slot_queued(s, status, FOR_FREE, i);
		}
		return;
	}
	status = FreeCredentialsHandle(&creds[i].h);
	MUST(status == (creds[i].life == LIVE ? SEC_E_OK : SEC_E_INVALID_HANDLE));
	creds[i].life = STALE;
}

static void
op_leg(struct feed *f)
{
	unsigned i = feed_u8(f) % CONTEXTS, t = feed_u8(f) % 4;
	bool server = i & 1, cred_right, context_right = true, has;
	CredHandle cred = any_handle(f, creds[feed_u8(f) % CREDS].h, &cred_right);
	struct slot *s = feed_u8(f) & 1 ? slot_for(f) : NULL;
	SECURITY_STATUS status;
	CtxtHandle context, fresh;
	TimeStamp expiry;
	ULONG attributes;
	static uint8_t out[8192];
	SecBuffer ob = { sizeof out, SECBUFFER_TOKEN, out }, ib = { token_lens[t], SECBUFFER_TOKEN, tokens[t] };
	SecBufferDesc od = { SECBUFFER_VERSION, 1, &ob }, id = { SECBUFFER_VERSION, 1, &ib };

	if (contexts[i].busy)
		return;
	has = contexts[i].life == LIVE || (contexts[i].life == STALE && (feed_u8(f) & 1));
	context = has ? any_handle(f, contexts[i].h, &context_right) : (CtxtHandle){ 0, 0 };
	if (has && !context_right)
		s = NULL;			/* whose context that is, is hard to say */
	if (s) {
		bytes_copy(s->in, tokens[t], token_lens[t]);
		s->ib = (SecBuffer){ token_lens[t], SECBUFFER_TOKEN, s->in };
		s->ob = (SecBuffer){ sizeof s->out, SECBUFFER_TOKEN, s->out };
		s->id = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->ib };
		s->od = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->ob };
		if (s->pending)
			return;
		status = server ? SspiAcceptSecurityContextAsync(s->a, &cred, has ? &context : NULL, &s->id, PARTY_WANTS,
		    SECURITY_NATIVE_DREP, &s->context, &s->od, &s->attributes, &s->expiry) :
		    SspiInitializeSecurityContextAsyncA(s->a, &cred, has ? &context : NULL, NULL, PARTY_WANTS, 0,
		    SECURITY_NATIVE_DREP, has ? &s->id : NULL, 0, &s->context, &s->od, &s->attributes, &s->expiry);
		slot_queued(s, status, FOR_CONTEXT, i);
		if (status == SEC_E_OK) {
			s->first = !has;
			contexts[i].busy = true;
		}
		return;
	}
	SecInvalidateHandle(&fresh);
	status = server ? AcceptSecurityContext(&cred, has ? &context : NULL, &id, PARTY_WANTS, SECURITY_NATIVE_DREP,
	    &fresh, &od, &attributes, &expiry) :
	    InitializeSecurityContextA(&cred, has ? &context : NULL, NULL, PARTY_WANTS, 0, SECURITY_NATIVE_DREP,
	    has ? &id : NULL, 0, &fresh, &od, &attributes, &expiry);
	if (status >= 0) {
		if (has && context_right)
			MUST(contexts[i].life == LIVE);
		if (!has) {
			contexts[i].h = fresh;
			contexts[i].life = LIVE;
		}
		token_keep(out, ob.cbBuffer);
	} else if (has && context_right && contexts[i].life == STALE) {
		MUST(status == SEC_E_INVALID_HANDLE);
	}
}

static void
op_delete(struct feed *f)
{
	unsigned i = feed_u8(f) % CONTEXTS;
	struct slot *s = feed_u8(f) & 1 ? slot_for(f) : NULL;

	if (contexts[i].life == NEVER)
		return;
	if (s) {
		if (SspiDeleteSecurityContextAsync(s->a, &contexts[i].h) == SEC_E_OK) {
			slot_queued(s, SEC_E_OK, FOR_DELETE, i);
			contexts[i].life = STALE;
		}
		return;
	}
	MUST(DeleteSecurityContext(&contexts[i].h) == SEC_E_OK);
	MUST(DeleteSecurityContext(&contexts[i].h) == SEC_E_OK);
	contexts[i].life = STALE;
}

static void
op_message(struct feed *f)
{
	unsigned i = feed_u8(f) % CONTEXTS;
	static uint8_t token[16], text[16] = "a message";
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof text, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	SecPkgContext_NamesA names = { NULL };
	CtxtHandle h;
	SECURITY_STATUS status;
	bool right;

	h = any_handle(f, contexts[i].h, &right);
	switch (feed_u8(f) % 6) {
	case 0:  status = EncryptMessage(&h, 0, &d, 0); break;
	case 1:  status = DecryptMessage(&h, &d, 0, NULL); break;
	case 2:  status = MakeSignature(&h, 0, &d, 0); break;
	case 3:  status = VerifySignature(&h, &d, 0, NULL); break;
	case 4:  status = QuerySecurityContextToken(&h, (void **)(void *)&names); break;
	default:
		status = QueryContextAttributesA(&h, SECPKG_ATTR_NAMES, &names);
		if (status == SEC_E_OK)
			FreeContextBuffer(names.sUserName);
		break;
	}
	MUST(!right || contexts[i].life == LIVE || status < 0);
}

static void
op_async(struct feed *f)
{
	struct slot *s = &slots[feed_u8(f) % ASYNCS];
	NTSTATUS status;

	switch (feed_u8(f) % 6) {
	case 0:
		if (s->life == LIVE)
			break;
		s->a = SspiCreateAsyncContext();
		MUST(s->a);
		s->life = LIVE;
		s->pending = false;
		s->queued = s->called = 0;
		MUST(SspiSetAsyncNotifyCallback(s->a, called_back, s) == SEC_E_OK);
		MUST(OlsaSspiBindAsyncContext(s->a, queue, s) == SEC_E_OK);
		break;
	case 1:
		if (s->life == LIVE && !s->pending) {
			SspiFreeAsyncContext(s->a);
			s->life = STALE;
		}
		break;
	case 2:
		if (s->life != NEVER)
			MUST(s->life == LIVE || SspiGetAsyncCallStatus(s->a) == SEC_E_INVALID_HANDLE);
		break;
	case 3:
		status = s->life == NEVER ? STATUS_SUCCESS : SspiReinitAsyncContext(s->a);
		if (s->life == STALE)
			MUST(status == STATUS_INVALID_HANDLE);
		if (s->life == LIVE)
			MUST(s->pending == (status != STATUS_SUCCESS));
		break;
	case 4:
		if (s->life != NEVER)
			(void)OlsaSspiCancelAsync(s->a);
		break;
	default:
		if (s->life == STALE)
			SspiFreeAsyncContext(s->a);	/* a second time: nothing */
		break;
	}
}

static void
op_lsa(struct feed *f)
{
	unsigned i = feed_u8(f) % LSAS;
	LSA_STRING name = { 4, 5, ntlm };
	ULONG package = 0;
	NTSTATUS status;

	switch (feed_u8(f) % 3) {
	case 0:
		if (lsas[i].life != LIVE) {
			MUST(LsaConnectUntrusted(&lsas[i].h) == STATUS_SUCCESS);
			lsas[i].life = LIVE;
		}
		break;
	case 1:
		if (lsas[i].life == NEVER)
			break;
		status = LsaDeregisterLogonProcess(lsas[i].h);
		MUST(status == (lsas[i].life == LIVE ? STATUS_SUCCESS : STATUS_INVALID_HANDLE));
		lsas[i].life = STALE;
		break;
	default:
		status = LsaLookupAuthenticationPackage(feed_u8(f) < 0xf0 ? lsas[i].h :
		    (HANDLE)(uintptr_t)feed_u64(f), &name, &package);
		MUST(lsas[i].life == LIVE || status < 0);
		break;
	}
}

/* --- a run ------------------------------------------------------------------------------- */

static void
end(void)
{
	OlsaStatusInfo about;

	dispatch_all();
	for (unsigned i = 0; i < ASYNCS; i++) {
		if (slots[i].life == LIVE) {
			MUST(slots[i].queued == slots[i].called);
			SspiFreeAsyncContext(slots[i].a);
		}
		slots[i] = (struct slot){ .a = NULL };
	}
	for (unsigned i = 0; i < CONTEXTS; i++) {
		if (contexts[i].life == LIVE)
			MUST(DeleteSecurityContext(&contexts[i].h) == SEC_E_OK);
		contexts[i].life = NEVER;
		contexts[i].busy = false;
	}
	for (unsigned i = 0; i < CREDS; i++) {
		if (creds[i].life == LIVE)
			MUST(FreeCredentialsHandle(&creds[i].h) == SEC_E_OK);
		creds[i].life = NEVER;
	}
	for (unsigned i = 0; i < LSAS; i++) {
		if (lsas[i].life == LIVE)
			MUST(LsaDeregisterLogonProcess(lsas[i].h) == STATUS_SUCCESS);
		lsas[i].life = NEVER;
	}
	dispatch();
	MUST(OlsaStatus(watch, &about) == STATUS_SUCCESS);
	MUST(about.Credentials == 0 && about.Contexts == 0);
	OlsaSspiAsyncQueueFree(queue);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);

	if (!begun) {
		party_make();
		watch = party_admin();
		begun = true;
	}
	MUST(OlsaSspiAsyncQueueCreate(&queue) == 0);
	bytes_zero(token_lens, sizeof token_lens);
	token_next = 0;
	for (unsigned i = 0; i < OPS && f.left; i++)
		switch (feed_u8(&f) % 10) {
		case 0:  op_acquire(&f); break;
		case 1:  op_free_cred(&f); break;
		case 2:
		case 3:
		case 4:  op_leg(&f); break;
		case 5:  op_delete(&f); break;
		case 6:  op_message(&f); break;
		case 7:  op_async(&f); break;
		case 8:  op_lsa(&f); break;
		default: dispatch(); break;
		}
	end();
	return 0;
}
