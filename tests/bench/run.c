#include "config.h"

#include "run.h"

#include "die.h"
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BLOCK	     65536
#define KIB	     1024.0

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};

/* What runs now. Shared with the signal handler, so changed only while the
 * signals are blocked. */
static struct {
	pid_t pid[COMMAND_STAGES]; /* 0: reaped */
	const char *name[COMMAND_STAGES];
	size_t n;
	int64_t begin;
} now;

/* ----------------------------------------------------------------- signals */

static sigset_t deadly_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(deadly); i++)
		sigaddset(&set, deadly[i]);
	return set;
}

void run_kill(void)
{
	for (size_t i = 0; i < now.n; i++)
		if (now.pid[i] > 0)
			kill(now.pid[i], SIGKILL);
}

static void end(int signal_number)
{
	run_kill();
	for (size_t i = 0; i < now.n; i++)
		if (now.pid[i] > 0)
			(void)waitpid(now.pid[i], NULL, 0);
	raise(signal_number); /* the action is the default again */
}

/* Also where they were ignored: a shell lets what it starts with & ignore
 * SIGINT, and this would then go on behind its back. */
void run_init(void)
{
	struct sigaction action = {.sa_handler = end};
	sigset_t set = deadly_set();

	action.sa_mask = set;
	action.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < COUNT(deadly); i++)
		sigaction(deadly[i], &action, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static sigset_t hold_signals(void)
{
	sigset_t set = deadly_set(), before;

	sigprocmask(SIG_BLOCK, &set, &before);
	return before;
}

/* --------------------------------------------------------------- starting */

static void fail(struct failure *failure, const char *name, const char *what)
{
	if (failure->text[0] == '\0')
		snprintf(failure->text, sizeof(failure->text), "%s: %s", name,
			what);
}

/* Where a program reads and writes. */
struct ends {
	int in, out;	     /* or RUN_INHERIT, and then: */
	const char *in_file; /* these */
	const char *out_file;
};

static int describe(posix_spawn_file_actions_t *actions, const struct ends *e)
{
	int err = posix_spawn_file_actions_init(actions);

	if (err != 0)
		return err;
	err = e->in != RUN_INHERIT
		      ? posix_spawn_file_actions_adddup2(actions, e->in, 0)
		      : posix_spawn_file_actions_addopen(
				actions, 0, e->in_file, O_RDONLY, 0);
	if (err == 0)
		err = e->out != RUN_INHERIT
			      ? posix_spawn_file_actions_adddup2(
					actions, e->out, 1)
			      : posix_spawn_file_actions_addopen(actions, 1,
					e->out_file,
					O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (err == 0)
		err = posix_spawn_file_actions_addopen(actions, 2, RUN_MESSAGES,
			O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (err != 0)
		posix_spawn_file_actions_destroy(actions);
	return err;
}

static int attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int err = posix_spawnattr_init(attr);

	if (err != 0)
		return err;
	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attr, &none);
	if (err == 0)
		err = posix_spawnattr_setsigdefault(attr, &all);
	if (err == 0)
		err = posix_spawnattr_setflags(
			attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (err != 0)
		posix_spawnattr_destroy(attr);
	return err;
}

static int start_one(const struct stage *stage, const struct ends *ends)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid = 0;
	int err = describe(&actions, ends);

	if (err != 0)
		return err;
	err = attributes(&attr);
	if (err == 0) {
		err = posix_spawn(&pid, stage->program, &actions, &attr,
			stage->argv, stage->env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		return err;
	now.name[now.n] = stage->argv[0];
	now.pid[now.n++] = pid;
	return 0;
}

static void close_unless(int fd, int kept)
{
	if (fd != kept && fd != RUN_INHERIT)
		close(fd);
}

/* Starts all programs, with a pipe between each two of them. Returns 0 or an
 * errno. */
static int start_all(const struct command *c, int in, int out)
{
	struct ends ends = {
		.in = in, .in_file = c->input, .out_file = c->output};
	int err = 0;

	for (size_t i = 0; i < c->n && err == 0; i++) {
		int between[2] = {RUN_INHERIT, out};

		if (i + 1 < c->n && pipe2(between, O_CLOEXEC) != 0)
			return errno;
		ends.out = between[1];
		err = start_one(&c->stage[i], &ends);
		close_unless(between[1], out);
		close_unless(ends.in, in);
		ends.in = between[0];
		if (err != 0)
			close_unless(between[0], in);
	}
	return err;
}

/* Forgets the most memory that this program ever had, which the next one would
 * inherit (see proc(5), clear_refs). If it cannot, figures of small programs
 * are too high. */
static void forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "5", 1) != 1)
		die("the peak memory cannot be reset: %s", strerror(errno));
	close(fd);
}

int run_start(const struct command *c, int in, int out, struct failure *failure)
{
	sigset_t before = hold_signals();
	struct failure unused = {""};
	struct cost cost;
	int err;

	failure->text[0] = '\0';
	(void)unlink(RUN_MESSAGES);
	forget_peak();
	now.n = 0;
	now.begin = clock_now();
	err = start_all(c, in, out);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (err == 0)
		return 0;
	fail(failure, c->stage[now.n].argv[0], strerror(err));
	run_kill();
	(void)run_wait(&cost, &unused);
	return -1;
}

/* ---------------------------------------------------------------- waiting */

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The first line that the programs wrote on standard error. */
static void add_message(struct failure *failure)
{
	FILE *file = fopen(RUN_MESSAGES, "r");
	size_t len = strlen(failure->text);
	char line[100];

	if (file == NULL)
		return;
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(failure->text + len, sizeof(failure->text) - len,
			" (%s)", line);
	}
	fclose(file);
}

static void tell_status(struct failure *failure, const char *name, int status)
{
	char what[64];

	if (WIFSIGNALED(status))
		snprintf(what, sizeof(what), "died of signal %d",
			WTERMSIG(status));
	else
		snprintf(what, sizeof(what), "exit status %d",
			WEXITSTATUS(status));
	fail(failure, name, what);
}

static int wait_one(size_t i, struct rusage *usage)
{
	sigset_t before;
	int status;

	/* First only look: as long as it is not reaped, its process id is not
	 * another one's, and the handler may kill it. */
	while (waitid(P_PID, (id_t)now.pid[i], &(siginfo_t){0},
		       WEXITED | WNOWAIT) != 0)
		if (errno != EINTR)
			die("%s: cannot be waited for", now.name[i]);
	before = hold_signals();
	if (wait4(now.pid[i], &status, 0, usage) != now.pid[i])
		die("%s: cannot be waited for", now.name[i]);
	now.pid[i] = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

int run_wait(struct cost *cost, struct failure *failure)
{
	int64_t done;
	double peak;
	int result = 0;

	cost->cpu = cost->peak = 0;
	for (size_t i = 0; i < now.n; i++) {
		struct rusage usage;
		int status = wait_one(i, &usage);

		cost->cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
		peak = (double)usage.ru_maxrss * KIB;
		cost->peak = peak > cost->peak ? peak : cost->peak;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			tell_status(failure, now.name[i], status);
			result = -1;
		}
	}
	done = clock_now();
	cost->seconds = (double)(done - now.begin) / 1e9;
	if (result != 0)
		add_message(failure);
	return result;
}

int run(const struct command *c, struct cost *cost, struct failure *failure)
{
	if (run_start(c, RUN_INHERIT, RUN_INHERIT, failure) != 0)
		return -1;
	return run_wait(cost, failure);
}

/* ---------------------------------------------------------------- digests */

/* FNV-1a with 64 bits. */
static void digest_fd(int fd, struct digest *digest)
{
	static unsigned char block[BLOCK];
	ssize_t n;

	digest->bytes = 0;
	digest->hash = UINT64_C(0xcbf29ce484222325);
	while ((n = read(fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			digest->hash = (digest->hash ^ block[i]) *
				       UINT64_C(0x100000001b3);
		digest->bytes += (uint64_t)n;
	}
	if (n < 0)
		die("a pipe cannot be read: %s", strerror(errno));
}

int run_digest(
	const struct command *c, struct digest *digest, struct failure *failure)
{
	struct cost cost;
	int ends[2];
	int err;

	if (pipe2(ends, O_CLOEXEC) != 0)
		die("no pipe: %s", strerror(errno));
	err = run_start(c, RUN_INHERIT, ends[1], failure);
	close(ends[1]);
	if (err == 0) {
		digest_fd(ends[0], digest);
		err = run_wait(&cost, failure);
	}
	close(ends[0]);
	return err;
}
