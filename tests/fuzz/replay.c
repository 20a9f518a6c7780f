/*
 * Gives files to a fuzz target, each in as many ways as its header can say: so
 * make check tries the corpus without libFuzzer.
 *
 *	replay-TARGET FILE...
 */
#include "config.h"

#include "fuzz.h"

#include <stdio.h>
#include <string.h>

enum {
	FILE_MAX = 1 << 16
};

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
	LLVMFuzzerTestOneInput(data, size);
	fuzz_each_way(data, size);
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
