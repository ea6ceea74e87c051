/*
 * systemfunction.c - advapi32's functions without a name of their own: random
 * bytes and memory encryption, RtlGenRandom, RtlEncryptMemory and
 * RtlDecryptMemory in source code; and two small ones beside them.
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>

#include "base/random.h"
#include "base/status.h"
#include "secur32/explain.h"
#include "secur32/memory.h"
#include "crypto/scramble.h"

BOOLEAN
SystemFunction036(PVOID RandomBuffer, ULONG RandomBufferLength)
{
	if (RandomBufferLength == 0)
		return TRUE;
	return RandomBuffer && random_bytes(RandomBuffer, RandomBufferLength);
}

/* Options: 0 is this process. The others need a key that outlives it. */
static NTSTATUS
memory_check(const void *memory, ULONG len, ULONG options)
{
	if (len % RTL_ENCRYPT_MEMORY_SIZE || (len && !memory)) {
		why_thread_say(STATUS_INVALID_PARAMETER, "MemorySize must be a multiple of 8");
		return STATUS_INVALID_PARAMETER;
	}
	if (options) {
		why_thread_say(STATUS_NOT_SUPPORTED, "memory is encrypted for this process only: OptionFlags must be 0");
		return STATUS_NOT_SUPPORTED;
	}
	return STATUS_SUCCESS;
}

NTSTATUS
SystemFunction040(PVOID Memory, ULONG MemorySize, ULONG OptionFlags)
{
	NTSTATUS st = memory_check(Memory, MemorySize, OptionFlags);

	if (st != STATUS_SUCCESS)
		return st;
	return scramble(Memory, MemorySize, SCRAMBLE_MEMORY) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS
SystemFunction041(PVOID Memory, ULONG MemorySize, ULONG OptionFlags)
{
	NTSTATUS st = memory_check(Memory, MemorySize, OptionFlags);

	if (st != STATUS_SUCCESS)
		return st;
	return unscramble(Memory, MemorySize, SCRAMBLE_MEMORY) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

ULONG
LsaNtStatusToWinError(NTSTATUS Status)
{
	return status_to_win32((uint32_t)Status);
}

NTSTATUS
LsaFreeMemory(PVOID Buffer)
{
	return buffer_free(BUFFER_POLICY, Buffer) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
