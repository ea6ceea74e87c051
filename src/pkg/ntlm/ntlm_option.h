/*
 * ntlm_option.h - messages 12 and 19: choices of a trusted caller's for what
 * it asks on one connection. Layout: OlsaSetOptionRequest of <openlsa.h>.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_OPTION_H
#define OPENLSA_PKG_NTLM_NTLM_OPTION_H

#include "pkg/lsa_mode.h"

#define OPTION_BLANK_PASSWORD	0x1u	/* a blank password is enough over the network, too */
#define OPTIONS_ALL		0x1fu

NTSTATUS ntlm_set_option(struct call *call, const struct message_args *args, bool thread, struct message_result *ret);
/* Whether it is chosen on this call's connection. */
bool option_chosen(struct call *call, uint32_t option);

#endif
