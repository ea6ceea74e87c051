/*
 * jobs.h - a few threads for what must block (fsync, string-to-key, name
 * services). Started at the first job, all signals blocked. A job sees only
 * the bytes it owns.
 */
#ifndef OPENLSA_ENGINE_JOBS_H
#define OPENLSA_ENGINE_JOBS_H

#include "base/bytes.h"

struct jobs;

struct job {
	struct job *next;
	void (*run)(struct job *);	/* on a thread of ours */
	void (*ended)(struct job *);	/* there too, right after */
};

struct jobs *jobs_new(unsigned threads) MUST_CHECK;
void jobs_drop(struct jobs *j);			/* what is queued still runs; waits for it */
/* False: no thread could be started; the job is still the caller's. */
bool jobs_add(struct jobs *j, struct job *job) MUST_CHECK;

#endif
