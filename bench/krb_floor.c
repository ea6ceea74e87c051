/*
 * krb_floor.c - what a sealed Kerberos message cannot avoid: AES-256-CBC and
 * HMAC by libcrypto, contexts kept, in place; confounder and header count.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "worker.h"

#define FRAME	32u		/* a confounder before, a header behind */

static const unsigned char key[32] = "raw", iv[16];

static void
mac(HMAC_CTX *hmac, const unsigned char *text, size_t len)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned got;

	MUST(HMAC_Init_ex(hmac, NULL, 0, NULL, NULL) == 1 && HMAC_Update(hmac, text, len) == 1 &&
	    HMAC_Final(hmac, out, &got) == 1);
}

static void
cipher(EVP_CIPHER_CTX *ctx, unsigned char *text, size_t len)
{
	int done;

	MUST(EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1 && EVP_CipherUpdate(ctx, text, &done, text, (int)len) == 1);
}

#define MESSAGE(sha2, open, len)	((len) << 2 | (unsigned long)(open) << 1 | (sha2))

static uint64_t
run_messages(unsigned long n, unsigned long arg)
{
	size_t len = (arg >> 2) + FRAME;
	unsigned char *text = calloc(1, len);
	EVP_CIPHER_CTX *out = EVP_CIPHER_CTX_new(), *in = EVP_CIPHER_CTX_new();
	HMAC_CTX *hmac = HMAC_CTX_new();

	MUST(text && out && in && hmac);
	MUST(EVP_CipherInit_ex2(out, EVP_aes_256_cbc(), key, iv, 1, NULL) == 1);
	MUST(EVP_CipherInit_ex2(in, EVP_aes_256_cbc(), key, iv, 0, NULL) == 1);
	EVP_CIPHER_CTX_set_padding(out, 0);
	EVP_CIPHER_CTX_set_padding(in, 0);
	MUST(HMAC_Init_ex(hmac, key, arg & 1 ? 24 : 32, arg & 1 ? EVP_sha384() : EVP_sha1(), NULL) == 1);
	while (n--) {
		mac(hmac, text, len);
		cipher(out, text, len);
		if (arg & 2) {
			cipher(in, text, len);
			mac(hmac, text, len);
		}
	}
	HMAC_CTX_free(hmac);
	EVP_CIPHER_CTX_free(in);
	EVP_CIPHER_CTX_free(out);
	free(text);
	return 0;
}

int
main(void)
{
	static const struct work list[] = {
		{ "sha1-64",        run_messages, MESSAGE(0, true, 64ul) },
		{ "sha1-1024",      run_messages, MESSAGE(0, true, 1024ul) },
		{ "sha1-16384",     run_messages, MESSAGE(0, true, 16384ul) },
		{ "sha2-64",        run_messages, MESSAGE(1, true, 64ul) },
		{ "sha2-1024",      run_messages, MESSAGE(1, true, 1024ul) },
		{ "sha2-16384",     run_messages, MESSAGE(1, true, 16384ul) },
		{ "out-sha1-16384", run_messages, MESSAGE(0, false, 16384ul) },
		{ "out-sha2-16384", run_messages, MESSAGE(1, false, 16384ul) },
	};

	return worker_serve(list, sizeof list / sizeof *list);
}
