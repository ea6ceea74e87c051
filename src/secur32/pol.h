/*
 * pol.h - policy handles on the application's side, and what its functions
 * share: strings and SIDs in, one block out. Rules: spec lsa-policy 1.
 */
#ifndef OPENLSA_SECUR32_POL_H
#define OPENLSA_SECUR32_POL_H

#include <windows.h>
#include <ntsecapi.h>

#include "base/bytes.h"
#include "secur32/memory.h"
#include "secur32/root.h"

enum pol_what { POL_ANY = 0, POL_POLICY, POL_ACCOUNT, POL_SECRET, POL_TRUST };

/* An LSA_HANDLE. It keeps the link it came by: whom it was granted to does not change with it. */
struct pol {
	uint64_t word, wire;
	struct link *link;
	enum pol_what what;
	uint32_t granted;
};

/* Held, or NULL: not a policy handle of this process image, or of another kind. */
struct pol *pol_hold(LSA_HANDLE handle, enum pol_what what);
void pol_release(struct pol *p);
void pol_destroy(void *object);
/* A handle for what was just opened by `parent`, or on `link`. Gives it back to the LSA where there is no memory. */
NTSTATUS pol_new(LSA_HANDLE *ret_handle, struct link *link, enum pol_what what, uint64_t wire, uint32_t granted);
/* Its end; the LSA is told. */
NTSTATUS pol_close(LSA_HANDLE handle);

/* --- one call ------------------------------------------------------------------- */

struct pol_call { struct ask ask; struct ask_room room; struct why why; };

/* Ask, wait, told; ends with pol_end, which gives the status back and keeps the reasons. */
#define POL_ASK(c, link, verb, in, out)                                     \
	((c)->ask = (struct ask){ .room = &(c)->room }, (c)->why = (struct why){ NULL, 0, 0 },     \
	    ask_##verb(&(c)->ask, (link), (in)), ask_wait(&(c)->ask),       \
	    why_take(&(c)->why, ask_why(&(c)->ask)), told_##verb(&(c)->ask, (out)))
NTSTATUS pol_end(struct pol_call *c, NTSTATUS status);
/* Without a call. */
NTSTATUS pol_refuse(NTSTATUS status, const char *why);

/* --- strings and SIDs in ----------------------------------------------------------- */

/* False: no string, an odd length, or a length without a buffer. */
bool pol_text(struct bytes *ret_text, const UNICODE_STRING *string) MUST_CHECK;
/* False: no SID of revision 1. */
bool pol_sid(struct bytes *ret_binary, PSID sid) MUST_CHECK;
/*
 * Either form of a descriptor as one block with offsets; a system list only where `parts` asks for it. The lengths are
 * those that the structures say of themselves: the caller's. False: not valid.
 */
bool pol_guard(struct writer *w, PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION parts) MUST_CHECK;
/* Sized items one behind the other; malloc'ed, free it. STATUS_INVALID_PARAMETER. */
NTSTATUS pol_texts(uint8_t **ret_list, size_t *ret_len, const UNICODE_STRING *strings, ULONG count);

/* --- one block out ------------------------------------------------------------------- */

struct parcel { uint8_t *at; size_t cap, used; };

/* False: no memory. The block is freed with LsaFreeMemory. */
bool parcel_begin(struct parcel *p, size_t cap) MUST_CHECK;
/* Zeroed, aligned for anything; NULL: the block was made too small, which is a mistake of ours. */
void *parcel_take(struct parcel *p, size_t len) MUST_CHECK;
/* A string of the block's own, with a NUL behind it. */
bool parcel_text(struct parcel *p, UNICODE_STRING *to, struct bytes text) MUST_CHECK;
/* A SID of the block's own; NULL for an empty one. */
bool parcel_sid(struct parcel *p, PSID *to, struct bytes binary) MUST_CHECK;
void parcel_drop(struct parcel *p);
/* STATUS_SUCCESS: all went in, and the block stays. Else it goes. */
NTSTATUS parcel_end(struct parcel *p, bool good) MUST_CHECK;
#define PARCEL_SLACK 32u			/* what one text or SID needs beyond its bytes */

#endif
