/*
 * handle_word.h - what a handle looks like from outside.
 *
 * A handle is a kind, a slot and the slot's generation, packed and put
 * through a permutation that a key of this process decides. So no word
 * tells where anything lies, a guessed or foreign word means nothing, and in
 * a forked child (which has another key) no word of the parent does.
 * The permutation is four Feistel rounds: it hides and scatters, it is no
 * cipher to keep secrets with.
 *
 * Wide words serve where a pointer has 8 bytes: kind 4 | slot 24 |
 * generation 36. Narrow ones serve where it has 4: kind 3 | slot 13 |
 * generation 16, weaker, which the manual says.
 *
 * Pure; must never learn to know the table.
 */
#ifndef OPENLSA_BASE_HANDLE_WORD_H
#define OPENLSA_BASE_HANDLE_WORD_H

#include <stdbool.h>
#include <stdint.h>

#define HANDLE_WIDE_SLOT_BITS	24
#define HANDLE_WIDE_GEN_BITS	36
#define HANDLE_WIDE_KINDS	16		/* 1 to 15; 0 is no kind */
#define HANDLE_NARROW_SLOT_BITS	13
#define HANDLE_NARROW_GEN_BITS	16
#define HANDLE_NARROW_KINDS	8		/* 1 to 7 */

struct handle_name {
	uint32_t kind;
	uint32_t slot;
	uint64_t generation;
};

/*
 * The word for a name whose parts are in range. False when it would be one
 * that Windows' callers take for no handle (0, -1, -2, as a whole or in
 * either half of a wide one): take the next generation.
 */
bool handle_word_wide(uint64_t *ret_word, const uint8_t key[16], struct handle_name name);
bool handle_word_narrow(uint32_t *ret_word, const uint8_t key[16], struct handle_name name);

/* The name a word stands for under this key. Any word yields one; only the table knows whether it exists. */
struct handle_name handle_name_of_wide(const uint8_t key[16], uint64_t word);
struct handle_name handle_name_of_narrow(const uint8_t key[16], uint32_t word);

#endif
