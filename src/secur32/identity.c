/*
 * identity.c - pAuthData, whatever it is, read into one form. Flags decides
 * the width of strings and not the function called; lengths are characters
 * and need no NUL; NULL is not the same as empty.
 *
 * Must never learn to know packages, or what a password is good for.
 */
#include "secur32/identity.h"

#include "base/utf16.h"
#include "secur32/ex2.h"
#include "secur32/identity_seal.h"

/* No mapping lies below; a version number of another struct read as a pointer does. */
#define LOWEST_POINTER	65536u

#define UPN_MARK_LEN	2u		/* "@@": what CredMarshalCredential writes */

/* One string of the caller as it stands there. */
struct field {
	const void *at;
	uint32_t chars;
	bool has;
};

/* The old structs, A and W, with and without Version: one shape. */
struct loose {
	struct field user, domain, password, packages;
	uint32_t flags;
	bool wide;
};

/* Everything as views, text in the width it came in; password always UTF-16 when it was packed. */
struct seen {
	struct bytes user, domain, password, packages;
	bool has_user, has_domain, has_password;
	bool wide, password_wide;
	uint32_t flags;
};

/* --- the old structs ---------------------------------------------------- */

static bool
field_good(const struct field *f, uint32_t most)
{
	if (!f->at)
		return f->chars == 0;
	return (uintptr_t)f->at >= LOWEST_POINTER && f->chars <= most;
}

static struct field
field_of(const void *at, ULONG chars)
{
	return (struct field){ at, chars, at != NULL };
}

static struct bytes
field_bytes(const struct field *f, bool wide)
{
	return bytes_of(f->at, (size_t)f->chars * (wide ? 2 : 1));
}

static bool
width_of(bool *ret_wide, uint32_t flags, bool wide_call)
{
	switch (flags & (SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE)) {
	case 0:					*ret_wide = wide_call; return true;
	case SEC_WINNT_AUTH_IDENTITY_ANSI:	*ret_wide = false; return true;
	case SEC_WINNT_AUTH_IDENTITY_UNICODE:	*ret_wide = true; return true;
	default:				return false;
	}
}

/* A and W have one layout; the string pointers are read as they stand. */
static void
loose_of_old(struct loose *l, const SEC_WINNT_AUTH_IDENTITY_W *a)
{
	l->user = field_of(a->User, a->UserLength);
	l->domain = field_of(a->Domain, a->DomainLength);
	l->password = field_of(a->Password, a->PasswordLength);
	l->packages = field_of(NULL, 0);
	l->flags = a->Flags;
}

static bool
loose_of_ex(struct loose *l, const SEC_WINNT_AUTH_IDENTITY_EXW *a)
{
	if (a->Length < sizeof *a)
		return false;
	l->user = field_of(a->User, a->UserLength);
	l->domain = field_of(a->Domain, a->DomainLength);
	l->password = field_of(a->Password, a->PasswordLength);
	l->packages = field_of(a->PackageList, a->PackageListLength);
	l->flags = a->Flags;
	return true;
}

/* UTF-8 may take three bytes for what is one unit: the real limits are applied after the conversion. */
static bool
see_loose(struct seen *s, const void *auth_data, bool wide_call, bool ex)
{
	struct loose l;
	uint32_t more;

	if (!ex)
		loose_of_old(&l, auth_data);
	else if (!loose_of_ex(&l, auth_data))
		return false;
	if (!width_of(&l.wide, l.flags, wide_call))
		return false;
	more = l.wide ? 1 : 3;
	if (!field_good(&l.user, more * IDENTITY_USER_MAX) || !field_good(&l.domain, more * IDENTITY_DOMAIN_MAX) ||
	    !field_good(&l.password, more * IDENTITY_PASSWORD_MAX) || !field_good(&l.packages, IDENTITY_PACKAGES_MAX))
		return false;
	*s = (struct seen){
		.user = field_bytes(&l.user, l.wide), .has_user = l.user.has,
		.domain = field_bytes(&l.domain, l.wide), .has_domain = l.domain.has,
		.password = field_bytes(&l.password, l.wide), .has_password = l.password.has,
		.packages = field_bytes(&l.packages, l.wide),
		.wide = l.wide, .password_wide = l.wide, .flags = l.flags,
	};
	return true;
}

/* --- the block ------------------------------------------------------------ */

static bool
see_block(struct seen *s, const void *auth_data)
{
	struct ex2 b;

	if (!ex2_take(&b, bytes_of(auth_data, ex2_len(auth_data))) || b.flags & SEC_WINNT_AUTH_IDENTITY_ANSI)
		return false;
	*s = (struct seen){
		.user = b.has_user ? b.user : BYTES_NONE, .has_user = b.has_user,
		.domain = b.has_domain ? b.domain : BYTES_NONE, .has_domain = b.has_domain,
		.password = b.packed, .has_password = b.has_packed,
		.packages = b.packages, .wide = true, .password_wide = true, .flags = b.flags,
	};
	return b.flags & EX2_ENCRYPTED || packed_password(&s->password, b.packed);
}

/* --- from what was seen to what is kept ------------------------------------- */

static bool
text_put(struct writer *w, struct bytes text, bool wide)
{
	if (!wide)
		return utf16_from_utf8(w, text);
	writer_bytes(w, text);			/* unpaired surrogates pass */
	return true;
}

static bool
list_put(struct writer *w, struct bytes list, bool wide)
{
	struct writer measure = writer_of(NULL, 0);

	if (wide)
		return utf8_from_utf16(w, list);
	writer_bytes(w, list);
	return utf16_from_utf8(&measure, list);
}

/* user | domain | password | packages, and where each ends. */
static bool
seen_put(struct writer *w, const struct seen *s, size_t ends[4])
{
	if (!text_put(w, s->user, s->wide))
		return false;
	ends[0] = w->need;
	if (!text_put(w, s->domain, s->wide))
		return false;
	ends[1] = w->need;
	if (!text_put(w, s->password, s->password_wide))
		return false;
	ends[2] = w->need;
	if (!list_put(w, s->packages, s->wide))
		return false;
	ends[3] = w->need;
	return true;
}

static bool
lengths_good(const size_t ends[4])
{
	return ends[0] <= 2 * IDENTITY_USER_MAX && ends[1] - ends[0] <= 2 * IDENTITY_DOMAIN_MAX &&
	    ends[2] - ends[1] <= 2 * IDENTITY_PASSWORD_MAX && ends[3] - ends[2] <= IDENTITY_PACKAGES_MAX;
}

/* A marshalled user that is not a UPN names a certificate or a target; those have no reader yet. */
static bool
is_marshalled(const struct seen *s)
{
	size_t unit = s->wide ? 2 : 1;

	return s->flags & SEC_WINNT_AUTH_IDENTITY_MARSHALLED && s->user.len >= UPN_MARK_LEN * unit &&
	    s->user.at[0] == '@' && s->user.at[unit] == '@' && (!s->wide || (s->user.at[1] == 0 && s->user.at[3] == 0));
}

static NTSTATUS
keep(struct identity *ret, const struct seen *s)
{
	struct writer w = writer_of(NULL, 0);
	struct identity id = { .given = true };
	size_t ends[4];
	uint8_t *p;
	bool good = false;

	if (!seen_put(&w, s, ends) || !lengths_good(ends))
		return SEC_E_UNKNOWN_CREDENTIALS;
	id.keep = secret_new(w.need);
	if (!id.keep)
		return SEC_E_INSUFFICIENT_MEMORY;
	WITH_SECRET(p, id.keep) {
		w = writer_of(p, secret_len(id.keep));
		good = seen_put(&w, s, ends) && writer_ok(&w);	/* the caller may be writing meanwhile */
		id.user = bytes_of(p, ends[0]);
		id.domain = bytes_of(p + ends[0], ends[1] - ends[0]);
		id.password = bytes_of(p + ends[1], ends[2] - ends[1]);
		id.packages = bytes_of(p + ends[2], ends[3] - ends[2]);
	}
	if (!good || !lengths_good(ends)) {
		secret_drop(&id.keep);
		return SEC_E_UNKNOWN_CREDENTIALS;
	}
	id.has_user = s->has_user;
	id.has_domain = s->has_domain;
	id.has_password = s->has_password;
	*ret = id;
	return STATUS_SUCCESS;
}

/* A view of the password in `plain`, decrypted; the caller drops `plain` when the view is no longer needed. */
static NTSTATUS
unseal(struct seen *s, bool block, struct secret **plain)
{
	NTSTATUS st;
	uint8_t *p;

	st = identity_unseal(plain, s->flags, s->password);
	if (st != STATUS_SUCCESS)
		return st == SEC_E_DECRYPT_FAILURE ? SEC_E_UNKNOWN_CREDENTIALS : st;
	WITH_SECRET(p, *plain)
		s->password = bytes_of(p, secret_len(*plain));
	if (block && !(packed_headed(s->password) && packed_password(&s->password, s->password)))
		return SEC_E_UNKNOWN_CREDENTIALS;
	return STATUS_SUCCESS;
}

/* Whatever it is. *ret_block: an EX2. */
static bool
see(struct seen *s, bool *ret_block, const void *auth_data, bool wide_call)
{
	uint32_t version = get_u32(auth_data);

	*ret_block = version == SEC_WINNT_AUTH_IDENTITY_VERSION_2;
	if (*ret_block)
		return see_block(s, auth_data);
	return see_loose(s, auth_data, wide_call, version == SEC_WINNT_AUTH_IDENTITY_VERSION);
}

NTSTATUS
identity_take(struct identity *ret, const void *auth_data, bool wide_call)
{
	struct secret *plain = NULL;
	struct seen s;
	bool block;
	NTSTATUS st = STATUS_SUCCESS;

	if (!auth_data) {
		*ret = (struct identity){ .given = false };
		return STATUS_SUCCESS;
	}
	if (!see(&s, &block, auth_data, wide_call) || is_marshalled(&s))
		return SEC_E_UNKNOWN_CREDENTIALS;
	if (s.has_password && s.flags & EX2_ENCRYPTED)
		st = unseal(&s, block, &plain);
	if (s.flags & SEC_WINNT_AUTH_IDENTITY_ONLY) {
		s.password = BYTES_NONE;
		s.has_password = false;
	}
	if (st == STATUS_SUCCESS)
		st = keep(ret, &s);
	secret_drop(&plain);
	return st;
}

void
identity_drop(struct identity *id)
{
	secret_drop(&id->keep);
	*id = (struct identity){ .given = false };
}

bool
identity_valid(const void *auth_data, bool wide_call)
{
	struct writer measure = writer_of(NULL, 0);
	size_t ends[4];
	struct seen s;
	bool block;

	if (!see(&s, &block, auth_data, wide_call) || is_marshalled(&s))
		return false;
	if (s.flags & (EX2_ENCRYPTED | SEC_WINNT_AUTH_IDENTITY_ONLY))	/* not readable, or not looked at */
		s.password = BYTES_NONE;
	return seen_put(&measure, &s, ends) && lengths_good(ends);
}

/* --- in the caller's memory --------------------------------------------------- */

bool
identity_place_of(struct identity_place *ret, void *auth_data, bool wide_call)
{
	struct identity_place place = { .whole = auth_data };
	struct bytes password;
	struct seen s;
	struct ex2 b;

	if (!see(&s, &place.block, auth_data, wide_call))
		return false;
	password = s.password;
	place.room = password.len;
	if (place.block) {
		if (!ex2_take(&b, bytes_of(auth_data, ex2_len(auth_data))))
			return false;
		password = b.packed;
		place.room = b.packed_room;
	}
	place.at = (uint8_t *)(uintptr_t)password.at;	/* writable, as the caller's struct declares it */
	place.len = password.len;
	place.flags = s.flags;
	place.has = s.has_password;
	*ret = place;
	return true;
}

void
identity_place_set(const struct identity_place *place, size_t len, uint32_t flags)
{
	if (place->block)
		ex2_patch(place->whole, len, flags);
	else if (get_u32(place->whole) == SEC_WINNT_AUTH_IDENTITY_VERSION)
		((SEC_WINNT_AUTH_IDENTITY_EXW *)place->whole)->Flags = flags;
	else
		((SEC_WINNT_AUTH_IDENTITY_W *)place->whole)->Flags = flags;
}

void
identity_wipe(void *auth_data, bool wide_call)
{
	struct seen s;
	bool block;

	if (!see(&s, &block, auth_data, wide_call))
		return;
	if (block) {
		bytes_wipe(auth_data, ex2_len(auth_data));
		return;
	}
	bytes_wipe((uint8_t *)(uintptr_t)s.password.at, s.password.len);
}
