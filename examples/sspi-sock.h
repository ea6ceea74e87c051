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
