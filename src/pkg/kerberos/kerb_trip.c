/*
 * kerb_trip.c - one trip to a realm's KDC: its places by the profile, the wait
 * armed, what it came to; or the message is left with the peer who carries it.
 * Knows no ticket.
 */
#include "pkg/kerberos/kerb_tgt.h"

#include <string.h>

#include "pkg/kerberos/kerb_iakerb.h"
#include "pkg/kerberos/kerb_k5.h"

#define REALM_ROOM	256u

/* Not to a KDC but to the peer, who brings the answer with the next leg. */
static NTSTATUS
carry_begin(struct call *call, struct kerb_fetch *f, struct bytes realm, struct bytes request)
{
	uint8_t *copy = realm.len < sizeof f->carry->realm ? call_memory(call, request.len) : NULL;

	if (!copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	bytes_copy(f->carry->realm, realm.at, realm.len);
	f->carry->realm[realm.len] = 0;
	f->realm = f->carry->realm;
	bytes_copy(copy, request.at, request.len);
	f->carry->request = bytes_of(copy, request.len);
	return SEC_I_CONTINUE_NEEDED;
}

/* Realm and places of a request. */
static NTSTATUS
trip_aim(struct call *call, struct kerb_fetch *f, krb5_context k5, struct bytes realm, struct kdc_ask *ask)
{
	if (!f->realm || !f->places || !bytes_same(bytes_of_text(f->realm), realm)) {
		char *text = call_memory(call, realm.len + 1);

		if (!text)
			return STATUS_INSUFFICIENT_RESOURCES;
		bytes_copy(text, realm.at, realm.len);
		f->realm = text;
		f->places = kerb_k5_places(call, k5, text, false);
		if (!f->places)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	ask->realm = f->realm;
	ask->places = f->places;
	ask->silence_ms = f->silence_ms;
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_trip_begin(struct call *call, struct kerb_fetch *f, krb5_context k5, struct bytes realm, struct bytes request, bool tcp)
{
	struct kdc_ask ask = { .request = request, .tcp = tcp };
	NTSTATUS status;

	if (!realm.len || realm.len >= REALM_ROOM || memchr(realm.at, 0, realm.len))
		return because(call, SEC_E_NO_AUTHENTICATING_AUTHORITY, TO_CALLER,
		    "a realm of %zu characters cannot be asked", realm.len);
	if (f->carry)
		return carry_begin(call, f, realm, request);
	status = trip_aim(call, f, k5, realm, &ask);
	if (status != STATUS_SUCCESS)
		return status;
	if (!*ask.places && !kerb_k5_searches(f->realm))
		return because(call, SEC_E_NO_AUTHENTICATING_AUTHORITY, TO_CALLER,
		    "krb5.conf names no KDC for realm %s and forbids to look in DNS (dns_lookup_kdc); name one under [realms]",
		    f->realm);
	return await_kdc(call, &ask);
}

NTSTATUS
kerb_trip_place(struct call *call, struct kerb_fetch *f, struct bytes realm)
{
	struct kdc_ask ask = { 0 };
	NTSTATUS status;

	if (f->carry || !realm.len || realm.len >= REALM_ROOM || memchr(realm.at, '\\', realm.len))
		return STATUS_SUCCESS;
	status = trip_aim(call, f, NULL, realm, &ask);
	if (status != STATUS_SUCCESS || (!*ask.places && !kerb_k5_searches(f->realm)))
		return status;
	f->at = FETCH_PLACE;
	return await_kdc_place(call, &ask);
}

NTSTATUS
kerb_trip_end(struct call *call, const struct kerb_fetch *f)
{
	NTSTATUS status = awaited(call);
	const char *story = kdc_story(call);

	if (status == STATUS_SUCCESS)
		return status;
	if (status != STATUS_NO_LOGON_SERVERS && status != STATUS_IO_TIMEOUT)
		return status;
	return because(call, SEC_E_NO_AUTHENTICATING_AUTHORITY, TO_CALLER,
	    "no KDC of realm %s answered (%s); check [realms] in krb5.conf, or DNS, and the network", f->realm,
	    story && *story ? story : "none is known");
}
