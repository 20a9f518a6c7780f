/* upper [LANGUAGE]: standard input in upper case. Compiled and linked by
 *	cc upper.c $(pkg-config --cflags --libs upcase) -o upper */
#include <stdio.h>
#include <stdlib.h>
#include <upcase.h>

int main(int argc, char **argv)
{
	static unsigned char in[65536], held[UPCASE_LOOKAHEAD];
	size_t n, size = upcase_bound(sizeof(in));
	unsigned char *out;
	enum upcase_language language = UPCASE_ROOT;
	struct upcase u;
	struct upcase_state st;
	struct upcase_result res;

	if ((argc > 1 && upcase_language_parse(argv[1], &language) != 0) ||
		upcase_init(&u, UPCASE_FULL, language, UPCASE_KEEP) != 0)
		return 2;
	out = malloc(size);
	upcase_state_init(&st);
	st.held = held; /* for Greek */
	do { /* the last piece is empty: what was held back comes with it */
		n = fread(in, 1, sizeof(in), stdin);
		if (!out || upcase_convert(&u, &st, in, n, n == 0, out, size, &res))
			return 1;
		fwrite(out, 1, res.produced, stdout);
	} while (n > 0);
	free(out);
	return ferror(stdin) || fflush(stdout) || ferror(stdout);
}
