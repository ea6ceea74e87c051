/*
 * pac_make.h - a PAC as a domain controller makes it, from the structures of
 * [MS-PAC], for tests: the writer that the reader under test has not seen.
 */
#ifndef OPENLSA_TESTS_PKG_KERBEROS_PAC_MAKE_H
#define OPENLSA_TESTS_PKG_KERBEROS_PAC_MAKE_H

#include <string.h>

#include "base/bytes.h"
#include "base/sid.h"
#include "base/utf16.h"

#define MAKE_GROUPS 4

struct pac_make {
	const char *user, *domain;		/* UTF-8 */
	struct sid domain_sid;
	uint32_t rid, primary;
	uint32_t rids[MAKE_GROUPS], rid_attributes[MAKE_GROUPS], rid_count;
	struct sid extras[MAKE_GROUPS];
	uint32_t extra_count;
	struct sid resource_domain;
	uint32_t resources[MAKE_GROUPS], resource_count;
	uint32_t flags;				/* UserFlags */
};

static inline struct bytes
make_utf16(uint8_t *to, size_t cap, const char *text)
{
	struct writer w = writer_of(to, cap);
	bool good = utf16_from_utf8(&w, bytes_of_text(text));

	return bytes_of(to, good && writer_ok(&w) ? w.need : 0);
}

static inline void
make_align(struct writer *w, size_t base, size_t to)
{
	while ((w->need - base) % to)
		writer_u8(w, 0);
}

static inline void
make_text_head(struct writer *w, struct bytes text, uint32_t *referent)
{
	writer_u16(w, (uint16_t)text.len);
	writer_u16(w, (uint16_t)text.len);
	writer_u32(w, text.len ? *referent += 4 : 0);
}

static inline void
make_text(struct writer *w, size_t base, struct bytes text)
{
	if (!text.len)
		return;
	make_align(w, base, 4);
	writer_u32(w, (uint32_t)text.len / 2);
	writer_u32(w, 0);
	writer_u32(w, (uint32_t)text.len / 2);
	writer_bytes(w, text);
}

static inline void
make_sid(struct writer *w, size_t base, const struct sid *sid)
{
	make_align(w, base, 4);
	writer_u32(w, sid->count);
	sid_put(w, sid);
}

/* KERB_VALIDATION_INFO, 2.5, with the headers of [MS-RPCE] 2.2.6. */
static inline size_t
make_logon_info(uint8_t *to, size_t cap, const struct pac_make *m)
{
	struct writer w = writer_of(to, cap);
	uint8_t user8[600], domain8[600], dc8[16];
	struct bytes user = make_utf16(user8, sizeof user8, m->user), domain = make_utf16(domain8, sizeof domain8, m->domain),
	    dc = make_utf16(dc8, sizeof dc8, "DC1");
	uint32_t referent = 0x00020000;
	size_t base;

	writer_u8(&w, 1);
	writer_u8(&w, 0x10);
	writer_u16(&w, 8);
	writer_u32(&w, 0xcccccccc);
	writer_u32(&w, 0);			/* the length, later */
	writer_u32(&w, 0xcccccccc);
	base = w.need;
	writer_u32(&w, referent);
	for (int i = 0; i < 6; i++)		/* LogonTime to PasswordMustChange */
		writer_u64(&w, 0x01d9000000000000ull + (unsigned)i);
	make_text_head(&w, user, &referent);	/* EffectiveName */
	for (int i = 0; i < 5; i++)		/* FullName to HomeDirectoryDrive */
		make_text_head(&w, BYTES_NONE, &referent);
	writer_u16(&w, 7);			/* LogonCount */
	writer_u16(&w, 0);
	writer_u32(&w, m->rid);
	writer_u32(&w, m->primary);
	writer_u32(&w, m->rid_count);
	writer_u32(&w, m->rid_count ? referent += 4 : 0);
	writer_u32(&w, m->flags);
	writer_zeros(&w, 16);			/* UserSessionKey */
	make_text_head(&w, dc, &referent);
	make_text_head(&w, domain, &referent);
	writer_u32(&w, referent += 4);		/* LogonDomainId */
	writer_zeros(&w, 8);			/* Reserved1 */
	writer_u32(&w, 0x10);			/* UserAccountControl */
	writer_zeros(&w, 4 + 16 + 4 + 4);	/* SubAuthStatus to Reserved3 */
	writer_u32(&w, m->extra_count);
	writer_u32(&w, m->extra_count ? referent += 4 : 0);
	writer_u32(&w, m->resource_count ? referent += 4 : 0);
	writer_u32(&w, m->resource_count);
	writer_u32(&w, m->resource_count ? referent += 4 : 0);
	make_text(&w, base, user);
	if (m->rid_count) {
		make_align(&w, base, 4);
		writer_u32(&w, m->rid_count);
		for (uint32_t i = 0; i < m->rid_count; i++) {
			writer_u32(&w, m->rids[i]);
			writer_u32(&w, m->rid_attributes[i]);
		}
	}
	make_text(&w, base, dc);
	make_text(&w, base, domain);
	make_sid(&w, base, &m->domain_sid);
	if (m->extra_count) {
		writer_u32(&w, m->extra_count);
		for (uint32_t i = 0; i < m->extra_count; i++) {
			writer_u32(&w, referent += 4);
			writer_u32(&w, 7);
		}
		for (uint32_t i = 0; i < m->extra_count; i++)
			make_sid(&w, base, &m->extras[i]);
	}
	if (m->resource_count) {
		make_sid(&w, base, &m->resource_domain);
		writer_u32(&w, m->resource_count);
		for (uint32_t i = 0; i < m->resource_count; i++) {
			writer_u32(&w, m->resources[i]);
			writer_u32(&w, 0x20000007);
		}
	}
	make_align(&w, base, 8);
	writer_patch_u32(&w, 8, (uint32_t)(w.need - base));
	return writer_ok(&w) ? w.need : 0;
}

/* UPN_DNS_INFO with the extension, 2.10. */
static inline size_t
make_upn(uint8_t *to, size_t cap, const struct pac_make *m, const char *upn, const char *sam)
{
	struct writer w = writer_of(to, cap);
	uint8_t upn8[200], dns8[200], sam8[200];
	struct bytes u = make_utf16(upn8, sizeof upn8, upn), d = make_utf16(dns8, sizeof dns8, "OPENLSA.TEST"),
	    s = make_utf16(sam8, sizeof sam8, sam);
	uint16_t at = 24;
	struct sid sid;

	if (!sid_child(&sid, &m->domain_sid, m->rid))
		return 0;
	writer_u16(&w, (uint16_t)u.len);
	writer_u16(&w, at);
	at = (uint16_t)(at + (u.len + 7) / 8 * 8);
	writer_u16(&w, (uint16_t)d.len);
	writer_u16(&w, at);
	at = (uint16_t)(at + (d.len + 7) / 8 * 8);
	writer_u32(&w, 2);
	writer_u16(&w, (uint16_t)s.len);
	writer_u16(&w, at);
	at = (uint16_t)(at + (s.len + 7) / 8 * 8);
	writer_u16(&w, (uint16_t)sid_size(&sid));
	writer_u16(&w, at);
	make_align(&w, 0, 8);
	writer_bytes(&w, u);
	make_align(&w, 0, 8);
	writer_bytes(&w, d);
	make_align(&w, 0, 8);
	writer_bytes(&w, s);
	make_align(&w, 0, 8);
	sid_put(&w, &sid);
	return writer_ok(&w) ? w.need : 0;
}

/* PACTYPE of such parts, 2.3. */
static inline size_t
make_pac(uint8_t *to, size_t cap, const uint32_t *types, const struct bytes *parts, uint32_t count)
{
	struct writer w = writer_of(to, cap);
	uint64_t at = 8 + 16ull * count;

	writer_u32(&w, count);
	writer_u32(&w, 0);
	for (uint32_t i = 0; i < count; i++) {
		writer_u32(&w, types[i]);
		writer_u32(&w, (uint32_t)parts[i].len);
		writer_u64(&w, at);
		at = (at + parts[i].len + 7) / 8 * 8;
	}
	for (uint32_t i = 0; i < count; i++) {
		writer_bytes(&w, parts[i]);
		make_align(&w, 0, 8);
	}
	return writer_ok(&w) ? w.need : 0;
}

/* A user of a domain with a group of each kind. */
static inline struct pac_make
make_example(void)
{
	struct pac_make m = { .user = "alice", .domain = "OPENLSA", .rid = 1104, .primary = 513, .rid_count = 3,
	    .rids = { 513, 1110, 1111 }, .rid_attributes = { 7, 7, 0x10 }, .extra_count = 2, .resource_count = 2,
	    .resources = { 1200, 1201 }, .flags = 0x220 };
	bool good = sid_of_text(&m.domain_sid, bytes_of_text("S-1-5-21-11-22-33")) &&
	    sid_of_text(&m.extras[0], bytes_of_text("S-1-18-1")) &&
	    sid_of_text(&m.extras[1], bytes_of_text("S-1-5-21-44-55-66-777")) &&
	    sid_of_text(&m.resource_domain, bytes_of_text("S-1-5-21-77-88-99"));

	if (!good)
		m.user = "";
	return m;
}

#endif
