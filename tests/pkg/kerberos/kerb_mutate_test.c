/*
 * kerb_mutate_test.c - pkg/kerberos/kerb_accept.c, pkg/kerberos/kerb_proof.c, pkg/kerberos/kerb_keys.c:
 * every prefix and every byte of tokens, of what is inside their encryption
 * (sealed again by one who has the key), of the checksum field and of keytabs.
 */
#include "tests/pkg/kerberos/forge_side.h"

/* What is outside the encryption may be changed without a trace where nobody signed it; nothing else then becomes another. */
static void
still_alice(void)
{
	CHECK_TEXT(side.user, "alice");
	CHECK_TEXT(side.domain, "FORGE.TEST");
	CHECK_TEXT(side.target, "host/server.forge.test@FORGE.TEST");
	CHECK(side.data.grants & ASC_RET_MUTUAL_AUTH);
	CHECK(side.data.key.len == 32 && side.data.receive == 0x12345678);
}

TEST(token_mutations)
{
	size_t len, taken = 0;

	begin();
	f.cusec = ++serial;
	len = forge_ap_req(&f, token);
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		CHECK(exact != NULL);
		memcpy(exact, token, n);
		CHECK(accept_leg(&side, bytes_of(exact, n)) < 0);
		accept_over(&side);
		free(exact);
	}
	for (size_t at = 0; at < len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			token[at] ^= (uint8_t)(1u << bit);
			if (accept_leg(&side, bytes_of(token, len)) == SEC_E_OK) {
				still_alice();
				taken++;
			}
			accept_over(&side);
			token[at] ^= (uint8_t)(1u << bit);
		}
	CHECK(taken > 0 && taken < 500);			/* ap-options, kvno, the service's name */
	end();
}

/* Inside the encryption: each byte of ticket and authenticator, sealed again. */
TEST(plain_mutations)
{
	static uint8_t plain[FORGE_MAX];
	size_t len;

	begin();
	len = forge_ticket_plain(&f, plain);
	for (size_t at = 0; at < len; at++)
		for (unsigned v = 1; v < 256; v = v * 2 + 1) {
			plain[at] ^= (uint8_t)v;
			f.ticket_plain = bytes_of(plain, len);
			(void)offer();
			plain[at] ^= (uint8_t)v;
		}
	for (size_t n = 1; n < len; n++) {
		f.ticket_plain = bytes_of(plain, n);
		CHECK(offer() < 0);
	}
	f.ticket_plain = BYTES_NONE;
	len = forge_proof_plain(&f, plain);
	for (size_t at = 0; at < len; at++)
		for (unsigned v = 1; v < 256; v = v * 2 + 1) {
			plain[at] ^= (uint8_t)v;
			f.proof_plain = bytes_of(plain, len);
			if (offer() == SEC_E_OK)
				CHECK_TEXT(side.user, "alice");
			plain[at] ^= (uint8_t)v;
		}
	for (size_t n = 1; n < len; n++) {
		f.proof_plain = bytes_of(plain, n);
		CHECK(offer() < 0);
	}
	f.proof_plain = BYTES_NONE;
	end();
}

/* The 0x8003 field: every length, and delegation that points outside. */
TEST(checksum_field)
{
	uint8_t raw[64] = { 16 };

	begin();
	for (size_t n = 0; n <= 40; n++) {
		f.checksum = bytes_of(raw, n);
		OFFER(n < 24 ? SEC_E_LOGON_DENIED : SEC_E_OK);
	}
	raw[20] = KERB_FLAG_DELEG;
	raw[24] = 1;
	raw[26] = 200;
	f.checksum = bytes_of(raw, 60);
	OFFER(SEC_E_LOGON_DENIED);
	raw[26] = 30;						/* rubbish for a KRB-CRED: nothing is delegated */
	OFFER(SEC_E_OK);
	CHECK(!(side.data.grants & ASC_RET_DELEGATE));
	f.checksum_type = 7;					/* a checksum without a key */
	OFFER(SEC_E_LOGON_DENIED);
	f.checksum_type = 16;					/* keyed, but wrong */
	f.checksum = bytes_of(raw, 12);
	OFFER(SEC_E_LOGON_DENIED);
	end();
}

TEST(keytab_mutations)
{
	uint8_t raw[1024];
	size_t len;

	begin();
	len = forge_keytab(&f, raw, sizeof raw);
	for (size_t n = 0; n <= len; n++) {
		struct kerb_ring *ring = NULL;
		uint8_t *exact = malloc(n ? n : 1);

		CHECK(exact != NULL);
		memcpy(exact, raw, n);
		if (kerb_ring_of_keytab(&ring, bytes_of(exact, n)) == STATUS_SUCCESS)
			CHECK(n == len || ring->count == 0);
		kerb_ring_drop(ring);
		free(exact);
	}
	for (size_t at = 0; at < len; at++)
		for (unsigned v = 0; v < 256; v++) {
			struct kerb_ring *ring = NULL;
			uint8_t *exact = malloc(len);

			CHECK(exact != NULL);
			memcpy(exact, raw, len);
			exact[at] = (uint8_t)v;
			if (kerb_ring_of_keytab(&ring, bytes_of(exact, len)) == STATUS_SUCCESS)
				CHECK(ring->count <= 1);
			kerb_ring_drop(ring);
			free(exact);
		}
	end();
}

int
main(void)
{
	if (!forge_conf_begin())
		return 2;
	RUN(token_mutations);
	RUN(plain_mutations);
	RUN(checksum_field);
	RUN(keytab_mutations);
	return forge_conf_end(check_end());
}
