/*
 * fuzz_keytab.c - keytabs as bytes: what a ring shows is text with an end and
 * keys of their length; a name covers itself.
 */
#include "fuzz.h"

#include "pkg/kerberos/kerb_keys.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = exact_copy(bytes_of(data, size));
	struct kerb_ring *ring = NULL, *twice, *both[2];

	if (kerb_ring_of_keytab(&ring, bytes_of(copy, size)) == STATUS_SUCCESS) {
		MUST(ring->count <= KEYS_MAX);
		for (uint32_t i = 0; i < ring->count; i++) {
			const struct kerb_ring_key *k = &ring->list[i];
			struct kerb_key key;
			char text[300];

			MUST(strlen(k->principal) < KEYS_NAME_MAX && strchr(k->principal, '@'));
			MUST(kerb_keys_covers(k->principal, k->principal) && kerb_keys_covers(NULL, k->principal));
			MUST(kerb_ring_key(ring, k, &key) && key.len == k->len && (key.len == 16 || key.len == 32));
			kerb_keys_tell(ring, k->principal, text, sizeof text);
			MUST(text[0]);
		}
		both[0] = both[1] = ring;
		twice = kerb_ring_join(both, 2);
		MUST(!twice || twice->count == 2 * ring->count);
		kerb_ring_drop(twice);
	}
	kerb_ring_drop(ring);
	free(copy);
	return 0;
}
