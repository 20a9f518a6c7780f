#include "config.h"

/*
 * Threads that block where they were not meant to: a wake-up descriptor and a
 * signal together get them out. The signal is sent again and again, as
 * pipeline_nudge does, because it may come just before the call.
 */
#include "io/clock.h"
#include "io/fdio.h"
#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

/* A call that blocks, in a thread of its own. */
struct blocked {
	struct fdio *io;
	struct sink *sink;
	int wake;
	atomic_bool done;
	ssize_t result;
};

static void on_nudge(int sig)
{
	(void)sig;
}

static void *read_one(void *arg)
{
	struct blocked *b = arg;
	char byte;

	b->result = fdio_read(b->io, &byte, 1, b->wake, CLOCK_FOREVER);
	atomic_store(&b->done, true);
	return NULL;
}

static void *write_much(void *arg)
{
	static char data[1 << 20]; /* more than a pipe holds */
	struct blocked *b = arg;
	struct iovec iov = {data, sizeof(data)};
	size_t written;

	b->result = fdio_writev(b->io, &iov, 1, b->wake, &written);
	atomic_store(&b->done, true);
	return NULL;
}

static void *append_line(void *arg)
{
	struct blocked *b = arg;
	struct fault fault;
	size_t kept;

	b->result = sink_append(b->sink, "A\n", 2, true, &kept, &fault);
	atomic_store(&b->done, true);
	return NULL;
}

/* Runs the call, wakes and nudges it until it returns. */
static ssize_t run_and_nudge(void *(*run)(void *), struct blocked *b)
{
	pthread_t thread;
	int wake[2];

	assert_int_equal(pipe(wake), 0);
	b->wake = wake[0];
	if (b->sink)
		b->sink->wake = wake[0];
	atomic_init(&b->done, false);
	assert_int_equal(pthread_create(&thread, NULL, run, b), 0);
	assert_int_equal(write(wake[1], "", 1), 1);
	while (!atomic_load(&b->done)) {
		(void)pthread_kill(thread, SIGURG);
		(void)sched_yield();
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(wake[0]);
	(void)close(wake[1]);
	return b->result;
}

static void a_read_that_blocks_after_all_is_woken(void **state)
{
	int fd[2];
	struct fdio io;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	/* As if the description were ours and would not block: then read(2)
	 * comes first, and it does block. */
	io = (struct fdio){.fd = fd[0], .own = fd[0]};
	assert_int_equal(run_and_nudge(read_one, &(struct blocked){.io = &io}),
		-ECANCELED);
	assert_int_equal(fdio_close(&io), 0);
	(void)close(fd[1]);
}

static void a_write_that_blocks_after_all_is_woken(void **state)
{
	int fd[2];
	struct fdio io;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	io = (struct fdio){.fd = fd[1], .own = fd[1]};
	assert_int_equal(
		run_and_nudge(write_much, &(struct blocked){.io = &io}),
		-ECANCELED);
	assert_int_equal(fdio_close(&io), 0);
	(void)close(fd[0]);
}

static void a_signal_without_a_wake_up_changes_nothing(void **state)
{
	struct blocked b;
	struct fdio io;
	pthread_t thread;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	io = (struct fdio){.fd = fd[0], .own = fd[0]};
	b = (struct blocked){.io = &io, .wake = FDIO_NO_WAKE};
	atomic_init(&b.done, false);
	assert_int_equal(pthread_create(&thread, NULL, read_one, &b), 0);
	for (int i = 0; i < 1000; i++) {
		(void)pthread_kill(thread, SIGURG);
		(void)sched_yield();
	}
	assert_false(atomic_load(&b.done));
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(b.result, 1);
	assert_int_equal(fdio_close(&io), 0);
	(void)close(fd[1]);
}

static void an_append_that_waits_for_the_lock_is_woken(void **state)
{
	char path[] = "nudge-XXXXXX";
	int holder = mkstemp(path);
	struct sink sink;

	(void)state;
	assert_true(holder >= 0);
	assert_int_equal(flock(holder, LOCK_EX), 0);
	assert_int_equal(sink_init(&sink, path, NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_create(&sink), 0);
	assert_int_equal(
		run_and_nudge(append_line, &(struct blocked){.sink = &sink}),
		-ECANCELED);
	assert_int_equal(lseek(holder, 0, SEEK_END), 0);
	sink_release(&sink);
	(void)close(holder);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_that_blocks_after_all_is_woken),
		cmocka_unit_test(a_write_that_blocks_after_all_is_woken),
		cmocka_unit_test(a_signal_without_a_wake_up_changes_nothing),
		cmocka_unit_test(an_append_that_waits_for_the_lock_is_woken),
	};
	struct sigaction sa = {.sa_handler = on_nudge};

	/* A hang is a failure, too. */
	(void)alarm(1200);
	if (sigaction(SIGURG, &sa, NULL) < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
