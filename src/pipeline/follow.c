#include "config.h"

#include "pipeline/follow.h"

#include <errno.h>
#include <inttypes.h>

void follow_init(
	struct follow *f, struct sink *sink, struct ledger *ledger, bool prompt)
{
	*f = (struct follow){.sink = sink, .ledger = ledger, .prompt = prompt};
}

/* The name stands for the file, whatever was before. */
static void found_again(struct follow *f)
{
	f->kept = false;
	f->astray = (struct follow_text){0};
}

static void add(struct follow_text *to, const struct follow_text *text)
{
	to->lines += text->lines;
	to->bytes += text->bytes;
}

static void tell_kept(struct follow *f, const struct fault *why)
{
	struct fault told;

	fault_set(&told,
		"cannot be opened anew: %.150s; the file that is open stays in "
		"use",
		why->text);
	ledger_warn(f->ledger, f->sink->name, told.text);
	f->kept = true;
}

/* Returns whether the new file is in use. `silent`: if not, that was told. */
static bool open_anew(struct follow *f, bool silent)
{
	struct fault fault = {""};
	enum sink_reopened result = sink_reopen(f->sink, &fault);

	if (result == SINK_KEPT && !silent)
		tell_kept(f, &fault);
	if (result == SINK_FAILED)
		ledger_fail(f->ledger, -EIO, &fault);
	return result != SINK_KEPT;
}

void follow_wish(struct follow *f)
{
	if (!open_anew(f, false))
		return;
	found_again(f);
	ledger_note(f->ledger, f->sink->name, "opened anew");
}

void follow_before(struct follow *f)
{
	bool gone;

	if (!f->prompt)
		return;
	if (sink_is_named(f->sink)) {
		found_again(f);
		return;
	}
	gone = sink_is_gone(f->sink);
	if (!open_anew(f, f->kept))
		return;
	add(gone ? &f->left_gone : &f->left_astray, &f->astray);
	found_again(f);
	ledger_warn(f->ledger, f->sink->name,
		"was replaced or deleted meanwhile; opened anew");
}

/* Looked at behind the write, so that what is said is true: then the name stood
 * for another file. */
void follow_after(struct follow *f, const struct follow_text *text)
{
	if (text->lines == 0 && text->bytes == 0)
		return;
	if (sink_is_named(f->sink))
		found_again(f);
	else
		add(&f->astray, text);
}

void follow_end(struct follow *f)
{
	if (sink_is_named(f->sink))
		found_again(f);
	f->gone = sink_is_gone(f->sink);
}

/* They were written, but nobody will find them. */
static void lose(struct follow *f, const struct follow_text *text)
{
	struct fault fault;

	atomic_fetch_sub(&f->ledger->lines_out, text->lines);
	atomic_fetch_sub(&f->ledger->bytes_out, text->bytes);
	atomic_fetch_add(&f->ledger->gone, text->lines);
	fault_set(&fault, "the file was deleted or replaced meanwhile");
	ledger_fail(f->ledger, -ENOENT, &fault);
}

static void tell_astray(struct follow *f, uint64_t lines)
{
	struct fault told;

	fault_set(&told,
		"%" PRIu64 " %s went to a file that does not have this name "
		"any more",
		lines, lines == 1 ? "line" : "lines");
	ledger_warn(f->ledger, f->sink->name, told.text);
}

void follow_settle(struct follow *f, bool wished)
{
	if (!wished)
		add(f->gone ? &f->left_gone : &f->left_astray, &f->astray);
	if (f->left_gone.lines > 0)
		lose(f, &f->left_gone);
	if (f->left_astray.lines > 0)
		tell_astray(f, f->left_astray.lines);
}
