/* SPDX-License-Identifier: MIT */
/*
 * sspi-sock.h - blocking TCP for the two samples: messages with a length
 * before them. Here, and only here, Windows and Unix differ.
 */
#ifndef SSPI_SOCK_H
#define SSPI_SOCK_H

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
typedef int socklen_t;
#define close_socket	closesocket
#define explicit_bzero	SecureZeroMemory
#define MSG_NOSIGNAL	0
#else
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <windows.h>
typedef int SOCKET;
#define INVALID_SOCKET	(-1)
#define close_socket	close
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MOST	65536

static inline BOOL
StartSockets(void)
{
#ifdef _WIN32
	WSADATA data;

	return WSAStartup(MAKEWORD(2, 2), &data) == 0;
#else
	return TRUE;
#endif
}

/* On loopback; "0" is any port, and says which. */
static inline SOCKET
Listen(const char *port)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

	memset(&at, 0, sizeof at);
	at.sin_family = AF_INET;
	at.sin_port = htons((USHORT)strtoul(port, NULL, 10));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&at, sizeof at) != 0 || listen(s, 1) != 0 ||
	    getsockname(s, (struct sockaddr *)&at, &len) != 0)
		return INVALID_SOCKET;
	printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return s;
}

/* All of them, or FALSE. */
static inline BOOL
SendAll(SOCKET s, const void *data, ULONG len)
{
	const char *at = (const char *)data;

	while (len) {
		int n = (int)send(s, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return FALSE;
		at += n;
		len -= (ULONG)n;
	}
	return TRUE;
}

static inline BOOL
ReceiveAll(SOCKET s, void *data, ULONG len)
{
	char *at = (char *)data;

	while (len) {
		int n = (int)recv(s, at, len, 0);

		if (n <= 0)
			return FALSE;
		at += n;
		len -= (ULONG)n;
	}
	return TRUE;
}

static inline BOOL
SendMessageBytes(SOCKET s, const void *data, ULONG len)
{
	ULONG wire = htonl(len);

	return SendAll(s, &wire, sizeof wire) && SendAll(s, data, len);
}

/* FALSE: the peer has gone, or its message does not fit. */
static inline BOOL
ReceiveMessageBytes(SOCKET s, void *data, ULONG room, ULONG *ret_len)
{
	ULONG wire;

	if (!ReceiveAll(s, &wire, sizeof wire) || ntohl(wire) > room)
		return FALSE;
	*ret_len = ntohl(wire);
	return ReceiveAll(s, data, *ret_len);
}

#endif
