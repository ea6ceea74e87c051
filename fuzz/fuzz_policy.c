/*
 * fuzz_policy.c - the policy API: any calls in any order with any access,
 * names, SIDs, rights, secrets, keys of trust, audit settings of all and of
 * users, and security descriptors with both lists.
 *
 * Oracle: what was stored is what is read, and what was refused is not; a
 * handle without the access gets nothing changed; what is returned can be
 * read, and freed once.
 */
#include "party.h"

#include <ntsecapi.h>

#define SLOTS 6u

static struct { LSA_HANDLE h; ACCESS_MASK access; } slots[SLOTS];

/* What a secret of that number must be; MISSING: not there. */
#define SECRETS 4u
#define MISSING UINT32_MAX
static struct { uint32_t len; uint8_t at[64]; } secrets[SECRETS];

static void
begin(void)
{
	party_make();
	for (unsigned i = 0; i < SECRETS; i++)
		secrets[i].len = MISSING;
}

/* A string of the input; freed with the block that it is in. */
static LSA_UNICODE_STRING
string(struct feed *f, uint8_t **ret_block)
{
	struct bytes b = feed_bytes(f, feed_u8(f) & 0x7fu);
	LSA_UNICODE_STRING s = { 0 };

	*ret_block = exact_copy(b);
	/* Odd lengths are refused, but for some. */
	s.Length = (USHORT)(b.len % 11 == 9 ? b.len : b.len & ~(size_t)1);
	s.MaximumLength = (USHORT)b.len;
	s.Buffer = (PWSTR)(void *)*ret_block;
	return s;
}

static LSA_UNICODE_STRING
ascii(WCHAR *to, const char *text)
{
	USHORT n = 0;

	for (; text[n]; n++)
		to[n] = (WCHAR)(unsigned char)text[n];
	return (LSA_UNICODE_STRING){ (USHORT)(2 * n), (USHORT)(2 * n), to };
}

struct fuzz_sid { SID sid; DWORD more[14]; };

static struct fuzz_sid
sid(struct feed *f)
{
	struct fuzz_sid s;
	uint8_t how = feed_u8(f);

	memset(&s, 0, sizeof s);
	s.sid.Revision = how == 255 ? feed_u8(f) : 1;
	s.sid.SubAuthorityCount = how == 254 ? feed_u8(f) % 16 : (BYTE)(how % 6);
	s.sid.IdentifierAuthority.Value[5] = how & 0x80 ? feed_u8(f) : 22;
	for (unsigned i = 0; i < s.sid.SubAuthorityCount; i++)
		(&s.sid.SubAuthority[0])[i] = i == 0 ? feed_u8(f) % 24 : feed_u16(f);
	return s;
}

static void
read_all(const void *at, size_t len)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)at)[i]);
}

static void
do_open(struct feed *f)
{
	static const ACCESS_MASK some[] = { POLICY_ALL_ACCESS, POLICY_LOOKUP_NAMES, POLICY_CREATE_SECRET, MAXIMUM_ALLOWED, POLICY_READ, POLICY_WRITE };
	LSA_OBJECT_ATTRIBUTES none;
	unsigned slot = feed_u8(f) % SLOTS;
	ACCESS_MASK access = feed_u8(f) & 1 ? some[feed_u8(f) % 6] : feed_u32(f);
	NTSTATUS status;

	memset(&none, 0, sizeof none);
	if (slots[slot].h)
		MUST(LsaClose(slots[slot].h) == STATUS_SUCCESS);
	slots[slot].h = NULL;
	status = LsaOpenPolicy(NULL, &none, access, &slots[slot].h);
	MUST(status == STATUS_SUCCESS || (status < 0 && !slots[slot].h));
	slots[slot].access = access;
}

static void
do_secret(struct feed *f, LSA_HANDLE h)
{
	static const char *const names[SECRETS] = { "L$one", "G$two", "three", "$MACHINE.ACC" };
	unsigned which = feed_u8(f) % SECRETS;
	struct bytes b = feed_bytes(f, feed_u8(f) & 63u);
	LSA_UNICODE_STRING value = { (USHORT)b.len, (USHORT)b.len, (PWSTR)(uintptr_t)b.at }, *got = NULL, name;
	WCHAR text[32];
	NTSTATUS status;
	uint8_t how = feed_u8(f) % 4;

	name = ascii(text, names[which]);
	if (how == 0) {
		status = LsaStorePrivateData(h, &name, NULL);
		if (status == STATUS_SUCCESS)
			secrets[which].len = MISSING;
	} else if (how < 3) {
		status = LsaStorePrivateData(h, &name, &value);
		if (status == STATUS_SUCCESS) {
			secrets[which].len = (uint32_t)b.len;
			bytes_copy(secrets[which].at, b.at, b.len);
		}
	} else {
		status = LsaRetrievePrivateData(h, &name, &got);
		if (status == STATUS_SUCCESS) {
			MUST(secrets[which].len != MISSING && got->Length == secrets[which].len);
			MUST(!got->Length || memcmp(got->Buffer, secrets[which].at, got->Length) == 0);
			MUST(LsaFreeMemory(got) == STATUS_SUCCESS);
		} else {
			MUST(!got && (status != STATUS_OBJECT_NAME_NOT_FOUND || secrets[which].len == MISSING));
		}
	}
}

static void
do_any_secret(struct feed *f, LSA_HANDLE h)
{
	uint8_t *block[2];
	LSA_UNICODE_STRING name = string(f, &block[0]), value = string(f, &block[1]), *got = NULL;

	if (LsaStorePrivateData(h, &name, &value) == STATUS_SUCCESS) {
		(void)LsaRetrievePrivateData(h, &name, &got);
		if (got)
			read_all(got->Buffer, got->Length);
		LsaFreeMemory(got);
		MUST(LsaStorePrivateData(h, &name, NULL) == STATUS_SUCCESS);
	}
	free(block[0]);
	free(block[1]);
}

static void
do_rights(struct feed *f, LSA_HANDLE h)
{
	static const char *const names[] = { "SeBatchLogonRight", "SeServiceLogonRight", "SeTcbPrivilege", "SeDenyNetworkLogonRight", "sedebugprivilege", "nonsense" };
	struct fuzz_sid who = sid(f);
	LSA_UNICODE_STRING list[3], *back = NULL;
	WCHAR text[3][32];
	uint8_t *block;
	ULONG count = feed_u8(f) % 4, held = 0;
	uint8_t how = feed_u8(f);
	NTSTATUS status;

	for (unsigned i = 0; i < 3; i++)
		list[i] = ascii(text[i], names[feed_u8(f) % 6]);
	list[2] = string(f, &block);
	if (how & 1)
		status = LsaAddAccountRights(h, &who, list, count);
	else
		status = LsaRemoveAccountRights(h, &who, how & 2, list, count);
	if (LsaEnumerateAccountRights(h, &who, &back, &held) == STATUS_SUCCESS) {
		for (ULONG i = 0; i < held; i++)
			read_all(back[i].Buffer, back[i].Length);
		/* A removal of all leaves nothing. */
		MUST(!(status == STATUS_SUCCESS && !(how & 1) && how & 2) || held == 0);
		MUST(!(status == STATUS_SUCCESS && how & 1 && count) || held > 0);
	}
	LsaFreeMemory(back);
	free(block);
}

static void
do_lookup(struct feed *f, LSA_HANDLE h)
{
	struct fuzz_sid one = sid(f), two = sid(f);
	PSID sids[2] = { &one, &two };
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_NAME *names = NULL;
	LSA_TRANSLATED_SID2 *found = NULL;
	LSA_UNICODE_STRING list[2];
	uint8_t *block[2];
	NTSTATUS status;

	status = LsaLookupSids(h, 2, sids, &domains, &names);
	for (unsigned i = 0; names && i < 2; i++) {
		read_all(names[i].Name.Buffer, names[i].Name.Length);
		MUST(status < 0 || names[i].DomainIndex < (LONG)domains->Entries);
	}
	LsaFreeMemory(domains);
	LsaFreeMemory(names);
	domains = NULL;
	list[0] = string(f, &block[0]);
	list[1] = string(f, &block[1]);
	status = LsaLookupNames2(h, feed_u8(f) & 1 ? 0x80000000u : 0, 2, list, &domains, &found);
	for (unsigned i = 0; found && i < 2; i++) {
		MUST(status < 0 || found[i].DomainIndex < (LONG)domains->Entries);
		if (found[i].Sid)
			read_all(found[i].Sid, 8 + 4u * ((SID *)found[i].Sid)->SubAuthorityCount);
	}
	LsaFreeMemory(domains);
	LsaFreeMemory(found);
	free(block[0]);
	free(block[1]);
}

static void
do_info(struct feed *f, LSA_HANDLE h)
{
	POLICY_INFORMATION_CLASS which = (POLICY_INFORMATION_CLASS)(feed_u8(f) % 18);
	void *info = NULL;
	uint8_t *block[3];

	if (feed_u8(f) & 1) {
		POLICY_DNS_DOMAIN_INFO dns;
		struct fuzz_sid s = sid(f);

		memset(&dns, 0, sizeof dns);
		dns.Name = string(f, &block[0]);
		dns.DnsDomainName = string(f, &block[1]);
		dns.DnsForestName = string(f, &block[2]);
		dns.Sid = &s;
		(void)LsaSetInformationPolicy(h, PolicyDnsDomainInformation, &dns);
		for (unsigned i = 0; i < 3; i++)
			free(block[i]);
	}
	(void)LsaQueryInformationPolicy(h, which, &info);
	LsaFreeMemory(info);
}

static void
do_trust(struct feed *f, LSA_HANDLE h)
{
	struct fuzz_sid s = sid(f);
	struct bytes key = feed_bytes(f, feed_u8(f));
	LSA_AUTH_INFORMATION keys[2] = { { .AuthType = feed_u8(f) & 3u, .AuthInfoLength = (ULONG)key.len, .AuthInfo = (PUCHAR)(uintptr_t)key.at } };
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .Sid = &s, .TrustDirection = feed_u8(f), .TrustType = feed_u8(f), .TrustAttributes = feed_u32(f) };
	TRUSTED_DOMAIN_AUTH_INFORMATION auth = { feed_u8(f) & 1, &keys[0], &keys[0], feed_u8(f) & 1, &keys[0], NULL };
	TRUSTED_PASSWORD_INFO *back = NULL;
	TRUSTED_DOMAIN_INFORMATION_EX *seen = NULL;
	LSA_HANDLE made = NULL;
	uint8_t *block[2];

	ex.Name = string(f, &block[0]);
	ex.FlatName = string(f, &block[1]);
	if (LsaCreateTrustedDomainEx(h, &ex, &auth, 0xF007F, &made) == STATUS_SUCCESS) {
		if (LsaQueryTrustedDomainInfo(h, &s, TrustedDomainInformationEx, (PVOID *)&seen) == STATUS_SUCCESS)
			MUST(seen->Name.Length == ex.Name.Length && seen->TrustType == ex.TrustType);
		LsaFreeMemory(seen);
		if (LsaQueryTrustedDomainInfo(h, &s, TrustedPasswordInformation, (PVOID *)&back) == STATUS_SUCCESS)
			read_all(back->Password.Buffer, back->Password.Length);
		LsaFreeMemory(back);
		MUST(LsaClose(made) == STATUS_SUCCESS);
		MUST(LsaDeleteTrustedDomain(h, &s) != STATUS_NO_SUCH_DOMAIN);
	} else {
		MUST(!made);
	}
	free(block[0]);
	free(block[1]);
}

static void
do_audit(struct feed *f)
{
	AUDIT_POLICY_INFORMATION set[2], *back = NULL;
	GUID *subs = NULL, which;
	ULONG count = 0;

	memset(set, 0, sizeof set);
	if (!AuditEnumerateSubCategories(NULL, TRUE, &subs, &count))
		return;
	which = subs[feed_u8(f) % count];
	for (unsigned i = 0; i < 2; i++) {
		set[i].AuditSubCategoryGuid = i ? subs[feed_u8(f) % count] : which;
		set[i].AuditingInformation = feed_u8(f) & 7u;
	}
	if (feed_u8(f) == 7)
		set[0].AuditSubCategoryGuid.Data2 ^= 1;
	if (AuditSetSystemPolicy(set, 1)) {
		ULONG wanted = set[0].AuditingInformation & 3u;

		MUST(memcmp(&set[0].AuditSubCategoryGuid, &which, sizeof which) == 0);
		/* Nothing said, or both: either may stand. */
		if (AuditQuerySystemPolicy(&which, 1, &back) && wanted && !(set[0].AuditingInformation & POLICY_AUDIT_EVENT_NONE))
			MUST((back->AuditingInformation & 3u) == wanted);
	}
	AuditFree(back);
	AuditFree(subs);
}

/* A user's own: what was set is what is read, and it comes to both together. */
static void
do_audit_user(struct feed *f)
{
	AUDIT_POLICY_INFORMATION set, *own = NULL, *all = NULL, *both = NULL;
	POLICY_AUDIT_SID_ARRAY *users = NULL;
	struct fuzz_sid who = sid(f);
	GUID *subs = NULL;
	ULONG count = 0;

	memset(&set, 0, sizeof set);
	if (!AuditEnumerateSubCategories(NULL, TRUE, &subs, &count))
		return;
	set.AuditSubCategoryGuid = subs[feed_u8(f) % count];
	set.AuditingInformation = feed_u8(f) & 0x3fu;
	if (AuditSetPerUserPolicy(&who, &set, 1) && AuditQueryPerUserPolicy(&who, &set.AuditSubCategoryGuid, 1, &own) &&
	    AuditQuerySystemPolicy(&set.AuditSubCategoryGuid, 1, &all) &&
	    AuditComputeEffectivePolicyBySid(&who, &set.AuditSubCategoryGuid, 1, &both)) {
		ULONG with = (own->AuditingInformation & 1) | (own->AuditingInformation & 4) >> 1;

		MUST(!set.AuditingInformation || own->AuditingInformation == set.AuditingInformation);
		MUST((both->AuditingInformation & with) == with);
		MUST(!(both->AuditingInformation & ~(all->AuditingInformation | with) & 3u));
	}
	if (AuditEnumeratePerUserPolicy(&users))
		for (ULONG i = 0; i < users->UsersCount; i++)
			read_all(users->UserSidArray[i], 8 + 4u * ((SID *)users->UserSidArray[i])->SubAuthorityCount);
	AuditFree(users);
	AuditFree(own);
	AuditFree(all);
	AuditFree(both);
	AuditFree(subs);
}

/* A list that the input wrote: its size is true, whatever its entries are. NULL: there is none. */
static ACL *
list(struct feed *f)
{
	uint8_t how = feed_u8(f);
	struct bytes b = feed_bytes(f, feed_u8(f) & 0x7fu);
	size_t len = sizeof(ACL) + b.len;
	ACL *l = how == 0 ? NULL : malloc(len);

	if (!l)
		return NULL;
	memcpy(l + 1, b.at, b.len);
	*l = (ACL){ .AclRevision = how & 1 ? 2 : 4, .AclSize = (WORD)len, .AceCount = (WORD)(how >> 4) };
	return l;
}

/* Of the LSA's objects and of audit policy: what was taken is given back, list by list. */
static void
do_guard(struct feed *f, LSA_HANDLE h)
{
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = (WORD)(feed_u8(f) & 0x14) };
	SECURITY_INFORMATION parts = feed_u8(f) & 0xFu;
	uint8_t how = feed_u8(f);
	SECURITY_DESCRIPTOR_RELATIVE *back = NULL;
	struct fuzz_sid owner = sid(f);
	const char *kind = how & 1 ? "File" : "Key";
	ACL *global = NULL;

	d.Dacl = list(f);
	d.Sacl = list(f);
	if (parts & OWNER_SECURITY_INFORMATION)
		d.Owner = &owner;
	switch (how >> 1 & 3) {
	case 0:
		if (LsaSetSecurityObject(h, parts, &d) == STATUS_SUCCESS && LsaQuerySecurityObject(h, parts, (PSECURITY_DESCRIPTOR *)&back) == STATUS_SUCCESS)
			MUST(!(parts & SACL_SECURITY_INFORMATION) || ((d.Control & 0x10) && d.Sacl) == (back->Sacl != 0));
		LsaFreeMemory(back);
		break;
	case 1:
		if (AuditSetSecurity(parts, &d) && AuditQuerySecurity(parts, (PSECURITY_DESCRIPTOR *)&back))
			MUST(!(parts & DACL_SECURITY_INFORMATION) || back->Dacl);
		AuditFree(back);
		break;
	default:
		if (AuditSetGlobalSaclA(kind, d.Sacl)) {
			MUST(AuditQueryGlobalSaclA(kind, &global) == (d.Sacl != NULL));
			MUST(!global || (global->AclSize == d.Sacl->AclSize && memcmp(global, d.Sacl, global->AclSize) == 0));
			SspiLocalFree(global);
		}
		break;
	}
	free(d.Dacl);
	free(d.Sacl);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);

	if (!begun) {
		begin();
		begun = true;
	}
	for (unsigned calls = 0; f.left && calls < 24; calls++) {
		uint8_t what = feed_u8(&f);
		LSA_HANDLE h = what & 0x80 ? (LSA_HANDLE)(uintptr_t)feed_u16(&f) : slots[(what >> 4) % SLOTS].h;

		switch (what & 7) {
		case 0: do_open(&f); break;
		case 1: do_secret(&f, h); break;
		case 2: do_any_secret(&f, h); break;
		case 3: do_rights(&f, h); break;
		case 4: do_lookup(&f, h); break;
		case 5: do_info(&f, h); break;
		case 6: do_trust(&f, h); break;
		default:
			if (what & 0x08)
				feed_u8(&f) & 1 ? do_audit_user(&f) : do_guard(&f, h);
			else
				do_audit(&f);
			break;
		}
	}
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].h) {
			MUST(LsaClose(slots[i].h) == STATUS_SUCCESS);
			slots[i].h = NULL;
		}
	return 0;
}
