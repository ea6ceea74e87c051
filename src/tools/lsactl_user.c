/* SPDX-License-Identifier: MIT */
/*
 * lsactl_user.c - accounts: add, list, show, passwd, lock, unlock, disable, enable,
 * del.
 */
#include <stdio.h>
#include <string.h>

#include <ntstatus.h>

#include "tools/json.h"
#include "tools/lsactl.h"
#include "tools/password.h"

#define USERS_MOST 1000000u	/* a list that does not end is a mistake */

/* "the account alice cannot be ...": whom it is about, for a person. */
static enum end
user_fault(const struct run *run, NTSTATUS status, const char *name, const char *what)
{
	char text[400];

	(void)snprintf(text, sizeof text, "the account %.300s %s", name, what);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
	return fault_status(run, status, text, NULL);
}

static enum end
user_done(const struct run *run, const char *name, const char *done, const char *sid)
{
	struct json j = { 0 };

	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "user", name);
		json_text(&j, "done", done);
		if (sid)
			json_text(&j, "sid", sid);
		json_end(&j, '}');
	} else if (!run->quiet) {
		say_text(name);
		printf(": %s%s%s\n", done, sid ? ", SID " : "", sid ? sid : "");
	}
	return END_OK;
}

static const char *
flag_words(ULONG flags, char text[64])
{
	(void)snprintf(text, 64, "%s%s%s%s", flags & OLSA_USER_DISABLED ? "disabled " : "",
	    flags & OLSA_USER_LOCKED ? "locked " : "", flags & OLSA_USER_MUST_CHANGE ? "must-change " : "",
	    flags & (OLSA_USER_DISABLED | OLSA_USER_LOCKED | OLSA_USER_MUST_CHANGE) ? "" : "active ");
	text[strlen(text) - 1] = '\0';
	return text;
}

static void
user_json(struct json *j, const OlsaUserInfo *info)
{
	char time[TIME_TEXT];

	json_text(j, "user", info->Name);
	json_text(j, "full_name", info->FullName);
	json_text(j, "sid", info->Sid);
	json_bool(j, "disabled", info->Flags & OLSA_USER_DISABLED);
	json_bool(j, "locked", info->Flags & OLSA_USER_LOCKED);
	json_bool(j, "must_change_password", info->Flags & OLSA_USER_MUST_CHANGE);
	json_number(j, "failed_attempts", info->FailedAttempts);
	json_text(j, "password_last_set", time_text(info->PasswordLastSet, time));
}

/* --- with a password ------------------------------------------------------------- */

static enum end
user_with_password(const struct run *run, const char *name, bool is_new)
{
	struct password password;
	const char *fault = password_read(&password, is_new ? "Password: " : "New password: ", true);
	LPSTR sid = NULL;
	HANDLE lsa;
	NTSTATUS status;
	enum end end;

	if (fault) {
		password_drop(&password);
		return fault_plain(run, END_FAILED, fault, "nothing was changed: give a password, once more");
	}
	end = link_open(run, &lsa);
	if (end != END_OK) {
		password_drop(&password);
		return end;
	}
	status = is_new ? OlsaUserAdd(lsa, name, run->full_name ? run->full_name : "", password.text, &sid) :
	    OlsaUserSetPassword(lsa, name, password.text);
	password_drop(&password);
	if (status == STATUS_SUCCESS)
		end = user_done(run, name, is_new ? "added" : "password changed", sid);
	else
		end = user_fault(run, status, name, is_new ? "was not added" : "keeps its password");
	(void)FreeContextBuffer(sid);
	link_close(lsa);
	return end;
}

enum end
user_add(const struct run *run, char **args, int count)
{
	(void)count;
	return user_with_password(run, args[0], true);
}

enum end
user_passwd(const struct run *run, char **args, int count)
{
	(void)count;
	return user_with_password(run, args[0], false);
}

/* --- looking --------------------------------------------------------------------- */

enum end
user_list(const struct run *run, char **args, int count)
{
	struct json j = { 0 };
	HANDLE lsa;
	NTSTATUS status = STATUS_SUCCESS;
	enum end end = link_open(run, &lsa);
	ULONG i;

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	for (i = 0; i < USERS_MOST; i++) {
		OlsaUserInfo info;
		char words[64];

		status = OlsaUserGet(lsa, i, NULL, &info);
		if (status != STATUS_SUCCESS)
			break;
		if (run->json && i == 0) {
			json_begin(&j, NULL, '{');
			json_begin(&j, "users", '[');
		}
		if (run->json) {
			json_begin(&j, NULL, '{');
			user_json(&j, &info);
			json_end(&j, '}');
		} else {
			say_text(info.Name);
			if (!run->quiet)
				printf("\t%s\t%s", info.Sid, flag_words(info.Flags, words));
			putchar('\n');
		}
		OlsaUserFree(&info);
	}
	if (status == STATUS_NO_MORE_ENTRIES && run->json) {
		if (i == 0) {
			json_begin(&j, NULL, '{');
			json_begin(&j, "users", '[');
		}
		json_end(&j, ']');
		json_bool(&j, "ok", true);
		json_end(&j, '}');
	} else if (status != STATUS_NO_MORE_ENTRIES) {
		if (run->json && i > 0) {
			json_end(&j, ']');
			json_bool(&j, "ok", false);
			json_text(&j, "name", OlsaStatusName(status));
			json_end(&j, '}');
			end = END_FAILED;
		} else {
			end = fault_status(run, status, "the accounts cannot be listed", NULL);
		}
	}
	link_close(lsa);
	return end;
}

enum end
user_show(const struct run *run, char **args, int count)
{
	char words[64], time[TIME_TEXT];
	OlsaUserInfo info;
	HANDLE lsa;
	NTSTATUS status;
	enum end end = link_open(run, &lsa);

	(void)count;
	if (end != END_OK)
		return end;
	status = OlsaUserGet(lsa, 0, args[0], &info);
	if (status != STATUS_SUCCESS) {
		end = user_fault(run, status, args[0], "cannot be shown");
	} else if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		user_json(&j, &info);
		json_end(&j, '}');
	} else if (!run->quiet) {
		fputs("user              ", stdout);
		say_text(info.Name);
		fputs("\nfull name         ", stdout);
		say_text(info.FullName);
		printf("\nSID               %s\n", info.Sid);
		printf("state             %s\n", flag_words(info.Flags, words));
		printf("wrong passwords   %u\n", info.FailedAttempts);
		printf("password set      %s\n", time_text(info.PasswordLastSet, time));
	}
	if (status == STATUS_SUCCESS)
		OlsaUserFree(&info);
	link_close(lsa);
	return end;
}

/* --- the rest ----------------------------------------------------------------------- */

static enum end
user_change(const struct run *run, const char *name, NTSTATUS (*change)(HANDLE lsa, const char *name),
    const char *done, const char *not_done)
{
	HANDLE lsa;
	NTSTATUS status;
	enum end end = link_open(run, &lsa);

	if (end != END_OK)
		return end;
	status = change(lsa, name);
	end = status == STATUS_SUCCESS ? user_done(run, name, done, NULL) : user_fault(run, status, name, not_done);
	link_close(lsa);
	return end;
}

static NTSTATUS
change_lock(HANDLE lsa, const char *name)
{
	return OlsaUserLock(lsa, name, TRUE);
}

static NTSTATUS
change_unlock(HANDLE lsa, const char *name)
{
	return OlsaUserLock(lsa, name, FALSE);
}

static NTSTATUS
change_disable(HANDLE lsa, const char *name)
{
	return OlsaUserDisable(lsa, name, TRUE);
}

static NTSTATUS
change_enable(HANDLE lsa, const char *name)
{
	return OlsaUserDisable(lsa, name, FALSE);
}

static NTSTATUS
change_del(HANDLE lsa, const char *name)
{
	return OlsaUserDelete(lsa, name);
}

enum end
user_lock(const struct run *run, char **args, int count)
{
	(void)count;
	return user_change(run, args[0], change_lock, "locked", "was not locked");
}

enum end
user_unlock(const struct run *run, char **args, int count)
{
	(void)count;
	return user_change(run, args[0], change_unlock, "unlocked", "was not unlocked");
}

enum end
user_disable(const struct run *run, char **args, int count)
{
	(void)count;
	return user_change(run, args[0], change_disable, "disabled", "was not disabled");
}

enum end
user_enable(const struct run *run, char **args, int count)
{
	(void)count;
	return user_change(run, args[0], change_enable, "enabled", "was not enabled");
}

enum end
user_del(const struct run *run, char **args, int count)
{
	(void)count;
	return user_change(run, args[0], change_del, "deleted", "was not deleted");
}
