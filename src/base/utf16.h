/*
 * utf16.h - UTF-8 to UTF-16LE and back, and Windows' upper-casing.
 *
 * Windows' strings on the wire and in hashes are UTF-16LE without alignment;
 * the house speaks UTF-8. Pure: no locale, no allocation. Must never learn to
 * know what a name means.
 */
#ifndef OPENLSA_BASE_UTF16_H
#define OPENLSA_BASE_UTF16_H

#include "base/bytes.h"

/*
 * Appends the converted text, counted even where it no longer fits (see
 * struct writer). False when the input is not valid: overlong, cut short,
 * surrogate or beyond U+10FFFF in UTF-8; odd length or an unpaired surrogate
 * in UTF-16. The writer is then as it was, but for bytes past its end. A zero
 * character is a character.
 */
bool utf16_from_utf8(struct writer *w, struct bytes utf8) MUST_CHECK;
bool utf8_from_utf16(struct writer *w, struct bytes utf16le) MUST_CHECK;

/*
 * Upper-cases in place, unit by unit: never longer, never shorter, the same
 * in every locale. Surrogates, paired or not, and an odd last byte stay as
 * they are. The table is Unicode's simple mapping without what would become
 * ASCII (U+0131, U+017F) and without U+00B5, as Windows has it.
 */
void utf16_upper(uint8_t *utf16le, size_t len);

/* Equal but for case: equal after utf16_upper. Not for secrets. */
bool utf16_same_fold(struct bytes a, struct bytes b);

#endif
