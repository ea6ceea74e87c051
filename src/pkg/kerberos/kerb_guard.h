/*
 * kerb_guard.h - the guard in every context of libkrb5's, in the LSA and in
 * the application: nothing of the library sends for itself. Whatever it is
 * about to say to a KDC is refused before a socket is made, so none of its
 * functions can block on one. tests/include_rule.sh counts contexts and guards.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_GUARD_H
#define OPENLSA_PKG_KERBEROS_KERB_GUARD_H

#include <krb5.h>

static inline krb5_error_code
kerb_guard_refuses(krb5_context k5, void *data, const krb5_data *realm, const krb5_data *message, krb5_data **ret_message,
    krb5_data **ret_reply)
{
	(void)k5;
	(void)data;
	(void)realm;
	(void)message;
	*ret_message = NULL;
	*ret_reply = NULL;
	return KRB5_KDC_UNREACH;
}

static inline void
kerb_guard(krb5_context k5)
{
	krb5_set_kdc_send_hook(k5, kerb_guard_refuses, NULL);
}

#endif
