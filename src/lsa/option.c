/*
 * option.c - what a trusted caller has chosen for its connection: bits that
 * mean something to the package alone. They end with the connection.
 */
#include "lsa/client.h"

uint32_t
option_bits(struct call *call)
{
	struct lsa_link *link = SERVED(call)->link;
	uint32_t bits;

	pthread_mutex_lock(&link->lock);
	bits = (link->options.process & ~link->options.thread_has) | (link->options.thread & link->options.thread_has);
	pthread_mutex_unlock(&link->lock);
	return bits;
}

void
option_set(struct call *call, uint32_t bits, bool on, bool thread)
{
	struct lsa_link *link = SERVED(call)->link;
	uint32_t *to = thread ? &link->options.thread : &link->options.process;

	pthread_mutex_lock(&link->lock);
	*to = on ? *to | bits : *to & ~bits;
	if (thread)
		link->options.thread_has |= bits;
	pthread_mutex_unlock(&link->lock);
}
