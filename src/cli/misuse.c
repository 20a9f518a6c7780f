#include "config.h"

#include "cli/misuse.h"

#include "cli/diag.h"
#include "text/quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The long option whose `val` it is, or NULL. */
static const char *name_of(const struct option *o, int val)
{
	for (; o->name; o++)
		if (o->val == val)
			return o->name;
	return NULL;
}

/* The long options that begin as `word` ("--NAME" or "--NAME=ARGUMENT") does,
 * each in quotes behind a blank. Returns how many there are. */
static int candidates(
	const struct option *o, const char *word, char *list, size_t size)
{
	size_t len = strcspn(word + 2, "=");
	size_t at = 0;
	int n = 0;

	list[0] = '\0';
	for (; o->name; o++) {
		if (strncmp(o->name, word + 2, len) != 0)
			continue;
		n++;
		if (at + strlen(o->name) + sizeof(" '--'") <= size)
			at += (size_t)sprintf(list + at, " '--%s'", o->name);
	}
	return n;
}

static void tell_long(
	int opt, const char *word, const struct option *long_options)
{
	char shown[512], list[1024];

	if (opt == ':')
		diag_error(NULL, "option '--%s' requires an argument",
			name_of(long_options, optopt));
	else if (optopt != 0)
		diag_error(NULL, "option '--%s' doesn't allow an argument",
			name_of(long_options, optopt));
	else if (candidates(long_options, word, list, sizeof(list)) > 1)
		diag_error(NULL, "option %s is ambiguous; possibilities:%s",
			quote_text(word, shown, sizeof(shown)), list);
	else
		diag_error(NULL, "unrecognized option %s",
			quote_text(word, shown, sizeof(shown)));
}

/* What those mean who know these letters from elsewhere. */
static const char *meant(char *const *words)
{
	if (optopt >= '1' && optopt <= '9')
		return " (a level is said as in -z9)";
	/* The word that it is in, or the one behind its end. */
	for (int i = -1; i < 1; i++)
		if (words[i] && strncmp(words[i], "-i", 2) == 0 &&
			strchr(words[i] + 2, optopt))
			return " (to replace FILEs: --in-place=SUFFIX)";
	return "";
}

/* A short option, which may stand in the middle of a word. */
static void tell_short(int opt, char *const *words)
{
	char shown[QUOTE_LEAST], letter[2] = {(char)optopt, '\0'};

	diag_error(NULL,
		opt == ':' ? "option requires an argument -- %s%s"
			   : "invalid option -- %s%s",
		quote_text(letter, shown, sizeof(shown)),
		opt == ':' ? "" : meant(words));
}

void misuse_tell(int opt, char *const *argv, const struct option *long_options)
{
	/* Behind a long option, good or not, it goes on with the next word.
	 * Some go one too far where a short one wants an argument (musl). */
	const char *word = argv[optind - 1];

	if (word && strncmp(word, "--", 2) == 0 &&
		(optopt == 0 || name_of(long_options, optopt)))
		tell_long(opt, word, long_options);
	else
		tell_short(opt, argv + optind);
}

int misuse_detached(int opt, const char *word, const char *arg,
	const struct option *long_options)
{
	const char *name = name_of(long_options, opt);
	char shown[512];

	(void)quote_text(arg, shown, sizeof(shown));
	/* What could be an argument is harmless. */
	if (strncmp(word, "--", 2) != 0)
		diag_error(NULL,
			"there is no file %s; the argument of -%c is attached: "
			"-%c%s",
			shown, opt, opt, arg);
	else
		diag_error(NULL,
			"there is no file %s; the argument of --%s is "
			"attached: --%s=%s",
			shown, name, name, arg);
	return -EINVAL;
}

int misuse_joined(int opt, const char *arg, const char *short_options)
{
	size_t digits = strspn(arg, "0123456789");
	const char *more = arg + digits, *at = more, *known = "";
	char shown[512], whole[512];

	/* All of them must be; behind one with an argument stands that. */
	for (; *at && *at != ':' && known[0] != ':'; at++) {
		known = strchr(short_options, *at);
		if (!known)
			return 0;
		known++;
	}
	if (at == more)
		return 0;
	(void)snprintf(whole, sizeof(whole), "-%c%.*s -%s", opt, (int)digits,
		arg, more);
	diag_error(NULL,
		"options behind -%c stand by themselves, for it takes what is "
		"attached as its argument: %s",
		opt, quote_name(whole, shown, sizeof(shown)));
	return -EINVAL;
}

int misuse_argument(const char *what, const char *option, const char *arg,
	const char *wanted)
{
	char shown[512];

	/* Always in quotes: it may end in a blank. */
	diag_error(NULL, "%s for --%s: %s (%s)", what, option,
		quote_text(arg, shown, sizeof(shown)), wanted);
	return -EINVAL;
}

int misuse_pair(const char *one, const char *other)
{
	diag_error(NULL, "--%s does not go with --%s", one, other);
	return -EINVAL;
}
