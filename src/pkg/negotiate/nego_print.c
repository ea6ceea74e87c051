/*
 * nego_print.c - a SPNEGO token as a tree or as JSON. Offsets in the tree are
 * from the token's start; a tree inside begins its own.
 */
#include "pkg/negotiate/nego_print.h"

#include "base/der.h"
#include "base/outline.h"
#include "pkg/negotiate/nego_msg.h"

struct out {
	struct outline line;
	nego_inside *inside;
	bool ended;		/* a tree inside has ended the last line */
};

static void
oid(struct out *o, struct bytes b)
{
	enum nego_mech mech = nego_mech_of(b);

	outline_say(&o->line, o->line.json ? "{\"oid\":\"" : "%s", "");
	if (!der_oid_text(o->line.w, b)) {
		outline_say(&o->line, "0x");
		for (size_t n = 0; n < b.len; n++)
			outline_say(&o->line, "%02x", b.at[n]);
	}
	if (o->line.json)
		outline_say(&o->line, "\",\"name\":%s%s%s}", mech ? "\"" : "", mech ? nego_mech_name(mech) : "null", mech ? "\"" : "");
	else
		outline_say(&o->line, " %s", nego_mech_name(mech));
}

/* RFC 4121 4.1: what a Kerberos token is, by its number or its tag. NULL: something else. */
static const char *
kerberos_name(struct bytes token)
{
	struct reader whole = reader_of(token), r;
	uint8_t tag = token.len ? token.at[0] : 0;

	if (nego_kind_of(token) == NEGO_RAW_KERBEROS && tag == DER_APPLICATION(0)) {
		r = der_open(&whole, DER_APPLICATION(0));
		(void)der_take(&r, DER_OID);
		switch (reader_u16(&r)) {
		case 0x0001: return "Kerberos AP-REQ";
		case 0x0002: return "Kerberos AP-REP";
		case 0x0003: return "Kerberos KRB-ERROR";
		case 0x0004: return "Kerberos TGT-REQ";
		case 0x0104: return "Kerberos TGT-REP";
		default:     return "Kerberos";
		}
	}
	switch (tag) {
	case DER_APPLICATION(14): return "Kerberos AP-REQ";
	case DER_APPLICATION(15): return "Kerberos AP-REP";
	case DER_APPLICATION(30): return "Kerberos KRB-ERROR";
	default:                  return NULL;
	}
}

static void
inner(struct out *o, const char *name, struct bytes token)
{
	struct writer measure = writer_of(NULL, 0);
	const char *kerberos = kerberos_name(token);

	outline_key(&o->line, name, token);
	if (token.len && o->inside && o->inside(&measure, token, o->line.json)) {
		if (!o->line.json)
			outline_say(&o->line, "%zu bytes\n\n", token.len);
		o->ended = o->inside(o->line.w, token, o->line.json);	/* as it did before */
	} else if (o->line.json) {
		outline_say(&o->line, "{\"package\":%s,\"message\":%s%s%s,\"length\":%zu,\"bytes\":", kerberos ? "\"Kerberos\"" : "null",
		    kerberos ? "\"" : "", kerberos ? kerberos : "null", kerberos ? "\"" : "", token.len);
		outline_hex(&o->line, token);
		outline_say(&o->line, "}");
	} else if (kerberos)
		outline_say(&o->line, "%s, %zu bytes", kerberos, token.len);
	else
		outline_hex(&o->line, token);
}

static bool
print_init(struct out *o)
{
	struct nego_init m;
	struct reader list;
	struct bytes mech;
	const char *between = "";

	if (!nego_init_take(&m, o->line.token))
		return false;
	outline_say(&o->line, o->line.json ? "{\"package\":\"SPNEGO\",\"message\":\"%s\",\"length\":%zu" : "SPNEGO %s, %zu bytes",
	    m.has_hints ? "NegTokenInit2" : "NegTokenInit", o->line.token.len);
	outline_key(&o->line, "mechTypes", m.list);
	outline_say(&o->line, "%s", o->line.json ? "[" : "");
	for (list = nego_list_open(m.list); m.list.len && nego_list_next(&list, &mech); between = o->line.json ? "," : ", ") {
		outline_say(&o->line, "%s", between);
		oid(o, mech);
	}
	outline_say(&o->line, "%s", o->line.json ? "]" : "");
	if (m.has_hints) {
		outline_key(&o->line, "hintName", m.hint);
		outline_text(&o->line, m.hint);
	}
	if (m.has_mic) {
		outline_key(&o->line, "mechListMIC", m.mic);
		outline_hex(&o->line, m.mic);
	}
	if (m.has_token)
		inner(o, "mechToken", m.token);
	return true;
}

static bool
print_resp(struct out *o)
{
	static const char *const states[] = { NULL, "accept-completed", "accept-incomplete", "reject", "request-mic" };
	struct nego_resp m;

	if (!nego_resp_take(&m, o->line.token))
		return false;
	outline_say(&o->line, o->line.json ? "{\"package\":\"SPNEGO\",\"message\":\"NegTokenResp\",\"length\":%zu" :
	    "SPNEGO NegTokenResp, %zu bytes", o->line.token.len);
	if (m.state != STATE_UNSAID) {
		outline_key(&o->line, "negState", BYTES_NONE);
		outline_say(&o->line, o->line.json ? "\"%s\"" : "%s", states[m.state]);
	}
	if (m.has_mech) {
		outline_key(&o->line, "supportedMech", m.mech);
		oid(o, m.mech);
	}
	if (m.has_mic) {
		outline_key(&o->line, "mechListMIC", m.mic);
		outline_hex(&o->line, m.mic);
	}
	if (m.has_token)
		inner(o, "responseToken", m.token);
	return true;
}

bool
nego_print(struct writer *w, struct bytes token, bool json, nego_inside *inside)
{
	struct out o = { .line = { w, token, json }, .inside = inside };
	enum nego_kind kind = nego_kind_of(token);

	if (kind != NEGO_INIT && kind != NEGO_RESP)
		return false;
	if (!(kind == NEGO_INIT ? print_init(&o) : print_resp(&o)))
		return false;
	outline_say(&o.line, "%s", json ? "}" : o.ended ? "" : "\n");
	return true;
}
