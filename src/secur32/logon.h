/*
 * logon.h - LSA HANDLEs: each is a link of its own.
 */
#ifndef OPENLSA_SECUR32_LOGON_H
#define OPENLSA_SECUR32_LOGON_H

#include <ntsecapi.h>

#include "secur32/marshal.h"
#include "secur32/root.h"

#define LOGON_PACKAGES 16u

struct logon {
	uint64_t word;
	struct link *link;
	_Atomic bool gone;		/* deregistered while others still call */
	_Atomic uint8_t whose[LOGON_PACKAGES];	/* enum marshal of each package, once known */
};

/* Held, or NULL for anything that is not an LSA HANDLE of this process image. */
struct logon *logon_hold(HANDLE handle);
void logon_release(struct logon *l);
/* A call's status on an LSA HANDLE: one that was cut off by a deregistration or a dead daemon is STATUS_PORT_DISCONNECTED. */
NTSTATUS logon_told(const struct logon *l, NTSTATUS status);
/* In whose form a package's logon buffers are. */
enum marshal logon_marshal(struct logon *l, uint32_t package);

#endif
