/*
 * frame.h - what crosses the line between application and LSA: whole frames.
 *
 * Request:  u32 length | u32 call id | u16 number | u16 0 | u32 deadline in ms | fields in
 * Reply:    u32 length | u32 call id | u16 number | u16 1 | i32 status | u32 n | n bytes of reasons | fields out
 *
 * Length counts the whole frame, its own four bytes included. The call id is
 * chosen by the client. deadline 0 is the LSA's own (30 s). Fields out are
 * there only when the status is not an error.
 */
#ifndef OPENLSA_WIRE_FRAME_H
#define OPENLSA_WIRE_FRAME_H

#include "base/bytes.h"

#define FRAME_HEAD		16u
#define REPLY_HEAD		20u
#define FRAME_MAX		(512u * 1024u)
#define FRAME_MAX_STRANGER	4096u
#define FRAME_REPLY		1u
#define FRAME_VERSION		1u


enum frame_size { FRAME_SHORT, FRAME_WHOLE, FRAME_BAD };

/* The length of the frame that begins `stream`; FRAME_SHORT while it cannot be told or is not all there. */
enum frame_size frame_measure(uint32_t *ret_len, struct bytes stream, uint32_t max);

struct request { uint32_t id; uint16_t number; uint32_t deadline; struct bytes in; };
bool request_take(struct request *m, struct bytes frame) MUST_CHECK;
/* Head only; fields follow, then frame_end writes the length. */
void request_put_head(struct writer *w, const struct request *m);

struct reply { uint32_t id; uint16_t number; int32_t status; struct bytes why; struct bytes out; };
bool reply_take(struct reply *m, struct bytes frame) MUST_CHECK;
void reply_put_head(struct writer *w, const struct reply *m);	/* with the reasons */

void frame_end(struct writer *w);

#endif
