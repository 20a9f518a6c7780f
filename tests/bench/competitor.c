#include "config.h"

#include "competitor.h"

#include "die.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_ICU
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/uversion.h>
#endif
#ifdef HAVE_LIBUNISTRING
#include <unicase.h>
#include <unistring/version.h>
#endif

static const char not_installed[] = "not installed";

/* ------------------------------------------------------------- the engine */

static int engine_done(const struct competitor *c, int err,
	const struct upcase_result *res, struct converted *done)
{
	if (err != 0 && err != -EILSEQ)
		die("%s: %s", c->name, strerror(-err));
	done->bytes = res->out;
	done->len = res->produced;
	done->first_bad = res->first_bad;
	return err;
}

static int engine_convert(const struct competitor *c, const struct room *room,
	size_t len, struct converted *done)
{
	struct upcase_state st;
	struct upcase_result res = {0};

	upcase_state_init(&st);
	return engine_done(c,
		upcase_convert(&c->engine, &st, room->text, len, true,
			room->spare, room->size, &res),
		&res, done);
}

static int engine_convert_in_place(const struct competitor *c,
	const struct room *room, size_t len, struct converted *done)
{
	struct upcase_state st;
	struct upcase_result res = {0};

	upcase_state_init(&st);
	return engine_done(c,
		upcase_convert_in_place(&c->engine, &st, room->text, len, true,
			room->spare, room->size, &res),
		&res, done);
}

/* ---------------------------------------------------------- the libraries */

#ifdef HAVE_ICU
static int icu_convert(const struct competitor *c, const struct room *room,
	size_t len, struct converted *done)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t produced = ucasemap_utf8ToUpper(c->handle, (char *)room->spare,
		(int32_t)room->size, (const char *)room->text, (int32_t)len,
		&status);

	if (U_FAILURE(status))
		die("%s: %s", c->name, u_errorName(status));
	done->bytes = room->spare;
	done->len = (size_t)produced;
	return 0;
}

static void icu_open(struct competitor *c)
{
	UErrorCode status = U_ZERO_ERROR;

	/* "" is the root locale; NULL would be that of the environment. */
	c->handle = ucasemap_open(c->language, 0, &status);
	if (U_FAILURE(status))
		die("%s: %s", c->name, u_errorName(status));
	c->convert = icu_convert;
	c->absent = NULL;
}

static void icu_close(struct competitor *c)
{
	ucasemap_close(c->handle);
}

static const char *icu_version(void)
{
	return U_ICU_VERSION ", Unicode " U_UNICODE_VERSION;
}
#else
static void icu_open(struct competitor *c)
{
	(void)c;
}

static void icu_close(struct competitor *c)
{
	(void)c;
}

static const char *icu_version(void)
{
	return NULL;
}
#endif

#ifdef HAVE_LIBUNISTRING
static int unistring_convert(const struct competitor *c,
	const struct room *room, size_t len, struct converted *done)
{
	const char *language = c->language[0] != '\0' ? c->language : NULL;
	size_t produced = room->size;
	uint8_t *out = u8_toupper(
		room->text, len, language, NULL, room->spare, &produced);

	if (out == NULL)
		die("%s: %s", c->name, strerror(errno));
	/* Memory of its own is what it takes when the room is too small. */
	if (out != room->spare)
		die("%s: did not use the room it was given", c->name);
	done->bytes = out;
	done->len = produced;
	return 0;
}

static void unistring_open(struct competitor *c)
{
	c->convert = unistring_convert;
	c->absent = NULL;
}

static const char *unistring_version(void)
{
	static char version[32];

	snprintf(version, sizeof(version), "%d.%d", _libunistring_version >> 16,
		_libunistring_version >> 8 & 0xff);
	return version;
}
#else
static void unistring_open(struct competitor *c)
{
	(void)c;
}

static const char *unistring_version(void)
{
	return NULL;
}
#endif

static int copy_convert(const struct competitor *c, const struct room *room,
	size_t len, struct converted *done)
{
	(void)c;
	memcpy(room->spare, room->text, len);
	done->bytes = room->spare;
	done->len = len;
	return 0;
}

/* --------------------------------------------------------------- the list */

static struct competitor *add(
	struct competitors *all, const char *name, enum competitor_kind kind)
{
	struct competitor *c = &all->one[all->n];

	if (all->n == COMPETITORS_MAX)
		die("more than %d competitors", COMPETITORS_MAX);
	all->n++;
	c->name = name;
	c->kind = kind;
	c->language = all->language;
	return c;
}

static void add_variant(struct competitors *all, size_t i)
{
	const char *name = upcase_variant_name(i);

	for (int in_place = 0; in_place < 2; in_place++) {
		struct competitor *c = add(all, name,
			in_place ? COMPETITOR_IN_PLACE : COMPETITOR_ENGINE);

		c->convert =
			in_place ? engine_convert_in_place : engine_convert;
		c->engine = all->reference.engine;
		if (!upcase_variant_runs(i))
			c->absent = "does not run on this machine";
		else if (upcase_use_variant(&c->engine, name) != 0)
			die("%s: runs here, but cannot be chosen", name);
	}
}

static void add_variants(struct competitors *all, const char *only)
{
	size_t before = all->n;

	for (size_t i = 0; upcase_variant_name(i) != NULL; i++) {
		if (only != NULL && strcmp(only, upcase_variant_name(i)) != 0)
			continue;
		add_variant(all, i);
	}
	if (all->n == before)
		die("%s: no such variant was compiled in", only);
	if (only != NULL && all->one[before].absent != NULL)
		die("%s: %s", only, all->one[before].absent);
}

static void set_language(struct competitors *all, const char *tag)
{
	size_t len = strcspn(tag, "-_");

	if (len >= sizeof(all->language))
		die("%s: no such language", tag);
	for (size_t i = 0; i < len; i++)
		all->language[i] = (char)tolower((unsigned char)tag[i]);
}

static void set_reference(
	struct competitors *all, const struct competitor_settings *settings)
{
	struct competitor *c = &all->reference;
	enum upcase_language language = UPCASE_ROOT;

	if (settings->language != NULL) {
		if (upcase_language_parse(settings->language, &language) != 0)
			die("%s: no rules for this language",
				settings->language);
		set_language(all, settings->language);
	}
	c->name = "portable";
	c->kind = COMPETITOR_ENGINE;
	c->convert = engine_convert;
	if (upcase_init(&c->engine, UPCASE_FULL, language, settings->invalid))
		die("the engine refuses these settings");
	if (upcase_use_variant(&c->engine, c->name) != 0)
		die("there is no variant '%s' to check with", c->name);
}

/* It is there as soon as it is opened. */
static struct competitor *add_library(struct competitors *all, const char *name)
{
	struct competitor *c = add(all, name, COMPETITOR_LIBRARY);

	c->absent = not_installed;
	return c;
}

void competitors_init(
	struct competitors *all, const struct competitor_settings *settings)
{
	memset(all, 0, sizeof(*all));
	set_reference(all, settings);
	add_variants(all, settings->variant);
	icu_open(add_library(all, COMPETITOR_ICU));
	unistring_open(add_library(all, "libunistring"));
	add(all, "memcpy", COMPETITOR_COPY)->convert = copy_convert;
}

void competitors_release(struct competitors *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->one[i].handle != NULL)
			icu_close(&all->one[i]);
}

static void print_version(
	const char *prefix, const char *name, const char *version)
{
	printf("%s%s: %s\n", prefix, name,
		version != NULL ? version : not_installed);
}

void competitors_print_versions(const char *prefix)
{
	printf("%supcase: Unicode %s\n", prefix, upcase_unicode_version);
	print_version(prefix, COMPETITOR_ICU, icu_version());
	print_version(prefix, "libunistring", unistring_version());
}
