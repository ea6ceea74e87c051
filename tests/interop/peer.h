/*
 * peer.h - the conversation that two processes of different make hold over a
 * socket: a handshake, then messages both ways, sealed and signed, at last
 * one each way that was tampered with.
 *
 * Knows no SSPI and no GSSAPI: each peer_*.c puts one library's calls behind
 * the functions below. A frame is a length (32 bits, big-endian) and so many
 * bytes. A token is a frame; the server's "ok" or "no" ends the handshake; a
 * message is a frame of the signature and the data, sealed or plain.
 *
 *     peer_x client|server FD [NAME=VALUE ...]
 *
 *     user, domain, password, target    whom and what for
 *     bindings=TEXT                     application data of the channel bindings
 *     wants=seal|sign|none              what is asked for, and so what is tried
 *     allow=null                        a server that takes anonymous clients
 *     empty=no                          no messages without data
 *     messages=sealed                   no signed ones in a context that seals; =none: none at all
 *
 * What it says on standard output is for interop.py. It exits with
 * 0 all of it; 1 it refused; 2 the other refused; 3 a message went wrong;
 * 4 it could not even begin.
 */
#ifndef OPENLSA_TESTS_PEER_H
#define OPENLSA_TESTS_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_TOKEN_MOST		16384u
#define PEER_SIGNATURE		16u
#define PEER_DATA_MOST		16384u

enum peer_leg { PEER_MORE, PEER_DONE, PEER_REFUSED };

/* What a peer's file supplies. Of a message the data are changed in place. */
static bool peer_begin(bool client);
static enum peer_leg peer_leg(bool client, const uint8_t *in, size_t in_len, uint8_t *out, size_t *ret_len);
static bool peer_seal(uint8_t *signature, uint8_t *data, size_t len);
static bool peer_open(uint8_t *signature, uint8_t *data, size_t len);
static bool peer_sign(uint8_t *signature, uint8_t *data, size_t len);
static bool peer_verify(uint8_t *signature, uint8_t *data, size_t len);
static void peer_facts(bool client);

static char **peer_options;

static const char *
peer_option(const char *name, const char *usual)
{
	size_t len = strlen(name);

	for (char **o = peer_options; *o; o++)
		if (strncmp(*o, name, len) == 0 && (*o)[len] == '=')
			return *o + len + 1;
	return usual;
}

static bool
peer_wants(const char *what)
{
	const char *wants = peer_option("wants", "seal");

	return strcmp(wants, what) == 0 || (strcmp(what, "sign") == 0 && strcmp(wants, "seal") == 0);
}

static bool
peer_failed(const char *what, unsigned long status)
{
	printf("status 0x%08lX\nwhat %s\n", status & 0xFFFFFFFFul, what);
	return false;
}

static inline void
peer_hex(const char *name, const uint8_t *at, size_t len)
{
	printf("%s ", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", at[i]);
	printf("\n");
}

/* --- frames ------------------------------------------------------------------ */

static bool
peer_put(int fd, const void *data, size_t len)
{
	static uint8_t frame[4 + PEER_SIGNATURE + PEER_DATA_MOST];
	size_t at = 0, all = len + 4;

	if (all > sizeof frame)
		return false;
	frame[0] = (uint8_t)(len >> 24);
	frame[1] = (uint8_t)(len >> 16);
	frame[2] = (uint8_t)(len >> 8);
	frame[3] = (uint8_t)len;
	if (len)
		memcpy(frame + 4, data, len);
	while (at < all) {
		ssize_t n = send(fd, frame + at, all - at, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool
peer_all(int fd, uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, at, len, 0);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
peer_take(int fd, uint8_t *data, size_t room, size_t *ret_len)
{
	uint8_t head[4];
	size_t len;

	if (!peer_all(fd, head, sizeof head))
		return false;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (len > room || !peer_all(fd, data, len))
		return false;
	*ret_len = len;
	return true;
}

/* --- the handshake ------------------------------------------------------------- */

static int
peer_handshake(bool client, int fd)
{
	static uint8_t in[PEER_TOKEN_MOST], out[PEER_TOKEN_MOST];
	enum peer_leg at = PEER_MORE;
	size_t in_len = 0, out_len;

	while (at == PEER_MORE) {
		if ((!client || in_len) && !peer_take(fd, in, sizeof in, &in_len))
			return 2;
		if (in_len == 2 && memcmp(in, "no", 2) == 0)
			return 2;
		out_len = sizeof out;
		at = peer_leg(client, in, in_len, out, &out_len);
		if (at == PEER_REFUSED) {
			(void)peer_put(fd, "no", 2);
			return 1;
		}
		if (out_len && !peer_put(fd, out, out_len))
			return 2;
		in_len = sizeof in;
	}
	if (client)
		return peer_take(fd, in, sizeof in, &in_len) && in_len == 2 && memcmp(in, "ok", 2) == 0 ? 0 : 2;
	return peer_put(fd, "ok", 2) ? 0 : 2;
}

/* --- messages --------------------------------------------------------------------- */

static uint8_t
peer_byte(size_t i, size_t size, bool of_client)
{
	return (uint8_t)(i * 7u + size * 3u + (of_client ? 1u : 100u));
}

static bool
peer_say(bool client, int fd, size_t size, bool sealed, bool tampered)
{
	static uint8_t message[PEER_SIGNATURE + PEER_DATA_MOST];
	uint8_t *data = message + PEER_SIGNATURE;
	bool good;

	for (size_t i = 0; i < size; i++)
		data[i] = peer_byte(i, size, client);
	memset(message, 0xA5, PEER_SIGNATURE);
	good = sealed ? peer_seal(message, data, size) : peer_sign(message, data, size);
	if (!good)
		return false;
	if (tampered)
		data[size / 2] ^= 0x10u;
	return peer_put(fd, message, PEER_SIGNATURE + size);
}

static bool
peer_hear(bool client, int fd, size_t size, bool sealed, bool tampered)
{
	static uint8_t message[PEER_SIGNATURE + PEER_DATA_MOST];
	uint8_t *data = message + PEER_SIGNATURE;
	size_t len;
	bool plain = true, good;

	if (!peer_take(fd, message, sizeof message, &len) || len != PEER_SIGNATURE + size)
		return peer_failed("a message has the wrong size", 0);
	for (size_t i = 0; i < size; i++)
		plain = plain && data[i] == peer_byte(i, size, !client);
	if (sealed && size > 1 && plain)
		return peer_failed("a sealed message came in the clear", 0);
	good = sealed ? peer_open(message, data, size) : peer_verify(message, data, size);
	if (tampered)
		return !good || peer_failed("a tampered message was taken", 0);
	if (!good)
		return false;
	for (size_t i = 0; i < size; i++)
		if (data[i] != peer_byte(i, size, !client))
			return peer_failed("a message came out wrong", 0);
	return true;
}

/* The client speaks first. A refused message spoils what follows it, so the tampered ones are the last. */
static bool
peer_talk(bool client, int fd)
{
	static const size_t sizes[] = { 0, 1, 64, 1000, 16384, 3 };
	bool sealed_only = strcmp(peer_option("messages", "all"), "sealed") == 0 && peer_wants("seal");
	bool none = strcmp(peer_option("messages", "all"), "none") == 0;
	bool empty = strcmp(peer_option("empty", "yes"), "yes") == 0;

	for (int sealed = 1; sealed >= 0; sealed--) {
		if (!peer_wants(sealed ? "seal" : "sign") || (!sealed && sealed_only) || none)
			continue;
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			if (sizes[i] == 0 && !empty)
				continue;
			printf("at %s %zu\n", sealed ? "sealed" : "signed", sizes[i]);
			if (client ? !peer_say(client, fd, sizes[i], sealed, false) ||
			    !peer_hear(client, fd, sizes[i], sealed, false) :
			    !peer_hear(client, fd, sizes[i], sealed, false) ||
			    !peer_say(client, fd, sizes[i], sealed, false))
				return false;
		}
	}
	if (!peer_wants("sign") || none)
		return true;
	printf("at tampered\n");
	return client ? peer_say(client, fd, 64, peer_wants("seal"), true) &&
	    peer_hear(client, fd, 64, peer_wants("seal"), true) :
	    peer_hear(client, fd, 64, peer_wants("seal"), true) && peer_say(client, fd, 64, peer_wants("seal"), true);
}

int
main(int argc, char **argv)
{
	bool client;
	int fd, ended;

	if (argc < 3)
		return 4;
	client = strcmp(argv[1], "client") == 0;
	fd = atoi(argv[2]);
	peer_options = argv + 3;
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(40);			/* whatever hangs, ends */
	if (!peer_begin(client))
		return 4;
	ended = peer_handshake(client, fd);
	if (ended)
		return ended;
	peer_facts(client);
	return peer_talk(client, fd) ? 0 : 3;
}

#endif
