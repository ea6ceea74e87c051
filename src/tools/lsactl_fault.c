/* SPDX-License-Identifier: MIT */
/*
 * lsactl_fault.c - a failure as a person reads it: what failed, the reasons
 * from the inside out, and what to do next.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <ntstatus.h>

#include "tools/json.h"
#include "tools/lsactl.h"

struct hint {
	LONG status;
	const char *next;
};

static const struct hint hints[] = {
	{ STATUS_NO_SUCH_USER,             "'lsactl user list' shows the accounts" },
	{ STATUS_USER_EXISTS,              "choose another name, or change it with 'lsactl user passwd'" },
	{ STATUS_OBJECT_NAME_INVALID,      "a name has 1 to 256 characters and none of \"/\\[]:;|=,+*?<>" },
	{ STATUS_PORT_CONNECTION_REFUSED,  "compare OPENLSA_SOCKET with the socket of lsad, and who runs it" },
	{ STATUS_OBJECT_PATH_NOT_FOUND,    "set OPENLSA_STATE to a folder of your own, or HOME" },
	{ STATUS_PORT_DISCONNECTED,        "lsad has gone: start it again and look into its log" },
	{ STATUS_IO_TIMEOUT,               "lsad does not answer: look into its log" },
	{ STATUS_SHARING_VIOLATION,        "lsad serves this folder: set OPENLSA_MODE=daemon to talk to it" },
	{ SEC_E_LOGON_DENIED,              "check name and password; 'lsactl user show NAME' tells of a lock" },
	{ SEC_E_INVALID_TOKEN,             "give an NTLM token as base64, hex, or the whole HTTP header line" },
};

static const char *
hint_of(LONG status)
{
	if (status == STATUS_ACCESS_DENIED)
		return OlsaMode() == OLSA_MODE_DAEMON ?
		    "run it as root, as the user of lsad, or as a member of the group lsa-admin" :
		    "the state folder (OPENLSA_STATE) must be yours, with mode 0700";
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].status == status)
			return hints[i].next;
	return NULL;
}

void
say_text(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	for (; *c; c++) {
		bool c1 = c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;	/* U+0080 to U+009F */

		putchar(*c < 0x20 || *c == 0x7F || c1 ? '?' : *c);
		c += c1;
	}
}

const char *
time_text(ULONGLONG filetime, char text[TIME_TEXT])
{
	time_t seconds = (time_t)(filetime / 10000000u) - 11644473600;
	struct tm tm;

	if (!filetime || !gmtime_r(&seconds, &tm) || !strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return "never";
	return text;
}

static void
json_lines(struct json *j, const char *key, const char *lines)
{
	json_begin(j, key, '[');
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char line[512];

		(void)snprintf(line, sizeof line, "%.*s", len < sizeof line ? (int)len : (int)sizeof line - 1, lines);
		json_text(j, NULL, line);
		lines += len + (lines[len] == '\n');
	}
	json_end(j, ']');
}

static void
say_lines(const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (len)
			fprintf(stderr, "  %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static enum end
tell(const struct run *run, enum end end, LONG status, const char *what, const char *reasons, const char *next)
{
	const char *name = status ? OlsaStatusName(status) : NULL;
	char code[16];

	(void)snprintf(code, sizeof code, "0x%08X", (unsigned)status);
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", false);
		json_text(&j, "what", what);
		json_text(&j, "status", status ? code : NULL);
		json_text(&j, "name", name);
		json_lines(&j, "reasons", reasons ? reasons : "");
		json_text(&j, "next", next);
		json_end(&j, '}');
		return end;
	}
	if (status)
		fprintf(stderr, "lsactl: %s: %s (%s)\n", what, name ? name : "a status without a name", code);
	else
		fprintf(stderr, "lsactl: %s\n", what);
	if (reasons)
		say_lines(reasons);
	if (next)
		fprintf(stderr, "  next: %s\n", next);
	return end;
}

enum end
fault_reasons(const struct run *run, LONG status, const char *what, const char *reasons, const char *next)
{
	return tell(run, END_FAILED, status, what, reasons, next ? next : hint_of(status));
}

enum end
fault_status(const struct run *run, LONG status, const char *what, const char *next)
{
	LPSTR reasons = NULL;
	enum end end;

	if (OlsaExplain(status, NULL, &reasons) != SEC_E_OK)
		reasons = NULL;
	end = fault_reasons(run, status, what, reasons, next);
	(void)FreeContextBuffer(reasons);
	return end;
}

enum end
fault_plain(const struct run *run, enum end end, const char *what, const char *next)
{
	return tell(run, end, 0, what, NULL, next);
}
