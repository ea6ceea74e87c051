/*
 * confounder.c - random bytes in stock. A key from libcrypto's generator is
 * stretched by ChaCha20 (RFC 8439), and each stock's first bytes are the next
 * one's key: what was handed out cannot be found again from what is here.
 * libcrypto itself is not asked for each stock, because it asks the kernel
 * whose process this is.
 */
#include "crypto/confounder.h"

#include <openssl/rand.h>

#include "base/fork.h"
#include "crypto/chacha.h"
#include "crypto/libctx.h"

#define STOCK	4096u
#define STOCKS	65536u		/* of one key from libcrypto */

static _Thread_local struct {
	uint64_t stamp;			/* of the process image that the key was drawn in */
	uint32_t stocks;		/* that its descendants may still make */
	size_t left;
	uint8_t stream[CHACHA_KEY + STOCK];	/* the next key, then what is handed out */
} stock;

static bool
refill(void)
{
	const struct libctx *lib;
	uint8_t key[CHACHA_KEY];

	stock.left = 0;
	if (!stock.stocks || fork_changed(stock.stamp)) {
		lib = libctx();
		if (!lib || RAND_bytes_ex(lib->ctx, stock.stream, CHACHA_KEY, 0) != 1)
			return false;
		stock.stamp = fork_stamp();
		stock.stocks = stock.stamp ? STOCKS : 0;
		if (!stock.stocks)
			return false;
	}
	bytes_copy(key, stock.stream, sizeof key);
	chacha_stream(key, stock.stream, sizeof stock.stream);
	bytes_wipe(key, sizeof key);
	stock.stocks--;
	stock.left = STOCK;
	return true;
}

bool
confounder(uint8_t *to, size_t len)
{
	uint8_t *at;

	if (len > 64 || ((stock.left < len || fork_changed(stock.stamp)) && !refill()))
		return false;
	at = stock.stream + sizeof stock.stream - stock.left;
	bytes_copy(to, at, len);
	bytes_wipe(at, len);
	stock.left -= len;
	return true;
}
