/*
 * replay.c - the replay check alone: each proof is a new one.
 */
#include "store/replay.h"

#include "worker.h"

static uint64_t
take(unsigned long n, unsigned long arg)
{
	static struct store *store;
	static uint64_t next = 1;
	uint8_t print[REPLAY_LEN] = { 0 };
	struct timespec now;
	char why[STORE_WHY];

	(void)arg;
	if (!store)
		MUST_BE(store_open(&store, &(struct store_settings){ .folder = getenv("OPENLSA_STATE") }, why), STATUS_SUCCESS);
	clock_gettime(CLOCK_REALTIME, &now);
	while (n--) {
		memcpy(print, &next, sizeof next);
		next++;
		MUST_BE(replay_take(store, print, (uint64_t)now.tv_sec + REPLAY_LIFE), REPLAY_FIRST);
	}
	return 0;
}

int
main(void)
{
	static const struct work list[] = { { "take", take, 0 } };

	return worker_serve(list, sizeof list / sizeof *list);
}
