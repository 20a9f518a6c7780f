#include "config.h"

#include "pipeline/targets.h"

#include "text/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Files that others than these need open at the same time, and some. */
#define OTHERS 32

/* How many files may be held back, which are open: few enough that who reads
 * can open the next. */
static size_t group_size(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 ||
		most.rlim_cur >= OTHERS + TARGETS_GROUP)
		return TARGETS_GROUP;
	return most.rlim_cur > OTHERS ? (size_t)most.rlim_cur - OTHERS : 1;
}

void targets_init(struct targets *t, const struct targets_config *config)
{
	memset(t, 0, sizeof(*t));
	t->config = *config;
	t->now = REPLACE_NONE;
	t->group = group_size();
	atomic_init(&t->done, 0);
	atomic_init(&t->unchanged, 0);
	atomic_init(&t->refused, 0);
}

void targets_connect(
	struct targets *t, struct ledger *ledger, const struct control *control)
{
	t->ledger = ledger;
	t->control = control;
}

bool targets_is_each(const struct targets *t)
{
	return t->config.way != TARGETS_ONE;
}

bool targets_keeps_form(const struct targets *t)
{
	return t->config.way == TARGETS_IN_PLACE;
}

static const char *name_of(const struct targets *t, size_t input)
{
	return t->config.names[targets_is_each(t) ? input : 0];
}

/* ---- Whether a FILE may be read for this ---- */

static int refuse(struct fault *fault, int err, const char *why)
{
	fault_set(fault, "%s; it stays as it is", why);
	return err;
}

/* The same behind what the fault says already. */
static void say_that_it_stays(const struct targets *t, struct fault *fault)
{
	struct fault why = *fault;

	if (t->config.way == TARGETS_IN_PLACE)
		(void)refuse(fault, 0, why.text);
}

static int admit_in_place(const struct targets *t, size_t input,
	const struct stat *st, struct fault *fault)
{
	const char *suffix = t->config.suffix;

	if (!S_ISREG(st->st_mode))
		return refuse(fault, -EINVAL,
			"not a regular file, so it cannot be replaced");
	if (st->st_nlink == 1 || t->config.force)
		return 0;
	/* A run that was killed may have left the second one. */
	if (st->st_nlink == 2 && suffix &&
		replace_is_backed_up(name_of(t, input), suffix, st))
		return 0;
	return refuse(fault, -EMLINK,
		"it has other names (hard links), under which it would stay "
		"(see --force)");
}

int targets_admit(const struct targets *t, size_t input, const struct stat *st,
	struct fault *fault)
{
	struct stat there;
	char shown[160];

	if (t->config.way == TARGETS_IN_PLACE)
		return admit_in_place(t, input, st, fault);
	if (t->config.way == TARGETS_FOLDER && !t->config.force &&
		lstat(name_of(t, input), &there) == 0) {
		fault_set(fault,
			"its output %s is there already, and is left as it is "
			"(see --force)",
			quote_name(name_of(t, input), shown, sizeof(shown)));
		return -EEXIST;
	}
	return 0;
}

/* ---- Folders ---- */

/* Makes the folder path[0..len), with those that it is in. Returns 0 or a
 * negative errno. */
static int make_folder(const struct targets *t, char *path, size_t len)
{
	size_t parent = len;
	char behind = path[len];
	int err;

	path[len] = '\0';
	err = mkdir(path, 0777) < 0 ? -errno : 0;
	while (parent > 0 && path[parent - 1] != '/')
		parent--;
	while (parent > 0 && path[parent - 1] == '/')
		parent--;
	if (err == -ENOENT && parent > 0) {
		err = make_folder(t, path, parent);
		if (!err)
			err = mkdir(path, 0777) < 0 ? -errno : 0;
	}
	if (!err && t->config.sync)
		err = replace_sync_name(path);
	path[len] = behind;
	return err == -EEXIST ? 0 : err;
}

/* Makes the folder that a file of this name will be in. */
static int make_way(struct targets *t, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash ? (size_t)(slash - name) : 0;
	char *folder;
	int err;

	if (len == 0 || (t->made && strncmp(t->made, name, len) == 0 &&
				t->made[len] == '\0'))
		return 0;
	folder = strndup(name, len);
	if (!folder)
		return -ENOMEM;
	err = make_folder(t, folder, len);
	free(t->made);
	t->made = err ? NULL : folder;
	if (err)
		free(folder);
	return err;
}

/* ---- What is held back ---- */

bool targets_is_for_all(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EIO ||
	       err == -ENOMEM;
}

/* What was written of it is in no output. */
static void uncount(struct targets *t, const struct targets_held *what)
{
	atomic_fetch_sub(&t->ledger->lines_out, what->lines);
	atomic_fetch_sub(&t->ledger->bytes_out, what->bytes);
}

static void forget(
	struct targets *t, struct replace *r, const struct targets_held *what)
{
	replace_drop(r);
	uncount(t, what);
}

static void note_left(struct targets *t, size_t input)
{
	if (!t->first_left)
		t->first_left = name_of(t, input);
}

/* What is still held back is not published. */
static void forget_held(struct targets *t)
{
	for (size_t i = 0; i < t->n_held; i++) {
		if (!t->held[i].path)
			continue;
		note_left(t, t->what[i].input);
		forget(t, &t->held[i], &t->what[i]);
	}
	t->n_held = 0;
	t->bytes_held = 0;
}

/* Publishes one that is whole. Returns 0, or a negative errno with *fault
 * filled. */
static int publish(struct targets *t, struct replace *r,
	const struct targets_held *what, struct fault *fault)
{
	const struct targets_config *c = &t->config;
	bool in_place = c->way == TARGETS_IN_PLACE;
	struct fault why;
	int err = 0;

	if (in_place && !replace_is_same(r, &what->mark))
		err = -ESTALE;
	if (!err && in_place && c->suffix)
		err = replace_back_up(r, c->suffix, &what->mark, fault);
	if (err == -ESTALE)
		fault_set(fault, "somebody else changed it meanwhile");
	if (err)
		return err;
	err = replace_publish(r, c->way != TARGETS_FOLDER || c->force);
	if (err)
		fault_set(fault, "cannot be %s: %.200s",
			c->way == TARGETS_FOLDER ? "made" : "replaced",
			fault_reason(&why, err));
	return err;
}

static int name_not_on_disk(struct fault *fault, int err)
{
	struct fault why;

	fault_set(fault, "%.200s (names may not be on the disk)",
		fault_reason(&why, err));
	return err;
}

/* It is synced at the end, as well as with the next group. */
static int note_name(struct targets *t, const char *path, struct fault *fault)
{
	int err = replace_names_add(&t->names, path);

	return err ? name_not_on_disk(fault, err) : 0;
}

/* Publishes what is held back, which is on the disk. */
static int publish_held(struct targets *t, struct fault *fault)
{
	int err = 0;

	for (size_t i = 0; !err && i < t->n_held; i++) {
		const char *name = name_of(t, t->what[i].input);

		err = publish(t, &t->held[i], &t->what[i], fault);
		if (!err) {
			atomic_fetch_add(&t->done, 1);
			if (t->config.sync)
				err = note_name(t, t->held[i].path, fault);
			replace_drop(&t->held[i]);
			continue;
		}
		atomic_fetch_add(&t->refused, 1);
		if (targets_is_for_all(err))
			break;
		say_that_it_stays(t, fault);
		ledger_trouble(t->ledger, name, 0, 0, fault->text);
		forget(t, &t->held[i], &t->what[i]);
		err = 0;
	}
	return err;
}

/* Empties the group. */
static int flush(struct targets *t, struct fault *fault)
{
	struct fault why;
	int err = 0;

	if (t->n_held > 0 && t->config.sync) {
		err = replace_sync_all(t->held, t->n_held);
		if (err)
			fault_set(fault,
				"%.200s (what was written may not be on "
				"the disk)",
				fault_reason(&why, err));
		/* Who stopped us does not want to see more of it. */
		if (control_is_stopping(t->control) && targets_is_each(t)) {
			forget_held(t);
			return err;
		}
	}
	if (!err)
		err = publish_held(t, fault);
	forget_held(t);
	return err;
}

/* ---- One file ---- */

/* Whether there is a file which the new one is to be like. */
static bool has_old(const struct targets *t, const char *name)
{
	struct stat st;

	return t->config.way == TARGETS_IN_PLACE ||
	       (t->config.way == TARGETS_ONE && stat(name, &st) == 0);
}

static int open_new(struct targets *t, const char *name)
{
	int err = t->config.way == TARGETS_FOLDER ? make_way(t, name) : 0;

	return err ? err : replace_open(&t->now, name, has_old(t, name));
}

int targets_open(
	struct targets *t, size_t input, struct sink *sink, struct fault *fault)
{
	const char *name = name_of(t, input);
	char shown[120];
	struct fault why;
	int err = open_new(t, name);

	/* What is held back is open, too. */
	if ((err == -EMFILE || err == -ENFILE) && t->n_held > 0) {
		err = flush(t, fault);
		if (err)
			return err;
		err = open_new(t, name);
	}
	if (err) {
		if (targets_is_for_all(err) && t->n_held == 0)
			note_left(t, input);
		fault_set(fault, "no file can be made beside it: %.200s",
			fault_reason(&why, err));
		if (!targets_is_for_all(err))
			say_that_it_stays(t, fault);
		if (t->config.way == TARGETS_FOLDER)
			fault_set(fault, "its output %s cannot be made: %s",
				quote_name(name, shown, sizeof(shown)),
				fault_reason(&why, err));
		return err;
	}
	sink_attach(sink, t->now.fd, name);
	t->open = true;
	t->is = (struct targets_held){.input = input};
	return 0;
}

void targets_count(struct targets *t, uint64_t lines, uint64_t bytes)
{
	t->is.lines += lines;
	t->is.bytes += bytes;
}

static bool is_full(const struct targets *t)
{
	return t->n_held == t->group || !t->config.sync ||
	       t->bytes_held >= TARGETS_GROUP_BYTES ||
	       t->config.way == TARGETS_ONE;
}

/* Gives the file what the old one has, if there is one that it is to be like.
 * Returns as replace_keep. */
static int keep(struct targets *t, struct fault *fault)
{
	struct stat st;

	if (t->config.way == TARGETS_ONE && stat(t->now.path, &st) == 0)
		replace_note(&t->is.mark, &st);
	else if (t->config.way != TARGETS_IN_PLACE)
		return 0;
	return replace_keep(&t->now, &t->is.mark, fault);
}

int targets_close(struct targets *t, struct sink *sink,
	const struct replace_mark *mark, struct fault *fault)
{
	int err;

	if (mark)
		t->is.mark = *mark;
	err = keep(t, fault);
	if (targets_is_for_all(err))
		return err;
	if (err) {
		say_that_it_stays(t, fault);
		ledger_trouble(
			t->ledger, name_of(t, t->is.input), 0, 0, fault->text);
		targets_leave(t, sink);
		return 0;
	}
	sink_detach(sink);
	t->open = false;
	t->held[t->n_held] = t->now;
	t->what[t->n_held++] = t->is;
	t->bytes_held += t->is.bytes;
	t->now = REPLACE_NONE;
	return is_full(t) ? flush(t, fault) : 0;
}

static void leave(struct targets *t, struct sink *sink)
{
	if (!t->open)
		return;
	sink_detach(sink);
	t->open = false;
	forget(t, &t->now, &t->is);
}

void targets_leave(struct targets *t, struct sink *sink)
{
	leave(t, sink);
	atomic_fetch_add(&t->refused, 1);
}

void targets_leave_unchanged(struct targets *t, struct sink *sink)
{
	leave(t, sink);
	atomic_fetch_add(&t->unchanged, 1);
}

int targets_finish(struct targets *t, struct fault *fault)
{
	int err = flush(t, fault), synced;

	synced = replace_names_sync(&t->names);
	if (!err && synced)
		err = name_not_on_disk(fault, synced);
	return err;
}

void targets_abandon(struct targets *t, struct sink *sink)
{
	size_t under_way = t->is.input;
	bool open = t->open;

	leave(t, sink);
	forget_held(t);
	if (open)
		note_left(t, under_way);
}

const char *targets_first_left(const struct targets *t)
{
	return t->first_left;
}

void targets_release(struct targets *t)
{
	for (size_t i = 0; i < t->n_held; i++)
		replace_drop(&t->held[i]);
	replace_drop(&t->now);
	replace_names_release(&t->names);
	free(t->made);
	t->made = NULL;
}
