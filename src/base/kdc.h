/*
 * kdc.h - what a call asks of a realm's KDCs: the one word that packages and
 * the engine's net have in common.
 */
#ifndef OPENLSA_BASE_KDC_H
#define OPENLSA_BASE_KDC_H

#include "base/bytes.h"

/* All of it is copied when the wait is armed. */
struct kdc_ask {
	const char *realm;
	const char *places;		/* "host", "host:port", "tcp/host:port", "udp/...", with spaces between; NULL or "": DNS SRV */
	struct bytes request;
	bool tcp;			/* the answer does not fit a datagram */
	bool kpasswd;			/* the password service: _kpasswd, port 464 */
	uint32_t silence_ms;		/* gives up when nobody has answered for so long; 0: the call's deadline alone */
};

#endif
