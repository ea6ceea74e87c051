/*
 * marshal.c - where the strings stand in each structure, as a table, and the
 * two ways over it. Layouts: [MS-NLMP] and ntsecapi.h.
 */
#include "secur32/marshal.h"

#include <ntsecapi.h>

#include "secur32/memory.h"

#define STRINGS_MAX 4u

struct layout {
	uint32_t type;
	uint16_t size;			/* of the fixed part */
	uint16_t strings[STRINGS_MAX];	/* offsets of [UNICODE_]STRINGs; 0: none */
};

/* The longest first where a type has two forms: what is too short for it has the other. */
static const struct layout submits[] = {
	{ MsV1_0Lm20ChallengeRequest, sizeof(MSV1_0_LM20_CHALLENGE_REQUEST), { 0 } },
	{ MsV1_0Lm20GetChallengeResponse, sizeof(MSV1_0_GETCHALLENRESP_REQUEST), {
	    offsetof(MSV1_0_GETCHALLENRESP_REQUEST, Password), offsetof(MSV1_0_GETCHALLENRESP_REQUEST, UserName),
	    offsetof(MSV1_0_GETCHALLENRESP_REQUEST, LogonDomainName),
	    offsetof(MSV1_0_GETCHALLENRESP_REQUEST, ServerName) } },
	{ MsV1_0Lm20GetChallengeResponse, sizeof(MSV1_0_GETCHALLENRESP_REQUEST_V1), {
	    offsetof(MSV1_0_GETCHALLENRESP_REQUEST_V1, Password) } },
};

static const struct layout returns[] = {
	{ MsV1_0Lm20GetChallengeResponse, sizeof(MSV1_0_GETCHALLENRESP_RESPONSE), {
	    offsetof(MSV1_0_GETCHALLENRESP_RESPONSE, CaseSensitiveChallengeResponse),
	    offsetof(MSV1_0_GETCHALLENRESP_RESPONSE, CaseInsensitiveChallengeResponse),
	    offsetof(MSV1_0_GETCHALLENRESP_RESPONSE, UserName),
	    offsetof(MSV1_0_GETCHALLENRESP_RESPONSE, LogonDomainName) } },
};

static const struct layout *
layout_of(const struct layout *rows, size_t count, uint32_t type, size_t len, bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < count; i++)
		if (rows[i].type == type) {
			*ret_known = true;
			if (len >= rows[i].size)
				return &rows[i];
		}
	return NULL;
}

/*
 * A string in the caller's structure: an address inside the same buffer, or
 * (packed form) an offset; the address wins when both would fit.
 */
static bool
string_relocate(uint8_t *flat, size_t len, uint16_t at, const struct layout *row, uintptr_t base)
{
	UNICODE_STRING s;
	uintptr_t where, offset;
	uint64_t wire;

	bytes_copy(&s, flat + at, sizeof s);
	where = (uintptr_t)s.Buffer;
	offset = where - base;
	if (where < base || offset >= len)
		offset = where;
	if (s.Length && (offset < row->size || offset > len || s.Length > len - offset))
		return false;
	wire = s.Length ? offset : 0;
	bytes_zero(flat + at, sizeof s);
	bytes_copy(flat + at, &s.Length, sizeof s.Length);
	bytes_copy(flat + at + sizeof s.Length, &s.Length, sizeof s.Length);
	bytes_copy(flat + at + offsetof(UNICODE_STRING, Buffer), &wire, sizeof s.Buffer);
	return true;
}

NTSTATUS
marshal_submit(struct secret **ret_flat, const void *submit, size_t len)
{
	const struct layout *row;
	struct secret *flat;
	bool known, good = true;
	uint8_t *p;

	if (!submit || len < 4 || len > 60000)
		return STATUS_INVALID_PARAMETER;
	row = layout_of(submits, sizeof submits / sizeof *submits, get_u32(submit), len, &known);
	if (known && !row)
		return STATUS_INVALID_PARAMETER;
	flat = secret_of(bytes_of(submit, len));
	if (!flat)
		return STATUS_QUOTA_EXCEEDED;
	WITH_SECRET(p, flat)
		for (unsigned i = 0; row && good && i < STRINGS_MAX && row->strings[i]; i++)
			good = string_relocate(p, len, row->strings[i], row, (uintptr_t)submit);
	if (!good) {
		secret_drop(&flat);
		return STATUS_INVALID_PARAMETER;
	}
	*ret_flat = flat;
	return STATUS_SUCCESS;
}

void *
marshal_return(struct bytes flat)
{
	uint8_t *block = buffer_new(BUFFER_RETURN, flat.len);
	const struct layout *row = NULL;
	bool known;

	if (!block)
		return NULL;
	bytes_copy(block, flat.at, flat.len);
	if (flat.len >= 4)
		row = layout_of(returns, sizeof returns / sizeof *returns, get_u32(block), flat.len, &known);
	for (unsigned i = 0; row && i < STRINGS_MAX && row->strings[i]; i++) {
		UNICODE_STRING s;
		uintptr_t offset;

		bytes_copy(&s, block + row->strings[i], sizeof s);
		offset = (uintptr_t)s.Buffer;
		if (offset < row->size || offset > flat.len || s.Length > flat.len - offset)
			s = (UNICODE_STRING){ 0 };
		else
			s.Buffer = (PWSTR)(void *)(block + offset);
		bytes_copy(block + row->strings[i], &s, sizeof s);
	}
	return block;
}
