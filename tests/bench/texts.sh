#!/bin/sh
# Makes the texts that the benchmark of the engine reads: real sentences from
# Debian's translated manual pages, LibreOffice's help and the Debian handbook,
# and some that are put together. Those that are there already are kept, so
# remove the folder to make them anew.
#
#   texts.sh [FOLDER]     (${TMPDIR:-/tmp}/upcase-pipe-bench)
#
#   TEXTS_MB              least size of each text                        (20)
#   TEXTS                 names of the texts to make                    (all)
#   TEXTS_MAN             where the manual pages are         (/usr/share/man)
#   TEXTS_HELP            LibreOffice's help    (/usr/share/libreoffice/help)
#   TEXTS_HANDBOOK        the handbook  (/usr/share/doc/debian-handbook/html)
#
# Prints a line per text: its size, how much of it is distinct, what it comes
# from. Exit status: 0 (also when texts were skipped), 1 a text could not be
# made, 2 a bad setting.

set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 2
folder=${1:-${TMPDIR:-/tmp}/upcase-pipe-bench}
mb=${TEXTS_MB:-20}
TEXTS_MAN=${TEXTS_MAN:-/usr/share/man}
TEXTS_HANDBOOK=${TEXTS_HANDBOOK:-/usr/share/doc/debian-handbook/html}
if [ -z "${TEXTS_HELP:-}" ]; then
	TEXTS_HELP=/usr/share/libreoffice/help
	[ -d "$TEXTS_HELP" ] || TEXTS_HELP=/usr/lib/libreoffice/help
fi
export TEXTS_MAN TEXTS_HANDBOOK TEXTS_HELP

bad() { echo "texts.sh: $*" >&2; exit 2; }

[ $# -le 1 ] || bad 'one folder at most'
case $mb in
'' | 0* | *[!0-9]*) bad "TEXTS_MB '$mb': not a whole number" ;;
esac
command -v perl >/dev/null 2>&1 || bad 'perl is not installed'
mkdir -p "$folder" || bad "$folder: cannot be made"

failed=0
for name in ${TEXTS:-$(perl "$here/texts.pl" --list)}; do
	text=$folder/$name.txt
	if [ ! -f "$text" ] || [ ! -f "$folder/$name.info" ]; then
		rm -f "$text"
		perl "$here/texts.pl" "$name" "$mb" "$here/../../samples" \
			"$text.new" >"$folder/$name.info"
		case $? in
		0) mv "$text.new" "$text" || failed=1 ;;
		3) echo "$name: skipped, not installed: $(cat "$folder/$name.info")" ;;
		*) echo "texts.sh: $name: could not be made" >&2; failed=1 ;;
		esac
	fi
	if [ -f "$text" ]; then
		echo "$name: $(cat "$folder/$name.info")"
	else
		rm -f "$text.new" "$folder/$name.info"
	fi
done
exit $failed
