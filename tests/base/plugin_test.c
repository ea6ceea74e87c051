/*
 * plugin_test.c - which files root can be said to have put where they are.
 * Covers src/base/plugin.c; loading itself is in tests/lsad/plug_test.sh.
 */
#include "base/plugin.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char folder[64];

static const char *
below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(below(name), "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(below(name), mode) == 0);
}

static enum plugin_result
opened(const char *path, const char *says)
{
	char why[PLUGIN_WHY] = "";
	int fd = -1;
	enum plugin_result had = plugin_open(&fd, path, why);

	CHECK((had == PLUGIN_OK) == (fd >= 0));
	if (had != PLUGIN_OK && !CHECK(says && strstr(why, says) != NULL))
		fprintf(stderr, "    %s\n", why);
	if (fd >= 0) {
		CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
		close(fd);
	}
	return had;
}

/* No privilege is needed to be refused. */
TEST(paths)
{
	static const struct { const char *path, *says; } rows[] = {
		{ "", "not an absolute path" },
		{ "x.so", "not an absolute path" },
		{ "./x.so", "not an absolute path" },
		{ "/", "empty part" },
		{ "//etc/passwd", "empty part" },
		{ "/etc//passwd", "empty part" },
		{ "/etc/./passwd", "\".\"" },
		{ "/etc/../etc/passwd", "\"..\"" },
		{ "/etc/passwd/", "no folder" },
		{ "/proc/self/exe", "link" },
		{ "/etc", "not a regular file" },
		{ "/tmp/x", "others than root" },
	};
	char longest[1200] = "/";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK(opened(rows[i].path, rows[i].says) == PLUGIN_REFUSED);
	memset(longest + 1, 'x', sizeof longest - 2);
	longest[sizeof longest - 1] = '\0';
	CHECK(opened(longest, "too long") == PLUGIN_REFUSED);
	CHECK(opened("/etc/no such file", "no such file") == PLUGIN_ABSENT);
	CHECK(opened("/no such folder/x", "no such file") == PLUGIN_ABSENT);
	CHECK(opened("/etc/passwd", NULL) == PLUGIN_OK);
}

TEST(owners_and_modes)
{
	static const struct { mode_t mode; bool good; } rows[] = { { 0644, true }, { 0755, true }, { 0600, true }, { 0444, true },
		{ 0664, false }, { 0646, false }, { 0666, false }, { 0775, false } };

	if (geteuid() != 0) {
		CHECK_SKIP("needs root");
		return;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put("x", "x", rows[i].mode);
		CHECK(opened(below("x"), "others than root") == (rows[i].good ? PLUGIN_OK : PLUGIN_REFUSED));
	}
	put("x", "x", 0644);
	CHECK(chown(below("x"), 1, 0) == 0);
	CHECK(opened(below("x"), "others than root") == PLUGIN_REFUSED);
	CHECK(chown(below("x"), 0, 1) == 0);		/* a group that cannot write is no matter */
	CHECK(opened(below("x"), NULL) == PLUGIN_OK);
	CHECK(chmod(folder, 0775) == 0);
	CHECK(opened(below("x"), "others than root") == PLUGIN_REFUSED);
	CHECK(chmod(folder, 01777) == 0);		/* the sticky bit keeps nobody from adding */
	CHECK(opened(below("x"), "others than root") == PLUGIN_REFUSED);
	CHECK(chmod(folder, 0755) == 0 && chown(folder, 1, 0) == 0);
	CHECK(opened(below("x"), "others than root") == PLUGIN_REFUSED);
	CHECK(chown(folder, 0, 0) == 0);
	CHECK(symlink("x", below("link")) == 0);
	CHECK(opened(below("link"), "link") == PLUGIN_REFUSED);
}

TEST(lists)
{
	char why[PLUGIN_WHY] = "";
	struct conf *list = NULL;

	if (geteuid() != 0) {
		CHECK_SKIP("needs root");
		return;
	}
	put("list", "# none\nOne = /a.so\nTwo = /b.so\n", 0644);
	CHECK(plugin_list(&list, below("list"), why) == PLUGIN_OK);
	CHECK_U64(conf_count(list), 2);
	CHECK_TEXT(conf_text(list, "Two"), "/b.so");
	conf_drop(list);
	put("list", "One = /a.so\nOne = /b.so\n", 0644);
	CHECK(plugin_list(&list, below("list"), why) == PLUGIN_REFUSED && strstr(why, "line 2"));
	put("list", "One /a.so\n", 0644);
	CHECK(plugin_list(&list, below("list"), why) == PLUGIN_REFUSED && strstr(why, "line 1"));
	put("list", "One = /a.so\n", 0666);
	CHECK(plugin_list(&list, below("list"), why) == PLUGIN_REFUSED && strstr(why, "others than root"));
	CHECK(plugin_list(&list, below("none"), why) == PLUGIN_ABSENT);
}

TEST(no_object)
{
	char why[PLUGIN_WHY] = "";

	CHECK(plugin_load("relative.so", why) == NULL && strstr(why, "absolute"));
	CHECK(plugin_load("/etc/passwd", why) == NULL && strstr(why, "cannot be loaded"));
}

int
main(void)
{
	(void)snprintf(folder, sizeof folder, "%s", "/var/lib/openlsa-test-XXXXXX");
	if (geteuid() == 0 && (!mkdtemp(folder) || chmod(folder, 0755) != 0)) {
		perror(folder);
		return 1;
	}
	RUN(paths);
	RUN(owners_and_modes);
	RUN(lists);
	RUN(no_object);
	if (geteuid() == 0) {
		(void)unlink(below("x"));
		(void)unlink(below("link"));
		(void)unlink(below("list"));
		(void)rmdir(folder);
	}
	return check_end();
}
