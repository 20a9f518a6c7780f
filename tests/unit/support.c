#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* windowBits for zlib: 32 KiB window, 16 for 'gzip header and trailer'. */
#define GZIP_WINDOW_BITS (15 + 16)

int support_enter_directory(void **state)
{
	const char *parent = getenv("TMPDIR");
	char *path = NULL;

	if (asprintf(&path, "%s/upcase-pipe-test.XXXXXX",
		    parent && *parent ? parent : "/tmp") < 0)
		return -1;
	if (!mkdtemp(path) || chdir(path) < 0) {
		free(path);
		return -1;
	}
	*state = path;
	return 0;
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int support_leave_directory(void **state)
{
	char *path = *state;
	int err = chdir("/");

	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		err = -1;
	free(path);
	return err;
}

void *support_allocate(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	assert_non_null(p);
	return p;
}

void support_between(uintmax_t value, uintmax_t least, uintmax_t most,
	const char *file, int line)
{
	if (value >= least && value <= most)
		return;
	print_error("%ju is not between %ju and %ju\n", value, least, most);
	_fail(file, line);
}

void support_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

char *support_read_all(int fd, size_t *len)
{
	size_t n = 0, size = 4096;
	char *data = support_allocate(size);

	for (;;) {
		ssize_t got = read(fd, data + n, size - n - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (size - n < 2) {
			size *= 2;
			data = realloc(data, size);
			assert_non_null(data);
		}
	}
	data[n] = '\0';
	if (len)
		*len = n;
	return data;
}

char *support_read(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;

	assert_true(fd >= 0);
	data = support_read_all(fd, len);
	assert_int_equal(close(fd), 0);
	return data;
}

void support_same(
	const void *got, size_t got_len, const void *want, size_t want_len)
{
	const unsigned char *a = got, *b = want;
	size_t i = 0;

	while (i < got_len && i < want_len && a[i] == b[i])
		i++;
	if (i == got_len && i == want_len)
		return;
	print_error("%zu bytes instead of %zu; from byte %zu on: '%.*s' "
		    "instead of '%.*s'\n",
		got_len, want_len, i,
		(int)(got_len - i < 60 ? got_len - i : 60), (const char *)a + i,
		(int)(want_len - i < 60 ? want_len - i : 60),
		(const char *)b + i);
	fail();
}

void support_file_is(const char *path, const void *data, size_t len)
{
	size_t n;
	char *got = support_read(path, &n);

	support_same(got, n, data, len);
	free(got);
}

int support_replace(int fd, int with)
{
	int saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	assert_true(saved >= 0);
	assert_true(with >= 0);
	assert_int_equal(dup2(with, fd), fd);
	assert_int_equal(close(with), 0);
	return saved;
}

void support_restore(int fd, int saved)
{
	assert_int_equal(dup2(saved, fd), fd);
	assert_int_equal(close(saved), 0);
}

int support_capture_begin(void)
{
	char path[] = "/tmp/upcase-pipe-capture.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	(void)fflush(stderr);
	return support_replace(STDERR_FILENO, fd);
}

char *support_capture_end(int saved)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	char *text;

	(void)fflush(stderr);
	support_restore(STDERR_FILENO, saved);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	text = support_read_all(fd, NULL);
	assert_int_equal(close(fd), 0);
	return text;
}

void support_skip(const char *why)
{
	print_message("skipped: %s\n", why);
	skip();
	abort(); /* it is left by longjmp */
}

static void skip_terminal(void)
{
	print_message("skipped: no pseudo-terminal: %s\n", strerror(errno));
	skip();
}

void support_terminal(int *master, int *slave)
{
	struct termios settings;
	char name[64];

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0 ||
		ptsname_r(*master, name, sizeof(name)) != 0)
		skip_terminal();
	*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		skip_terminal();
	assert_int_equal(tcgetattr(*slave, &settings), 0);
	settings.c_lflag &= ~(tcflag_t)ECHO;
	settings.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(*slave, TCSANOW, &settings), 0);
}

void support_pipe(int fd[2])
{
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
}

size_t support_fill_pipe(int fd)
{
	static const char zeroes[4096];
	int flags = fcntl(fd, F_GETFL);
	size_t total = 0;

#ifdef F_SETPIPE_SZ
	/* So large that the program sees no use in making it larger. */
	assert_int_equal(fcntl(fd, F_SETPIPE_SZ, 1 << 20), 1 << 20);
#endif
	assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	for (size_t len = sizeof(zeroes); len > 0;) {
		ssize_t n = write(fd, zeroes, len);

		if (n > 0)
			total += (size_t)n;
		else
			len /= 2;
	}
	assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
	return total;
}

static void *thread_main(void *arg)
{
	struct support_thread *t = arg;

	atomic_store(&t->tid, (int)syscall(SYS_gettid));
	t->run(t->context);
	atomic_store(&t->done, true);
	return NULL;
}

void support_start(
	struct support_thread *t, void (*run)(void *context), void *context)
{
	t->run = run;
	t->context = context;
	atomic_init(&t->tid, 0);
	atomic_init(&t->done, false);
	assert_int_equal(pthread_create(&t->thread, NULL, thread_main, t), 0);
}

void support_join(struct support_thread *t)
{
	assert_int_equal(pthread_join(t->thread, NULL), 0);
}

/* The letter behind the name in /proc/.../stat; 0 when there is none. */
static char thread_state(int tid)
{
	char path[64], line[256] = "";
	const char *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	(void)fclose(f);
	end = strrchr(line, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

bool support_sleeps(struct support_thread *t)
{
	while (!atomic_load(&t->done)) {
		int tid = atomic_load(&t->tid);

		if (tid != 0 && thread_state(tid) == 'S')
			return !atomic_load(&t->done);
		(void)sched_yield();
	}
	return false;
}

uint32_t support_random(uint32_t *seed)
{
	uint32_t x = *seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *seed = x;
}

unsigned char *support_make(enum support_kind kind, size_t len)
{
	unsigned char *p = support_allocate(len);
	uint32_t seed = 20261123;

	for (size_t i = 0; i < len; i++) {
		uint32_t r = support_random(&seed);

		if (kind == SUPPORT_NOISE)
			p[i] = (unsigned char)(r >> 8);
		else if (kind == SUPPORT_TEXT)
			p[i] = (unsigned char)("etaoin shrdlu\n"[r % 14]);
		else
			p[i] = 'A';
	}
	return p;
}

unsigned char *support_gzip(const void *text, size_t len, size_t *size)
{
	z_stream z = {.zalloc = NULL};
	unsigned char *out;
	uLong room;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
				 Z_DEFAULT_STRATEGY),
		Z_OK);
	room = deflateBound(&z, (uLong)len) + 32;
	out = support_allocate(room);
	z.next_in = (z_const Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*size = (size_t)(z.next_out - out);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return out;
}

char *support_gunzip(
	const void *data, size_t size, size_t *len, unsigned *members)
{
	z_stream z = {.zalloc = NULL};
	size_t n = 0, room = 4096;
	char *out = support_allocate(room);
	unsigned count = 0;

	assert_int_equal(inflateInit2(&z, GZIP_WINDOW_BITS), Z_OK);
	z.next_in = (z_const Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	while (z.avail_in > 0) {
		int status;

		if (room - n < 2) {
			room *= 2;
			out = realloc(out, room);
			assert_non_null(out);
		}
		z.next_out = (Bytef *)out + n;
		z.avail_out = (uInt)(room - n - 1);
		status = inflate(&z, Z_NO_FLUSH);
		n = room - 1 - z.avail_out;
		if (status == Z_STREAM_END) {
			count++;
			assert_int_equal(inflateReset(&z), Z_OK);
		} else {
			assert_int_equal(status, Z_OK);
		}
	}
	assert_int_equal(inflateEnd(&z), Z_OK);
	out[n] = '\0';
	*len = n;
	if (members)
		*members = count;
	return out;
}
