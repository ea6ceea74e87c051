/*
 * conf_test.c - configurations good and bad, and files that are not there.
 * Covers base/conf.c.
 */
#include "base/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char example[] =
	"# OpenLSA\n"
	"\n"
	"mode = daemon\n"
	"  socket=/run/lsad/lsad.sock   \t# behind a value\n"
	"\t# indented\n"
	"empty =\r\n"
	"hash = a#b ## c\n"
	"equals = a = b\n"
	"threads = 8\n"
	"verbose = yes\n"
	"quiet = 0\n"
	"name = M\xC3\xBCller\r\n"
	"acceptor.HTTP/host.example.com@EXAMPLE.COM = root, 107 ,, web\t\n"
	"last = line";

static const struct {
	const char *key, *value;
	uint32_t line;
} expected[] = {
	{ "mode",	"daemon",		3 },
	{ "socket",	"/run/lsad/lsad.sock",	4 },
	{ "empty",	"",			6 },
	{ "hash",	"a#b",			7 },
	{ "equals",	"a = b",		8 },
	{ "threads",	"8",			9 },
	{ "verbose",	"yes",			10 },
	{ "quiet",	"0",			11 },
	{ "name",	"M\xC3\xBCller",	12 },
	{ "acceptor.HTTP/host.example.com@EXAMPLE.COM", "root, 107 ,, web", 13 },
	{ "last",	"line",			14 },
};

TEST(reads_an_example)
{
	struct conf *conf = NULL;
	struct conf_fault fault;

	if (!CHECK_U64(conf_parse(&conf, bytes_of_text(example), &fault), CONF_OK))
		return;
	CHECK_U64(conf_count(conf), COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct conf_entry *entry = conf_at(conf, i);

		if (!CHECK(entry != NULL))
			break;
		CHECK_TEXT(entry->key, expected[i].key);
		CHECK_TEXT(entry->value, expected[i].value);
		CHECK_U64(entry->line, expected[i].line);
		CHECK_TEXT(conf_text(conf, expected[i].key), expected[i].value);
	}
	CHECK(conf_at(conf, COUNT(expected)) == NULL);
	CHECK(conf_text(conf, "Mode") == NULL);
	conf_drop(conf);
}

TEST(values_have_types)
{
	static const char *const modes[] = { "embedded", "daemon", NULL };
	struct conf *conf = NULL;
	struct conf_fault fault;
	uint32_t number = 77;
	unsigned mode = 77;
	bool flag = false;

	CHECK_U64(conf_parse(&conf, bytes_of_text(example), &fault), CONF_OK);
	CHECK_U64(conf_u32(&number, conf, "none", 0, 9, &fault), CONF_ABSENT);
	CHECK_U64(number, 77);
	CHECK_U64(conf_u32(&number, conf, "threads", 1, 8, &fault), CONF_OK);
	CHECK_U64(number, 8);
	CHECK_U64(conf_u32(&number, conf, "threads", 1, 7, &fault), CONF_BAD);
	CHECK_U64(fault.line, 9);
	CHECK_U64(conf_u32(&number, conf, "threads", 9, 99, &fault), CONF_BAD);
	CHECK_U64(conf_u32(&number, conf, "mode", 0, 9, &fault), CONF_BAD);
	CHECK_U64(fault.line, 3);
	CHECK_U64(conf_u32(&number, conf, "empty", 0, 9, &fault), CONF_BAD);
	CHECK_U64(number, 8);
	CHECK_U64(conf_bool(&flag, conf, "verbose", &fault), CONF_OK);
	CHECK(flag);
	CHECK_U64(conf_bool(&flag, conf, "quiet", &fault), CONF_OK);
	CHECK(!flag);
	CHECK_U64(conf_bool(&flag, conf, "threads", &fault), CONF_BAD);
	CHECK_U64(conf_bool(&flag, conf, "none", &fault), CONF_ABSENT);
	CHECK_U64(conf_choice(&mode, conf, "mode", modes, &fault), CONF_OK);
	CHECK_U64(mode, 1);
	CHECK_U64(conf_choice(&mode, conf, "name", modes, &fault), CONF_BAD);
	CHECK_U64(mode, 1);
	conf_drop(conf);

	CHECK_U64(conf_u32(&number, NULL, "threads", 1, 8, &fault), CONF_ABSENT);
	CHECK(conf_text(NULL, "mode") == NULL && conf_count(NULL) == 0 && conf_at(NULL, 0) == NULL);
	conf_drop(NULL);
}

TEST(items)
{
	struct bytes list = bytes_of_text(" root, 107 ,,web\t,"), item;
	const char *const want[] = { "root", "107", "web" };
	uint32_t number = 0;

	for (size_t i = 0; i < COUNT(want); i++) {
		CHECK(conf_item(&item, &list));
		CHECK(bytes_same(item, bytes_of_text(want[i])));
		CHECK(conf_number(&number, item) == (i == 1));
	}
	CHECK_U64(number, 107);
	CHECK(!conf_item(&item, &list) && !conf_item(&item, &list));
	list = bytes_of_text(NULL);
	CHECK(!conf_item(&item, &list));
	CHECK(conf_number(&number, bytes_of_text("4294967295")) && number == UINT32_MAX);
	CHECK(!conf_number(&number, bytes_of_text("4294967296")));
	CHECK(!conf_number(&number, bytes_of_text("-1")));
	CHECK(!conf_number(&number, bytes_of_text("00000000001")));
}

static const struct {
	const char *text;
	uint32_t line;
} bad_texts[] = {
	{ "mode",				1 },
	{ "a = 1\nmode daemon\n",		2 },
	{ "a = 1\n\n# x\n= 2\n",		4 },
	{ "[section]\n",			1 },
	{ "[section] = 1\n",			1 },
	{ "two words = 1\n",			1 },
	{ "a#b = 1\n",				1 },
	{ "a = 1\nb = 2\na = 1\n",		3 },
	{ "a = \x01\n",				1 },
	{ "a = b\rc\n",				1 },
	{ "a = \x7F\n",				1 },
	{ "a = \xFF\n",				1 },
	{ "a = \xC0\xAF\n",			1 },
	{ "\xEF\xBB\xBF" "a = 1\n",		1 },
	{ "k\xC3\xA9y = 1\n",			1 },
};

TEST(bad_is_refused)
{
	static char large[CONF_SIZE_MAX + 1], many[CONF_SIZE_MAX];
	struct conf *conf = NULL;
	struct conf_fault fault;
	size_t len = 0;

	for (size_t i = 0; i < COUNT(bad_texts); i++) {
		CHECK_U64(conf_parse(&conf, bytes_of_text(bad_texts[i].text), &fault), CONF_BAD);
		CHECK_U64(fault.line, bad_texts[i].line);
		CHECK(fault.what != NULL && fault.error == 0);
	}
	CHECK_U64(conf_parse(&conf, bytes_of("a = 1\nb = \0\n", 12), &fault), CONF_BAD);
	CHECK_U64(fault.line, 2);
	memset(large, '\n', sizeof large);
	CHECK_U64(conf_parse(&conf, bytes_of(large, sizeof large), &fault), CONF_UNREADABLE);
	CHECK_U64(fault.error, EFBIG);
	for (int i = 0; i <= CONF_KEYS_MAX; i++)
		len += (size_t)sprintf(many + len, "k%d = 1\n", i);
	CHECK_U64(conf_parse(&conf, bytes_of(many, len), &fault), CONF_BAD);
	CHECK_U64(fault.line, CONF_KEYS_MAX + 1);
	CHECK(conf == NULL);
	CHECK_U64(conf_parse(&conf, bytes_of(large, sizeof large - 1), &fault), CONF_OK);
	CHECK_U64(conf_count(conf), 0);
	conf_drop(conf);
	CHECK_U64(conf_parse(&conf, BYTES_NONE, &fault), CONF_OK);
	conf_drop(conf);
}

static char folder[] = "/tmp/conf_test.XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
file_put(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	CHECK(f && fwrite(text, 1, len, f) == len);
	if (f)
		fclose(f);
}

TEST(files)
{
	static char large[CONF_SIZE_MAX + 1];
	struct conf *conf = NULL;
	struct conf_fault fault;

	CHECK(mkdtemp(folder) != NULL);
	file_put("good", example, strlen(example));
	CHECK_U64(conf_open(&conf, path_of("good"), &fault), CONF_OK);
	CHECK_TEXT(conf_text(conf, "mode"), "daemon");
	conf_drop(conf);
	conf = NULL;

	CHECK_U64(conf_open(&conf, path_of("none"), &fault), CONF_ABSENT);
	CHECK_U64(conf_open(&conf, path_of("none/none"), &fault), CONF_ABSENT);
	CHECK_U64(conf_open(&conf, path_of("good/none"), &fault), CONF_UNREADABLE);
	CHECK_U64(fault.error, ENOTDIR);
	CHECK_U64(conf_open(&conf, folder, &fault), CONF_UNREADABLE);
	CHECK(symlink("loop", path_of("loop")) == 0);
	CHECK_U64(conf_open(&conf, path_of("loop"), &fault), CONF_UNREADABLE);
	CHECK_U64(fault.error, ELOOP);
	CHECK(mkfifo(path_of("fifo"), 0600) == 0);
	CHECK_U64(conf_open(&conf, path_of("fifo"), &fault), CONF_UNREADABLE);	/* and does not hang */
	file_put("bad", "a = 1\nb\n", 8);
	CHECK_U64(conf_open(&conf, path_of("bad"), &fault), CONF_BAD);
	CHECK_U64(fault.line, 2);
	memset(large, '#', sizeof large);
	file_put("large", large, sizeof large);
	CHECK_U64(conf_open(&conf, path_of("large"), &fault), CONF_UNREADABLE);
	CHECK_U64(fault.error, EFBIG);
	if (geteuid() != 0) {
		CHECK(chmod(path_of("good"), 0) == 0);
		CHECK_U64(conf_open(&conf, path_of("good"), &fault), CONF_UNREADABLE);
		CHECK_U64(fault.error, EACCES);
	}
	CHECK(conf == NULL);
	for (size_t i = 0; i < 5; i++)
		unlink(path_of((const char *[]){ "good", "loop", "fifo", "bad", "large" }[i]));
	rmdir(folder);
}

int
main(void)
{
	RUN(reads_an_example);
	RUN(values_have_types);
	RUN(items);
	RUN(bad_is_refused);
	RUN(files);
	return check_end();
}
