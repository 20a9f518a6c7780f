/*
 * Tests of new files that take the place of old ones: what they have of the old
 * one, how they get the name, and what is left when something fails. System
 * calls fail where the test wants it (failing.h).
 */
#include "config.h"

#include "io/replace.h"

#include "failing.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What a new file has until it is published. */
enum {
	NO_NAME,
	A_NAME,
	KINDS,
#if HAVE_DECL_O_TMPFILE
	FIRST_KIND = NO_NAME
#else
	FIRST_KIND = A_NAME
#endif
};

/* Beside what there is, so many names: that of a new file. */
#define BESIDE (FIRST_KIND == A_NAME ? 1u : 0u)

/* From here on new files have that. */
static void choose(int kind)
{
	failing_reset();
	if (kind == A_NAME)
		failing_set("open nameless", 1, EOPNOTSUPP, FAILING_EVER);
}

static void begin(struct replace *r, const char *path, bool like_old)
{
	assert_int_equal(replace_open(r, path, like_old), 0);
	assert_int_equal(write(r->fd, "new", 3), 3);
}

static struct stat status(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static struct replace_mark mark_of(const char *path)
{
	struct replace_mark m;
	struct stat st = status(path);

	replace_note(&m, &st);
	return m;
}

/* So many names are here, and no other. */
static void here(size_t want)
{
	DIR *d = opendir(".");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	assert_int_equal(n - 2, want); /* . and .. */
}

static void old_file(const char *path)
{
	support_write(path, "old", 3);
}

static void it_takes_the_place_as_a_whole(void **state)
{
	(void)state;
	for (int kind = FIRST_KIND; kind < KINDS; kind++) {
		struct replace r;
		ino_t before;

		choose(kind);
		old_file("f");
		before = status("f").st_ino;
		begin(&r, "f", true);
		assert_int_equal(r.temporary != NULL, kind == A_NAME);
		here(kind == A_NAME ? 2 : 1);
		support_file_is("f", "old", 3);
		assert_int_equal(replace_sync(&r), 0);
		assert_int_equal(replace_publish(&r, true), 0);
		support_file_is("f", "new", 3);
		assert_true(status("f").st_ino != before);
		here(1);
		replace_drop(&r);
		support_file_is("f", "new", 3);
		assert_int_equal(unlink("f"), 0);
	}
}

static void what_is_dropped_leaves_nothing(void **state)
{
	(void)state;
	for (int kind = FIRST_KIND; kind < KINDS; kind++) {
		struct replace r;

		choose(kind);
		old_file("f");
		begin(&r, "f", true);
		replace_drop(&r);
		replace_drop(&r); /* nothing is left to drop */
		here(1);
		support_file_is("f", "old", 3);
	}
}

static void a_name_tells_what_it_is(void **state)
{
	struct replace r;
	char start[300];

	(void)state;
	choose(A_NAME);
	assert_int_equal(mkdir("d", 0700), 0);
	memset(start, 'n', 250);
	memcpy(start, "d/", 2);
	start[250] = '\0';
	begin(&r, start, false);
	assert_memory_equal(r.temporary, "d/.nnn", 6);
	assert_non_null(strstr(r.temporary, "nnn.upcase-pipe-"));
	assert_int_equal(replace_publish(&r, true), 0);
	support_file_is(start, "new", 3);
	replace_drop(&r);
}

static void nobody_else_may_read_it_before_it_is_said_who_may(void **state)
{
	mode_t mask = umask(022);

	(void)state;
	for (int kind = FIRST_KIND; kind < KINDS; kind++) {
		struct replace r;
		struct stat st;

		choose(kind);
		begin(&r, "f", true);
		assert_int_equal(fstat(r.fd, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		replace_drop(&r);
		begin(&r, "f", false);
		assert_int_equal(fstat(r.fd, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
		replace_drop(&r);
	}
	(void)umask(mask);
}

static void links_are_followed(void **state)
{
	struct replace r;

	(void)state;
	choose(NO_NAME);
	assert_int_equal(mkdir("d", 0700), 0);
	old_file("d/real");
	assert_int_equal(symlink("d/real", "one"), 0);
	assert_int_equal(symlink("../one", "d/two"), 0);
	assert_int_equal(symlink("nowhere", "lost"), 0);
	begin(&r, "d/two", true);
	assert_int_equal(replace_publish(&r, true), 0);
	replace_drop(&r);
	assert_true(S_ISLNK(status("d/two").st_mode));
	assert_true(S_ISLNK(status("one").st_mode));
	support_file_is("d/real", "new", 3);
	/* One that leads to no file yet. */
	begin(&r, "lost", true);
	assert_int_equal(replace_publish(&r, true), 0);
	replace_drop(&r);
	assert_true(S_ISLNK(status("lost").st_mode));
	support_file_is("nowhere", "new", 3);
	assert_int_equal(replace_open(&r, "no/folder", false), -ENOENT);
}

static void a_name_that_is_taken_stays_unless_over_it(void **state)
{
	(void)state;
	for (int kind = FIRST_KIND; kind < KINDS; kind++) {
		struct replace r;

		choose(kind);
		begin(&r, "f", false);
		old_file("f");
		assert_int_equal(replace_publish(&r, false), -EEXIST);
		replace_drop(&r);
		support_file_is("f", "old", 3);
		here(1);
		assert_int_equal(unlink("f"), 0);
		begin(&r, "f", false);
		assert_int_equal(replace_publish(&r, false), 0);
		replace_drop(&r);
		support_file_is("f", "new", 3);
		here(1);
		assert_int_equal(unlink("f"), 0);
	}
}

static void without_links_a_name_that_is_taken_stays_too(void **state)
{
	static const int without[] = {EPERM, EOPNOTSUPP};

	(void)state;
	for (size_t i = 0; i < COUNT(without); i++) {
		struct replace r;

		choose(A_NAME);
		begin(&r, "f", false);
		failing_set("link", 1, without[i], FAILING_EVER);
		old_file("f");
		assert_int_equal(replace_publish(&r, false), -EEXIST);
		support_file_is("f", "old", 3);
		replace_drop(&r);
		assert_int_equal(unlink("f"), 0);
		choose(A_NAME);
		begin(&r, "f", false);
		failing_set("link", 1, without[i], FAILING_EVER);
		assert_int_equal(replace_publish(&r, false), 0);
		support_file_is("f", "new", 3);
		replace_drop(&r);
		here(1);
		assert_int_equal(unlink("f"), 0);
	}
}

static void a_temporary_name_that_is_taken_is_not_taken_again(void **state)
{
	struct replace r;

	(void)state;
	choose(NO_NAME);
	old_file("f");
	begin(&r, "f", true);
	failing_set("linkat", 1, EEXIST, 0);
	assert_int_equal(replace_publish(&r, true), 0);
	assert_string_equal(
		failing_log, BESIDE ? "rename " : "linkat linkat rename ");
	replace_drop(&r);
	support_file_is("f", "new", 3);
	here(1);
}

/* Where a descriptor cannot be linked itself, it is by its name in /proc. */
static void a_name_is_given_by_way_of_proc_as_well(void **state)
{
	static const int cannot[] = {ENOENT, EINVAL};

	(void)state;
	for (size_t i = 0; i < COUNT(cannot); i++) {
		struct replace r;

		choose(NO_NAME);
		old_file("f");
		begin(&r, "f", true);
		failing_set("linkat", 1, cannot[i], 0);
		assert_int_equal(replace_publish(&r, true), 0);
		assert_string_equal(failing_log,
			BESIDE ? "rename " : "linkat linkat rename ");
		replace_drop(&r);
		support_file_is("f", "new", 3);
	}
}

static void what_cannot_be_published_leaves_the_old_one(void **state)
{
	static const char *const calls[] = {FAILING_PLACE, "rename"};

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct replace r;

		choose(NO_NAME);
		old_file("f");
		begin(&r, "f", true);
		failing_set(calls[i], 1, EACCES, FAILING_EVER);
		assert_int_equal(replace_publish(&r, true), -EACCES);
		replace_drop(&r);
		support_file_is("f", "old", 3);
		here(1);
	}
}

static void each_change_of_the_old_file_is_seen(void **state)
{
	struct replace_mark m, other;
	struct replace r;

	(void)state;
	choose(NO_NAME);
	old_file("f");
	m = mark_of("f");
	begin(&r, "f", true);
	assert_true(replace_is_same(&r, &m));
#define SEEN(change)                                       \
	do {                                               \
		other = m;                                 \
		change;                                    \
		assert_false(replace_is_same(&r, &other)); \
	} while (0)
	SEEN(other.dev++);
	SEEN(other.ino++);
	SEEN(other.size++);
	SEEN(other.changed.tv_sec++);
	SEEN(other.changed.tv_nsec++);
	SEEN(other.mode ^= 01);
	SEEN(other.uid++);
	SEEN(other.gid++);
	assert_int_equal(rename("f", "g"), 0);
	assert_false(replace_is_same(&r, &m));
	assert_int_equal(symlink("g", "f"), 0);
	assert_false(replace_is_same(&r, &m));
	replace_drop(&r);
}

/* Keeps a mode of a file that belongs to somebody else. Returns the mode that
 * the new file has got. */
static mode_t kept_mode(mode_t mode, int at, int more)
{
	struct replace_mark m;
	struct replace r;
	struct fault fault = {""};
	struct stat st;

	choose(NO_NAME);
	old_file("f");
	m = mark_of("f");
	m.mode = S_IFREG | mode;
	m.uid++;
	begin(&r, "f", true);
	failing_set("fchown", at, EPERM, more);
	assert_int_equal(replace_keep(&r, &m, &fault), 0);
	assert_int_equal(fstat(r.fd, &st), 0);
	replace_drop(&r);
	return st.st_mode & 07777;
}

static void the_rights_of_others_are_not_given_to_ours(void **state)
{
	(void)state;
	/* The group is ours, then nothing is. */
	assert_int_equal(kept_mode(06755, 1, 0), 02755);
	assert_string_equal(failing_log, "fchown fchown fchmod ");
	assert_int_equal(kept_mode(06755, 1, FAILING_EVER), 0755);
}

static void the_mode_is_kept_and_given_last(void **state)
{
	struct replace_mark m;
	struct replace r;
	struct fault fault = {""};

	(void)state;
	choose(NO_NAME);
	old_file("f");
	assert_int_equal(chmod("f", 04751), 0);
	m = mark_of("f");
	begin(&r, "f", true);
	assert_int_equal(replace_keep(&r, &m, &fault), 0);
	assert_string_equal(failing_log, "fchmod ");
	assert_int_equal(replace_publish(&r, true), 0);
	replace_drop(&r);
	assert_int_equal(status("f").st_mode & 07777, 04751);
	begin(&r, "f", true);
	failing_set("fchmod", 1, EPERM, FAILING_EVER);
	assert_int_equal(replace_keep(&r, &m, &fault), -EPERM);
	assert_string_equal(
		fault.text, "its mode cannot be kept: Operation not permitted");
	replace_drop(&r);
}

#ifdef HAVE_ATTRIBUTES

/* Attributes, of what replace_keep does: returned, noted and told. */
struct keeping {
	struct failing_attribute all[4];
	int inherited;
	const char *call; /* that fails; NULL: none */
	int err;
	int want;
	const char *log, *told;
};

static void attributes_are_kept_or_it_is_told(void **state)
{
	static char large[5001];
	const struct keeping cases[] = {
		{.log = "fchmod "},
		{{{"user.a", "1", 0}, {"user.b", "", 0}}, 0, NULL, 0, 0,
			"user.a=1:1 user.b=0: fchmod ", ""},
		{{{"user.l", large, 0}}, 0, NULL, 0, 0,
			"user.l=5000:xxxxxxxx fchmod ", ""},
		{{{"user.a", "1", EPERM}}, 0, NULL, 0, -EPERM, "",
			"its attribute user.a cannot be kept: Operation not "
			"permitted"},
		/* What the system gives, it gives. */
		{{{"security.a", "1", EPERM}, {"trusted.b", "2", EPERM},
			 {"user.c", "3", 0}},
			0, NULL, 0, 0, "user.c=1:3 fchmod ", ""},
		/* It may go meanwhile. */
		{{{"user.a", "1", 0}}, 0, "getxattr", ENODATA, 0, "fchmod ",
			""},
		{{{"user.a", "1", 0}}, 0, "getxattr", EIO, -EIO, "",
			"its attribute user.a cannot be kept: Input/output "
			"error"},
		{.call = "listxattr", .err = ENOTSUP, .log = "fchmod "},
		{.call = "listxattr",
			.err = EIO,
			.want = -EIO,
			.log = "",
			.told = "its attributes cannot be read: Input/output "
				"error"},
		/* A list that the folder gave. */
		{.inherited = 1, .log = "fremovexattr fchmod "},
		{.inherited = 1,
			.call = "fremovexattr",
			.err = EIO,
			.want = -EIO,
			.log = "fremovexattr ",
			.told = "its access control list cannot be removed: "
				"Input/output error"},
		{{{"system.posix_acl_access", "list", 0}}, 1, NULL, 0, 0,
			"system.posix_acl_access=4:list fchmod ", ""},
	};
	struct replace_mark m;
	struct replace r;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	choose(NO_NAME);
	old_file("f");
	m = mark_of("f");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fault fault = {""};

		choose(NO_NAME);
		begin(&r, "f", true);
		failing_attributes(cases[i].all, cases[i].inherited);
		if (cases[i].call)
			failing_set(
				cases[i].call, 1, cases[i].err, FAILING_EVER);
		assert_int_equal(replace_keep(&r, &m, &fault), cases[i].want);
		assert_string_equal(failing_log, cases[i].log);
		assert_string_equal(
			fault.text, cases[i].told ? cases[i].told : "");
		replace_drop(&r);
	}
}

static void the_names_of_many_attributes_are_read(void **state)
{
	static char names[40][64];
	static struct failing_attribute all[41];
	struct replace_mark m;
	struct replace r;
	struct fault fault = {""};

	(void)state;
	choose(NO_NAME);
	for (size_t i = 0; i < 40; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "user.%050zu", i);
		all[i] = (struct failing_attribute){names[i], "", EPERM};
		all[i].unwritable = i == 39 ? EPERM : 0;
	}
	failing_attributes(all, 0);
	old_file("f");
	m = mark_of("f");
	begin(&r, "f", true);
	assert_int_equal(replace_keep(&r, &m, &fault), -EPERM);
	assert_non_null(strstr(fault.text, names[39]));
	replace_drop(&r);
}

#endif

/* ---- The old file is kept ---- */

static void the_old_one_is_kept_and_never_without_a_name(void **state)
{
	struct replace r;
	struct replace_mark m;
	struct fault fault = {""};

	(void)state;
	choose(NO_NAME);
	old_file("f");
	support_write("f.bak", "older", 5);
	m = mark_of("f");
	begin(&r, "f", true);
	assert_int_equal(replace_back_up(&r, ".bak", &m, &fault), 0);
	assert_string_equal(failing_log, "link rename ");
	support_file_is("f.bak", "old", 3);
	assert_int_equal(status("f").st_ino, status("f.bak").st_ino);
	here(2 + BESIDE);
	/* Again: both are names of one file already. */
	assert_int_equal(replace_back_up(&r, ".bak", &m, &fault), 0);
	here(2 + BESIDE);
	assert_int_equal(replace_publish(&r, true), 0);
	replace_drop(&r);
	support_file_is("f", "new", 3);
	support_file_is("f.bak", "old", 3);
	assert_int_equal(status("f.bak").st_nlink, 1);
}

static void what_cannot_be_kept_is_told(void **state)
{
	struct replace r;
	struct replace_mark m;
	struct fault fault = {""};

	(void)state;
	choose(NO_NAME);
	old_file("f");
	m = mark_of("f");
	begin(&r, "f", true);
	failing_set("link", 1, EPERM, FAILING_EVER);
	assert_int_equal(replace_back_up(&r, ".bak", &m, &fault), -EPERM);
	assert_string_equal(
		fault.text, "cannot be kept as *.bak: Operation not permitted");
	failing_set("rename", 1, EISDIR, FAILING_EVER);
	assert_int_equal(replace_back_up(&r, ".bak", &m, &fault), -EISDIR);
	assert_string_equal(
		fault.text, "cannot be kept as *.bak: Is a directory");
	here(1 + BESIDE);
	/* A name beside it that is in use is passed over. */
	failing_set("link", 1, EEXIST, 0);
	assert_int_equal(replace_back_up(&r, ".bak", &m, &fault), 0);
	here(2 + BESIDE);
	replace_drop(&r);
}

static void a_second_name_is_known_if_it_is_that_one(void **state)
{
	struct stat st;

	(void)state;
	old_file("f");
	old_file("other.bak");
	assert_int_equal(link("f", "f.bak"), 0);
	assert_int_equal(symlink("f", "l"), 0);
	assert_int_equal(symlink("f", "other"), 0);
	st = status("f");
	assert_true(replace_is_backed_up("f", ".bak", &st));
	assert_true(replace_is_backed_up("l", ".bak", &st));
	assert_false(replace_is_backed_up("f", ".old", &st));
	assert_false(replace_is_backed_up("nowhere", ".bak", &st));
	assert_int_equal(unlink("f.bak"), 0);
	old_file("f.bak");
	assert_false(replace_is_backed_up("f", ".bak", &st));
	/* A link to it is no second name of it. */
	assert_int_equal(unlink("f.bak"), 0);
	assert_int_equal(symlink("f", "f.bak"), 0);
	assert_false(replace_is_backed_up("f", ".bak", &st));
}

/* ---- What is on the disk ---- */

static void many_are_synced_at_once(void **state)
{
	struct replace r[3];

	(void)state;
	choose(NO_NAME);
	for (size_t i = 0; i < COUNT(r); i++)
		begin(&r[i], "f", false);
	assert_int_equal(replace_sync_all(r, 0), 0);
	assert_string_equal(failing_log, "");
	assert_int_equal(replace_sync_all(r, 1), 0);
	assert_string_equal(failing_log, "fsync ");
	failing_reset();
	assert_int_equal(replace_sync_all(r, 3), 0);
#ifdef HAVE_SYNCFS
	assert_string_equal(failing_log, "syncfs ");
	failing_set("syncfs", 1, EINTR, 0);
	assert_int_equal(replace_sync_all(r, 3), 0);
	failing_set("syncfs", 1, EIO, FAILING_EVER);
#else
	assert_string_equal(failing_log, "fsync fsync fsync ");
	failing_set("fsync", 3, EIO, FAILING_EVER);
#endif
	assert_int_equal(replace_sync_all(r, 3), -EIO);
	for (size_t i = 0; i < COUNT(r); i++)
		replace_drop(&r[i]);
}

static void a_sync_that_there_is_not_is_no_error(void **state)
{
	static const struct {
		int err, want;
	} cases[] = {{EINVAL, 0}, {EROFS, 0}, {EINTR, 0}, {EIO, -EIO},
		{ENOSPC, -ENOSPC}};
	struct replace r;

	(void)state;
	choose(NO_NAME);
	begin(&r, "f", false);
	for (size_t i = 0; i < COUNT(cases); i++) {
		failing_set("fsync", 1, cases[i].err, 0);
		assert_int_equal(replace_sync(&r), cases[i].want);
	}
	replace_drop(&r);
}

static void names_are_synced_once_for_each_place(void **state)
{
	struct replace_names names = {.n = 0};

	(void)state;
	failing_reset();
	assert_int_equal(mkdir("d", 0700), 0);
	old_file("f");
	old_file("g");
	old_file("d/h");
	assert_int_equal(replace_names_sync(&names), 0);
	assert_int_equal(replace_names_add(&names, "gone"), 0);
	assert_int_equal(names.n, 0);
	assert_int_equal(replace_names_add(&names, "f/no"), -ENOTDIR);
	assert_int_equal(replace_names_add(&names, "f"), 0);
	assert_int_equal(replace_names_add(&names, "g"), 0);
	assert_int_equal(names.n, 1);
	assert_int_equal(replace_names_add(&names, "d/h"), 0);
#ifdef HAVE_SYNCFS
	assert_int_equal(names.n, 1);
	assert_int_equal(replace_names_sync(&names), 0);
	assert_string_equal(failing_log, "syncfs ");
	failing_set("syncfs", 1, EIO, FAILING_EVER);
#else
	assert_int_equal(names.n, 2);
	assert_int_equal(replace_names_sync(&names), 0);
	assert_string_equal(failing_log, "fsync fsync ");
	failing_set("fsync", 2, EIO, FAILING_EVER);
#endif
	assert_int_equal(replace_names_sync(&names), -EIO);
	replace_names_release(&names);
	assert_int_equal(names.n, 0);
	failing_reset();
	assert_int_equal(replace_sync_name("d/h"), 0);
	assert_string_equal(failing_log, "fsync ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(it_takes_the_place_as_a_whole),
		in_directory(what_is_dropped_leaves_nothing),
		in_directory(a_name_tells_what_it_is),
		in_directory(nobody_else_may_read_it_before_it_is_said_who_may),
		in_directory(links_are_followed),
		in_directory(a_name_that_is_taken_stays_unless_over_it),
		in_directory(without_links_a_name_that_is_taken_stays_too),
		in_directory(a_temporary_name_that_is_taken_is_not_taken_again),
		in_directory(a_name_is_given_by_way_of_proc_as_well),
		in_directory(what_cannot_be_published_leaves_the_old_one),
		in_directory(each_change_of_the_old_file_is_seen),
		in_directory(the_rights_of_others_are_not_given_to_ours),
		in_directory(the_mode_is_kept_and_given_last),
#ifdef HAVE_ATTRIBUTES
		in_directory(attributes_are_kept_or_it_is_told),
		in_directory(the_names_of_many_attributes_are_read),
#endif
		in_directory(the_old_one_is_kept_and_never_without_a_name),
		in_directory(what_cannot_be_kept_is_told),
		in_directory(a_second_name_is_known_if_it_is_that_one),
		in_directory(many_are_synced_at_once),
		in_directory(a_sync_that_there_is_not_is_no_error),
		in_directory(names_are_synced_once_for_each_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
