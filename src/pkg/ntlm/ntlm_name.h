/*
 * ntlm_name.h - whether a name that a peer used means this machine.
 *
 * Pure: ASCII case folding, no look-up of any kind. Text is UTF-8.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_NAME_H
#define OPENLSA_PKG_NTLM_NTLM_NAME_H

#include "base/bytes.h"

/*
 * The host of "class/host[:port][/name][@REALM]", of "host[:port]" or of a
 * bare address; IPv6 literals in brackets come without them.
 */
struct bytes target_host(struct bytes target);

/*
 * Its NetBIOS name, its DNS name with or without a final dot, the first
 * label of that, "localhost" in its forms, or a loopback address. Where the
 * DNS name has one label (nobody knows the domain), that label with any
 * domain is taken too. computer and host may be NULL.
 */
bool name_is_ours(struct bytes name, const char *computer, const char *host);

#endif
