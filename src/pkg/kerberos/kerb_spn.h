/*
 * kerb_spn.h - target names: class/host[:port][/instance][@REALM], a user's
 * name@REALM, or an account's name alone (HOST$).
 *
 * Pure: taken as they are written. No name service, no default realm: an
 * empty realm means that the KDC shall find it.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_SPN_H
#define OPENLSA_PKG_KERBEROS_KERB_SPN_H

#include "base/bytes.h"

#define SPN_PARTS_MAX 8u

/* Views into the text. */
struct kerb_spn {
	unsigned count;			/* 1: an account; more: a service */
	struct bytes parts[SPN_PARTS_MAX];
	struct bytes realm;		/* empty: not said */
	struct bytes host;		/* without port; empty for an account */
};

/* False: empty, an empty part, more than SPN_PARTS_MAX, control characters. */
bool kerb_spn_take(struct kerb_spn *s, struct bytes text) MUST_CHECK;

#endif
