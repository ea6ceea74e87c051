/*
 * kerb_inside.h - the keys of a finished context, while the package that
 * entered this one signs with them in the LSA (mechListMIC of SPNEGO).
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_INSIDE_H
#define OPENLSA_PKG_KERBEROS_KERB_INSIDE_H

#include "pkg/lsa_mode.h"

/* The table's entries of the same names, pkg/lsa_mode.h. */
NTSTATUS kerb_inside_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token);
NTSTATUS kerb_inside_check(struct call *call, void *context, struct bytes text, bool restart, struct bytes token);
NTSTATUS kerb_inside_hand_over(struct call *call, void *context, struct bytes *ret_user_data);

#endif
