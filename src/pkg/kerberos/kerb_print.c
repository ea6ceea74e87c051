/*
 * kerb_print.c - a Kerberos token as a tree or as JSON.
 */
#include "pkg/kerberos/kerb_print.h"

#include "base/der.h"
#include "base/outline.h"
#include "pkg/kerberos/kerb_lsa.h"

#define TAG_TICKET	DER_APPLICATION(1)
#define GENERALIZED	0x18u
#define TOKEN_MIC	0x0404u
#define TOKEN_WRAP	0x0504u

/* [RFC 4121] 4.2.2 */
enum { FROM_ACCEPTOR = 1, IS_SEALED = 2, ACCEPTORS_KEY = 4, FLAGS_KNOWN = 7 };

struct numbered { int32_t number; const char *name; };

/* --- numbers and their names ---------------------------------------------------- */

static const struct numbered etypes[] = {
	{ 1, "des-cbc-crc" }, { 3, "des-cbc-md5" }, { 16, "des3-cbc-sha1" }, { 17, "aes128-cts-hmac-sha1-96" },
	{ 18, "aes256-cts-hmac-sha1-96" }, { 19, "aes128-cts-hmac-sha256-128" }, { 20, "aes256-cts-hmac-sha384-192" },
	{ 23, "rc4-hmac" }, { 24, "rc4-hmac-exp" }, { 25, "camellia128-cts-cmac" }, { 26, "camellia256-cts-cmac" }, { 0, NULL },
};

/* [RFC 4120] 7.5.9; the ones that a service or its client meets. */
static const struct numbered errors[] = {
	{ 6, "KDC_ERR_C_PRINCIPAL_UNKNOWN" }, { 7, "KDC_ERR_S_PRINCIPAL_UNKNOWN" }, { 12, "KDC_ERR_POLICY" },
	{ 14, "KDC_ERR_ETYPE_NOSUPP" }, { 18, "KDC_ERR_CLIENT_REVOKED" }, { 23, "KDC_ERR_KEY_EXPIRED" },
	{ 24, "KDC_ERR_PREAUTH_FAILED" }, { 25, "KDC_ERR_PREAUTH_REQUIRED" }, { 31, "KRB_AP_ERR_BAD_INTEGRITY" },
	{ 32, "KRB_AP_ERR_TKT_EXPIRED" }, { 33, "KRB_AP_ERR_TKT_NYV" }, { 34, "KRB_AP_ERR_REPEAT" },
	{ 35, "KRB_AP_ERR_NOT_US" }, { 36, "KRB_AP_ERR_BADMATCH" }, { 37, "KRB_AP_ERR_SKEW" }, { 38, "KRB_AP_ERR_BADADDR" },
	{ 39, "KRB_AP_ERR_BADVERSION" }, { 40, "KRB_AP_ERR_MSG_TYPE" }, { 41, "KRB_AP_ERR_MODIFIED" },
	{ 44, "KRB_AP_ERR_BADKEYVER" }, { 45, "KRB_AP_ERR_NOKEY" }, { 46, "KRB_AP_ERR_MUT_FAIL" },
	{ 50, "KRB_AP_ERR_INAPP_CKSUM" }, { 60, "KRB_ERR_GENERIC" }, { 68, "KDC_ERR_WRONG_REALM" },
	{ 69, "KRB_AP_ERR_USER_TO_USER_REQUIRED" }, { 0, NULL },
};

/* [RFC 4757] 7.2 and 7.3, [RFC 1964] 1.2.1.1 and 1.2.2.1. */
static const struct numbered sign_algorithms[] = {
	{ 0x0000, "DES-MAC-MD5" }, { 0x0001, "MD2.5" }, { 0x0002, "DES-MAC" }, { 0x0004, "HMAC-SHA1-DES3-KD" }, { 0x0011, "HMAC" },
	{ 0, NULL },
};
static const struct numbered seal_algorithms[] = {
	{ 0x0000, "DES" }, { 0x0002, "DES3-KD" }, { 0x0010, "RC4" }, { 0xffff, "none" }, { 0, NULL },
};

static const char *
name_of(const struct numbered *names, int32_t number)
{
	while (names->name && names->number != number)
		names++;
	return names->name;
}

/* INTEGER in [n]: at most four bytes, in the fewest. */
static int32_t
take_number(struct reader *r, unsigned n, struct bytes *ret_at)
{
	struct bytes b = *ret_at = der_take_tagged(r, n, DER_INTEGER);
	uint32_t value = b.len && b.at[0] & 0x80 ? UINT32_MAX : 0;

	if (!b.len || b.len > 5 || (b.len == 5 && b.at[0]))
		reader_spoil(r);
	for (size_t i = 0; i < b.len && b.len <= 5; i++)
		value = value << 8 | b.at[i];
	return (int32_t)value;
}

static void
say_number(struct outline *o, const char *key, struct bytes at, int32_t number, const struct numbered *names)
{
	const char *name = names ? name_of(names, number) : NULL;

	outline_key(o, key, at);
	outline_say(o, "%d", number);
	if (!names)
		return;
	if (o->json)
		outline_say(o, ",\"%sName\":%s%s%s", key, name ? "\"" : "", name ? name : "null", name ? "\"" : "");
	else if (name)
		outline_say(o, " %s", name);
}

/* --- parts ------------------------------------------------------------------------- */

static void
say_name(struct outline *o, struct reader *r, unsigned n, const char *key)
{
	struct bytes name = der_take_tagged(r, n, DER_SEQUENCE), type, parts;
	struct reader inside = reader_of(name), list;
	const char *between = "";

	(void)take_number(&inside, 0, &type);
	parts = der_take_tagged(&inside, 1, DER_SEQUENCE);
	if (!reader_done(&inside)) {
		reader_spoil(r);
		return;
	}
	outline_key(o, key, parts);
	outline_say(o, "%s", o->json ? "[" : "");
	for (list = reader_of(parts); reader_ok(&list) && reader_left(&list); between = o->json ? "," : "/") {
		struct bytes part = der_take(&list, DER_GENERAL_STRING);

		outline_say(o, "%s", between);
		outline_text(o, part);
	}
	outline_say(o, "%s", o->json ? "]" : "");
	if (!reader_ok(&list))
		reader_spoil(r);
}

static void
say_string(struct outline *o, struct reader *r, unsigned n, uint8_t tag, const char *key)
{
	struct bytes at = der_take_tagged(r, n, tag);

	if (!reader_ok(r))
		return;
	outline_key(o, key, at);
	outline_text(o, at);
}

/* EncryptedData. */
static void
say_encrypted(struct outline *o, struct reader *r, unsigned n, const char *etype_key, const char *version_key, const char *key)
{
	struct reader inside = reader_of(der_take_tagged(r, n, DER_SEQUENCE));
	struct bytes at, version = BYTES_NONE, cipher;
	int32_t etype = take_number(&inside, 0, &at), number = 0;

	if (der_next_is(&inside, DER_CONTEXT(1)))
		number = take_number(&inside, 1, &version);
	cipher = der_take_tagged(&inside, 2, DER_OCTET_STRING);
	if (!reader_done(&inside)) {
		reader_spoil(r);
		return;
	}
	say_number(o, etype_key, at, etype, etypes);
	if (version.len && version_key)
		say_number(o, version_key, version, number, NULL);
	outline_key(o, key, cipher);
	outline_say(o, o->json ? "%zu" : "%zu bytes, encrypted", cipher.len);
}

static void
say_ticket(struct outline *o, struct reader *r)
{
	struct reader tagged = der_open(r, DER_CONTEXT(3)), applied = der_open(&tagged, TAG_TICKET);
	struct reader t = der_open(&applied, DER_SEQUENCE);
	struct bytes at;

	if (take_number(&t, 0, &at) != 5)
		reader_spoil(&t);
	say_string(o, &t, 1, DER_GENERAL_STRING, "realm");
	say_name(o, &t, 2, "service");
	say_encrypted(o, &t, 3, "ticketEtype", "keyVersion", "ticket");
	if (!reader_done(&t) || !reader_done(&applied) || !reader_done(&tagged))
		reader_spoil(r);
}

static void
say_options(struct outline *o, struct reader *r)
{
	struct bytes bits = der_take_tagged(r, 2, DER_BIT_STRING);
	uint8_t first = bits.len > 1 ? bits.at[1] : 0;

	if (bits.len < 2) {
		reader_spoil(r);
		return;
	}
	outline_key(o, "options", bits);
	if (o->json)
		outline_say(o, "{\"useSessionKey\":%s,\"mutualRequired\":%s}", first & 0x40 ? "true" : "false",
		    first & 0x20 ? "true" : "false");
	else
		outline_say(o, "%s%s%s", first & 0x40 ? "use-session-key " : "", first & 0x20 ? "mutual-required" : "",
		    first & 0x60 ? "" : "none");
}

/* --- messages -------------------------------------------------------------------------- */

static void
say_head(struct outline *o, const char *message)
{
	outline_say(o, o->json ? "{\"package\":\"Kerberos\",\"message\":\"%s\",\"length\":%zu" : "Kerberos %s, %zu bytes", message,
	    o->token.len);
}

/* [APPLICATION n] SEQUENCE { pvno [0] 5, msg-type [1] n ... */
static struct reader
message_open(struct reader *whole, unsigned n)
{
	struct reader applied = der_open(whole, DER_APPLICATION(n)), r = der_open(&applied, DER_SEQUENCE);
	struct bytes at;

	if (!reader_done(&applied) || take_number(&r, 0, &at) != 5 || take_number(&r, 1, &at) != (int32_t)n)
		reader_spoil(&r);
	return r;
}

static void
print_request(struct outline *o, struct reader *r)
{
	say_head(o, "AP-REQ");
	say_options(o, r);
	say_ticket(o, r);
	say_encrypted(o, r, 4, "authenticatorEtype", NULL, "authenticator");
}

static void
print_reply(struct outline *o, struct reader *r)
{
	say_head(o, "AP-REP");
	say_encrypted(o, r, 2, "etype", NULL, "part");
}

static void
print_error(struct outline *o, struct reader *r)
{
	struct bytes at;
	int32_t number;

	say_head(o, "KRB-ERROR");
	if (der_next_is(r, DER_CONTEXT(2)))
		say_string(o, r, 2, GENERALIZED, "clientTime");
	if (der_next_is(r, DER_CONTEXT(3)))
		(void)take_number(r, 3, &at);
	say_string(o, r, 4, GENERALIZED, "serverTime");
	(void)take_number(r, 5, &at);
	number = take_number(r, 6, &at);
	say_number(o, "error", at, number, errors);
	if (der_next_is(r, DER_CONTEXT(7)))
		say_string(o, r, 7, DER_GENERAL_STRING, "clientRealm");
	if (der_next_is(r, DER_CONTEXT(8)))
		say_name(o, r, 8, "client");
	say_string(o, r, 9, DER_GENERAL_STRING, "realm");
	say_name(o, r, 10, "service");
	if (der_next_is(r, DER_CONTEXT(11)))
		say_string(o, r, 11, DER_GENERAL_STRING, "text");
	if (der_next_is(r, DER_CONTEXT(12))) {
		at = der_take_tagged(r, 12, DER_OCTET_STRING);
		outline_key(o, "data", at);
		outline_hex(o, at);
	}
}

/* The tickets inside are libkrb5's to take apart: the sizes will do. */
static void
print_user2user(struct outline *o, const struct kerb_frame *f)
{
	say_head(o, f->is == KERB_TOKEN_TGT_REQ ? "TGT-REQ" : "TGT-REP");
	outline_key(o, "body", f->inner);
	outline_say(o, o->json ? "%zu" : "%zu bytes", f->inner.len);
}

/* --- tokens of messages ---------------------------------------------------------------- */

static void
say_flags(struct outline *o, struct bytes at)
{
	unsigned flags = at.at[0], unknown = flags & ~(unsigned)FLAGS_KNOWN;

	outline_key(o, "flags", at);
	if (o->json)
		outline_say(o, "{\"fromAcceptor\":%s,\"sealed\":%s,\"acceptorSubkey\":%s,\"reserved\":%u}", flags & FROM_ACCEPTOR ? "true" : "false",
		    flags & IS_SEALED ? "true" : "false", flags & ACCEPTORS_KEY ? "true" : "false", unknown);
	else
		outline_say(o, "from the %s%s%s", flags & FROM_ACCEPTOR ? "acceptor" : "initiator", flags & IS_SEALED ? ", sealed" : "",
		    flags & ACCEPTORS_KEY ? ", by the acceptor's key" : "");
	if (!o->json && unknown)
		outline_say(o, ", reserved 0x%02x", unknown);
}

static void
say_rest(struct outline *o, const char *key, struct bytes at, bool sealed)
{
	outline_key(o, key, at);
	outline_say(o, o->json ? "%zu" : sealed ? "%zu bytes, encrypted" : "%zu bytes", at.len);
}

/* [RFC 4121] 4.2.6: what stands in front, and how much follows. */
static bool
print_message(struct outline *o)
{
	struct reader r = reader_of(o->token);
	unsigned id = reader_be16(&r);
	uint64_t sequence = 0;
	struct bytes at;

	reader_skip(&r, 1);
	if (o->token.len < 16 || (id != TOKEN_MIC && id != TOKEN_WRAP) || reader_u8(&r) != 0xff)
		return false;
	if (id == TOKEN_MIC && (reader_u32(&r) != UINT32_MAX || o->token.at[2] & IS_SEALED))
		return false;
	say_head(o, id == TOKEN_MIC ? "MIC" : "Wrap");
	say_flags(o, bytes_of(o->token.at + 2, 1));
	if (id == TOKEN_WRAP) {
		at = bytes_of(o->token.at + 4, 2);
		outline_key(o, "extraCount", at);
		outline_say(o, "%u", (unsigned)at.at[0] << 8 | at.at[1]);
		at = bytes_of(o->token.at + 6, 2);
		outline_key(o, "rightRotation", at);
		outline_say(o, "%u", (unsigned)at.at[0] << 8 | at.at[1]);
	}
	at = bytes_of(o->token.at + 8, 8);
	for (size_t i = 0; i < at.len; i++)
		sequence = sequence << 8 | at.at[i];
	outline_key(o, "sequence", at);
	outline_say(o, "%llu", (unsigned long long)sequence);
	at = bytes_of(o->token.at + 16, o->token.len - 16);
	say_rest(o, id == TOKEN_MIC ? "checksum" : "body", at, o->token.at[2] & IS_SEALED);
	return true;
}

/*
 * The GSS header of a message's token. Its length counts the data, which SSPI keeps in other buffers, so it may tell of
 * more than is here; of less it may not.
 */
static bool
old_open(struct reader *r)
{
	static const uint8_t mechanism[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02 };
	size_t len, count;

	if (reader_u8(r) != DER_APPLICATION(0))
		return false;
	len = reader_u8(r);
	if (len >= 0x80) {
		count = len & 0x7f;
		if (!count || count > 3)
			return false;
		for (len = 0; count; count--)
			len = len << 8 | reader_u8(r);
	}
	if (!reader_ok(r) || reader_left(r) > len)
		return false;
	reader_expect(r, mechanism, sizeof mechanism);
	return reader_ok(r);
}

static void
say_algorithm(struct outline *o, const char *key, struct bytes at, const struct numbered *names)
{
	say_number(o, key, at, at.at[0] | at.at[1] << 8, names);
}

/* [RFC 4757] 7, [RFC 1964] 1.2; numbers of algorithms are little-endian. */
static bool
print_old_message(struct outline *o)
{
	struct reader r = reader_of(o->token);
	struct bytes head, sequence, checksum, confounder = BYTES_NONE, body;
	bool wrap, sealed = false;

	if (!old_open(&r))
		return false;
	head = reader_bytes(&r, 8);
	sequence = reader_bytes(&r, 8);
	checksum = reader_bytes(&r, 8);
	if (!reader_ok(&r) || head.at[1] != 1 || (head.at[0] != 1 && head.at[0] != 2) || head.at[6] != 0xff || head.at[7] != 0xff)
		return false;
	wrap = head.at[0] == 2;
	if (wrap)
		confounder = reader_bytes(&r, 8);
	body = reader_rest(&r);
	if (!reader_ok(&r) || (!wrap && (body.len || head.at[4] != 0xff || head.at[5] != 0xff)))
		return false;
	say_head(o, wrap ? "Wrap (RFC 4757)" : "MIC (RFC 4757)");
	say_algorithm(o, "signAlgorithm", bytes_of(head.at + 2, 2), sign_algorithms);
	if (wrap) {
		sealed = head.at[4] != 0xff || head.at[5] != 0xff;
		say_algorithm(o, "sealAlgorithm", bytes_of(head.at + 4, 2), seal_algorithms);
	}
	say_rest(o, "sequence", sequence, true);		/* with the direction, always under the key */
	outline_key(o, "checksum", checksum);
	outline_hex(o, checksum);
	if (wrap) {
		say_rest(o, "confounder", confounder, sealed);
		say_rest(o, "body", body, sealed);
	}
	return true;
}

static bool
print_context(struct outline *o)
{
	struct kerb_frame f;
	struct reader whole, r;

	if (!kerb_frame_take(&f, o->token))
		return false;
	if (f.is == KERB_TOKEN_TGT_REQ || f.is == KERB_TOKEN_TGT_REP) {
		print_user2user(o, &f);
		return true;
	}
	whole = reader_of(f.inner);
	r = message_open(&whole, f.inner.at[0] & 0x1fu);
	if (f.is == KERB_TOKEN_AP_REQ)
		print_request(o, &r);
	else if (f.is == KERB_TOKEN_AP_REP)
		print_reply(o, &r);
	else
		print_error(o, &r);
	return reader_done(&r) && reader_done(&whole);
}

bool
kerb_print(struct writer *w, struct bytes token, bool json)
{
	struct outline o = { w, token, json };

	if (!print_context(&o) && !print_message(&o) && !print_old_message(&o))
		return false;
	outline_say(&o, "%s", json ? "}" : "\n");
	return true;
}
