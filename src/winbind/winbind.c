/*
 * winbind.c - accounts of a domain, their names and SIDs, by way of Samba's
 * winbindd. A module of its own (libwbclient is under the LGPL): it is loaded
 * where domain_authority names it.
 *
 * It must never see a password: responses are judged, nothing else.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wbclient.h>

#include "pkg/authority.h"

#define NO_LOGON_SERVERS	((int32_t)0xC000005Eu)
#define LOGON_FAILURE		((int32_t)0xC000006Du)
#define NO_MEMORY		((int32_t)0xC0000017u)
#define KEY_OF_ZEROS		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static bool
sid_put(struct authority_sid *to, const struct wbcDomainSid *sid)
{
	uint32_t len = 0;

	if (sid->num_auths > WBC_MAXSUBAUTHS)
		return false;
	to->bytes[len++] = sid->sid_rev_num;
	to->bytes[len++] = (uint8_t)sid->num_auths;
	memcpy(to->bytes + len, sid->id_auth, sizeof sid->id_auth);
	len += (uint32_t)sizeof sid->id_auth;
	for (int i = 0; i < sid->num_auths; i++)
		for (unsigned shift = 0; shift < 32; shift += 8)
			to->bytes[len++] = (uint8_t)(sid->sub_auths[i] >> shift);
	to->len = len;
	return true;
}

/* --- logons --------------------------------------------------------------------- */

static bool
answer_fill(struct authority_answer *ret, const struct wbcAuthUserInfo *info)
{
	ret->user = strdup(info->account_name ? info->account_name : "");
	ret->domain = strdup(info->domain_name ? info->domain_name : "");
	ret->sids = calloc(info->num_sids ? info->num_sids : 1, sizeof *ret->sids);
	if (!ret->user || !ret->domain || !ret->sids)
		return false;
	for (uint32_t i = 0; i < info->num_sids; i++)
		if (!sid_put(&ret->sids[ret->sid_count++], &info->sids[i].sid))
			return false;
	ret->has_key = memcmp(info->user_session_key, KEY_OF_ZEROS, sizeof ret->key) != 0;	/* not secret whether there is one */
	memcpy(ret->key, info->user_session_key, sizeof ret->key);
	return ret->sid_count > 0;
}

/* Nobody said anything of the user: winbindd has no controller to ask now. */
static bool
unheard(uint32_t status)
{
	static const uint32_t all[] = {
		0xC000005Eu,	/* STATUS_NO_LOGON_SERVERS */
		0xC00000B5u,	/* STATUS_IO_TIMEOUT */
		0xC00000BEu,	/* STATUS_BAD_NETWORK_PATH */
		0xC000020Cu,	/* STATUS_CONNECTION_DISCONNECTED */
		0xC000020Du,	/* STATUS_CONNECTION_RESET */
		0xC0000233u,	/* STATUS_DOMAIN_CONTROLLER_NOT_FOUND */
		0xC0000236u,	/* STATUS_CONNECTION_REFUSED */
		0xC000023Cu,	/* STATUS_NETWORK_UNREACHABLE */
		0xC000023Du,	/* STATUS_HOST_UNREACHABLE */
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (status == all[i])
			return true;
	return false;
}

/* A response makes it a network logon, whoever sits here: with the flag of an interactive one winbindd wants a hash. */
static void
judge(const struct authority_ask *ask, struct authority_answer *ret)
{
	struct wbcAuthUserParams params = {
		.account_name = ask->user, .domain_name = ask->domain, .workstation_name = ask->workstation,
		.level = WBC_AUTH_USER_LEVEL_RESPONSE,
	};
	struct wbcAuthUserInfo *info = NULL;
	struct wbcAuthErrorInfo *error = NULL;
	struct wbcContext *ctx = wbcCtxCreate();
	wbcErr code;

	ret->status = LOGON_FAILURE;
	memcpy(params.password.response.challenge, ask->challenge, sizeof ask->challenge);
	params.password.response.nt_length = ask->nt_len;
	params.password.response.nt_data = (uint8_t *)(uintptr_t)ask->nt;
	params.password.response.lm_length = ask->lm_len;
	params.password.response.lm_data = (uint8_t *)(uintptr_t)ask->lm;
	code = ctx ? wbcCtxAuthenticateUserEx(ctx, &params, &info, &error) : WBC_ERR_NO_MEMORY;
	if (code == WBC_ERR_SUCCESS && info && answer_fill(ret, info)) {
		ret->status = 0;
	} else if (code == WBC_ERR_AUTH_ERROR && error) {
		ret->status = unheard(error->nt_status) ? NO_LOGON_SERVERS : (int32_t)error->nt_status;
		(void)snprintf(ret->why, sizeof ret->why, "winbindd: %.140s", error->nt_string ? error->nt_string : "refused");
		if (ret->status >= 0)
			ret->status = LOGON_FAILURE;
	} else {
		ret->status = code == WBC_ERR_NO_MEMORY || code == WBC_ERR_SUCCESS ? NO_MEMORY : NO_LOGON_SERVERS;
		(void)snprintf(ret->why, sizeof ret->why, "winbindd: %s; is it running, and may lsad's user use its privileged pipe (group winbindd_priv)?",
		    wbcErrorString(code));
	}
	if (info)
		explicit_bzero(info->user_session_key, sizeof info->user_session_key);
	wbcFreeMemory(info);
	wbcFreeMemory(error);
	wbcCtxFree(ctx);
}

static void
drop(struct authority_answer *answer)
{
	free(answer->user);
	free(answer->domain);
	free(answer->sids);
	explicit_bzero(answer, sizeof *answer);
}

/* --- names and SIDs --------------------------------------------------------------- */

#define SUB_MAX	15
#define GROUPS	100

static bool
sid_take(struct wbcDomainSid *to, const struct authority_sid *sid)
{
	unsigned count = sid->len >= 8 ? sid->bytes[1] : 0;

	if (!count || count > SUB_MAX || sid->len != 8 + 4 * count)
		return false;
	memset(to, 0, sizeof *to);
	memcpy(&to->sid_rev_num, sid->bytes, 1);
	memcpy(&to->num_auths, sid->bytes + 1, 1);
	memcpy(to->id_auth, sid->bytes + 2, sizeof to->id_auth);
	for (unsigned i = 0; i < 4 * count; i++)
		to->sub_auths[i / 4] |= (uint32_t)sid->bytes[8 + i] << (8 * (i % 4));
	return true;
}

/* Of a domain's account: the domain's own SID is the answer's. */
static bool
sid_split(struct authority_sid *domain, uint32_t *rid, const struct authority_sid *sid)
{
	if (sid->len < 16)
		return false;
	*domain = *sid;
	domain->len -= 4;
	domain->bytes[1]--;
	memset(domain->bytes + domain->len, 0, 4);
	*rid = 0;
	for (unsigned i = 0; i < 4; i++)
		*rid |= (uint32_t)sid->bytes[domain->len + i] << (8 * i);
	return true;
}

static bool
same_sid(const struct authority_sid *a, const struct authority_sid *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;	/* not secret */
}

static bool
name_put(char to[AUTHORITY_NAME], const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len >= AUTHORITY_NAME)
		return false;
	memcpy(to, name ? name : "", len);
	to[len] = 0;
	return true;
}

/* Whether the question was answered at all. That nobody is known is an answer. */
static bool
answered(struct authority_find *f, wbcErr code)
{
	if (code == WBC_ERR_SUCCESS || code == WBC_ERR_DOMAIN_NOT_FOUND || code == WBC_ERR_UNKNOWN_USER || code == WBC_ERR_UNKNOWN_GROUP ||
	    code == WBC_ERR_INVALID_SID || code == WBC_ERR_INVALID_PARAM || code == WBC_ERR_INVALID_RESPONSE)
		return true;
	f->status = NO_LOGON_SERVERS;
	(void)snprintf(f->why, sizeof f->why, "winbindd: %s; is it running?", wbcErrorString(code));
	return false;
}

/* winbindd may give the name that somebody asked by; a domain is called by its short one. False: no name of a domain. */
static bool
domain_put(struct wbcContext *ctx, char to[AUTHORITY_NAME], const char *name)
{
	struct wbcDomainInfo *info = NULL;
	bool good = wbcCtxDomainInfo(ctx, name, &info) == WBC_ERR_SUCCESS && info->short_name && *info->short_name;

	good = name_put(to, good ? info->short_name : name) && *to;
	wbcFreeMemory(info);
	return good;
}

/* What a domain is called. The same one is asked about once. False: winbindd does not answer. */
static bool
domain_name(struct wbcContext *ctx, struct authority_find *f, struct authority_item *item)
{
	struct wbcDomainSid sid;
	enum wbcSidType type;
	char *domain = NULL, *name = NULL;
	wbcErr code;

	for (const struct authority_item *other = f->items; other < f->items + f->count; other++)
		if (other != item && *other->domain_name && same_sid(&other->domain_sid, &item->domain_sid))
			return name_put(item->domain_name, other->domain_name);
	if (!sid_take(&sid, &item->domain_sid))
		return true;
	code = wbcCtxLookupSid(ctx, &sid, &domain, &name, &type);
	if (code != WBC_ERR_SUCCESS || !domain || !domain_put(ctx, item->domain_name, domain)) {
		item->domain_sid.len = 0;
		item->use = 0;
	}
	wbcFreeMemory(domain);
	wbcFreeMemory(name);
	return answered(f, code);
}

/* A name that nobody has may be one of a domain that cannot be reached now. */
static void
domain_reach(struct wbcContext *ctx, struct authority_find *f, const struct authority_item *item)
{
	struct wbcDomainInfo *info = NULL;

	if (f->status || !*item->domain || wbcCtxDomainInfo(ctx, item->domain, &info) != WBC_ERR_SUCCESS)
		return;
	if (info->domain_flags & WBC_DOMINFO_DOMAIN_OFFLINE) {
		f->status = NO_LOGON_SERVERS;
		(void)snprintf(f->why, sizeof f->why, "winbindd: no controller of %.100s answers", info->short_name);
	}
	wbcFreeMemory(info);
}

/* A name without a domain is one of this name, else of somebody in the domain that this machine has joined. */
static wbcErr
alone_find(struct wbcContext *ctx, const char *name, struct wbcDomainSid *sid, enum wbcSidType *type)
{
	struct wbcInterfaceDetails *own = NULL;
	wbcErr code = wbcCtxLookupName(ctx, name, "", sid, type);

	if (code == WBC_ERR_SUCCESS || code == WBC_ERR_WINBIND_NOT_AVAILABLE)
		return code;
	code = wbcCtxInterfaceDetails(ctx, &own);
	if (code == WBC_ERR_SUCCESS)
		code = own->netbios_domain && *own->netbios_domain ? wbcCtxLookupName(ctx, own->netbios_domain, name, sid, type) :
		    WBC_ERR_DOMAIN_NOT_FOUND;
	wbcFreeMemory(own);
	return code;
}

/* False: no use in asking further. */
static bool
name_find(struct wbcContext *ctx, struct authority_find *f, struct authority_item *item)
{
	struct wbcDomainSid sid;
	enum wbcSidType type = WBC_SID_NAME_UNKNOWN;
	uint32_t rid;
	wbcErr code = *item->domain ? wbcCtxLookupName(ctx, item->domain, item->name, &sid, &type) :
	    alone_find(ctx, item->name, &sid, &type);

	if (code != WBC_ERR_SUCCESS) {
		if (!answered(f, code))
			return false;
		domain_reach(ctx, f, item);
		return true;
	}
	if (type == WBC_SID_NAME_USE_NONE || type == WBC_SID_NAME_UNKNOWN || !sid_put(&item->found, &sid))
		return true;
	item->use = (uint32_t)type;
	item->domain_sid = item->found;
	if (type != WBC_SID_NAME_DOMAIN && !sid_split(&item->domain_sid, &rid, &item->found)) {
		item->use = 0;
		return true;
	}
	return domain_name(ctx, f, item);
}

/* All of one domain in one question. */
static bool
rids_find(struct wbcContext *ctx, struct authority_find *f, const struct authority_sid *domain, const uint32_t *places, uint32_t *rids,
    uint32_t count)
{
	struct authority_item *first = &f->items[places[0]];
	struct wbcDomainSid sid;
	const char *name = NULL, **names = NULL;
	enum wbcSidType *types = NULL;
	wbcErr code = sid_take(&sid, domain) ? wbcCtxLookupRids(ctx, &sid, (int)count, rids, &name, &names, &types) : WBC_ERR_INVALID_SID;
	char called[AUTHORITY_NAME];
	bool good;

	if (code == WBC_ERR_SUCCESS && name && domain_put(ctx, called, name)) {
		for (uint32_t i = 0; i < count; i++) {
			struct authority_item *item = &f->items[places[i]];

			item->domain_sid = *domain;
			(void)name_put(item->domain_name, called);
			if (types[i] != WBC_SID_NAME_USE_NONE && types[i] != WBC_SID_NAME_UNKNOWN && names[i] && *names[i] &&
			    name_put(item->found_name, names[i]))
				item->use = (uint32_t)types[i];
		}
		good = true;
	} else {
		/* Nobody of these: the domain may be known all the same. */
		good = answered(f, code);
		first->domain_sid = *domain;
		good = good && domain_name(ctx, f, first);
		for (uint32_t i = 1; good && i < count; i++) {
			f->items[places[i]].domain_sid = first->domain_sid;
			(void)name_put(f->items[places[i]].domain_name, first->domain_name);
		}
		if (!good)
			first->domain_sid.len = 0;
	}
	wbcFreeMemory((void *)(uintptr_t)name);
	wbcFreeMemory((void *)(uintptr_t)names);
	wbcFreeMemory(types);
	return good;
}

static void
sids_find(struct wbcContext *ctx, struct authority_find *f)
{
	uint32_t places[GROUPS], rids[GROUPS];
	bool done[GROUPS] = { false };

	for (uint32_t i = 0; i < f->count && i < GROUPS && !atomic_load(&f->given_up); i++) {
		struct authority_sid domain, other;
		struct authority_item *item = &f->items[i];
		uint32_t count = 0, rid;

		if (done[i])
			continue;
		if (item->sid.len == 24) {		/* S-1-5-21 and three numbers: a domain itself */
			item->domain_sid = item->sid;
			item->use = WBC_SID_NAME_DOMAIN;
			if (!domain_name(ctx, f, item)) {
				item->use = 0;
				item->domain_sid.len = 0;
				return;
			}
			continue;
		}
		if (!sid_split(&domain, &rid, &item->sid))
			continue;
		for (uint32_t j = i; j < f->count && j < GROUPS; j++)
			if (!done[j] && sid_split(&other, &rid, &f->items[j].sid) && same_sid(&other, &domain)) {
				done[j] = true;
				places[count] = j;
				rids[count++] = rid;
			}
		if (!rids_find(ctx, f, &domain, places, rids, count))
			return;
	}
}

static void
find(struct authority_find *f)
{
	struct wbcContext *ctx = wbcCtxCreate();

	if (!ctx) {
		f->status = NO_MEMORY;
		return;
	}
	if (f->by_sid)
		sids_find(ctx, f);
	else
		for (uint32_t i = 0; i < f->count && !atomic_load(&f->given_up); i++)
			if (!name_find(ctx, f, &f->items[i]))
				break;
	wbcCtxFree(ctx);
}

/* Exported by name. */
__attribute__((visibility("default"))) const struct authority *openlsa_authority(void);

const struct authority *
openlsa_authority(void)
{
	static const struct authority table = { AUTHORITY_VERSION, "winbind", judge, drop, find };

	return &table;
}
