/*
 * sasl_layer.c - offer and choice: four bytes (layers, the largest message in
 * network order), wrapped without confidentiality; the client's may be
 * followed by an identity. It must never learn to know handles or buffers of
 * the API. [RFC4752] 3.1 to 3.3.
 */
#include "secur32/sasl_layer.h"

#include "base/nt.h"
#include "secur32/leg.h"

#define FIXED	4u			/* before the identity */

static SECURITY_STATUS
refuse(struct context *ctx, struct why *why, SECURITY_STATUS status, const char *sentence)
{
	ctx->sasl->stage = SASL_REFUSED;
	ctx->state = CTX_FAILED;
	why_say(why, status, TO_CALLER, "%s", sentence);
	return status;
}

size_t
sasl_room(const struct context *ctx)
{
	const struct sasl *s = ctx->sasl;
	SecPkgContext_Sizes sizes;

	if (s->stage == SASL_CHOICE_AWAITED)
		return 0;
	ctx->user->sizes(ctx->half, &sizes);
	return sizes.cbSecurityTrailer + FIXED + (s->server ? 0 : s->authz_len) + sizes.cbBlockSize;
}

/* --- messages ------------------------------------------------------------------- */

/* `text` wrapped, without a gap between its parts. */
static SECURITY_STATUS
wrap(struct context *ctx, struct bytes text, uint8_t *ret_message, size_t *ret_len)
{
	SecPkgContext_Sizes sizes;
	uint8_t room[SASL_MESSAGE_MAX];
	struct writer w = writer_of(ret_message, sasl_room(ctx));
	SECURITY_STATUS status;

	ctx->user->sizes(ctx->half, &sizes);
	if (sizes.cbSecurityTrailer + text.len + sizes.cbBlockSize > sizeof room)
		return SEC_E_INTERNAL_ERROR;
	SecBuffer part[3] = {
		{ sizes.cbSecurityTrailer, SECBUFFER_TOKEN, room },
		{ (ULONG)text.len, SECBUFFER_DATA, room + sizes.cbSecurityTrailer },
		{ sizes.cbBlockSize, SECBUFFER_PADDING, room + sizes.cbSecurityTrailer + text.len },
	};
	SecBufferDesc desc = { SECBUFFER_VERSION, 3, part };

	bytes_copy(part[1].pvBuffer, text.at, text.len);
	status = sec_of(ctx->user->seal(ctx->half, SECQOP_WRAP_NO_ENCRYPT, &desc, 0));
	for (size_t n = 0; status == SEC_E_OK && n < 3; n++)
		writer_bytes(&w, bytes_of(part[n].pvBuffer, part[n].cbBuffer));
	*ret_len = w.need;
	return status == SEC_E_OK && !writer_ok(&w) ? SEC_E_INTERNAL_ERROR : status;
}

/* The text of a wrapped message; a view into `room`. */
static SECURITY_STATUS
unwrap(struct context *ctx, struct bytes message, uint8_t room[SASL_MESSAGE_MAX], struct bytes *ret_text)
{
	SecBuffer part[2] = { { (ULONG)message.len, SECBUFFER_STREAM, room }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, part };
	SECURITY_STATUS status;
	ULONG qop;

	if (message.len > SASL_MESSAGE_MAX)
		return SEC_E_INVALID_TOKEN;
	bytes_copy(room, message.at, message.len);
	status = sec_of(ctx->user->unseal(ctx->half, &desc, 0, &qop));
	if (status == SEC_E_OK)
		*ret_text = bytes_of(part[1].pvBuffer, part[1].cbBuffer);
	return status;
}

static void
fixed_put(uint8_t to[FIXED], uint8_t layers, ULONG size)
{
	to[0] = layers;
	to[1] = (uint8_t)(size >> 16);
	to[2] = (uint8_t)(size >> 8);
	to[3] = (uint8_t)size;
}

/* --- what may be agreed on ------------------------------------------------------ */

/* Nobody who asked for protection gets less of it. */
static uint8_t
layers_wanted(const struct sasl *s)
{
	if (s->private)
		return SASL_LAYER_PRIVACY;
	return s->integral ? SASL_LAYER_INTEGRITY | (s->server ? SASL_LAYER_PRIVACY : 0) :
	    SASL_LAYER_NONE | (s->server ? SASL_LAYER_INTEGRITY | SASL_LAYER_PRIVACY : 0);
}

/* The peer takes messages of this size; without a layer there are none. */
static void
agree(struct sasl *s, uint8_t layer, ULONG peer_takes)
{
	s->layer = layer;
	s->stage = SASL_AGREED;
	if (layer == SASL_LAYER_NONE)
		s->send_size = s->receive_size = 0;
	else if (!s->send_size || s->send_size > peer_takes)
		s->send_size = peer_takes;
}

SECURITY_STATUS
sasl_offer(struct context *ctx, uint8_t *ret_message, size_t *ret_len, struct why *why)
{
	struct sasl *s = ctx->sasl;
	uint8_t offer[FIXED];
	SECURITY_STATUS status;

	s->offered = layers_wanted(s);
	fixed_put(offer, s->offered, s->offered == SASL_LAYER_NONE ? 0 : s->receive_size);
	status = wrap(ctx, bytes_of(offer, sizeof offer), ret_message, ret_len);
	if (status != SEC_E_OK)
		return refuse(ctx, why, status, "the offer of a security layer could not be wrapped");
	s->stage = SASL_CHOICE_AWAITED;
	return SEC_I_CONTINUE_NEEDED;
}

SECURITY_STATUS
sasl_choose(struct context *ctx, struct bytes offer, uint8_t *ret_message, size_t *ret_len, struct why *why)
{
	struct sasl *s = ctx->sasl;
	uint8_t room[SASL_MESSAGE_MAX], choice[FIXED + SASL_AUTHZ_MAX], layer = layers_wanted(s);
	struct bytes text;
	SECURITY_STATUS status = unwrap(ctx, offer, room, &text);

	if (status != SEC_E_OK)
		return refuse(ctx, why, status, "the server's offer of security layers is not genuine");
	if (text.len != FIXED)
		return refuse(ctx, why, SEC_E_INVALID_TOKEN, "the server's offer of security layers has not four bytes");
	if (!(text.at[0] & layer))
		return refuse(ctx, why, SEC_E_QOP_NOT_SUPPORTED,
		    "the server does not offer the security layer that this context was asked for: request"
		    " ISC_REQ_CONFIDENTIALITY or ISC_REQ_INTEGRITY as the server demands");
	fixed_put(choice, layer, layer == SASL_LAYER_NONE ? 0 : s->receive_size);
	bytes_copy(choice + FIXED, s->authz, s->authz_len);
	status = wrap(ctx, bytes_of(choice, FIXED + s->authz_len), ret_message, ret_len);
	if (status != SEC_E_OK)
		return refuse(ctx, why, status, "the choice of a security layer could not be wrapped");
	agree(s, layer, (ULONG)text.at[1] << 16 | (ULONG)text.at[2] << 8 | text.at[3]);
	return SEC_E_OK;
}

SECURITY_STATUS
sasl_take_choice(struct context *ctx, struct bytes choice, struct why *why)
{
	struct sasl *s = ctx->sasl;
	uint8_t room[SASL_MESSAGE_MAX], layer;
	struct bytes text;
	SECURITY_STATUS status = unwrap(ctx, choice, room, &text);

	if (status != SEC_E_OK)
		return refuse(ctx, why, status, "the client's choice of a security layer is not genuine");
	if (text.len < FIXED || text.len > FIXED + SASL_AUTHZ_MAX)
		return refuse(ctx, why, SEC_E_INVALID_TOKEN, "the client's choice of a security layer is too short or too long");
	layer = text.at[0];
	if ((layer != SASL_LAYER_NONE && layer != SASL_LAYER_INTEGRITY && layer != SASL_LAYER_PRIVACY) || !(layer & s->offered))
		return refuse(ctx, why, SEC_E_QOP_NOT_SUPPORTED, "the client chose a security layer that was not offered");
	if (layer == SASL_LAYER_NONE && (text.at[1] | text.at[2] | text.at[3]))
		return refuse(ctx, why, SEC_E_INVALID_TOKEN, "the client chose no security layer and named a size for its messages");
	if (text.len > FIXED && s->authz_state == Sasl_AuthZIDForbidden)
		return refuse(ctx, why, SEC_E_LOGON_DENIED,
		    "the client asks to act as somebody else: a server that decides about that says so with"
		    " SASL_OPTION_AUTHZ_PROCESSING");
	s->authz_len = text.len - FIXED;
	bytes_copy(s->authz, text.at + FIXED, s->authz_len);
	agree(s, layer, (ULONG)text.at[1] << 16 | (ULONG)text.at[2] << 8 | text.at[3]);
	return SEC_E_OK;
}

ULONG
sasl_attributes(const struct sasl *s)
{
	ULONG integrity = s->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY;
	ULONG privacy = s->server ? ASC_RET_CONFIDENTIALITY : ISC_RET_CONFIDENTIALITY;

	ULONG bare = s->attributes & ~(integrity | privacy);

	if (s->stage != SASL_AGREED)
		return s->attributes;
	if (s->layer == SASL_LAYER_PRIVACY)
		return bare | integrity | privacy;
	return s->layer == SASL_LAYER_INTEGRITY ? bare | integrity : bare;
}
