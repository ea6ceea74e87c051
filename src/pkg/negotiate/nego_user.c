/*
 * nego_user.c - Negotiate's half in the application: finds the half of the
 * package that was chosen and hands everything on to it. It must never learn
 * to know what that one does, nor the LSA.
 */
#include "pkg/user_mode.h"

#include <stdlib.h>

#include "pkg/negotiate/nego_data.h"
#include "pkg/negotiate/nego_print.h"

struct half {
	const struct user_package *inner;
	void *half;
	bool direct;
};

static void
half_drop(void *at)
{
	struct half *h = at;

	if (!h)
		return;
	h->inner->drop(h->half);
	free(h);
}

static const struct user_package *
inner_find(struct bytes name)
{
	char text[NEGO_DATA_NAME_MAX + 1] = "";
	const struct user_package *inner;

	bytes_copy(text, name.at, name.len);
	inner = user_package_named(text);
	return inner == &negotiate_user ? NULL : inner;
}

static NTSTATUS
half_open(void **ret_half, struct bytes bytes)
{
	struct nego_data d;
	struct half *h;
	NTSTATUS status = SEC_E_INVALID_TOKEN;

	*ret_half = NULL;
	if (!nego_data_take(&d, bytes))
		return SEC_E_INVALID_TOKEN;
	h = calloc(1, sizeof *h);
	if (!h)
		return SEC_E_INSUFFICIENT_MEMORY;
	h->direct = d.direct;
	h->inner = inner_find(d.name);
	if (h->inner)
		status = h->inner->open(&h->half, d.data);
	if (status != SEC_E_OK) {
		free(h);
		return status;
	}
	*ret_half = h;
	return SEC_E_OK;
}

static void
half_facts(const void *at, struct user_facts *ret)
{
	const struct half *h = at;

	h->inner->facts(h->half, ret);
	ret->inner = h->inner->name;
	ret->direct = h->direct;
}

static void
half_sizes(const void *at, SecPkgContext_Sizes *ret)
{
	const struct half *h = at;

	h->inner->sizes(h->half, ret);
}

static NTSTATUS
half_sign(void *at, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct half *h = at;

	return h->inner->sign(h->half, qop, message, sequence);
}

static NTSTATUS
half_verify(void *at, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = at;

	return h->inner->verify(h->half, message, sequence, ret_qop);
}

static NTSTATUS
half_seal(void *at, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct half *h = at;

	return h->inner->seal(h->half, qop, message, sequence);
}

static NTSTATUS
half_unseal(void *at, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = at;

	return h->inner->unseal(h->half, message, sequence, ret_qop);
}

static NTSTATUS
half_export(void *at, bool fresh, struct secret **ret_state)
{
	struct half *h = at;
	struct nego_data d = { .direct = h->direct, .name = bytes_of_text(h->inner->name) };
	struct writer w = writer_of(NULL, 0);
	struct secret *state = NULL, *inner = NULL;
	uint8_t *from, *to;
	NTSTATUS status = h->inner->export(h->half, fresh, &inner);

	if (status != SEC_E_OK)
		return status;
	WITH_SECRET(from, inner) {
		d.data = bytes_of(from, secret_len(inner));
		nego_data_put(&w, &d);
		state = secret_new(w.need);
		WITH_SECRET(to, state) {
			w = writer_of(to, secret_len(state));
			nego_data_put(&w, &d);
		}
	}
	secret_drop(&inner);
	*ret_state = state;
	return state ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* Whoever of the other halves knows the token inside. */
static bool
describe_inside(struct writer *w, struct bytes token, bool json)
{
	static const char *const names[] = { "NTLM", "Kerberos" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		const struct user_package *p = user_package_named(names[i]);
		struct writer measure = writer_of(NULL, 0);

		if (p && p->describe && p->describe(&measure, token, json))
			return p->describe(w, token, json);
	}
	return false;
}

static bool
describe(struct writer *w, struct bytes token, bool json)
{
	return nego_print(w, token, json, describe_inside);
}

const struct user_package negotiate_user = {
	.name     = "Negotiate",
	.layout   = NEGO_DATA_LAYOUT,
	.open     = half_open,
	.drop     = half_drop,
	.facts    = half_facts,
	.sizes    = half_sizes,
	.sign     = half_sign,
	.verify   = half_verify,
	.seal     = half_seal,
	.unseal   = half_unseal,
	.export   = half_export,
	.describe = describe,
};
