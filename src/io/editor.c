#include "config.h"

#include "io/editor.h"

#include "codec/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool editor_is_wanted(void)
{
	static const char *const others[] = {"", "dumb", "emacs"};
	const char *term = getenv("TERM");

	if (!term)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(term, others[i]) == 0)
			return false;
	return true;
}

#ifdef HAVE_LIBEDIT

#include "io/clock.h"
#include "io/history.h"
#include "io/wide.h"

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SONAME "libedit.so.2"

LIBRARY_NOTE_OF(libedit,
	"[{\"feature\":\"editing\",\"description\":\"Edits typed lines\","
	"\"priority\":\"recommended\",\"soname\":[\"" SONAME "\"]}]");

/* So many bytes that wait were pasted: they are read at once. Fewer are read
 * one by one, so that what is typed behind the end of input is left to who
 * reads there next. */
#define PASTED 64

#define RAW_SIZE    4096
#define SCREEN_SIZE 8192

struct functions {
	LIBRARY_POINTER(el_init_fd);
	LIBRARY_POINTER(el_end);
	LIBRARY_POINTER(el_set);
	LIBRARY_POINTER(el_get);
	LIBRARY_POINTER(el_wset);
	LIBRARY_POINTER(el_wgets);
	LIBRARY_POINTER(el_wline);
	LIBRARY_POINTER(el_resize);
	LIBRARY_POINTER(el_source);
	LIBRARY_POINTER(history_winit);
	LIBRARY_POINTER(history_wend);
	LIBRARY_POINTER(history_w);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, el_init_fd),
	LIBRARY_FUNCTION(functions, el_end),
	LIBRARY_FUNCTION(functions, el_set),
	LIBRARY_FUNCTION(functions, el_get),
	LIBRARY_FUNCTION(functions, el_wset),
	LIBRARY_FUNCTION(functions, el_wgets),
	LIBRARY_FUNCTION(functions, el_wline),
	LIBRARY_FUNCTION(functions, el_resize),
	LIBRARY_FUNCTION(functions, el_source),
	LIBRARY_FUNCTION(functions, history_winit),
	LIBRARY_FUNCTION(functions, history_wend),
	LIBRARY_FUNCTION(functions, history_w),
};

struct editor {
	struct editor_config config; /* set once by editor_open */
	struct functions f;
	locale_t locale;
	int fd; /* the terminal: ours alone */
	FILE *stream;
	EditLine *el;
	HistoryW *past;
	wchar_t *prompt;

	bool due;   /* a prompt, as soon as somebody waits */
	bool shown; /* it stands before the line */

	/* What was read and is not in libedit yet: raw[at..len). */
	unsigned char raw[RAW_SIZE];
	size_t at, len;
	bool ended;	/* nothing more is read ... */
	int error;	/* ... because of that, a negative errno; or 0 */
	bool exhausted; /* libedit asked for more and got none */
	bool stopped, taken_back, over;
	bool dead;	/* libedit does not ask: the terminal is gone */
	size_t asked;	/* characters that libedit got */
	size_t granted; /* bytes that are still read after a stop */

	/* What libedit wrote and the terminal has not yet. */
	char screen[SCREEN_SIZE];
	size_t screen_len;
	bool mute; /* it does not get any more */

	/* A line that is complete: line[line_at..line_len) is to be handed
	 * out. */
	unsigned char *line;
	size_t line_at, line_len;
	bool unkept; /* the file has not got it */
	bool keeps;  /* there is such a file */
};

static int load(void **library, struct functions *f)
{
	return library_load(
		library, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]), f);
}

/* Whose functions libedit calls back: the editor that this thread is in.
 * libedit keeps a pointer for them, but has it told by a function, which only
 * the editor knows. */
static _Thread_local struct editor *current;

/* Where a thread was before it went into libedit: an editor may call back what
 * goes there again. */
struct place {
	locale_t locale;
	struct editor *editor;
};

/* Into libedit, with its characters. */
static struct place enter(struct editor *e)
{
	struct place old = {uselocale(e->locale), current};

	current = e;
	return old;
}

static void leave(struct place old)
{
	(void)uselocale(old.locale);
	current = old.editor;
}

/* --- the screen ----------------------------------------------------------- */

/* Somebody poked while the editor waited. Returns whether to go on. */
static bool look(struct editor *e)
{
	if (!e->over && !e->config.woken(e->config.context))
		e->over = true;
	return !e->over;
}

/* Writes what there is. A terminal that takes nothing is not waited for after a
 * stop. */
static void flush_screen(struct editor *e)
{
	size_t at = 0, n;

	while (at < e->screen_len && !e->mute) {
		struct iovec iov = {e->screen + at, e->screen_len - at};
		int err;

		if (e->stopped && !fdio_has_room(e->config.screen, 1)) {
			e->mute = true;
			break;
		}
		err = fdio_writev(
			e->config.screen, &iov, 1, e->config.wake, &n);
		at += n;
		if (err && (err != -ECANCELED || !look(e)))
			e->mute = true;
	}
	e->screen_len = 0;
}

static ssize_t write_screen(void *editor, const char *text, size_t len)
{
	struct editor *e = editor;
	size_t n = 0;

	while (n < len && !e->mute) {
		size_t room = SCREEN_SIZE - e->screen_len;

		if (room == 0) {
			flush_screen(e);
			continue;
		}
		if (room > len - n)
			room = len - n;
		memcpy(e->screen + e->screen_len, text + n, room);
		e->screen_len += room;
		n += room;
	}
	return (ssize_t)len;
}

static void put(struct editor *e, const char *text)
{
	(void)fputs(text, e->stream);
	(void)fflush(e->stream);
}

/* Draws the line anew; what stands in its row, or below, goes. */
static void draw_over(struct editor *e)
{
	char *clear = NULL;

	put(e, "\r");
	if (e->f.el_get(e->el, EL_GETTC, "cd", &clear, (void *)NULL) == 0 &&
		clear && !strchr(clear, '$'))
		put(e, clear);
	(void)e->f.el_set(e->el, EL_REFRESH);
}

/* libedit asks for it each time that it draws. */
static wchar_t *prompt_of(EditLine *el)
{
	static wchar_t none[] = L"";

	(void)el;
	return current->shown ? current->prompt : none;
}

/* --- what is typed -------------------------------------------------------- */

/* Nobody types ahead: shows the prompt, if it is due. */
static void show_prompt(struct editor *e)
{
	const LineInfoW *begun;

	if (!e->due || e->shown || e->stopped)
		return;
	e->shown = true;
	e->config.stands(e->config.context, true);
	begun = e->f.el_wline(e->el);
	if (begun->lastchar > begun->buffer)
		draw_over(e);
	else
		(void)e->f.el_set(e->el, EL_REFRESH);
}

/* How many bytes may be read now, without waiting for others. */
static size_t may_read(const struct editor *e)
{
	size_t room = RAW_SIZE - e->len;
	int waiting = 0;

	if (e->stopped)
		return e->granted < room ? e->granted : room;
	if (ioctl(e->fd, FIONREAD, &waiting) < 0 || waiting < PASTED)
		return 1;
	return room;
}

/* The terminal may be somebody else's, and changed by him: what it is now is
 * what it will be given back as. Returns whether it is ours. */
static bool take_again(struct editor *e)
{
	if (!e->config.await(e->config.context))
		return false;
	(void)e->f.el_set(e->el, EL_PREP_TERM, 0);
	terminal_give_back(e->config.terminal);
	if (terminal_take(e->config.terminal, e->fd) == 0)
		(void)e->f.el_set(e->el, EL_PREP_TERM, 1);
	return true;
}

/* Draws the line anew, if the terminal is ours. Returns whether it is. */
static bool see_news(struct editor *e, int news)
{
	if ((news & TERMINAL_CONTINUED) && !take_again(e))
		return false;
	e->f.el_resize(e->el);
	if (e->shown) {
		e->config.stands(e->config.context, true);
		draw_over(e);
		flush_screen(e);
	}
	return true;
}

/* One read, when there is something. */
static void read_some(struct editor *e)
{
	ssize_t n = read(e->fd, e->raw + e->len, may_read(e));
	int err = n < 0 ? -errno : 0;

	if (n > 0) {
		e->len += (size_t)n;
		e->granted -= (size_t)n < e->granted ? (size_t)n : e->granted;
	} else if (err == -EIO && !terminal_is_ours(e->fd) &&
		   (see_news(e, TERMINAL_CONTINUED) || e->stopped)) {
		/* It had gone to the background. */
		return;
	} else if (err != -EINTR && err != -EAGAIN) {
		e->ended = true;
		e->error = err;
	}
}

/* Whether there is something to be read: waits for it, unless nothing is waited
 * for any more. */
static bool wait_for_more(struct editor *e)
{
	while (!e->ended && !e->over) {
		int err = fdio_wait(e->fd, POLLIN, e->config.wake, 0);

		if (!err && (!e->stopped || e->granted > 0))
			return true;
		if (e->stopped && err != -ECANCELED)
			return false;
		if (err == -EAGAIN) {
			show_prompt(e);
			flush_screen(e);
			/* Which may have been woken, too. */
			if (e->stopped || e->over)
				continue;
			err = fdio_wait(
				e->fd, POLLIN, e->config.wake, CLOCK_FOREVER);
		}
		if (err == -ECANCELED) {
			(void)look(e);
		} else if (err) {
			e->ended = true;
			e->error = err;
		}
	}
	return false;
}

/* libedit would make the terminal what it takes for right, though it is
 * another's by now, and throw away what was typed there: it finds another one,
 * which is none. Returns whether it does. */
static bool detach(struct editor *e)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool done = nothing >= 0 && dup2(nothing, e->fd) >= 0;

	e->mute = true;
	if (done)
		(void)fcntl(e->fd, F_SETFD, FD_CLOEXEC);
	if (nothing >= 0)
		(void)close(nothing);
	return done;
}

/* The next character, as libedit wants it: 1, or -1 when no more come. */
static int get_character(EditLine *el, wchar_t *c)
{
	struct editor *e = current;

	(void)el;
	for (;;) {
		size_t n = 0;
		bool more;

		if (e->at < e->len)
			n = wide_decode(
				e->raw + e->at, e->len - e->at, false, c);
		e->at += n;
		if (n > 0) {
			e->asked++;
			return 1;
		}
		/* At most the beginning of a character. */
		memmove(e->raw, e->raw + e->at, e->len - e->at);
		e->len -= e->at;
		e->at = 0;
		more = wait_for_more(e);
		if (more) {
			read_some(e);
		} else if (e->len > 0 && !e->over) {
			e->at = wide_decode(e->raw, e->len, true, c);
			return 1;
		} else {
			e->exhausted = true;
			if (!terminal_is_ours(e->fd))
				(void)detach(e);
			errno = ECANCELED;
			return -1;
		}
	}
}

/* --- lines ---------------------------------------------------------------- */

static void tell(struct editor *e, const struct fault *fault)
{
	struct fault told;

	fault_set(
		&told, "%.150s; what is typed is not kept there", fault->text);
	e->config.tell(e->config.context, e->config.history, told.text);
	e->keeps = false;
}

/* Puts the last line into the file, once it was handed out: should that hang,
 * the line does not. */
static void keep(struct editor *e)
{
	struct fault fault = {""};
	int err;

	if (!e->unkept || !e->keeps)
		return;
	e->unkept = false;
	err = history_add(e->config.history, e->line, e->line_len - 1, &fault);
	if (err)
		tell(e, &fault);
}

/* Whether the line has nothing but white space. */
static bool is_blank(const wchar_t *text, size_t n)
{
	while (n > 0 && (text[n - 1] == L' ' || text[n - 1] == L'\t'))
		n--;
	return n == 0;
}

/* Adds a line to those that can be brought back, unless it is the last one of
 * them. Returns whether it did. */
static bool remember(struct editor *e, const wchar_t *text)
{
	HistEventW event;

	if (e->f.history_w(e->past, &event, H_FIRST) == 0 &&
		wcscmp(event.str, text) == 0)
		return false;
	return e->f.history_w(e->past, &event, H_ENTER, text) >= 0;
}

/* Takes text[0..n) as a line that is to be handed out, with a newline. */
static int take_line(struct editor *e, const wchar_t *text, size_t n)
{
	unsigned char *line = realloc(e->line, n * WIDE_MOST + 1);
	wchar_t *own = calloc(n + 1, sizeof(*own));

	if (line)
		e->line = line;
	if (!line || !own) {
		free(own);
		return -ENOMEM;
	}
	wmemcpy(own, text, n);
	e->line_at = 0;
	e->line_len = wide_encode_all(text, n, e->line);
	e->line[e->line_len++] = '\n';
	e->unkept = !is_blank(own, n) && remember(e, own);
	free(own);
	return 0;
}

/* Where what was typed ends in the line that was begun: while history is
 * searched, libedit has the search behind it. */
static size_t end_of_begun(const wchar_t *text, size_t n)
{
	static const wchar_t *const searches[] = {L"\nbck", L"\nfwd"};

	for (size_t at = 0; at + 5 <= n; at++)
		for (size_t i = 0; i < 2; i++)
			if (wcsncmp(text + at, searches[i], 4) == 0 &&
				(text[at + 4] == L':' || text[at + 4] == L'?'))
				return at;
	return n;
}

/* No more comes, but a line was begun. */
static int take_begun(struct editor *e)
{
	const LineInfoW *begun = e->f.el_wline(e->el);
	size_t n = end_of_begun(
		begun->buffer, (size_t)(begun->lastchar - begun->buffer));

	if (e->taken_back) {
		put(e, "^C");
		return 0;
	}
	if (n == 0)
		return 0;
	put(e, "\n");
	e->shown = false;
	return take_line(e, begun->buffer, n);
}

/* Whoever typed this is gone with his terminal; what was read of it is lines,
 * as he typed them. */
static int take_read(struct editor *e)
{
	const unsigned char *text = e->raw + e->at;
	size_t len = e->len - e->at, n = 0;
	unsigned char *line = realloc(e->line, len + 1);

	if (!line)
		return -ENOMEM;
	e->line = line;
	while (n < len && text[n] != '\r' && text[n] != '\n')
		n++;
	e->at += n + (n < len);
	if (n == len && e->taken_back)
		return 0;
	memcpy(e->line, text, n);
	e->line[n] = '\n';
	e->line_len = n + 1;
	return 0;
}

/* The line is complete, or is not wanted. */
static int edit(struct editor *e)
{
	int n = 0;
	size_t asked = e->asked;
	const wchar_t *line;

	if (e->dead)
		return take_read(e);
	line = e->f.el_wgets(e->el, &n);
	if (e->over)
		return -ECANCELED;
	if (e->exhausted)
		return take_begun(e);
	if (!line || n <= 0) {
		/* What is behind that and was read already is a line, too. */
		e->ended = true;
		e->dead = e->asked == asked;
		return 0;
	}
	e->shown = false;
	return take_line(e, line, (size_t)n - (line[n - 1] == L'\n'));
}

static int get_line(struct editor *e)
{
	struct place old = enter(e);
	int err = 0;

	keep(e);
	e->line_at = e->line_len = 0;
	while (!err && e->line_len == 0 && !e->exhausted && !e->over &&
		!(e->ended && e->at == e->len))
		err = edit(e);
	if (!e->shown)
		e->config.stands(e->config.context, false);
	e->due = false;
	flush_screen(e);
	leave(old);
	return err;
}

ssize_t editor_read(struct editor *e, void *buf, size_t len)
{
	int err = 0;

	if (e->line_at == e->line_len)
		err = get_line(e);
	if (err || e->over)
		return err ? err : -ECANCELED;
	if (e->line_at == e->line_len)
		return e->error;
	if (len > e->line_len - e->line_at)
		len = e->line_len - e->line_at;
	memcpy(buf, e->line + e->line_at, len);
	e->line_at += len;
	return (ssize_t)len;
}

void editor_ask(struct editor *e)
{
	e->due = true;
}

void editor_stop(struct editor *e, size_t waiting)
{
	e->stopped = true;
	e->granted = waiting;
}

void editor_take_back(struct editor *e)
{
	e->taken_back = true;
}

void editor_news(struct editor *e, int news)
{
	struct place old = enter(e);

	(void)see_news(e, news);
	leave(old);
}

size_t editor_left(const struct editor *e)
{
	size_t lines = 0;
	bool open = false;

	for (size_t i = e->line_at; i < e->line_len; i++)
		lines += e->line[i] == '\n';
	for (size_t i = e->at; i < e->len; i++) {
		open = e->raw[i] != '\n' && e->raw[i] != '\r';
		lines += !open;
	}
	return lines + open;
}

/* --- life ----------------------------------------------------------------- */

/* What a library calls escape sequences: they have no width. A last one would
 * be forgotten by libedit, so the last character is shown behind it. */
#define NO_WIDTH L'\1'

static bool begins_escape(const wchar_t *text, size_t n)
{
	return n > 2 && text[0] == 0x1b && text[1] == L'[';
}

static size_t escape_length(const wchar_t *text, size_t n)
{
	size_t len = 2;

	while (len < n && !(text[len] >= 0x40 && text[len] <= 0x7e))
		len++;
	return len < n ? len + 1 : n;
}

/* The prompt with each escape sequence between two NO_WIDTH. */
static int make_prompt(struct editor *e)
{
	const char *bytes = e->config.prompt;
	size_t len = strlen(bytes), n, to = 0, last = SIZE_MAX;
	wchar_t *text = calloc(len + 1, sizeof(*text));

	e->prompt = calloc(3 * len + 1, sizeof(*text));
	if (!text || !e->prompt) {
		free(text);
		return -ENOMEM;
	}
	n = wide_decode_all((const unsigned char *)bytes, len, text);
	for (size_t i = 0; i < n;) {
		size_t escape = 1;

		if (begins_escape(text + i, n - i)) {
			escape = escape_length(text + i, n - i);
			e->prompt[to++] = NO_WIDTH;
			wmemcpy(e->prompt + to, text + i, escape);
			to += escape;
			e->prompt[to++] = NO_WIDTH;
		} else if (text[i] != NO_WIDTH) {
			last = to;
			e->prompt[to++] = text[i];
		}
		i += escape;
	}
	if (last < to) {
		wchar_t c = e->prompt[last];

		wmemmove(e->prompt + last, e->prompt + last + 1, to - last - 1);
		e->prompt[to - 1] = c;
	}
	free(text);
	return 0;
}

static locale_t make_locale(void)
{
	static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
	locale_t made = (locale_t)0;

	for (size_t i = 0; !made && i < sizeof(names) / sizeof(names[0]); i++)
		made = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
	return made;
}

/* Keys that libedit leaves alone, but people do not. ~/.editrc comes later. */
static void bind_keys(struct editor *e)
{
	static const char *const keys[][2] = {
		{"\t", "ed-insert"},
		{"^R", "em-inc-search-prev"},
		{"^W", "ed-delete-prev-word"},
		{"\\e[A", "ed-prev-history"},
		{"\\e[B", "ed-next-history"},
		{"\\e[C", "ed-next-char"},
		{"\\e[D", "ed-prev-char"},
		{"\\eOA", "ed-prev-history"},
		{"\\eOB", "ed-next-history"},
		{"\\eOC", "ed-next-char"},
		{"\\eOD", "ed-prev-char"},
		{"\\e[H", "ed-move-to-beg"},
		{"\\e[F", "ed-move-to-end"},
		{"\\eOH", "ed-move-to-beg"},
		{"\\eOF", "ed-move-to-end"},
		{"\\e[1~", "ed-move-to-beg"},
		{"\\e[4~", "ed-move-to-end"},
		{"\\e[7~", "ed-move-to-beg"},
		{"\\e[8~", "ed-move-to-end"},
		{"\\e[3~", "ed-delete-next-char"},
		{"\\e[1;5C", "em-next-word"},
		{"\\e[1;5D", "ed-prev-word"},
		{"\\e[1;3C", "em-next-word"},
		{"\\e[1;3D", "ed-prev-word"},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)e->f.el_set(
			e->el, EL_BIND, keys[i][0], keys[i][1], (void *)NULL);
}

/* Whether the terminal can be edited at, and the user wants it. */
static bool can_edit(struct editor *e)
{
	char *up = NULL, *clear = NULL;
	int on = 0;

	return e->f.el_get(e->el, EL_GETTC, "up", &up, (void *)NULL) == 0 &&
	       e->f.el_get(e->el, EL_GETTC, "ce", &clear, (void *)NULL) == 0 &&
	       up && up[0] && clear && clear[0] &&
	       e->f.el_get(e->el, EL_EDITMODE, &on) == 0 && on;
}

static void enter_kept(void *editor, const unsigned char *text, size_t len)
{
	struct editor *e = editor;
	wchar_t *line = calloc(len + 1, sizeof(*line));

	if (!line)
		return;
	(void)wide_decode_all(text, len, line);
	(void)remember(e, line);
	free(line);
}

static int make_past(struct editor *e)
{
	HistEventW event;
	struct fault fault = {""};

	e->past = e->f.history_winit();
	if (!e->past)
		return -ENOMEM;
	(void)e->f.history_w(e->past, &event, H_SETSIZE, HISTORY_MOST);
	(void)e->f.el_wset(e->el, EL_HIST, e->f.history_w, e->past);
	e->keeps = e->config.history;
	if (e->keeps &&
		history_read(e->config.history, enter_kept, e, &fault) != 0)
		tell(e, &fault);
	return 0;
}

/* libedit as it is to be: what it takes for the terminal as it was is raw, too,
 * so that it stays so between two lines. */
static int set_up(struct editor *e)
{
	e->el = e->f.el_init_fd("upcase-pipe", e->stream, e->stream, e->stream,
		e->fd, e->fd, e->fd);
	if (!e->el)
		return -ENOMEM;
	(void)e->f.el_set(e->el, EL_SIGNAL, 0);
	(void)e->f.el_set(e->el, EL_EDITOR, "emacs");
	bind_keys(e);
	(void)e->f.el_source(e->el, NULL);
	(void)e->f.el_set(
		e->el, EL_SETTY, "-x", "-icanon", "-echo", (void *)NULL);
	(void)e->f.el_wset(e->el, EL_GETCFN, get_character);
	(void)e->f.el_wset(e->el, EL_PROMPT_ESC, prompt_of, NO_WIDTH);
	return can_edit(e) ? make_past(e) : -ENOTSUP;
}

static int open_stream(struct editor *e)
{
	cookie_io_functions_t functions = {.write = write_screen};

	e->stream = fopencookie(e, "w", functions);
	return e->stream ? 0 : -ENOMEM;
}

/* What it needs beside the terminal. */
static int make(struct editor *e)
{
	void *library;
	int err = load(&library, &e->f);

	/* It stays: memory of the libraries behind it is theirs. */
	if (err)
		return err;
	e->locale = make_locale();
	if (!e->locale)
		return -ENOTSUP;
	err = make_prompt(e);
	if (!err)
		err = open_stream(e);
	if (err)
		return err;
	e->fd = fcntl(e->config.in, F_DUPFD_CLOEXEC, 3);
	return e->fd < 0 ? -errno : 0;
}

int editor_open(struct editor **result, const struct editor_config *config)
{
	struct editor *e = calloc(1, sizeof(*e));
	struct place old;
	int err;

	if (!e)
		return -ENOMEM;
	e->config = *config;
	e->fd = -1;
	/* What libedit has to say about the terminal nobody wants to know. */
	e->mute = true;
	err = make(e);
	if (!err)
		err = terminal_take(config->terminal, e->fd);
	if (!err) {
		old = enter(e);
		err = set_up(e);
		leave(old);
	}
	if (err) {
		editor_close(e);
		return err;
	}
	e->mute = false;
	*result = e;
	return 0;
}

static void end_libedit(struct editor *e)
{
	struct place old = enter(e);

	if (detach(e))
		e->f.el_end(e->el);
	leave(old);
}

void editor_close(struct editor *e)
{
	if (!e)
		return;
	terminal_give_back(e->config.terminal);
	if (e->el)
		keep(e);
	if (e->el)
		end_libedit(e);
	if (e->past)
		e->f.history_wend(e->past);
	if (e->stream)
		(void)fclose(e->stream);
	if (e->fd >= 0)
		(void)close(e->fd);
	if (e->locale)
		freelocale(e->locale);
	free(e->prompt);
	free(e->line);
	free(e);
}

void editor_library(char *text, size_t size)
{
	library_tell(
		text, size, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

#else

/* There is none. */
struct editor {
	int nothing;
};

int editor_open(struct editor **e, const struct editor_config *config)
{
	(void)e;
	(void)config;
	return -ENOTSUP;
}

void editor_close(struct editor *e)
{
	(void)e;
}

void editor_ask(struct editor *e)
{
	(void)e;
}

ssize_t editor_read(struct editor *e, void *buf, size_t len)
{
	(void)e;
	(void)buf;
	(void)len;
	return 0;
}

void editor_stop(struct editor *e, size_t waiting)
{
	(void)e;
	(void)waiting;
}

void editor_take_back(struct editor *e)
{
	(void)e;
}

void editor_news(struct editor *e, int news)
{
	(void)e;
	(void)news;
}

size_t editor_left(const struct editor *e)
{
	(void)e;
	return 0;
}

void editor_library(char *text, size_t size)
{
	(void)snprintf(text, size, "not built in");
}

#endif
