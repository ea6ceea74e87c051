/*
 * vectors.h - reads vectors.tsv: the published facts of [MS-NLMP] 4.2.
 *
 * vector() gives the bytes of a hex value, vector_text() the words of any
 * other; a name that is not there ends the test program. Memory is never
 * given back: these are tests.
 */
#ifndef OPENLSA_TESTS_PKG_NTLM_VECTORS_H
#define OPENLSA_TESTS_PKG_NTLM_VECTORS_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "check.h"

#ifndef TESTS_DIR
#define TESTS_DIR "tests"		/* as seen from the project's root */
#endif

static inline const char *
vector_text(const char *group, const char *name)
{
	static char line[4096];
	FILE *f = fopen(TESTS_DIR "/pkg/ntlm/vectors.tsv", "r");

	if (!f) {
		perror(TESTS_DIR "/pkg/ntlm/vectors.tsv");
		exit(99);
	}
	while (fgets(line, sizeof line, f)) {
		char *tab = strchr(line, '\t'), *next = tab ? strchr(tab + 1, '\t') : NULL;

		if (line[0] == '#' || !next)
			continue;
		*tab = *next = 0;
		next[1 + strcspn(next + 1, "\r\n")] = 0;
		if (strcmp(line, group) == 0 && strcmp(tab + 1, name) == 0) {
			fclose(f);
			return next + 1;
		}
	}
	fprintf(stderr, "no vector %s %s\n", group, name);
	exit(99);
}

/* Vectors live as long as the test; each is its own piece, so that a sanitizer sees its end. */
static inline void *
kept(size_t len)
{
	static void *volatile all[65536];
	static unsigned count;
	void *at = malloc(len);

	if (!at || count == sizeof all / sizeof *all)
		exit(99);
	all[count++] = at;
	return at;
}

static inline struct bytes
from_hex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *at = kept(len + 1);

	for (size_t n = 0; n < len; n++) {
		unsigned value = 0;

		if (!at || sscanf(hex + 2 * n, "%2x", &value) != 1)
			exit(99);
		at[n] = (uint8_t)value;
	}
	return bytes_of(at, len);
}

static inline struct bytes
vector(const char *group, const char *name)
{
	return from_hex(vector_text(group, name));
}

static inline uint32_t
vector_u32(const char *group, const char *name)
{
	return (uint32_t)strtoul(vector_text(group, name), NULL, 0);
}

static inline struct bytes
from_text(const char *text)
{
	size_t cap = 2 * strlen(text) + 1;
	uint8_t *at = kept(cap);
	struct writer w = writer_of(at, cap);

	if (!at || !utf16_from_utf8(&w, bytes_of_text(text)))
		exit(99);
	return bytes_of(at, w.need);
}

/* A copy of exactly its length, so that a sanitizer sees the first byte past it. */
static inline struct bytes
copy_of(struct bytes b)
{
	uint8_t *at = malloc(b.len ? b.len : 1);

	if (!at)
		exit(99);
	bytes_copy(at, b.at, b.len);
	return bytes_of(at, b.len);
}

static inline void
copy_drop(struct bytes b)
{
	void *at;

	memcpy(&at, &b.at, sizeof at);
	free(at);
}

#endif
