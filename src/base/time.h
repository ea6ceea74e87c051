/*
 * time.h - Windows' clock and the one that never jumps.
 *
 * A filetime counts 100 ns since 1601-01-01 UTC, unsigned here. Pure but for
 * the two clocks and the time zone; every function is safe from any thread.
 * Must never learn to know what expires.
 *
 * Include it as "base/time.h"; src/base must not be on the include path,
 * where it would stand before the system's <time.h>.
 */
#ifndef OPENLSA_BASE_TIME_H
#define OPENLSA_BASE_TIME_H

#include <stdint.h>

#define TIME_NEVER	0x7FFFFFFFFFFFFFFFull	/* Windows' "never", the end of any range here */
#define TIME_SECOND	10000000ull		/* of a filetime */

/* Now, UTC. */
uint64_t time_filetime(void);

/* Milliseconds that only rise, from an unknown beginning; for deadlines. Stands still in suspend. */
uint64_t time_mono_ms(void);

/*
 * Seconds since 1970 to filetime and back, rounding down. What lies before
 * 1601 becomes 0, what lies beyond TIME_NEVER becomes TIME_NEVER; TIME_NEVER
 * becomes INT64_MAX and INT64_MAX becomes TIME_NEVER.
 */
uint64_t time_filetime_of_unix(int64_t seconds);
int64_t time_unix_of_filetime(uint64_t filetime);

/*
 * The same instant as a local clock shows it, which is what SSPI's TimeStamp
 * wants: by the rule of the process's time zone for that instant. 0 and
 * TIME_NEVER stay what they are.
 */
uint64_t time_local_of_utc(uint64_t filetime);

#endif
