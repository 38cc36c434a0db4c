// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replays stored inputs through a fuzz target: fuzz_X runs over every file of corpus/X (below
 * $srcdir, which automake sets), or over the files that are named as arguments.  With
 * libFuzzer this file is empty: the fuzzer has its own main().
 */
#ifndef MCAST_LIBFUZZER

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET)) {
		perror(path);
		exit(1);
	}
	/* exactly as large as the input, so that ASan sees the first byte beyond it */
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != (size_t)size) {
		perror(path);
		exit(1);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay_directory(const char *dir)
{
	char path[8192];
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	if (!d) {
		perror(dir);
		exit(1);
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
			n += replay(path);
		}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	char dir[4096];
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	if (argc == 1) {
		snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
			 strncmp(name, "fuzz_", 5) ? name : name + 5);
		n = replay_directory(dir);
	}
	printf("%s: %d inputs\n", name, n);
	return n == 0; /* an empty corpus proves nothing */
}

#endif
