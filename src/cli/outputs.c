#include "config.h"

#include "cli/outputs.h"

#include "cli/diag.h"
#include "cli/misuse.h"
#include "text/quote.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int take_suffix(struct outputs *o, const char *arg)
{
	o->in_place = true;
	o->suffix = arg;
	if (arg && (arg[0] == '\0' || strchr(arg, '/')))
		return misuse_argument("no suffix", "in-place", arg,
			"it goes behind the name, such as .bak");
	return 0;
}

static int take_folder(struct outputs *o, const char *arg)
{
	o->folder = arg;
	return arg[0] == '\0' ? misuse_argument("missing folder name",
					"output-dir", arg, "'.' is this one")
			      : 0;
}

int outputs_take(struct outputs *o, int option, const char *arg)
{
	switch (option) {
	case OUTPUTS_IN_PLACE:
		return take_suffix(o, arg);
	case OUTPUTS_FOLDER:
		return take_folder(o, arg);
	case OUTPUTS_ATOMIC:
		o->atomic = true;
		return 0;
	case OUTPUTS_FORCE:
		o->force = true;
		return 0;
	case OUTPUTS_LIST:
		o->list = arg;
		return 0;
	default:
		return 1;
	}
}

bool outputs_replace(const struct outputs *o)
{
	return o->in_place || o->folder || o->atomic;
}

/* ---- What goes together ---- */

/* Tells the first of `others` that is in `not_with`. */
static int check_others(const char *option, unsigned not_with, unsigned others)
{
	static const char *const names[] = {"output", "gzip", "no-gzip", "bgzf",
		"repair", "on-full", "interactive", "unbuffered"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (not_with & others & (1U << i))
			return misuse_pair(option, names[i]);
	return 0;
}

static int check_in_place(const struct outputs *o, unsigned others)
{
	static const unsigned not_with =
		OUTPUTS_WITH_OUTPUT | OUTPUTS_WITH_GZIP | OUTPUTS_WITH_NO_GZIP |
		OUTPUTS_WITH_BGZF | OUTPUTS_WITH_REPAIR | OUTPUTS_WITH_ON_FULL |
		OUTPUTS_WITH_INTERACTIVE | OUTPUTS_WITH_UNBUFFERED;

	if (o->folder)
		return misuse_pair("in-place", "output-dir");
	if (o->atomic)
		return misuse_pair("in-place", "atomic");
	return check_others("in-place", not_with, others);
}

static int check_folder(const struct outputs *o, unsigned others)
{
	static const unsigned not_with =
		OUTPUTS_WITH_OUTPUT | OUTPUTS_WITH_REPAIR |
		OUTPUTS_WITH_ON_FULL | OUTPUTS_WITH_INTERACTIVE |
		OUTPUTS_WITH_UNBUFFERED;

	if (o->atomic)
		return misuse_pair("output-dir", "atomic");
	return check_others("output-dir", not_with, others);
}

static int wants(const char *option, const char *what)
{
	diag_error(NULL, "--%s wants %s", option, what);
	return -EINVAL;
}

/* The FILE that all goes to is made anew, so it has to be one. */
static int check_atomic(unsigned others, const char *output)
{
	static const unsigned not_with =
		OUTPUTS_WITH_REPAIR | OUTPUTS_WITH_ON_FULL;
	struct stat st;

	if (check_others("atomic", not_with, others))
		return -EINVAL;
	if (!output)
		return wants("atomic", "a FILE to replace: see --output");
	if (stat(output, &st) == 0 && !S_ISREG(st.st_mode)) {
		diag_error(output,
			"not a regular file, so --atomic cannot replace it");
		return -EINVAL;
	}
	return 0;
}

int outputs_check(
	const struct outputs *o, unsigned others, size_t n, const char *output)
{
	if (o->list && n > 0) {
		diag_error(NULL, "--files0-from does not go with FILEs beside "
				 "the list");
		return -EINVAL;
	}
	if (o->in_place)
		return check_in_place(o, others);
	if (o->folder)
		return check_folder(o, others);
	if (o->force)
		return wants("force", "--in-place or --output-dir");
	return o->atomic ? check_atomic(others, output) : 0;
}

/* ---- The FILEs ---- */

static int no_memory(void)
{
	diag_error(NULL, "%s", strerror(ENOMEM));
	return -EINVAL;
}

/* A name, and where it leads. Two are names of one place if all but the last
 * two are the same: a, ./a, and a link to a; hard links are several. */
struct named {
	dev_t dev; /* the file, or the folder on the way to it that is there */
	ino_t ino;
	bool there;	  /* the file */
	const char *rest; /* of the name, behind the folder */
	char *own;	  /* allocated: the file's name without links, which is
			     `rest`, if it might have others; or NULL */
	const char *name;
	size_t number;
};

/* By what is there only. */
static int compare_files(const struct named *one, const struct named *other)
{
	if (one->dev != other->dev)
		return one->dev < other->dev ? -1 : 1;
	if (one->ino != other->ino)
		return one->ino < other->ino ? -1 : 1;
	return (int)one->there - (int)other->there;
}

static int compare_places(const struct named *one, const struct named *other)
{
	int order = compare_files(one, other);

	return order == 0 ? strcmp(one->rest, other->rest) : order;
}

static int compare_names(const void *a, const void *b)
{
	const struct named *one = a, *other = b;
	int order = compare_places(one, other);

	if (order == 0)
		order = one->number < other->number ? -1 : 1;
	return order;
}

/* Finds out where f->name leads. Returns 0 or -ENOMEM. */
static int locate(struct named *f)
{
	size_t len = strlen(f->name);
	struct stat st = {0};
	char *way;

	f->there = stat(f->name, &st) == 0;
	f->rest = f->name + len;
	way = f->there ? NULL : strdup(f->name);
	if (!f->there && !way)
		return -ENOMEM;
	for (bool found = f->there; !found && len > 0;) {
		while (len > 0 && way[len - 1] != '/')
			len--;
		f->rest = f->name + len;
		while (len > 1 && way[len - 1] == '/')
			len--;
		way[len] = '\0';
		found = stat(len > 0 ? way : ".", &st) == 0;
		len = len > 1 ? len : 0;
	}
	free(way);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

static void forget_names(struct named *sorted, size_t n)
{
	for (size_t i = 0; sorted && i < n; i++)
		free(sorted[i].own);
	free(sorted);
}

/* Of a file that comes again it counts under which name. */
static void tell_links_apart(struct named *sorted, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct named *f = &sorted[i];

		if (!f->there || compare_files(f, f - 1) != 0)
			continue;
		for (struct named *one = f - 1; one <= f; one++)
			if (!one->own) {
				one->own = realpath(one->name, NULL);
				one->rest = one->own ? one->own : "";
			}
	}
	qsort(sorted, n, sizeof(*sorted), compare_names);
}

/* The names, those of one place together, the first one first; NULL: no memory.
 * forget_names is due. */
static struct named *sort_names(const char *const *names, size_t n)
{
	struct named *sorted = calloc(n + 1, sizeof(*sorted));
	int err = 0;

	for (size_t i = 0; sorted && !err && i < n; i++) {
		sorted[i] = (struct named){.name = names[i], .number = i};
		err = locate(&sorted[i]);
	}
	if (err) {
		free(sorted);
		sorted = NULL;
	}
	if (sorted) {
		qsort(sorted, n, sizeof(*sorted), compare_names);
		tell_links_apart(sorted, n);
	}
	return sorted;
}

static bool is_again(const struct named *sorted, size_t i)
{
	return i > 0 && compare_places(&sorted[i], &sorted[i - 1]) == 0;
}

/* The first name of this file, or NULL. */
static const struct named *find_file(
	const struct named *sorted, size_t n, const struct stat *st)
{
	struct named is = {.dev = st->st_dev, .ino = st->st_ino, .there = true};
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_files(&sorted[middle], &is) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < n && compare_files(&sorted[from], &is) == 0
		       ? &sorted[from]
		       : NULL;
}

/* A FILE that is named twice is replaced once. */
static int drop_twins(struct outputs *o, const struct named *sorted,
	const char *const **inputs, size_t *n)
{
	size_t kept = 0;

	o->inputs = calloc(*n + 1, sizeof(*o->inputs));
	if (!o->inputs)
		return no_memory();
	for (size_t i = 0; i < *n; i++)
		if (!is_again(sorted, i))
			o->inputs[sorted[i].number] = sorted[i].name;
	for (size_t i = 0; i < *n; i++)
		if (o->inputs[i])
			o->inputs[kept++] = o->inputs[i];
	*inputs = o->inputs;
	*n = kept;
	return 0;
}

/* Whether a name, links followed, is that of the file `own`. */
static bool leads_to(const char *name, const char *own)
{
	char *end = realpath(name, NULL);
	bool same = end && strcmp(end, own) == 0;

	free(end);
	return same;
}

/* Under `kept` an old file is to be kept: whether that is one of the FILEs. */
static bool is_input(const char *kept, const struct named *sorted, size_t n)
{
	const struct named *f;
	struct stat st;
	char *own;
	bool is = false;

	if (lstat(kept, &st) < 0)
		return false;
	f = find_file(sorted, n, &st);
	own = f ? realpath(kept, NULL) : NULL;
	for (; own && !is && f < sorted + n && f->there &&
		f->dev == st.st_dev && f->ino == st.st_ino;
		f++)
		is = leads_to(f->name, own);
	free(own);
	return is;
}

/* The name that an old file is kept under, to be freed, or NULL. */
static char *name_kept(const struct outputs *o, const char *name)
{
	struct stat st;
	char *own = NULL, *kept = NULL;

	if (lstat(name, &st) == 0 && S_ISLNK(st.st_mode))
		own = realpath(name, NULL);
	if (asprintf(&kept, "%s%s", own ? own : name, o->suffix) < 0)
		kept = NULL;
	free(own);
	return kept;
}

static int check_kept(
	const struct outputs *o, const struct named *sorted, size_t n)
{
	char shown[512];
	int err = 0;

	for (size_t i = 0; o->suffix && !err && i < n; i++) {
		char *kept = name_kept(o, sorted[i].name);

		if (!kept) {
			err = no_memory();
		} else if (is_input(kept, sorted, n)) {
			diag_error(kept,
				"would be the old file of %s, but is an input; "
				"nothing was done",
				quote_name(
					sorted[i].name, shown, sizeof(shown)));
			err = -EINVAL;
		}
		free(kept);
	}
	return err;
}

/* In place. */
static int check_files(struct outputs *o, const char *const **inputs, size_t *n)
{
	size_t named = *n;
	struct named *sorted = sort_names(*inputs, named);
	int err = sorted ? check_kept(o, sorted, named) : no_memory();

	if (!err)
		err = drop_twins(o, sorted, inputs, n);
	forget_names(sorted, named);
	return err;
}

int outputs_list(struct outputs *o, const char *const **inputs, size_t *n)
{
	const char *option = o->in_place ? "in-place" : "output-dir";

	if (o->list) {
		if (files0_read(&o->files, o->list))
			return -EINVAL;
		*inputs = o->files.names;
		*n = o->files.n;
	}
	for (size_t i = 0; (o->in_place || o->folder) && i < *n; i++)
		if (strcmp((*inputs)[i], "-") == 0)
			return wants(option, "FILEs with names, not standard "
					     "input");
	return o->in_place ? check_files(o, inputs, n) : 0;
}

/* ---- The names of outputs ---- */

/* Whether a component is one of those that every folder has. */
static bool is_folder(const char *name, size_t len)
{
	return len <= 2 && strncmp(name, "..", len) == 0;
}

/* The length of a name without the ending of a packed file. */
static size_t length_without(const char *name)
{
	static const char *const endings[] = {
		".gz", ".bgz", ".bgzf", ".zst", ".xz"};
	const char *slash = strrchr(name, '/');
	size_t len = strlen(name);
	size_t base = slash ? strlen(slash + 1) : len;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (base > n && strcmp(name + len - n, endings[i]) == 0 &&
			!is_folder(name + len - base, base - n))
			return len - n;
	}
	return len;
}

/* Puts the components of path[0..len) behind out, each with a slash before it.
 * Returns the end, or NULL if one leads out of where it is. */
static char *put_components(char *out, const char *path, size_t len)
{
	for (size_t at = 0, n; at < len; at += n + 1) {
		const char *slash = memchr(path + at, '/', len - at);

		n = slash ? (size_t)(slash - path) - at : len - at;
		if (n == 2 && memcmp(path + at, "..", 2) == 0)
			return NULL;
		if (n == 0 || (n == 1 && path[at] == '.'))
			continue;
		*out++ = '/';
		memcpy(out, path + at, n);
		out += n;
	}
	return out;
}

static int no_name(const char *input, const char *why)
{
	diag_error(input, "%s", why);
	return -EINVAL;
}

/* The name of one output, to be freed, in *name. */
static int make_name(const struct outputs *o, const char *input, bool strip,
	bool gzip, char **name)
{
	size_t folder = strlen(o->folder);
	size_t len = strip ? length_without(input) : strlen(input);
	char *out, *end;

	while (folder > 1 && o->folder[folder - 1] == '/')
		folder--;
	if (folder == 1 && o->folder[0] == '/')
		folder = 0;
	out = malloc(folder + len + sizeof("/.gz"));
	*name = out;
	if (!out)
		return no_memory();
	memcpy(out, o->folder, folder);
	end = put_components(out + folder, input, len);
	if (!end)
		return no_name(input, "leads through '..', so it has no place "
				      "below --output-dir");
	if (end == out + folder)
		return no_name(input, "is no name of a file, so it has no "
				      "place below --output-dir");
	memcpy(end, gzip ? ".gz" : "", gzip ? sizeof(".gz") : 1);
	return 0;
}

static int check_twins(const struct outputs *o, const char *const *inputs)
{
	struct named *sorted =
		sort_names((const char *const *)o->names, o->n_names);
	char one[512], other[512];
	int err = sorted ? 0 : no_memory();

	for (size_t i = 1; !err && i < o->n_names; i++) {
		if (!is_again(sorted, i))
			continue;
		diag_error(sorted[i].name,
			"would be the output of both %s and %s; nothing was "
			"done",
			quote_name(
				inputs[sorted[i - 1].number], one, sizeof(one)),
			quote_name(inputs[sorted[i].number], other,
				sizeof(other)));
		err = -EINVAL;
	}
	forget_names(sorted, o->n_names);
	return err;
}

/* Only an output that is there can be an input. */
static int check_inputs(const struct outputs *o, const char *const *inputs)
{
	struct named *sorted = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < o->n_names; i++) {
		struct stat st;

		if (stat(o->names[i], &st) < 0)
			continue;
		if (!sorted)
			sorted = sort_names(inputs, o->n_names);
		if (!sorted) {
			err = no_memory();
		} else if (find_file(sorted, o->n_names, &st)) {
			diag_error(o->names[i],
				"would be an output, but is an input; nothing "
				"was done");
			err = -EINVAL;
		}
	}
	forget_names(sorted, o->n_names);
	return err;
}

int outputs_name(struct outputs *o, const char *const *inputs, size_t n,
	bool strip, bool gzip)
{
	if (!o->folder)
		return 0;
	o->names = calloc(n + 1, sizeof(*o->names));
	if (!o->names)
		return no_memory();
	for (o->n_names = 0; o->n_names < n; o->n_names++) {
		char **name = &o->names[o->n_names];

		if (make_name(o, inputs[o->n_names], strip, gzip, name)) {
			free(*name);
			return -EINVAL;
		}
	}
	return check_twins(o, inputs) || check_inputs(o, inputs) ? -EINVAL : 0;
}

void outputs_release(struct outputs *o)
{
	for (size_t i = 0; i < o->n_names; i++)
		free(o->names[i]);
	free(o->names);
	free(o->inputs);
	files0_release(&o->files);
	*o = (struct outputs){.in_place = false};
}
