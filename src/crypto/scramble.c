/*
 * scramble.c - memory made unreadable in place: a balanced Feistel network
 * over the whole block, its round function HMAC-SHA256 (Luby and Rackoff
 * 1988; ten rounds as in NIST SP 800-38G, because blocks may be short).
 *
 * Must never learn to know what the memory holds.
 */
#include "crypto/scramble.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/fork.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash.h"

#define ROUNDS	10u
#define KEY_LEN	32u

/* Of one process image; a forked child makes its own and leaves its parent's alone. */
struct process_key {
	struct fork_own own;
	struct secret *key;
};

static _Atomic(struct fork_own *) process_key;

static bool
process_key_begin(void *own)
{
	struct process_key *k = own;
	bool filled = false;
	uint8_t *p;

	k->key = secret_new(KEY_LEN);
	if (k->key)
		WITH_SECRET(p, k->key)
			filled = random_bytes(p, KEY_LEN);
	if (!filled)
		secret_drop(&k->key);
	return filled;
}

static void
process_key_end(void *own)
{
	secret_drop(&((struct process_key *)own)->key);
}

static struct secret *
process_key_get(void)
{
	struct process_key *k = fork_own(&process_key, sizeof *k, process_key_begin, process_key_end);

	return k ? k->key : NULL;
}

/* One round: to ^= F(from). What F covers: use, round, both lengths and `from`. */
static bool
mix(uint8_t *to, size_t to_len, struct bytes from, const uint8_t *key, uint8_t use, uint8_t round)
{
	uint8_t seed[SHA256_LEN], mask[SHA256_LEN], label[18];
	struct writer w;
	bool good = hmac_sha256_of(seed, bytes_of(key, KEY_LEN), from);

	for (size_t done = 0; good && done < to_len; done += SHA256_LEN) {
		w = writer_of(label, sizeof label);
		writer_u8(&w, use);
		writer_u8(&w, round);
		writer_u64(&w, to_len);
		writer_u64(&w, done);
		good = hmac_sha256_of(mask, bytes_of(seed, sizeof seed), bytes_of(label, sizeof label));
		for (size_t i = 0; good && i < SHA256_LEN && done + i < to_len; i++)
			to[done + i] ^= mask[i];
	}
	bytes_wipe(seed, sizeof seed);
	bytes_wipe(mask, sizeof mask);
	return good;
}

/* Even rounds change the left half, odd ones the right; undoing runs them backwards. */
static bool
run(uint8_t *at, size_t len, enum scramble_use use, bool backwards)
{
	struct secret *key = process_key_get();
	size_t half = len / 2;
	const uint8_t *k;
	bool good = key;

	if (key)
		WITH_SECRET(k, key)
			for (uint8_t i = 0; good && i < ROUNDS; i++) {
				uint8_t round = backwards ? (uint8_t)(ROUNDS - 1 - i) : i;

				if (round % 2)
					good = mix(at + half, len - half, bytes_of(at, half), k, (uint8_t)use, round);
				else
					good = mix(at, half, bytes_of(at + half, len - half), k, (uint8_t)use, round);
			}
	if (!good)
		bytes_wipe(at, len);
	return good;
}

bool
scramble(void *at, size_t len, enum scramble_use use)
{
	return len == 0 || run(at, len, use, false);
}

bool
unscramble(void *at, size_t len, enum scramble_use use)
{
	return len == 0 || run(at, len, use, true);
}
