/*
 * Tests of fields that are chosen by name: what is a name in a header, and what
 * is said when one is missing.
 */
#include "config.h"

#include "text/columns.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory that runs out after so many calls; -1: never. */
static int left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool runs_out(void)
{
	if (left == 0)
		return true;
	if (left > 0)
		left--;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return runs_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return runs_out() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return runs_out() ? NULL : __real_realloc(p, size);
}

/* Names, up to an empty pointer. */
#define NAMES(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static struct columns *make(const char *const *names, const char *delimiter,
	bool quotes, bool complement)
{
	struct columns_wanted wanted = {.names = names,
		.complement = complement,
		.delimiter = delimiter,
		.delimiter_len = strlen(delimiter),
		.quotes = quotes};
	struct columns *c;

	while (names[wanted.n_names])
		wanted.n_names++;
	c = columns_new(&wanted);
	assert_non_null(c);
	return c;
}

/* Finds them in a header that is in memory of just its size. Returns what was
 * found, as "2,5". */
static enum columns_found find(struct columns *c, const char *header,
	size_t len, char *found, char *words, size_t room)
{
	unsigned char *p = __real_malloc(len > 0 ? len : 1);
	const struct ranges *ranges = NULL;
	enum columns_found come;

	assert_non_null(p);
	memcpy(p, header, len);
	come = columns_find(c, p, len, &ranges, words, room);
	free(p);
	found[0] = '\0';
	for (uint32_t k = 1; come == COLUMNS_ALL && k < 20; k++)
		if (ranges_from(ranges, k)->first <= k)
			(void)sprintf(found + strlen(found), "%s%u",
				found[0] ? "," : "", k);
	return come;
}

static void names_are_found_as_they_are_written(void **state)
{
	static const struct {
		const char *header;
		const char *names[3];
		const char *delimiter;
		bool quotes, complement;
		const char *want; /* NULL: one is missing */
	} cases[] = {
		{"id,city,name", {"city"}, ",", false, false, "2"},
		{"id,city,name", {"name", "id"}, ",", false, false, "1,3"},
		{"id,city,name", {"city"}, ",", false, true,
			"1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"},
		/* As a whole. */
		{"id,city,name", {"cit"}, ",", false, false, NULL},
		{"id,city,name", {"cityx"}, ",", false, false, NULL},
		{"id,city,name", {"city,name"}, ",", false, false, NULL},
		{"id,city,name", {"City"}, ",", false, false, NULL},
		{"id,city,name", {"i"}, ",", false, false, NULL},
		/* All of that name. */
		{"a,b,a,b,a", {"a"}, ",", false, false, "1,3,5"},
		{"a,b,a", {"a", "a"}, ",", false, false, "1,3"},
		/* Empty ones. */
		{"a,,b", {""}, ",", false, false, "2"},
		{"a,b,", {""}, ",", false, false, "3"},
		{"", {""}, ",", false, false, "1"},
		{"", {"a"}, ",", false, false, NULL},
		{",", {""}, ",", false, false, "1,2"},
		{"\"\",b", {""}, ",", true, false, "1"},
		/* Quotes are taken off where there are any. */
		{"\"id\",\"city\"", {"city"}, ",", true, false, "2"},
		{"\"id\",city", {"id", "city"}, ",", true, false, "1,2"},
		{"\"id\",city", {"id"}, ",", false, false, NULL},
		{"\"id\",city", {"\"id\""}, ",", false, false, "1"},
		{"\"a,b\",c", {"a,b"}, ",", true, false, "1"},
		{"\"a,b\",c", {"c"}, ",", true, false, "2"},
		{"\"a\nb\",c", {"a\nb", "c"}, ",", true, false, "1,2"},
		{"\"a\"\"b\",c", {"a\"b"}, ",", true, false, "1"},
		{"\"a\"\"b\",c", {"a\"\"b"}, ",", true, false, NULL},
		{"\"\"\"\",c", {"\""}, ",", true, false, "1"},
		{"\"\"\"a\"\"\",c", {"\"a\"", "c"}, ",", true, false, "1,2"},
		/* What is behind them is not of the name. */
		{"\"a\"x,b", {"a", "b"}, ",", true, false, "1,2"},
		{"\"a\"x,b", {"ax"}, ",", true, false, NULL},
		/* In a field that does not begin with one, one is a character.
		 */
		{"a\"b,c", {"a\"b", "c"}, ",", true, false, "1,2"},
		{"a\"\"b,c", {"a\"\"b"}, ",", true, false, "1"},
		/* Never closed. */
		{"a,\"b,c", {"b,c"}, ",", true, false, "2"},
		{"a,\"", {""}, ",", true, false, "2"},
		/* Lines as other systems end them. */
		{"id,city\r", {"city"}, ",", false, false, "2"},
		{"id,\"city\"\r", {"city"}, ",", true, false, "2"},
		{"id,city\r\r", {"city\r"}, ",", false, false, "2"},
		{"id\r,city", {"id"}, ",", false, false, NULL},
		{"\r", {""}, ",", false, false, "1"},
		/* Delimiters of several bytes. */
		{"a\xD0\xB6"
		 "b\xD0\xB6\xD0\xB6",
			{"b", ""}, "\xD0\xB6", false, false, "2,3,4"},
		{"a\xD0\xB7\xD0\xB6"
		 "b\xD0",
			{"a\xD0\xB7", "b\xD0"}, "\xD0\xB6", false, false,
			"1,2"},
		{"\"a\xF0\x9F\x98\x80z\"\xF0\x9F\x98\x80q",
			{"a\xF0\x9F\x98\x80z", "q"}, "\xF0\x9F\x98\x80", true,
			false, "1,2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct columns *c = make(cases[i].names, cases[i].delimiter,
			cases[i].quotes, cases[i].complement);
		char found[64], words[240];
		enum columns_found come = find(c, cases[i].header,
			strlen(cases[i].header), found, words, sizeof(words));

		if (come != (cases[i].want ? COLUMNS_ALL : COLUMNS_MISSING) ||
			(cases[i].want && strcmp(found, cases[i].want) != 0))
			fail_msg(
				"'%s': %d, '%s'", cases[i].header, come, found);
		columns_free(c);
	}
}

/* A NUL is a byte of a FILE, and ends a name of the user. */
static void a_nul_in_a_header_ends_no_name(void **state)
{
	/* Behind it stands what is behind the NUL in the header. */
	static const char name[] = "a\0b";
	struct columns *c = make(NAMES(name), ",", false, false);
	char found[64];

	(void)state;
	assert_int_equal(
		find(c, BYTES("x,a\0b"), found, NULL, 0), COLUMNS_MISSING);
	assert_int_equal(
		find(c, BYTES("a\0,b"), found, NULL, 0), COLUMNS_MISSING);
	assert_int_equal(find(c, BYTES("a\0,a"), found, NULL, 0), COLUMNS_ALL);
	assert_string_equal(found, "2");
	columns_free(c);
}

static void numbers_go_beside_names(void **state)
{
	const char *const *names = NAMES("b");
	struct columns_wanted wanted = {.names = names,
		.n_names = 1,
		.delimiter = ",",
		.delimiter_len = 1};
	struct columns *c;
	char found[64];

	(void)state;
	assert_int_equal(ranges_add(&wanted.numbers, 5, 6), 0);
	c = columns_new(&wanted);
	assert_non_null(c);
	assert_int_equal(find(c, BYTES("a,b"), found, NULL, 0), COLUMNS_ALL);
	assert_string_equal(found, "2,5,6");
	assert_int_equal(find(c, BYTES("b,a"), found, NULL, 0), COLUMNS_ALL);
	assert_string_equal(found, "1,5,6");
	columns_free(c);
	columns_free(NULL);
}

static void the_same_header_comes_to_the_same_ranges(void **state)
{
	struct columns *c = make(NAMES("b"), ",", false, false);
	const struct ranges *first, *second, *third;
	const unsigned char ab[] = "a,b", xb[] = "x,b", b[] = "b";

	(void)state;
	assert_int_equal(columns_find(c, ab, 3, &first, NULL, 0), COLUMNS_ALL);
	assert_int_equal(columns_find(c, b, 1, &second, NULL, 0), COLUMNS_ALL);
	assert_int_equal(columns_find(c, xb, 3, &third, NULL, 0), COLUMNS_ALL);
	assert_ptr_equal(first, third);
	assert_ptr_not_equal(first, second);
	/* And live on. */
	assert_int_equal(first->list[0].first, 2);
	assert_int_equal(second->list[0].first, 1);
	columns_free(c);
}

/* ---- Many ---- */

#define FIELDS 19

static uint32_t random_number(void)
{
	static uint32_t x = 1;

	x = x * 1103515245 + 12345;
	return x >> 16;
}

/* Few letters, so that names are alike, or begin alike. */
static void random_name(char name[4])
{
	size_t len = 0;

	while (len < 3 && random_number() % 4 > 0)
		name[len++] = "ab\"\xC3"[random_number() % 4];
	name[len] = '\0';
}

/* Puts it behind the header, in quotes. */
static void put_field(char *header, const char *name)
{
	char *at = header + strlen(header);

	if (at > header)
		*at++ = ',';
	*at++ = '"';
	for (; *name; name++) {
		if (*name == '"')
			*at++ = '"';
		*at++ = *name;
	}
	*at++ = '"';
	*at = '\0';
}

static void each_of_many_names_is_found(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		char texts[FIELDS][4], header[FIELDS * 9 + 1] = "";
		char want[64] = "", found[64];
		const char *names[FIELDS + 1];
		size_t n = 1 + random_number() % FIELDS;
		struct columns *c;

		for (size_t i = 0; i < FIELDS; i++) {
			random_name(texts[i]);
			put_field(header, texts[i]);
		}
		for (size_t i = 0; i < n; i++)
			names[i] = texts[random_number() % FIELDS];
		names[n] = NULL;
		for (size_t i = 0; i < FIELDS; i++) {
			size_t k = 0;

			while (k < n && strcmp(names[k], texts[i]) != 0)
				k++;
			if (k < n)
				(void)sprintf(want + strlen(want), "%s%zu",
					want[0] ? "," : "", i + 1);
		}
		c = make(names, ",", true, false);
		assert_int_equal(
			find(c, header, strlen(header), found, NULL, 0),
			COLUMNS_ALL);
		assert_string_equal(found, want);
		columns_free(c);
	}
}

static void without_memory_nothing_is_chosen(void **state)
{
	const char *const *names = NAMES("a", "c");
	struct columns_wanted wanted = {.names = names,
		.n_names = 2,
		.complement = true,
		.delimiter = ",",
		.delimiter_len = 1};
	struct columns *c;
	char found[64];

	(void)state;
	assert_int_equal(ranges_add(&wanted.numbers, 7, 7), 0);
	left = 0;
	assert_null(columns_new(&wanted));
	assert_int_equal(wanted.numbers.n, 1);
	left = -1;
	c = columns_new(&wanted);
	assert_non_null(c);
	/* Of 7, 1 and 3; of what is around them; of what is kept. */
	for (int n = 0;; n++) {
		left = n;
		if (find(c, BYTES("a,b,c,d"), found, NULL, 0) == COLUMNS_ALL)
			break;
		assert_true(n < 8);
	}
	assert_int_equal(left, 0);
	left = -1;
	assert_string_equal(found, "2,4,5,6,8,9,10,11,12,13,14,15,16,17,18,19");
	columns_free(c);
}

/* ---- Words ---- */

static void missing(
	const char *const *names, const char *header, const char *want)
{
	struct columns *c = make(names, ",", true, false);
	char found[64], words[240];

	memset(words, 'x', sizeof(words));
	assert_int_equal(
		find(c, header, strlen(header), found, words, sizeof(words)),
		COLUMNS_MISSING);
	assert_string_equal(words, want);
	columns_free(c);
}

static void a_name_that_is_missing_is_said_with_those_that_are_there(
	void **state)
{
	(void)state;
	missing(NAMES("town"), "id,city,name",
		"no column is named 'town' (there are 'id', 'city', 'name'); "
		"left as it is");
	missing(NAMES("id", "town", "no"), "id",
		"no column is named 'town' (there are 'id'); left as it is");
	/* As they are asked for. */
	missing(NAMES("x"), "\"a,b\",,\"c\"\"d\",e \r",
		"no column is named 'x' (there are 'a,b', '', 'c\"d', 'e '); "
		"left as it is");
	missing(NAMES("x"), "",
		"no column is named 'x' (there are ''); left as it is");
	missing(NAMES("x"),
		"gr\xC3\xB6\xC3\x9F"
		"e",
		"no column is named 'x' (there are 'gr\xC3\xB6\xC3\x9F"
		"e'); left as it is");
}

static void what_is_harmful_does_not_reach_a_terminal(void **state)
{
	(void)state;
	missing(NAMES("x"), "a\033[2Jb,c\nd,e\r,\t",
		"no column is named 'x' (there are 'a\\033[2Jb', 'c\\nd', "
		"'e\\015', '\\t'); left as it is");
	missing(NAMES("x\007"), "a\x7F",
		"no column is named 'x\\007' (there are 'a\\177'); left as it "
		"is");
	/* CSI of eight bits; no UTF-8. */
	missing(NAMES("\x9Bm"), "\xC2\x9Bm,\xFF,\xE2\x82",
		"no column is named '\\233m' (there are '\\302\\233m', "
		"'\\377', "
		"'\\342\\202'); left as it is");
	/* This is not. */
	missing(NAMES("x"), " ~,\xE2\x80\x90",
		"no column is named 'x' (there are ' ~', '\xE2\x80\x90'); left "
		"as it is");
}

/* The words for names and a header of so many bytes, in so much room: they end
 * with a NUL; they are all or begin as all do, and where there is some room,
 * end as all do, behind "..." for what is left out. */
static void words_fit_into_the_room_that_there_is(void **state)
{
	static const char tail[] = ", ...); left as it is";
	char name[301], header[301], all[2048], cut[2048], found[64];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(header) - 1; i++)
		header[i] = i % 7 == 6 ? ',' : (char)('a' + i % 7);
	name[300] = header[300] = '\0';
	for (size_t at = 0; at < 300; at += 59) {
		struct columns *c = make(NAMES(name + at), ",", false, false);

		assert_int_equal(find(c, header, 300, found, all, sizeof(all)),
			COLUMNS_MISSING);
		assert_null(strstr(all, ", ...)")); /* there is room */
		assert_true(strlen(all) < 600);
		for (size_t room = 1; room < 600; room++) {
			size_t len;

			memset(cut, '#', sizeof(cut));
			(void)find(c, header, 300, found, cut, room);
			len = strnlen(cut, room);
			assert_true(len < room);
			assert_int_equal(cut[room], '#');
			if (strcmp(cut, all) == 0 || room < 170)
				continue;
			assert_true(len > sizeof(tail) && room - len < 12);
			len -= sizeof(tail) - 1;
			assert_string_equal(cut + len, tail);
			assert_memory_equal(cut, all, len);
		}
		columns_free(c);
	}
}

/* Of the names themselves what is in the middle is left out, never a part of a
 * character. */
static void a_very_long_name_is_cut(void **state)
{
	char name[501], want[512];

	(void)state;
	memset(name, 'n', 500);
	name[500] = '\0';
	(void)snprintf(want, sizeof(want),
		"no column is named '%.36s'...'%.36s' (there are 'a', 'b'); "
		"left as it is",
		name, name);
	missing(NAMES(name), "a,b", want);
	for (size_t at = 140; at < 170; at++) {
		struct columns *c = make(NAMES("x"), ",", false, false);
		char found[64], words[240];

		memcpy(name + at, "\xE2\x82\xAC", 3);
		assert_int_equal(
			find(c, name, 500, found, words, sizeof(words)),
			COLUMNS_MISSING);
		assert_null(strchr(words, '\\'));
		memset(name + at, 'n', 3);
		columns_free(c);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_as_they_are_written),
		cmocka_unit_test(a_nul_in_a_header_ends_no_name),
		cmocka_unit_test(numbers_go_beside_names),
		cmocka_unit_test(the_same_header_comes_to_the_same_ranges),
		cmocka_unit_test(each_of_many_names_is_found),
		cmocka_unit_test(without_memory_nothing_is_chosen),
		cmocka_unit_test(
			a_name_that_is_missing_is_said_with_those_that_are_there),
		cmocka_unit_test(what_is_harmful_does_not_reach_a_terminal),
		cmocka_unit_test(words_fit_into_the_room_that_there_is),
		cmocka_unit_test(a_very_long_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
