/*
 * lookup.h - names and SIDs as this machine knows them. Names are UTF-16LE,
 * but where it says otherwise. It must never wait: whom others know, those say
 * who ask them (serve_lookup.c).
 */
#ifndef OPENLSA_LSA_LOOKUP_H
#define OPENLSA_LSA_LOOKUP_H

#include "base/sid.h"
#include "base/wellknown.h"
#include "lsa/client.h"

#define LOOKUP_NAME	1024u		/* bytes of a name */

/* What is found out about one name or SID. */
struct finding {
	enum sid_use use;
	bool has_sid, has_domain;
	bool ours;			/* a name that nobody else is asked about: its domain is this machine's, or it is none */
	struct sid sid, domain;
	size_t name_len, domain_len;
	uint8_t name[LOOKUP_NAME], domain_name[LOOKUP_NAME];
};

struct lookup {
	struct call *call;
	struct store *store;
	const char *host;
	struct sid machine;
	uint8_t computer[256];
	size_t computer_len;
};

NTSTATUS lookup_begin(struct lookup *a, struct served *s) MUST_CHECK;
/* Whoever is not known is USE_UNKNOWN; a failure is one of the store's. */
NTSTATUS lookup_name(const struct lookup *a, struct finding *f, struct bytes name) MUST_CHECK;
NTSTATUS lookup_sid(const struct lookup *a, struct finding *f, const struct sid *sid) MUST_CHECK;

/* "DOMAIN\name" or "name@domain"; no domain: the name stands alone. False: it is no name at all. */
bool lookup_split(struct bytes *ret_domain, struct bytes *ret_name, struct bytes name) MUST_CHECK;

/* Text in UTF-16LE: its length; 0: it is none, or too long. */
size_t lookup_wide(uint8_t to[LOOKUP_NAME], struct bytes utf8);
void found_put(struct finding *f, enum sid_use use, const struct sid *sid, const char *name);
void found_domain(struct finding *f, const struct sid *domain, struct bytes name_utf8);
void found_as_domain(struct finding *f, const struct sid *sid, struct bytes name_utf8);
/* A domain is known, who in it is not: the number stands for the name. */
void found_number(struct finding *f, uint32_t rid);

#endif
