/*
 * replay.c - a target without a fuzzer: each file given, and each file in a
 * folder given, is one input. So the corpus runs in the ordinary tests, with
 * any compiler. An empty input is always tried first.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned ran, missing;

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1u << 20);
	size_t len;

	if (!f || !data) {
		perror(path);
		missing++;
	} else {
		len = fread(data, 1, 1u << 20, f);
		data = realloc(data, len ? len : 1);	/* exact, for a sanitizer */
		MUST(data);
		(void)LLVMFuzzerTestOneInput(data, len);
		ran++;
	}
	free(data);
	if (f)
		fclose(f);
}

static void
replay_path(const char *path)
{
	struct stat st;
	struct dirent **names = NULL;
	int count;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char file[4096];

		(void)snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay_path(file);
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay_path(argv[i]);
	if (!ran && argc > 1) {
		fprintf(stderr, "no input found\n");
		missing++;
	}
	printf("%u inputs\n%u passed, %u failed\n", ran, missing ? 0u : 1u, missing ? 1u : 0u);
	return missing ? 1 : 0;
}
