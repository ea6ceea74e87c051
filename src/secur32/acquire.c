/*
 * acquire.c - a credential as the client asks for one.
 */
#include "secur32/acquire.h"

#include <stdlib.h>

#include "base/time.h"
#include "secur32/gather.h"
#include "secur32/impersonate.h"
#include "secur32/leg.h"
#include "secur32/token.h"

/* Now, since the call may be made on another thread. A token that is none in this process image is nobody's. */
static void
acting_take(struct acquire *a)
{
	HANDLE token = impersonated();
	struct htoken *t = token ? htoken_hold(token) : NULL;

	a->acting = token != NULL;
	if (!t)
		return;
	a->token = t->wire;
	a->epoch = t->epoch;
	bytes_copy(a->key, t->key, sizeof a->key);
	htoken_release(t);
}

SECURITY_STATUS
acquire_open(struct acquire *a, const void *logon_id, const void *auth_data, bool wide)
{
	NTSTATUS status = identity_take(&a->identity, auth_data, wide);
	struct handle_table *t = root_handles();

	if (status != STATUS_SUCCESS) {
		why_say(&a->why, status, TO_CALLER, "pAuthData is not an identity that can be read");
		return sec_of(status);
	}
	acting_take(a);
	if (logon_id) {
		const LUID *luid = logon_id;

		a->logon_id = (uint64_t)(uint32_t)luid->HighPart << 32 | luid->LowPart;
	}
	/* The handle first: what the LSA then makes can be kept, or be given back. Nobody knows its word yet. */
	a->cred = calloc(1, sizeof *a->cred);
	if (a->cred && !(t && handle_new(t, KIND_CRED, a->cred, &a->cred->word))) {
		free(a->cred);
		a->cred = NULL;
	}
	return a->cred ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* A number of an LSA that has gone means nobody; least of all the caller itself. */
static void
ask_as(struct acquire *a, struct ask *ask, struct link *link, const struct acquire_in *in)
{
	struct acquire_as_in as = {
		.token = a->epoch == link->epoch ? a->token : 0, .key = bytes_of(a->key, sizeof a->key),
		.package = in->package, .use = in->use, .principal = in->principal, .logon_id = in->logon_id, .given = in->given,
		.user = in->user, .domain = in->domain, .password = in->password, .packages = in->packages,
	};

	ask_acquire_as(ask, link, &as);
}

void
acquire_ask(struct acquire *a, struct ask *ask, struct link *link)
{
	const struct identity *id = &a->identity;
	struct acquire_in in = {
		.package = a->package, .use = a->use, .principal = a->principal, .logon_id = a->logon_id,
		.given = (id->given ? 1u : 0u) | (id->has_password ? 2u : 0u),
		.user = id->user, .domain = id->domain, .password = id->password, .packages = id->packages,
	};
	size_t keep = a->package.len < PACKAGE_NAME_MAX - 1 ? a->package.len : PACKAGE_NAME_MAX - 1;

	bytes_copy(a->cred->package, a->package.at, keep);
	a->link = link;
	if (a->use & SECPKG_CRED_OUTBOUND && !id->given)
		gather_bring(link, a->package);
	ask->deadline = a->deadline;
	if (a->acting)
		ask_as(a, ask, link, &in);
	else
		ask_acquire(ask, link, &in);
}

SECURITY_STATUS
acquire_close(struct acquire *a, struct ask *ask, SECURITY_STATUS status)
{
	struct acquire_as_out as = { 0 };
	struct acquire_out out = { 0 };

	if (status != SEC_E_OK)
		return status;
	if (a->acting) {
		status = sec_of(told_acquire_as(ask, &as));
		out.cred = as.cred;
		out.expiry = as.expiry;
	} else {
		status = sec_of(told_acquire(ask, &out));
	}
	why_take(&a->why, ask_why(ask));
	if (status != SEC_E_OK)
		return status;
	a->cred->wire = out.cred;
	a->cred->epoch = a->link->epoch;
	if (a->given_up) {
		release_detached(a->link, out.cred);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	sec_handle_of(a->handle, KIND_CRED, a->cred->word);
	if (a->expiry)
		a->expiry->QuadPart = (LONGLONG)time_local_of_utc(out.expiry);
	a->cred = NULL;
	return SEC_E_OK;
}

void
acquire_drop(struct acquire *a)
{
	identity_drop(&a->identity);
	bytes_wipe(a->key, sizeof a->key);
	link_release(a->link);
	why_drop(&a->why);
	if (a->cred)
		(void)handle_close(root_handles(), KIND_CRED, a->cred->word);
	a->cred = NULL;
	a->link = NULL;
}

static void
release_told(struct ask *ask)
{
	ask_end(ask);
	free(ask);
}

void
release_detached(struct link *link, uint64_t wire)
{
	struct release_in in = { .cred = wire };
	struct ask *ask = calloc(1, sizeof *ask);

	if (!ask)
		return;
	ask->finished = release_told;
	ask_release(ask, link, &in);
}
