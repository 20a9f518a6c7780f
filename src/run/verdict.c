#include "config.h"

#include "run/verdict.h"

#include "cli/diag.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "text/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What to say about the output, if it did not take everything. */
static bool tell_output(const struct sink *sink, const struct pipeline_stats *s,
	const struct pipeline_outcome *outcome, const struct shutdown *e)
{
	const char *why = e->given_up ? e->given_up : "given up";
	const char *what = outcome->error ? outcome->fault.text : why;
	bool lost = outcome->lines_lost > 0 || outcome->undecoded > 0;
	char more[64] = "";

	if (!outcome->error && !lost)
		return true;
	if (outcome->undecoded > 0)
		(void)snprintf(more, sizeof(more),
			", and %" PRIu64 " %s not decoded yet",
			outcome->undecoded,
			outcome->undecoded == 1 ? "byte" : "bytes");
	if (s->lines_out == 0 && !lost)
		diag_error(sink->name, "%s%s", what, outcome->remark.text);
	else
		diag_error(sink->name,
			"%s%s: %" PRIu64 " %s written, %" PRIu64 " %s lost%s",
			what, outcome->remark.text, s->lines_out,
			s->lines_out == 1 ? "line" : "lines",
			outcome->lines_lost,
			outcome->lines_lost == 1 ? "line" : "lines", more);
	return false;
}

/* The same where files are replaced: nothing is lost, for they stay. */
static bool tell_targets(const struct options *o, const struct out *out,
	const struct pipeline_stats *s, const struct pipeline_outcome *outcome,
	const struct shutdown *e)
{
	const char *left = o->outputs.atomic && s->files_done == 0
				   ? out->sink->name
				   : targets_first_left(out->targets);
	const char *one = o->outputs.atomic ? "it was not replaced"
			  : o->outputs.folder
				  ? "it is not there, nor is what was to follow"
				  : "it and what was to follow stay as they "
				    "were";

	if (outcome->error && left) {
		diag_error(left, "%s; %s", outcome->fault.text, one);
		return false;
	}
	if (outcome->error) {
		diag_error(out->sink->name, "%s", outcome->fault.text);
		return false;
	}
	if (o->outputs.atomic && s->files_done == 0)
		diag_error(out->sink->name, "not replaced, since %s",
			e->signal ? strsignal(e->signal)
				  : "not all of the input was good");
	else if (!o->outputs.atomic && e->signal)
		diag_note(DIAG_NORMAL, NULL,
			"%s: %" PRIu64 " of %zu FILEs %s; the rest was left",
			strsignal(e->signal), s->files_done, o->n_inputs,
			o->outputs.folder ? "written" : "replaced");
	return true;
}

/* What was read of all, if that is a share. */
static struct stats_share share_figures(
	const struct options *o, const struct share *share, int status)
{
	struct stats_share s = {.number = o->share,
		.count = o->shares,
		.input = "",
		.from = (uint64_t)share->from,
		.to = (uint64_t)share->to,
		.size = (uint64_t)share->total,
		.status = status};

	for (size_t i = 0; i < share->n; i++) {
		if (!share_has(share, i))
			continue;
		if (s.inputs++ == 0)
			s.input = o->inputs[i];
	}
	return s;
}

static void tell_stats(const struct options *o, struct pipeline_stats *s,
	const struct share *share, int status)
{
	if (share)
		s->share = share_figures(o, share, status);
	if (o->stats == STATS_TEXT)
		progress_stats_text(s);
	else if (o->stats == STATS_JSON)
		progress_stats_json(s);
}

static void tell_invalid(uint64_t n, const char *became)
{
	if (n > 0)
		diag_note(DIAG_VERBOSE, NULL, "%" PRIu64 " ill-formed %s %s", n,
			n == 1 ? "sequence" : "sequences", became);
}

/* Notes for the end: what a person at the prompt has done, and what became of
 * what was not UTF-8. */
static void tell_count(const struct options *o, const struct sink *sink,
	const struct pipeline_stats *s)
{
	const char *lines = s->lines_out == 1 ? "line" : "lines";
	char shown[1024];

	if (o->invalid != UPCASE_FAIL) {
		tell_invalid(s->kept, "kept");
		tell_invalid(s->invalid - s->kept, "replaced");
	}
	if (!o->interactive)
		return;
	if (o->output)
		diag_note(DIAG_NORMAL, NULL, "%" PRIu64 " %s appended to %s",
			s->lines_out, lines,
			quote_name(sink->name, shown, sizeof(shown)));
	else
		diag_note(DIAG_NORMAL, NULL, "%" PRIu64 " %s converted",
			s->lines_out, lines);
}

/* Dies of sig. Where the system does not let us (the first process of a
 * container cannot), returns the status that a shell would show. */
static int die(int sig)
{
	signals_die(sig);
	return 128 + sig;
}

/* All is said. Waits until standard error has taken it, unless a signal cuts
 * that short; takes note of one that came while it was said. */
static void fall_silent(struct shutdown *e)
{
	struct signals_seen seen;

	signals_restore();
	seen = signals_take();
	if (seen.stops > e->stops)
		e->killed = seen.last;
	diag_finish();
}

int verdict(struct pipeline *p, const struct options *o, const struct out *out,
	struct shutdown *e, bool *left)
{
	struct pipeline_outcome outcome;
	bool unwanted;
	struct pipeline_stats stats;
	bool written = true;
	int killer, status;

	/* From here on nobody waits for room for what is said, above all not
	 * this thread. */
	diag_hurry();
	outcome = pipeline_finish(p);
	/* The reader of a pipe that goes away wants no more; that is no error
	 * unless somebody asked to see it. */
	unwanted = outcome.error == -EPIPE && !signals_pipe_ignored();
	*left = outcome.left;
	pipeline_stats(p, &stats);
	diag_last();
	if (!unwanted) {
		written = outputs_replace(&o->outputs)
				  ? tell_targets(o, out, &stats, &outcome, e)
				  : tell_output(out->sink, &stats, &outcome, e);
		tell_count(o, out->sink, &stats);
	}
	killer = unwanted ? SIGPIPE : e->signal;
	status = !written		 ? EXIT_OUTPUT
		 : killer		 ? 128 + killer
		 : outcome.input_trouble ? EXIT_INPUT
					 : EXIT_DONE;
	tell_stats(o, &stats, out->share, status);
	fall_silent(e);
	if (e->killed)
		return die(e->killed);
	return written && killer ? die(killer) : status;
}
