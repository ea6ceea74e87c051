/*
 * audit.h - who, what, outcome: events with Windows' numbers, told to the
 * sinks of this store (trail.h) as far as policy wants them told.
 *
 * The table (audit_table.c) says which fields an event has; what is given
 * beyond them is not written, and what is not given is left out. There is no
 * field a secret would fit. An event is copied before audit_raise returns. No
 * logon waits or fails for it.
 */
#ifndef OPENLSA_STORE_AUDIT_H
#define OPENLSA_STORE_AUDIT_H

#include "base/sid.h"
#include "store/store.h"

/* Field, its name in JSON (the journal's is made of it), and how its value is shown. */
#define AUDIT_FIELDS(F) \
	F(SUBJECT_SID,     "SubjectUserSid",            SID)	/* who asked */ \
	F(TARGET_USER_SID, "TargetUserSid",             SID)	/* whom it is about */ \
	F(TARGET_SID,      "TargetSid",                 SID) \
	F(TARGET_NAME,     "TargetUserName",            TEXT) \
	F(TARGET_DOMAIN,   "TargetDomainName",          TEXT) \
	F(TARGET_LOGON,    "TargetLogonId",             HEX)	/* a LUID */ \
	F(LOGON_TYPE,      "LogonType",                 NUMBER) \
	F(LOGON_PROCESS,   "LogonProcessName",          TEXT) \
	F(PACKAGE,         "AuthenticationPackageName", TEXT) \
	F(LM_PACKAGE,      "LmPackageName",             TEXT)	/* "NTLM V2" */ \
	F(WORKSTATION,     "WorkstationName",           TEXT)	/* as the peer says */ \
	F(LEVEL,           "ImpersonationLevel",        LEVEL) \
	F(ELEVATED,        "ElevatedToken",             FLAG) \
	F(STATUS,          "Status",                    STATUS) \
	F(SUBSTATUS,       "SubStatus",                 STATUS) \
	F(REASON,          "FailureReason",             TEXT)	/* a class: audit_reason */ \
	F(CHAIN,           "Explanation",               CHAIN)	/* for the administrator */ \
	F(TARGET_SERVER,   "TargetServerName",          TEXT) \
	F(PRIVILEGES,      "PrivilegeList",             PRIVILEGES) \
	F(GRANTED,         "AccessGranted",             RIGHTS) \
	F(REMOVED,         "AccessRemoved",             RIGHTS) \
	F(SERVICE,         "Service",                   TEXT) \
	F(OBJECT_TYPE,     "ObjectType",                TEXT) \
	F(OBJECT_NAME,     "ObjectName",                TEXT) \
	F(ACCESS_MASK,     "AccessMask",                HEX) \
	F(SUBCATEGORY,     "Subcategory",               TEXT) \
	F(CHANGES,         "AuditPolicyChanges",        TEXT) \
	F(POLICY,          "DomainPolicyChanged",       TEXT) \
	F(DOMAIN_NAME,     "DomainName",                TEXT) \
	F(DOMAIN_SID,      "DomainSid",                 SID) \
	F(TDO_TYPE,        "TdoType",                   NUMBER) \
	F(TDO_DIRECTION,   "TdoDirection",              NUMBER) \
	F(TDO_ATTRIBUTES,  "TdoAttributes",             HEX) \
	F(SECURITY_PACKAGE, "SecurityPackageName",      TEXT) \
	F(DROPPED,         "Dropped",                   NUMBER) \
	F(WHAT,            "What",                      TEXT)

enum audit_field {
#define AUDIT_FIELD(name, text, kind) AF_##name,
	AUDIT_FIELDS(AUDIT_FIELD)
#undef AUDIT_FIELD
	AUDIT_FIELD_COUNT
};

enum audit_show { SHOW_TEXT, SHOW_CHAIN, SHOW_SID, SHOW_NUMBER, SHOW_HEX, SHOW_STATUS, SHOW_FLAG, SHOW_LEVEL, SHOW_PRIVILEGES,
	SHOW_RIGHTS };

/* One row of the table each; 4625 has two, for it belongs to two subcategories. */
enum audit_event {
	AUDIT_NONE = 0,
	AUDIT_STARTED, AUDIT_STOPPED, AUDIT_LOST, AUDIT_PACKAGE, AUDIT_PROCESS, AUDIT_SECURITY_PACKAGE,
	AUDIT_LOGON, AUDIT_LOGON_FAILED, AUDIT_LOGON_LOCKED, AUDIT_LOGOFF, AUDIT_USER_LOGOFF, AUDIT_EXPLICIT, AUDIT_SPECIAL,
	AUDIT_PRIVILEGE, AUDIT_PRIVILEGE_OBJECT,
	AUDIT_USER_MADE, AUDIT_USER_ENABLED, AUDIT_PASSWORD_CHANGED, AUDIT_PASSWORD_SET, AUDIT_USER_DISABLED,
	AUDIT_USER_GONE, AUDIT_USER_CHANGED, AUDIT_USER_LOCKED, AUDIT_USER_UNLOCKED,
	AUDIT_RIGHT_GIVEN, AUDIT_RIGHT_TAKEN, AUDIT_ACCESS_GIVEN, AUDIT_ACCESS_TAKEN, AUDIT_AUDITING, AUDIT_USER_AUDITING, AUDIT_AUDIT_GUARD, AUDIT_GLOBAL_SACL,
	AUDIT_DOMAIN_POLICY,
	AUDIT_TRUST_MADE, AUDIT_TRUST_GONE, AUDIT_TRUST_CHANGED, AUDIT_GUARD, AUDIT_HANDLE, AUDIT_OBJECT, AUDIT_CHOICE, AUDIT_PACKAGE_TROUBLE,
	AUDIT_EVENTS
};

/* Budgets of lines a second, so that who floods one of them does not hide the others. */
enum audit_flood { FLOOD_CHANGES, FLOOD_LOGONS, FLOOD_FAILURES, FLOODS };

struct audit_row {
	uint16_t id;			/* Windows' */
	uint8_t place;			/* subcategory: base/auditing.h */
	bool always;			/* whatever policy says of its subcategory */
	enum audit_flood flood;		/* of a success; a failure is FLOOD_FAILURES */
	const char *name;		/* for programs */
	const char *sentence;		/* for people */
	uint64_t fields;		/* bits of enum audit_field */
};
extern const struct audit_row audit_rows[AUDIT_EVENTS];
extern const struct audit_shown { const char *name; enum audit_show show; } audit_fields[AUDIT_FIELD_COUNT];

#define AUDIT_VALUES 20u
struct audit_value { enum audit_field field; struct bytes text; uint64_t number; };

/* Begins as { .event = ..., .status = ... }; negative is a failure. */
struct audit {
	enum audit_event event;
	NTSTATUS status;
	struct bytes user;		/* the SID whose event it is, whose own audit policy counts; empty: nobody's */
	bool administrator;		/* and nothing of that one's is left out */
	bool has_caller;
	uint32_t caller_uid;		/* who asked, when has_caller */
	int32_t caller_pid;
	unsigned count;
	struct audit_value values[AUDIT_VALUES];
};

/* What is not known (empty, 0) is left out; audit_fact takes numbers of which 0 means something. Texts are UTF-8, SIDs binary. */
void audit_text(struct audit *a, enum audit_field field, struct bytes text);
void audit_number(struct audit *a, enum audit_field field, uint64_t number);
void audit_fact(struct audit *a, enum audit_field field, uint64_t number);
/* Status and SubStatus as Windows gives them for this cause, and its class: "wrong-password". */
void audit_cause(struct audit *a, NTSTATUS cause);

/* Whether anybody would read it; else nobody need gather what it says. From memory: no system call. */
bool audit_wanted(struct store *store, const struct audit *a) MUST_CHECK;
/* If it is wanted; and for those who have asked that already. */
void audit_raise(struct store *store, const struct audit *a);
void audit_tell(struct store *store, const struct audit *a);
/* The key of a user's own audit policy in the book (BOOK_AUDIT, a byte for each subcategory); false: no SID. */
#define AUDIT_USER_PREFIX	"user:"
#define AUDIT_USER_KEY_MAX	(sizeof AUDIT_USER_PREFIX - 1 + SID_SIZE_MAX)
bool audit_user_key(uint8_t to[AUDIT_USER_KEY_MAX], struct bytes *ret_key, struct bytes sid) MUST_CHECK;
/* Lines (without the newline) go there at once, instead of anywhere else; NULL: as before. Before threads. */
void audit_to(struct store *store, void (*line)(void *arg, struct bytes line), void *arg);
/* Returns when all that was raised before has been written, or a second later. */
void audit_flush(struct store *store);

#endif
