/*
 * Runs what was built for another system: by an emulator if EMULATOR names one,
 * and with that system's conversions of text (GCONV) and locales (LOCALES),
 * which are in its order of bytes. PROGRAM is what it runs, or else its first
 * argument. It is linked statically: so what a test has preloaded into the
 * program does not meet this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char **args = calloc((size_t)argc + 3, sizeof(*args));
	int n = 0;

	if (!args)
		return 127;
#ifdef EMULATOR
	args[n++] = EMULATOR;
#endif
#ifdef PROGRAM
	args[n++] = PROGRAM;
#endif
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
#ifdef GCONV
	if (setenv("GCONV_PATH", GCONV, 1) != 0)
		return 127;
#endif
#ifdef LOCALES
	if (setenv("LOCPATH", LOCALES, 1) != 0)
		return 127;
#endif
	if (n > 0)
		execvp(args[0], args);
	perror(n > 0 ? args[0] : "nothing to run");
	return 127;
}
