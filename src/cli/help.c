#include "config.h"

#include "cli/help.h"

#include "codec/deflate.h"
#include "codec/format.h"
#include "codec/gzip.h"
#include "io/editor.h"
#include "io/sandbox.h"
#include "upcase/upcase.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

static const char text[] =
	"Usage: upcase-pipe [OPTION]... [FILE]...\n"
	"Turn text to upper case. No FILE, or '-': standard input. Takes gzip, "
	"zstd, xz.\n"
	"  -o, --output=FILE     append to FILE instead of standard output\n"
	"      --atomic          replace that FILE, when all went well\n"
	"      --in-place[=SUFFIX], --output-dir=DIR, --force   replace each "
	"FILE\n"
	"      --files0-from=F   FILEs from a list, each ended by NUL\n"
	"      --split=I/N       of all FILEs together only the I-th of N "
	"shares\n"
	"  -z, --gzip[=LEVEL]    gzip output, 1..%d (6); implied by *.gz; "
	"--no-gzip: not\n"
	"      --bgzf            in blocks, for samtools and tabix; implied by "
	"*.bgz\n"
	"      --verify, --no-decompress   check gzip output, take packed "
	"input as it is\n"
	"  -E, --encoding=NAME   of input: auto (default), none, or one of "
	"iconv's\n"
	"  -m, --mapping=KIND    full (default), simple (one to one), ascii\n"
	"  -l, --language=TAG    follow the rules of tr, az, lt, el or hy\n"
	"      --invalid=HOW     what is not UTF-8: keep (default), replace, "
	"fail\n"
	"To turn a part of it; all else passes as it is:\n"
	"      --fasta, --fastq  sequences only; names and qualities are left\n"
	"      --skip-prefix=STR    not lines that begin with STR\n"
	"  -f, --fields=LIST     these of each line: 2,5-7,9-; or names, with "
	"--header\n"
	"  -d, --delimiter=C     what is between fields (a tab)\n"
	"      --tsv, --csv      tabs, no quotes; commas, quotes as in RFC "
	"4180\n"
	"      --header          leave the first line\n"
	"  -c, --characters=LIST    these characters of each line\n"
	"      --complement      all but these fields or characters\n"
	"How it runs:\n"
	"  -i, --interactive, --no-interactive   take typed lines, or not "
	"(terminal)\n"
	"      --prompt=TEXT     what is shown before each ('>>: ')\n"
	"      --history=FILE    keep them for next time, to be brought back "
	"by keys\n"
	"  -j, --jobs=N          transformer threads (1; for gzip one per "
	"CPU)\n"
	"  -b, --batch-size=SIZE bytes in a batch, with K or M (256K)\n"
	"      --queue-depth=N   batches that may wait in a queue (8)\n"
	"      --flush-interval=SECONDS    gather slow lines for a gzip member "
	"(1)\n"
	"      --sync=none|end|batch       fdatasync never, at the end, each "
	"time\n"
	"      --on-full=fail|wait         what to do when the disk is full "
	"(fail)\n"
	"      --repair                    move a torn end of FILE aside\n"
	"      --shutdown-timeout=SECONDS  how long to drain after a signal "
	"(for ever)\n"
	"      --stats[=json]    figures on standard error at the end\n"
	"  -v, --verbose, -q, --quiet      more, less on standard error\n"
	"  -h, --help, -V, --version\n"
	"Exit: 0 done, 1 trouble with input, 2 usage, 3 output failed, or the "
	"signal.\n";

/* Standard output is used by nothing else, so its buffer is flushed here. */
static int flush_output(int printed)
{
	return printed < 0 || fflush(stdout) != 0 ? -errno : 0;
}

int help_print(void)
{
	return flush_output(printf(text, deflate_max_level()));
}

/* What is loaded when an input asks for it: a line each. */
static int print_loaded(void)
{
	const struct format *format;
	int printed = 0;

	for (size_t i = 0; printed >= 0 && (format = format_entry(i)); i++) {
		char library[64];

		if (!format->library)
			continue;
		format->library(library, sizeof(library));
		printed = printf("%s: %s\n", format->name, library);
	}
	return printed;
}

int help_print_version(const struct options *o)
{
	struct upcase u;
	char editing[64];
	int printed;

	editor_library(editing, sizeof(editing));
	(void)upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	if (o->variant)
		(void)upcase_use_variant(&u, o->variant);
	printed = printf("upcase-pipe %s\n"
			 "Unicode %s\n"
			 "zlib %s, %s\n",
		PACKAGE_VERSION, upcase_unicode_version, gzip_version(),
		deflate_library());
	if (printed >= 0)
		printed = print_loaded();
	if (printed >= 0)
		printed = printf("line editing: %s\n"
				 "sandbox: %s\n"
				 "engine: %s%s, of",
			editing,
			sandbox_is_built() ? "Landlock" : "not built in",
			upcase_variant_of(&u),
			o->variant ? " (" OPTIONS_VARIANT ")" : "");
	for (size_t i = 0; printed >= 0 && upcase_variant_name(i); i++)
		if (upcase_variant_runs(i))
			printed = printf(" %s", upcase_variant_name(i));
	if (printed >= 0)
		printed = printf("\n");
	return flush_output(printed);
}
