/*
 * pipeline - three stages of threads between an input and an output
 *
 *	FILE...                                                 sink
 *	   |                                                      ^
 *	reader --(in)--> transformer xN --(out, by number)--> writer
 *	   ^                                                      |
 *	   +-----------------(free batches)<----------------------+
 *
 * The reader fills batches with whole lines, the transformers turn them to
 * upper case (and compress them), the writer appends them in the order in which
 * they were read. task_done is called for `in` once a batch is in `out`, and
 * for `out` once it is written: so join(in), then join(out) means that every
 * line that was read is written. That is the drain.
 *
 * Each stage has its own threads, but little work is not handed around: see
 * handover.h. Only who owns the output writes to it: see output.h. Members of
 * gzip input are decoded by threads of their own: see unpackers.h.
 *
 * How it ends
 *  - End of input, or pipeline_stop: the reader passes on what it has read, an
 *    unfinished last line included, drains, and the stages end one by one.
 *  - pipeline_abort, or a failed append: all queues abort, all threads end, and
 *    what was read but not written is counted. The first error wins.
 * Nothing in here prints, exits or handles signals.
 *
 * Threads: every function is for the thread that made the pipeline (the main
 * thread), and none waits for anything. The events are called from the
 * pipeline's threads, by several at once if it comes to that.
 */
#ifndef UPCASE_PIPELINE_PIPELINE_H
#define UPCASE_PIPELINE_PIPELINE_H

#include "io/fault.h"
#include "io/portion.h"
#include "io/share.h"
#include "io/sink.h"
#include "io/terminal.h"
#include "pipeline/rules.h"
#include "pipeline/stats.h"
#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the pipeline has to tell while it runs. A call may keep its thread for a
 * while, but must end by itself after pipeline_abort. */
struct pipeline_events {
	void *context;
	/* Something is wrong with an input (or the re-opened output): name is
	 * the file's. line and column, from 1, say where; 0: not known. The
	 * rest is processed. */
	void (*trouble)(void *context, const char *name, uint64_t line,
		uint64_t column, const char *text);
	/* Good to know. */
	void (*note)(void *context, const char *name, const char *text);
	/* Worth knowing: not all of an input is UTF-8. */
	void (*notice)(void *context, const char *name, const char *text);
};

struct targets;

/* Everything pointed to must live as long as the pipeline. */
struct pipeline_config {
	const char *const *inputs;  /* paths, "-" is standard input */
	size_t n_inputs;	    /* at least 1 */
	const struct text *text;    /* what is turned, and how */
	const struct text *decoded; /* the same for input that was decoded, with
				       another `invalid`; NULL: text */
	const char *encoding; /* of the inputs, as decode_init has it (NULL:
				 DECODE_NONE) */
	bool bytes;	      /* it is not told what is not UTF-8, but for what
				 could not be decoded: that is not kept */
	struct sink *sink;
	struct targets *targets; /* outputs that take the place of a file, which
				    the sink (sink_init_apart) then is one after
				    the other; NULL: none */
	const struct share *share; /* of the inputs, all of them regular files,
				      only that is read; NULL: all */
	enum portion_unit unit;	   /* at which it is cut */
	int keep_level;	 /* with these: gzip that is replaced is packed again at
			    this level; 0: none is */
	bool append;	 /* the output is lines: the last one ends, too */
	bool unbuffered; /* plain output: a line's beginning does not wait for
			    its end */
	size_t batch_size;    /* bytes of text in a batch; a packing may take
				 some less */
	unsigned jobs;	      /* transformer threads, at least 1 */
	unsigned unpack_jobs; /* threads that decode gzip members of input, 0:
				 none */
	unsigned depth;	      /* batches that may wait in a queue, at least 1 */
	int level;	      /* of the sink's packing, 0: plain */
	bool verify; /* ... whose members are decoded again, and compared */
	int64_t flush_interval; /* nanoseconds that lines may be gathered into
				   one gzip member */
	bool detect_gzip;	/* in the inputs */
	bool sandbox; /* nothing is opened when the last input is: the threads
			 give up the right to it (io/sandbox.h) */
	bool interactive; /* standard input is typed lines, by somebody who
			     sees what becomes of each */
	const char *prompt;
	const char *history; /* file that keeps the lines; NULL: none */
	/* As events: the cursor stands behind a prompt from now on, or does not
	 * any more. NULL: nobody wants to know. */
	void (*stands)(void *context, bool stands);
	int nudge_signal; /* for pipeline_nudge, handled without SA_RESTART by a
			     function that does nothing; 0: none */
	struct rules rules; /* all RULE_AUTO unless one is looked into */
	struct pipeline_events events;
};

struct pipeline;

/* Makes a pipeline with its first batches; no thread yet. Returns 0, -ENOMEM or
 * another negative errno. */
int pipeline_new(struct pipeline **p, const struct pipeline_config *config);

/* Starts the reader, which waits for pipeline_begin: so who makes things that
 * should not be there without a pipeline has a moment for it. It inherits the
 * caller's signal mask, as all threads that it starts. Returns 0 or a negative
 * errno; then none runs. */
int pipeline_start(struct pipeline *p);

/* Lets the reader begin; the sink has to be open. It starts the other threads
 * once there is enough for them to do; where the system has no more threads it
 * goes on with those there are, if need be alone. */
void pipeline_begin(struct pipeline *p);

/* A descriptor that becomes readable when a thread has ended. */
int pipeline_event_fd(const struct pipeline *p);

/* How many threads still run that are waited for. To be called when the event
 * descriptor is readable; makes it unreadable until the next one ends. */
unsigned pipeline_running(struct pipeline *p);

/* No more input is read; what was read is drained. Does not block. */
void pipeline_stop(struct pipeline *p);

/* Whoever types has taken back the line that he has begun. Before
 * pipeline_stop. */
void pipeline_take_back(struct pipeline *p);

/* The terminal that lines are typed at has news: the prompt, and the line that
 * was begun, come again where they have to. Does not block. */
void pipeline_tell_terminal(struct pipeline *p, enum terminal_news news);

/* Whether the process should be stopped until it is in the foreground of that
 * terminal: true once, with pipeline_event_fd readable before. Whoever does it
 * then tells TERMINAL_CONTINUED, or TERMINAL_ALONE if it was not stopped. */
bool pipeline_is_in_background(struct pipeline *p);

/* The terminal is as it was before lines were edited there, until there is news
 * that it is to be used again. Does not block. */
void pipeline_give_back_terminal(struct pipeline *p);

/* Every thread ends as soon as it can be woken; nothing more is written but
 * what somebody is at. Does not block. */
void pipeline_abort(struct pipeline *p);

enum pipeline_late {
	PIPELINE_ALL_KNOW, /* every thread has noticed what it is asked for */
	PIPELINE_NOT_ALL,  /* one has not yet, but sits nowhere */
	PIPELINE_NUDGED,   /* one may sit in a system call, and was nudged */
};

/* After pipeline_stop or pipeline_abort: whether a thread has not noticed yet.
 * Then it may be stuck in a system call that it was not meant to block in; it
 * gets the signal that makes it look. To be called again and again, with
 * pauses, because the signal may come just before the call. Does not block. */
enum pipeline_late pipeline_nudge(struct pipeline *p);

/* After pipeline_stop or an abort: a reader that still sits in a read, in spite
 * of nudges, is left there. What it has read is taken over and drained by
 * another thread. Does nothing when the reader has come back. Returns 0, or a
 * negative errno when there can be no such thread: then everything is aborted,
 * and the reader is not to be waited for. Does not block.
 */
int pipeline_leave_reader(struct pipeline *p);

/* The wish to have the output opened anew by its name, between two batches: it
 * is left for the thread that owns the output, or will next. Does not block. */
void pipeline_reopen(struct pipeline *p);

/* The figures so far. */
void pipeline_stats(struct pipeline *p, struct pipeline_stats *stats);

/* How far the input is. */
void pipeline_course(struct pipeline *p, struct pipeline_course *course);

/* How it went. */
struct pipeline_outcome {
	int error;	     /* of the output: 0 or a negative errno */
	struct fault fault;  /* that in words */
	struct fault remark; /* words to be put behind the reason, whatever it
				was: " (...)"; or "" */
	bool input_trouble;  /* trouble was told about some input */
	uint64_t lines_lost; /* read but not written */
	uint64_t undecoded;  /* bytes that were lost before it could be said how
				many lines they are (input_undecoded) */
	size_t batches_away; /* batches that did not come home: 0 unless it
				failed or was aborted */
	bool left;	     /* threads run that nobody waits for any more */
};

/* Gives the terminal back for good, and joins the threads that have ended.
 * Those that still run, which is so only when the caller gives up on them after
 * pipeline_abort, are left behind; the pipeline and everything in its config
 * must then stay until the process ends. Returns what happened. */
struct pipeline_outcome pipeline_finish(struct pipeline *p);

/* Frees a pipeline without running threads but a reader that was started and
 * never let begin. */
void pipeline_free(struct pipeline *p);

#endif
