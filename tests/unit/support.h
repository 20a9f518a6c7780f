/*
 * support - what several unit tests need: files of their own, descriptors put
 * in the place of others, threads that wait
 *
 * Functions whose name begins with support_ fail the test (cmocka) when
 * something goes wrong, so they are for the test's own thread. What may be
 * called elsewhere says so.
 */
#ifndef UPCASE_TESTS_SUPPORT_H
#define UPCASE_TESTS_SUPPORT_H

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes with a length, so that NUL may be among them. */
#define BYTES(literal) (literal), sizeof(literal) - 1

/* Set-up and tear-down of a test: it runs in an empty directory of its own,
 * which is removed with all that is in it. */
int support_enter_directory(void **state);
int support_leave_directory(void **state);

/* A test that runs in such a directory. */
#define in_directory(test)               \
	cmocka_unit_test_setup_teardown( \
		test, support_enter_directory, support_leave_directory)

void *support_allocate(size_t size);

/* value is at least `least` and at most `most`. (What cmocka 1 has for it,
 * cmocka 2 warns of, and the other way round there is nothing.) */
#define assert_between(value, least, most) \
	support_between((value), (least), (most), __FILE__, __LINE__)
void support_between(uintmax_t value, uintmax_t least, uintmax_t most,
	const char *file, int line);

/* Files. read returns an allocated text with a NUL behind its *len bytes (len
 * may be NULL). */
void support_write(const char *path, const void *data, size_t len);
char *support_read(const char *path, size_t *len);
void support_file_is(const char *path, const void *data, size_t len);

/* All that can be read from fd, as support_read. */
char *support_read_all(int fd, size_t *len);

/* Compares, and shows where the first difference is. */
void support_same(
	const void *got, size_t got_len, const void *want, size_t want_len);

/* Puts the file of `with`, which is closed, in the place of fd. Returns what
 * was there, for support_restore. */
int support_replace(int fd, int with);
void support_restore(int fd, int saved);

/* Standard error goes to a file until `end`, which returns it as support_read.
 * No assertion between: its message would go there, too. */
int support_capture_begin(void);
char *support_capture_end(int saved);

/* Ends the test, as one that cannot be made here for that reason. */
_Noreturn void support_skip(const char *why);

/* A pseudo-terminal without echo. Skips the test if there is none to be had. */
void support_terminal(int *master, int *slave);

/* A pipe; and its filling (it is made 1 MiB large), until a write would block.
 * Returns the bytes that went in. */
void support_pipe(int fd[2]);
size_t support_fill_pipe(int fd);

/* A thread that can be asked whether it waits in the kernel. */
struct support_thread {
	pthread_t thread;
	void (*run)(void *context);
	void *context;
	atomic_int tid;
	atomic_bool done;
};

void support_start(
	struct support_thread *t, void (*run)(void *context), void *context);
void support_join(struct support_thread *t);

/* Returns when t sleeps in the kernel (true) or has ended (false). */
bool support_sleeps(struct support_thread *t);

/* Numbers that look random, the same in each run. */
uint32_t support_random(uint32_t *seed);

/* Text of one kind, allocated: the same in each run. */
enum support_kind {
	SUPPORT_NOISE, /* cannot be compressed */
	SUPPORT_TEXT,
	SUPPORT_SAME,
	SUPPORT_KINDS,
};

unsigned char *support_make(enum support_kind kind, size_t len);

/* gzip with zlib: one member that holds text, with a plain header. Allocated.
 */
unsigned char *support_gzip(const void *text, size_t len, size_t *size);

/* The text in all members of a gzip file, allocated, a NUL behind it. *members
 * may be NULL. */
char *support_gunzip(
	const void *data, size_t size, size_t *len, unsigned *members);

#endif
