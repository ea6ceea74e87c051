/* SPDX-License-Identifier: MIT */
/*
 * lsactl_policy.c - policy: one number per name. What a name means, the LSA
 * knows; here it is a name, a value and its bounds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <ntstatus.h>

#include "tools/json.h"
#include "tools/lsactl.h"

#define POLICIES_MOST 1000u

static const char lockout[] = "lockout-threshold";

static enum end
policy_fault(const struct run *run, NTSTATUS status, const char *name, const char *what)
{
	char text[400];

	(void)snprintf(text, sizeof text, "the policy %.100s %s", name, what);
	return fault_status(run, status, text, status == STATUS_OBJECT_NAME_NOT_FOUND ?
	    "'lsactl policy list' shows the names" : status == STATUS_INVALID_PARAMETER ?
	    "'lsactl policy list' shows the bounds of each value" : NULL);
}

static void
policy_json(struct json *j, const OlsaPolicyInfo *info)
{
	json_text(j, "policy", info->Name);
	json_number(j, "value", info->Value);
	json_number(j, "least", info->Least);
	json_number(j, "most", info->Most);
	json_number(j, "usual", info->Usual);
}

static void
policy_say(const struct run *run, const OlsaPolicyInfo *info)
{
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		policy_json(&j, info);
		json_end(&j, '}');
	} else if (run->quiet) {
		printf("%u\n", info->Value);
	} else {
		printf("%-26s %6u   (%u to %u, usually %u)\n", info->Name, info->Value, info->Least, info->Most,
		    info->Usual);
	}
}

enum end
policy_list(const struct run *run, char **args, int count)
{
	static OlsaPolicyInfo list[POLICIES_MOST];
	struct run each = { .quiet = false };
	HANDLE lsa;
	NTSTATUS status = STATUS_SUCCESS;
	enum end end = link_open(run, &lsa);
	unsigned n = 0;

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	while (n < POLICIES_MOST && (status = OlsaPolicyGet(lsa, n, NULL, &list[n])) == STATUS_SUCCESS)
		n++;
	/* Behind the last of them. */
	if (status != STATUS_NO_MORE_ENTRIES && (status != STATUS_OBJECT_NAME_NOT_FOUND || n == 0)) {
		end = fault_status(run, status, "the policies cannot be listed", NULL);
	} else if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_begin(&j, "policies", '[');
		for (unsigned i = 0; i < n; i++) {
			json_begin(&j, NULL, '{');
			policy_json(&j, &list[i]);
			json_end(&j, '}');
		}
		json_end(&j, ']');
		json_end(&j, '}');
	} else {
		for (unsigned i = 0; i < n; i++) {
			if (run->quiet)
				printf("%s %u\n", list[i].Name, list[i].Value);
			else
				policy_say(&each, &list[i]);
		}
	}
	link_close(lsa);
	return end;
}

enum end
policy_get(const struct run *run, char **args, int count)
{
	OlsaPolicyInfo info;
	HANDLE lsa;
	NTSTATUS status;
	enum end end = link_open(run, &lsa);

	(void)count;
	if (end != END_OK)
		return end;
	status = OlsaPolicyGet(lsa, 0, args[0], &info);
	if (status == STATUS_SUCCESS)
		policy_say(run, &info);
	else
		end = policy_fault(run, status, args[0], "cannot be read");
	link_close(lsa);
	return end;
}

static enum end
policy_put(const struct run *run, const char *name, const char *text)
{
	OlsaPolicyInfo info;
	unsigned long value;
	char *rest;
	HANDLE lsa;
	NTSTATUS status;
	enum end end;

	errno = 0;
	value = strtoul(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest || errno || value > 0xFFFFFFFFul)
		return fault_plain(run, END_USAGE, "a policy's value is a number", "'lsactl policy list' shows the bounds");
	end = link_open(run, &lsa);
	if (end != END_OK)
		return end;
	status = OlsaPolicySet(lsa, name, (ULONG)value);
	if (status != STATUS_SUCCESS)
		end = policy_fault(run, status, name, "was not changed");
	else if ((run->json || !run->quiet) && OlsaPolicyGet(lsa, 0, name, &info) == STATUS_SUCCESS)
		policy_say(run, &info);
	link_close(lsa);
	return end;
}

enum end
policy_set(const struct run *run, char **args, int count)
{
	(void)count;
	return policy_put(run, args[0], args[1]);
}

enum end
policy_lockout(const struct run *run, char **args, int count)
{
	(void)count;
	return policy_put(run, lockout, args[0]);
}
