/*
 * kerb_codes.c - libkrb5's error codes as statuses, and its words for a reason.
 * Knows nothing but the list.
 */
#include "pkg/kerberos/kerb_k5.h"

#include <errno.h>

static const struct { krb5_error_code code; NTSTATUS status; } codes[] = {
	{ 0,                                STATUS_SUCCESS },
	{ ENOMEM,                           STATUS_INSUFFICIENT_RESOURCES },
	{ KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN,  SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_SVC_UNAVAILABLE,      SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5KDC_ERR_MUST_USE_USER2USER,   SEC_E_TARGET_UNKNOWN },
	{ KRB5KRB_AP_ERR_IAKERB_KDC_NOT_FOUND, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5KRB_AP_ERR_IAKERB_KDC_NO_RESPONSE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN,  SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_PREAUTH_FAILED,       SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_PREAUTH_REQUIRED,     SEC_E_LOGON_DENIED },
	{ KRB5_PREAUTH_FAILED,              SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_CLIENT_REVOKED,       SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_NAME_EXP,             SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_KEY_EXP,              SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_CLIENT_NOTYET,        SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_POLICY,               SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_SERVICE_EXP,          SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_SERVICE_REVOKED,      SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_SERVICE_NOTYET,       SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_ETYPE_NOSUPP,         SEC_E_KDC_UNKNOWN_ETYPE },
	{ KRB5_PROG_ETYPE_NOSUPP,           SEC_E_KDC_UNKNOWN_ETYPE },
	{ KRB5_BAD_ENCTYPE,                 SEC_E_KDC_UNKNOWN_ETYPE },
	{ KRB5_CONFIG_ETYPE_NOSUPP,         SEC_E_KDC_UNKNOWN_ETYPE },
	{ KRB5KRB_AP_ERR_SKEW,              SEC_E_TIME_SKEW },
	{ KRB5_KDCREP_SKEW,                 SEC_E_TIME_SKEW },
	{ KRB5KRB_AP_ERR_TKT_NYV,           SEC_E_TIME_SKEW },
	{ KRB5KRB_AP_ERR_TKT_EXPIRED,       SEC_E_NO_CREDENTIALS },
	{ KRB5KRB_AP_ERR_MODIFIED,          SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY,     SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_NOT_US,            SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BADMATCH,          SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_NOKEY,             SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BADKEYVER,         SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_WRONG_PRINC,           SEC_E_WRONG_PRINCIPAL },
	{ KRB5_MUTUAL_FAILED,               SEC_E_MUTUAL_AUTH_FAILED },
	{ KRB5KRB_AP_ERR_MUT_FAIL,          SEC_E_MUTUAL_AUTH_FAILED },
	{ KRB5KRB_AP_ERR_REPEAT,            SEC_E_LOGON_DENIED },
	{ KRB5_KDC_UNREACH,                 SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_REALM_UNKNOWN,               SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_REALM_CANT_RESOLVE,          SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_CC_NOTFOUND,                 SEC_E_NO_CREDENTIALS },
	{ KRB5_FCC_NOFILE,                  SEC_E_NO_CREDENTIALS },
	{ KRB5_NO_TKT_SUPPLIED,             SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_NOTFOUND,                 SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_KVNONOTFOUND,             SEC_E_NO_CREDENTIALS },
	{ KRB5_NO_LOCALNAME,                SEC_E_NO_CREDENTIALS },
	{ ENOENT,                           SEC_E_NO_CREDENTIALS },
	{ EACCES,                           SEC_E_NO_CREDENTIALS },
	{ KRB5_PARSE_MALFORMED,             SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_BADOPTION,            SEC_E_UNSUPPORTED_FUNCTION },
	{ KRB5KRB_AP_ERR_MSG_TYPE,          SEC_E_INVALID_TOKEN },
	{ KRB5KRB_AP_ERR_BADVERSION,        SEC_E_INVALID_TOKEN },
	{ KRB5_BADMSGTYPE,                  SEC_E_INVALID_TOKEN },
	{ KRB5_KDCREP_MODIFIED,             SEC_E_WRONG_PRINCIPAL },
	{ ASN1_BAD_ID,                      SEC_E_INVALID_TOKEN },
	{ ASN1_BAD_LENGTH,                  SEC_E_INVALID_TOKEN },
	{ ASN1_BAD_FORMAT,                  SEC_E_INVALID_TOKEN },
	{ ASN1_OVERRUN,                     SEC_E_INVALID_TOKEN },
	{ ASN1_OVERFLOW,                    SEC_E_INVALID_TOKEN },
	{ ASN1_MISSING_FIELD,               SEC_E_INVALID_TOKEN },
	{ ASN1_MISPLACED_FIELD,             SEC_E_INVALID_TOKEN },
	{ ASN1_TYPE_MISMATCH,               SEC_E_INVALID_TOKEN },
	{ ASN1_PARSE_ERROR,                 SEC_E_INVALID_TOKEN },
	{ ASN1_BAD_TIMEFORMAT,              SEC_E_INVALID_TOKEN },
	{ ASN1_INDEF,                       SEC_E_INVALID_TOKEN },
	{ ASN1_MISSING_EOC,                 SEC_E_INVALID_TOKEN },
};

NTSTATUS
kerb_k5_status(krb5_error_code code)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == code)
			return codes[i].status;
	return SEC_E_INTERNAL_ERROR;
}

const char *
kerb_k5_words(struct call *call, krb5_context k5, krb5_error_code code)
{
	krb5_context from = code == KRB5KRB_ERR_GENERIC ? NULL : k5;	/* who gives the words takes them back */
	const char *words = krb5_get_error_message(from, code);
	char *text = words ? call_memory(call, strlen(words) + 1) : NULL;

	if (text)
		bytes_copy(text, words, strlen(words));
	krb5_free_error_message(from, words);
	return text ? text : "an error without a name";
}

NTSTATUS
kerb_k5_because(struct call *call, krb5_context k5, krb5_error_code code, const char *what)
{
	NTSTATUS status = kerb_k5_status(code);

	if (status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES)
		return status;
	return because(call, status, TO_CALLER, "%s: %s", what, kerb_k5_words(call, k5, code));
}
