/*
 * nego_print.c - a SPNEGO token as a tree or as JSON. Offsets in the tree are
 * from the token's start; a tree inside begins its own.
 */
#include "pkg/negotiate/nego_print.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/der.h"
#include "pkg/negotiate/nego_msg.h"

struct out {
	struct writer *w;
	struct bytes token;
	bool json;
	nego_inside *inside;
	bool ended;		/* a tree inside has ended the last line */
};

static void __attribute__((format(printf, 2, 3)))
say(struct out *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	writer_format_list(o->w, format, args);
	va_end(args);
}

static void
key(struct out *o, const char *name, struct bytes at)
{
	if (o->json)
		say(o, ",\"%s\":", name);
	else if (at.len)
		say(o, "\n%04zx +%-5zu  %s: ", (size_t)(at.at - o->token.at), at.len, name);
	else
		say(o, "\n             %s: ", name);
}

static void
hex(struct out *o, struct bytes b)
{
	say(o, "%s", o->json ? "\"" : "");
	for (size_t n = 0; n < b.len; n++)
		say(o, "%02x", b.at[n]);
	say(o, "%s", o->json ? "\"" : b.len ? "" : "none");
}

/* A stranger's text: what is not plain ASCII is escaped. */
static void
text(struct out *o, struct bytes t)
{
	say(o, "\"");
	for (size_t n = 0; n < t.len; n++)
		if (t.at[n] < 0x20 || t.at[n] > 0x7e || t.at[n] == '"' || t.at[n] == '\\')
			say(o, "\\u%04x", t.at[n]);
		else
			say(o, "%c", t.at[n]);
	say(o, "\"");
}

static void
oid(struct out *o, struct bytes b)
{
	enum nego_mech mech = nego_mech_of(b);

	say(o, o->json ? "{\"oid\":\"" : "%s", "");
	if (!der_oid_text(o->w, b)) {
		say(o, "0x");
		for (size_t n = 0; n < b.len; n++)
			say(o, "%02x", b.at[n]);
	}
	if (o->json)
		say(o, "\",\"name\":%s%s%s}", mech ? "\"" : "", mech ? nego_mech_name(mech) : "null", mech ? "\"" : "");
	else
		say(o, " %s", nego_mech_name(mech));
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

	key(o, name, token);
	if (token.len && o->inside && o->inside(&measure, token, o->json)) {
		if (!o->json)
			say(o, "%zu bytes\n\n", token.len);
		o->ended = o->inside(o->w, token, o->json);	/* as it did before */
	} else if (o->json) {
		say(o, "{\"package\":%s,\"message\":%s%s%s,\"length\":%zu,\"bytes\":", kerberos ? "\"Kerberos\"" : "null",
		    kerberos ? "\"" : "", kerberos ? kerberos : "null", kerberos ? "\"" : "", token.len);
		hex(o, token);
		say(o, "}");
	} else if (kerberos)
		say(o, "%s, %zu bytes", kerberos, token.len);
	else
		hex(o, token);
}

static bool
print_init(struct out *o)
{
	struct nego_init m;
	struct reader list;
	struct bytes mech;
	const char *between = "";

	if (!nego_init_take(&m, o->token))
		return false;
	say(o, o->json ? "{\"package\":\"SPNEGO\",\"message\":\"%s\",\"length\":%zu" : "SPNEGO %s, %zu bytes",
	    m.has_hints ? "NegTokenInit2" : "NegTokenInit", o->token.len);
	key(o, "mechTypes", m.list);
	say(o, "%s", o->json ? "[" : "");
	for (list = nego_list_open(m.list); m.list.len && nego_list_next(&list, &mech); between = o->json ? "," : ", ") {
		say(o, "%s", between);
		oid(o, mech);
	}
	say(o, "%s", o->json ? "]" : "");
	if (m.has_hints) {
		key(o, "hintName", m.hint);
		text(o, m.hint);
	}
	if (m.has_mic) {
		key(o, "mechListMIC", m.mic);
		hex(o, m.mic);
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

	if (!nego_resp_take(&m, o->token))
		return false;
	say(o, o->json ? "{\"package\":\"SPNEGO\",\"message\":\"NegTokenResp\",\"length\":%zu" :
	    "SPNEGO NegTokenResp, %zu bytes", o->token.len);
	if (m.state != STATE_UNSAID) {
		key(o, "negState", BYTES_NONE);
		say(o, o->json ? "\"%s\"" : "%s", states[m.state]);
	}
	if (m.has_mech) {
		key(o, "supportedMech", m.mech);
		oid(o, m.mech);
	}
	if (m.has_mic) {
		key(o, "mechListMIC", m.mic);
		hex(o, m.mic);
	}
	if (m.has_token)
		inner(o, "responseToken", m.token);
	return true;
}

bool
nego_print(struct writer *w, struct bytes token, bool json, nego_inside *inside)
{
	struct out o = { .w = w, .token = token, .json = json, .inside = inside };
	enum nego_kind kind = nego_kind_of(token);

	if (kind != NEGO_INIT && kind != NEGO_RESP)
		return false;
	if (!(kind == NEGO_INIT ? print_init(&o) : print_resp(&o)))
		return false;
	say(&o, "%s", json ? "}" : o.ended ? "" : "\n");
	return true;
}
