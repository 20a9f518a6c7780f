/*
 * upcase - UTF-8 to upper case, by Unicode 18.0
 *
 * What it is for: turn bytes that are mostly UTF-8 into their upper case, a
 * piece of a stream at a time, without ever failing on a byte that is not
 * UTF-8 unless asked to.
 *
 *	upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
 *	upcase_state_init(&st);
 *	for each piece: upcase_convert(&u, &st, in, n, last, out, size, &res);
 *
 * where size is upcase_bound(n) and res.produced bytes are at out afterwards.
 * A whole program is in upcase(3) and in samples/library/upper.c.
 *
 * Invariants
 *  - The result does not depend on where the stream is cut into pieces: any
 *    cut, inside a character too, gives the same bytes.
 *  - Nothing is looked up in the environment or the locale.
 *  - A newline ends every context: a stream may be restarted behind one with a
 *    fresh state and gives the same bytes.
 *  - It allocates nothing, keeps nothing between calls but what the caller
 *    hands over, and needs no library beside that of C. Nothing blocks, and
 *    any thread may call anything. errno stays as it is: what fails returns
 *    the negative of a value of <errno.h>.
 *
 * It is C99, and C++ from C++11 on. It goes with the library that it was
 * installed with: the sizes of structs may be others in another version.
 *
 * Sources: UnicodeData.txt, SpecialCasing.txt, PropList.txt and
 * DerivedCoreProperties.txt of Unicode 18.0; the Unicode Standard, chapter 3,
 * sections 3.9 (table 3-7, maximal subparts) and 3.13 (default case
 * algorithms); for Greek the rules that ICU documents for its upper-casing.
 */
#ifndef UPCASE_UPCASE_H
#define UPCASE_UPCASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of this interface: one more with each version that has something
 * new, or something else, for who calls it. */
#define UPCASE_INTERFACE 1

/* The Unicode version of the tables, "18.0.0". */
extern const char *const upcase_unicode_version;

enum upcase_mapping {
	UPCASE_FULL,   /* full mapping: U+00DF -> "SS" */
	UPCASE_SIMPLE, /* one code point to one code point */
	UPCASE_ASCII,  /* a-z only; every other byte is passed through */
};

enum upcase_language {
	UPCASE_ROOT, /* no tailoring */
	UPCASE_TR,   /* Turkish: i -> U+0130 */
	UPCASE_AZ,   /* Azerbaijani: as Turkish */
	UPCASE_LT,   /* Lithuanian: U+0307 after a soft-dotted letter goes */
	UPCASE_EL,   /* Greek: accents go, dialytika stay or appear */
	UPCASE_HY,   /* Armenian: U+0587 -> U+0535 U+054E */
};

/* What to do with bytes that are not UTF-8. The unit, here and in the counts,
 * is the maximal subpart of an ill-formed sequence (Unicode 3.9). */
enum upcase_invalid {
	UPCASE_KEEP,	/* pass them through as they are */
	UPCASE_REPLACE, /* one U+FFFD for each */
	UPCASE_FAIL,	/* stop before the first one */
};

struct upcase_map;
struct upcase_variant;

/* An immutable mapping. Made by upcase_init; afterwards only read, so that any
 * number of threads may share it. Holds no resources; may be copied. Who calls
 * reads the first three fields, if any. */
struct upcase {
	enum upcase_mapping mapping;
	enum upcase_language language;
	enum upcase_invalid invalid;
	const struct upcase_map *map; /* what becomes of single characters */
	const struct upcase_variant *variant; /* what it runs on */
};

/* How far Greek looks ahead, in bytes of the stream: a lone eta over
 * case-ignorable characters, for a letter that makes it part of a word; and
 * every letter over its own combining marks. Without a limit a stream would
 * need memory without limit. Past it, the eta counts as a word of its own, and
 * further marks as characters of their own. */
#define UPCASE_LOOKAHEAD 1024

/* What is carried from one piece of a stream to the next, 40 bytes. Plain data:
 * it may be copied by assignment and handed to another thread. Owned by the
 * caller; used by one thread at a time. The fields are the engine's own, but:
 *
 * offset may be read, between calls: it is where the next piece begins.
 *
 * held is the caller's to set, behind upcase_state_init, and then never changed
 * by the engine: UPCASE_LOOKAHEAD bytes where Greek keeps text from one piece
 * to the next. Only el with a call without `last` wants them; otherwise it may
 * be NULL. They belong to the state: of two copies that share them only one may
 * go on. They need not be cleared. */
struct upcase_state {
	uint64_t offset; /* bytes of the stream taken so far */
	unsigned char *held;
	unsigned char context[16]; /* what the language keeps: lt, el */
	unsigned char partial[4];  /* first bytes of an unfinished character */
	unsigned char n_partial;
};

struct upcase_result {
	size_t consumed;    /* bytes of src taken (all, unless it failed) */
	unsigned char *out; /* where the upper case is */
	size_t produced;    /* its bytes */
	uint64_t invalid;   /* ill-formed sequences met in this call */
	/* Of the first of them, if there is one: where it begins, how many
	 * newlines of this piece are before it, and how many characters behind
	 * the last of these, or since the piece began. A character that the
	 * piece before began is one of that. */
	uint64_t first_bad, first_line, first_column;
	/* Only of upcase_convert_in_place, where nothing ill-formed was met and
	 * there is no context: by how many characters the last line of out is
	 * longer than what was read of it. */
	ptrdiff_t grown;
};

/* Fills *u, with the fastest variant that this machine runs. Returns 0, or
 * -EINVAL when language does not go with mapping (ascii takes none, simple
 * takes those that map one to one: tr, az), or one of the three is none of its
 * enum. */
int upcase_init(struct upcase *u, enum upcase_mapping mapping,
	enum upcase_language language, enum upcase_invalid invalid);

/* The variants that were compiled in, from the slowest to the fastest:
 * "portable" and what the processor's vectors allow. All give the same bytes.
 * Returns the name of number i, or NULL when there are not so many. */
const char *upcase_variant_name(size_t i);

/* Whether this machine runs variant number i. */
bool upcase_variant_runs(size_t i);

/* The name of the variant that u runs on. */
const char *upcase_variant_of(const struct upcase *u);

/* Makes u run on the variant of that name; before u is shared. Returns 0,
 * -EINVAL when there is none, -ENOTSUP when this machine does not run it. */
int upcase_use_variant(struct upcase *u, const char *name);

/* The language of a tag such as "tr", "TUR", "tr-TR" or "tr_TR.UTF-8": the
 * letters that it begins with decide, case does not matter. UPCASE_ROOT for "",
 * "C", "POSIX", and the tag of a language without a tailoring. Returns 0, or
 * -EINVAL for what is no tag, or is another word for a language that has one.
 */
int upcase_language_parse(const char *tag, enum upcase_language *language);

/* The tag that was meant with such a word, "el" with "greek"; NULL if that is
 * not known. */
const char *upcase_language_meant(const char *tag);

/* Makes *st the state at the beginning of a stream (or of a line). */
void upcase_state_init(struct upcase_state *st);

/* The room that upcase_convert wants for a piece of len bytes: three times as
 * much, the largest growth there is, what a state may hold back, and a little
 * so that it can store whole words. SIZE_MAX if that overflows. */
size_t upcase_bound(size_t len);

/* Converts the next piece of a stream. dst and src may not overlap. With `last`
 * the stream ends behind this piece: what st held back is written, and st is as
 * after upcase_state_init, but for held, which stays. src may be NULL when len
 * is 0.
 *
 * A stream ends with `last` and by nothing else. Who learns that it has ended
 * only after its last byte has to make one more call, with len 0: what would be
 * lost otherwise is up to three bytes of a character, and with el some thousand
 * of Greek. A newline is as good, since nothing is held back behind it.
 *
 * size is the room at dst and must be at least upcase_bound(len); what of it is
 * behind the bytes produced has no meaning afterwards.
 *
 * Returns 0; -ENOBUFS when size is too small, -EINVAL when st->held is missing
 * (then nothing was done); with UPCASE_FAIL -EILSEQ at the first ill-formed
 * sequence: everything before it is in dst (also what the state held back),
 * res->first_bad says where it begins, and st is as with `last`.
 *
 * res->first_bad counts from the beginning of the stream, as st->offset did
 * before the call; so from the piece it is first_bad less that offset. This is
 * negative, -1 to -3, when the sequence is the beginning of a character at the
 * end of the piece before, which did not know yet: its bytes are no more to be
 * found in src, and consumed is 0.
 *
 * Of two calls at once each has a state, src and dst of its own. */
int upcase_convert(const struct upcase *u, struct upcase_state *st,
	const unsigned char *src, size_t len, bool last, unsigned char *dst,
	size_t size, struct upcase_result *res);

/* The same in the memory of the text itself, as long as the upper case does not
 * become longer than the text: then nothing has to go through the caches twice.
 * text[0..len) is used up. From the first place where it would grow on, or
 * somewhat before, all of the upper case is in spare, which is otherwise not
 * touched; res->out says which of the two it is. Languages with context always
 * use spare, and so does a call that begins with the rest of a character.
 *
 * size is the room at spare, at least upcase_bound(len). Everything else is as
 * with upcase_convert. */
int upcase_convert_in_place(const struct upcase *u, struct upcase_state *st,
	unsigned char *text, size_t len, bool last, unsigned char *spare,
	size_t size, struct upcase_result *res);

/* Whether characters are mapped by what stands around them (lt, el): then the
 * pieces of one line must be converted in order, each with the state that the
 * one before left. Otherwise a piece that is cut between characters may be
 * converted on its own. */
bool upcase_has_context(const struct upcase *u);

#ifdef __cplusplus
}
#endif

#endif
