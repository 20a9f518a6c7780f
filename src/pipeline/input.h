/*
 * input - the FILEs, one after the other, and lines that a person types
 *
 * What it is for: hand out the text of a FILE as io/decode does; that of
 * typed lines with the white space around them gone, and with a prompt before
 * each where a person sits at a terminal.
 *
 * Life: input_init; for each FILE input_open, input_read until it returns no
 * more, input_close; at the end input_release. Used by one thread at a time.
 */
#ifndef UPCASE_PIPELINE_INPUT_H
#define UPCASE_PIPELINE_INPUT_H

#include "io/ahead.h"
#include "io/decode.h"
#include "io/editor.h"
#include "io/fault.h"
#include "io/portion.h"
#include "io/prompt.h"
#include "io/source.h"
#include "io/strip.h"
#include "io/terminal.h"
#include "pipeline/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Bytes of typed input per read. A terminal hands out at most this much. */
#define INPUT_TYPED_READ 4096

struct input_config {
	bool detect;	      /* gzip, by content */
	const char *encoding; /* as decode_init has it; NULL: DECODE_NONE */
	bool interactive;     /* standard input is typed lines */
	const char *prompt;   /* shown before each */
	const char *history;  /* file that keeps them; NULL: none */
	struct terminal *terminal; /* who has that; NULL: nobody edits */
	int wake; /* ends a wait, for input or for the terminal to
		     take the prompt, when readable */
	const struct ahead_help *help; /* may be NULL */
	struct relief *relief;
	/* Looks what is new, when wake became readable while somebody edits a
	 * line: calls input_stop and input_news. Returns false after an abort.
	 */
	bool (*woken)(void *context);
	/* The terminal is another's, and whoever stops the process until it is
	 * not has to know (terminal_want was called). */
	void (*background)(void *context);
	/* A prompt stands on the screen from now on, or does not. */
	void (*stands)(void *context, bool stands);
	/* Something is not as it was asked for. */
	void (*tell)(void *context, const char *name, const char *text);
	void *context;
};

/* What is typed, between the source and who reads. */
struct input_typed {
	bool on;	/* this FILE is typed lines */
	bool prompting; /* ... at a terminal */
	bool prompted;	/* a prompt was shown and no line has come since */
	bool ended;	/* the input behind it has */
	bool awaiting;	/* until the terminal is ours */
	bool alone;	/* ... which it will never be */
	struct prompt prompt;
	struct editor *editor; /* NULL: the terminal does it */
	struct strip strip;
	unsigned char raw[INPUT_TYPED_READ];
	unsigned char text[STRIP_BOUND(INPUT_TYPED_READ)]; /* stripped */
	size_t at, len; /* text[at..len) is to be handed out */
	size_t edited;	/* lines that the editor had when it was closed */
};

struct input {
	struct input_config config; /* set once by init */
	struct source source;
	struct decode decode;
	struct input_typed typed;
	bool part;		/* of this FILE only some is read: */
	struct portion portion; /* what is left of that */
};

/* Returns 0 or what decode_init does; then there is nothing to release. */
int input_init(struct input *in, const struct input_config *config);
void input_release(struct input *in);

/* Opens a FILE, "-" is standard input, and fills *st. As source_open, also
 * about `wait` and where it blocks. */
int input_open(struct input *in, const char *path, bool wait, struct stat *st);

/* The FILE that was just opened is read in part. Returns 0 or a negative errno.
 */
int input_read_part(struct input *in, const struct portion *portion);

/* Also takes the prompt back, if one stands there unanswered. As source_close.
 */
int input_close(struct input *in);

/* What messages call the FILE. Good as long as its path. */
const char *input_name(const struct input *in);

bool input_is_typed(const struct input *in);
bool input_has_prompt(const struct input *in);

/* Whether input can be waited for: not so for a regular file. */
bool input_may_wait(const struct input *in);

/* Whether it is known what the FILE is, and whatever that needs is there. */
bool input_is_known(const struct input *in);

/* Whether it is decoded, as far as that is known: what of its text is not UTF-8
 * is what could not be. */
bool input_is_decoded(const struct input *in);

/* What the FILE is, of which text has come, if it is to be written as that.
 * Returns 0, or -ENOTSUP with *fault filled when it cannot be. */
int input_form(
	const struct input *in, enum batch_form *form, struct fault *fault);

/* Whether a prompt is due before the next read, and to show it: everything that
 * was typed before should have been dealt with. May block while the terminal
 * takes nothing, until `wake` is readable; then it is still due. */
bool input_wants_prompt(const struct input *in);
void input_show_prompt(struct input *in);

/* Looks whether the terminal has news: the prompt, and the line that was begun,
 * come again if they have to. After `woken`, or when a read was woken. */
void input_news(struct input *in);

/* As source_read, also about -EOWNERDEAD; -EINTR when nothing of what came is
 * text, and the next call may have more. */
ssize_t input_read(struct input *in, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault);

/* Text that was read and not handed out yet, as far as it is text already; also
 * behind input_close. NULL and *len 0 when there is none. */
const unsigned char *input_left(const struct input *in, size_t *len);

/* Bytes that were read, cannot be read again and are no text yet: of what is
 * packed, or in another encoding. Also behind input_close. */
size_t input_undecoded(const struct input *in);

/* How many lines somebody has edited that are not in what input_left says. */
size_t input_lines_edited(const struct input *in);

/* Whoever types took back what he has begun. Before input_stop. */
void input_take_back(struct input *in);

/* What a decoder holds of it, as source_take_held; *text: is text. */
size_t input_take_held(struct input *in, void *buf, size_t len, bool *text);

/* As source_stop and source_relieve. */
void input_stop(struct input *in);
int input_relieve(struct input *in);

/* Bytes of this FILE that were taken, as they are in it; packed ones may be
 * ahead of what is handed out. And how many it has: -1 where that is not known,
 * of a pipe, say; *st is what input_open filled. */
uint64_t input_taken(const struct input *in);
off_t input_size(const struct input *in, const struct stat *st);

/* Nanoseconds waited for this FILE's other side. */
int64_t input_waited(const struct input *in);

#endif
