/*
 * ntlm_msg.c - NTLM messages as bytes.
 *
 * Pure: no clock, no keys, no allocation, no LSA. What goes in comes out, so
 * a test is a table of hex. Layouts: [MS-NLMP] 2.2.1, AV pairs 2.2.2.1.
 */
#include "pkg/ntlm/ntlm_msg.h"

#define AUTHENTICATE_HEADER	64u	/* without Version and MIC */
#define CHALLENGE_SHORT		32u	/* up to the server's challenge */
#define CHALLENGE_HEADER	48u	/* with TargetInfo */
#define NEGOTIATE_SHORT		16u	/* up to the flags */
#define NEGOTIATE_HEADER	32u

static const uint8_t ntlm_signature[8] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0 };

/* 10.0, build 0, NTLMSSP_REVISION_W2K3: peers look at the last byte alone. */
const uint8_t ntlm_version[NTLM_VERSION_LEN] = { 10, 0, 0, 0, 0, 0, 0, 15 };

/* --- what all messages share ------------------------------------------ */

/* A message being taken: what its fields named, to find where the payload begins. */
struct msg_reader {
	struct reader r;
	size_t payload;		/* the smallest offset of a field that is not empty */
};

static struct msg_reader
msg_open(struct bytes wire, enum ntlm_type type)
{
	struct msg_reader m = { .r = reader_of(wire), .payload = wire.len };

	reader_expect(&m.r, ntlm_signature, sizeof ntlm_signature);
	reader_expect_u32(&m.r, type);
	return m;
}

/* Length, allocated length (ignored on receipt), offset: 2.2.1. An empty field's offset means nothing. */
static struct bytes
msg_field(struct msg_reader *m)
{
	uint16_t len = reader_u16(&m->r);
	uint32_t offset;
	struct bytes part;

	reader_skip(&m->r, 2);
	offset = reader_u32(&m->r);
	if (len == 0)
		return BYTES_NONE;
	if (!bytes_part(&part, m->r.whole, offset, len))
		reader_spoil(&m->r);
	else if (offset < m->payload)
		m->payload = offset;
	return part;
}

/* The eight bytes at `at` belong to a header that reaches behind them, and the payload begins no earlier. */
static struct bytes
msg_version(const struct msg_reader *m, size_t at)
{
	struct bytes version = BYTES_NONE;

	if (m->payload >= at + NTLM_VERSION_LEN &&
	    !bytes_part(&version, m->r.whole, at, NTLM_VERSION_LEN))
		return BYTES_NONE;
	return version;
}

static bool
text_fits(uint32_t flags, struct bytes text)
{
	return !(flags & NTLM_NEGOTIATE_UNICODE) || text.len % 2 == 0;
}

/* A message being written: the payload follows the header in the order of the puts. */
struct msg_writer {
	struct writer *w;
	uint32_t payload;
};

static void
msg_begin(struct msg_writer *m, struct writer *w, enum ntlm_type type, size_t header)
{
	*m = (struct msg_writer){ .w = w, .payload = (uint32_t)header };
	writer_bytes(w, bytes_of(ntlm_signature, sizeof ntlm_signature));
	writer_u32(w, type);
}

static void
msg_put_field(struct msg_writer *m, struct bytes field)
{
	writer_u16(m->w, (uint16_t)field.len);
	writer_u16(m->w, (uint16_t)field.len);
	writer_u32(m->w, m->payload);
	m->payload += (uint32_t)field.len;
}

/* No field is longer than its length can say; offsets then fit too. */
static bool
fields_fit(const struct bytes *fields, size_t count)
{
	for (size_t n = 0; n < count; n++)
		if (fields[n].len > UINT16_MAX)
			return false;
	return true;
}

static bool
version_fits(struct bytes version)
{
	return version.len == 0 || version.len == NTLM_VERSION_LEN;
}

enum ntlm_type
ntlm_type_of(struct bytes wire)
{
	struct reader r = reader_of(wire);
	uint32_t type;

	reader_expect(&r, ntlm_signature, sizeof ntlm_signature);
	type = reader_u32(&r);
	return reader_ok(&r) && type <= NTLM_AUTHENTICATE ? (enum ntlm_type)type : NTLM_NONE;
}

/* --- NEGOTIATE: 2.2.1.1 ----------------------------------------------- */

/* Old clients stop behind the flags; what the flags do not announce is ignored. */
bool
negotiate_take(struct negotiate *m, struct bytes wire)
{
	struct msg_reader r = msg_open(wire, NTLM_NEGOTIATE);

	*m = (struct negotiate){ .flags = reader_u32(&r.r) };
	if (wire.len == NEGOTIATE_SHORT)
		return reader_ok(&r.r) && !(m->flags & (NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED));
	if (m->flags & NTLM_DOMAIN_SUPPLIED)
		m->domain = msg_field(&r);
	else
		reader_skip(&r.r, 8);
	if (m->flags & NTLM_WORKSTATION_SUPPLIED)
		m->workstation = msg_field(&r);
	else
		reader_skip(&r.r, 8);
	if (!reader_ok(&r.r) || r.payload < NEGOTIATE_HEADER)
		return false;
	if (!(m->flags & NTLM_NEGOTIATE_VERSION))
		return true;
	m->version = msg_version(&r, NEGOTIATE_HEADER);
	return m->version.len || r.payload == NEGOTIATE_HEADER;		/* all of it or nothing */
}

bool
negotiate_put(struct writer *w, const struct negotiate *m)
{
	const struct bytes fields[] = { m->domain, m->workstation };
	struct msg_writer out;

	if (!fields_fit(fields, 2) || !version_fits(m->version))
		return false;
	msg_begin(&out, w, NTLM_NEGOTIATE, NEGOTIATE_HEADER + m->version.len);
	writer_u32(w, m->flags);
	msg_put_field(&out, m->domain);
	msg_put_field(&out, m->workstation);
	writer_bytes(w, m->version);
	writer_bytes(w, m->domain);
	writer_bytes(w, m->workstation);
	return true;
}

/* --- CHALLENGE: 2.2.1.2 ----------------------------------------------- */

bool
challenge_take(struct challenge *m, struct bytes wire)
{
	struct msg_reader r = msg_open(wire, NTLM_CHALLENGE);
	size_t header = CHALLENGE_SHORT;

	*m = (struct challenge){ 0 };
	m->target_name = msg_field(&r);
	m->flags = reader_u32(&r.r);
	reader_fixed(&r.r, m->challenge, sizeof m->challenge);
	if (m->flags & NTLM_NEGOTIATE_TARGET_INFO) {
		reader_skip(&r.r, 8);
		m->target_info = msg_field(&r);
		header = CHALLENGE_HEADER;
	}
	if (m->flags & NTLM_NEGOTIATE_VERSION)
		m->version = msg_version(&r, CHALLENGE_HEADER);
	return reader_ok(&r.r) && r.payload >= header && text_fits(m->flags, m->target_name);
}

bool
challenge_put(struct writer *w, const struct challenge *m)
{
	const struct bytes fields[] = { m->target_name, m->target_info };
	struct msg_writer out;

	if (!fields_fit(fields, 2) || !version_fits(m->version))
		return false;
	msg_begin(&out, w, NTLM_CHALLENGE, CHALLENGE_HEADER + m->version.len);
	msg_put_field(&out, m->target_name);
	writer_u32(w, m->flags);
	writer_bytes(w, bytes_of(m->challenge, sizeof m->challenge));
	writer_zeros(w, 8);
	msg_put_field(&out, m->target_info);
	writer_bytes(w, m->version);
	writer_bytes(w, m->target_name);
	writer_bytes(w, m->target_info);
	return true;
}

/* --- AUTHENTICATE: 2.2.1.3 -------------------------------------------- */

/*
 * Nothing in the message says whether there is a MIC; the room before the
 * payload does. Windows leaves the eight bytes of Version even where the flag
 * is clear, so room for both means 72.
 */
static void
authenticate_find_mic(struct authenticate *m, size_t payload)
{
	size_t behind_version = AUTHENTICATE_HEADER + NTLM_VERSION_LEN;

	m->has_mic = true;
	if (payload >= behind_version + NTLM_MIC_LEN)
		m->mic_offset = behind_version;
	else if (payload >= AUTHENTICATE_HEADER + NTLM_MIC_LEN && !(m->flags & NTLM_NEGOTIATE_VERSION))
		m->mic_offset = AUTHENTICATE_HEADER;
	else
		m->has_mic = false;
}

static bool
authenticate_sizes(const struct authenticate *m)
{
	if (m->lm.len > 1 && m->lm.len != NTLM_LM_LEN)
		return false;
	if (m->nt.len != 0 && m->nt.len != NTLM_LM_LEN && m->nt.len < 48)
		return false;
	if (m->wrapped_key.len != 0 && m->wrapped_key.len != 16)
		return false;
	return text_fits(m->flags, m->domain) && text_fits(m->flags, m->user) &&
	    text_fits(m->flags, m->workstation);
}

bool
authenticate_take(struct authenticate *m, struct bytes wire)
{
	struct msg_reader r = msg_open(wire, NTLM_AUTHENTICATE);

	*m = (struct authenticate){ 0 };
	m->lm = msg_field(&r);
	m->nt = msg_field(&r);
	m->domain = msg_field(&r);
	m->user = msg_field(&r);
	m->workstation = msg_field(&r);
	m->wrapped_key = msg_field(&r);
	m->flags = reader_u32(&r.r);
	if (!reader_ok(&r.r) || r.payload < AUTHENTICATE_HEADER)
		return false;
	authenticate_find_mic(m, r.payload);
	if (!m->has_mic || m->mic_offset > AUTHENTICATE_HEADER)
		m->version = msg_version(&r, AUTHENTICATE_HEADER);
	return authenticate_sizes(m);
}

size_t
authenticate_mic_offset(const struct authenticate *m)
{
	return AUTHENTICATE_HEADER + m->version.len;
}

/* Payload in Windows' order: domain, user, workstation, LM, NT, key. */
bool
authenticate_put(struct writer *w, const struct authenticate *m)
{
	const struct bytes fields[] = { m->domain, m->user, m->workstation, m->lm, m->nt, m->wrapped_key };
	const struct bytes *in_header[] = { &m->lm, &m->nt, &m->domain, &m->user, &m->workstation, &m->wrapped_key };
	static const uint8_t place[] = { 3, 4, 0, 1, 2, 5 };	/* in the payload, of each in the header */
	struct msg_writer out;
	uint32_t at[6], payload;

	if (!fields_fit(fields, 6) || !version_fits(m->version) || !authenticate_sizes(m))
		return false;
	payload = (uint32_t)authenticate_mic_offset(m) + (m->has_mic ? NTLM_MIC_LEN : 0);
	for (size_t n = 0; n < 6; n++) {
		at[n] = payload;
		payload += (uint32_t)fields[n].len;
	}
	msg_begin(&out, w, NTLM_AUTHENTICATE, 0);
	for (size_t n = 0; n < 6; n++) {
		out.payload = at[place[n]];
		msg_put_field(&out, *in_header[n]);
	}
	writer_u32(w, m->flags);
	writer_bytes(w, m->version);
	if (m->has_mic)
		writer_zeros(w, NTLM_MIC_LEN);
	for (size_t n = 0; n < 6; n++)
		writer_bytes(w, fields[n]);
	return true;
}
