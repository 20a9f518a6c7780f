#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "fuzz.h"

#include "reference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_wrong(const char *format, ...)
{
	va_list args;

	fputs("fuzz: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void *fuzz_allocate(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (!p)
		fuzz_wrong("no memory for %zu bytes", size);
	return p;
}

void fuzz_same(const char *what, const void *is, size_t is_len,
	const void *should, size_t should_len)
{
	const unsigned char *a = is, *b = should;
	size_t at = 0;

	while (at < is_len && at < should_len && a[at] == b[at])
		at++;
	if (at < is_len || at < should_len)
		fuzz_wrong("%s: differs at byte %zu of %zu (%zu)", what, at,
			is_len, should_len);
}

unsigned fuzz_byte(struct fuzz_bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->at++;
}

const uint8_t *fuzz_take(struct fuzz_bytes *b, size_t n, size_t *len)
{
	const uint8_t *at = b->at;

	*len = n < b->left ? n : b->left;
	b->at += *len;
	b->left -= *len;
	return at;
}

/* What the system does not give ends the program: nothing is fuzzed then. */
static int must(int result, const char *call)
{
	if (result < 0)
		fuzz_wrong("%s: %s", call, strerror(errno));
	return result;
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n <= 0)
			fuzz_wrong("write: %s", strerror(errno));
		at += n;
		len -= (size_t)n;
	}
}

int fuzz_file(const void *data, size_t len)
{
	int fd = must(memfd_create("fuzz", MFD_CLOEXEC), "memfd_create");

	write_all(fd, data, len);
	must((int)lseek(fd, 0, SEEK_SET), "lseek");
	return fd;
}

void fuzz_file_name(int fd, char *name, size_t size)
{
	(void)snprintf(name, size, "/proc/self/fd/%d", fd);
}

unsigned char *fuzz_read_file(int fd, size_t *len)
{
	struct stat st;
	unsigned char *data;
	size_t at = 0;

	must(fstat(fd, &st), "fstat");
	data = fuzz_allocate((size_t)st.st_size);
	while (at < (size_t)st.st_size) {
		ssize_t n = pread(
			fd, data + at, (size_t)st.st_size - at, (off_t)at);

		if (n <= 0)
			fuzz_wrong("pread: %s", strerror(errno));
		at += (size_t)n;
	}
	*len = at;
	return data;
}

int fuzz_pipe(const void *data, size_t len)
{
	int fd[2];

	must(pipe2(fd, O_CLOEXEC), "pipe2");
	if (len > 65536)
		must(fcntl(fd[1], F_SETPIPE_SZ, FUZZ_PIPE_MOST),
			"F_SETPIPE_SZ");
	write_all(fd[1], data, len);
	(void)close(fd[1]);
	return fd[0];
}

void fuzz_load_reference(void)
{
	static bool loaded;
	const char *directory = getenv("UPCASE_DATA");

	if (loaded)
		return;
	if (!directory)
		fuzz_wrong("UPCASE_DATA must name src/upcase/data");
	reference_load(directory);
	loaded = true;
}
