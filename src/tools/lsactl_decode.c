/* SPDX-License-Identifier: MIT */
/*
 * lsactl_decode.c - a token as a tree: from an argument, or from standard
 * input as text or as the bytes themselves. Needs no LSA.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/json.h"
#include "tools/lsactl.h"
#include "tools/token.h"

#define TEXT_MOST (4u * TOKEN_MOST)	/* hex with blanks */

static bool
input_read(char *to, size_t *ret_len)
{
	*ret_len = fread(to, 1, TEXT_MOST, stdin);
	return !ferror(stdin) && (*ret_len < TEXT_MOST || getchar() == EOF);
}

static enum end
bytes_decode(const struct run *run, const unsigned char *token, size_t len)
{
	LPSTR text = NULL;
	SECURITY_STATUS status = OlsaDecodeToken(token, (ULONG)len, run->json ? OLSA_DECODE_JSON : OLSA_DECODE_TREE, &text);

	if (status != SEC_E_OK)
		return fault_status(run, status, "the token cannot be decoded", NULL);
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_number(&j, "length", len);
		json_raw(&j, "token", text);
		json_end(&j, '}');
	} else if (!run->quiet) {
		len = strlen(text);
		printf("%s%s", text, len && text[len - 1] == '\n' ? "" : "\n");
	}
	(void)FreeContextBuffer(text);
	return END_OK;
}

enum end
decode(const struct run *run, char **args, int count)
{
	static const char what[] = "that is no token", next[] = "give base64, hex, or a whole HTTP header line";
	static unsigned char token[TOKEN_MOST];
	static char input[TEXT_MOST];
	const char *text = input;
	size_t text_len, len;

	if (run->html)
		return decode_page(run);
	if (count && strcmp(args[0], "-") != 0) {
		text = args[0];
		text_len = strlen(text);
	} else {
		if (isatty(STDIN_FILENO))
			fputs("A token, then end of file (Ctrl-D):\n", stderr);
		if (!input_read(input, &text_len))
			return fault_plain(run, END_FAILED, "standard input cannot be read, or is too long", next);
		/* The bytes themselves: NTLM, or SPNEGO's first byte, which is neither base64 nor hex. */
		if (text_len <= TOKEN_MOST && ((text_len >= 8 && memcmp(text, "NTLMSSP", 8) == 0) ||	/* not secret */
		    (text_len && (text[0] == 0x60 || (unsigned char)text[0] == 0xa1))))
			return bytes_decode(run, (const unsigned char *)text, text_len);
	}
	if (!token_of_text(token, sizeof token, &len, text, text_len))
		return fault_plain(run, END_FAILED, what, next);
	return bytes_decode(run, token, len);
}
