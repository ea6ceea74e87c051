/*
 * worker.h - a driver as the runner sees it: a process that does one thing n
 * times when a line asks for it, and tells what that took.
 *
 *     NAME N      ->      CPU-NANOSECONDS WALL-NANOSECONDS MORE
 *
 * MORE is what the case itself wants to tell (bytes, or nanoseconds inside
 * one function), else 0. Each library under measurement has a process of its
 * own, because two of them export the same names.
 */
#ifndef OPENLSA_BENCH_WORKER_H
#define OPENLSA_BENCH_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct work {
	const char *name;
	uint64_t (*run)(unsigned long n, unsigned long arg);
	unsigned long arg;
};

#define MUST(cond)	do { if (!(cond)) worker_die(__FILE__, __LINE__, #cond, 0); } while (0)
#define MUST_BE(got, want) \
	do { long got_ = (long)(got); if (got_ != (long)(want)) worker_die(__FILE__, __LINE__, #got, got_); } while (0)

static inline _Noreturn void
worker_die(const char *file, int line, const char *what, long got)
{
	fprintf(stderr, "%s:%d: %s: 0x%08lX\n", file, line, what, (unsigned long)got & 0xffffffffUL);
	exit(1);
}

static inline uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A line of /proc/self/FILE that begins with KEY, its number. */
static inline unsigned long
proc_self(const char *file, const char *key)
{
	char path[64], line[256];
	unsigned long value = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/self/%s", file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoul(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* --- the same on two threads ---------------------------------------------------- */

struct half {
	const struct work *work;
	unsigned long n;
};

static inline void *
half_main(void *at)
{
	const struct half *h = at;

	(void)h->work->run(h->n, h->work->arg);
	return NULL;
}

static inline void
run_twice(const struct work *work, unsigned long n)
{
	struct half half = { work, n / 2 };
	pthread_t other;

	MUST(pthread_create(&other, NULL, half_main, &half) == 0);
	half_main(&half);
	pthread_join(other, NULL);
}

/* NAME*2 asks for two threads that share the n between them. */
static inline int
worker_serve(const struct work *list, size_t len)
{
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		char *end = strchr(line, ' ');
		unsigned long n = end ? strtoul(end, NULL, 10) : 0;
		uint64_t cpu, wall, more = 0;
		const struct work *work = NULL;
		char *two;

		if (!end)
			return 2;
		*end = '\0';
		two = strstr(line, "*2");
		if (two)
			*two = '\0';
		for (size_t i = 0; i < len; i++)
			if (strcmp(list[i].name, line) == 0)
				work = &list[i];
		if (!work) {
			puts("no");
			continue;
		}
		cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		wall = clock_ns(CLOCK_MONOTONIC);
		if (two)
			run_twice(work, n);
		else
			more = work->run(n, work->arg);
		wall = clock_ns(CLOCK_MONOTONIC) - wall;
		cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		printf("%llu %llu %llu\n", (unsigned long long)cpu, (unsigned long long)wall, (unsigned long long)more);
	}
	return 0;
}

#endif
