/*
 * audit.h - who, what, outcome: one JSON object a line in FOLDER/audit.json.
 *
 * A line names the true cause (administrators alone can read the file). There
 * is no field a secret would fit. Text is escaped, cut at 256 bytes, and bytes
 * that are not UTF-8 become U+FFFD. At most 50 lines a second are written; the
 * next line after that says how many were suppressed. A line that cannot be
 * written is counted as suppressed; no logon waits or fails for it.
 */
#ifndef OPENLSA_STORE_AUDIT_H
#define OPENLSA_STORE_AUDIT_H

#include "store/store.h"

enum audit_kind {
	AUDIT_NONE = 0,
	AUDIT_LOGON,			/* written only by policy audit-success */
	AUDIT_LOGON_FAILED,
	AUDIT_LOCKED_OUT,
	AUDIT_ACCOUNT,			/* an account was changed, or should have been */
	AUDIT_POLICY,
	AUDIT_LINK,			/* a logon process registered, or was refused */
	AUDIT_STORE,			/* opened, damaged, commit failed */
	AUDIT_CHOICE,			/* what a package decided, where policy wants that told */
	AUDIT_KINDS
};

/* Leave out what is not known: empty spans and zeros are not written, but for the status. */
struct audit {
	enum audit_kind kind;
	NTSTATUS status;
	struct bytes user, domain;	/* UTF-8, as they were sent */
	struct bytes package;
	struct bytes what;		/* a sentence: "password set", "lockout-threshold = 5" */
	uint64_t luid;
	bool has_caller;
	uint32_t caller_uid;		/* who asked, when has_caller */
	int32_t caller_pid;
};

/* One write(2) at most, and none when policy says so. */
void audit_event(struct store *store, const struct audit *event);
/* Lines (without the newline) go there instead of the file; NULL: to the file again. Before threads. */
void audit_to(struct store *store, void (*line)(void *arg, struct bytes line), void *arg);

#endif
