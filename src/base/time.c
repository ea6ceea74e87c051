/*
 * time.c - Windows' clock and the one that never jumps.
 *
 * Must never learn to know what expires.
 */
#include "base/time.h"

#include <time.h>

#define UNIX_BEGIN 11644473600ll		/* 1970 in seconds since 1601 */

uint64_t
time_filetime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_filetime_of_unix(now.tv_sec) + (uint64_t)now.tv_nsec / 100;
}

uint64_t
time_mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
time_filetime_of_unix(int64_t seconds)
{
	if (seconds <= -UNIX_BEGIN)
		return 0;
	if (seconds > (int64_t)(TIME_NEVER / TIME_SECOND) - UNIX_BEGIN)
		return TIME_NEVER;
	return (uint64_t)(seconds + UNIX_BEGIN) * TIME_SECOND;
}

int64_t
time_unix_of_filetime(uint64_t filetime)
{
	if (filetime >= TIME_NEVER)
		return INT64_MAX;
	return (int64_t)(filetime / TIME_SECOND) - UNIX_BEGIN;
}

uint64_t
time_local_of_utc(uint64_t filetime)
{
	int64_t instant = time_unix_of_filetime(filetime);
	time_t seconds = (time_t)instant;
	struct tm local;
	int64_t shift;

	if (!filetime || filetime >= TIME_NEVER)
		return filetime;
	if (seconds != instant || !localtime_r(&seconds, &local))
		return filetime;			/* a year that this libc does not know */
	shift = (int64_t)local.tm_gmtoff * (int64_t)TIME_SECOND;
	if (shift < 0 && filetime < (uint64_t)-shift)
		return 0;
	if (shift > 0 && filetime > TIME_NEVER - (uint64_t)shift)
		return TIME_NEVER;
	return filetime + (uint64_t)shift;
}
