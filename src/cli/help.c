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
	"Turn text to upper case. No FILE, or '-': standard input.\n"
	"\n"
	"What is read (gzip, zstd and xz are recognised and decompressed):\n"
	"  -E, --encoding=NAME     auto (default), none, or one that iconv -l "
	"lists\n"
	"      --files0-from=F     FILEs from a list, each ended by NUL\n"
	"      --split=I/N         of all together the I-th of N shares\n"
	"      --no-decompress     take compressed input for the bytes that it "
	"is\n"
	"      --invalid=HOW       what is not UTF-8: keep (default), replace, "
	"fail\n"
	"  -i, --interactive       typed lines (default at a terminal, without "
	"FILE)\n"
	"      --no-interactive    a terminal's lines as they are\n"
	"      --prompt=TEXT       what is shown before each typed line ('>>: "
	"')\n"
	"      --history=FILE      keep these lines, for the keys of next "
	"time\n"
	"What is turned (all else passes as it is):\n"
	"  -m, --mapping=KIND      full (default), simple (one to one), ascii\n"
	"  -l, --language=TAG      by the rules of tr, az, lt, el or hy\n"
	"      --fasta, --fastq    sequences only; names and qualities are "
	"left\n"
	"      --skip-prefix=STR   not lines that begin with STR\n"
	"  -f, --fields=LIST       these of each line: 2,5-7,9-; names with "
	"--header\n"
	"  -d, --delimiter=C       what is between fields (a tab)\n"
	"      --tsv, --csv        tabs, no quotes; commas, quotes as in RFC "
	"4180\n"
	"      --header            leave the first line\n"
	"  -c, --characters=LIST   these characters of each line\n"
	"      --complement        all but these fields or characters\n"
	"What is written:\n"
	"  -o, --output=FILE       append to FILE instead of standard output\n"
	"      --atomic            replace that FILE, once all went well\n"
	"      --in-place[=SUFFIX] replace each FILE, keep the old one as "
	"FILESUFFIX\n"
	"      --output-dir=DIR    write each to a file below DIR; --force: "
	"over "
	"another\n"
	"  -u, --unbuffered        also the beginning of a line, as soon as it "
	"is there\n"
	"  -z, --gzip[=LEVEL]      gzip, 1..%d (6); implied by *.gz, undone by "
	"--no-gzip\n"
	"      --bgzf              in blocks, for samtools and tabix; implied "
	"by *.bgz\n"
	"      --verify            decode what was packed before it is "
	"written\n"
	"      --flush-interval=SECONDS    gather slow lines for a gzip member "
	"(1)\n"
	"      --sync=WHEN         fdatasync: none (default), end, batch\n"
	"      --on-full=HOW       no room on the disk: fail (default), wait\n"
	"      --repair            move a torn end of FILE aside\n"
	"How it runs, and how it stops:\n"
	"  -j, --jobs=N            threads that turn and pack (1; for gzip one "
	"per CPU)\n"
	"  -b, --batch-size=SIZE   bytes in a batch, with K or M (256K)\n"
	"      --queue-depth=N     batches that may wait in a queue (8)\n"
	"      --shutdown-timeout=SECONDS  give up draining after a signal "
	"(never)\n"
	"      --progress[=WHEN]   how far it is: auto (batches), always, "
	"never\n"
	"      --stats[=HOW]       figures at the end: text (default), json\n"
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
