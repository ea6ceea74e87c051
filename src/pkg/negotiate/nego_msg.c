/*
 * nego_msg.c - SPNEGO tokens as bytes.
 *
 *     [APPLICATION 0] { OID spnego, [0] SEQUENCE {        NegTokenInit, NegTokenInit2
 *         [0] SEQUENCE OF OID, [1] BIT STRING, [2] OCTET STRING,
 *         [3] OCTET STRING (mechListMIC)  or  [3] SEQUENCE { [0] GeneralString, [1] OCTET STRING }, [4] OCTET STRING } }
 *     [1] SEQUENCE { [0] ENUMERATED, [1] OID, [2] OCTET STRING, [3] OCTET STRING }      NegTokenResp
 */
#include "pkg/negotiate/nego_msg.h"

#include "base/der.h"

#define OF(field) bytes_of((field), sizeof(field))

/* --- mechanisms ---------------------------------------------------------- */

static const uint8_t oid_spnego[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02 };
static const uint8_t oid_ms_krb5[] = { 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_krb5[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_u2u[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03 };
static const uint8_t oid_iakerb[] = { 0x2b, 0x06, 0x01, 0x05, 0x02, 0x05 };
static const uint8_t oid_ntlm[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };
static const uint8_t oid_negoex[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e };

static const struct { struct bytes oid; const char *name; } mechs[MECHS] = {
	[MECH_NONE]     = { { NULL, 0 },                          "an unknown mechanism" },
	[MECH_MS_KRB5]  = { { oid_ms_krb5, sizeof oid_ms_krb5 }, "Kerberos (Microsoft's number)" },
	[MECH_KRB5]     = { { oid_krb5, sizeof oid_krb5 },       "Kerberos" },
	[MECH_NTLM]     = { { oid_ntlm, sizeof oid_ntlm },       "NTLM" },
	[MECH_NEGOEX]   = { { oid_negoex, sizeof oid_negoex },   "NegoEx" },
	[MECH_KRB5_U2U] = { { oid_u2u, sizeof oid_u2u },         "Kerberos user-to-user" },
	[MECH_IAKERB]   = { { oid_iakerb, sizeof oid_iakerb },   "Kerberos by the peer (IAKERB)" },
};

enum nego_mech
nego_mech_of(struct bytes oid)
{
	for (unsigned i = MECH_NONE + 1; i < MECHS; i++)
		if (bytes_same(oid, mechs[i].oid))
			return (enum nego_mech)i;
	return MECH_NONE;
}

struct bytes
nego_mech_oid(enum nego_mech mech)
{
	return (unsigned)mech < MECHS ? mechs[mech].oid : BYTES_NONE;
}

const char *
nego_mech_name(enum nego_mech mech)
{
	return mechs[(unsigned)mech < MECHS ? mech : MECH_NONE].name;
}

bool
nego_same_mech(enum nego_mech a, enum nego_mech b)
{
	bool both = (a == MECH_KRB5 || a == MECH_MS_KRB5) && (b == MECH_KRB5 || b == MECH_MS_KRB5);

	return a != MECH_NONE && (a == b || both);
}

/* --- the list -------------------------------------------------------------- */

static void
list_body(struct writer *w, const enum nego_mech *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		der_put(w, DER_OID, nego_mech_oid(list[i]));
}

void
nego_list_put(struct writer *w, const enum nego_mech *list, unsigned count)
{
	struct writer measure = writer_of(NULL, 0);

	list_body(&measure, list, count);
	der_put_head(w, DER_SEQUENCE, measure.need);
	list_body(w, list, count);
}

struct reader
nego_list_open(struct bytes list)
{
	struct reader r = reader_of(list);

	return der_open(&r, DER_SEQUENCE);
}

bool
nego_list_next(struct reader *r, struct bytes *ret_oid)
{
	if (!reader_left(r))
		return false;
	*ret_oid = der_take(r, DER_OID);
	return reader_ok(r);
}

static bool
list_good(struct bytes list)
{
	struct reader whole = reader_of(list), r = der_open(&whole, DER_SEQUENCE);
	struct bytes oid;
	unsigned count = 0;

	while (nego_list_next(&r, &oid))
		count++;
	return count && reader_done(&r) && reader_done(&whole);
}

/* --- what a token is --------------------------------------------------------- */

/* The header of RFC 2743 3.1, and what stands behind it. */
static bool
framed_take(struct bytes token, struct bytes *ret_oid, struct bytes *ret_inner)
{
	struct reader whole = reader_of(token), r = der_open(&whole, DER_APPLICATION(0));

	*ret_oid = der_take(&r, DER_OID);
	*ret_inner = reader_rest(&r);
	return reader_ok(&r) && reader_done(&whole);
}

enum nego_kind
nego_kind_of(struct bytes token)
{
	static const uint8_t ntlm[8] = "NTLMSSP";
	struct bytes oid, inner;

	if (token.len >= sizeof ntlm && bytes_same(bytes_of(token.at, sizeof ntlm), OF(ntlm)))
		return NEGO_RAW_NTLM;
	if (token.len && token.at[0] == DER_APPLICATION(14))	/* AP-REQ without a header */
		return NEGO_RAW_KERBEROS;
	if (token.len && token.at[0] == DER_CONTEXT(1))
		return NEGO_RESP;
	if (!framed_take(token, &oid, &inner))
		return NEGO_NOTHING;
	if (bytes_same(oid, OF(oid_spnego)))
		return NEGO_INIT;
	switch (nego_mech_of(oid)) {
	case MECH_KRB5:
	case MECH_MS_KRB5:
	case MECH_KRB5_U2U:
		return NEGO_RAW_KERBEROS;
	default:
		return NEGO_NOTHING;
	}
}

/* --- NegTokenInit --------------------------------------------------------------- */

static struct bytes
octets(struct reader *r, unsigned n, bool *ret_has)
{
	*ret_has = der_next_is(r, DER_CONTEXT(n));
	return *ret_has ? der_take_tagged(r, n, DER_OCTET_STRING) : BYTES_NONE;
}

/* mechTypes with its SEQUENCE, which der_take_tagged would leave out. */
static struct bytes
list_take(struct reader *r)
{
	struct bytes list;

	if (!der_next_is(r, DER_CONTEXT(0)))
		return BYTES_NONE;
	list = der_take(r, DER_CONTEXT(0));
	if (!list_good(list))
		reader_spoil(r);
	return list;
}

static void
hints_take(struct nego_init *m, struct reader *r)
{
	struct reader hints;
	bool has_address;

	m->has_hints = true;
	hints = reader_of(der_take_tagged(r, 3, DER_SEQUENCE));
	if (der_next_is(&hints, DER_CONTEXT(0)))
		m->hint = der_take_tagged(&hints, 0, DER_GENERAL_STRING);
	(void)octets(&hints, 1, &has_address);
	if (!reader_done(&hints))
		reader_spoil(r);
}

/* [3] is a MIC by the RFC and hints by Microsoft: what is inside tells. */
static bool
third_is_hints(const struct reader *r)
{
	struct reader ahead = *r, inside;

	if (!der_next_is(r, DER_CONTEXT(3)))
		return false;
	inside = der_open(&ahead, DER_CONTEXT(3));
	return der_next_is(&inside, DER_SEQUENCE);
}

bool
nego_init_take(struct nego_init *m, struct bytes token)
{
	struct bytes oid, inner;
	struct reader choice, r;

	*m = (struct nego_init){ 0 };
	if (!framed_take(token, &oid, &inner) || !bytes_same(oid, OF(oid_spnego)))
		return false;
	choice = reader_of(inner);
	r = reader_of(der_take_tagged(&choice, 0, DER_SEQUENCE));
	if (!reader_done(&choice))
		return false;
	m->list = list_take(&r);
	if (der_next_is(&r, DER_CONTEXT(1)))
		(void)der_take_tagged(&r, 1, DER_BIT_STRING);
	m->token = octets(&r, 2, &m->has_token);
	if (third_is_hints(&r)) {
		hints_take(m, &r);
		m->mic = octets(&r, 4, &m->has_mic);
	} else if (der_next_is(&r, DER_CONTEXT(4))) {
		m->mic = octets(&r, 4, &m->has_mic);
	} else {
		m->mic = octets(&r, 3, &m->has_mic);
	}
	return reader_done(&r);
}

static void
init_body(struct writer *w, const struct nego_init *m)
{
	if (m->list.len)
		der_put(w, DER_CONTEXT(0), m->list);
	if (m->has_token)
		der_put_tagged(w, 2, DER_OCTET_STRING, m->token);
	if (m->has_hints) {
		size_t hint = der_size(der_size(m->hint.len));

		der_put_head(w, DER_CONTEXT(3), der_size(hint));
		der_put_head(w, DER_SEQUENCE, hint);
		der_put_tagged(w, 0, DER_GENERAL_STRING, m->hint);
	}
	if (m->has_mic)
		der_put_tagged(w, m->has_hints ? 4 : 3, DER_OCTET_STRING, m->mic);
}

void
nego_init_put(struct writer *w, const struct nego_init *m)
{
	struct writer measure = writer_of(NULL, 0);
	size_t body, choice;

	init_body(&measure, m);
	body = measure.need;
	choice = der_size(der_size(body));
	der_put_head(w, DER_APPLICATION(0), der_size(sizeof oid_spnego) + choice);
	der_put(w, DER_OID, OF(oid_spnego));
	der_put_head(w, DER_CONTEXT(0), der_size(body));
	der_put_head(w, DER_SEQUENCE, body);
	init_body(w, m);
}

/* --- NegTokenResp ----------------------------------------------------------------- */

/* accept-completed 0, accept-incomplete 1, reject 2, request-mic 3. */
static enum nego_state
state_take(struct reader *r)
{
	struct reader inside = der_open(r, DER_CONTEXT(0));
	uint8_t value = der_take_enumerated(&inside);

	if (reader_done(&inside) && value <= 3)
		return (enum nego_state)(value + 1);
	reader_spoil(r);
	return STATE_UNSAID;
}

bool
nego_resp_take(struct nego_resp *m, struct bytes token)
{
	struct reader choice = reader_of(token), r;

	*m = (struct nego_resp){ 0 };
	r = reader_of(der_take_tagged(&choice, 1, DER_SEQUENCE));
	if (!reader_done(&choice))
		return false;
	if (der_next_is(&r, DER_CONTEXT(0)))
		m->state = state_take(&r);
	m->has_mech = der_next_is(&r, DER_CONTEXT(1));
	if (m->has_mech)
		m->mech = der_take_tagged(&r, 1, DER_OID);
	m->token = octets(&r, 2, &m->has_token);
	m->mic = octets(&r, 3, &m->has_mic);
	return reader_done(&r);
}

static void
resp_body(struct writer *w, const struct nego_resp *m)
{
	uint8_t state = (uint8_t)(m->state - 1);

	if (m->state != STATE_UNSAID)
		der_put_tagged(w, 0, DER_ENUMERATED, bytes_of(&state, 1));
	if (m->has_mech)
		der_put_tagged(w, 1, DER_OID, m->mech);
	if (m->has_token)
		der_put_tagged(w, 2, DER_OCTET_STRING, m->token);
	if (m->has_mic)
		der_put_tagged(w, 3, DER_OCTET_STRING, m->mic);
}

void
nego_resp_put(struct writer *w, const struct nego_resp *m)
{
	struct writer measure = writer_of(NULL, 0);

	resp_body(&measure, m);
	der_put_head(w, DER_CONTEXT(1), der_size(measure.need));
	der_put_head(w, DER_SEQUENCE, measure.need);
	resp_body(w, m);
}
