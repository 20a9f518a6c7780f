#include "config.h"

#include "compat/getopt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the last call stopped: what is left of a word with several letters, and
 * which operands, argv[first..last), were passed over. */
static char none[] = "", *letters = none;
static int first, last;

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Brings the words that were taken, argv[last..optind), before the operands. */
static void sort_words(char **argv)
{
	int taken = optind - last;

	for (int i = 0; first < last && i < taken; i++) {
		char *word = argv[last + i];

		memmove(argv + first + i + 1, argv + first + i,
			(size_t)(last - first) * sizeof(*argv));
		argv[first + i] = word;
	}
	first += taken;
	last += taken;
}

/* Goes on to the next word with an option. Returns whether there is one; if
 * not, optind is where the operands begin. */
static bool find_word(int argc, char **argv)
{
	bool stays = getenv("POSIXLY_CORRECT") != NULL;

	sort_words(argv);
	while (!stays && optind < argc && !is_option(argv[optind]))
		optind++;
	last = optind;
	if (optind < argc && strcmp(argv[optind], "--") == 0) {
		optind++;
		sort_words(argv);
	} else if (optind < argc && is_option(argv[optind])) {
		return true;
	}
	optind = first;
	return false;
}

/* The long option that a word of that many bytes means. *refused: several. */
static const struct option *find_long(
	const struct option *o, const char *word, size_t len, bool *refused)
{
	const struct option *found = NULL;

	*refused = false;
	for (; o->name; o++) {
		if (strncmp(o->name, word, len) != 0)
			continue;
		if (o->name[len] == '\0') {
			*refused = false;
			return o;
		}
		if (found &&
			(found->val != o->val || found->has_arg != o->has_arg))
			*refused = true;
		else if (!found)
			found = o;
	}
	return found;
}

static int take_long(int argc, char **argv, const struct option *long_options)
{
	const char *word = argv[optind++] + 2;
	size_t len = strcspn(word, "=");
	bool refused;
	const struct option *o = find_long(long_options, word, len, &refused);

	optopt = 0;
	if (!o || refused)
		return '?';
	if (word[len] == '=') {
		optopt = o->val;
		if (o->has_arg == no_argument)
			return '?';
		optarg = argv[optind - 1] + 2 + len + 1;
	} else if (o->has_arg == required_argument) {
		optopt = o->val;
		if (optind == argc)
			return ':';
		optarg = argv[optind++];
	}
	return o->val;
}

static int take_short(int argc, char **argv, const char *short_options)
{
	char letter = *letters++;
	const char *known =
		letter == ':' ? NULL : strchr(short_options, letter);
	char *rest = letters;

	if (*letters == '\0')
		optind++;
	optopt = letter;
	if (!known)
		return '?';
	if (known[1] != ':')
		return letter;
	letters = none;
	if (*rest != '\0') {
		optarg = rest;
		optind++;
	} else if (known[2] != ':') {
		if (optind == argc)
			return ':';
		optarg = argv[optind++];
	}
	return letter;
}

int getopt_long(int argc, char *const *words, const char *short_options,
	const struct option *long_options, int *index)
{
	static bool begun;
	/* It sorts them, whatever its prototype says. */
	char **argv = (char **)(uintptr_t)words;

	(void)index;
	if (optind == 0 || !begun) {
		optind = optind == 0 ? 1 : optind;
		first = last = optind;
		letters = none;
		begun = true;
	}
	optarg = NULL;
	if (*letters == '\0') {
		if (!find_word(argc, argv))
			return -1;
		if (argv[optind][1] == '-')
			return take_long(argc, argv, long_options);
		letters = argv[optind] + 1;
	}
	return take_short(argc, argv, short_options);
}
