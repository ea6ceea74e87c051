/* SPDX-License-Identifier: MIT */
/*
 * lsactl_top.c - the LSA at work: load and rates, and its sessions with the
 * tickets that they have. Over and over on a terminal, else once. It asks
 * what any program may ask, and shows what it is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include <windows.h>
#include <ntstatus.h>

#include "tools/json.h"
#include "tools/session.h"
#include "tools/wide.h"

#define EVERY_MS	2000u
#define FIRST_MS	500u		/* between the two looks of a snapshot */
#define SESSIONS_MOST	200u
#define ROWS_USUAL	24u
#define ROWS_HEAD	7u

struct row {
	LUID luid;
	bool known;			/* else somebody else's */
	char user[900], package[64];
	const char *type;
	ULONGLONG since;
	ULONG tickets;
	ULONGLONG ends;			/* of the ticket-granting ticket, else of the first to end; 0: no ticket */
};

struct look {
	OlsaStatusInfo status;
	unsigned long long at_us, answer_us;
	ULONG sessions, rows;
	struct row row[SESSIONS_MOST];
};

struct lsa {
	HANDLE handle;
	ULONG kerberos;
	bool has_kerberos;
	LUID own;			/* the caller's session, whose tickets are asked for without a number */
};

static unsigned long long
clock_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (unsigned long long)t.tv_sec * 1000000u + (unsigned long long)t.tv_nsec / 1000u;
}

static ULONGLONG
filetime_now(void)
{
	return clock_us(CLOCK_REALTIME) * 10u + 116444736000000000ull;
}

/* --- looking --------------------------------------------------------------------------- */

/* A ticket-granting ticket's end is the session's: with it the others can be had again. */
static void
tickets_look(const struct lsa *lsa, struct row *row)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { .MessageType = KerbQueryTicketCacheEx2Message, .LogonId = row->luid };
	KERB_QUERY_TKT_CACHE_EX2_RESPONSE *reply = NULL;
	NTSTATUS verdict = STATUS_SUCCESS;
	bool granting = false;
	ULONG len = 0;

	if (row->luid.LowPart == lsa->own.LowPart && row->luid.HighPart == lsa->own.HighPart)
		ask.LogonId = (LUID){ 0, 0 };
	if (!lsa->has_kerberos || LsaCallAuthenticationPackage(lsa->handle, lsa->kerberos, &ask, sizeof ask, (PVOID *)&reply, &len,
	    &verdict) != STATUS_SUCCESS || verdict != STATUS_SUCCESS || !reply) {
		(void)LsaFreeReturnBuffer(reply);
		return;
	}
	row->tickets = reply->CountOfTickets;
	for (ULONG i = 0; i < reply->CountOfTickets; i++) {
		const KERB_TICKET_CACHE_INFO_EX2 *t = &reply->Tickets[i];
		ULONGLONG ends = (ULONGLONG)t->EndTime.QuadPart;
		bool grants = t->ServerName.Length >= 12 && t->ServerName.Buffer[0] == 'k' && t->ServerName.Buffer[1] == 'r' &&
		    t->ServerName.Buffer[2] == 'b' && t->ServerName.Buffer[3] == 't' && t->ServerName.Buffer[4] == 'g' &&
		    t->ServerName.Buffer[5] == 't';

		if (!row->ends || (grants && !granting) || (grants == granting && ends < row->ends))
			row->ends = ends;
		granting = granting || grants;
	}
	(void)LsaFreeReturnBuffer(reply);
}

static void
session_look(const struct lsa *lsa, struct row *row, LUID luid)
{
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	char domain[400], name[400];

	*row = (struct row){ .luid = luid };
	if (LsaGetLogonSessionData(&luid, &d) != STATUS_SUCCESS)
		return;
	row->known = true;
	row->type = d->LogonType ? type_show(d->LogonType) : "system";
	row->since = (ULONGLONG)d->LogonTime.QuadPart;
	(void)utf8_of(domain, sizeof domain, &d->LogonDomain);
	(void)utf8_of(name, sizeof name, &d->UserName);
	(void)utf8_of(row->package, sizeof row->package, &d->AuthenticationPackage);
	(void)snprintf(row->user, sizeof row->user, "%s%s%s", domain, *domain && *name ? "\\" : "", name);
	(void)LsaFreeReturnBuffer(d);
	tickets_look(lsa, row);
}

static NTSTATUS
look(const struct lsa *lsa, struct look *l)
{
	unsigned long long before = clock_us(CLOCK_MONOTONIC);
	PLUID list = NULL;
	NTSTATUS status = OlsaStatus(lsa->handle, &l->status);

	l->at_us = clock_us(CLOCK_MONOTONIC);
	l->answer_us = l->at_us - before;
	l->rows = 0;
	if (status == STATUS_SUCCESS)
		status = LsaEnumerateLogonSessions(&l->sessions, &list);
	if (status != STATUS_SUCCESS)
		return status;
	for (ULONG i = 0; i < l->sessions && l->rows < SESSIONS_MOST; i++)
		session_look(lsa, &l->row[l->rows++], list[i]);
	(void)LsaFreeReturnBuffer(list);
	return STATUS_SUCCESS;
}

/* Handshakes a second since the last look, in tenths. */
static unsigned long long
rate(const struct look *l, const struct look *last)
{
	unsigned long long us = l->at_us - last->at_us;

	return us ? (l->status.Handshakes - last->status.Handshakes) * 10000000u / us : 0;
}

/* --- telling ----------------------------------------------------------------------------- */

/* "9h 59m", "12m 03s", "over". */
static const char *
life(char text[32], ULONGLONG ends, ULONGLONG now)
{
	unsigned long long s = ends > now ? (ends - now) / 10000000u : 0;

	if (ends <= now)
		return "over";
	if (s >= 86400)
		(void)snprintf(text, 32, "%llud %02lluh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		(void)snprintf(text, 32, "%lluh %02llum", s / 3600, s % 3600 / 60);
	else
		(void)snprintf(text, 32, "%llum %02llus", s / 60, s % 60);
	return text;
}

static void
look_json(const struct look *l, const struct look *last)
{
	struct json j = { 0 };
	char text[LUID_SHOWN], time[TIME_TEXT];
	unsigned long long tenths = rate(l, last);
	ULONGLONG now = filetime_now();

	json_begin(&j, NULL, '{');
	json_bool(&j, "ok", true);
	json_text(&j, "mode", link_mode());
	json_text(&j, "computer", l->status.Computer);
	json_text(&j, "started", time_text(l->status.Started, time));
	json_number(&j, "answer_us", l->answer_us);
	json_number(&j, "links", l->status.Links);
	json_number(&j, "calls", l->status.Calls);
	json_number(&j, "credentials", l->status.Credentials);
	json_number(&j, "contexts", l->status.Contexts);
	json_number(&j, "handshakes", l->status.Handshakes);
	json_number(&j, "handshakes_in_10s", tenths);
	json_number(&j, "session_count", l->sessions);
	json_begin(&j, "sessions", '[');
	for (ULONG i = 0; i < l->rows; i++) {
		const struct row *row = &l->row[i];

		json_begin(&j, NULL, '{');
		json_text(&j, "session", luid_show(text, row->luid));
		if (row->known) {
			json_text(&j, "user", row->user);
			json_text(&j, "type", row->type);
			json_text(&j, "package", row->package);
			json_text(&j, "since", time_text(row->since, time));
			json_number(&j, "tickets", row->tickets);
			if (row->ends)
				json_number(&j, "life_s", row->ends > now ? (row->ends - now) / 10000000u : 0);
		}
		json_end(&j, '}');
	}
	json_end(&j, ']');
	json_end(&j, '}');
}

/* rows: of the terminal; 0: all there are. */
static void
look_show(const struct look *l, const struct look *last, unsigned rows)
{
	unsigned long long tenths = rate(l, last);
	ULONGLONG now = filetime_now();
	char text[32], luid[LUID_SHOWN];
	ULONG most = rows ? (rows > ROWS_HEAD ? rows - ROWS_HEAD : 1) : l->rows;

	printf("%s (%s)  up %s  answers in %llu us\n", l->status.Computer, link_mode(),
	    l->status.Started && l->status.Started < now ? life(text, now, l->status.Started) : "-", l->answer_us);
	printf("handshakes %llu, %llu.%llu a second   calls in flight %u\n", (unsigned long long)l->status.Handshakes, tenths / 10,
	    tenths % 10, (unsigned)l->status.Calls);
	printf("links %u   credentials %u   contexts %u   sessions %u\n\n", (unsigned)l->status.Links,
	    (unsigned)l->status.Credentials, (unsigned)l->status.Contexts, (unsigned)l->sessions);
	printf("%-18s %-15s %-10s %7s  %-8s  %s\n", "SESSION", "TYPE", "PACKAGE", "TICKETS", "LIFE", "USER");
	for (ULONG i = 0; i < l->rows && i < most; i++) {
		const struct row *row = &l->row[i];

		printf("%-18s %-15s %-10s ", luid_show(luid, row->luid), row->known ? row->type : "-", row->known ? row->package : "-");
		if (row->tickets)
			printf("%7u  %-8s  ", (unsigned)row->tickets, life(text, row->ends, now));
		else
			printf("%7s  %-8s  ", "-", "-");
		say_text(row->known ? row->user : "(somebody else's)");
		putchar('\n');
	}
	if (l->sessions > most)
		printf("and %u more\n", (unsigned)(l->sessions - most));
}

/* --- the verb -------------------------------------------------------------------------------- */

static unsigned
terminal_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : ROWS_USUAL;
}

static void
pause_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

static enum end
watch(const struct run *run, const struct lsa *lsa, struct look *now, struct look *last)
{
	bool over_and_over = !run->json && !run->once && isatty(STDOUT_FILENO);
	NTSTATUS status = look(lsa, last);

	pause_ms(FIRST_MS);
	while (status == STATUS_SUCCESS) {
		struct look *swap = last;

		status = look(lsa, now);
		if (status != STATUS_SUCCESS)
			break;
		if (run->json) {
			look_json(now, last);
			return END_OK;
		}
		if (over_and_over)
			fputs("\033[H\033[2J", stdout);
		look_show(now, last, over_and_over ? terminal_rows() : 0);
		if (!over_and_over)
			return END_OK;
		if (fflush(stdout) != 0)
			return END_FAILED;
		pause_ms(EVERY_MS);
		last = now;
		now = swap;
	}
	return fault_status(run, status, "the LSA does not tell how it is", NULL);
}

/* The caller's own session begins when it is asked for, and is one of those to be seen. */
static HANDLE
own_session(struct lsa *lsa)
{
	TOKEN_STATISTICS s;
	HANDLE token = NULL;
	DWORD len;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return NULL;
	if (GetTokenInformation(token, TokenStatistics, &s, sizeof s, &len))
		lsa->own = s.AuthenticationId;
	return token;
}

enum end
top(const struct run *run, char **args, int count)
{
	static CHAR name[] = MICROSOFT_KERBEROS_NAME_A;
	LSA_STRING kerberos = { sizeof name - 1, sizeof name, name };
	struct look *looks = calloc(2, sizeof *looks);
	struct lsa lsa = { 0 };
	enum end end;

	(void)args;
	(void)count;
	if (!looks)
		return fault_plain(run, END_FAILED, "there is no memory", NULL);
	end = link_open(run, &lsa.handle);
	if (end == END_OK) {
		HANDLE token = own_session(&lsa);

		lsa.has_kerberos = LsaLookupAuthenticationPackage(lsa.handle, &kerberos, &lsa.kerberos) == STATUS_SUCCESS;
		end = watch(run, &lsa, &looks[0], &looks[1]);
		if (token)
			(void)CloseHandle(token);
		link_close(lsa.handle);
	}
	free(looks);
	return end;
}
