#include "config.h"

#include "run/attend.h"

#include "cli/diag.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "io/clock.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

/* After an abort threads end as soon as they wake up. One that cannot be woken,
 * in a write to a dead file server say, does not keep us longer than this. */
#define ABORT_GRACE CLOCK_SECOND

/* A reader that does not come back from its read after so many nudges is left
 * behind. They are counted, not timed: the process may be stopped meanwhile. */
#define READER_NUDGES 10

/* How far apart they are, at least. */
#define NUDGE_INTERVAL (CLOCK_SECOND / 10)

/* A second signal so soon after the first is the same wish: timeout(1) sends
 * one to the process and one to its group, a service manager SIGTERM and
 * SIGHUP. */
#define SAME_WISH (CLOCK_SECOND / 4)

static void give_up(struct pipeline *p, struct shutdown *e, const char *why)
{
	diag_hurry();
	e->given_up = why;
	e->given_up_at = clock_now();
	e->drain_until = CLOCK_FOREVER;
	e->abandon_at = clock_deadline(ABORT_GRACE);
	pipeline_abort(p);
}

/* A signal that may be one more than was answered. After the second no thread
 * is waited for any more: what is known is told, then it kills. */
static void answer_another(struct pipeline *p, struct shutdown *e, int sig)
{
	int64_t since = e->given_up ? e->given_up_at : e->signal_at;

	if (clock_now() - since <= SAME_WISH)
		return;
	if (!e->given_up)
		give_up(p, e, "stopped by a second signal");
	else
		e->killed = sig;
}

/* Answers what a terminal wants, where somebody types. It must be as it was
 * before the process stops or dies. */
static void answer_terminal(struct pipeline *p, const struct signals_seen *seen)
{
	if (seen->suspend || seen->quit)
		pipeline_give_back_terminal(p);
	if (seen->quit)
		signals_die(SIGQUIT);
	if (seen->suspend)
		(void)signals_suspend();
	if (seen->suspend || seen->continued)
		pipeline_tell_terminal(p, TERMINAL_CONTINUED);
	if (seen->resized)
		pipeline_tell_terminal(p, TERMINAL_SIZE);
	if (diag_broke_prompt())
		pipeline_tell_terminal(p, TERMINAL_WRITTEN);
}

static void stop(struct pipeline *p, int sig)
{
	/* Control-C: what a terminal does to a line, too. */
	if (sig == SIGINT)
		pipeline_take_back(p);
	pipeline_stop(p);
}

/* Who types is in the background: is stopped, as who reads there is, but not if
 * there is something else to do. */
static void answer_background(struct pipeline *p, const struct shutdown *e)
{
	if (!pipeline_is_in_background(p) || e->given_up || signals_stops() > 0)
		return;
	if (signals_await_foreground())
		pipeline_tell_terminal(p, TERMINAL_CONTINUED);
	else
		pipeline_tell_terminal(p, TERMINAL_ALONE);
}

/* Answers what has come in by signal. */
static void answer_signals(
	struct pipeline *p, const struct options *o, struct shutdown *e)
{
	struct signals_seen seen = signals_take();
	struct pipeline_stats stats;

	if (seen.progress) {
		pipeline_stats(p, &stats);
		progress_tell(&stats);
	}
	if (seen.reopen)
		pipeline_reopen(p);
	answer_terminal(p, &seen);
	if (seen.stops > 0 && !e->signal) {
		e->signal = seen.first;
		e->signal_at = clock_now();
		/* What is written would not be published. */
		if (o->outputs.atomic)
			give_up(p, e, "stopped");
		else
			stop(p, seen.first);
		if (o->shutdown_timeout >= 0)
			e->drain_until = clock_deadline(o->shutdown_timeout);
		diag_note(DIAG_VERBOSE, NULL, "%s: writing what was read",
			strsignal(seen.first));
	}
	if (seen.stops > e->stops)
		answer_another(p, e, seen.last);
	e->stops = seen.stops;
}

/* How long to wait for something to happen, in milliseconds; at `due` something
 * is to be shown. */
static int poll_timeout(const struct shutdown *e, int64_t due)
{
	int64_t until =
		e->drain_until < e->abandon_at ? e->drain_until : e->abandon_at;
	int64_t left;

	until = until < due ? until : due;
	left = until - clock_now();

	if ((e->late || e->untold) && left > NUDGE_INTERVAL)
		left = NUDGE_INTERVAL;
	else if (until == CLOCK_FOREVER)
		return -1;
	if (left <= 0)
		return 0;
	left = left / (CLOCK_SECOND / 1000) + 1;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* Nudges a thread that has not noticed that it is to end, whether by a signal
 * or because the output failed; a reader that does not react is left. */
static void see_to_late(struct pipeline *p, struct shutdown *e)
{
	enum pipeline_late late = pipeline_nudge(p);
	int64_t now = clock_now();

	e->late = late != PIPELINE_ALL_KNOW;
	if (late != PIPELINE_NUDGED) {
		e->nudges = 0;
	} else if (e->nudges == 0 || now - e->nudged_at >= NUDGE_INTERVAL) {
		e->nudges++;
		e->nudged_at = now;
	}
	if (e->nudges <= READER_NUDGES)
		return;
	/* Who comes too late for this read has to be patient with the next. */
	e->nudges = 0;
	if (pipeline_leave_reader(p) != 0 && !e->given_up)
		give_up(p, e, "the input hangs, and no thread can take over");
}

static void show_course(struct pipeline *p, struct course *c)
{
	struct pipeline_course course;
	int64_t now = clock_now();

	if (now < c->due)
		return;
	pipeline_course(p, &course);
	course_show(c, &course, now);
}

void attend(struct pipeline *p, const struct options *o, struct shutdown *e,
	struct course *c)
{
	struct pollfd fds[2] = {
		{.fd = signals_fd(), .events = POLLIN},
		{.fd = pipeline_event_fd(p), .events = POLLIN},
	};

	*e = (struct shutdown){
		.drain_until = CLOCK_FOREVER, .abandon_at = CLOCK_FOREVER};
	while (pipeline_running(p) > 0) {
		/* Errors of poll other than EINTR would be bugs; the signals
		 * and threads are looked at whatever it says. */
		answer_background(p, e);
		see_to_late(p, e);
		e->untold = diag_more();
		(void)poll(fds, 2, poll_timeout(e, c->due));
		answer_signals(p, o, e);
		show_course(p, c);
		if (clock_now() >= e->drain_until)
			give_up(p, e, "shutdown timeout");
		if (e->killed || clock_now() >= e->abandon_at)
			return;
	}
	/* What came before the end of the input counts. */
	answer_signals(p, o, e);
}
