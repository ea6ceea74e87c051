/*
 * net.h - bytes to a KDC and back: UDP, TCP where told to, fail-over between
 * the KDCs of a realm, and a window per KDC that grows by slow start and
 * shrinks on loss. Blocks nobody: places are looked up (SRV, addresses) on a
 * job, each request has a socket of its own on its call's loop.
 *
 * Shared by all calls of an LSA: what is known of a realm (its places, which
 * of them answer, how much is in flight) is guarded by one short lock. Knows
 * nothing of Kerberos beyond lengths: neither ASN.1 nor configuration.
 */
#ifndef OPENLSA_ENGINE_NET_H
#define OPENLSA_ENGINE_NET_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/kdc.h"
#include "engine/jobs.h"

struct call;
struct net;

struct net *net_new(struct jobs *jobs) MUST_CHECK;	/* NULL: no memory */
void net_drop(struct net *net);				/* nothing may wait on it any more */
/* Forgets what is known of realms: places, windows, who is silent. */
void net_forget(struct net *net);

/*
 * Arms the wait; awaited() is then
 *     STATUS_SUCCESS            kdc_answer has the bytes
 *     STATUS_NO_LOGON_SERVERS   no KDC is known for this realm (remembered for a minute), or every one refused
 *     STATUS_IO_TIMEOUT         nobody answered for silence_ms
 *     STATUS_NO_MEMORY, STATUS_TOO_MANY_OPENED_FILES
 */
NTSTATUS await_kdc(struct call *call, const struct kdc_ask *ask);
/*
 * Before bytes are made that need room while they wait: STATUS_SUCCESS, and a place at a KDC of the realm is this
 * call's, for its next wait (await_kdc of the same realm and places, which then sends at once). STATUS_PENDING: all are
 * taken, or the places must be looked up; awaited() then as above, SUCCESS being the place. ask->request is not looked
 * at. STATUS_NO_MEMORY.
 */
NTSTATUS await_kdc_place(struct call *call, const struct kdc_ask *ask);
/* What came back and what happened on the way ("udp 10.0.0.1:88 no answer in 1.0 s; ..."); good until the next wait. */
struct bytes kdc_answer(struct call *call);
const char *kdc_story(struct call *call);

#endif
