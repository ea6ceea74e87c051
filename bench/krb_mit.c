/*
 * krb_mit.c - MIT krb5 as a peer: contexts by its GSSAPI with a cached
 * ticket, and tickets by its blocking calls, one krb5 context a thread.
 *
 * In the environment of tests/lab/kdc.py; KRB5RCACHENAME says whether there is
 * a replay cache. BENCH_KRB5_CONFIG, where it is
 * given, is the configuration of the ticket cases: a KDC behind a relay.
 */
#include "worker.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <sys/resource.h>

#define CLIENT	"alice@OPENLSA.TEST"
#define SERVICE	"HTTP/localhost@OPENLSA.TEST"

static _Thread_local gss_cred_id_t initiator, acceptor;

#define K(call)	MUST_BE((call), 0)

/* --- contexts ----------------------------------------------------------------- */

static krb5_keytab
client_keytab(krb5_context k5)
{
	krb5_keytab kt;

	K(krb5_kt_resolve(k5, getenv("KRB5_CLIENT_KTNAME"), &kt));
	return kt;
}

/* A MEMORY cache of its own for each thread, with the service's ticket in it. */
static void
creds_make(void)
{
	krb5_creds got = { 0 }, want = { 0 }, *ticket;
	krb5_principal me;
	krb5_context k5;
	krb5_keytab kt;
	krb5_ccache cc;
	OM_uint32 minor;

	if (initiator)
		return;
	K(krb5_init_context(&k5));
	K(krb5_parse_name(k5, CLIENT, &me));
	kt = client_keytab(k5);
	K(krb5_get_init_creds_keytab(k5, &got, me, kt, 0, NULL, NULL));
	K(krb5_cc_new_unique(k5, "MEMORY", NULL, &cc));
	K(krb5_cc_initialize(k5, cc, me));
	K(krb5_cc_store_cred(k5, cc, &got));
	want.client = me;
	K(krb5_parse_name(k5, SERVICE, &want.server));
	K(krb5_get_credentials(k5, 0, cc, &want, &ticket));
	MUST_BE(gss_krb5_import_cred(&minor, cc, NULL, NULL, &initiator), GSS_S_COMPLETE);
	MUST_BE(gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET, GSS_C_ACCEPT, &acceptor, NULL, NULL),
	    GSS_S_COMPLETE);
}

static void
pair_open(gss_name_t name, gss_OID mech, gss_ctx_id_t *client, gss_ctx_id_t *server)
{
	OM_uint32 minor, ours = GSS_S_CONTINUE_NEEDED, theirs = GSS_S_CONTINUE_NEEDED, flags = GSS_C_MUTUAL_FLAG |
	    GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;
	gss_buffer_desc up = GSS_C_EMPTY_BUFFER, down = GSS_C_EMPTY_BUFFER;

	*client = *server = GSS_C_NO_CONTEXT;
	while (ours == GSS_S_CONTINUE_NEEDED || theirs == GSS_S_CONTINUE_NEEDED) {
		ours = gss_init_sec_context(&minor, initiator, client, name, mech, flags, 0, NULL, &down, NULL, &up, NULL, NULL);
		MUST(!GSS_ERROR(ours));
		gss_release_buffer(&minor, &down);
		if (!up.length)
			break;
		theirs = gss_accept_sec_context(&minor, server, acceptor, &up, NULL, NULL, NULL, &down, NULL, NULL, NULL);
		MUST(!GSS_ERROR(theirs));
		gss_release_buffer(&minor, &up);
	}
	gss_release_buffer(&minor, &down);
}

static uint64_t
run_contexts(unsigned long n, unsigned long spnego)
{
	static const gss_OID_desc by_spnego = { 6, (void *)(uintptr_t)"\x2b\x06\x01\x05\x05\x02" };
	gss_OID mech = spnego ? (gss_OID)(uintptr_t)&by_spnego : (gss_OID)gss_mech_krb5;
	gss_buffer_desc text = { sizeof SERVICE - 1, (void *)(uintptr_t)SERVICE };
	gss_ctx_id_t client, server;
	OM_uint32 minor;
	gss_name_t name;

	creds_make();
	MUST_BE(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name), GSS_S_COMPLETE);
	while (n--) {
		pair_open(name, mech, &client, &server);
		gss_delete_sec_context(&minor, &client, NULL);
		gss_delete_sec_context(&minor, &server, NULL);
	}
	gss_release_name(&minor, &name);
	return 0;
}

/* --- messages ---------------------------------------------------------------- */

#define MESSAGE(kind, len)	((len) << 1 | (kind))

/* The key of a context is of this encryption type: the last arc of the name that comes with it. */
static void
etype_is(gss_ctx_id_t ctx, unsigned etype)
{
	gss_buffer_set_t set;
	OM_uint32 minor;

	MUST_BE(gss_inquire_sec_context_by_oid(&minor, ctx, GSS_C_INQ_SSPI_SESSION_KEY, &set), GSS_S_COMPLETE);
	MUST(set->count == 2 && set->elements[1].length);
	MUST_BE(((const unsigned char *)set->elements[1].value)[set->elements[1].length - 1], etype);
	gss_release_buffer_set(&minor, &set);
}

/* Sealed and opened. */
static uint64_t
run_messages(unsigned long n, unsigned long arg)
{
	static const char *const services[2] = { "host/aes256.openlsa.test@OPENLSA.TEST", "host/sha256.openlsa.test@OPENLSA.TEST" };
	static struct { gss_ctx_id_t client, server; } pairs[2];
	gss_ctx_id_t *client = &pairs[arg & 1].client, *server = &pairs[arg & 1].server;
	gss_buffer_desc text = { strlen(services[arg & 1]), (void *)(uintptr_t)services[arg & 1] };
	OM_uint32 minor;
	gss_name_t name;

	if (!*client) {
		creds_make();
		MUST_BE(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name), GSS_S_COMPLETE);
		pair_open(name, (gss_OID)gss_mech_krb5, client, server);
		gss_release_name(&minor, &name);
		etype_is(*client, arg & 1 ? 20 : 18);
	}
	text = (gss_buffer_desc){ arg >> 1, calloc(1, arg >> 1) };
	while (n--) {
		gss_buffer_desc sealed = GSS_C_EMPTY_BUFFER, plain = GSS_C_EMPTY_BUFFER;
		int is;

		MUST_BE(gss_wrap(&minor, *client, 1, GSS_C_QOP_DEFAULT, &text, &is, &sealed), GSS_S_COMPLETE);
		MUST_BE(gss_unwrap(&minor, *server, &sealed, &plain, &is, NULL), GSS_S_COMPLETE);
		gss_release_buffer(&minor, &sealed);
		gss_release_buffer(&minor, &plain);
	}
	free(text.value);
	return 0;
}

/* --- tickets ------------------------------------------------------------------ */

struct share { unsigned long n; bool as; };

static krb5_creds tgt;

static void *
tickets(void *at)
{
	const struct share *share = at;
	krb5_creds want = { 0 };
	krb5_context k5;
	krb5_keytab kt;

	K(krb5_init_context(&k5));
	K(krb5_parse_name(k5, CLIENT, &want.client));
	K(krb5_parse_name(k5, SERVICE, &want.server));
	kt = client_keytab(k5);
	for (unsigned long i = 0; i < share->n; i++) {
		krb5_creds mine = { 0 }, *got;
		krb5_ccache cc;

		K(krb5_cc_new_unique(k5, "MEMORY", NULL, &cc));
		K(krb5_cc_initialize(k5, cc, want.client));
		if (share->as) {
			K(krb5_get_init_creds_keytab(k5, &mine, want.client, kt, 0, NULL, NULL));
			K(krb5_cc_store_cred(k5, cc, &mine));
			krb5_free_cred_contents(k5, &mine);
		} else {
			K(krb5_cc_store_cred(k5, cc, &tgt));
		}
		K(krb5_get_credentials(k5, 0, cc, &want, &got));
		krb5_free_creds(k5, got);
		krb5_cc_destroy(k5, cc);
	}
	krb5_free_cred_contents(k5, &want);
	krb5_kt_close(k5, kt);
	krb5_free_context(k5);
	return NULL;
}

/* n acquisitions spread over so many threads. MORE: the peak of resident memory in KiB. */
static uint64_t
run_tickets(unsigned long n, unsigned long arg)
{
	unsigned long threads = arg >> 1;
	struct share share = { n / threads, arg & 1 };
	pthread_t t[1024];
	struct rusage used;

	if (!tgt.client) {
		krb5_principal me;
		krb5_context k5;

		K(krb5_init_context(&k5));
		K(krb5_parse_name(k5, CLIENT, &me));
		K(krb5_get_init_creds_keytab(k5, &tgt, me, client_keytab(k5), 0, NULL, NULL));
		krb5_free_context(k5);
	}
	for (unsigned long i = 0; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, tickets, &share) == 0);
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	getrusage(RUSAGE_SELF, &used);
	return (uint64_t)used.ru_maxrss;
}

/* One blocking thread, and a context's first token with each ticket: GSSAPI asks the KDC for the service's. */
static uint64_t
run_tokens(unsigned long n, unsigned long as)
{
	gss_buffer_desc text = { sizeof SERVICE - 1, (void *)(uintptr_t)SERVICE }, token;
	OM_uint32 minor, flags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;
	krb5_principal me;
	krb5_context k5;
	krb5_keytab kt;
	gss_name_t name;

	if (!tgt.client)
		(void)run_tickets(1, 1 << 1);
	K(krb5_init_context(&k5));
	K(krb5_parse_name(k5, CLIENT, &me));
	kt = client_keytab(k5);
	MUST_BE(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name), GSS_S_COMPLETE);
	while (n--) {
		gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
		gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
		krb5_creds mine = { 0 };
		krb5_ccache cc;

		K(krb5_cc_new_unique(k5, "MEMORY", NULL, &cc));
		K(krb5_cc_initialize(k5, cc, me));
		if (as) {
			K(krb5_get_init_creds_keytab(k5, &mine, me, kt, 0, NULL, NULL));
			K(krb5_cc_store_cred(k5, cc, &mine));
			krb5_free_cred_contents(k5, &mine);
		} else {
			K(krb5_cc_store_cred(k5, cc, &tgt));
		}
		MUST_BE(gss_krb5_import_cred(&minor, cc, NULL, NULL, &cred), GSS_S_COMPLETE);
		MUST_BE(gss_init_sec_context(&minor, cred, &ctx, name, (gss_OID)gss_mech_krb5, flags, 0, NULL, GSS_C_NO_BUFFER, NULL,
		    &token, NULL, NULL), GSS_S_CONTINUE_NEEDED);
		gss_release_buffer(&minor, &token);
		gss_delete_sec_context(&minor, &ctx, NULL);
		gss_release_cred(&minor, &cred);
		krb5_cc_destroy(k5, cc);
	}
	gss_release_name(&minor, &name);
	krb5_free_principal(k5, me);
	krb5_kt_close(k5, kt);
	krb5_free_context(k5);
	return 0;
}

int
main(void)
{
	static const struct work list[] = {
		{ "mutual",      run_contexts, 0 },
		{ "spnego",      run_contexts, 1 },
		{ "sha1-64",     run_messages, MESSAGE(0, 64ul) },
		{ "sha1-1024",   run_messages, MESSAGE(0, 1024ul) },
		{ "sha1-16384",  run_messages, MESSAGE(0, 16384ul) },
		{ "sha2-64",     run_messages, MESSAGE(1, 64ul) },
		{ "sha2-1024",   run_messages, MESSAGE(1, 1024ul) },
		{ "sha2-16384",  run_messages, MESSAGE(1, 16384ul) },
		{ "tgs+token",   run_tokens,   0 },
		{ "as+tgs+token", run_tokens,  1 },
		{ "tgs-1",       run_tickets,  1 << 1 },
		{ "tgs-16",      run_tickets,  16 << 1 },
		{ "tgs-64",      run_tickets,  64 << 1 },
		{ "tgs-256",     run_tickets,  256 << 1 },
		{ "as+tgs-1",    run_tickets,  (1 << 1) + 1 },
		{ "as+tgs-16",   run_tickets,  (16 << 1) + 1 },
		{ "as+tgs-64",   run_tickets,  (64 << 1) + 1 },
		{ "as+tgs-256",  run_tickets,  (256 << 1) + 1 },
	};

	if (getenv("BENCH_KRB5_CONFIG"))
		setenv("KRB5_CONFIG", getenv("BENCH_KRB5_CONFIG"), 1);
	return worker_serve(list, sizeof list / sizeof *list);
}
