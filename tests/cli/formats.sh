#!/bin/bash
# formats.sh - what is packed otherwise than with gzip: zstd and xz decoded by
# libraries that are loaded for it, the rest known and refused with the command
# that decodes it; and text that begins like any of them, which passes at once.
#
# shellcheck disable=SC2317,SC2015,SC2016,SC2059 # checks are called by name,
# `A && B || { report; }` is meant as it is, C stands in single quotes, formats
# are the point
. "$(dirname "$0")/lib.sh" || exit 1

kept="everything before it was kept"
text='STRASSE\nZWEI\n'

# "straße\nzwei\n" as the programs of these names make it: NAME BASE64.
unpack() { base64 -d <<<"$2" >"$1"; }
printf 'straße\nzwei\n' >plain
unpack f.zst KLUv/SQNaQAAc3RyYcOfZQp6d2VpCkhxCU0=
unpack f.xz /Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAMc3RyYcOfZQp6d2VpCgAAAAAZSy4v21LOdgABJQ1xGcS2H7bzfQEAAAAABFla
unpack f.bz2 QlpoOTFBWSZTWcmes/gAAAPBpAAQIiAckAAAiAAgADEA000EDQZAFIg4VPd4u5IpwoSGTPWfwA==
unpack empty.bz2 QlpoORdyRThQkAAAAAA=
unpack f.lz4 BCJNGGRApw0AAIBzdHJhw59lCnp3ZWkKAAAAALObW6w=
unpack legacy.lz4 AiFMGA4AAADQc3RyYcOfZQp6d2VpCg==
unpack f.lz TFpJUAEMADmdCow/gu1E8b0m7GyrOK0Ntf/2mgAAu+Hu5w0AAAAAAAAAMgAAAAAAAAA=
unpack f.zip UEsDBAoAAAAAAOoVe1274e7nDQAAAA0AAAABABwAbVVUCQADN+8IazfvCGt1eAsAAQQAAAAABAAAAABzdHJhw59lCnp3ZWkKUEsBAh4DCgAAAAAA6hV7Xbvh7ucNAAAADQAAAAEAGAAAAAAAAQAAAKSBAAAAAG1VVAUAAzfvCGt1eAsAAQQAAAAABAAAAABQSwUGAAAAAAEAAQBHAAAASAAAAAAA
unpack f.7z N3q8ryccAARpTkLfEQAAAAAAAABKAAAAAAAAAOJSsmQBAAxzdHJhw59lCnp3ZWkKAAEEBgABCREABwsBAAEhIQEADA0ACAoBu+Hu5wAABQEZDAAAAAAAAAAAAAAAABEFAG0AAAAUCgEAecT0nhl+3QEVBgEAIICkgQAA
unpack f.Z H52Qc+jICTPsUxkFeu6USaMA

# reads OUTPUT FILE... [ARG...]
reads() {
	run "${@:2}"
	expect_outcome 0 "$1" ''
}

# --- decoded -----------------------------------------------------------------

# What --version says of a library: "libzstd 1.5.4", "not built in", ...
library() { "$UPCASE_PIPE" --version | sed -n "s/^$1: //p"; }
# Whether gzip has what is faster than zlib; and whether it is there.
sprints_built() { [[ $(library gzip) == *libisal.so* ]]; }
edits_built() { [[ $(library 'line editing') == libedit.so* ]]; }
sprints() { [[ $(library gzip) == *libisal.so.[0-9] ]]; }
decodes() { [[ $(library "$1") == lib*\ [0-9]* ]]; }

# from_pipe FILE: in a pipe, in one write.
from_pipe() { perl -e 'local $/; my $t = <STDIN>; syswrite STDOUT, $t' <"$1"; }

# each_way FILE OUTPUT: by name, redirected, and through a pipe.
each_way() {
	reads "$2" "$1" && reads "$2" -b 1 -j 4 "$1" || return 1
	run_here <"$1"
	expect_outcome 0 "$2" '' || return 1
	from_pipe "$1" | bounded "$UPCASE_PIPE" >"$out" 2>"$err"
	status=${PIPESTATUS[1]}
	expect_outcome 0 "$2" ''
}
# truncated FILE NAME: cut anywhere behind its magic, whatever of its text could
# be decoded, and where.
truncated() {
	local n size
	size=$(stat -c %s "$1")
	for ((n = 6; n < size; n += 1 + size / 12)); do
		head -c "$n" "$1" >cut
		run cut
		# A ß that was cut in two may be at the end.
		perl -pe 's/\xc3\z//' "$out" >got
		expect_status 1 && cmp -s -n "$(stat -c %s got)" got want &&
			expect_errors "upcase-pipe: cut: unexpected end of $2 data at byte $n; $kept\n" ||
			{ echo "cut at byte $n of $size"; return 1; }
	done
}
many() {
	cat "$1" "$1" plain >garbage
	run garbage
	expect_outcome 1 "$text$text" \
		"upcase-pipe: garbage: trailing garbage at byte $((2 * $(stat -c %s "$1"))) ignored; $kept\n"
}
mixed() {
	gzip -nc plain >f.gz
	reads "$text$text$text$text" f.gz "$1" plain "$1"
}
as_it_is() {
	run --no-decompress -m ascii "$1"
	perl -pe 'BEGIN { binmode STDIN } tr/a-z/A-Z/' <"$1" >want.bytes
	expect_status 0 && same want.bytes "$out"
}
# large COMMAND...: more than fits anywhere, with threads, to gzip and plain.
large() {
	numbered 100000 80 | tr -d x >lines
	tr '[:lower:]' '[:upper:]' <lines >lines.want
	"$@" <lines >lines.packed || return 1
	run lines.packed
	expect_status 0 && same lines.want "$out" || return 1
	run -z -j 4 lines.packed
	expect_status 0 && gzip -dc "$out" | cmp - lines.want || return 1
	run_here -j 4 <lines.packed
	expect_status 0 && same lines.want "$out"
}
printf "$text" >want

decoded() {
	local name=$1 file=$2
	if ! decodes "$name"; then
		skip "$name is decoded" "$name: $(library "$name")"
		return
	fi
	check "$name is decoded by name, redirected and through a pipe" \
		each_way "$file" "$text"
	check "$name that is cut gives what could be decoded and says where" \
		truncated "$file" "$name"
	check "$name: concatenated is one text, and what follows is garbage" many "$file"
	check "$name, gzip and plain files mix" mixed "$file"
	check "--no-decompress takes $name as plain bytes" as_it_is "$file"
	if have "$name"; then
		check "$name of many blocks comes out whole" large "$name" -c
	else
		skip "$name of many blocks comes out whole" "no $name"
	fi
}
decoded zstd f.zst
decoded xz f.xz

zstd_frames() {
	{
		printf 'P*M\x18\x05\0\0\0(skip'
		cat f.zst
		printf '_*M\x18\0\0\0\0'
		cat f.zst
	} >skips
	each_way skips "$text$text"
}
zstd_checksum() {
	cp f.zst bad && printf 'x' | dd of=bad conv=notrunc bs=1 seek=25 2>dd
	run bad plain
	expect_status 1 && expect_output "$text$text" &&
		expect_stderr_match "upcase-pipe: bad: corrupt zstd data at byte 26: .*checksum.*; $kept"
}
zstd_window() {
	{ cat f.zst && printf '(\xb5\x2f\xfd\0\xa8\x01\0\0'; } >wide
	run wide plain
	expect_outcome 1 "$text$text" \
		"upcase-pipe: wide: zstd data at byte 32 needs a window of 2048 MiB, more than 128; $kept\n"
}
if decodes zstd; then
	check "zstd frames that are to be skipped are" zstd_frames
	check "a zstd checksum that is wrong is told" zstd_checksum
	check "a zstd window that is too large is told" zstd_window
fi
xz_padding() {
	local n
	for n in 4 8 4096; do
		{ cat f.xz && head -c $n /dev/zero && cat f.xz; } >padded
		reads "$text$text" padded || return 1
	done
	{ cat f.xz && head -c 6 /dev/zero && cat f.xz; } >padded
	run padded
	expect_outcome 1 "$text" \
		"upcase-pipe: padded: trailing garbage at byte 76 ignored; $kept\n"
}
# The CRC is that of a header with a dictionary of 2 GiB.
xz_memory() {
	perl -MCompress::Zlib=crc32 -e 'local $/; my $x = <STDIN>;
		substr $x, 16, 1, chr 38;
		substr $x, 20, 4, pack "V", crc32(substr $x, 12, 8);
		print $x' <f.xz >wide
	run wide plain
	expect_outcome 1 "$text" \
		"upcase-pipe: wide: xz data at byte 24 needs 2049 MiB of memory, more than 256; $kept\n"
}
if decodes xz; then
	check "xz: zero bytes behind a stream come in fours" xz_padding
	check "xz that needs too much memory is told" xz_memory
fi

# --- known and refused -------------------------------------------------------

# refused FILE NAME COMMAND: by name and redirected; another FILE is processed.
refused() {
	local standard=$3
	# These read no standard input.
	case $2 in zip | 7z) standard+=' FILE' ;; esac
	run "$1" plain
	expect_outcome 1 "$text" \
		"upcase-pipe: $1: $2 data; decode it first: $3 $1 | upcase-pipe\n" ||
		return 1
	run_here - plain <"$1"
	expect_outcome 1 "$text" \
		"upcase-pipe: standard input: $2 data; decode it first: $standard | upcase-pipe\n" ||
		return 1
	from_pipe "$1" | bounded "$UPCASE_PIPE" >"$out" 2>"$err"
	status=${PIPESTATUS[1]}
	expect_outcome 1 '' \
		"upcase-pipe: standard input: $2 data; decode it first: $standard | upcase-pipe\n" ||
		return 1
	rm -f db
	run -o db "$1" plain
	expect_status 1 && expect_file db "$text" && as_it_is "$1"
}
while read -r file name command; do
	check "$name data is refused with what decodes it ($file)" \
		refused "$file" "$name" "$command"
done <<-EOT
	f.bz2 bzip2 bzip2 -dc
	empty.bz2 bzip2 bzip2 -dc
	f.lz4 lz4 lz4 -dc
	legacy.lz4 lz4 lz4 -dc
	f.lz lzip lzip -dc
	f.zip zip unzip -p
	f.7z 7z 7z e -so
	f.Z compress gzip -dc
EOT

# All of them and text between: the text, and a message each.
refused_all() {
	local f packed=(f.bz2 f.lz4 legacy.lz4 f.lz f.zip f.7z f.Z) all=()
	for f in "${packed[@]}"; do
		all+=("$f" plain)
	done
	run "${all[@]}"
	for f in "${packed[@]}"; do printf "$text"; done >want.all
	expect_status 1 && same want.all "$out" &&
		[ "$(grep -c 'decode it first' "$err")" -eq "${#packed[@]}" ] &&
		[ "$(wc -l <"$err")" -eq "${#packed[@]}" ]
}
check "what is packed and not decoded is refused, and nothing of it is in the output" \
	refused_all

# What is told works when it is pasted.
pasted() {
	local command
	cp "$1" 'with blank'
	run 'with blank'
	command=$(sed 's/.*decode it first: //' "$err")
	PATH=${UPCASE_PIPE%/*}:$PATH bounded bash -c "$command" >"$out" 2>"$err"
	status=$?
	expect_outcome 0 "$text" ''
}
while read -r file tool; do
	if have "$tool"; then
		check "the command that is told for $file does it" pasted "$file"
	else
		skip "the command that is told for $file does it" "no $tool"
	fi
done <<-EOT
	f.bz2 bzip2
	f.lz4 lz4
	f.lz lzip
	f.zip unzip
	f.7z 7z
	f.Z gzip
EOT

odd_names() {
	local name
	for name in "it's" ./-x $'a\nb' "$(printf 'n%.0s' {1..100})"; do
		cp f.bz2 "$name"
		run -- "$name"
		expect_status 1 && grep -q 'bzip2 -dc \(FILE\|\./-x\) | upcase-pipe$' "$err" &&
			[ "$(wc -l <"$err")" -eq 1 ] || {
			cat "$err"
			return 1
		}
	done
}
check "a name that no shell would take stands for itself as FILE" odd_names

# Where the library is not there it is as with the others. A shim in place of a
# system without it.
cat >none.c <<'EOT'
#include <stddef.h>
void *dlopen(const char *name, int flags)
{
	(void)name, (void)flags;
	return NULL;
}
EOT
missing() {
	LD_PRELOAD=$PWD/none.so run --version
	grep -qx "$1: $2 is missing" "$out" || { cat "$out"; return 1; }
	LD_PRELOAD=$PWD/none.so run "$3" plain
	expect_outcome 1 "$text" \
		"upcase-pipe: $3: $1 data; decode it first: $1 -dc $3 | upcase-pipe\n"
}
not_built() {
	run "$2" plain
	expect_outcome 1 "$text" \
		"upcase-pipe: $2: $1 data; decode it first: $1 -dc $2 | upcase-pipe\n"
}
without() {
	local sentence="$1 is refused where the library is missing"
	if [ "$(library "$1")" = 'not built in' ] || ! decodes "$1"; then
		check "$1 is refused where it is not built in" not_built "$1" "$3"
	elif sanitized; then
		skip "$sentence" "a sanitizer comes before what is preloaded"
	elif "$CC" -w -shared -fPIC -o none.so none.c 2>/dev/null; then
		check "$sentence" missing "$1" "$2" "$3"
	else
		skip "$sentence" "$CC makes no shared libraries"
	fi
}
without zstd libzstd.so.1 f.zst
without xz liblzma.so.5 f.xz

# gzip needs none: what there is only is faster.
numbered 60000 80 >long
tr '[:lower:]' '[:upper:]' <long >long.want
gzip -1 -c long >long.gz
gzip_alone() {
	LD_PRELOAD=$PWD/none.so run --version
	grep -qx "gzip: zlib, libisal.so.2 is missing" "$out" ||
		{ cat "$out"; return 1; }
	LD_PRELOAD=$PWD/none.so run long.gz
	expect_status 0 && same long.want "$out" || return 1
	LD_PRELOAD=$PWD/none.so run -z1 long
	expect_status 0 && gzip -dc "$out" | cmp - long.want
}
gzip_is_gzip() { run long.gz; expect_status 0 && same long.want "$out"; }
check "long gzip input is decoded, whatever is there for it" gzip_is_gzip
if ! sprints || sanitized || [ ! -f none.so ]; then
	skip "without libisal gzip is decoded by zlib, and made" \
		"built without it, or with a sanitizer"
	skip "what is faster than zlib is loaded for long input only" "likewise"
else
	check "without libisal gzip is decoded by zlib, and made" gzip_alone
	loads() {
		LD_DEBUG=files run "$@"
		grep -q libisal "$err"
	}
	loaded_when_long() {
		loads long.gz && ! loads f.gz && ! loads long || return 1
		LD_DEBUG=files bounded "$UPCASE_PIPE" <long.gz >"$out" 2>"$err"
		grep -q libisal "$err" && same long.want "$out" || return 1
		from_pipe long.gz | LD_DEBUG=files bounded "$UPCASE_PIPE" \
			>"$out" 2>"$err"
		grep -q libisal "$err" && same long.want "$out"
	}
	sentence="what is faster than zlib is loaded for long input only"
	if loads --version; then
		check "$sentence" loaded_when_long
	else
		skip "$sentence" "this C library does not tell what it loads"
	fi
fi

# --- text that begins like that ----------------------------------------------

begins_like() {
	local n=0 end text
	for text in '(' '(µ' '(\xb5' '(\xb5/' BZh BZh9 'BZh9 1AY&SY' 'BZh01AY&SY' \
		LZIP 'LZIP 1' PK 'PK\x03' 7z 7zip 'P*M' 'W*M\x19' 'P*m' '\xfd' \
		'\xfd7' '\xfd7zXZ' '\x04' '\x04"M' '\x02!L' '\x1f\x9c' '\0' \
		'\0\0\0\0' '\xff' '\xfe'; do
		for end in '' '\n'; do
			n=$((n + 1))
			printf "$text$end" >"begins.$(printf %03d $n)"
			# Between two FILEs a newline is added.
			printf "$text\n"
		done
	done | head -c -1 | tr '[:lower:]' '[:upper:]' >want.begins
	printf '\n' >>want.begins
	run -m ascii begins.*
	expect_status 0 && same want.begins "$out"
}
check "text that begins like a magic is text" begins_like

# shows BYTES: what was written is out while the writer is still there.
shows() {
	fed -m ascii
	printf "$1" >&7
	printf "$1" | tr '[:lower:]' '[:upper:]' >want.shown
	wait_until "$deadline" cmp -s want.shown "$out" || {
		echo "not shown: $1"
		return 1
	}
	exec 7>&-
	expect_end fed 'exit 0'
}
shown_at_once() {
	local begin
	for begin in '(' '(\xb5/' BZh BZh91AY 'LZIP' PK '7z' 'P*M' '\x02!L'; do
		shows "$begin\n" || return 1
	done
}
check "text that begins like a magic is not held back" shown_at_once

# --- packagers ---------------------------------------------------------------

# The notes in the program: the JSON of each.
notes() {
	perl -e 'local $/; open my $f, "<:raw", shift or die; my $all = <$f>;
		while ($all =~ /\x04\0\0\0(....)\x0a\x0c\x7c\x40FDO\0/sg) {
			my $size = unpack "V", $1;
			my $json = substr $all, pos $all, $size;
			$json =~ s/\0\z// or die "no NUL";
			print "$json\n";
		}' "$UPCASE_PIPE"
}
noted() {
	notes >noted
	perl -MJSON::PP -ne 'for (@{decode_json $_}) {
		print "$_->{feature} $_->{priority} @{$_->{soname}}\n" }' noted |
		sort >is
	{
		! decodes zstd || echo 'zstd recommended libzstd.so.1'
		! decodes xz || echo 'xz recommended liblzma.so.5'
		! sprints_built || echo 'isal suggested libisal.so.2'
		! edits_built || echo 'editing recommended libedit.so.2'
	} | sort >should
	same should is
}
if decodes zstd || decodes xz || sprints_built || edits_built; then
	check "what is loaded stands in a note for those who make packages" noted
fi
linked() { ! ldd "$UPCASE_PIPE" | grep -E 'zstd|lzma|edit|dl\.so'; }
if ldd "$UPCASE_PIPE" >/dev/null 2>&1; then
	check "the program is not linked with what it loads" linked
fi

finish
