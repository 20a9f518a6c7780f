#!/usr/bin/env bash
# What configure said that compiler and linker take is in the program.
set -u
: "${UPCASE_PIPE:=./upcase-pipe}"
failed=0

flags=$(sed -n 's/^HARDEN_[CLD]*FLAGS = *//p' Makefile | tr '\n' ' ')
if [ -z "${flags// /}" ]; then
	echo 'skipped: configured without hardening'
	exit 77
fi
command -v readelf >/dev/null || { echo 'skipped: no readelf'; exit 77; }

# expect FLAG WHAT ERE: with FLAG, what readelf says of the program has a line
# that matches.
said=$(readelf -hldsW "$UPCASE_PIPE") || exit 1
expect() {
	case " $flags " in
	*" $1 "*) ;;
	*)
		echo "ok - $2 # skipped: the compiler does not take $1"
		return
		;;
	esac
	if grep -Eq -e "$3" <<<"$said"; then
		echo "ok - $2"
	else
		echo "not ok - $2: nothing like '$3' in what readelf says"
		failed=1
	fi
}
expect -pie 'it can be loaded anywhere' '^ *Type: +DYN '
expect -Wl,-z,relro 'what is relocated is read-only afterwards' '^ *GNU_RELRO '
expect -Wl,-z,now 'all is bound at the start' 'Flags:.* NOW'
expect -fstack-protector-strong 'the stack is guarded' '__stack_chk_(fail|guard)'
# The C library looks at lengths only where it is optimised.
case $(sed -n 's/^CFLAGS = *//p' Makefile) in
*-O0*) flags=${flags//-D_FORTIFY_SOURCE=/not optimised: } ;;
esac
expect -D_FORTIFY_SOURCE=3 'lengths are checked' ' __[a-z]+_chk(@|$)'
expect -D_FORTIFY_SOURCE=2 'lengths are checked (as far as 2 goes)' ' __[a-z]+_chk(@|$)'
exit $failed
