/*
 * output - where converted batches go, and who may touch it
 *
 * What it is for: one object holds the sink and all that is known of what was
 * written: the place in the current FILE, the FILE that is dropped behind a bad
 * sequence, how much is written, whether it is to be opened anew. Several
 * threads write to it at different times: the writer, the reader when it has a
 * lone line, who drains at the end.
 *
 * Invariants
 *  - Only the owner touches it. Owning is output_try_own or output_own; each
 *    call that needs it looks, and ends the program when it is not so.
 *  - Batches that go through the queues are written in their order, and who
 *    writes past the queues says how many of them come first: try_own fails
 *    while they are not written.
 *  - A wish to open anew is served by the owner: before a batch, or when it
 *    disowns, whatever comes first after the wish; where nothing is under way,
 *    by who reads, when it has been woken. So no batch goes to the old file
 *    later than the one under way, and who wishes never waits.
 *  - Where FILEs are kept apart, a line that one of them leaves open is ended
 *    when text of another one comes, and not before: none may come.
 *  - What happens to a FILE happens in order: output_begin, pieces, output_end,
 *    be it empty or unreadable. A piece may hold several. Those that a stop
 * left unopened have neither.
 *
 * Threads: as said at each function. The main thread never owns it.
 */
#ifndef UPCASE_PIPELINE_OUTPUT_H
#define UPCASE_PIPELINE_OUTPUT_H

#include "io/sink.h"
#include "pipeline/batch.h"
#include "pipeline/control.h"
#include "pipeline/fate.h"
#include "pipeline/follow.h"
#include "pipeline/ledger.h"
#include "pipeline/patience.h"
#include "pipeline/place.h"
#include "pipeline/targets.h"
#include "text/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define OUTPUT_NO_INPUT SIZE_MAX /* as the number of a FILE */

/* A newline as the output has it: packed, if it is. */
struct output_newline {
	unsigned char bytes[128];
	struct packed packed;
};

struct output_config {
	struct sink *sink;
	const char *const *inputs; /* the FILEs' names */
	const struct text *text;
	const struct text *decoded;		     /* for what was decoded */
	const struct packing *packings[BATCH_FORMS]; /* of the batches of each
							form; NULL: plain */
	struct targets *targets; /* files that the sink is one after the other;
				    NULL: it is what it is */
	bool apart;  /* one FILE's open line is ended before another's text */
	bool prompt; /* somebody types, and sees what becomes of each line */
	bool bytes;  /* as in struct pipeline_config */
	struct output_newline newline;
	struct control *control;
	struct ledger *ledger;
};

struct output {
	struct output_config config; /* set once by init */
	pthread_mutex_t lock;	     /* guards the next four */
	pthread_cond_t disowned;
	bool owned;
	bool patient;		 /* if `owned`: it may wait */
	pthread_t owner;	 /* likewise */
	atomic_bool reopen;	 /* wished for, not served yet */
	atomic_size_t bad_input; /* FILE in which a bad sequence was met: its
				    rest need not be read */

	/* The owner's. */
	struct follow follow;
	struct patience patience;
	uint64_t written;	   /* batches from the queues */
	struct packer_tally tally; /* where all is one piece: of what is in it
				    */
	const struct packing *packing; /* of what is written now; NULL: plain */
	bool wrong;	  /* something of the FILE was told to be wrong */
	struct fate fate; /* what becomes of it */
	struct place at;  /* in which FILE */
	size_t open; /* where FILEs are kept apart: the one whose last line has
			no newline in the output */
	uint64_t open_lines; /* in lines_out, of a record of which more comes */
	size_t newline_done; /* bytes of its newline that are in the output */
	size_t ended, ended_bad;     /* FILEs, for tests */
	const struct batch *writing; /* NULL: no append is under way */
	bool finished;
};

/* Returns 0 or a negative errno; then there is nothing to release. The sink
 * stays the caller's, who must not touch it before output_release. */
int output_init(struct output *o, const struct output_config *config);
void output_release(struct output *o);

/* Becomes the owner if nobody is, `written` batches have gone through the
 * queues, all of which are written, nothing was aborted or wished for, and an
 * append of about `len` bytes would not have to wait for anybody (another
 * process's lock, a full pipe). Any thread of the pipeline. Does not wait. Such
 * an owner serves no wish that comes meanwhile: that may have to wait. */
bool output_try_own(struct output *o, uint64_t written, size_t len);

/* Becomes the owner. Blocks while somebody else is. */
void output_own(struct output *o);

/* Is the owner no more, after a wish to open anew was served by who owned it by
 * output_own. May block for that. */
void output_disown(struct output *o);

/* Whether output_try_own could succeed as far as owner, batches and abort are
 * concerned. Any thread; does not block. */
bool output_is_idle(struct output *o, uint64_t written);

/* Appends a batch that was converted, or drops it when it is behind a bad
 * sequence; tells the FILEs in it. The owner's. May block. Returns 0; -EAGAIN
 * if there is no room, which is to be waited for, and the owner may not: then
 * the batch is to be written before any other, by somebody else; or another
 * negative errno, when all is aborted. */
int output_write(struct output *o, struct batch *b);

/* The three steps of which output_write is made; a FILE without text has no
 * pieces. The owner's; output_piece may block, and returns as output_write. */
void output_begin(struct output *o, size_t input);
int output_piece(struct output *o, struct batch *b);
void output_end(struct output *o, size_t input, bool good);

/* Where FILEs are kept apart, before anything is written: what was written
 * before, elsewhere, has left a line of this FILE open. The owner's. */
void output_set_open(struct output *o, size_t input);

/* All was written: syncs and closes. The owner's; only the first call counts.
 * May block. An error goes to the ledger. */
void output_finish(struct output *o);

/* No thread is left, and all wishes were left: tells what of the output is not
 * where its name is. Called once, by the main thread. */
void output_settle(struct output *o);

/* Whether what is written now may end torn, should nobody wait for it. Any
 * thread; does not block. */
bool output_is_at_risk(const struct output *o);

/* It was given up: a record that was begun is cut off again. The owner's; does
 * nothing when it is finished. May block. */
void output_abandon(struct output *o);

/* The wish to open the output anew by its name. Any thread; does not block. */
void output_wish_reopen(struct output *o);

/* Whether it is wished for and not served yet. Who writes a batch next, by
 * output_own, serves it. Any thread; does not block. */
bool output_is_wished(const struct output *o);

/* *st is what is read from now on, until output_drop_input: the output will not
 * be opened anew as that. Returns false if it is what is written to, and then
 * is not to be read. Any thread; does not block. */
bool output_take_input(struct output *o, const struct stat *st);
void output_drop_input(struct output *o);

/* The FILE in which a bad sequence was met last. Any thread. */
size_t output_bad_input(const struct output *o);

/* Nanoseconds waited for a pipe or terminal. The owner's. */
int64_t output_waited(struct output *o);

#endif
