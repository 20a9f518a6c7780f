/*
 * failing - calls about files that fail when a test wants it, or are noted
 *
 * For programs that are linked with $(failing_files) of Makefile.am. Used by
 * the test's own thread.
 */
#ifndef UPCASE_TESTS_FAILING_H
#define UPCASE_TESTS_FAILING_H

/* The calls that go through here, each noted with a blank behind it, but for
 * those of extended attributes. */
extern char failing_log[1024];

/* Nothing fails, nothing is noted yet, no file has attributes. */
void failing_reset(void);

#define FAILING_EVER 1000000

/* The `at`th use of the call from now on, 1 for the next, fails with err; so do
 * as many `more` behind it. A new file without a name is "open nameless", any
 * other one "open", and either "any open". One call at a time. */
void failing_set(const char *call, int at, int err, int more);

/* So many opens fail if there can be no new file, which then is given its place
 * by this call. */
#if HAVE_DECL_O_TMPFILE
#define FAILING_OPENS 2
#define FAILING_PLACE "linkat"
#else
#define FAILING_OPENS 1
#define FAILING_PLACE "rename"
#endif

/* What there is in place of the attributes of real files. */
struct failing_attribute {
	const char *name; /* NULL: the last one */
	const char *value;
	int unwritable; /* an errno: to set it fails with that */
};

/* Each file that is read from has these; a new one has, when it was made, an
 * access control list or not. */
void failing_attributes(const struct failing_attribute *all, int inherited);

#endif
