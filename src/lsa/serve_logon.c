/*
 * serve_logon.c - the calls behind LSA connections: connect, goodbye, look
 * up a package, send it a message.
 */
#include "lsa/client.h"
#include "lsa/raise.h"
#include "lsa/rights.h"

#include <string.h>

#include "base/privilege.h"
#include "base/time.h"

enum { LINK_SSPI, LINK_UNTRUSTED, LINK_LOGON_PROCESS, LINK_KINDS };

#define MODE_PASSWORD_PROTECTED	1u
#define MODE_INDIVIDUAL_ACCOUNTS 2u

/* Trust is judged once, here, from what the kernel said of the peer; spec: LSA_OPERATIONAL_MODE is not meaningful. */
NTSTATUS
serve_connect(struct served *s, const struct connect_in *in, struct connect_out *out)
{
	struct lsa_link *link = s->link;
	struct process *p;

	if (in->version != FRAME_VERSION || in->kind >= LINK_KINDS)
		return because(&s->call, STATUS_REVISION_MISMATCH, TO_PEER, "this LSA speaks version %u", FRAME_VERSION);
	if (in->name.len > NAME_MAX_LEN)
		return STATUS_NAME_TOO_LONG;
	if (in->kind == LINK_LOGON_PROCESS && !link->peer.tcb && rights_peer_holds(&s->call, &link->peer, PRIVILEGE_TCB))
		link->peer.tcb = true;			/* SeTcbPrivilege, by policy */
	if (in->kind == LINK_LOGON_PROCESS && (!link->peer.tcb || link->peer.unmapped)) {
		raise_process(s, in->name, because(&s->call, STATUS_PORT_CONNECTION_REFUSED, TO_PEER,
		    "uid %u is not trusted to register as a logon process", link->peer.uid));
		return STATUS_PORT_CONNECTION_REFUSED;
	}
	if (link->process)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_PEER, "this link has said connect before");
	p = process_join(link, link->peer.unmapped ? BYTES_NONE : in->cookie);
	if (!p)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (atomic_fetch_add(&p->owner->links, 1) >= link->lsa->limits.links) {
		atomic_fetch_sub(&p->owner->links, 1);
		process_leave(p);
		process_release(p);
		return because(&s->call, STATUS_QUOTA_EXCEEDED, TO_PEER, "uid %u has %u connections already",
		    link->peer.uid, link->lsa->limits.links);
	}
	link->process = p;
	link_known(link);
	for (size_t i = 0; i < in->name.len; i++)
		link->name[i] = in->name.at[i] < 0x20 || in->name.at[i] == 0x7f ? '?' : (char)in->name.at[i];
	if (in->kind == LINK_LOGON_PROCESS)
		raise_process(s, in->name, STATUS_SUCCESS);
	link->rank = in->kind != LINK_LOGON_PROCESS ? CONNECTED : link->peer.admin ? ADMIN : TRUSTED;
	out->highest = LSA_HIGHEST_CALL;
	out->rank = link->rank;
	out->epoch = link->lsa->epoch;
	out->cookie = bytes_of(p->cookie, COOKIE_LEN);
	out->security_mode = MODE_PASSWORD_PROTECTED | MODE_INDIVIDUAL_ACCOUNTS;
	return STATUS_SUCCESS;
}

NTSTATUS
serve_ping(struct served *s, const struct ping_in *in, struct ping_out *out)
{
	(void)s;
	out->echo = in->echo;
	return STATUS_SUCCESS;
}

NTSTATUS
serve_goodbye(struct served *s, const struct goodbye_in *in, struct goodbye_out *out)
{
	(void)in;
	(void)out;
	link_cancel_all(s->link);
	pthread_mutex_lock(&s->link->lock);
	bytes_wipe(s->link->name, sizeof s->link->name);
	bytes_wipe(s->link->challenges, sizeof s->link->challenges);
	bytes_zero(&s->link->options, sizeof s->link->options);
	pthread_mutex_unlock(&s->link->lock);
	s->link->rank = NOBODY;			/* nothing more is served on it */
	return STATUS_SUCCESS;
}

NTSTATUS
serve_cancel(struct served *s, const struct cancel_in *in, struct cancel_out *out)
{
	(void)out;
	link_cancel(s->link, s->arg, in->call);
	return STATUS_SUCCESS;
}

NTSTATUS
serve_lookup(struct served *s, const struct lookup_in *in, struct lookup_out *out)
{
	const struct lsa_package *p = package_find(in->name);

	if (in->name.len > NAME_MAX_LEN)
		return STATUS_NAME_TOO_LONG;
	if (!p)
		return because(&s->call, STATUS_NO_SUCH_PACKAGE, TO_CALLER, "no authentication package of this name here");
	out->id = package_id(p);
	return STATUS_SUCCESS;
}

NTSTATUS
serve_message(struct served *s, const struct message_in *in, struct message_out *out)
{
	const struct lsa_package *p = package_at(in->package);
	struct message_args args = { .body = in->body, .trusted = s->link->rank >= TRUSTED };
	struct message_result got = { .verdict = STATUS_INVALID_PARAMETER };
	NTSTATUS status;

	if (!p)
		return because(&s->call, STATUS_NO_SUCH_PACKAGE, TO_CALLER, "no authentication package %u here", in->package);
	if (!p->message) {
		out->verdict = (uint32_t)because(&s->call, STATUS_NOT_SUPPORTED, TO_CALLER, "%s takes no messages", p->name);
		return STATUS_SUCCESS;
	}
	call_enter(&s->call);
	status = p->message(&s->call, &args, &got);
	call_leave(&s->call, status);
	out->verdict = (uint32_t)got.verdict;
	out->body = got.body;
	out->pointers = got.pointers;
	return status;
}
