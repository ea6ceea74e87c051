/*
 * confounder.c - random bytes in stock, by libcrypto's generator.
 */
#include "crypto/confounder.h"

#include <openssl/rand.h>

#include "base/fork.h"
#include "crypto/libctx.h"

#define STOCK 4096u

static _Thread_local struct {
	uint64_t stamp;			/* of the process image that it was drawn in */
	size_t left;
	uint8_t bytes[STOCK];
} stock;

bool
confounder(uint8_t *to, size_t len)
{
	const struct libctx *lib = libctx();
	uint8_t *at;

	if (!lib || len > 64)
		return false;
	if (stock.left < len || fork_changed(stock.stamp)) {
		stock.left = 0;
		if (RAND_bytes_ex(lib->ctx, stock.bytes, sizeof stock.bytes, 0) != 1)
			return false;
		stock.stamp = fork_stamp();
		stock.left = sizeof stock.bytes;
	}
	at = stock.bytes + sizeof stock.bytes - stock.left;
	bytes_copy(to, at, len);
	bytes_wipe(at, len);
	stock.left -= len;
	return true;
}
