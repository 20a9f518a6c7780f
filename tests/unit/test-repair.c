/*
 * Tests of moving aside what is torn at the end of a file: what is copied and
 * cut, what the copy is called, and that a failure changes nothing. Failures of
 * the system, and kills in between, are made in tests/cli/repair.sh.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/repair.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	bool no_owner; /* fchown: has another group, and it stays so */
} fake;

int fchown(int fd, uid_t user, gid_t group)
{
	if (!fake.no_owner)
		return (int)syscall(SYS_fchown, fd, user, group);
	errno = EPERM;
	return -1;
}

int fstat(int fd, struct stat *st)
{
	if (fstatat(fd, "", st, AT_EMPTY_PATH) != 0)
		return -1;
	/* The copy is the one that is empty. */
	st->st_gid += fake.no_owner && st->st_size == 0;
	return 0;
}

/* What a file is, opened and locked. */
static void begin(struct outfile *f, const void *data, size_t len)
{
	support_write("out", data, len);
	assert_int_equal(outfile_open(f, "out", 0), 0);
	assert_int_equal(outfile_lock(f, FDIO_NO_WAKE), 0);
}

static void end(struct outfile *f)
{
	assert_int_equal(outfile_close(f), 0);
}

/* The files beside it, of which there are so many. To be given to globfree. */
static glob_t copies(size_t wanted)
{
	glob_t found;
	int err = glob("out.*", 0, NULL, &found);

	assert_int_equal(err, wanted > 0 ? 0 : GLOB_NOMATCH);
	assert_int_equal(found.gl_pathc, wanted);
	return found;
}

static void what_is_torn_is_in_a_file_of_its_own(void **state)
{
	struct fault told = {""};
	struct outfile f;
	glob_t found;

	(void)state;
	begin(&f, BYTES("whole torn"));
	assert_int_equal(repair_move(&f, "out", 6, 10, &told), 0);
	support_file_is("out", BYTES("whole "));
	found = copies(1);
	support_file_is(found.gl_pathv[0], BYTES("torn"));
	assert_non_null(strstr(told.text, "the torn end, 4 bytes, was moved"));
	/* It says the name. */
	assert_non_null(strstr(told.text, found.gl_pathv[0] + strlen("out")));
	globfree(&found);
	end(&f);
}

static void one_byte_is_told_as_one(void **state)
{
	struct fault told = {""};
	struct outfile f;

	(void)state;
	begin(&f, BYTES("\x1f"));
	assert_int_equal(repair_move(&f, "out", 0, 1, &told), 0);
	support_file_is("out", "", 0);
	assert_non_null(strstr(told.text, " 1 byte, "));
	end(&f);
}

static void much_is_moved_as_well(void **state)
{
	size_t len = 300000;
	unsigned char *noise = support_make(SUPPORT_NOISE, len);
	struct fault told = {""};
	struct outfile f;
	glob_t found;

	(void)state;
	begin(&f, noise, len);
	assert_int_equal(repair_move(&f, "out", 7, (off_t)len, &told), 0);
	support_file_is("out", noise, 7);
	found = copies(1);
	support_file_is(found.gl_pathv[0], noise + 7, len - 7);
	globfree(&found);
	end(&f);
	free(noise);
}

static void the_copy_is_for_no_more_users(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0666, 0755};
	mode_t old = umask(0);

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct fault told = {""};
		struct outfile f;
		struct stat st;
		glob_t found;

		begin(&f, BYTES("torn"));
		assert_int_equal(chmod("out", modes[i]), 0);
		assert_int_equal(repair_move(&f, "out", 0, 4, &told), 0);
		found = copies(1);
		assert_int_equal(stat(found.gl_pathv[0], &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i] & 0666);
		assert_int_equal(unlink(found.gl_pathv[0]), 0);
		globfree(&found);
		end(&f);
	}
	(void)umask(old);
}

/* What a failed fchown, or another group, leaves. */
static void the_mode_of_a_copy_for_another_group_is_less(void **state)
{
	static const struct {
		mode_t file, copy;
	} modes[] = {{0640, 0600}, {0664, 0604}, {0646, 0604}, {0604, 0600},
		{0622, 0602}};

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct fault told = {""};
		struct outfile f;
		struct stat st;
		glob_t found;

		begin(&f, BYTES("torn"));
		assert_int_equal(chmod("out", modes[i].file), 0);
		fake.no_owner = true;
		assert_int_equal(repair_move(&f, "out", 0, 4, &told), 0);
		fake.no_owner = false;
		found = copies(1);
		assert_int_equal(stat(found.gl_pathv[0], &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i].copy);
		assert_int_equal(unlink(found.gl_pathv[0]), 0);
		globfree(&found);
		end(&f);
	}
}

static void a_copy_has_the_owner_and_the_group_of_the_file(void **state)
{
	struct fault told = {""};
	struct outfile f;
	struct stat st;
	glob_t found;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can give files away\n");
		skip();
	}
	begin(&f, BYTES("torn"));
	assert_int_equal(chown("out", 65534, 4), 0);
	assert_int_equal(chmod("out", 0640), 0);
	/* What is made in such a folder has its group. */
	assert_int_equal(chown(".", (uid_t)-1, 100), 0);
	assert_int_equal(chmod(".", 02755), 0);
	assert_int_equal(repair_move(&f, "out", 0, 4, &told), 0);
	found = copies(1);
	assert_int_equal(stat(found.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 4);
	assert_int_equal(st.st_mode & 07777, 0640);
	globfree(&found);
	end(&f);
}

static void where_a_list_tells_who_may_the_copy_is_for_its_owner(void **state)
{
	/* Version 2: its owner, user 1, its group, the mask, all others. */
	static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255,
		255, 255, 2, 0, 6, 0, 1, 0, 0, 0, 4, 0, 0, 0, 255, 255, 255,
		255, 16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255,
		255, 255};
	static const struct {
		const char *of, *name;
	} lists[] = {{"out", "system.posix_acl_access"},
		{".", "system.posix_acl_default"}};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct fault told = {""};
		struct outfile f;
		struct stat st;
		glob_t found;

		begin(&f, BYTES("torn"));
		assert_int_equal(chmod("out", 0664), 0);
#ifndef HAVE_ATTRIBUTES
		end(&f);
		print_message("skipped: built without access control lists\n");
		skip();
#endif
		if (setxattr(lists[i].of, lists[i].name, list, sizeof(list),
			    0) != 0) {
			end(&f);
			print_message("skipped: no access control lists\n");
			skip();
		}
		assert_int_equal(repair_move(&f, "out", 0, 4, &told), 0);
		found = copies(1);
		assert_int_equal(stat(found.gl_pathv[0], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(unlink(found.gl_pathv[0]), 0);
		globfree(&found);
		end(&f);
		assert_int_equal(unlink("out"), 0);
	}
}

static void a_name_that_is_long_is_cut_short(void **state)
{
	char name[256] = "", want[256];
	struct fault told = {""};
	struct outfile f;
	glob_t found;

	(void)state;
	/* 255 bytes, of which 207 stay, but no half of a character. */
	memset(name, 'n', 206);
	for (size_t at = 206; at < 254; at += 2)
		memcpy(name + at, "\xc3\xa9", 2);
	name[254] = 'n';
	support_write(name, BYTES("torn"));
	assert_int_equal(outfile_open(&f, name, 0), 0);
	assert_int_equal(outfile_lock(&f, FDIO_NO_WAKE), 0);
	assert_int_equal(repair_move(&f, name, 0, 4, &told), 0);
	assert_non_null(strstr(told.text, "this name, cut short, with .torn-"));
	memset(want, 'n', 206);
	memcpy(want + 206, ".torn-2*", 9);
	assert_int_equal(glob(want, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	support_file_is(found.gl_pathv[0], BYTES("torn"));
	globfree(&found);
	end(&f);
}

static void a_copy_is_never_overwritten(void **state)
{
	struct fault told = {""};
	size_t made = 0;
	struct outfile f;
	glob_t found;

	(void)state;
	begin(&f, BYTES("1234567"));
	for (off_t size = 7; size > 0; size--, made++)
		assert_int_equal(
			repair_move(&f, "out", size - 1, size, &told), 0);
	/* Whatever seconds they were made in. */
	found = copies(made);
	for (size_t i = 0; i < made; i++) {
		size_t len;
		char *text = support_read(found.gl_pathv[i], &len);

		assert_int_equal(len, 1);
		free(text);
	}
	globfree(&found);
	end(&f);
}

static void the_name_says_when_and_how_many(void **state)
{
	struct fault told = {""};
	time_t begun = time(NULL);
	struct outfile f;

	(void)state;
	/* All that have a number less are there. */
	for (int s = 0; s < 20; s++) {
		time_t at = begun + s;
		char name[64];
		struct tm tm;

		assert_non_null(localtime_r(&at, &tm));
		assert_int_not_equal(strftime(name, sizeof(name),
					     "out.torn-%Y%m%dT%H%M%S", &tm),
			0);
		support_write(name, "", 0);
		(void)strncat(name, "-2", 3);
		support_write(name, "", 0);
	}
	begin(&f, BYTES("torn"));
	assert_int_equal(repair_move(&f, "out", 0, 4, &told), 0);
	assert_non_null(strstr(told.text, "-3 behind it"));
	end(&f);
}

static void without_the_lock_nothing_is_moved(void **state)
{
	struct fault told = {""};
	struct outfile f;
	glob_t found;

	(void)state;
	begin(&f, BYTES("torn"));
	outfile_unlock(&f);
	assert_int_equal(repair_move(&f, "out", 0, 4, &told), -ENOLCK);
	assert_non_null(strstr(told.text, "cannot be moved aside"));
	support_file_is("out", BYTES("torn"));
	found = copies(0);
	globfree(&found);
	end(&f);
}

static void nor_what_somebody_appended_to_meanwhile(void **state)
{
	struct fault told = {""};
	struct outfile f;
	glob_t found;

	(void)state;
	begin(&f, BYTES("torn and more"));
	assert_int_equal(repair_move(&f, "out", 0, 4, &told), -EBUSY);
	support_file_is("out", BYTES("torn and more"));
	found = copies(0);
	globfree(&found);
	/* Or cut. */
	assert_int_equal(repair_move(&f, "out", 0, 40, &told), -EBUSY);
	support_file_is("out", BYTES("torn and more"));
	found = copies(0);
	globfree(&found);
	end(&f);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct fault told = {""};
	struct outfile f;

	(void)state;
	begin(&f, BYTES("torn"));
	assert_int_equal(repair_move(&f, "nowhere/out", 0, 4, &told), -ENOENT);
	support_file_is("out", BYTES("torn"));
	end(&f);
}

static void a_line_begins_behind_the_last_newline(void **state)
{
	static const struct {
		size_t before, line;
	} cases[] = {{0, 1}, {0, 5000}, {1, 1}, {1, 4095}, {1, 4096}, {1, 4097},
		{5000, 3}, {10, 20000}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = cases[i].before + cases[i].line;
		char *text = support_allocate(len);
		struct outfile f;
		off_t start = -1;

		memset(text, 'x', len);
		if (cases[i].before > 0)
			text[cases[i].before - 1] = '\n';
		begin(&f, text, len);
		assert_int_equal(repair_line_start(&f, (off_t)len, &start), 0);
		assert_int_equal(start, cases[i].before);
		assert_int_equal(repair_line_start(&f, (off_t)len + 1, &start),
			-FDIO_SHORT);
		end(&f);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(what_is_torn_is_in_a_file_of_its_own),
		in_directory(one_byte_is_told_as_one),
		in_directory(much_is_moved_as_well),
		in_directory(the_copy_is_for_no_more_users),
		in_directory(the_mode_of_a_copy_for_another_group_is_less),
		in_directory(a_copy_has_the_owner_and_the_group_of_the_file),
		in_directory(
			where_a_list_tells_who_may_the_copy_is_for_its_owner),
		in_directory(a_name_that_is_long_is_cut_short),
		in_directory(a_copy_is_never_overwritten),
		in_directory(the_name_says_when_and_how_many),
		in_directory(without_the_lock_nothing_is_moved),
		in_directory(nor_what_somebody_appended_to_meanwhile),
		in_directory(a_folder_that_is_not_there_is_an_error),
		in_directory(a_line_begins_behind_the_last_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
