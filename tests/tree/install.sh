#!/usr/bin/env bash
# What is installed is where shells look for it, below the prefix whatever that
# is, and all of it goes again.
set -u
: "${UPCASE_PIPE:?}"
build=${UPCASE_PIPE%/*}
[ -f "$build/Makefile" ] || { echo "skipped: no Makefile beside $UPCASE_PIPE"; exit 77; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
not_ok() { echo "not ok - $1"; failed=1; }

# Not a part of the make that runs this.
make_there() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$build" "$@" \
		>"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
}

# DESTDIR and a prefix of its own; all else is derived from it, also where
# configure was told folders of its own, as packages do.
into() {
	# shellcheck disable=SC2016 # of make
	make_there "$1" DESTDIR="$tmp/root" prefix=/some/prefix \
		exec_prefix='${prefix}' bindir='${exec_prefix}/bin' \
		libdir='${exec_prefix}/lib' includedir='${prefix}/include' \
		datarootdir='${prefix}/share' datadir='${datarootdir}' \
		docdir='${datarootdir}/doc/upcase-pipe' mandir='${datarootdir}/man'
}
share=$tmp/root/some/prefix/share

# Of completions the folder can be chosen, too: then it is not looked at.
for shell in bash:bash-completion/completions zsh:zsh/site-functions \
	fish:fish/vendor_completions.d; do
	grep -qxF "${shell%%:*}_completionsdir = \${datadir}/${shell#*:}" "$build/Makefile" || {
		echo "skipped: completions of ${shell%%:*}: configure was told a folder"
		exit 77
	}
done

into install || not_ok 'make install failed'
for file in share/bash-completion/completions/upcase-pipe \
	share/zsh/site-functions/_upcase-pipe \
	share/fish/vendor_completions.d/upcase-pipe.fish \
	share/man/man1/upcase-pipe.1 bin/upcase-pipe; do
	[ -f "$tmp/root/some/prefix/$file" ] || not_ok "$file was not installed"
done
# The engine for others, only with --enable-library.
if grep -q '^lib_LIBRARIES = libupcase' "$build/Makefile"; then
	library=' libupcase.a upcase.3 upcase.h upcase.pc'
else
	library=
fi
there=$(find "$tmp/root" -type f \( -name 'libupcase*' -o -name 'upcase.*' \) \
	-printf ' %f\n' | sort | tr -d '\n')
[ "$there" = "$library" ] || not_ok "of the engine is installed:$there"
outside=$(find "$tmp/root" -type f ! -path "$tmp/root/some/prefix/*")
[ -z "$outside" ] || not_ok "outside of the prefix: $outside"

# The shells find them there by themselves.
export HOME=$tmp XDG_DATA_HOME=$tmp/home XDG_CONFIG_HOME=$tmp/home
found=
bash_completion=/usr/share/bash-completion/bash_completion
if [ -r "$bash_completion" ]; then
	XDG_DATA_DIRS=$share bash --norc --noprofile -c '
		. "$1"
		declare -F _comp_load >/dev/null && load=_comp_load ||
			load=_completion_loader
		"$load" upcase-pipe
		complete -p upcase-pipe' bash "$bash_completion" 2>&1 |
		grep -q _upcase_pipe || not_ok 'bash does not find its file'
	found+=' bash'
fi
if command -v zsh >/dev/null; then
	[ "$(FPATH=$share/zsh/site-functions:$(zsh -fc 'print -r -- $FPATH') \
		zsh -fc 'autoload -Uz compinit && compinit -u -D
			print -r -- $_comps[upcase-pipe]')" = _upcase-pipe ] ||
		not_ok 'zsh does not find its file'
	found+=' zsh'
fi
if command -v fish >/dev/null; then
	XDG_DATA_DIRS=$share:/usr/local/share:/usr/share \
		PATH=$tmp/root/some/prefix/bin:$PATH \
		fish -c 'complete -C "upcase-pipe --mapp"' |
		grep -q -e --mapping || not_ok 'fish does not find its file'
	found+=' fish'
fi

into uninstall || not_ok 'make uninstall failed'
left=$(find "$tmp/root" -type f)
[ -z "$left" ] || not_ok "left by make uninstall: $left"

[ $failed = 0 ] || exit 1
echo "ok - all${library:+ (with$library)} is installed below the prefix, found by:${found:- none}, and goes"
