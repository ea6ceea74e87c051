/*
 * policy.c - numbers by name. What a number means, those know who ask for it.
 */
#include "store/policy.h"

#include "store/ledger.h"

const struct policy_row policy_rows[POLICY_COUNT] = {
#define POLICY_ROW(key, text_name, def, low, high, hard, text) \
	[POLICY_##key] = { .name = text_name, .meaning = text, .standard = def, .min = low, .max = high, .strict = hard },
	POLICIES(POLICY_ROW)
#undef POLICY_ROW
};

uint32_t
policy_u32(struct store *store, enum policy policy)
{
	if (shelf_fresh(store) != STATUS_SUCCESS)
		return policy_rows[policy].strict;
	return atomic_load_explicit(&store->shelf.policy[policy], memory_order_relaxed);
}

NTSTATUS
policy_set(struct store *store, enum policy policy, uint32_t value)
{
	struct counts counts;
	NTSTATUS st;

	if ((unsigned)policy >= POLICY_COUNT || value < policy_rows[policy].min || value > policy_rows[policy].max)
		return STATUS_INVALID_PARAMETER;
	st = ledger_begin(store, &counts);
	if (st != STATUS_SUCCESS)
		return st;
	counts.change++;
	return ledger_end(store, &counts, ledger_put_policy(store, policy, value));
}

bool
policy_find(enum policy *ret_policy, struct bytes name)
{
	for (unsigned i = 0; i < POLICY_COUNT; i++)
		if (bytes_same(name, bytes_of_text(policy_rows[i].name))) {
			*ret_policy = (enum policy)i;
			return true;
		}
	return false;
}
