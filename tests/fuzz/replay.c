/*
 * Gives files to the fuzz target, each in as many ways as its header can say:
 * so make check tries the corpus without libFuzzer.
 *
 *	replay FILE...
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEADER = 4,
	SETTINGS = 10,
	MODES = 6, /* three, in place or not */
	FILE_MAX = 1 << 16
};

/* As it is in the file, and by every setting and mode. */
static void replay(uint8_t *data, size_t size)
{
	LLVMFuzzerTestOneInput(data, size);
	if (size < HEADER)
		return;
	for (unsigned setting = 0; setting < SETTINGS; setting++) {
		for (unsigned mode = 0; mode < MODES; mode++) {
			data[0] = (uint8_t)setting;
			data[1] = (uint8_t)mode;
			LLVMFuzzerTestOneInput(data, size);
		}
	}
}

static int replay_file(const char *name)
{
	static uint8_t data[FILE_MAX];
	FILE *f = fopen(name, "rb");
	size_t size;

	if (!f) {
		perror(name);
		return -1;
	}
	size = fread(data, 1, sizeof(data), f);
	if (ferror(f)) {
		perror(name);
		fclose(f);
		return -1;
	}
	fclose(f);
	printf("%s: %zu bytes\n", name, size);
	fflush(stdout); /* the target may abort */
	replay(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: replay FILE...\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (replay_file(argv[i]) != 0)
			return 1;
	return 0;
}
