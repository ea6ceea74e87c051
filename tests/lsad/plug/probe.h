/*
 * probe.h - what the package Probe is asked, and what it answers: a status and a number for each thing it tried.
 */
#ifndef PROBE_H
#define PROBE_H

#include <windows.h>

enum { PROBE_THREADS = 1, PROBE_CANCEL, PROBE_CREDENTIALS, PROBE_PROTECT, PROBE_ACCOUNT, PROBE_UNSUPPORTED, PROBE_CONTROL,
	PROBE_CALLER };

#define PROBE_RESULTS	16u

struct probe_ask {
	ULONG type;
	USHORT length;			/* of the name, in bytes */
	WCHAR name[32];
};

struct probe_answer {
	NTSTATUS status[PROBE_RESULTS];
	ULONG number[PROBE_RESULTS];
};

#endif
