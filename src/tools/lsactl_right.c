/* SPDX-License-Identifier: MIT */
/*
 * lsactl_right.c - the LSA's policy: rights of accounts, private data, names
 * and SIDs, and what kind of machine this is. All through the policy API of
 * Windows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <ntstatus.h>

#include "tools/json.h"
#include "tools/password.h"
#include "tools/session.h"
#include "tools/wide.h"

#define RIGHTS_MOST 60

enum end
policy_open(const struct run *run, ACCESS_MASK access, LSA_HANDLE *ret_policy)
{
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, access, ret_policy);

	if (status == STATUS_SUCCESS)
		return END_OK;
	if (status == STATUS_ACCESS_DENIED)
		return fault_status(run, status, "policy cannot be opened for this", "run this as root");
	(void)fault_status(run, status, "policy cannot be opened", NULL);
	return END_NO_LSA;
}

/* --- names and SIDs -------------------------------------------------------------- */

static const char *
use_name(SID_NAME_USE use)
{
	static const char *const names[] = { "?", "user", "group", "domain", "alias", "well-known group", "deleted account",
		"invalid", "unknown", "computer", "label", "logon session" };

	return (unsigned)use < sizeof names / sizeof *names ? names[use] : "?";
}

void
account_text(LSA_HANDLE policy, PSID sid, char *to, size_t room, const char **ret_use)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_NAME *names = NULL;
	NTSTATUS status = LsaLookupSids(policy, 1, &sid, &domains, &names);
	char domain[400] = "", name[400] = "", text[SID_SHOWN];

	*ret_use = "unknown";
	if (names && status >= 0 && domains) {
		*ret_use = use_name(names[0].Use);
		(void)utf8_of(name, sizeof name, &names[0].Name);
		if (names[0].DomainIndex >= 0)
			(void)utf8_of(domain, sizeof domain, &domains->Domains[names[0].DomainIndex].Name);
	}
	if (status < 0)
		(void)snprintf(to, room, "%s", sid_show(text, sid));
	else
		(void)snprintf(to, room, "%s%s%s", domain, *domain && *name ? "\\" : "", name);
	(void)LsaFreeMemory(domains);
	(void)LsaFreeMemory(names);
}

/* "S-1-..." as it stands, else a name that is looked up. */
static enum end
account_sid(const struct run *run, LSA_HANDLE policy, const char *text, struct sid_room *ret_sid)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	struct wide name;
	char what[300];
	NTSTATUS status;

	if (sid_of(ret_sid, text))
		return END_OK;
	if (!wide_of(&name, text))
		return fault_plain(run, END_USAGE, "the name is not UTF-8 or too long", NULL);
	status = LsaLookupNames2(policy, 0, 1, &name.s, &domains, &sids);
	if (status == STATUS_SUCCESS) {
		const SID *sid = sids[0].Sid;

		memset(ret_sid, 0, sizeof *ret_sid);
		memcpy(ret_sid, sid, 8u + 4u * sid->SubAuthorityCount);
	}
	(void)LsaFreeMemory(domains);
	(void)LsaFreeMemory(sids);
	if (status == STATUS_SUCCESS)
		return END_OK;
	(void)snprintf(what, sizeof what, "nobody is called %.200s", text);
	return fault_status(run, status, what, "'lsactl user list' shows the accounts; a SID is understood, too");
}

enum end
lookup_any(const struct run *run, char **args, int count)
{
	struct sid_room sid;
	char name[900], text[SID_SHOWN];
	const char *use;
	LSA_HANDLE policy;
	enum end end = policy_open(run, POLICY_LOOKUP_NAMES, &policy);

	(void)count;
	if (end != END_OK)
		return end;
	end = account_sid(run, policy, args[0], &sid);
	if (end == END_OK) {
		account_text(policy, &sid, name, sizeof name, &use);
		(void)sid_show(text, &sid);
		if (run->json) {
			struct json j = { 0 };

			json_begin(&j, NULL, '{');
			json_bool(&j, "ok", true);
			json_text(&j, "name", name);
			json_text(&j, "sid", text);
			json_text(&j, "use", use);
			json_end(&j, '}');
		} else {
			say_text(name);
			printf(run->quiet ? " %s\n" : "  %s  (%s)\n", text, use);
		}
	}
	(void)LsaClose(policy);
	return end;
}

/* --- rights -------------------------------------------------------------------------- */

static void
rights_say(const struct run *run, struct json *j, LSA_HANDLE policy, PSID sid, const LSA_UNICODE_STRING *rights, ULONG count)
{
	char name[900], text[SID_SHOWN], right[200];
	const char *use;

	account_text(policy, sid, name, sizeof name, &use);
	(void)sid_show(text, sid);
	if (run->json) {
		json_begin(j, NULL, '{');
		json_text(j, "account", name);
		json_text(j, "sid", text);
		json_begin(j, "rights", '[');
		for (ULONG i = 0; i < count; i++)
			json_text(j, NULL, utf8_of(right, sizeof right, &rights[i]));
		json_end(j, ']');
		json_end(j, '}');
		return;
	}
	for (ULONG i = 0; i < count; i++) {
		if (run->quiet)
			printf("%s ", text);
		else if (i == 0) {
			say_text(name);
			printf("  %s\n", text);
		}
		printf(run->quiet ? "%s\n" : "    %s\n", utf8_of(right, sizeof right, &rights[i]));
	}
}

static NTSTATUS
rights_one(const struct run *run, struct json *j, LSA_HANDLE policy, PSID sid)
{
	LSA_UNICODE_STRING *rights = NULL;
	ULONG count = 0;
	NTSTATUS status = LsaEnumerateAccountRights(policy, sid, &rights, &count);

	if (status == STATUS_SUCCESS)
		rights_say(run, j, policy, sid, rights, count);
	(void)LsaFreeMemory(rights);
	return status;
}

enum end
right_list(const struct run *run, char **args, int count)
{
	LSA_ENUMERATION_INFORMATION *all = NULL;
	struct json j = { 0 };
	struct sid_room sid;
	LSA_HANDLE policy;
	ULONG n = 0;
	NTSTATUS status = STATUS_SUCCESS;
	enum end end = policy_open(run, POLICY_LOOKUP_NAMES | POLICY_VIEW_LOCAL_INFORMATION, &policy);

	if (end != END_OK)
		return end;
	if (count)
		end = account_sid(run, policy, args[0], &sid);
	else
		status = LsaEnumerateAccountsWithUserRight(policy, NULL, (PVOID *)&all, &n);
	/* Before the document is begun it must be sure that there is one. */
	if (end == END_OK && status == STATUS_SUCCESS) {
		LSA_UNICODE_STRING *rights = NULL;
		ULONG some;

		status = LsaEnumerateAccountRights(policy, count ? (PSID)&sid : all[0].Sid, &rights, &some);
		(void)LsaFreeMemory(rights);
	}
	if (end == END_OK && status != STATUS_SUCCESS)
		end = status == STATUS_OBJECT_NAME_NOT_FOUND ?
		    fault_status(run, status, "the account holds no right of its own", "groups of it may: 'lsactl right list' shows all") :
		    fault_status(run, status, "the rights cannot be listed", status == STATUS_ACCESS_DENIED ? "run this as root" : NULL);
	if (end == END_OK && status == STATUS_SUCCESS) {
		if (run->json) {
			json_begin(&j, NULL, '{');
			json_bool(&j, "ok", true);
			json_begin(&j, "accounts", '[');
		}
		if (count)
			(void)rights_one(run, &j, policy, &sid);
		for (ULONG i = 0; i < n; i++)
			(void)rights_one(run, &j, policy, all[i].Sid);
		if (run->json) {
			json_end(&j, ']');
			json_end(&j, '}');
		}
	}
	(void)LsaFreeMemory(all);
	(void)LsaClose(policy);
	return end;
}

static enum end
done(const struct run *run, const char *what)
{
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "what", what);
		json_end(&j, '}');
	} else if (!run->quiet) {
		say_text(what);
		putchar('\n');
	}
	return END_OK;
}

static enum end
right_change(const struct run *run, char **args, int count, bool add)
{
	static struct wide names[RIGHTS_MOST];
	LSA_UNICODE_STRING rights[RIGHTS_MOST];
	struct sid_room sid;
	char what[300];
	bool all = !add && strcmp(args[1], "all") == 0;
	LSA_HANDLE policy;
	NTSTATUS status;
	enum end end = policy_open(run, POLICY_LOOKUP_NAMES | (add ? POLICY_CREATE_ACCOUNT : 0), &policy);

	if (end == END_OK)
		end = account_sid(run, policy, args[0], &sid);
	if (end != END_OK)
		return end;
	for (int i = 1; i < count; i++) {
		if (!wide_of(&names[i - 1], args[i]))
			return fault_plain(run, END_USAGE, "the name of a right is not UTF-8", NULL);
		rights[i - 1] = names[i - 1].s;
	}
	status = add ? LsaAddAccountRights(policy, &sid, rights, (ULONG)count - 1) :
	    LsaRemoveAccountRights(policy, &sid, all, all ? NULL : rights, all ? 0 : (ULONG)count - 1);
	(void)snprintf(what, sizeof what, "%.200s: %s", args[0], add ? "rights added" : "rights removed");
	if (status == STATUS_SUCCESS)
		end = done(run, what);
	else
		end = fault_status(run, status, "the rights were not changed", status == STATUS_NO_SUCH_PRIVILEGE ?
		    "names are as SeBackupPrivilege or SeNetworkLogonRight" :
		    status == STATUS_ACCESS_DENIED ? "run this as root" : NULL);
	(void)LsaClose(policy);
	return end;
}

enum end
right_add(const struct run *run, char **args, int count)
{
	return right_change(run, args, count, true);
}

enum end
right_remove(const struct run *run, char **args, int count)
{
	return right_change(run, args, count, false);
}

/* --- private data ------------------------------------------------------------------------ */

static enum end
secret_fault(const struct run *run, NTSTATUS status, const char *what)
{
	return fault_status(run, status, what, status == STATUS_INVALID_PARAMETER ?
	    "a name has 1 to 255 characters and no backslash" : NULL);
}

static enum end
secret_put(const struct run *run, const char *name_text, const struct password *value)
{
	LSA_UNICODE_STRING data = { 0 };
	struct wide name;
	LSA_HANDLE policy;
	NTSTATUS status;
	enum end end;

	if (!wide_of(&name, name_text))
		return fault_plain(run, END_USAGE, "the name is not UTF-8 or too long", NULL);
	end = policy_open(run, POLICY_CREATE_SECRET, &policy);
	if (end != END_OK)
		return end;
	if (value) {
		data.Buffer = (PWSTR)(void *)(uintptr_t)value->text;
		data.Length = data.MaximumLength = (USHORT)strlen(value->text);
	}
	status = LsaStorePrivateData(policy, &name.s, value ? &data : NULL);
	end = status == STATUS_SUCCESS ? done(run, value ? "stored" : "deleted") :
	    secret_fault(run, status, value ? "the secret was not stored" : "the secret was not deleted");
	(void)LsaClose(policy);
	return end;
}

/* The bytes of one line, as they are. */
enum end
secret_set(const struct run *run, char **args, int count)
{
	struct password value;
	const char *fault = password_read(&value, "Secret: ", true);
	enum end end;

	(void)count;
	end = fault ? fault_plain(run, END_FAILED, fault, "nothing was stored") : secret_put(run, args[0], &value);
	password_drop(&value);
	return end;
}

enum end
secret_del(const struct run *run, char **args, int count)
{
	(void)count;
	return secret_put(run, args[0], NULL);
}

enum end
secret_get(const struct run *run, char **args, int count)
{
	LSA_UNICODE_STRING *data = NULL;
	struct wide name;
	LSA_HANDLE policy;
	NTSTATUS status;
	enum end end;

	(void)count;
	if (!wide_of(&name, args[0]))
		return fault_plain(run, END_USAGE, "the name is not UTF-8 or too long", NULL);
	end = policy_open(run, POLICY_GET_PRIVATE_INFORMATION, &policy);
	if (end != END_OK)
		return end;
	status = LsaRetrievePrivateData(policy, &name.s, &data);
	if (status != STATUS_SUCCESS) {
		end = secret_fault(run, status, "the secret cannot be read");
	} else if (run->json) {
		struct json j = { 0 };
		char *hex = calloc(2u * data->Length + 1u, 1);

		for (unsigned i = 0; hex && i < data->Length; i++)
			(void)snprintf(hex + 2u * i, 3, "%02x", ((const unsigned char *)data->Buffer)[i]);
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", hex != NULL);
		json_text(&j, "hex", hex ? hex : "");
		json_end(&j, '}');
		free(hex);
	} else {
		/* A file or a pipe gets the bytes and nothing else. */
		if (data->Length)
			(void)fwrite(data->Buffer, 1, data->Length, stdout);
	}
	(void)LsaFreeMemory(data);
	(void)LsaClose(policy);
	return end;
}

/* --- information --------------------------------------------------------------------------- */

enum end
policy_info(const struct run *run, char **args, int count)
{
	POLICY_ACCOUNT_DOMAIN_INFO *account = NULL;
	POLICY_PRIMARY_DOMAIN_INFO *primary = NULL;
	POLICY_LSA_SERVER_ROLE_INFO *role = NULL;
	POLICY_MODIFICATION_INFO *modified = NULL;
	char name[200], group[600], sid[SID_SHOWN], made[TIME_TEXT];
	LSA_HANDLE policy;
	NTSTATUS status;
	enum end end = policy_open(run, POLICY_VIEW_LOCAL_INFORMATION, &policy);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	status = LsaQueryInformationPolicy(policy, PolicyAccountDomainInformation, (PVOID *)&account);
	if (status == STATUS_SUCCESS)
		status = LsaQueryInformationPolicy(policy, PolicyPrimaryDomainInformation, (PVOID *)&primary);
	if (status == STATUS_SUCCESS)
		status = LsaQueryInformationPolicy(policy, PolicyLsaServerRoleInformation, (PVOID *)&role);
	if (status == STATUS_SUCCESS)
		status = LsaQueryInformationPolicy(policy, PolicyModificationInformation, (PVOID *)&modified);
	if (status != STATUS_SUCCESS) {
		end = fault_status(run, status, "policy cannot be read", NULL);
	} else {
		(void)utf8_of(name, sizeof name, &account->DomainName);
		(void)utf8_of(group, sizeof group, &primary->Name);
		(void)sid_show(sid, account->DomainSid);
		(void)time_text((ULONGLONG)modified->DatabaseCreationTime.QuadPart, made);
		if (run->json) {
			struct json j = { 0 };

			json_begin(&j, NULL, '{');
			json_bool(&j, "ok", true);
			json_text(&j, "account_domain", name);
			json_text(&j, "sid", sid);
			json_text(&j, "primary_domain", group);
			json_bool(&j, "joined", primary->Sid != NULL);
			json_text(&j, "role", role->LsaServerRole == PolicyServerRolePrimary ? "primary" : "backup");
			json_number(&j, "modified", (uint64_t)modified->ModifiedId.QuadPart);
			json_text(&j, "created", made);
			json_end(&j, '}');
		} else {
			printf("account domain  ");
			say_text(name);
			printf("\nSID             %s\nprimary domain  ", sid);
			say_text(group);
			printf("%s\nrole            %s\nchanges         %llu since %s\n", primary->Sid ? "" : " (not joined)",
			    role->LsaServerRole == PolicyServerRolePrimary ? "primary" : "backup",
			    (unsigned long long)modified->ModifiedId.QuadPart, made);
		}
	}
	(void)LsaFreeMemory(account);
	(void)LsaFreeMemory(primary);
	(void)LsaFreeMemory(role);
	(void)LsaFreeMemory(modified);
	(void)LsaClose(policy);
	return end;
}
