/*
 * winbind.c - accounts of a domain, by way of Samba's winbindd. A module of
 * its own (libwbclient is under the LGPL): lsad loads it where
 * domain_authority names it.
 *
 * It must never see a password: responses are judged, nothing else.
 */
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

static void
judge(const struct authority_ask *ask, struct authority_answer *ret)
{
	struct wbcAuthUserParams params = {
		.account_name = ask->user, .domain_name = ask->domain, .workstation_name = ask->workstation,
		.flags = ask->interactive ? WBC_AUTH_PARAM_FLAGS_INTERACTIVE_LOGON : 0, .level = WBC_AUTH_USER_LEVEL_RESPONSE,
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
		ret->status = (int32_t)error->nt_status;
		(void)snprintf(ret->why, sizeof ret->why, "winbindd: %.140s", error->nt_string ? error->nt_string : "refused");
		if (ret->status >= 0)
			ret->status = LOGON_FAILURE;
	} else {
		ret->status = code == WBC_ERR_NO_MEMORY || code == WBC_ERR_SUCCESS ? NO_MEMORY : NO_LOGON_SERVERS;
		(void)snprintf(ret->why, sizeof ret->why, "winbindd: %s; is it running, and may lsad's user use its privileged pipe (group winbindd_priv)?",
		    wbcErrorString(code));
	}
	if (info)
		memset(info->user_session_key, 0, sizeof info->user_session_key);
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

/* Exported by name. */
__attribute__((visibility("default"))) const struct authority *openlsa_authority(void);

const struct authority *
openlsa_authority(void)
{
	static const struct authority table = { AUTHORITY_VERSION, "winbind", judge, drop };

	return &table;
}
