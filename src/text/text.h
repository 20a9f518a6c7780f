/*
 * text - what of a text is turned to upper case, and where a record of it ends
 *
 *	cutter:    scan, in order ----> a state at each cut
 *	                                       |
 *	converter: convert, in parallel <------+
 *
 * What it is for: a way to choose (all of it, some lines, some columns) is one
 * file and one line in kinds.h. It says two things. `scan` goes over the bytes
 * in order, and says where the last record ends and what has to be known about
 * the bytes before to go on there: that is the state, and it is small, since it
 * travels with each batch. `convert` then turns pieces in any order, each with
 * the state at its beginning.
 *
 * Invariants
 *  - Upper-casing makes and removes no record's end: it is found as well in
 *    what was converted.
 *  - scan is far cheaper than convert: it is the part that is done in order.
 *  - It knows nothing of threads, queues or files.
 *
 * Everything may be called from any thread and never blocks.
 */
#ifndef UPCASE_TEXT_TEXT_H
#define UPCASE_TEXT_TEXT_H

#include "text/kinds.h"
#include "upcase/upcase.h"
#include "upcase/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranges;
struct text_selection;

/* What is known behind some bytes of a FILE. Zeroed storage is the beginning of
 * one. What it means is the kind's own (begin.h). */
struct text_state {
	uint32_t at;	  /* of the record: fields or characters passed; bytes
			     of a header; counted to RANGES_MOST */
	uint16_t pending; /* bytes before this place that wait for more */
	uint8_t phase;	  /* of a quote, or of four lines */
	uint8_t flags;
	uint64_t since; /* newlines since the field began that is open */
	const struct ranges *columns; /* what the FILE's header has chosen */
};

#define TEXT_CHOICE(choice, kind) choice,
enum text_choice {
	TEXT_KINDS(TEXT_CHOICE)
};
#undef TEXT_CHOICE

struct text_kind;

/* What is turned, and how. Made by text_init, then only read. */
struct text {
	const struct text_kind *kind;
	const struct text_selection *selection; /* the caller's; NULL: all */
	const struct upcase *upcase;		/* the caller's */
};

/* What the engine carries from piece to piece of one record, for who has
 * context. Owned by the caller, used by one thread at a time. */
struct text_engine {
	struct upcase_state state;
	unsigned char held[UPCASE_LOOKAHEAD]; /* the state's */
};

/* A piece to convert. It ends between characters: what looks unfinished there
 * is not finished by what comes behind it. */
struct text_piece {
	const struct text_state *begin; /* the state before it */
	/* For who has context (text_has_context), where records are in pieces;
	 * otherwise NULL: a piece that was cut between characters stands alone.
	 * The last piece must come, even if it is empty: what was held back of
	 * the others comes out with it. */
	struct text_engine *engine;
	bool last;	     /* nothing of this record comes behind it */
	bool ends;	     /* nor of the FILE, which was read to its end */
	bool closed;	     /* ... and did not have the last newline */
	unsigned char *text; /* len bytes, used up if `in_place` */
	size_t len;
	bool in_place;
	unsigned char *spare; /* text_bound(len) bytes */
	size_t room;	      /* that there are */
};

/* Records that are not as the selection wants them: for people. Then the text
 * is left as it is from there on, or to where it is said. */
struct text_wrong {
	bool met;
	int64_t line; /* so many newlines before or behind the beginning of
			 the piece */
	char words[240];
};

/* What became of it. */
struct text_result {
	unsigned char *out; /* where the upper case is: in text or in spare */
	size_t produced;    /* its bytes */
	uint64_t invalid;   /* ill-formed sequences met */
	/* If there were: where in text the first begins, behind so many
	 * newlines, and so many characters of the last line. */
	ptrdiff_t bad_at;
	uint64_t bad_line, bad_column;
	struct text_wrong wrong;
};

/* What a way to choose is made of. */
struct text_kind {
	/* Goes on at *now over p[seen..len), and leaves *now behind it. What is
	 * before that is the text of this batch that was scanned already, so
	 * that what could not be judged yet can be looked at again. Returns
	 * where in p the last record ends that does in the new part, 0 if none;
	 * then *at_end is the state there, otherwise it is left alone. */
	size_t (*scan)(const struct text *t, struct text_state *now,
		struct text_state *at_end, const unsigned char *p, size_t seen,
		size_t len);
	/* Returns 0, or, where text_can_fail, -EILSEQ at the first ill-formed
	 * sequence of what is turned: everything before it is converted. */
	int (*convert)(const struct text *t, const struct text_piece *piece,
		struct text_result *result);
};

/* The kinds there are. */
#define TEXT_KIND(choice, kind) extern const struct text_kind kind;
TEXT_KINDS(TEXT_KIND)
#undef TEXT_KIND

/* Makes *t one that turns all. upcase must live as long. */
void text_init(struct text *t, const struct upcase *upcase);

/* Lets *t turn what is selected only. The selection must live as long. */
void text_select(struct text *t, const struct text_selection *selection);

/* Whether FILEs are kept apart: what is selected begins anew in each, or a bad
 * sequence ends it. Then a batch holds several only where text_shares, and each
 * is a piece of its own. */
bool text_keeps_apart(const struct text *t);
bool text_shares(const struct text *t);

/* The least bytes that a batch must have room for. */
size_t text_least(const struct text *t);

/* Makes *s the state behind lines of a FILE that are not looked at: its
 * beginning, and no header. */
void text_state_inside(struct text_state *s);

/* Whether a FILE has a header; whether what stands in that matters; whether *s
 * is behind it; whether all that comes is left as it is; and whether a record
 * of several lines is open, which none but FASTQ tells. */
bool text_has_header(const struct text *t);
bool text_has_names(const struct text *t);
bool text_is_behind_header(const struct text_state *s);
bool text_is_left(const struct text_state *s);
bool text_is_within(const struct text *t, const struct text_state *s);

size_t text_scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len);

/* The length of the whole records at the beginning of p[0..len), which begins
 * with *begin. */
size_t text_whole(const struct text *t, const struct text_state *begin,
	const unsigned char *p, size_t len);

/* The same for a later part of that text, which begins where one of its records
 * has ended; the header was before that. */
size_t text_whole_behind(const struct text *t, const struct text_state *begin,
	const unsigned char *p, size_t len);

int text_convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result);

/* Whether the engine's stream ends with p[0..len), the end of a piece: nothing
 * of it comes behind, or what is ill-formed there, which ends each context. */
static inline bool text_ends_stream(
	const struct text_piece *piece, const unsigned char *p, size_t len)
{
	return piece->last || utf8_incomplete(p, len) > 0;
}

/* Makes *e the engine before the first piece of a record. */
static inline void text_engine_begin(struct text_engine *e)
{
	upcase_state_init(&e->state);
	e->state.held = e->held;
}

/* The room that converting len bytes wants. SIZE_MAX if that overflows. */
size_t text_bound(size_t len);

/* Whether the pieces of one record must be converted in order, with what the
 * engine carries from one to the next. */
bool text_has_context(const struct text *t);

/* Whether converting stops at what is not UTF-8, or lets it pass. */
bool text_can_fail(const struct text *t);
bool text_keeps(const struct text *t);

/* How many sequences of p[0..len), behind which nothing comes, are not UTF-8.
 * *first is set to where the first begins, if there is one. */
uint64_t text_count_invalid(const unsigned char *p, size_t len, size_t *first);

/* How many bytes at the end of p[0..len), behind which the state is *now, mean
 * nothing before more comes: the beginning of a character; of a record, what
 * may become a prefix that is looked for; and a header that has names. */
size_t text_waiting(const struct text *t, const struct text_state *now,
	const unsigned char *p, size_t len);

/* How many bytes (0..3) at the end of p[0..len) are the beginning of a
 * character: a cut before them is one between characters. */
size_t text_incomplete(const unsigned char *p, size_t len);

#endif
