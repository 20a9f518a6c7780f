/*
 * What stands in for functions that a C library has not: compiled here under
 * names of their own, since where the tests run there are likely the real ones.
 */
#include "config.h"

#include "compat/getopt.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The real ones come in with the headers above: here are others. */
#undef asprintf /* glibc's where clang checks bounds */
#define asprintf    replaced_asprintf
#define memmem	    replaced_memmem
#define memrchr	    replaced_memrchr
#define pipe2	    replaced_pipe2
#define getopt_long replaced_getopt_long
int asprintf(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void *memmem(const void *in, size_t len, const void *wanted, size_t n);
void *memrchr(const void *s, int c, size_t n);
int pipe2(int fd[2], int flags);
int getopt_long(int argc, char *const *argv, const char *short_options,
	const struct option *long_options, int *index);

/* Calls of theirs that fail, from that one on: the first is 1. 0: none. */
static int failing_malloc, failing_fcntl;

static void *sometimes_malloc(size_t size)
{
	return failing_malloc == 1 ? NULL : malloc(size);
}

static int sometimes_fcntl(int fd, int what, int argument)
{
	if (failing_fcntl > 0 && --failing_fcntl == 0) {
		errno = EPERM;
		return -1;
	}
	return fcntl(fd, what, argument);
}

#define malloc sometimes_malloc
#include "compat/asprintf.c"
#undef malloc
#include "compat/memmem.c"
#include "compat/memrchr.c"
#define fcntl sometimes_fcntl
#include "compat/pipe2.c"
#undef fcntl
#include "compat/getopt_long.c"

/* --- memory --------------------------------------------------------------- */

/* The engine can be lifted out without that one, so it has its own way. */
#undef HAVE_DECL_MEMRCHR
#define HAVE_DECL_MEMRCHR 0
#include "upcase/utf8.h"

static void memrchr_finds_the_last_of_several(void **state)
{
	static const char s[] = "a\nb\nc";

	(void)state;
	assert_ptr_equal(memrchr(s, '\n', 5), s + 3);
	assert_ptr_equal(memrchr(s, '\n', 4), s + 3);
	assert_ptr_equal(memrchr(s, '\n', 3), s + 1);
	assert_ptr_equal(memrchr(s, 'a', 5), s);
}

static void memrchr_looks_at_n_bytes_only(void **state)
{
	static const char s[] = "abc\n";

	(void)state;
	assert_null(memrchr(s, '\n', 3));
	assert_null(memrchr(s + 3, '\n', 0));
	assert_null(memrchr(NULL, '\n', 0));
}

static void memrchr_compares_bytes(void **state)
{
	static const unsigned char s[] = {0, 0xff, 1, 0};

	(void)state;
	assert_ptr_equal(memrchr(s, 0xff, 4), s + 1);
	assert_ptr_equal(memrchr(s, -1, 4), s + 1);
	assert_ptr_equal(memrchr(s, 0, 4), s + 3);
	assert_ptr_equal(memrchr(s, 0x101, 4), s + 2);
}

static void the_last_line_is_found_without_memrchr(void **state)
{
	static const unsigned char s[] = "a\nb\nc";

	(void)state;
	assert_ptr_equal(utf8_last_line(s, 5), s + 4);
	assert_ptr_equal(utf8_last_line(s, 4), s + 4);
	assert_ptr_equal(utf8_last_line(s, 3), s + 2);
	assert_ptr_equal(utf8_last_line(s, 1), s);
	assert_ptr_equal(utf8_last_line(s, 0), s);
}

static void memmem_finds_the_first_that_is_whole(void **state)
{
	static const char s[] = "ababac\0abac";

	(void)state;
	assert_ptr_equal(memmem(s, 11, "aba", 3), s);
	assert_ptr_equal(memmem(s, 11, "abac", 4), s + 2);
	assert_ptr_equal(memmem(s + 3, 8, "abac", 4), s + 7);
	assert_ptr_equal(memmem(s, 11, "c\0a", 3), s + 5);
	assert_ptr_equal(memmem(s, 11, s, 11), s);
	assert_ptr_equal(memmem(s, 11, "", 0), s);
	assert_ptr_equal(memmem(s, 0, "", 0), s);
}

static void memmem_looks_at_n_bytes_only(void **state)
{
	static const char s[] = "xxabac";

	(void)state;
	assert_null(memmem(s, 5, "abac", 4));
	assert_null(memmem(s, 6, "abad", 4));
	assert_null(memmem(s, 3, "abac", 4));
	assert_null(memmem(s, 0, "a", 1));
	assert_null(memmem(s + 2, 1, "b", 1));
}

/* --- text ----------------------------------------------------------------- */

static void asprintf_makes_room_for_all(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(asprintf(&text, "%s-%d-%300s|", "a", 7, "b"), 305);
	assert_int_equal(strlen(text), 305);
	assert_memory_equal(text, "a-7-  ", 6);
	assert_string_equal(text + 302, " b|");
	free(text);
	assert_int_equal(asprintf(&text, "%s", ""), 0);
	assert_string_equal(text, "");
	free(text);
}

static void asprintf_without_memory_leaves_nothing(void **state)
{
	char other = 'x', *text = &other;

	(void)state;
	failing_malloc = 1;
	assert_int_equal(asprintf(&text, "%d", 1), -1);
	failing_malloc = 0;
	assert_null(text);
}

/* --- pipes ---------------------------------------------------------------- */

static void pipe2_gives_the_flags_that_are_asked_for(void **state)
{
	static const int asked[] = {
		0, O_CLOEXEC, O_NONBLOCK, O_CLOEXEC | O_NONBLOCK};

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		char byte = 'a';
		int fd[2];

		assert_int_equal(pipe2(fd, asked[i]), 0);
		for (int end = 0; end < 2; end++) {
			int of_fd = fcntl(fd[end], F_GETFD);
			int of_file = fcntl(fd[end], F_GETFL);

			assert_int_equal(of_fd & FD_CLOEXEC,
				asked[i] & O_CLOEXEC ? FD_CLOEXEC : 0);
			assert_int_equal(
				of_file & O_NONBLOCK, asked[i] & O_NONBLOCK);
		}
		assert_int_equal(write(fd[1], &byte, 1), 1);
		assert_int_equal(read(fd[0], &byte, 1), 1);
		(void)close(fd[0]);
		(void)close(fd[1]);
	}
}

/* The second lowest descriptor that is free. */
static int free_descriptor(void)
{
	int lowest = dup(STDERR_FILENO), fd = dup(STDERR_FILENO);

	(void)close(lowest);
	(void)close(fd);
	return fd;
}

static void pipe2_that_fails_leaves_no_descriptor(void **state)
{
	int before = free_descriptor();

	(void)state;
	for (int call = 1; call <= 4; call++) {
		int fd[2] = {-7, -7};

		failing_fcntl = call;
		assert_int_equal(pipe2(fd, O_CLOEXEC | O_NONBLOCK), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(fd[0], -7);
		assert_int_equal(fd[1], -7);
		assert_int_equal(free_descriptor(), before);
	}
	failing_fcntl = 0;
}

/* --- options -------------------------------------------------------------- */

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"gzip", optional_argument, NULL, 'z'},
	{"verify", no_argument, NULL, 256},
	{"verbose", no_argument, NULL, 'v'},
	{"same-one", no_argument, NULL, 257},
	{"same-two", no_argument, NULL, 257},
	{"samples", no_argument, NULL, 259},
	{"sam", no_argument, NULL, 258},
	{NULL, 0, NULL, 0},
};

/* What a command line comes to: for each option its value, in braces what
 * optopt says of one that is refused, and its argument; then the operands. */
static void parse(const char *line, char *out, size_t size)
{
	char words[256], *argv[20];
	int argc = 0, opt;
	size_t at = 0;

	(void)snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	optind = 0;
	while ((opt = getopt_long(
			argc, argv, ":o:z::vq", long_options, NULL)) != -1) {
		if (opt < 256)
			at += (size_t)snprintf(out + at, size - at, "%c", opt);
		else
			at += (size_t)snprintf(out + at, size - at, "%d", opt);
		if (opt == '?' || opt == ':')
			at += (size_t)snprintf(
				out + at, size - at, "{%d}", optopt);
		if (optarg)
			at += (size_t)snprintf(
				out + at, size - at, "=%s", optarg);
		at += (size_t)snprintf(out + at, size - at, " ");
	}
	at += (size_t)snprintf(out + at, size - at, "|");
	for (int i = optind; i < argc; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", argv[i]);
	assert_null(argv[argc]);
}

struct line {
	const char *words, *meaning;
};

static void check_lines(const struct line *lines)
{
	for (; lines->words; lines++) {
		char out[256];

		parse(lines->words, out, sizeof(out));
		assert_string_equal(out, lines->meaning);
	}
}

static void getopt_takes_short_options(void **state)
{
	static const struct line lines[] = {
		{"p", "|"},
		{"p -v -q", "v q |"},
		{"p -vq", "v q |"},
		{"p -ofile", "o=file |"},
		{"p -o file x", "o=file | x"},
		{"p -vofile -q", "v o=file q |"},
		{"p -o -v", "o=-v |"},
		{"p -z9 -z 9", "z=9 z | 9"},
		{"p -qz -v", "q z v |"},
		{"p -o", ":{111} |"},
		{"p -vo", "v :{111} |"},
		{"p -x -v", "?{120} v |"},
		{"p -vxq", "v ?{120} q |"},
		{"p -: -v", "?{58} v |"},
		{NULL, NULL},
	};

	(void)state;
	check_lines(lines);
}

static void getopt_takes_long_options(void **state)
{
	static const struct line lines[] = {
		{"p --output=file", "o=file |"},
		{"p --output file x", "o=file | x"},
		{"p --output= x", "o= | x"},
		{"p --output --verbose", "o=--verbose |"},
		{"p --gzip=9 --gzip 9", "z=9 z | 9"},
		{"p --out=a=b", "o=a=b |"},
		{"p --verb --veri", "v 256 |"},
		{"p --same", "257 |"},
		{"p --sa --sam", "?{0} 258 |"},
		{"p --ver --v x", "?{0} ?{0} | x"},
		{"p --none --outputs=1", "?{0} ?{0} |"},
		{"p --verify=1 -v", "?{256} v |"},
		{"p --output", ":{111} |"},
		{NULL, NULL},
	};

	(void)state;
	check_lines(lines);
}

static void getopt_brings_options_before_operands(void **state)
{
	static const struct line lines[] = {
		{"p a -v b -q c", "v q | a b c"},
		{"p a b c -o d e -vq f", "o=d v q | a b c e f"},
		{"p a --output d - b", "o=d | a - b"},
		{"p a -v -- -q b", "v | a -q b"},
		{"p -- -v --", "| -v --"},
		{"p a --", "| a"},
		{"p -v a -z 9 b", "v z | a 9 b"},
		{NULL, NULL},
	};

	(void)state;
	check_lines(lines);
}

static void getopt_heeds_the_environment(void **state)
{
	static const struct line lines[] = {
		{"p -v a -q b", "v | a -q b"},
		{"p -v -- a -q", "v | a -q"},
		{"p -", "| -"},
		{NULL, NULL},
	};

	(void)state;
	assert_int_equal(setenv("POSIXLY_CORRECT", "1", 1), 0);
	check_lines(lines);
	assert_int_equal(unsetenv("POSIXLY_CORRECT"), 0);
}

/* What a message shows is the word before optind, or the next one. */
static void getopt_says_where_it_is(void **state)
{
	char words[] = "p\0x\0-vq\0--verbose\0-o\0file";
	char *argv[] = {words, words + 2, words + 4, words + 8, words + 18,
		words + 21, NULL};
	static const int where[] = {2, 3, 4, 6};

	(void)state;
	optind = 0;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		assert_int_not_equal(
			getopt_long(6, argv, ":o:z::vq", long_options, NULL),
			-1);
		assert_int_equal(optind, where[i]);
	}
	assert_int_equal(
		getopt_long(6, argv, ":o:z::vq", long_options, NULL), -1);
	assert_int_equal(optind, 5);
	assert_string_equal(argv[5], "x");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memrchr_finds_the_last_of_several),
		cmocka_unit_test(memrchr_looks_at_n_bytes_only),
		cmocka_unit_test(memrchr_compares_bytes),
		cmocka_unit_test(the_last_line_is_found_without_memrchr),
		cmocka_unit_test(memmem_finds_the_first_that_is_whole),
		cmocka_unit_test(memmem_looks_at_n_bytes_only),
		cmocka_unit_test(asprintf_makes_room_for_all),
		cmocka_unit_test(asprintf_without_memory_leaves_nothing),
		cmocka_unit_test(pipe2_gives_the_flags_that_are_asked_for),
		cmocka_unit_test(pipe2_that_fails_leaves_no_descriptor),
		cmocka_unit_test(getopt_takes_short_options),
		cmocka_unit_test(getopt_takes_long_options),
		cmocka_unit_test(getopt_brings_options_before_operands),
		cmocka_unit_test(getopt_heeds_the_environment),
		cmocka_unit_test(getopt_says_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
