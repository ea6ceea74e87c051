/*
 * kerb_evidence.c - a client's service ticket, as evidence for S4U2proxy, in
 * as little memory as it takes: an acceptor keeps one with each client's
 * session, and few are ever shown. It must never learn to know a session key.
 */
#include "pkg/kerberos/kerb_cache.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_k5.h"

struct kerb_evidence {
	uint32_t end;
	uint32_t service_at, ticket_at, ticket_len;	/* in `b`, which begins with the client's name */
	char b[];
};

struct kerb_evidence *
kerb_evidence_new(krb5_context k5, krb5_const_principal client, struct bytes ticket, const char *service, uint32_t end)
{
	size_t name, server = strlen(service) + 1;
	struct kerb_evidence *e;
	char *text = NULL;

	if (ticket.len > UINT32_MAX / 2 || krb5_unparse_name(k5, client, &text) != 0)
		return NULL;
	name = strlen(text) + 1;
	e = malloc(sizeof *e + name + server + ticket.len);
	if (e) {
		*e = (struct kerb_evidence){ .end = end, .service_at = (uint32_t)name, .ticket_at = (uint32_t)(name + server),
		    .ticket_len = (uint32_t)ticket.len };
		bytes_copy(e->b, text, name);
		bytes_copy(e->b + e->service_at, service, server);
		bytes_copy(e->b + e->ticket_at, ticket.at, ticket.len);
	}
	krb5_free_unparsed_name(k5, text);
	return e;
}

struct kerb_hoard *
kerb_evidence_open(const struct kerb_evidence *e)
{
	krb5_context k5 = kerb_k5_take(NULL);
	krb5_principal client = NULL;
	struct kerb_hoard *hoard = NULL;

	if (!k5)
		return NULL;
	if (krb5_parse_name(k5, e->b, &client) != 0 || kerb_hoard_of_evidence(&hoard, k5, client,
	    bytes_of(e->b + e->ticket_at, e->ticket_len), e->b + e->service_at, e->end) != 0)
		hoard = NULL;
	krb5_free_principal(k5, client);
	kerb_k5_give(k5);
	return hoard;
}

void
kerb_evidence_drop(struct kerb_evidence *e)
{
	free(e);
}
