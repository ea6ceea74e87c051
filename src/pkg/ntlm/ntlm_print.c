/*
 * ntlm_print.c - an NTLM token as a tree or as JSON.
 *
 * One walk over a message serves both: the walk names things, `struct out`
 * knows how they look. Offsets in the tree are from the token's start.
 */
#include "pkg/ntlm/ntlm_print.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/time.h"
#include "pkg/ntlm/ntlm_keys.h"

struct out {
	struct writer *w;
	struct bytes token;
	bool json;
	bool first;		/* in its object or list */
	unsigned depth;
};

/* --- how things look ------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3)))
say(struct out *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	writer_format_list(o->w, format, args);
	va_end(args);
}

/* What holds others and, in the tree, where its bytes are. Empty spans are nowhere. */
static void
group(struct out *o, const char *name, struct bytes at)
{
	if (o->json) {
		say(o, "%s\"%s\":", o->first ? "" : ",", name);
	} else {
		if (at.len)
			say(o, "\n%04zx +%-5zu", (size_t)(at.at - o->token.at), at.len);
		else
			say(o, "\n           ");
		say(o, "%*s%s:", (int)(2 * o->depth), "", name);
	}
	o->first = false;
}

/* A key that a value follows. */
static void
key(struct out *o, const char *name, struct bytes at)
{
	group(o, name, at);
	if (!o->json)
		say(o, " ");
}

static void
open(struct out *o, char bracket)
{
	if (o->json)
		say(o, "%c", bracket);
	o->first = true;
	o->depth++;
}

static void
close(struct out *o, char bracket)
{
	if (o->json)
		say(o, "%c", bracket);
	o->first = false;
	o->depth--;
}

static void
hex(struct out *o, struct bytes b)
{
	static const char digits[] = "0123456789abcdef";

	if (o->json)
		writer_u8(o->w, '"');
	for (size_t n = 0; n < b.len; n++) {
		writer_u8(o->w, (uint8_t)digits[b.at[n] >> 4]);
		writer_u8(o->w, (uint8_t)digits[b.at[n] & 15]);
	}
	if (o->json)
		writer_u8(o->w, '"');
	else if (!b.len)
		say(o, "none");
}

static bool
is_plain(uint32_t c)
{
	return c >= 0x20 && c != '"' && c != '\\' && (c < 0x7f || c > 0x9f) && (c < 0x2028 || c > 0x202e) &&
	    (c < 0x2066 || c > 0x2069) && c != 0xfeff;
}

/* One character; what could steer a terminal or end a string is escaped. */
static void
character(struct out *o, uint32_t c)
{
	if (!is_plain(c))
		say(o, "\\u%04x", (unsigned)c);
	else if (c < 0x80)
		writer_u8(o->w, (uint8_t)c);
	else if (c < 0x800)
		say(o, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	else if (c < 0x10000)
		say(o, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	else
		say(o, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

static void
text16(struct out *o, struct bytes t)
{
	writer_u8(o->w, '"');
	for (size_t n = 0; n + 1 < t.len; n += 2) {
		uint32_t c = get_u16(t.at + n), low = n + 3 < t.len ? get_u16(t.at + n + 2) : 0;

		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			n += 2;
		} else if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		character(o, c);
	}
	writer_u8(o->w, '"');
}

/* Of an unknown code page, so only ASCII is taken for text. */
static void
text_oem(struct out *o, struct bytes t)
{
	writer_u8(o->w, '"');
	for (size_t n = 0; n < t.len; n++)
		character(o, t.at[n] < 0x80 ? t.at[n] : 0xfffd);
	writer_u8(o->w, '"');
}

static void
text(struct out *o, uint32_t flags, struct bytes t)
{
	if (flags & NTLM_NEGOTIATE_UNICODE)
		text16(o, t);
	else
		text_oem(o, t);
}

static void
filetime(struct out *o, uint64_t t)
{
	time_t seconds = (time_t)time_unix_of_filetime(t);
	struct tm tm;
	char day[40];

	if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm))
		day[0] = 0;
	say(o, o->json ? "\"%s.%07uZ\"" : "%s.%07uZ", day, (unsigned)(t % TIME_SECOND));
}

struct name {
	uint32_t bit;
	const char *text;
};

static void
bits(struct out *o, uint32_t value, const struct name *names)
{
	bool more = false;

	say(o, o->json ? "{\"value\":\"0x%08x\",\"names\":[" : "0x%08x", value);
	for (; names->bit; names++) {
		if (!(value & names->bit))
			continue;
		say(o, o->json ? "%s\"%s\"" : "%s%s", o->json ? more ? "," : "" : " ", names->text);
		more = true;
		value &= ~names->bit;
	}
	if (value)
		say(o, o->json ? "%s\"0x%x\"" : "%s0x%x", o->json ? more ? "," : "" : " ", value);
	if (o->json)
		say(o, "]}");
}

/* --- what there is ----------------------------------------------------------- */

static const struct name flag_names[] = {
	{ NTLM_NEGOTIATE_UNICODE,	"UNICODE" },
	{ NTLM_NEGOTIATE_OEM,		"OEM" },
	{ NTLM_REQUEST_TARGET,		"REQUEST_TARGET" },
	{ NTLM_NEGOTIATE_SIGN,		"SIGN" },
	{ NTLM_NEGOTIATE_SEAL,		"SEAL" },
	{ NTLM_NEGOTIATE_DATAGRAM,	"DATAGRAM" },
	{ NTLM_NEGOTIATE_LM_KEY,	"LM_KEY" },
	{ NTLM_NEGOTIATE_NTLM,		"NTLM" },
	{ NTLM_NEGOTIATE_ANONYMOUS,	"ANONYMOUS" },
	{ NTLM_DOMAIN_SUPPLIED,		"DOMAIN_SUPPLIED" },
	{ NTLM_WORKSTATION_SUPPLIED,	"WORKSTATION_SUPPLIED" },
	{ NTLM_LOCAL_CALL,		"LOCAL_CALL" },
	{ NTLM_NEGOTIATE_ALWAYS_SIGN,	"ALWAYS_SIGN" },
	{ NTLM_TARGET_TYPE_DOMAIN,	"TARGET_TYPE_DOMAIN" },
	{ NTLM_TARGET_TYPE_SERVER,	"TARGET_TYPE_SERVER" },
	{ NTLM_NEGOTIATE_ESS,		"EXTENDED_SESSIONSECURITY" },
	{ NTLM_NEGOTIATE_IDENTIFY,	"IDENTIFY" },
	{ NTLM_REQUEST_NON_NT_KEY,	"REQUEST_NON_NT_SESSION_KEY" },
	{ NTLM_NEGOTIATE_TARGET_INFO,	"TARGET_INFO" },
	{ NTLM_NEGOTIATE_VERSION,	"VERSION" },
	{ NTLM_NEGOTIATE_128,		"128" },
	{ NTLM_NEGOTIATE_KEY_EXCH,	"KEY_EXCH" },
	{ NTLM_NEGOTIATE_56,		"56" },
	{ 0, NULL }
};

static const struct name av_flag_names[] = {
	{ AV_FLAG_CONSTRAINED, "CONSTRAINED" }, { AV_FLAG_MIC, "MIC" }, { AV_FLAG_UNVERIFIED_SPN, "UNVERIFIED_TARGET_NAME" },
	{ 0, NULL }
};

static const char *const av_names[AV_KINDS] = {
	[AV_EOL]          = "EOL",
	[AV_NB_COMPUTER]  = "NbComputerName",
	[AV_NB_DOMAIN]    = "NbDomainName",
	[AV_DNS_COMPUTER] = "DnsComputerName",
	[AV_DNS_DOMAIN]   = "DnsDomainName",
	[AV_DNS_TREE]     = "DnsTreeName",
	[AV_FLAGS]        = "Flags",
	[AV_TIMESTAMP]    = "Timestamp",
	[AV_SINGLE_HOST]  = "SingleHost",
	[AV_TARGET_NAME]  = "TargetName",
	[AV_BINDINGS]     = "ChannelBindings",
};

static void
flags(struct out *o, uint32_t value, size_t offset)
{
	struct bytes at;

	(void)!bytes_part(&at, o->token, offset, 4);
	key(o, "flags", at);
	bits(o, value, flag_names);
}

static void
field(struct out *o, const char *name, struct bytes at)
{
	key(o, name, at);
	hex(o, at);
}

static void
name_field(struct out *o, const char *name, uint32_t flags, struct bytes at)
{
	key(o, name, at);
	text(o, flags, at);
}

static void
version(struct out *o, struct bytes v)
{
	if (v.len != NTLM_VERSION_LEN)
		return;
	key(o, "version", v);
	say(o, o->json ? "\"%u.%u.%u revision %u\"" : "%u.%u.%u revision %u", v.at[0], v.at[1], get_u16(v.at + 2), v.at[7]);
}

static void
pair_value(struct out *o, unsigned id, struct bytes value)
{
	struct reader r = reader_of(value);

	if (id == AV_FLAGS)
		bits(o, reader_u32(&r), av_flag_names);
	else if (id == AV_TIMESTAMP)
		filetime(o, reader_u64(&r));
	else if (id == AV_SINGLE_HOST || id == AV_BINDINGS || id >= AV_KINDS)
		hex(o, value);
	else
		text16(o, value);
}

static void
pairs(struct out *o, const char *name, const struct av_pairs *p)
{
	struct reader r = reader_of(p->list);

	group(o, name, p->list);
	open(o, '{');
	while (reader_left(&r)) {
		unsigned id = reader_u16(&r);
		struct bytes value = reader_bytes(&r, reader_u16(&r));
		char number[16];

		snprintf(number, sizeof number, "Av%u", id);
		key(o, id < AV_KINDS ? av_names[id] : number, value);
		pair_value(o, id, value);
	}
	close(o, '}');
}

/* --- the three messages ------------------------------------------------------- */

static bool
print_negotiate(struct out *o)
{
	struct negotiate m;

	if (!negotiate_take(&m, o->token))
		return false;
	flags(o, m.flags, 12);
	name_field(o, "domain", 0, m.domain);
	name_field(o, "workstation", 0, m.workstation);
	version(o, m.version);
	return true;
}

static bool
print_challenge(struct out *o)
{
	struct challenge m;
	struct av_pairs p = { 0 };

	if (!challenge_take(&m, o->token) || (m.target_info.len && !av_take(&p, m.target_info)))
		return false;
	flags(o, m.flags, 20);
	name_field(o, "target_name", m.flags, m.target_name);
	field(o, "challenge", bytes_of(o->token.at + 24, NTLM_CHALLENGE_LEN));
	if (m.target_info.len)
		pairs(o, "target_info", &p);
	version(o, m.version);
	return true;
}

static bool
print_nt(struct out *o, struct bytes nt)
{
	struct ntlm2_response r;

	if (nt.len <= NTLM_LM_LEN) {
		field(o, "nt_response", nt);
		return true;
	}
	if (!ntlm2_response_take(&r, nt))
		return false;
	group(o, "nt_response", nt);
	open(o, '{');
	field(o, "proof", bytes_of(nt.at, sizeof r.proof));
	key(o, "time", bytes_of(nt.at + 24, 8));
	filetime(o, r.blob.time);
	field(o, "client_challenge", bytes_of(nt.at + 32, sizeof r.blob.client));
	pairs(o, "pairs", &r.pairs);
	close(o, '}');
	return true;
}

static bool
print_authenticate(struct out *o)
{
	struct authenticate m;

	if (!authenticate_take(&m, o->token))
		return false;
	flags(o, m.flags, 60);
	name_field(o, "domain", m.flags, m.domain);
	name_field(o, "user", m.flags, m.user);
	name_field(o, "workstation", m.flags, m.workstation);
	field(o, "lm_response", m.lm);
	if (!print_nt(o, m.nt))
		return false;
	field(o, "session_key", m.wrapped_key);
	if (m.has_mic)
		field(o, "mic", bytes_of(o->token.at + m.mic_offset, NTLM_MIC_LEN));
	else if (o->json) {
		key(o, "mic", BYTES_NONE);
		say(o, "null");
	} else
		field(o, "mic", BYTES_NONE);
	version(o, m.version);
	return true;
}

bool
ntlm_print(struct writer *w, struct bytes token, bool json)
{
	static const char *const names[] = { "", "NEGOTIATE", "CHALLENGE", "AUTHENTICATE" };
	static bool (*const prints[])(struct out *) = { NULL, print_negotiate, print_challenge, print_authenticate };
	struct out o = { .w = w, .token = token, .json = json };
	enum ntlm_type type = ntlm_type_of(token);

	if (type == NTLM_NONE)
		return false;
	if (json)
		say(&o, "{\"package\":\"NTLM\",\"message\":\"%s\",\"length\":%zu", names[type], token.len);
	else
		say(&o, "NTLM %s, %zu bytes", names[type], token.len);
	if (!prints[type](&o))
		return false;
	say(&o, json ? "}" : "\n");
	return true;
}
