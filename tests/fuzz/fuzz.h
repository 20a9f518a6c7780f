/*
 * fuzz - what the fuzz targets share
 *
 * A target is one function that libFuzzer calls with bytes nobody thought of,
 * and that ends the program when something does not hold (fuzz_wrong). The same
 * function gets the files of the corpus from replay.c.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same in each way that the header, which is overwritten, can say: what
 * replay.c calls. */
void fuzz_each_way(uint8_t *data, size_t size);

/* Something does not hold: says what, and aborts. */
__attribute__((noreturn, format(printf, 1, 2))) void fuzz_wrong(
	const char *format, ...);

/* Memory, or the end of the program. size 0 is fine. */
void *fuzz_allocate(size_t size);

/* Two texts are the same, or the end. */
void fuzz_same(const char *what, const void *is, size_t is_len,
	const void *should, size_t should_len);

/* The bytes of an input, taken from the front. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 when there is none. */
unsigned fuzz_byte(struct fuzz_bytes *b);

/* The next bytes, up to n; sets *len to their number. */
const uint8_t *fuzz_take(struct fuzz_bytes *b, size_t n, size_t *len);

/* A regular file in memory that holds data: a descriptor at its beginning. */
int fuzz_file(const void *data, size_t len);

/* A name by which that file can be opened. */
void fuzz_file_name(int fd, char *name, size_t size);

/* All of a file, allocated. */
unsigned char *fuzz_read_file(int fd, size_t *len);

/* A pipe that holds data, which fits in it, and then ends: its reading side. */
int fuzz_pipe(const void *data, size_t len);

/* The most that fits. */
#define FUZZ_PIPE_MOST (1 << 20)

/* Loads what the reference needs, once: UPCASE_DATA names the directory. */
void fuzz_load_reference(void);

#endif
