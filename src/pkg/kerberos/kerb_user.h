/*
 * kerb_user.h - Kerberos' half in the application: door two's table is in
 * pkg/user_mode.h.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_USER_H
#define OPENLSA_PKG_KERBEROS_KERB_USER_H

#include "pkg/user_mode.h"

#endif
