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

/* A name, and the how many-th it is. */
struct numbered {
	const char *name;
	size_t number;
};

static int compare_names(const void *a, const void *b)
{
	const struct numbered *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	if (order == 0)
		order = one->number < other->number ? -1 : 1;
	return order;
}

/* The names in their order, to be freed, or NULL. */
static struct numbered *sort_names(const char *const *names, size_t n)
{
	struct numbered *sorted = calloc(n + 1, sizeof(*sorted));

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = (struct numbered){names[i], i};
	if (sorted)
		qsort(sorted, n, sizeof(*sorted), compare_names);
	return sorted;
}

/* A FILE that is named twice is replaced once. */
static int drop_twins(struct outputs *o, const char *const **inputs, size_t *n)
{
	struct numbered *sorted = sort_names(*inputs, *n);
	size_t kept = 0;

	o->inputs = calloc(*n + 1, sizeof(*o->inputs));
	if (!sorted || !o->inputs) {
		free(sorted);
		return no_memory();
	}
	for (size_t i = 0; i < *n; i++)
		if (i == 0 || strcmp(sorted[i].name, sorted[i - 1].name) != 0)
			o->inputs[sorted[i].number] = sorted[i].name;
	free(sorted);
	for (size_t i = 0; i < *n; i++)
		if (o->inputs[i])
			o->inputs[kept++] = o->inputs[i];
	*inputs = o->inputs;
	*n = kept;
	return 0;
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
	return o->in_place ? drop_twins(o, inputs, n) : 0;
}

/* ---- The names of outputs ---- */

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

		if (base > n && strcmp(name + len - n, endings[i]) == 0)
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
	struct numbered *sorted =
		sort_names((const char *const *)o->names, o->n_names);
	char one[512], other[512];
	int err = 0;

	if (!sorted)
		return no_memory();
	for (size_t i = 1; !err && i < o->n_names; i++) {
		if (strcmp(sorted[i].name, sorted[i - 1].name) != 0)
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
	free(sorted);
	return err;
}

/* Which file something is. */
struct which {
	dev_t dev;
	ino_t ino;
};

static int compare_files(const void *a, const void *b)
{
	const struct which *one = a, *other = b;

	if (one->dev != other->dev)
		return one->dev < other->dev ? -1 : 1;
	if (one->ino != other->ino)
		return one->ino < other->ino ? -1 : 1;
	return 0;
}

/* Which files there are of these, in order, to be freed, or NULL. */
static struct which *find_files(
	const char *const *names, size_t n, size_t *found)
{
	struct which *files = calloc(n + 1, sizeof(*files));
	struct stat st;

	*found = 0;
	for (size_t i = 0; files && i < n; i++)
		if (stat(names[i], &st) == 0)
			files[(*found)++] =
				(struct which){st.st_dev, st.st_ino};
	if (files)
		qsort(files, *found, sizeof(*files), compare_files);
	return files;
}

/* Only an output that is there can be an input. */
static int check_inputs(const struct outputs *o, const char *const *inputs)
{
	struct which *files = NULL;
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; !err && i < o->n_names; i++) {
		struct stat st;

		if (stat(o->names[i], &st) < 0)
			continue;
		if (!files)
			files = find_files(inputs, o->n_names, &n);
		if (!files) {
			err = no_memory();
		} else if (bsearch(&(struct which){st.st_dev, st.st_ino}, files,
				   n, sizeof(*files), compare_files)) {
			diag_error(o->names[i],
				"would be an output, but is an input; nothing "
				"was done");
			err = -EINVAL;
		}
	}
	free(files);
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
