/*
 * net_inside.h - what the files of net share and nobody else sees.
 *
 * Two locks: the net's (realms, lanes, who stands in line) and a loop's (who
 * waits). Whoever needs both takes the net's first. A request itself belongs
 * to whoever owns its call.
 */
#ifndef OPENLSA_ENGINE_NET_INSIDE_H
#define OPENLSA_ENGINE_NET_INSIDE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine/call.h"
#include "engine/net.h"

#define PLACES_MAX	16u		/* of one realm; the first ones */
#define NET_NOTE	200u
#define STORY_MAX	600u
#define REPLY_MAX	(1024u * 1024u)	/* RFC 4120 7.2.2 names no limit; no KDC sends more */
#define ADDRESS_TEXT	64u

enum { BY_UDP, BY_TCP, TRANSPORTS };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* --- where: net_places.c, net_dns.c -- no locks, nothing shared ------- */

struct place {
	union address address;
	bool udp, tcp;
};

/* What a look-up came to. `note` says in words what was not found. */
struct found {
	NTSTATUS status;		/* success; NO_LOGON_SERVERS: there is none; IO_TIMEOUT: the resolver is silent; NO_MEMORY */
	struct place places[PLACES_MAX];
	unsigned count;
	char note[NET_NOTE];
};

/* A host and where it stood; names are absolute. */
struct host {
	const char *name;
	uint16_t port;
	bool udp, tcp;
};

/* DNS by a server that a test names, instead of resolv.conf's. */
struct resolver {
	bool given;
	struct in_addr address;
	uint16_t port;			/* host order */
};

/* Reads a list without asking anybody: false when a name stands in it. */
bool places_plain(struct found *f, const char *list, bool kpasswd) MUST_CHECK;
/* Blocks: DNS, hosts file. list NULL or "": SRV records of the realm. */
void places_look_up(struct found *f, const char *realm, const char *list, bool kpasswd, const struct resolver *resolver);
/* One host by name or number, its addresses added. */
void found_add_host(struct found *f, const struct host *h);
void found_note(struct found *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool address_same(const union address *a, const union address *b);
void address_text(char text[ADDRESS_TEXT], const union address *a);

struct srv {
	uint16_t priority, weight, port;
	char name[256];
};
#define SRV_MAX 32u
/* The SRV records of a DNS answer; -1: no well-formed answer. */
int srv_take(struct srv to[SRV_MAX], struct bytes answer);
/* RFC 2782: by priority, within it by lot, heavy ones first more often. */
void srv_order(struct srv *srv, unsigned count, uint32_t seed);
/* Adds the KDCs of the realm by SRV. Blocks. */
void dns_look_up(struct found *f, const char *realm, bool kpasswd, const struct resolver *resolver);

/* --- how much at once: net_lane.c ------------------------------------ */

struct request;

enum { LINE_GOING_ON, LINE_NEW };	/* whose call the KDC has answered before, and all others behind them */

/* One transport of one KDC: at most `window` requests are under way, the others stand in line. */
struct lane {
	unsigned window, least, most, start, slow_until, credit, under_way;
	struct line { struct request *first, **last; } lines[2];	/* LINE_* */
	uint64_t answered;		/* when it last answered anybody */
	uint64_t cut;			/* when the window was last halved */
	uint64_t avoid_until;		/* it is silent: only one probes it then */
	uint32_t quickest;		/* ms; the least an answer ever took */
	unsigned silent;		/* losses since it last answered */
};

struct kdc {
	struct kdc *next;
	union address address;
	struct lane lanes[TRANSPORTS];
	unsigned refs;
};

/* All under the net's lock. */
void lane_begin(struct lane *lane, int transport);
bool lane_avoided(struct lane *lane, uint64_t now);	/* false once in a while for a silent one: that is the probe */
bool lane_enter(struct lane *lane, struct request *r);	/* false: it stands in line */
void lane_leave_line(struct lane *lane, struct request *r);
void lane_give_back(struct lane *lane);
void lane_answered(struct lane *lane, uint64_t sent, uint64_t now);
void lane_lost(struct lane *lane, uint64_t sent, uint64_t now);

/* --- realms: net.c ------------------------------------------------------ */

struct places {
	unsigned refs, count;
	char note[NET_NOTE];
	struct { struct kdc *kdc; bool udp, tcp; } at[];
};

/* What is known for one (realm, list, service). */
struct realm {
	struct realm *next;
	struct net *net;
	struct job job;
	unsigned refs;			/* the list of realms, requests, a look-up */
	enum { REALM_NEW, REALM_QUEUED, REALM_ASKED, REALM_KNOWN } at;
	bool kpasswd;
	bool forgotten;			/* while it was asked */
	NTSTATUS status;		/* of the last look-up */
	uint64_t until;
	struct places *places;		/* NULL: none */
	struct request *first, **last;	/* who waits for the look-up */
	struct found *found;		/* the job's own while it runs */
	char note[NET_NOTE];
	const char *list;
	char name[];
};

struct net {
	pthread_mutex_t lock;
	struct jobs *jobs;
	struct realm *realms;
	struct kdc *kdcs;
	unsigned realm_count, looking;
	struct resolver resolver;
};

/* For tests. */
void net_use_resolver(struct net *net, struct in_addr address, uint16_t port);

/* --- a request: net_request.c, net_trips.c, net_trip.c, net_story.c ----------------------- */

/* One socket to one KDC. */
struct trip {
	struct shot shot;
	struct request *request;
	struct lane *lane;
	const union address *address;
	int transport;
	enum {
		TRIP_NEW,		/* never tried */
		TRIP_IN_LINE,
		TRIP_CONNECTING,
		TRIP_ASKED,
		TRIP_LATE,		/* its time is over; its answer still counts */
		TRIP_PAUSED,		/* failed, may be tried again */
		TRIP_DEAD,		/* refused: not tried again */
		TRIP_ANSWERED,
		TRIP_LEFT,		/* another answered first */
	} at;
	bool holds;			/* a place in its lane */
	bool listening;			/* guarded by the loop's lock: epoll will tell */
	bool fired;			/* so, and it has told the owner */
	bool connected;			/* TCP, when it was last tried */
	uint32_t wants;
	unsigned tries, failures;
	uint64_t began, since, ended;	/* first sent, last sent */
	const char *fault;		/* what was wrong with it; NULL: nothing, or `error` */
	int error;
	uint32_t sent, got, room;
	uint8_t head[4], sent_head[4];
	uint8_t *reply;
};

struct request {
	struct call_wait wait;		/* first */
	struct call *call;
	struct net *net;
	struct request *next;		/* in a lane or at a realm: guarded by the net's lock, as the next three */
	struct lane *line;
	struct realm *standing;
	bool granted, turned_away;
	bool going_on;			/* an exchange that the call has begun: LINE_GOING_ON */
	bool placed;			/* over, and holds the place of trips[now] until its bytes come */
	struct work wake;
	bool woken, posted;		/* guarded by the loop's lock */
	struct timer timer;
	uint64_t began, due, silent_at;	/* 0: no limit */
	struct realm *realm;
	struct places *places;
	struct trip *trips;
	unsigned trip_count, now, pass;	/* trips[now] is the one under way */
	bool tcp, sent_any, sent_in_pass;
	uint32_t silence_ms;
	char *story;
	struct bytes answer;
	struct bytes ask;		/* malloc'ed; empty: only a place is asked for */
};

/* Under the net's lock: it looks again at what it waits for. */
void request_wake(struct request *r);
/* Each takes the lock. */
void places_drop(struct net *net, struct places *p);
void realm_drop(struct realm *realm);
void realm_leave(struct realm *realm, struct request *r);	/* under it: waits no more */
struct realm *realm_of(struct net *net, const struct kdc_ask *ask);	/* held; NULL: no memory */
/* The realm's places for a request. False: it waits for them and will be woken. */
bool realm_places(struct request *r, struct places **ret_places) MUST_CHECK;

/* A trip for each KDC that may be asked; false: no memory. net_trips.c, and the first two for its shots. */
bool trip_claim(struct shot *s, uint32_t events);
void trip_fire(struct shot *s);
bool trips_make(struct request *r) MUST_CHECK;
bool trips_spare(struct request *r);		/* answers that are late anyway make room for one that is due; false: there are none */

/* What came of reading or opening a trip. */
enum trip_end { TRIP_GOES_ON, TRIP_FAILED, TRIP_REFUSED, TRIP_HAS_ANSWER, TRIP_NO_MEMORY, TRIP_NO_DESCRIPTORS };
enum trip_end trip_open(struct trip *trip, struct bytes ask);	/* connects and, by UDP, sends */
enum trip_end trip_ready(struct trip *trip, struct bytes ask);
void trip_close(struct trip *trip);		/* outside both locks */
void request_tell(const struct request *r, char story[STORY_MAX]);
const char *request_story(struct call_wait *w);	/* of a request's wait, in memory of the request */

#endif
