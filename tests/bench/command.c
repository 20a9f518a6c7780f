#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "command.h"

#include "die.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ----------------------------------------------------------------- reading */

static char *read_file(const char *name, size_t *len)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) != 0)
		die("%s: %s", name, strerror(errno));
	*len = (size_t)st.st_size;
	text = malloc(*len + 1);
	if (text == NULL || read(fd, text, *len) != st.st_size)
		die("%s: cannot be read", name);
	text[*len] = '\0';
	close(fd);
	return text;
}

/* All words, an empty one as NULL, so that the arguments of a program are a
 * list as exec wants it. */
static char **split(char *text, size_t len, size_t *n)
{
	char **words = malloc((len + 1) * sizeof(*words));

	if (words == NULL)
		die("no memory for %zu bytes of words", len);
	*n = 0;
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		words[(*n)++] = *p != '\0' ? p : NULL;
	return words;
}

void command_read(struct command *c, const char *file)
{
	size_t len, n;
	char *text = read_file(file, &len);
	char **words = split(text, len, &n);

	memset(c, 0, sizeof(*c));
	if (n < 5 || words[0] == NULL || words[1] == NULL ||
		words[n - 1] != NULL)
		die("%s: not a command", file);
	c->input = words[0];
	c->output = words[1];
	for (size_t i = 2; i < n; i++) {
		if (c->n == COMMAND_STAGES || words[i] == NULL ||
			words[i + 1] == NULL)
			die("%s: a program is missing, or one too many", file);
		c->locale[c->n] = words[i];
		c->argv[c->n++] = words + i + 1;
		while (words[i] != NULL)
			i++;
	}
}

/* ---------------------------------------------------------------- starting */

/* Makes descriptor `to` the file. */
static void redirect(int to, const char *file, int flags)
{
	int fd;

	if (strcmp(file, COMMAND_INHERIT) == 0)
		return;
	fd = open(file, flags | O_CLOEXEC, 0666);
	if (fd < 0 || dup2(fd, to) < 0)
		die("%s: %s", file, strerror(errno));
	close(fd);
}

static void redirect_input(const struct command *c)
{
	redirect(
		STDERR_FILENO, COMMAND_MESSAGES, O_WRONLY | O_CREAT | O_APPEND);
	redirect(STDIN_FILENO, c->input, O_RDONLY);
}

static void redirect_output(const struct command *c)
{
	redirect(STDOUT_FILENO, c->output, O_WRONLY | O_CREAT | O_TRUNC);
}

static void set_locale(const struct command *c, size_t i)
{
	if (putenv(c->locale[i]) != 0)
		die("no memory for the environment");
}

void command_become(struct command *c)
{
	redirect_input(c);
	redirect_output(c);
	set_locale(c, 0);
	execv(c->argv[0][0], c->argv[0]);
	die("%s: %s", c->argv[0][0], strerror(errno));
}

/* Descriptors 0 and 1 of this program are those of the one that is started, so
 * they are open all the time. */
static void start_one(struct command *c, size_t i)
{
	int err;

	set_locale(c, i);
	err = posix_spawn(
		&c->pid[i], c->argv[i][0], NULL, NULL, c->argv[i], environ);
	if (err == 0)
		return;
	command_kill(c);
	die("%s: %s", c->argv[i][0], strerror(err));
}

static void move(int from, int to)
{
	if (dup2(from, to) < 0)
		die("no descriptor: %s", strerror(errno));
	close(from);
}

void command_start(struct command *c)
{
	int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	redirect_input(c);
	for (size_t i = 0; i + 1 < c->n; i++) {
		int between[2];

		if (pipe2(between, O_CLOEXEC) != 0)
			die("no pipe: %s", strerror(errno));
		move(between[1], STDOUT_FILENO);
		start_one(c, i);
		move(between[0], STDIN_FILENO);
	}
	move(output, STDOUT_FILENO);
	redirect_output(c);
	start_one(c, c->n - 1);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
}

/* ----------------------------------------------------------------- waiting */

void command_kill(const struct command *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->pid[i] > 0)
			kill(c->pid[i], SIGKILL);
}

static void tell_status(char *why, size_t size, const char *program, int status)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;

	if (WIFSIGNALED(status))
		snprintf(why, size, "%s: died of signal %d", name,
			WTERMSIG(status));
	else
		snprintf(why, size, "%s: exit status %d", name,
			WEXITSTATUS(status));
}

int command_wait(struct command *c, char *why, size_t size, long *peak_kib)
{
	int result = 0;

	*peak_kib = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct rusage usage;
		int status;

		while (wait4(c->pid[i], &status, 0, &usage) < 0)
			if (errno != EINTR)
				die("%s: cannot be waited for", c->argv[i][0]);
		c->pid[i] = 0;
		if (usage.ru_maxrss > *peak_kib)
			*peak_kib = usage.ru_maxrss;
		if (status != 0 && result == 0) {
			tell_status(why, size, c->argv[i][0], status);
			result = -1;
		}
	}
	return result;
}
