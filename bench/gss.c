/*
 * gss.c - gss-ntlmssp through GSSAPI: initiator and acceptor in one process.
 * NTLM_USER_FILE names its account file, GSS_MECH_CONFIG pins the mechanism.
 */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "worker.h"

#define FLAGS	(GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)
#define DONE(call)	MUST((call) == GSS_S_COMPLETE)

static gss_OID_desc ntlm = { 10, (void *)(uintptr_t)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };

struct creds {
	gss_cred_id_t client, server;
	gss_name_t target;
};

struct pair {
	gss_ctx_id_t client, server;
};

static gss_name_t
name_of(const char *text, gss_OID type)
{
	gss_buffer_desc b = { strlen(text), (void *)(uintptr_t)text };
	gss_name_t name;
	OM_uint32 minor;

	DONE(gss_import_name(&minor, &b, type, &name));
	return name;
}

static void
creds_take(struct creds *c)
{
	static char secret[] = "Correct-Horse-9";
	gss_buffer_desc password = { sizeof secret - 1, secret };
	gss_OID_set_desc mechs = { 1, &ntlm };
	gss_name_t user = name_of("BENCH\\bench", GSS_C_NT_USER_NAME);
	OM_uint32 minor;

	DONE(gss_acquire_cred_with_password(&minor, user, &password, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
	    &c->client, NULL, NULL));
	gss_release_name(&minor, &user);
	DONE(gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT, &c->server, NULL, NULL));
	c->target = name_of("bench@localhost", GSS_C_NT_HOSTBASED_SERVICE);
}

static void
creds_put(struct creds *c)
{
	OM_uint32 minor;

	gss_release_cred(&minor, &c->client);
	gss_release_cred(&minor, &c->server);
	gss_release_name(&minor, &c->target);
}

static OM_uint32
client_leg(const struct creds *c, struct pair *p, gss_buffer_t in, gss_buffer_t out)
{
	OM_uint32 minor, major;

	major = gss_init_sec_context(&minor, c->client, &p->client, c->target, &ntlm, FLAGS, 0,
	    GSS_C_NO_CHANNEL_BINDINGS, in, NULL, out, NULL, NULL);
	(void)gss_release_buffer(&minor, in);
	return major;
}

static OM_uint32
server_leg(const struct creds *c, struct pair *p, gss_buffer_t in, gss_buffer_t out)
{
	OM_uint32 minor, major;

	major = gss_accept_sec_context(&minor, &p->server, c->server, in, GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, out,
	    NULL, NULL, NULL);
	(void)gss_release_buffer(&minor, in);
	return major;
}

static void
pair_open(const struct creds *c, struct pair *p)
{
	gss_buffer_desc up = GSS_C_EMPTY_BUFFER, down = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;

	p->client = p->server = GSS_C_NO_CONTEXT;
	MUST(client_leg(c, p, &down, &up) == GSS_S_CONTINUE_NEEDED);
	MUST(server_leg(c, p, &up, &down) == GSS_S_CONTINUE_NEEDED);
	DONE(client_leg(c, p, &down, &up));
	DONE(server_leg(c, p, &up, &down));
	(void)gss_release_buffer(&minor, &down);
}

static void
pair_close(struct pair *p)
{
	OM_uint32 minor;

	gss_delete_sec_context(&minor, &p->client, GSS_C_NO_BUFFER);
	gss_delete_sec_context(&minor, &p->server, GSS_C_NO_BUFFER);
}

/* --- cases ------------------------------------------------------------------------- */

static uint64_t
handshake(unsigned long n, unsigned long arg)
{
	struct creds creds;
	struct pair pair;

	(void)arg;
	while (n--) {
		creds_take(&creds);
		pair_open(&creds, &pair);
		pair_close(&pair);
		creds_put(&creds);
	}
	return 0;
}

static uint64_t
seal(unsigned long n, unsigned long len)
{
	unsigned char *text = calloc(1, len);
	struct creds creds;
	struct pair pair;
	OM_uint32 minor;

	MUST(text);
	creds_take(&creds);
	pair_open(&creds, &pair);
	while (n--) {
		gss_buffer_desc plain = { len, text }, sealed, opened;
		int sealed_it;

		DONE(gss_wrap(&minor, pair.client, 1, 0, &plain, &sealed_it, &sealed));
		DONE(gss_unwrap(&minor, pair.server, &sealed, &opened, &sealed_it, NULL));
		(void)gss_release_buffer(&minor, &sealed);
		(void)gss_release_buffer(&minor, &opened);
	}
	pair_close(&pair);
	creds_put(&creds);
	free(text);
	return 0;
}

static uint64_t
held(unsigned long n, unsigned long arg)
{
	gss_ctx_id_t *kept = malloc(n * sizeof *kept);
	struct creds creds;
	struct pair pair;
	unsigned long before;
	uint64_t grown;
	OM_uint32 minor;

	(void)arg;
	MUST(kept);
	memset(kept, 1, n * sizeof *kept);
	(void)handshake(64, 0);
	creds_take(&creds);
	before = proc_self("smaps_rollup", "Rss:");
	for (unsigned long i = 0; i < n; i++) {
		pair_open(&creds, &pair);
		gss_delete_sec_context(&minor, &pair.client, GSS_C_NO_BUFFER);
		kept[i] = pair.server;
	}
	grown = (proc_self("smaps_rollup", "Rss:") - before) * 1024u;
	for (unsigned long i = 0; i < n; i++)
		gss_delete_sec_context(&minor, &kept[i], GSS_C_NO_BUFFER);
	creds_put(&creds);
	free(kept);
	return grown;
}

int
main(void)
{
	static const struct work list[] = {
		{ "handshake",  handshake, 0 },
		{ "seal-64",    seal,      64 },
		{ "seal-1024",  seal,      1024 },
		{ "seal-16384", seal,      16384 },
		{ "seal-65536", seal,      65536 },
		{ "held",       held,      0 },
	};

	return worker_serve(list, sizeof list / sizeof *list);
}
