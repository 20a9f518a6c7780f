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
	f->astray = 0;
}

/* Returns whether the new file is in use. If not, that is told, and where lines
 * go need not be told again. */
static bool open_anew(struct follow *f)
{
	struct fault fault = {""}, told;
	enum sink_reopened result = sink_reopen(f->sink, &fault);

	if (result == SINK_KEPT) {
		fault_set(&told,
			"cannot be opened anew: %.150s; the file that is open "
			"stays in use",
			fault.text);
		ledger_warn(f->ledger, f->sink->name, told.text);
		f->kept = true;
		return false;
	}
	found_again(f);
	if (result == SINK_FAILED)
		ledger_fail(f->ledger, -EIO, &fault);
	return true;
}

void follow_wish(struct follow *f)
{
	if (open_anew(f))
		ledger_note(f->ledger, f->sink->name, "opened anew");
}

void follow_before(struct follow *f)
{
	if (!f->prompt)
		return;
	if (sink_is_named(f->sink))
		found_again(f);
	else if (!f->kept && open_anew(f))
		ledger_warn(f->ledger, f->sink->name,
			"was replaced or deleted meanwhile; opened anew");
}

/* Looked at behind the write, so that what is said is true: then the name stood
 * for another file. */
void follow_after(struct follow *f, uint64_t lines)
{
	if (lines == 0)
		return;
	if (sink_is_named(f->sink))
		found_again(f);
	else
		f->astray += lines;
}

/* They were written, but nobody will find them. */
static void lose(struct follow *f)
{
	struct fault fault;

	atomic_fetch_sub(&f->ledger->lines_out, f->astray);
	atomic_fetch_add(&f->ledger->gone, f->astray);
	fault_set(&fault, "the file was deleted or replaced meanwhile");
	ledger_fail(f->ledger, -ENOENT, &fault);
}

void follow_end(struct follow *f)
{
	struct fault told;

	if (f->astray == 0 || sink_is_named(f->sink))
		return;
	if (sink_is_gone(f->sink)) {
		lose(f);
	} else if (!f->kept) {
		fault_set(&told,
			"%" PRIu64 " %s went to a file that does not have this "
			"name any more",
			f->astray, f->astray == 1 ? "line" : "lines");
		ledger_warn(f->ledger, f->sink->name, told.text);
	}
	f->astray = 0;
}
