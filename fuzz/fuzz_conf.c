/*
 * fuzz_conf.c - the configuration reader: what was read, written out again
 * and read, is the same; getters agree with what stands there.
 */
#include "fuzz.h"

#include "base/conf.h"

static char again[200000];

static void
must_read_the_same(const struct conf *conf)
{
	struct conf *other = NULL;
	struct conf_fault fault;
	size_t len = 0;

	for (size_t i = 0; i < conf_count(conf); i++) {
		const struct conf_entry *e = conf_at(conf, i);

		MUST(e && conf_text(conf, e->key) == e->value);
		len += (size_t)snprintf(again + len, sizeof again - len, "%s=%s\n", e->key, e->value);
		MUST(len < sizeof again);
	}
	if (len > CONF_SIZE_MAX)
		return;
	MUST(conf_parse(&other, bytes_of(again, len), &fault) == CONF_OK);
	MUST(conf_count(other) == conf_count(conf));
	for (size_t i = 0; i < conf_count(conf); i++) {
		MUST(strcmp(conf_at(conf, i)->key, conf_at(other, i)->key) == 0);
		MUST(strcmp(conf_at(conf, i)->value, conf_at(other, i)->value) == 0);
	}
	conf_drop(other);
}

static void
must_get(const struct conf *conf, const char *key)
{
	static const char *const words[] = { "embedded", "daemon", NULL };
	struct bytes list, item;
	struct conf_fault fault;
	uint32_t number = 7;
	unsigned choice = 9;
	bool flag = true;
	enum conf_result had;

	switch (conf_u32(&number, conf, key, 1, 1000, &fault)) {
	case CONF_OK:     MUST(number >= 1 && number <= 1000); break;
	case CONF_ABSENT: MUST(!conf_text(conf, key) && number == 7); break;
	default:          MUST(conf_text(conf, key) && number == 7); break;
	}
	if (conf_choice(&choice, conf, key, words, &fault) == CONF_OK)
		MUST(choice < 2 && strcmp(words[choice], conf_text(conf, key)) == 0);
	else
		MUST(choice == 9);
	had = conf_bool(&flag, conf, key, &fault);
	MUST(had == CONF_OK || flag);
	list = bytes_of_text(conf_text(conf, key));
	while (conf_item(&item, &list))
		MUST(item.len && (!conf_number(&number, item) || item.len <= 10));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = exact_copy(bytes_of(data, size));
	struct conf *conf = NULL;
	struct conf_fault fault = { 0, 0, NULL };
	enum conf_result had = conf_parse(&conf, bytes_of(copy, size), &fault);

	MUST(had == CONF_OK || (had == CONF_BAD && !conf && fault.line && fault.what));
	if (had == CONF_OK) {
		must_read_the_same(conf);
		for (size_t i = 0; i < conf_count(conf); i++)
			must_get(conf, conf_at(conf, i)->key);
	}
	must_get(conf, "mode");
	conf_drop(conf);
	free(copy);
	return 0;
}
