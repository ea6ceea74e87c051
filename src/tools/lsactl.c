/* SPDX-License-Identifier: MIT */
/*
 * lsactl.c - the command line: which verb, with what, and how it is said.
 */
#include "tools/lsactl.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/json.h"

struct verb {
	const char *noun, *word;	/* a verb of one word has no noun */
	verb_fn run;
	int least, most;		/* arguments */
	const char *synopsis, *meaning;
};

static const struct verb verbs[] = {
	{ "user",   "add",       user_add,       1, 1, "NAME [--full-name TEXT]", "adds an account; the password is asked for" },
	{ "user",   "list",      user_list,      0, 0, "",                        "lists the accounts" },
	{ "user",   "show",      user_show,      1, 1, "NAME",                    "shows one account" },
	{ "user",   "passwd",    user_passwd,    1, 1, "NAME",                    "sets a password, which is asked for" },
	{ "user",   "lock",      user_lock,      1, 1, "NAME",                    "locks an account" },
	{ "user",   "unlock",    user_unlock,    1, 1, "NAME",                    "unlocks it and forgets wrong passwords" },
	{ "user",   "disable",   user_disable,   1, 1, "NAME",                    "bars an account from every logon" },
	{ "user",   "enable",    user_enable,    1, 1, "NAME",                    "lets it log on again" },
	{ "user",   "del",       user_del,       1, 1, "NAME",                    "deletes an account" },
	{ "policy", "list",      policy_list,    0, 0, "",                        "lists the policies, their values and bounds" },
	{ "policy", "get",       policy_get,     1, 1, "NAME",                    "shows one policy" },
	{ "policy", "set",       policy_set,     2, 2, "NAME VALUE",              "changes one" },
	{ "policy", "lockout",   policy_lockout, 1, 1, "N",                       "wrong passwords that lock; 0 never" },
	{ "policy", "info",      policy_info,    0, 0, "",                        "which domain this is, and how often policy was changed" },
	{ "right",  "list",      right_list,     0, 1, "[ACCOUNT]",               "lists who holds which rights" },
	{ "right",  "add",       right_add,      2, 40, "ACCOUNT RIGHT...",       "gives rights to a name or a SID" },
	{ "right",  "remove",    right_remove,   2, 40, "ACCOUNT RIGHT...|all",   "takes them" },
	{ "secret", "set",       secret_set,     1, 1, "NAME",                    "stores private data, which is asked for" },
	{ "secret", "get",       secret_get,     1, 1, "NAME",                    "writes its bytes to standard output" },
	{ "secret", "del",       secret_del,     1, 1, "NAME",                    "deletes it" },
	{ NULL,     "audit",     audit_show,     0, 0, "[--follow] [--since T]...", "shows the audit file; see the options below" },
	{ NULL,     "lookup",    lookup_any,     1, 1, "NAME|SID",                "the SID of a name, the name of a SID" },
	{ NULL,     "decode",    decode,         0, 1, "[TOKEN|-|--html FILE]",   "shows a token as a tree, or those of a file as a page" },
	{ NULL,     "why",       why_target,     1, 1, "SPN|URL",                 "a handshake with that target, and every decision" },
	{ "tickets", "get",      tickets_get,    1, 1, "SPN",                     "gets one, from the KDC where need be" },
	{ "tickets", "purge",    tickets_purge,  0, 0, "",                        "forgets them; files of tickets stay" },
	{ NULL,     "tickets",   tickets_list,   0, 0, "",                        "the Kerberos tickets of this session" },
	{ NULL,     "sessions",  sessions_list,  0, 0, "",                        "lists the logon sessions" },
	{ NULL,     "session",   session_show,   1, 1, "ID",                      "shows one" },
	{ NULL,     "logon",     logon_begin,    1, 1, "[DOMAIN\\]NAME",          "begins one; the password is asked for" },
	{ NULL,     "logoff",    logoff,         1, 1, "ID",                      "ends one, for all who have it" },
	{ NULL,     "whoami",    whoami,         0, 0, "",                        "who the LSA takes you for" },
	{ NULL,     "top",       top,            0, 0, "",                        "the LSA at work: load, rates, sessions" },
	{ NULL,     "status",    status_show,    0, 0, "",                        "how the LSA is" },
	{ NULL,     "ping",      status_ping,    0, 0, "",                        "whether it answers" },
	{ NULL,     "error",     status_error,   1, 1, "CODE",                    "what a status code means" },
	{ NULL,     "test-auth", logon_test,     1, 1, "[DOMAIN\\]NAME",          "logs on with a password and says as whom" },
};

#define VERBS (sizeof verbs / sizeof *verbs)

static void
usage(FILE *to)
{
	fputs("usage: lsactl [--json] [-q] VERB [ARGUMENT...]\n\n", to);
	for (const struct verb *v = verbs; v < verbs + VERBS; v++) {
		char left[64];

		(void)snprintf(left, sizeof left, "%s%s%s %s", v->noun ? v->noun : "", v->noun ? " " : "", v->word,
		    v->synopsis);
		fprintf(to, "  %-34s %s\n", left, v->meaning);
	}
	fputs("\n"
	    "  --json       one JSON document on standard output, also for a failure\n"
	    "  --follow     audit: goes on, also when the file is turned over\n"
	    "  --since T    audit: from that time on: 10m, 2h, 3d, or 2026-11-21T05:08:00\n"
	    "  --event E    audit: these numbers or names, between commas\n"
	    "  --user NAME  audit: about this account\n"
	    "  --file FILE  audit: this file\n"
	    "  -q           say no more than must be said\n"
	    "  --package P, --type T, --hold   of logon: by whom, as which kind, kept until standard input ends\n"
	    "  --once       of top: one look, as when there is no terminal\n"
	    "  --help, --version\n\n"
	    "Passwords come from the terminal, or as one line of standard input.\n"
	    "OPENLSA_MODE, OPENLSA_SOCKET and OPENLSA_STATE say which LSA is meant.\n"
	    "Exit: 0 done, 1 refused or failed, 2 usage, 3 the LSA cannot be reached.\n", to);
}

static enum end
misused(const struct run *run, const char *what)
{
	return fault_plain(run, END_USAGE, what, "'lsactl --help' shows the verbs and their arguments");
}

static const struct verb *
verb_find(char **words, int count, int *ret_words)
{
	for (const struct verb *v = verbs; v < verbs + VERBS; v++) {
		int n = v->noun ? 2 : 1;

		if (count >= n && (!v->noun || strcmp(words[0], v->noun) == 0) && strcmp(words[n - 1], v->word) == 0) {
			*ret_words = n;
			return v;
		}
	}
	return NULL;
}

static enum end
version(const struct run *run)
{
	struct json j = { 0 };

	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "version", OLSA_VERSION);
		json_end(&j, '}');
	} else {
		puts("lsactl (OpenLSA) " OLSA_VERSION);
	}
	return END_OK;
}

static enum end
run_verb(const struct run *run, char **words, int count)
{
	int used = 0;
	const struct verb *v = verb_find(words, count, &used);
	char what[160];

	if (!v) {
		if (!count)
			return misused(run, "a verb is missing");
		(void)snprintf(what, sizeof what, "there is no verb \"%.50s%s%.50s\"", words[0], count > 1 ? " " : "",
		    count > 1 ? words[1] : "");
		return misused(run, what);
	}
	if (count - used < v->least || count - used > v->most) {
		(void)snprintf(what, sizeof what, "usage: lsactl %s%s%s %s", v->noun ? v->noun : "", v->noun ? " " : "",
		    v->word, v->synopsis);
		return misused(run, what);
	}
	if (run->full_name && v->run != user_add)
		return misused(run, "--full-name belongs to 'user add'");
	if (run->html && (v->run != decode || run->json || count > used))
		return misused(run, "--html FILE belongs to 'decode', in place of a token and without --json");
	if ((run->package || run->type || run->hold) && v->run != logon_begin)
		return misused(run, "--package, --type and --hold belong to 'logon'");
	if ((run->follow || run->since || run->event || run->user || run->file) && v->run != audit_show)
		return misused(run, "--follow, --since, --event, --user and --file belong to 'audit'");
	if (run->once && v->run != top)
		return misused(run, "--once belongs to 'top'");
	return v->run(run, words + used, count - used);
}

int
main(int argc, char **argv)
{
	enum { JSON = 256, FULL_NAME, HTML, PACKAGE, TYPE, HOLD, ONCE, FOLLOW, SINCE, EVENT, USER, AUDIT_FILE, HELP, VERSION };
	static const struct option options[] = {
		{ "json",      no_argument,       NULL, JSON },
		{ "quiet",     no_argument,       NULL, 'q' },
		{ "full-name", required_argument, NULL, FULL_NAME },
		{ "html",      required_argument, NULL, HTML },
		{ "package",   required_argument, NULL, PACKAGE },
		{ "type",      required_argument, NULL, TYPE },
		{ "hold",      no_argument,       NULL, HOLD },
		{ "follow",    no_argument,       NULL, FOLLOW },
		{ "since",     required_argument, NULL, SINCE },
		{ "event",     required_argument, NULL, EVENT },
		{ "user",      required_argument, NULL, USER },
		{ "file",      required_argument, NULL, AUDIT_FILE },
		{ "once",      no_argument,       NULL, ONCE },
		{ "help",      no_argument,       NULL, HELP },
		{ "version",   no_argument,       NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	struct run run = { .json = false };
	bool want_version = false;
	enum end end;
	int option;

	while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1)
		switch (option) {
		case JSON:
			run.json = true;
			break;
		case 'q':
			run.quiet = true;
			break;
		case FULL_NAME:
			run.full_name = optarg;
			break;
		case HTML:
			run.html = optarg;
			break;
		case PACKAGE:
			run.package = optarg;
			break;
		case TYPE:
			run.type = optarg;
			break;
		case HOLD:
			run.hold = true;
			break;
		case FOLLOW:
			run.follow = true;
			break;
		case SINCE:
			run.since = optarg;
			break;
		case EVENT:
			run.event = optarg;
			break;
		case USER:
			run.user = optarg;
			break;
		case AUDIT_FILE:
			run.file = optarg;
			break;
		case ONCE:
			run.once = true;
			break;
		case 'h':
		case HELP:
			usage(stdout);
			return END_OK;
		case VERSION:
			want_version = true;
			break;
		default:
			return (int)misused(&run, "an option is not understood");
		}
	end = want_version ? version(&run) : run_verb(&run, argv + optind, argc - optind);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("lsactl: standard output cannot be written\n", stderr);
		end = end == END_OK ? END_FAILED : end;
	}
	return (int)end;
}
