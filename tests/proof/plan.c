#include "plan.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const call_names[] = {
#define NAME(name, text) text,
	CALLS(NAME)};

struct order {
	enum call call;
	unsigned first, last;
	int error; /* an errno or SHORT; 0: something else */
	int signal;
	char what[16];
	char path[256];
};

struct counts {
	char name[16];
	atomic_uint uses, faults;
};

static struct order orders[8];
static unsigned n_orders;
static struct counts own_counts[N_CALLS], *counts = own_counts;
static atomic_bool begun;

static enum call call_of(const char *name)
{
	unsigned c = 0;

	while (c < N_CALLS && strcmp(call_names[c], name) != 0)
		c++;
	return c;
}

static void add_order(const char *text)
{
	struct order *o = &orders[n_orders];
	char name[16];

	*o = (struct order){0};
	if (n_orders == sizeof(orders) / sizeof(orders[0]) ||
		sscanf(text, "%15s %u %u %15s %255s", name, &o->first, &o->last,
			o->what, o->path) < 4)
		return;
	o->call = call_of(name);
	o->error = strcmp(o->what, "short") == 0 ? SHORT : atoi(o->what);
	(void)sscanf(o->what, "signal=%d", &o->signal);
	n_orders++;
}

static void read_orders(void)
{
	const char *all = getenv("PROOF_FAULTS");
	char text[2048], *save = NULL;

	if (!all)
		return;
	(void)snprintf(text, sizeof(text), "%s", all);
	for (char *t = strtok_r(text, ";", &save); t;
		t = strtok_r(NULL, ";", &save))
		add_order(t);
}

/* Files are opened by stdio here, whose own calls do not come by faults.c. */
static void share_counts(void)
{
	const char *path = getenv("PROOF_COUNTS");
	FILE *f = path ? fopen(path, "r+e") : NULL;
	void *at = MAP_FAILED;

	if (!f)
		return;
	if (truncate(path, sizeof(own_counts)) == 0)
		at = mmap(NULL, sizeof(own_counts), PROT_READ | PROT_WRITE,
			MAP_SHARED, fileno(f), 0);
	(void)fclose(f);
	if (at == MAP_FAILED)
		return;
	counts = at;
	for (unsigned c = 0; c < N_CALLS; c++)
		(void)snprintf(counts[c].name, sizeof(counts[c].name), "%s",
			call_names[c]);
}

static void put_aside(const char *path)
{
	char other[300];

	(void)snprintf(other, sizeof(other), "%s.old", path);
	(void)rename(path, other);
}

static void halve(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		(void)truncate(path, st.st_size / 2);
}

static void grow(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (!f)
		return;
	(void)fputs("it grew\n", f);
	(void)fclose(f);
}

static void act(const struct order *o)
{
	int saved = errno;

	if (o->signal)
		(void)kill(getpid(), o->signal);
	else if (strcmp(o->what, "unlink") == 0)
		(void)unlink(o->path);
	else if (strcmp(o->what, "empty") == 0)
		(void)truncate(o->path, 0);
	else if (strcmp(o->what, "half") == 0)
		halve(o->path);
	else if (strcmp(o->what, "grow") == 0)
		grow(o->path);
	else
		put_aside(o->path);
	if (strcmp(o->what, "directory") == 0)
		(void)mkdir(o->path, 0777);
	if (strcmp(o->what, "fifo") == 0)
		(void)mkfifo(o->path, 0666);
	errno = saved;
}

int plan_use(enum call c)
{
	int result = AS_EVER;
	unsigned n;

	if (!atomic_load(&begun))
		return AS_EVER;
	n = atomic_fetch_add(&counts[c].uses, 1) + 1;
	for (unsigned i = 0; i < n_orders; i++) {
		const struct order *o = &orders[i];

		if (o->call != c || n < o->first || n > o->last)
			continue;
		atomic_fetch_add(&counts[c].faults, 1);
		if (o->error)
			result = o->error;
		else
			act(o);
	}
	return result;
}

void plan_begin(void)
{
	read_orders();
	share_counts();
	atomic_store(&begun, true);
}

void plan_end(void)
{
	atomic_store(&begun, false);
}
