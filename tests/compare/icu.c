/*
 * Compares the case engine with ICU: every code point that ICU knows, alone and
 * between letters, and random strings of them, for the full mapping and each
 * language that ICU has a rule for.
 *
 * Where they differ, and why that is no fault:
 *  - Characters that are newer than ICU's Unicode are left out (u_isdefined).
 *    An older one may also have got its upper case later: then the upper case
 *    is a character that ICU does not know, and it is left out, too.
 *  - Greek: an ICU before 78 gives U+0397 U+0301 for a word that is nothing
 *    but an eta with an accent, in one character, and the engine, as later
 *    ones, U+0389; for an iota or upsilon behind a combining accent it gives
 *    one character with dialytika, and the engine, as later ones, two. With an
 *    older ICU texts with such a thing may differ, and are counted.
 *  - Armenian: ICU 72 knows U+0587 for hy; one before 70 does not.
 *
 * Exit status: 0 all equal, 1 something differs, 77 skipped: without ICU.
 */
#include "config.h"

#include <stdio.h>

#ifndef HAVE_ICU

int main(void)
{
	puts("skipped: configure found no ICU to compare with (Debian: "
	     "libicu-dev)");
	return 77;
}

#else

#include "upcase/upcase.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/ucasemap.h>
#include <unicode/utf8.h>
#include <unicode/uversion.h>

enum {
	TEXT_MAX = 400,
	UPPER_MAX = 8192,
	ROUNDS = 20000,
	SHOWN = 20,
	LATEST_GREEK = 78
};

static const struct {
	enum upcase_language language;
	const char *tag;
} languages[] = {
	{UPCASE_ROOT, ""},
	{UPCASE_TR, "tr"},
	{UPCASE_AZ, "az"},
	{UPCASE_LT, "lt"},
	{UPCASE_EL, "el"},
	{UPCASE_HY, "hy"},
};

/* The engine and ICU, by the rules of one language. */
struct pair {
	struct upcase u;
	UCaseMap *icu;
	const char *tag;
	unsigned long compared, left_out, different;
};

struct text {
	uint32_t c[TEXT_MAX / 4];
	size_t n;
};

static void die(const char *what)
{
	fprintf(stderr, "icu: %s\n", what);
	exit(1);
}

static size_t encode(const struct text *t, char *bytes)
{
	int32_t len = 0;

	for (size_t i = 0; i < t->n; i++)
		U8_APPEND_UNSAFE(bytes, len, t->c[i]);
	return (size_t)len;
}

/* Whether ICU knows the character, and what the engine makes of it. */
static bool is_known(uint32_t c)
{
	static struct upcase u;
	unsigned char text[4], upper[UPPER_MAX];
	struct upcase_state st;
	struct upcase_result res;
	int32_t len = 0;

	if (!u_isdefined((UChar32)c) || (c >= 0xD800 && c <= 0xDFFF))
		return false;
	if (upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_FAIL) != 0)
		die("upcase_init failed");
	U8_APPEND_UNSAFE(text, len, c);
	upcase_state_init(&st);
	if (upcase_convert(&u, &st, text, (size_t)len, true, upper,
		    sizeof(upper), &res) != 0)
		die("a character is ill-formed");
	for (int32_t i = 0; i < (int32_t)res.produced;) {
		UChar32 upper_c;

		U8_NEXT_UNSAFE(upper, i, upper_c);
		if (!u_isdefined(upper_c))
			return false;
	}
	return true;
}

/* An eta with an accent in one character. */
static bool is_accented_eta(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} etas[] = {{0x389, 0x389}, {0x3AE, 0x3AE}, {0x1F22, 0x1F27},
		{0x1F2A, 0x1F2F}, {0x1F74, 0x1F75}, {0x1FC6, 0x1FC6},
		{0x1FCA, 0x1FCB}};

	for (size_t k = 0; k < sizeof(etas) / sizeof(*etas); k++)
		if (c >= etas[k].first && c <= etas[k].last)
			return true;
	return false;
}

/* A combining accent right before an iota or upsilon, which gets dialytika. */
static bool is_accent_before_vowel(uint32_t accent, uint32_t c)
{
	bool vowel = c == 0x399 || c == 0x3A5 || c == 0x3B9 || c == 0x3C5;

	return vowel &&
	       ((accent >= 0x300 && accent <= 0x303) || accent == 0x311 ||
		       accent == 0x342 || accent == 0x344);
}

/* Whether an ICU before 78 may judge the text otherwise. */
static bool is_disputed(const struct text *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_accented_eta(t->c[i]) ||
			(i > 0 && is_accent_before_vowel(t->c[i - 1], t->c[i])))
			return true;
	return false;
}

static void show(const char *what, const char *bytes, size_t len)
{
	printf("  %s:", what);
	for (size_t i = 0; i < len; i++)
		printf(" %02X", (unsigned char)bytes[i]);
	putchar('\n');
}

static void compare(struct pair *p, const struct text *t)
{
	char bytes[TEXT_MAX + 8], upper[UPPER_MAX];
	unsigned char own[UPPER_MAX];
	size_t len = encode(t, bytes);
	UErrorCode error = U_ZERO_ERROR;
	struct upcase_state st;
	struct upcase_result res;
	int32_t n = ucasemap_utf8ToUpper(
		p->icu, upper, sizeof(upper), bytes, (int32_t)len, &error);

	if (U_FAILURE(error))
		die(u_errorName(error));
	upcase_state_init(&st);
	if (upcase_convert(&p->u, &st, (unsigned char *)bytes, len, true, own,
		    sizeof(own), &res) != 0)
		die("a text is ill-formed");
	p->compared++;
	if (res.produced == (size_t)n && memcmp(own, upper, (size_t)n) == 0)
		return;
	if (p->u.language == UPCASE_EL &&
		U_ICU_VERSION_MAJOR_NUM < LATEST_GREEK && is_disputed(t)) {
		p->left_out++;
		return;
	}
	if (p->different++ >= SHOWN)
		return;
	printf("language '%s' differs\n", p->tag);
	show("text", bytes, len);
	show("upcase", (char *)own, res.produced);
	show("ICU", upper, (size_t)n);
}

/* Each alone, and between and behind letters of several scripts. */
static void compare_code_points(struct pair *p, const bool *known)
{
	static const uint32_t around[] = {
		'x', 'i', 0x307, 0x3B1, 0x3AC, 0x3B9, 0x6F22, ' '};

	for (uint32_t c = 0; c < 0x110000; c++) {
		struct text t = {.c = {c}, .n = 1};

		if (!known[c])
			continue;
		compare(p, &t);
		for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++) {
			t = (struct text){
				.c = {around[i], c, around[i]}, .n = 3};
			compare(p, &t);
		}
	}
}

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Strings of one script mostly, some characters of which are others. */
static void compare_random(struct pair *p, const bool *known)
{
	static const uint32_t starts[] = {0x20, 0x60, 0xC0, 0x100, 0x250, 0x300,
		0x380, 0x3A0, 0x400, 0x440, 0x560, 0x10D0, 0x1C80, 0x1E00,
		0x1F00, 0x1F80, 0x2160, 0x2C60, 0x4E00, 0xA640, 0xAB70, 0xFB00,
		0x10428, 0x1E920};
	uint32_t x = 20260919;

	for (int round = 0; round < ROUNDS; round++) {
		struct text t = {.n = 0};
		size_t n = next_random(&x) % (TEXT_MAX / 4) + 1;
		size_t script = next_random(&x) % 24, other = script;

		while (t.n < n) {
			uint32_t c;

			other = next_random(&x) % 8 ? script
						    : next_random(&x) % 24;
			c = starts[other] + next_random(&x) % 64;
			if (known[c])
				t.c[t.n++] = c;
		}
		compare(p, &t);
	}
}

int main(void)
{
	static bool known[0x110000];
	unsigned long n = 0;
	bool failed = false;

	for (uint32_t c = 0; c < 0x110000; c++)
		n += known[c] = is_known(c);
	printf("ICU %s, Unicode %s: %lu characters\n", U_ICU_VERSION,
		U_UNICODE_VERSION, n);
	for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
		struct pair p = {.tag = languages[i].tag};
		UErrorCode error = U_ZERO_ERROR;

		p.icu = ucasemap_open(p.tag, 0, &error);
		if (U_FAILURE(error) ||
			upcase_init(&p.u, UPCASE_FULL, languages[i].language,
				UPCASE_FAIL) != 0)
			die("a language is not there");
		compare_code_points(&p, known);
		compare_random(&p, known);
		ucasemap_close(p.icu);
		printf("language '%s': %lu texts, %lu left out, %lu differ\n",
			p.tag, p.compared, p.left_out, p.different);
		failed = failed || p.different > 0;
	}
	return failed;
}

#endif
