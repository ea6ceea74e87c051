/*
 * kerb_target.c - a target's principal. Asks no name service: where krb5.conf
 * is silent about a host's realm, the KDC is left to find it.
 */
#include "pkg/kerberos/kerb_init.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_spn.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

krb5_error_code
kerb_server_of(krb5_context k5, const struct kerb_spn *spn, const char *own_realm, krb5_principal *ret_server)
{
	krb5_data parts[SPN_PARTS_MAX];
	krb5_principal_data view = { .magic = KV5M_PRINCIPAL, .data = parts, .length = (krb5_int32)spn->count };
	bool service = spn->count > 1 && !bytes_same(spn->parts[0], bytes_of_text("krbtgt"));
	krb5_error_code code = 0;
	char *host = NULL, *realm = NULL;

	view.type = spn->count > 1 ? KRB5_NT_SRV_INST : KRB5_NT_PRINCIPAL;
	for (unsigned i = 0; i < spn->count; i++)
		parts[i] = (krb5_data){ .length = (unsigned)spn->parts[i].len, .data = (char *)(uintptr_t)spn->parts[i].at };
	if (service) {
		host = bytes_dup(spn->parts[1]);
		if (!host)
			return ENOMEM;
		for (size_t i = 0; i < spn->parts[1].len; i++)
			host[i] = (char)lower((uint8_t)host[i]);
		parts[1].data = host;
	}
	if (spn->realm.len) {
		view.realm = (krb5_data){ .length = (unsigned)spn->realm.len, .data = (char *)(uintptr_t)spn->realm.at };
	} else if (!service) {
		view.realm = (krb5_data){ .length = (unsigned)strlen(own_realm), .data = (char *)(uintptr_t)own_realm };
	} else {
		char *bare = bytes_dup(bytes_of(host, spn->host.len));

		/* Where krb5.conf is silent the KDC is asked (an empty realm). */
		code = bare ? kerb_k5_realm_of(bare, &realm) : ENOMEM;
		free(bare);
		view.realm = (krb5_data){ .length = realm ? (unsigned)strlen(realm) : 0, .data = realm };
	}
	if (!code)
		code = krb5_copy_principal(k5, &view, ret_server);
	free(realm);
	free(host);
	return code;
}
