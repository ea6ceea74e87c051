/*
 * policy.h - information classes of policy by number, and their values as
 * they cross the wire and stand in the store. Strings are sized UTF-16LE,
 * SIDs sized binary, empty where there is none.
 *
 *     audit log        u32 percent, u32 size, u64 retention, u32 shutting down, u64 when, u32 next record
 *     audit events     u32 mode, u32 options of each of nine categories
 *     names of domains string, SID (primary domain, account domain)
 *     PD account       string
 *     server role      u32
 *     replica source   string, string
 *     default quota    six u64: the members of QUOTA_LIMITS
 *     modification     u64 id, u64 time of making
 *     audit full       u32 shut down (set); u32 shut down, u32 is full (query)
 *     DNS domain       three strings, 16 bytes GUID, SID
 *     EFS              sized bytes
 *     Kerberos         u32 options, four u64 times
 *
 * Trusted domains: strings name and flat name, SID, u32 direction, type and
 * attributes. Their keys: whatever the client packs, never read here.
 */
#ifndef OPENLSA_WIRE_POLICY_H
#define OPENLSA_WIRE_POLICY_H

enum info_class {
	INFO_AUDIT_LOG = 1, INFO_AUDIT_EVENTS, INFO_PRIMARY, INFO_PD_ACCOUNT, INFO_ACCOUNT_DOMAIN, INFO_ROLE, INFO_REPLICA,
	INFO_QUOTA, INFO_MODIFICATION, INFO_FULL_SET, INFO_FULL_QUERY, INFO_DNS, INFO_DNS_INT, INFO_LOCAL_DOMAIN, INFO_MACHINE,
	INFO_CLASSES
};
enum domain_class { DOMAIN_EFS = 2, DOMAIN_KERBEROS, DOMAIN_CLASSES };
enum trust_class {
	TRUST_CLASS_NAME = 1, TRUST_CLASS_CONTROLLERS, TRUST_CLASS_POSIX, TRUST_CLASS_PASSWORD, TRUST_CLASS_BASIC,
	TRUST_CLASS_EX, TRUST_CLASS_AUTH, TRUST_CLASS_FULL, TRUST_CLASS_AUTH_INTERNAL, TRUST_CLASS_FULL_INTERNAL,
	TRUST_CLASS_EX2_INTERNAL, TRUST_CLASS_FULL2_INTERNAL, TRUST_CLASS_ENCRYPTION, TRUST_CLASSES
};

#endif
