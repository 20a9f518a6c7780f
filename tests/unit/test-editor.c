/*
 * Tests of lines that are edited, at a pseudo-terminal. What each key does is
 * tested with the program (tests/cli/prompt.sh).
 */
#include "config.h"

#include "io/editor.h"

#include "io/prompt.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct typist {
	int master, slave, wake[2];
	struct prompt screen;
	struct terminal terminal;
	struct editor *editor;
	struct termios before;
	char told[256];
	int stands; /* as last said; -1: not at all */
	/* What `woken` does. */
	bool aborts, takes_back, stops;
	unsigned woken;
};

static int waiting(int fd)
{
	int n = 0;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

static bool woken(void *context)
{
	struct typist *t = context;
	char byte;

	t->woken++;
	(void)!read(t->wake[0], &byte, 1);
	if (t->takes_back)
		editor_take_back(t->editor);
	if (t->stops)
		editor_stop(t->editor, (size_t)waiting(t->slave));
	return !t->aborts;
}

static bool await(void *context)
{
	(void)context;
	return true;
}

static void stands(void *context, bool stands)
{
	((struct typist *)context)->stands = stands;
}

static void tell(void *context, const char *name, const char *text)
{
	struct typist *t = context;

	(void)snprintf(t->told, sizeof(t->told), "%s: %s", name, text);
}

static int open_for(struct typist *t, const char *term, const char *history)
{
	memset(t, 0, sizeof(*t));
	t->stands = -1;
	(void)setenv("TERM", term, 1);
	(void)setenv("HOME", ".", 1);
	support_terminal(&t->master, &t->slave);
	support_pipe(t->wake);
	prompt_open(&t->screen, t->slave);
	assert_int_equal(tcgetattr(t->slave, &t->before), 0);
	assert_int_equal(terminal_init(&t->terminal), 0);
	return editor_open(&t->editor, &(struct editor_config){.in = t->slave,
					       .screen = &t->screen.io,
					       .terminal = &t->terminal,
					       .prompt = "> ",
					       .history = history,
					       .wake = t->wake[0],
					       .woken = woken,
					       .await = await,
					       .stands = stands,
					       .tell = tell,
					       .context = t});
}

static void begin(struct typist *t, const char *history)
{
	int err = open_for(t, "xterm", history);

	if (err == -ENOTSUP)
		support_skip("libedit is not there");
	assert_int_equal(err, 0);
}

static void end(struct typist *t)
{
	struct termios now;

	editor_close(t->editor);
	assert_int_equal(tcgetattr(t->slave, &now), 0);
	assert_int_equal(now.c_lflag, t->before.c_lflag);
	assert_int_equal(now.c_iflag, t->before.c_iflag);
	assert_int_equal(now.c_oflag, t->before.c_oflag);
	assert_memory_equal(now.c_cc, t->before.c_cc, sizeof(now.c_cc));
	terminal_release(&t->terminal);
	prompt_close(&t->screen);
	(void)close(t->slave);
	(void)close(t->master);
	(void)close(t->wake[0]);
	(void)close(t->wake[1]);
}

/* For who waits for it already. */
static void sends(struct typist *t, const char *keys)
{
	size_t len = strlen(keys);

	assert_int_equal(write(t->master, keys, len), len);
}

static void types(struct typist *t, const char *keys)
{
	int len = (int)strlen(keys), before = waiting(t->slave);

	sends(t, keys);
	/* They come to the terminal a moment later. */
	while (waiting(t->slave) < before + len)
		(void)poll(NULL, 0, 1);
}

static void reads(struct typist *t, const char *want)
{
	char got[64];
	ssize_t n = editor_read(t->editor, got, sizeof(got) - 1);

	assert_int_equal(n, strlen(want));
	got[n] = '\0';
	assert_string_equal(got, want);
}

static void shows(struct typist *t, const char *want)
{
	char got[4096];
	size_t n = 0;

	while (n < sizeof(got) - 1) {
		struct pollfd p = {.fd = t->master, .events = POLLIN};
		ssize_t more;

		if (poll(&p, 1, n == 0 ? -1 : 0) == 0)
			break;
		more = read(t->master, got + n, sizeof(got) - 1 - n);
		assert_true(more > 0);
		n += (size_t)more;
	}
	got[n] = '\0';
	if (!strstr(got, want))
		print_error("shown: \"%s\"\n", got);
	assert_non_null(strstr(got, want));
}

static void poke(struct typist *t)
{
	assert_int_equal(write(t->wake[1], "", 1), 1);
}

static void a_line_comes_when_it_is_complete(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	types(&t, "ab\x7f"
		  "c\rnext\r");
	editor_ask(t.editor);
	reads(&t, "ac\n");
	/* More was typed ahead: nobody waits for a prompt. */
	assert_int_equal(t.stands, 0);
	reads(&t, "next\n");
	shows(&t, "next\r\n");
	types(&t, "\4");
	reads(&t, "");
	reads(&t, "");
	end(&t);
}

static void a_line_is_handed_out_in_parts(void **state)
{
	struct typist t;
	char got[3];

	(void)state;
	begin(&t, NULL);
	types(&t, "abcd\r");
	assert_int_equal(editor_read(t.editor, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	assert_int_equal(editor_left(t.editor), 1);
	reads(&t, "d\n");
	assert_int_equal(editor_left(t.editor), 0);
	end(&t);
}

static void read_one(void *typist)
{
	struct typist *t = typist;
	char got[64];

	(void)editor_read(t->editor, got, sizeof(got));
}

static void a_prompt_comes_when_somebody_waits(void **state)
{
	struct support_thread reader;
	struct typist t;

	(void)state;
	begin(&t, NULL);
	editor_ask(t.editor);
	support_start(&reader, read_one, &t);
	shows(&t, "> ");
	sends(&t, "a\r");
	support_join(&reader);
	assert_int_equal(t.stands, 0);
	shows(&t, "a\r\n");
	end(&t);
}

static void at_a_stop_a_begun_line_is_a_line(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	t.stops = true;
	types(&t, "one\rtwo");
	poke(&t);
	reads(&t, "one\n");
	reads(&t, "two\n");
	reads(&t, "");
	assert_int_equal(t.woken, 1);
	end(&t);
}

static void only_what_waited_then_is_read(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	types(&t, "one\rtwo");
	editor_stop(t.editor, 5);
	reads(&t, "one\n");
	reads(&t, "t\n");
	reads(&t, "");
	assert_int_equal(waiting(t.slave), 2);
	end(&t);
}

static void what_was_taken_back_is_none(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	t.stops = t.takes_back = true;
	types(&t, "one\rtwo");
	poke(&t);
	reads(&t, "one\n");
	reads(&t, "");
	shows(&t, "two^C");
	end(&t);
}

static void after_an_abort_nothing_is_read(void **state)
{
	struct typist t;
	char got[8];

	(void)state;
	begin(&t, NULL);
	t.aborts = true;
	types(&t, "one\r");
	poke(&t);
	assert_int_equal(editor_read(t.editor, got, sizeof(got)), -ECANCELED);
	assert_int_equal(editor_read(t.editor, got, sizeof(got)), -ECANCELED);
	end(&t);
}

/* Control-S: it waits for room on the screen, and is woken there. */
static void a_screen_that_takes_nothing_keeps_nobody(void **state)
{
	struct support_thread reader;
	struct typist t;

	(void)state;
	begin(&t, NULL);
	t.stops = true;
	assert_int_equal(tcflow(t.slave, TCOOFF), 0);
	editor_ask(t.editor);
	types(&t, "begun");
	support_start(&reader, read_one, &t);
	assert_true(support_sleeps(&reader));
	assert_int_equal(waiting(t.slave), 0);
	poke(&t);
	support_join(&reader);
	assert_int_equal(t.woken, 1);
	reads(&t, "");
	assert_int_equal(tcflow(t.slave, TCOON), 0);
	end(&t);
}

static void pasted_lines_are_read_at_once(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	for (int i = 0; i < 20; i++)
		types(&t, "line\r");
	types(&t, "open");
	reads(&t, "line\n");
	assert_int_equal(waiting(t.slave), 0);
	assert_int_equal(editor_left(t.editor), 20);
	end(&t);
}

static void few_keys_are_left_to_who_comes_next(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, NULL);
	types(&t, "\4for others\r");
	reads(&t, "");
	editor_close(t.editor);
	t.editor = NULL;
	assert_int_equal(waiting(t.slave), 11);
	end(&t);
}

static void behind_the_end_what_was_read_is_not_lost(void **state)
{
	struct typist t;
	char keys[200];

	(void)state;
	begin(&t, NULL);
	(void)snprintf(keys, sizeof(keys), "one\r\4two\r%0100d", 7);
	types(&t, keys);
	reads(&t, "one\n");
	reads(&t, "two\n");
	assert_int_equal(editor_left(t.editor), 1);
	end(&t);
}

static void a_terminal_that_is_gone_ends_it(void **state)
{
	struct typist t;
	char got[8];
	ssize_t n;

	(void)state;
	begin(&t, NULL);
	types(&t, "begun");
	assert_int_equal(close(t.master), 0);
	n = editor_read(t.editor, got, sizeof(got));
	if (n == 6)
		n = editor_read(t.editor, got, sizeof(got));
	assert_true(n == 0 || n == -EIO);
	editor_close(t.editor);
	terminal_release(&t.terminal);
	prompt_close(&t.screen);
	(void)close(t.slave);
	(void)close(t.wake[0]);
	(void)close(t.wake[1]);
}

static void not_every_terminal_is_for_it(void **state)
{
	static const char *const terms[] = {"", "dumb", "emacs"};
	struct typist t;

	(void)state;
	for (size_t i = 0; i < COUNT(terms); i++) {
		(void)setenv("TERM", terms[i], 1);
		assert_false(editor_is_wanted());
	}
	(void)unsetenv("TERM");
	assert_false(editor_is_wanted());
	(void)setenv("TERM", "xterm", 1);
	assert_true(editor_is_wanted());
	assert_int_equal(open_for(&t, "no-such-terminal", NULL), -ENOTSUP);
	assert_null(t.editor);
	end(&t);
}

static void it_draws_anew(void **state)
{
	struct support_thread reader;
	struct typist t;

	(void)state;
	begin(&t, NULL);
	editor_ask(t.editor);
	types(&t, "ab");
	support_start(&reader, read_one, &t);
	shows(&t, "> ab");
	assert_true(support_sleeps(&reader));
	sends(&t, "\r");
	support_join(&reader);
	shows(&t, "\n");
	/* Between two lines there is nothing to draw. */
	editor_news(t.editor, TERMINAL_SIZE | TERMINAL_WRITTEN);
	editor_news(t.editor, TERMINAL_CONTINUED);
	types(&t, "c\r");
	reads(&t, "c\n");
	end(&t);
}

static void lines_are_kept_behind_each_other(void **state)
{
	struct typist t;

	(void)state;
	begin(&t, "past");
	types(&t, "one\r\rone\rt\xff\r");
	reads(&t, "one\n");
	reads(&t, "\n");
	support_file_is("past", BYTES("one\n"));
	reads(&t, "one\n");
	reads(&t, "t\xff\n");
	end(&t);
	assert_string_equal(t.told, "");
	support_file_is("past", BYTES("one\nt\xff\n"));
	begin(&t, "past");
	types(&t, "\20\20\r");
	reads(&t, "one\n");
	end(&t);
	support_file_is("past", BYTES("one\nt\xff\none\n"));
}

static void what_cannot_be_kept_is_told(void **state)
{
	struct typist t;

	(void)state;
	assert_int_equal(mkdir("past", 0700), 0);
	begin(&t, "past");
	assert_string_equal(t.told,
		"past: Is a directory; what is typed is not kept there");
	types(&t, "one\r\20\r");
	reads(&t, "one\n");
	reads(&t, "one\n");
	end(&t);
}

/* Where leaks are looked for: what libtinfo forgets is not ours. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libtinfo\n";
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(a_line_comes_when_it_is_complete),
		in_directory(a_line_is_handed_out_in_parts),
		in_directory(a_prompt_comes_when_somebody_waits),
		in_directory(at_a_stop_a_begun_line_is_a_line),
		in_directory(only_what_waited_then_is_read),
		in_directory(what_was_taken_back_is_none),
		in_directory(after_an_abort_nothing_is_read),
		in_directory(a_screen_that_takes_nothing_keeps_nobody),
		in_directory(pasted_lines_are_read_at_once),
		in_directory(few_keys_are_left_to_who_comes_next),
		in_directory(behind_the_end_what_was_read_is_not_lost),
		in_directory(a_terminal_that_is_gone_ends_it),
		in_directory(not_every_terminal_is_for_it),
		in_directory(it_draws_anew),
		in_directory(lines_are_kept_behind_each_other),
		in_directory(what_cannot_be_kept_is_told),
	};

	(void)signal(SIGHUP, SIG_IGN);
	(void)alarm(1200); /* a read without end must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
