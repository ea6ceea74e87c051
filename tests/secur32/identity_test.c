/*
 * identity_test.c - pAuthData in all its forms, and the helpers for opaque
 * identities. No LSA: what needs one (options 1 and 4) is a story test.
 * Covers secur32/identity.c, secur32/identity_api.c, secur32/ex2.c, secur32/held.c.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>
#include <sspi.h>
#include <ntstatus.h>

#include "base/utf16.h"
#include "secur32/ex2.h"
#include "secur32/identity.h"
#include "check.h"

#define U(text)		((unsigned short *)(uintptr_t)u##text)
#define PW(text)	((PCWSTR)(const void *)u##text)
#define UTF16(text)	bytes_of(u##text, sizeof u##text - 2)

static bool
same(struct bytes got, struct bytes want)
{
	return bytes_same(got, want);
}

/* --- the old structs ---------------------------------------------------- */

static const struct {
	const char *what;
	SEC_WINNT_AUTH_IDENTITY_W in;
	bool wide_call;
	SECURITY_STATUS status;
	const char *user, *domain, *password;	/* UTF-8; NULL: not there */
} olds[] = {
	{ "wide", { U("alice"), 5, U("DOM"), 3, U("pw"), 2, 2 }, false, 0, "alice", "DOM", "pw" },
	{ "narrow", { (void *)"alice", 5, (void *)"DOM", 3, (void *)"pw", 2, 1 }, true, 0, "alice", "DOM", "pw" },
	{ "UTF-8", { (void *)"Ren\xC3\xA9", 5, NULL, 0, NULL, 0, 1 }, true, 0, "Ren\xC3\xA9", NULL, NULL },
	{ "no width, wide call", { U("al"), 2, NULL, 0, NULL, 0, 0 }, true, 0, "al", NULL, NULL },
	{ "no width, narrow call", { (void *)"al", 2, NULL, 0, NULL, 0, 0 }, false, 0, "al", NULL, NULL },
	{ "lengths count, not NULs", { U("alice"), 2, U("DOM"), 1, U("pw"), 1, 2 }, true, 0, "al", "D", "p" },
	{ "anonymous", { NULL, 0, NULL, 0, NULL, 0, 2 }, true, 0, NULL, NULL, NULL },
	{ "blank password", { U("a"), 1, NULL, 0, U(""), 0, 2 }, true, 0, "a", NULL, "" },
	{ "empty user", { U(""), 0, NULL, 0, U("x"), 1, 2 }, true, 0, "", NULL, "x" },
	{ "identity only", { U("a"), 1, NULL, 0, U("x"), 1, 2 | 8 }, true, 0, "a", NULL, NULL },
	{ "marshalled UPN", { U("a@b"), 3, NULL, 0, NULL, 0, 2 | 4 }, true, 0, "a@b", NULL, NULL },
	{ "marshalled certificate", { U("@@BQ"), 4, NULL, 0, NULL, 0, 2 | 4 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "the same, narrow", { (void *)"@@BQ", 4, NULL, 0, NULL, 0, 1 | 4 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "both widths", { U("a"), 1, NULL, 0, NULL, 0, 3 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "length of nothing", { NULL, 1, NULL, 0, NULL, 0, 2 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "a version of another struct", { (void *)(uintptr_t)4, 1, NULL, 0, NULL, 0, 2 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "bad UTF-8", { (void *)"\xC3(", 2, NULL, 0, NULL, 0, 1 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "surrogate in UTF-8", { (void *)"\xED\xA0\x80", 3, NULL, 0, NULL, 0, 1 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "encrypted for nobody we know", { U("a"), 1, NULL, 0, U("x"), 1, 2 | 0x20 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
	{ "encrypted twice", { U("a"), 1, NULL, 0, U("x"), 1, 2 | 0x30 }, true, SEC_E_UNKNOWN_CREDENTIALS, 0, 0, 0 },
};

static bool
same_text(struct bytes utf16, bool has, const char *want)
{
	char text[64];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!want)
		return !has && utf16.len == 0;
	return has && utf8_from_utf16(&w, utf16) && same(bytes_of(text, w.need), bytes_of_text(want));
}

TEST(old_structs)
{
	for (size_t i = 0; i < sizeof olds / sizeof olds[0]; i++) {
		struct identity id = { .given = false };
		NTSTATUS st = identity_take(&id, &olds[i].in, olds[i].wide_call);
		bool good = st == olds[i].status;

		if (st == STATUS_SUCCESS)
			good = good && id.given && same_text(id.user, id.has_user, olds[i].user) &&
			    same_text(id.domain, id.has_domain, olds[i].domain) &&
			    same_text(id.password, id.has_password, olds[i].password);
		else
			good = good && !id.given && !id.keep;
		if (!CHECK(good))
			fprintf(stderr, "  in: %s (%s)\n", olds[i].what, "old");
		identity_drop(&id);
	}
}

TEST(nothing_is_given)
{
	struct identity id = { .given = true };

	CHECK_U64(identity_take(&id, NULL, true), STATUS_SUCCESS);
	CHECK(!id.given && !id.has_password && !id.keep);
	identity_drop(&id);
}

TEST(unpaired_surrogates_pass)
{
	static const uint16_t user[] = { 'a', 0xD800, 'b' };
	SEC_WINNT_AUTH_IDENTITY_W in = { (unsigned short *)(uintptr_t)user, 3, NULL, 0, NULL, 0, 2 };
	struct identity id;

	CHECK_U64(identity_take(&id, &in, true), STATUS_SUCCESS);
	CHECK(same(id.user, bytes_of(user, sizeof user)));
	identity_drop(&id);
}

/* Exactly at the limit, and one beyond, each field and width. */
TEST(lengths)
{
	static const unsigned most[3] = { 256, 255, 256 };
	static uint8_t text[1024];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = 'x';
	for (unsigned field = 0; field < 3; field++)
		for (unsigned wide = 0; wide < 2; wide++)
			for (unsigned more = 0; more < 2; more++) {
				SEC_WINNT_AUTH_IDENTITY_W in = { .Flags = wide ? 2 : 1 };
				struct identity id = { .given = false };
				ULONG len = most[field] + more;
				NTSTATUS want = more ? (NTSTATUS)SEC_E_UNKNOWN_CREDENTIALS : STATUS_SUCCESS;

				if (field == 0)
					in.User = (void *)text, in.UserLength = len;
				else if (field == 1)
					in.Domain = (void *)text, in.DomainLength = len;
				else
					in.Password = (void *)text, in.PasswordLength = len;
				CHECK_U64(identity_take(&id, &in, true), want);
				identity_drop(&id);
			}
}

/* 256 characters of two and of three bytes each are still 256. */
TEST(lengths_are_characters)
{
	char text[768];
	SEC_WINNT_AUTH_IDENTITY_A in = { (unsigned char *)text, 768, NULL, 0, NULL, 0, 1 };
	struct identity id;

	for (unsigned i = 0; i < 256; i++)
		memcpy(text + 3 * i, "\xE2\x82\xAC", 3);
	CHECK_U64(identity_take(&id, &in, true), STATUS_SUCCESS);
	CHECK_U64(id.user.len, 512);
	identity_drop(&id);
}

TEST(ex)
{
	SEC_WINNT_AUTH_IDENTITY_EXW in = { 0x200, sizeof in, U("al"), 2, U("D"), 1, U("p"), 1, 2, U("kerberos,!ntlm"), 14 };
	SEC_WINNT_AUTH_IDENTITY_EXA ansi = { 0x200, sizeof ansi, (unsigned char *)"al", 2, NULL, 0, NULL, 0, 1,
	    (unsigned char *)"!ntlm", 5 };
	struct identity id;

	CHECK_U64(identity_take(&id, &in, false), STATUS_SUCCESS);
	CHECK(same(id.packages, bytes_of_text("kerberos,!ntlm")) && same(id.user, UTF16("al")));
	identity_drop(&id);
	CHECK_U64(identity_take(&id, &ansi, true), STATUS_SUCCESS);
	CHECK(same(id.packages, bytes_of_text("!ntlm")) && same(id.user, UTF16("al")) && !id.has_domain);
	identity_drop(&id);
	in.Length = sizeof in - 1;
	CHECK_U64(identity_take(&id, &in, true), SEC_E_UNKNOWN_CREDENTIALS);
	in.Length = sizeof in;
	in.PackageListLength = 4000;
	CHECK_U64(identity_take(&id, &in, true), SEC_E_UNKNOWN_CREDENTIALS);
}

/* --- the block ------------------------------------------------------------ */

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE
made(PCWSTR user, PCWSTR domain, PCWSTR password)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

	CHECK_U64(SspiEncodeStringsAsAuthIdentity(user, domain, password, &id), SEC_E_OK);
	return id;
}

static bool
reads(const void *auth, struct bytes user, struct bytes password)
{
	struct identity id;
	bool good;

	if (identity_take(&id, auth, true) != STATUS_SUCCESS)
		return false;
	good = same(id.user, user) && same(id.password, password) && id.has_password;
	identity_drop(&id);
	return good;
}

/* A packed region without a header is the password itself; a nested one is unpacked. */
TEST(block_by_hand)
{
	static const uint8_t packed[] = {
		28, 0, 44, 0, 0x2f, 0xc3, 0xbf, 0x28, 0xf6, 0x10, 0x38, 0x47, 0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a,
		28, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 'p', 0, 'w', 0,
	};
	uint8_t block[160] = { 0 };
	struct ex2 b = { .user = UTF16("bob"), .has_user = true, .packed = UTF16("plain"), .has_packed = true };
	struct writer w = writer_of(block, sizeof block);

	ex2_put(&w, &b, 0);
	CHECK(reads(block, UTF16("bob"), UTF16("plain")));
	CHECK_U64(SspiEncryptAuthIdentity(block), SEC_E_INVALID_TOKEN);
	b.packed = bytes_of(packed, sizeof packed);
	w = writer_of(block, sizeof block);
	ex2_put(&w, &b, 0);
	put_u32(block + get_u32(block + 28), 28 | (uint32_t)sizeof packed << 16);
	CHECK(reads(block, UTF16("bob"), UTF16("pw")));
	block[get_u32(block + 28) + 4] ^= 1;		/* not the GUID of a password */
	CHECK(!reads(block, UTF16("bob"), UTF16("pw")));
}

/* Cut at each byte, each copy in memory of exactly its size, and each header byte set to each of a few values. */
TEST(block_cut_and_bent)
{
	static const uint8_t values[] = { 0, 1, 2, 0x2F, 0x30, 0x7F, 0x80, 0xFF };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(PW("alice"), PW("DOM"), PW("secret")), back;
	ULONG len = 0;
	char *flat = NULL;

	CHECK_U64(SspiMarshalAuthIdentity(id, &len, &flat), SEC_E_OK);
	for (ULONG cut = 0; cut < len; cut++) {
		char *part = malloc(cut ? cut : 1);

		bytes_copy(part, flat, cut);
		back = NULL;
		CHECK_U64(SspiUnmarshalAuthIdentity(cut, part, &back), SEC_E_INVALID_TOKEN);
		CHECK(!back);
		free(part);
	}
	for (ULONG at = 0; at < EX2_HEADER_LEN; at++)
		for (size_t v = 0; v < sizeof values; v++) {
			char *bent = malloc(len);

			bytes_copy(bent, flat, len);
			bent[at] = (char)values[v];
			back = NULL;
			if (SspiUnmarshalAuthIdentity(len, bent, &back) == SEC_E_OK) {
				(void)SspiValidateAuthIdentity(back);
				SspiFreeAuthIdentity(back);
			}
			free(bent);
		}
	back = NULL;
	CHECK_U64(SspiUnmarshalAuthIdentity(len, flat, &back), SEC_E_OK);
	CHECK(reads(back, UTF16("alice"), UTF16("secret")));
	SspiFreeAuthIdentity(back);
	SspiLocalFree(flat);
	SspiFreeAuthIdentity(id);
}

/* --- strings ------------------------------------------------------------------ */

TEST(strings_there_and_back)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = (void *)"untouched";
	PCWSTR user = PW("x"), domain = PW("x"), password = PW("x");

	CHECK_U64(SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &id), SEC_E_INVALID_TOKEN);
	CHECK_TEXT((char *)id, "untouched");
	CHECK_U64(SspiEncodeStringsAsAuthIdentity(PW("a"), NULL, NULL, NULL), SEC_E_INVALID_TOKEN);
	id = made(PW("alice"), NULL, PW("secret"));
	CHECK_U64(SspiEncodeAuthIdentityAsStrings(id, &user, &domain, &password), SEC_E_OK);
	CHECK(user && same(bytes_of(user, 12), bytes_of(u"alice", 12)));
	CHECK(!domain);
	CHECK(password && same(bytes_of(password, 14), bytes_of(u"secret", 14)));
	SspiLocalFree((void *)(uintptr_t)user);
	SspiLocalFree((void *)(uintptr_t)password);
	SspiFreeAuthIdentity(id);
	id = made(NULL, PW("D"), NULL);
	CHECK_U64(SspiEncodeAuthIdentityAsStrings(id, &user, &domain, &password), SEC_E_OK);
	CHECK(!user && domain && !password);
	SspiLocalFree((void *)(uintptr_t)domain);
	SspiFreeAuthIdentity(id);
	id = made(NULL, NULL, PW(""));
	CHECK(reads(id, BYTES_NONE, BYTES_NONE));
	SspiFreeAuthIdentity(id);
	CHECK_U64(SspiEncodeAuthIdentityAsStrings(NULL, &user, &domain, &password), SEC_E_INVALID_TOKEN);
	SspiFreeAuthIdentity(NULL);
	SspiZeroAuthIdentity(NULL);
	SspiLocalFree(NULL);
}

TEST(validate_and_copy)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(PW("alice"), PW("D"), PW("secret")), copy = NULL;
	SEC_WINNT_AUTH_IDENTITY_A old = { (unsigned char *)"al", 2, NULL, 0, (unsigned char *)"p", 1, 1 };

	CHECK_U64(SspiValidateAuthIdentity(NULL), SEC_E_INVALID_TOKEN);
	CHECK_U64(SspiValidateAuthIdentity(id), SEC_E_OK);
	CHECK_U64(SspiValidateAuthIdentity(&old), SEC_E_OK);
	CHECK_U64(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
	SspiFreeAuthIdentity(id);
	CHECK(reads(copy, UTF16("alice"), UTF16("secret")));
	SspiFreeAuthIdentity(copy);
	CHECK_U64(SspiCopyAuthIdentity(&old, &copy), SEC_E_OK);
	CHECK(reads(copy, UTF16("al"), UTF16("p")));
	SspiFreeAuthIdentity(copy);
	old.Flags = 3;
	CHECK_U64(SspiValidateAuthIdentity(&old), SEC_E_INVALID_TOKEN);
	CHECK_U64(SspiCopyAuthIdentity(NULL, &copy), SEC_E_INVALID_TOKEN);
}

TEST(compare)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE a = made(PW("Alice"), PW("DOM"), PW("one")), b = made(PW("aLICE"), PW("dom"), PW("one"));
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE c = made(PW("alice"), PW("dom"), PW("two"));
	BOOLEAN user, same_id;

	CHECK_U64(SspiCompareAuthIdentities(a, b, &user, &same_id), SEC_E_OK);
	CHECK(user == TRUE && same_id == TRUE);
	CHECK_U64(SspiCompareAuthIdentities(a, c, &user, &same_id), SEC_E_OK);
	CHECK(user == TRUE && same_id == FALSE);
	CHECK_U64(SspiCompareAuthIdentities(NULL, NULL, &user, &same_id), SEC_E_OK);
	CHECK(user == TRUE && same_id == TRUE);
	CHECK_U64(SspiCompareAuthIdentities(a, NULL, &user, &same_id), SEC_E_OK);
	CHECK(user == FALSE && same_id == FALSE);
	CHECK_U64(SspiEncryptAuthIdentity(b), SEC_E_OK);
	CHECK_U64(SspiCompareAuthIdentities(a, b, &user, &same_id), SEC_E_OK);
	CHECK(user == TRUE && same_id == TRUE);
	SspiFreeAuthIdentity(a);
	SspiFreeAuthIdentity(b);
	SspiFreeAuthIdentity(c);
}

TEST(exclude)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE a = made(PW("al"), NULL, PW("p")), b = NULL, c = NULL, d = NULL;
	struct identity id;

	CHECK_U64(SspiExcludePackage(a, PW("NTLM"), &b), SEC_E_OK);
	CHECK_U64(SspiExcludePackage(b, PW("ntlm"), &c), SEC_E_OK);
	CHECK_U64(SspiExcludePackage(c, PW("Kerberos"), &d), SEC_E_OK);
	CHECK_U64(identity_take(&id, d, true), STATUS_SUCCESS);
	CHECK(same(id.packages, bytes_of_text("!NTLM,!Kerberos")));
	identity_drop(&id);
	CHECK(reads(d, UTF16("al"), UTF16("p")));
	SspiFreeAuthIdentity(d);
	CHECK_U64(SspiExcludePackage(a, PW(""), &d), SEC_E_INVALID_PARAMETER);
	CHECK_U64(SspiExcludePackage(a, PW("a,b"), &d), SEC_E_INVALID_PARAMETER);
	CHECK_U64(SspiExcludePackage(a, NULL, &d), SEC_E_INVALID_PARAMETER);
	CHECK_U64(SspiExcludePackage(NULL, PW("NTLM"), &d), SEC_E_INVALID_TOKEN);
	SspiFreeAuthIdentity(a);
	SspiFreeAuthIdentity(b);
	SspiFreeAuthIdentity(c);
}

/* --- encryption ------------------------------------------------------------------ */

static bool
shows(const void *at, size_t len, const void *what, size_t what_len)
{
	return memmem(at, len, what, what_len) != NULL;
}

TEST(encrypt_a_block)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(PW("alice"), PW("D"), PW("secret")), copy = NULL;
	size_t len = ex2_len(id);
	uint8_t once[512];

	CHECK_U64(SspiIsAuthIdentityEncrypted(NULL), FALSE);
	CHECK_U64(SspiIsAuthIdentityEncrypted(id), FALSE);
	CHECK_U64(SspiDecryptAuthIdentity(id), SEC_E_OK);		/* of plain: nothing happens */
	CHECK(shows(id, len, u"secret", 12));
	CHECK_U64(SspiEncryptAuthIdentity(id), SEC_E_OK);
	CHECK_U64(SspiIsAuthIdentityEncrypted(id), TRUE);
	CHECK(!shows(id, len, u"secret", 12));
	bytes_copy(once, id, len < sizeof once ? len : sizeof once);
	CHECK_U64(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, id), SEC_E_OK);
	CHECK(same(bytes_of(once, len), bytes_of(id, len)));		/* twice is once */
	CHECK(reads(id, UTF16("alice"), UTF16("secret")));		/* a call takes it as it is */
	CHECK_U64(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
	CHECK_U64(SspiIsAuthIdentityEncrypted(copy), TRUE);
	CHECK_U64(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, id), SEC_E_DECRYPT_FAILURE);
	CHECK_U64(SspiDecryptAuthIdentity(id), SEC_E_OK);
	CHECK_U64(SspiIsAuthIdentityEncrypted(id), FALSE);
	CHECK(shows(id, len, u"secret", 12));
	CHECK_U64(SspiDecryptAuthIdentity(copy), SEC_E_OK);
	CHECK(reads(copy, UTF16("alice"), UTF16("secret")));
	CHECK_U64(SspiEncryptAuthIdentityEx(3, id), SEC_E_INVALID_PARAMETER);
	CHECK_U64(SspiEncryptAuthIdentityEx(0, id), SEC_E_INVALID_PARAMETER);
	CHECK_U64(SspiEncryptAuthIdentity(NULL), SEC_E_INVALID_TOKEN);
	CHECK_U64(SspiDecryptAuthIdentity(NULL), SEC_E_INVALID_TOKEN);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(copy);
}

TEST(encrypt_changed_is_found)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(PW("alice"), NULL, PW("secret"));
	uint8_t *at = id;

	CHECK_U64(SspiEncryptAuthIdentity(id), SEC_E_OK);
	at[get_u32(at + 28) + 3] ^= 1;
	CHECK_U64(SspiDecryptAuthIdentity(id), SEC_E_DECRYPT_FAILURE);
	CHECK(!reads(id, UTF16("alice"), UTF16("secret")));
	SspiFreeAuthIdentity(id);
}

TEST(encrypt_the_old_form)
{
	uint16_t password[] = { 's', 'e', 'c', 'r', 'e', 't' };
	SEC_WINNT_AUTH_IDENTITY_W in = { U("alice"), 5, NULL, 0, password, 6, 2 };

	CHECK_U64(SspiEncryptAuthIdentity(&in), SEC_E_OK);
	CHECK_U64(in.Flags, 2 | SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED);
	CHECK(!shows(password, sizeof password, u"secret", 12));
	CHECK(reads(&in, UTF16("alice"), UTF16("secret")));
	CHECK_U64(SspiDecryptAuthIdentity(&in), SEC_E_OK);
	CHECK(shows(password, sizeof password, u"secret", 12));
	CHECK_U64(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, &in), SEC_E_BUFFER_TOO_SMALL);
	SspiZeroAuthIdentity(&in);
	CHECK(!shows(password, sizeof password, u"s", 2));
}

/* A forked child has another key, and does not even have the parent's identities. */
TEST(not_for_a_child)
{
	uint16_t password[] = { 's', 'e', 'c', 'r', 'e', 't' };
	SEC_WINNT_AUTH_IDENTITY_W in = { U("alice"), 5, NULL, 0, password, 6, 2 };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(PW("alice"), NULL, PW("secret"));
	int status = -1;
	pid_t child;

	CHECK_U64(SspiEncryptAuthIdentity(&in), SEC_E_OK);
	child = fork();
	if (child == 0) {
		bool read = reads(&in, UTF16("alice"), UTF16("secret"));
		bool mine = ex2_len(id) != 0;

		SspiFreeAuthIdentity(id);
		_exit(read || mine);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK_U64(status, 0);
	SspiFreeAuthIdentity(id);
}

/* --- nothing stays behind ------------------------------------------------------------ */

/* The password, put together where no compiler can keep it whole in the program. */
static void
marker(uint16_t to[24])
{
	for (unsigned i = 0; i < 24; i++)
		to[i] = (uint16_t)(0x3041 + (i * 37 + 11) % 80);
}

/* How often in all of this process's writable memory. */
static unsigned
found_in_memory(const void *what, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long from, to;
	static uint8_t part[1 << 16];
	char line[512], rights[8];
	unsigned n = 0;

	while (maps && mem >= 0 && fgets(line, sizeof line, maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' || rights[1] != 'w')
			continue;
		for (unsigned long at = from; at < to; at += sizeof part - 64) {
			size_t want = to - at < sizeof part ? to - at : sizeof part;
			ssize_t got = pread(mem, part, want, (off_t)at);
			uint8_t *hit = part;

			while (got > 0 && (hit = memmem(hit, (size_t)(part + got - hit), what, len)) != NULL) {
				uintptr_t where = at + (uintptr_t)(hit - part);

				if (where < (uintptr_t)part || where >= (uintptr_t)part + sizeof part)
					n += where != (uintptr_t)what;
				hit++;
			}
		}
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	bytes_wipe(part, sizeof part);
	return n;
}

/* Under AddressSanitizer freed memory is kept and the map has terabytes: the plain build looks. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEARCHABLE false
#elif defined(__has_feature)
#define SEARCHABLE (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define SEARCHABLE true
#endif

TEST(nothing_stays_behind)
{
	uint16_t mark[25] = { 0 };
	SEC_WINNT_AUTH_IDENTITY_W in = { U("a"), 1, NULL, 0, mark, 24, 2 };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, copy = NULL, back = NULL;
	PCWSTR password = NULL;
	struct identity taken;
	ULONG len = 0;
	char *flat = NULL;

	if (!SEARCHABLE) {
		CHECK_SKIP("memory cannot be searched under a sanitizer");
		return;
	}
	marker(mark);
	CHECK_U64(identity_take(&taken, &in, true), STATUS_SUCCESS);
	CHECK(found_in_memory(mark, 48) >= 1);		/* the search finds what is there */
	identity_drop(&taken);
	id = made(PW("a"), NULL, (PCWSTR)(void *)mark);
	CHECK_U64(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
	CHECK_U64(SspiMarshalAuthIdentity(id, &len, &flat), SEC_E_OK);
	CHECK_U64(SspiUnmarshalAuthIdentity(len, flat, &back), SEC_E_OK);
	CHECK_U64(SspiEncodeAuthIdentityAsStrings(back, NULL, NULL, &password), SEC_E_OK);
	CHECK_U64(SspiEncryptAuthIdentity(copy), SEC_E_OK);
	CHECK_U64(SspiDecryptAuthIdentity(copy), SEC_E_OK);
	SspiLocalFree((void *)(uintptr_t)password);
	SspiLocalFree(flat);
	SspiFreeAuthIdentity(back);
	SspiFreeAuthIdentity(copy);
	SspiFreeAuthIdentity(id);
	CHECK_U64(found_in_memory(mark, 48), 0);
}

int
main(void)
{
	RUN(old_structs);
	RUN(nothing_is_given);
	RUN(unpaired_surrogates_pass);
	RUN(lengths);
	RUN(lengths_are_characters);
	RUN(ex);
	RUN(block_by_hand);
	RUN(block_cut_and_bent);
	RUN(strings_there_and_back);
	RUN(validate_and_copy);
	RUN(compare);
	RUN(exclude);
	RUN(encrypt_a_block);
	RUN(encrypt_changed_is_found);
	RUN(encrypt_the_old_form);
	RUN(not_for_a_child);
	RUN(nothing_stays_behind);
	return check_end();
}
