#include "config.h"

#include "command.h"

#include "die.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SPECIAL	     " |<>"
#define LOCALE	     "LC_ALL="
#define SELF	     "/proc/self/exe"

/* Programs that have a variable of their own. */
static const struct {
	const char *name, *variable;
} elsewhere[] = {
	{"upcase-pipe", "UPCASE_PIPE"},
	{"upcase-pipe-zlib", "UPCASE_PIPE_ZLIB"},
	{"python3", "PYTHON"},
};

/* What would make a tool do other than its arguments say. */
static const char *const unwanted[] = {
	"LANG",
	"LANGUAGE",
	"POSIXLY_CORRECT",
	"GZIP",
	"PIGZ",
	"GREP_OPTIONS",
	"PERL5OPT",
	"PERL_UNICODE",
	"PYTHONUTF8",
	"PYTHONIOENCODING",
	"PYTHONUNBUFFERED",
	"GAWK_READ_TIMEOUT",
};

void command_prepare(void)
{
	for (size_t i = 0; i < COUNT(unwanted); i++)
		unsetenv(unwanted[i]);
	if (setenv("LC_ALL", "C", 1) != 0)
		die("no memory for the environment");
}

static char *copy(const char *text, size_t len)
{
	char *p = strndup(text, len);

	if (p == NULL)
		die("no memory for %zu bytes", len);
	return p;
}

/* ------------------------------------------------------ finding a program */

static char *search_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return copy(file, strlen(file));
		path += len + (path[len] == ':');
	}
	return NULL;
}

static void tell_missing(struct command *c, const char *name, const char *why)
{
	if (c->missing[0] == '\0')
		snprintf(c->missing, sizeof(c->missing), "%s: %s", name, why);
}

static const char *variable_of(const char *name)
{
	for (size_t i = 0; i < COUNT(elsewhere); i++)
		if (strcmp(name, elsewhere[i].name) == 0)
			return elsewhere[i].variable;
	return NULL;
}

static char *find(struct command *c, const char *name)
{
	const char *variable = variable_of(name);
	const char *value = variable != NULL ? getenv(variable) : NULL;
	char *program;
	char why[64] = "not installed";

	if (strcmp(name, COMMAND_FEEDER) == 0)
		return copy(SELF, strlen(SELF));
	if (value != NULL && access(value, X_OK) == 0)
		return copy(value, strlen(value));
	program = value == NULL ? search_path(name) : NULL;
	if (value != NULL)
		snprintf(why, sizeof(why), "%s cannot be executed", variable);
	else if (variable != NULL)
		snprintf(why, sizeof(why), "not installed, and %s is not set",
			variable);
	if (program == NULL)
		tell_missing(c, name, why);
	return program;
}

/* ------------------------------------------------------------- environment */

/* The environment with another LC_ALL. */
static char **environment(const char *locale)
{
	size_t n = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	env = calloc(n + 1, sizeof(*env));
	if (env == NULL)
		die("no memory for the environment");
	for (size_t i = 0; i < n; i++) {
		const char *one = environ[i];

		if (strncmp(one, LOCALE, strlen(LOCALE)) == 0)
			one = locale;
		env[i] = copy(one, strlen(one));
	}
	return env;
}

/* ---------------------------------------------------------- reading a line */

static void add_argument(struct stage *s, char *word)
{
	/* Room doubles at each power of two. */
	if (s->argc == 0 || (s->argc & (s->argc + 1)) == 0) {
		size_t room = 2 * (s->argc + 1);
		char **argv = realloc(s->argv, room * sizeof(*argv));

		if (argv == NULL)
			die("no memory for %zu arguments", room);
		s->argv = argv;
	}
	s->argv[s->argc++] = word;
	s->argv[s->argc] = NULL;
}

static void add_files(struct stage *s, char *pattern)
{
	glob_t found = {0};
	int err = glob(pattern, 0, NULL, &found);

	if (err != 0 && err != GLOB_NOMATCH)
		die("%s: cannot be searched for", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_argument(
			s, copy(found.gl_pathv[i], strlen(found.gl_pathv[i])));
	globfree(&found);
	free(pattern);
}

/* The word at *p, without its quotes. */
static char *word(const char **p, bool *quoted)
{
	char *text = copy("", 0);
	size_t len = 0;

	*quoted = false;
	while (**p != '\0' && strchr(SPECIAL, **p) == NULL) {
		bool in_quotes = **p == '\'';
		size_t n;

		*p += in_quotes;
		n = strcspn(*p, in_quotes ? "'" : SPECIAL "'");
		text = realloc(text, len + n + 1);
		if (text == NULL)
			die("no memory for a word");
		memcpy(text + len, *p, n);
		len += n;
		text[len] = '\0';
		*p += n;
		if (in_quotes && *(*p)++ != '\'')
			die("a quote is not closed");
		*quoted |= in_quotes;
	}
	if (len == 0 && !*quoted)
		die("a word is missing before '%s'", *p);
	return text;
}

static void add_word(struct command *c, const char **p)
{
	struct stage *s = &c->stage[c->n - 1];
	bool quoted;
	char *text = word(p, &quoted);

	if (s->argc == 0 && strncmp(text, LOCALE, strlen(LOCALE)) == 0) {
		s->env = environment(text);
		free(text);
	} else if (!quoted && strchr(text, '*') != NULL) {
		add_files(s, text);
	} else {
		add_argument(s, text);
	}
}

static void redirect(char **file, const char **p)
{
	bool quoted;

	while (**p == ' ')
		(*p)++;
	free(*file);
	*file = word(p, &quoted);
}

static void add_stage(struct command *c, const char *line)
{
	if (c->n == COMMAND_STAGES)
		die("%s: more than %d programs", line, COMMAND_STAGES);
	c->n++;
}

static void finish_stages(struct command *c, const char *line)
{
	for (size_t i = 0; i < c->n; i++) {
		struct stage *s = &c->stage[i];

		if (s->argc == 0)
			die("%s: no program", line);
		if (s->env == NULL)
			s->env = environment(LOCALE "C");
		s->program = find(c, s->argv[0]);
	}
}

void command_init(struct command *c, const char *line)
{
	memset(c, 0, sizeof(*c));
	c->input = copy(COMMAND_NULL, strlen(COMMAND_NULL));
	c->output = copy(COMMAND_NULL, strlen(COMMAND_NULL));
	add_stage(c, line);
	for (const char *p = line; *p != '\0';) {
		switch (*p) {
		case ' ':
			p++;
			break;
		case '|':
			p++;
			add_stage(c, line);
			break;
		case '<':
		case '>':
			p++;
			redirect(p[-1] == '<' ? &c->input : &c->output, &p);
			break;
		default:
			add_word(c, &p);
		}
	}
	finish_stages(c, line);
}

static void free_all(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void command_release(struct command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->stage[i].program);
		free_all(c->stage[i].argv);
		free_all(c->stage[i].env);
	}
	free(c->input);
	free(c->output);
}

double command_argument_bytes(const struct command *c)
{
	double bytes = 0;
	struct stat st;

	for (size_t i = 1; i < c->stage[0].argc; i++)
		if (stat(c->stage[0].argv[i], &st) == 0)
			bytes += (double)st.st_size;
	return bytes;
}
