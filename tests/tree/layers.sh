#!/usr/bin/env bash
# Layers that could be lifted out as they are know nothing of the rest, and what
# is to stand in one place does.
set -u
: "${srcdir:=.}"
cd "$srcdir" || exit 1
failed=0
not_ok() { echo "not ok - $1: $2"; failed=1; }

# includes FOLDER: what its files include, a line each, as FILE:LINE:include
includes() { grep -n '^ *# *include' "src/$1"/*.[ch]; }

for layer in codec upcase; do
	[ -n "$(includes $layer)" ] || not_ok $layer 'nothing was looked at'
	out=$(includes $layer | grep '"' | grep -v -e '"config\.h"' -e "\"$layer/")
	[ -z "$out" ] || not_ok "$layer includes from outside" "$out"
	out=$(includes $layer |
		grep -E '<(fcntl|poll|pthread|signal|threads|unistd|sys/(file|poll|select|socket|stat|uio|wait))\.h>')
	[ -z "$out" ] || not_ok "$layer has descriptors, threads or waits" "$out"
done

# The header that others get: what C has, and nothing that configure found out.
out=$(grep -n '# *include' src/upcase/upcase.h |
	grep -Ev '<std(bool|def|int)\.h>$')
[ -z "$out" ] || not_ok "upcase.h includes more than C's own types" "$out"
out=$(grep -n -w -e 'HAVE_[A-Z_]*' -e 'CONFIG_[A-Z_]*' src/upcase/upcase.h)
[ -z "$out" ] || not_ok 'upcase.h depends on config.h' "$out"

# Which folder may include which others: the drawing in src/README.md.
may_include() {
	case $1 in
	text) echo upcase ;;
	io) echo codec ;;
	pipeline) echo pipeline text io codec ;;
	cli) echo io codec text upcase pipeline/stats.h compat/getopt.h ;;
	run) echo cli io pipeline text ;;
	esac
}
for layer in text io pipeline cli run; do
	allowed=(-e '"config\.h"' -e "\"$layer/")
	for other in $(may_include $layer); do
		allowed+=(-e "\"$other")
	done
	out=$(includes $layer | grep '"' | grep -v "${allowed[@]}")
	[ -z "$out" ] || not_ok "$layer includes what is not below it" "$out"
done

# The bytes by which gzip is known.
out=$(grep -n -i -E '0x1f\b|0x8b\b|\\x1f|\\x8b' src/*.c src/cli/*.[ch] src/codec/* src/io/* src/pipeline/* src/run/* |
	grep -v '^src/codec/gzip-header\.h:')
[ -z "$out" ] || not_ok "gzip's magic is somewhere else, too" "$out"
grep -q 0x1f src/codec/gzip-header.h || not_ok gzip-header.h 'no magic'

# What differs from one C library or limit to another, and is dealt with there.
only_in() {
	out=$(grep -rn -w -e "$2" src --include='*.c' | grep -v "^$1:")
	[ -z "$out" ] || not_ok "$2 is called elsewhere, too" "$out"
	grep -q -w -e "$2" "$1" || not_ok "$1" "it does not call $2"
}
only_in src/io/thread.c pthread_create
only_in src/io/fault.c strerror_l
# What opens files where nobody expects it.
only_in src/codec/library.c dlopen
out=$(grep -rn -w -e strerror_r src --include='*.c' | grep -v "^src/io/fault.c:")
[ -z "$out" ] || not_ok 'strerror_r is called: see src/io/fault.c' "$out"

exit $failed
