/* SPDX-License-Identifier: MIT */
/*
 * lsactl_status.c - how the LSA is, whether it answers, and what a status
 * code means.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ntstatus.h>

#include "tools/json.h"
#include "tools/lsactl.h"

enum end
status_show(const struct run *run, char **args, int count)
{
	OlsaStatusInfo s = { .Computer = "" };
	char time[TIME_TEXT];
	HANDLE lsa;
	NTSTATUS status;
	enum end end = link_open(run, &lsa);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	status = OlsaStatus(lsa, &s);
	if (status != STATUS_SUCCESS) {
		end = fault_status(run, status, "the LSA does not tell how it is", NULL);
	} else if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "mode", link_mode());
		json_text(&j, "computer", s.Computer);
		json_text(&j, "sid", s.Sid);
		json_text(&j, "started", time_text(s.Started, time));
		json_number(&j, "links", s.Links);
		json_number(&j, "calls", s.Calls);
		json_number(&j, "credentials", s.Credentials);
		json_number(&j, "contexts", s.Contexts);
		json_number(&j, "sessions", s.Sessions);
		json_number(&j, "handshakes", s.Handshakes);
		json_end(&j, '}');
	} else if (!run->quiet) {
		printf("mode          %s\n", link_mode());
		printf("computer      %s\n", s.Computer);
		printf("SID           %s\n", s.Sid);
		printf("started       %s\n", time_text(s.Started, time));
		printf("links         %u\n", s.Links);
		printf("calls         %u\n", s.Calls);
		printf("credentials   %u\n", s.Credentials);
		printf("contexts      %u\n", s.Contexts);
		printf("sessions      %u\n", s.Sessions);
		printf("handshakes    %llu\n", (unsigned long long)s.Handshakes);
	}
	link_close(lsa);
	return end;
}

static unsigned long long
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000u + (unsigned long long)t.tv_nsec / 1000u;
}

enum end
status_ping(const struct run *run, char **args, int count)
{
	HANDLE lsa;
	NTSTATUS status;
	unsigned long long took;
	enum end end = link_open(run, &lsa);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	took = now_us();
	status = OlsaPing(lsa);
	took = now_us() - took;
	if (status != STATUS_SUCCESS) {
		(void)fault_status(run, status, "the LSA does not answer", NULL);
		end = END_NO_LSA;
	} else if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "mode", link_mode());
		json_number(&j, "microseconds", took);
		json_end(&j, '}');
	} else if (!run->quiet) {
		printf("the LSA answers (%s, %llu us)\n", link_mode(), took);
	}
	link_close(lsa);
	return end;
}

/* 0x8009030C, 8009030C, 2148074252, -2146893044. */
static bool
code_take(LONG *ret_code, const char *text)
{
	bool hex = (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) ||
	    (strlen(text) == 8 && strspn(text, "0123456789abcdefABCDEF") == 8);
	long long value;
	char *rest;

	errno = 0;
	value = strtoll(text, &rest, hex ? 16 : 10);
	if (rest == text || *rest || errno || value > 0xFFFFFFFFll || value < -0x80000000ll)
		return false;
	*ret_code = (LONG)(ULONG)(value & 0xFFFFFFFFll);
	return true;
}

enum end
status_error(const struct run *run, char **args, int count)
{
	const char *name, *meaning;
	char what[80], code_text[16];
	LPSTR text = NULL;
	ULONG win32;
	LONG code;

	(void)count;
	if (!code_take(&code, args[0]))
		return fault_plain(run, END_USAGE, "a status is a number of 32 bits", "for example: lsactl error 0x8009030C");
	(void)snprintf(code_text, sizeof code_text, "0x%08X", (unsigned)code);
	name = OlsaStatusName(code);
	if (!name) {
		(void)snprintf(what, sizeof what, "%s is no status that is known here", code_text);
		return fault_plain(run, END_FAILED, what, NULL);
	}
	if (OlsaExplain(code, NULL, &text) != SEC_E_OK)
		text = NULL;
	/* "NAME: meaning\n" */
	meaning = text ? strstr(text, ": ") : NULL;
	meaning = meaning ? meaning + 2 : "";
	if (text)
		text[strcspn(text, "\n")] = '\0';
	win32 = LsaNtStatusToWinError(code);
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "status", code_text);
		json_text(&j, "name", name);
		json_text(&j, "meaning", meaning);
		json_number(&j, "win32", win32);
		json_end(&j, '}');
	} else if (run->quiet) {
		printf("%s\n", name);
	} else {
		printf("status    %s\nname      %s\nmeaning   %s\nWin32     %u\n", code_text, name, meaning, win32);
	}
	(void)FreeContextBuffer(text);
	return END_OK;
}
