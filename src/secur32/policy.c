/*
 * policy.c - opening policy and closing what is in it, security descriptors
 * of its objects, and the caller's own name and password. Rules: spec
 * lsa-policy 2.
 */
#include "secur32/pol.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/sid.h"
#include "base/utf16.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

/* --- open and close -------------------------------------------------------------- */

static bool
is_same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* This machine, by any of its names: there is no way to another one's policy. */
static bool
is_here(const UNICODE_STRING *system)
{
	char host[256] = "", name[520];
	struct text text;
	bool here = false;

	if (!system || system->Length == 0)
		return true;
	if (gethostname(host, sizeof host - 1) != 0)
		host[0] = 0;
	if (text_of_counted(&text, system) && text.at.len < sizeof name) {
		const char *n = name;

		bytes_copy(name, text.at.at, text.at.len);
		name[text.at.len] = 0;
		if (strncmp(n, "\\\\", 2) == 0)
			n += 2;
		here = !*n || is_same(n, ".") || is_same(n, "localhost") || (*host && is_same(n, host));
		host[strcspn(host, ".")] = 0;
		here = here || (*host && is_same(n, host));
	}
	text_drop(&text);
	return here;
}

NTSTATUS
LsaOpenPolicy(PLSA_UNICODE_STRING SystemName, PLSA_OBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE PolicyHandle)
{
	struct pol_open_in in = { .access = DesiredAccess };
	struct pol_open_out out;
	struct pol_call c;
	struct why why = { NULL, 0, 0 };
	struct link *link;
	struct bytes name;
	NTSTATUS status;

	(void)ObjectAttributes;
	if (!PolicyHandle || (SystemName && !pol_text(&name, SystemName)))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the handle, or the system's name is no string");
	if (!is_here(SystemName))
		return pol_refuse(STATUS_UNSUCCESSFUL, "the policy of another machine cannot be opened: there is no remote LSA in this version");
	status = root_sspi_link(&link, &why);
	if (status != STATUS_SUCCESS) {
		why_thread_keep(status, &why);
		return status;
	}
	why_drop(&why);
	status = POL_ASK(&c, link, pol_open, &in, &out);
	if (status == STATUS_SUCCESS)
		status = pol_new(PolicyHandle, link, POL_POLICY, out.object, out.granted);
	link_release(link);
	return pol_end(&c, status);
}

NTSTATUS
LsaClose(LSA_HANDLE ObjectHandle)
{
	return pol_close(ObjectHandle);
}

/* The object; its handle goes with it. */
NTSTATUS
LsaDelete(LSA_HANDLE ObjectHandle)
{
	struct pol *p = pol_hold(ObjectHandle, POL_ANY);
	struct pol_delete_in in = { 0 };
	struct pol_delete_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	in.object = p->wire;
	status = POL_ASK(&c, p->link, pol_delete, &in, &out);
	if (status == STATUS_SUCCESS)
		(void)handle_close(root_handles(), KIND_POLICY, p->word);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- security descriptors ----------------------------------------------------------- */

NTSTATUS
LsaQuerySecurityObject(LSA_HANDLE ObjectHandle, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
	struct pol *p = pol_hold(ObjectHandle, POL_ANY);
	struct guard_get_in in = { .parts = SecurityInformation };
	struct guard_get_out out;
	struct pol_call c;
	NTSTATUS status;

	if (SecurityDescriptor)
		*SecurityDescriptor = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!SecurityDescriptor) {
		pol_release(p);
		return STATUS_INVALID_PARAMETER;
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, guard_get, &in, &out);
	if (status == STATUS_SUCCESS) {
		*SecurityDescriptor = buffer_of(BUFFER_POLICY, out.guard);
		if (!*SecurityDescriptor)
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	pol_release(p);
	return pol_end(&c, status);
}

bool
pol_guard(struct writer *w, PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION parts)
{
	const SECURITY_DESCRIPTOR *d = descriptor;
	const SECURITY_DESCRIPTOR_RELATIVE *r = descriptor;
	bool flat = d->Control & 0x8000;
	const uint8_t *base = descriptor;
	PSID owner = flat ? (r->Owner ? (PSID)(uintptr_t)(base + r->Owner) : NULL) : d->Owner;
	PSID group = flat ? (r->Group ? (PSID)(uintptr_t)(base + r->Group) : NULL) : d->Group;
	const ACL *list = flat ? (r->Dacl ? (const ACL *)(const void *)(base + r->Dacl) : NULL) : d->Dacl;
	const ACL *system = flat ? (r->Sacl ? (const ACL *)(const void *)(base + r->Sacl) : NULL) : d->Sacl;
	struct bytes o = BYTES_NONE, g = BYTES_NONE, l = BYTES_NONE, s = BYTES_NONE;
	bool has_list = (d->Control & 0x4) && list;
	bool has_system = (d->Control & 0x10) && system && (parts & SACL_SECURITY_INFORMATION);
	uint32_t at = 20;

	if (d->Revision != 1 || (owner && !pol_sid(&o, owner)) || (group && !pol_sid(&g, group)))
		return false;
	if (has_list)
		l = bytes_of(list, list->AclSize);
	if (has_system)
		s = bytes_of(system, system->AclSize);
	writer_u16(w, 1);
	writer_u16(w, (uint16_t)(0x8000 | (has_list ? 0x4 : 0) | (has_system ? 0x10 : 0)));
	writer_u32(w, o.len ? at : 0);
	at += (uint32_t)o.len;
	writer_u32(w, g.len ? at : 0);
	at += (uint32_t)g.len;
	writer_u32(w, has_system ? at : 0);
	at += (uint32_t)s.len;
	writer_u32(w, has_list ? at : 0);
	writer_bytes(w, o);
	writer_bytes(w, g);
	writer_bytes(w, s);
	writer_bytes(w, l);
	return writer_ok(w) && guard_valid(bytes_of(w->at, w->need));
}

NTSTATUS
LsaSetSecurityObject(LSA_HANDLE ObjectHandle, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR SecurityDescriptor)
{
	struct pol *p = pol_hold(ObjectHandle, POL_ANY);
	struct guard_set_in in = { .parts = SecurityInformation };
	struct guard_set_out out;
	struct pol_call c;
	uint8_t flat[GUARD_MAX];
	struct writer w = writer_of(flat, sizeof flat);
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!SecurityDescriptor || !pol_guard(&w, SecurityDescriptor, SecurityInformation)) {
		pol_release(p);
		return pol_refuse(SecurityDescriptor ? STATUS_INVALID_SECURITY_DESCR : STATUS_INVALID_PARAMETER,
		    "this is not a security descriptor, or an entry of it neither allows, denies nor audits");
	}
	in.object = p->wire;
	in.guard = bytes_of(flat, w.need);
	status = POL_ASK(&c, p->link, guard_set, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- the caller --------------------------------------------------------------------------- */

static UNICODE_STRING *
name_new(const char *utf8)
{
	struct bytes text = bytes_of_text(utf8);
	uint8_t wide[1024];
	struct writer w = writer_of(wide, sizeof wide);
	UNICODE_STRING *to;
	struct parcel p;

	if (!utf16_from_utf8(&w, text) || !writer_ok(&w) || !parcel_begin(&p, sizeof *to + w.need + PARCEL_SLACK))
		return NULL;
	to = parcel_take(&p, sizeof *to);
	if (!to || !parcel_text(&p, to, bytes_of(wide, w.need))) {
		parcel_drop(&p);
		return NULL;
	}
	return to;
}

/* As look-ups of its SID say it: root is SYSTEM. */
NTSTATUS
LsaGetUserName(PLSA_UNICODE_STRING *UserName, PLSA_UNICODE_STRING *DomainName)
{
	char memory[4096], number[16];
	uid_t uid = geteuid();
	struct passwd pw, *found = NULL;
	const char *user = number;
	UNICODE_STRING *name, *domain = NULL;

	if (!UserName)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the name");
	*UserName = NULL;
	if (DomainName)
		*DomainName = NULL;
	(void)snprintf(number, sizeof number, "%u", (unsigned)uid);
	if (uid == 0)
		user = "SYSTEM";
	else if (getpwuid_r(uid, &pw, memory, sizeof memory, &found) == 0 && found)
		user = found->pw_name;
	name = name_new(user);
	if (name && DomainName)
		domain = name_new(uid == 0 ? "NT AUTHORITY" : "Unix User");
	if (!name || (DomainName && !domain)) {
		(void)buffer_free(BUFFER_POLICY, name);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*UserName = name;
	if (DomainName)
		*DomainName = domain;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaChangePassword(PLSA_UNICODE_STRING ServerName, PLSA_UNICODE_STRING DomainName, PLSA_UNICODE_STRING AccountName,
    PLSA_UNICODE_STRING OldPassword, PLSA_UNICODE_STRING NewPassword)
{
	struct change_in in = { .package = bytes_of_text("NTLM") };
	struct change_out out;
	struct pol_call c;
	struct why why = { NULL, 0, 0 };
	struct link *link;
	NTSTATUS status;

	if (!is_here(ServerName))
		return pol_refuse(STATUS_UNSUCCESSFUL, "passwords of another machine cannot be changed");
	if ((DomainName && !pol_text(&in.domain, DomainName)) || !pol_text(&in.user, AccountName) ||
	    !pol_text(&in.old, OldPassword) || !pol_text(&in.fresh, NewPassword))
		return pol_refuse(STATUS_INVALID_PARAMETER, "a name or a password is no string");
	status = root_sspi_link(&link, &why);
	if (status != STATUS_SUCCESS) {
		why_thread_keep(status, &why);
		return status;
	}
	why_drop(&why);
	status = POL_ASK(&c, link, change, &in, &out);
	link_release(link);
	return pol_end(&c, status);
}
