/*
 * floor.c - what cannot be avoided: the bare cryptography of an NTLMv2
 * handshake and of a sealed message by libcrypto's low-level functions, and
 * the bare round trip over a Unix socket. No parsing, no allocation.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/rc4.h>

#include <sched.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>

#include "worker.h"

/* The usual sizes with a name of eight letters and one AV list. */
#define BLOB_LEN	160u	/* the NTLMv2 response behind its proof */
#define MESSAGES_LEN	480u	/* what the MIC covers: 40 + 200 + 240 */
#define MAGIC_LEN	59u

struct key { unsigned char b[16]; };

static void
pad_with(unsigned char pad[64], const struct key *key, unsigned char with)
{
	memset(pad, with, 64);
	for (size_t i = 0; i < 16; i++)
		pad[i] ^= key->b[i];
}

static void
hmac_md5(struct key *ret, const struct key *key, const void *a, size_t a_len, const void *b, size_t b_len)
{
	unsigned char pad[64];
	MD5_CTX md5;

	pad_with(pad, key, 0x36);
	MD5_Init(&md5);
	MD5_Update(&md5, pad, sizeof pad);
	MD5_Update(&md5, a, a_len);
	if (b_len)
		MD5_Update(&md5, b, b_len);
	MD5_Final(ret->b, &md5);
	pad_with(pad, key, 0x5c);
	MD5_Init(&md5);
	MD5_Update(&md5, pad, sizeof pad);
	MD5_Update(&md5, ret->b, sizeof ret->b);
	MD5_Final(ret->b, &md5);
}

/* --- a handshake ------------------------------------------------------------------ */

/* Two signing keys, two sealing keys with their streams. [MS-NLMP] 3.4.5. */
static void
message_keys(const struct key *exported)
{
	static const unsigned char magic[MAGIC_LEN];
	struct key key;
	RC4_KEY stream;
	MD5_CTX md5;

	for (unsigned i = 0; i < 4; i++) {
		MD5_Init(&md5);
		MD5_Update(&md5, exported->b, sizeof exported->b);
		MD5_Update(&md5, magic, sizeof magic);
		MD5_Final(key.b, &md5);
		if (i % 2)
			RC4_set_key(&stream, sizeof key.b, key.b);
	}
}

/* From the NT hash to the keys of messages; either side must do all of it. */
static void
one_side(const struct key *nt, struct key *exported)
{
	static const unsigned char who[14] = "U\0S\0E\0R\0D\0O", challenge[8] = "12345678";
	static const unsigned char blob[BLOB_LEN], messages[MESSAGES_LEN];
	struct key v2, proof, base, mic;
	RC4_KEY wrap;

	hmac_md5(&v2, nt, who, sizeof who, NULL, 0);
	hmac_md5(&proof, &v2, challenge, sizeof challenge, blob, sizeof blob);
	hmac_md5(&base, &v2, proof.b, sizeof proof.b, NULL, 0);
	RC4_set_key(&wrap, sizeof base.b, base.b);
	RC4(&wrap, sizeof exported->b, exported->b, exported->b);
	hmac_md5(&mic, exported, messages, sizeof messages, NULL, 0);
	message_keys(exported);
}

static uint64_t
handshake(unsigned long n, unsigned long arg)
{
	static const unsigned char password[16] = "P\0a\0s\0s\0w\0o\0r\0d";
	unsigned char noise[24 + 8];		/* the client's key and challenge, the server's challenge */
	struct key nt, exported;

	(void)arg;
	while (n--) {
		MD4(password, sizeof password, nt.b);
		MUST(RAND_bytes(noise, 24) == 1);
		memcpy(exported.b, noise, sizeof exported.b);
		one_side(&nt, &exported);
		MUST(RAND_bytes(noise + 24, 8) == 1);
		one_side(&nt, &exported);
	}
	return 0;
}

/* --- a sealed message and its opening ------------------------------------------------- */

static uint64_t
seal(unsigned long n, unsigned long len)
{
	static const struct key signing = { "signing" }, sealing = { "sealing" };
	unsigned char *text = calloc(1, len);
	struct key there, back;
	RC4_KEY out, in;

	MUST(text);
	RC4_set_key(&out, sizeof sealing.b, sealing.b);
	in = out;
	for (uint32_t seq = 0; n--; seq++) {
		hmac_md5(&there, &signing, &seq, sizeof seq, text, len);
		RC4(&out, len, text, text);
		RC4(&out, 8, there.b, there.b);
		RC4(&in, len, text, text);
		hmac_md5(&back, &signing, &seq, sizeof seq, text, len);
		RC4(&in, 8, back.b, back.b);
		MUST(memcmp(there.b, back.b, 8) == 0);
	}
	free(text);
	return 0;
}

/* --- a round trip ------------------------------------------------------------------------ */

static void
all_of(int fd, char *at, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, at, len, 0);

		if (n <= 0)
			_exit(0);
		at += n;
		len -= (size_t)n;
	}
}

/* The echo, on the core that BENCH_PEER_CPU names. */
static int
echo_start(unsigned long len)
{
	const char *cpu = getenv("BENCH_PEER_CPU");
	char message[4096];
	cpu_set_t set;
	int fd[2];
	pid_t pid;

	MUST(len <= sizeof message && socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid) {
		close(fd[1]);
		return fd[0];
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(fd[0]);
	if (cpu) {
		CPU_ZERO(&set);
		CPU_SET(strtoul(cpu, NULL, 10), &set);
		(void)sched_setaffinity(0, sizeof set, &set);
	}
	for (;;) {
		all_of(fd[1], message, len);
		if (send(fd[1], message, len, MSG_NOSIGNAL) != (ssize_t)len)
			_exit(0);
	}
}

static uint64_t
round_trip(unsigned long n, unsigned long len)
{
	static int fd = -1;
	static unsigned long fd_len;
	char message[4096] = "";

	if (fd_len != len) {
		if (fd >= 0)
			close(fd);
		fd = echo_start(len);
		fd_len = len;
	}
	while (n--) {
		MUST(send(fd, message, len, MSG_NOSIGNAL) == (ssize_t)len);
		all_of(fd, message, len);
	}
	return 0;
}

int
main(void)
{
	static const struct work list[] = {
		{ "handshake",  handshake,  0 },
		{ "seal-64",    seal,       64 },
		{ "seal-1024",  seal,       1024 },
		{ "seal-16384", seal,       16384 },
		{ "seal-65536", seal,       65536 },
		{ "round-trip", round_trip, 64 },
	};

	return worker_serve(list, sizeof list / sizeof *list);
}
