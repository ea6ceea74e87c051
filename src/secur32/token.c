/*
 * token.c - token HANDLEs: taken from replies, opened again, given back.
 */
#include "secur32/token.h"

#include <stdlib.h>

#include "secur32/handles.h"

void
htoken_give_back(struct link *link, uint64_t wire, struct bytes key)
{
	struct token_close_in in = { .token = wire, .key = key };
	struct token_close_out out;
	struct ask_room room;
	struct ask ask = { .room = &room, .deadline = 2000 };

	ask_token_close(&ask, link, &in);
	ask_wait(&ask);
	(void)told_token_close(&ask, &out);
	ask_end(&ask);
}

void
htoken_destroy(void *object)
{
	struct htoken *t = object;

	if (!atomic_load(&t->link->dead))
		htoken_give_back(t->link, t->wire, bytes_of(t->key, sizeof t->key));
	link_release(t->link);
	bytes_wipe(t->key, sizeof t->key);
	free(t);
}

struct htoken *
htoken_hold(HANDLE handle)
{
	struct handle_table *t = root_handles();

	return t && handle ? handle_hold(t, KIND_TOKEN, (uint64_t)(uintptr_t)handle) : NULL;
}

void
htoken_release(struct htoken *token)
{
	if (token)
		handle_release(root_handles(), token->word);
}

NTSTATUS
htoken_take(HANDLE *ret_handle, struct link *link, const struct token_given *given)
{
	struct htoken *t = malloc(sizeof *t + given->facts.len);
	NTSTATUS status = t ? STATUS_SUCCESS : STATUS_NO_MEMORY;

	if (t) {
		bytes_copy(t->bytes, given->facts.at, given->facts.len);
		if (given->key.len != TOKEN_KEY_LEN || !token_facts_take(&t->facts, bytes_of(t->bytes, given->facts.len)))
			status = STATUS_INVALID_SERVER_STATE;
	}
	if (status == STATUS_SUCCESS) {
		t->wire = given->wire;
		t->epoch = link->epoch;
		t->link = link;
		bytes_copy(t->key, given->key.at, TOKEN_KEY_LEN);
		link_hold(link);
		if (handle_new(root_handles(), KIND_TOKEN, t, &t->word)) {
			*ret_handle = (HANDLE)(uintptr_t)t->word;
			return STATUS_SUCCESS;
		}
		link_release(link);
		status = STATUS_NO_MEMORY;
	}
	free(t);
	htoken_give_back(link, given->wire, given->key);
	return status;
}

NTSTATUS
htoken_again(HANDLE *ret_handle, struct link *link, uint64_t wire, struct bytes key, uint32_t type, uint32_t level,
    struct why *why)
{
	struct token_open_in in = { .token = wire, .key = key, .type = type, .level = level };
	struct token_open_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	NTSTATUS status;

	ask_token_open(&ask, link, &in);
	ask_wait(&ask);
	status = told_token_open(&ask, &out);
	why_take(why, ask_why(&ask));
	if (status == STATUS_SUCCESS)
		status = htoken_take(ret_handle, link, &(struct token_given){ out.token, out.key, out.facts });
	ask_end(&ask);
	return status;
}

NTSTATUS
htoken_own(HANDLE *ret_handle, struct why *why)
{
	struct token_of_in in = { 0 };
	struct token_of_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct link *link;
	NTSTATUS status = root_sspi_link(&link, why);

	if (status != STATUS_SUCCESS)
		return status;
	ask_token_of(&ask, link, &in);
	ask_wait(&ask);
	status = told_token_of(&ask, &out);
	why_take(why, ask_why(&ask));
	if (status == STATUS_SUCCESS)
		status = htoken_take(ret_handle, link, &(struct token_given){ out.token, out.key, out.facts });
	ask_end(&ask);
	link_release(link);
	return status;
}
