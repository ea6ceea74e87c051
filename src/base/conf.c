/*
 * conf.c - the one configuration reader.
 *
 * Must never learn to know what a key means.
 */
#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf16.h"

struct conf {
	char *text;				/* the file, cut up by NULs */
	size_t count;
	struct conf_entry entries[];
};

static enum conf_result
bad(struct conf_fault *ret_fault, uint32_t line, const char *what)
{
	*ret_fault = (struct conf_fault){ .line = line, .what = what };
	return CONF_BAD;
}

static enum conf_result
unreadable(struct conf_fault *ret_fault, int error, const char *what)
{
	*ret_fault = (struct conf_fault){ .error = error, .what = what };
	return CONF_UNREADABLE;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_key(const char *key)
{
	if (!*key || *key == '[')
		return false;
	for (; *key; key++) {
		if (*key <= ' ' || *key > '~')
			return false;
	}
	return true;
}

static bool
is_value(const char *value)
{
	struct writer measure = writer_of(NULL, 0);

	for (const char *c = value; *c; c++) {
		if ((*c >= 0 && *c < ' ' && *c != '\t') || *c == 0x7F)
			return false;
	}
	return utf16_from_utf8(&measure, bytes_of_text(value));
}

/* The text without the blanks around it, cut in place. */
static char *
trim(char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len && is_blank(text[len - 1]))
		len--;
	text[len] = 0;
	return text;
}

static const struct conf_entry *
entry_find(const struct conf *conf, const char *key)
{
	for (size_t i = 0; conf && i < conf->count; i++) {
		if (strcmp(conf->entries[i].key, key) == 0)
			return &conf->entries[i];
	}
	return NULL;
}

/* One line, its end already a NUL. */
static enum conf_result
line_take(struct conf *conf, char *line, uint32_t number, struct conf_fault *ret_fault)
{
	size_t len = strlen(line);
	char *equals, *key, *value;

	if (len && line[len - 1] == '\r')
		line[len - 1] = 0;
	for (char *c = line; *c; c++) {
		if (*c == '#' && (c == line || is_blank(c[-1]))) {
			*c = 0;
			break;
		}
	}
	if (!*trim(line))
		return CONF_OK;
	equals = strchr(line, '=');
	if (!equals)
		return bad(ret_fault, number, "a line without '='");
	*equals = 0;
	key = trim(line);
	value = trim(equals + 1);
	if (!is_key(key) || strchr(key, '#'))
		return bad(ret_fault, number, "not a key");
	if (!is_value(value))
		return bad(ret_fault, number, "a value with control characters or invalid UTF-8");
	if (entry_find(conf, key))
		return bad(ret_fault, number, "a key given twice");
	if (conf->count == CONF_KEYS_MAX)
		return bad(ret_fault, number, "too many keys");
	conf->entries[conf->count++] = (struct conf_entry){ .key = key, .value = value, .line = number };
	return CONF_OK;
}

enum conf_result
conf_parse(struct conf **ret_conf, struct bytes text, struct conf_fault *ret_fault)
{
	struct conf *conf;
	enum conf_result result = CONF_OK;
	size_t lines = 1;
	char *at, *end;

	if (text.len > CONF_SIZE_MAX)
		return unreadable(ret_fault, EFBIG, "larger than 64 KiB");
	for (size_t i = 0; i < text.len; i++) {
		lines += text.at[i] == '\n';
		if (!text.at[i])
			return bad(ret_fault, (uint32_t)lines, "a zero byte");
	}
	if (lines > CONF_KEYS_MAX)
		lines = CONF_KEYS_MAX;
	conf = calloc(1, sizeof *conf + lines * sizeof conf->entries[0]);
	if (conf)
		conf->text = bytes_dup(text);
	if (!conf || !conf->text) {
		conf_drop(conf);
		return unreadable(ret_fault, ENOMEM, "no memory");
	}
	at = conf->text;
	for (uint32_t number = 1; at && result == CONF_OK; number++) {
		end = strchr(at, '\n');
		if (end)
			*end++ = 0;
		result = line_take(conf, at, number, ret_fault);
		at = end;
	}
	if (result != CONF_OK) {
		conf_drop(conf);
		return result;
	}
	*ret_conf = conf;
	return CONF_OK;
}

/* All of a regular file, at most one byte more than allowed. */
static enum conf_result
file_read(int fd, char *to, size_t *ret_len, struct conf_fault *ret_fault)
{
	struct stat st;
	size_t len = 0;

	if (fstat(fd, &st))
		return unreadable(ret_fault, errno, "cannot be examined");
	if (!S_ISREG(st.st_mode))
		return unreadable(ret_fault, EINVAL, "not a regular file");
	while (len <= CONF_SIZE_MAX) {
		ssize_t n = read(fd, to + len, CONF_SIZE_MAX + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreadable(ret_fault, errno, "cannot be read");
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return CONF_OK;
}

enum conf_result
conf_open(struct conf **ret_conf, const char *path, struct conf_fault *ret_fault)
{
	enum conf_result result;
	size_t len = 0;
	char *text;
	int fd;

	/* Without waiting: a FIFO in the way must not hold the process up. */
	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno == ENOENT ? CONF_ABSENT : unreadable(ret_fault, errno, "cannot be opened");
	text = malloc(CONF_SIZE_MAX + 1);
	result = text ? file_read(fd, text, &len, ret_fault) : unreadable(ret_fault, ENOMEM, "no memory");
	if (result == CONF_OK)
		result = conf_parse(ret_conf, bytes_of(text, len), ret_fault);
	free(text);
	close(fd);
	return result;
}

void
conf_drop(struct conf *conf)
{
	if (!conf)
		return;
	free(conf->text);
	free(conf);
}

const char *
conf_text(const struct conf *conf, const char *key)
{
	const struct conf_entry *entry = entry_find(conf, key);

	return entry ? entry->value : NULL;
}

bool
conf_number(uint32_t *ret_value, struct bytes text)
{
	uint64_t value = 0;

	if (!text.len || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.at[i] - '0');
	}
	if (value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

enum conf_result
conf_u32(uint32_t *ret_value, const struct conf *conf, const char *key,
    uint32_t min, uint32_t max, struct conf_fault *ret_fault)
{
	const struct conf_entry *entry = entry_find(conf, key);
	uint32_t value;

	if (!entry)
		return CONF_ABSENT;
	if (!conf_number(&value, bytes_of_text(entry->value)))
		return bad(ret_fault, entry->line, "not a number");
	if (value < min || value > max)
		return bad(ret_fault, entry->line, "a number out of range");
	*ret_value = value;
	return CONF_OK;
}

enum conf_result
conf_bool(bool *ret_value, const struct conf *conf, const char *key, struct conf_fault *ret_fault)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1", NULL };
	unsigned which;
	enum conf_result result = conf_choice(&which, conf, key, words, ret_fault);

	if (result == CONF_BAD)
		ret_fault->what = "neither yes nor no";
	if (result == CONF_OK)
		*ret_value = which & 1;
	return result;
}

enum conf_result
conf_choice(unsigned *ret_value, const struct conf *conf, const char *key,
    const char *const words[], struct conf_fault *ret_fault)
{
	const struct conf_entry *entry = entry_find(conf, key);

	if (!entry)
		return CONF_ABSENT;
	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], entry->value) == 0) {
			*ret_value = i;
			return CONF_OK;
		}
	}
	return bad(ret_fault, entry->line, "not one of the words allowed");
}

bool
conf_item(struct bytes *ret_item, struct bytes *list)
{
	while (list->len) {
		const uint8_t *comma = memchr(list->at, ',', list->len);
		struct bytes item = bytes_of(list->at, comma ? (size_t)(comma - list->at) : list->len);

		*list = comma ? bytes_of(comma + 1, list->len - item.len - 1) : BYTES_NONE;
		while (item.len && is_blank((char)item.at[0]))
			item = bytes_of(item.at + 1, item.len - 1);
		while (item.len && is_blank((char)item.at[item.len - 1]))
			item.len--;
		if (item.len) {
			*ret_item = item;
			return true;
		}
	}
	return false;
}

size_t
conf_count(const struct conf *conf)
{
	return conf ? conf->count : 0;
}

const struct conf_entry *
conf_at(const struct conf *conf, size_t index)
{
	return conf && index < conf->count ? &conf->entries[index] : NULL;
}
