/*
 * time_test.c - filetimes against known instants, ends of the range, and
 * local time in zones written out as rules (no zone files needed).
 * Covers base/time.c.
 */
#include "base/time.h"

#include <stdlib.h>
#include <time.h>

#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
	int64_t seconds;
	uint64_t filetime;
} instants[] = {
	{ 0,			116444736000000000 },	/* 1970-01-01 */
	{ -11644473600,		0 },			/* 1601-01-01 */
	{ -11644473599,		10000000 },
	{ 1,			116444736010000000 },
	{ 946684800,		125911584000000000 },	/* 2000-01-01 */
	{ 2147483648,		137919572480000000 },	/* past 32 bits of time_t */
	{ 910692730085,		9223372036850000000 },	/* the last whole second before TIME_NEVER */
};

TEST(unix_and_back)
{
	for (size_t i = 0; i < COUNT(instants); i++) {
		CHECK_U64(time_filetime_of_unix(instants[i].seconds), instants[i].filetime);
		CHECK_U64(time_unix_of_filetime(instants[i].filetime), instants[i].seconds);
		CHECK_U64(time_unix_of_filetime(instants[i].filetime + 4775806), instants[i].seconds);
	}
	CHECK_U64(time_filetime_of_unix(-11644473601), 0);
	CHECK_U64(time_filetime_of_unix(INT64_MIN), 0);
	CHECK_U64(time_filetime_of_unix(910692730086), TIME_NEVER);
	CHECK_U64(time_filetime_of_unix(INT64_MAX), TIME_NEVER);
	CHECK_U64(time_unix_of_filetime(TIME_NEVER), INT64_MAX);
	CHECK_U64(time_unix_of_filetime(UINT64_MAX), INT64_MAX);
}

TEST(clocks_run)
{
	uint64_t before = time_filetime(), began = time_mono_ms();
	struct timespec pause = { .tv_nsec = 20000000 };
	int64_t now = (int64_t)time(NULL);

	CHECK(time_unix_of_filetime(before) >= now - 2 && time_unix_of_filetime(before) <= now + 2);
	nanosleep(&pause, NULL);
	CHECK(time_mono_ms() >= began + 15);
	CHECK(time_filetime() >= before + 100000);
}

static const struct {
	const char *zone;
	int64_t utc, shift;			/* minutes */
} locals[] = {
	{ "UTC0",				1700000000,	0 },
	{ "XXX-5:30",				1700000000,	330 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3",		1705320000,	60 },	/* January 2024 */
	{ "CET-1CEST,M3.5.0,M10.5.0/3",		1721044800,	120 },	/* July 2024 */
	{ "EST5EDT,M3.2.0,M11.1.0",		1705320000,	-300 },
	{ "EST5EDT,M3.2.0,M11.1.0",		1721044800,	-240 },
};

TEST(local_time)
{
	for (size_t i = 0; i < COUNT(locals); i++) {
		uint64_t utc = time_filetime_of_unix(locals[i].utc) + 1234567;
		int64_t shift = locals[i].shift * 60;

		setenv("TZ", locals[i].zone, 1);
		tzset();
		CHECK_U64(time_local_of_utc(utc), utc + (uint64_t)(shift * (int64_t)TIME_SECOND));
		CHECK_U64(time_local_of_utc(0), 0);
		CHECK_U64(time_local_of_utc(TIME_NEVER), TIME_NEVER);
		CHECK(time_local_of_utc(1) <= 24 * 3600 * TIME_SECOND);
		CHECK(time_local_of_utc(TIME_NEVER - 1) <= TIME_NEVER);
	}
}

int
main(void)
{
	RUN(unix_and_back);
	RUN(clocks_run);
	RUN(local_time);
	return check_end();
}
