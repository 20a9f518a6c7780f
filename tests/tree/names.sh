#!/usr/bin/env bash
# What src/README.md and tests/README.md name is there: every file, function,
# struct, option and target of make between backticks; and the arrows between
# folders are those of the includes.
set -u
: "${srcdir:=.}"
cd "$srcdir" || exit 1
pages='src/README.md tests/README.md'
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# Noted in a file: some of this runs behind pipes.
not_ok() {
	printf 'not ok - %s\n' "$*"
	: >"$tmp/failed"
}

# Every word of the code, comments left out: what only a comment names is gone.
find src tests Makefile.am -type f ! -name tables.c ! -path tests/tree/names.sh \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.p[lmy]' -o -name '*.am' \) \
	-print0 |
	xargs -0 perl -0777 -ne '
		$ARGV =~ /\.[ch]$/ ? s{/\*.*?\*/}{ }gs : s{^\s*#(?!!).*$}{}gm;
		print "$1\n" while /(\w+)/g' | sort -u >"$tmp/words"
find src -name '*.[ch]' ! -name tables.c -print0 | xargs -0 perl -0777 -ne '
	s{/\*.*?\*/}{ }gs;
	print "$1 $2\n" while /\b(struct|enum|union) (\w+) \{/g' |
	sort -u >"$tmp/types"

is_word() { grep -Fxq -e "$1" "$tmp/words"; }

# A file or folder, or a program that a test is built to.
is_path() { [ -e "$1" ] || [ -e "$1.c" ]; }

# A target of make: a rule in Makefile.am, or one that automake always makes.
is_target() {
	case $1 in
	all | check | clean | distcheck | install) return 0 ;;
	esac
	grep -Eq "^$1:" Makefile.am
}

# A long option, where it is taken: by the program, by a script of tests.
is_option() {
	grep -Fq "{\"${1#--}\"," src/cli/options.c ||
		grep -rEq --include='*.sh' --include='*.p[ly]' -e "^[^#]*$1(=\\*)?\\)" \
			-e "add_argument\\('$1'" tests
}

# look TOKEN: what it names is there.
look() {
	local word
	case $1 in
	'make '*)
		for word in ${1#make }; do
			case $word in
			*=*) is_word "${word%%=*}" || return 1 ;;
			*) is_target "$word" || return 1 ;;
			esac
		done
		;;
	'struct '* | 'enum '*) grep -Fxq -e "$1" "$tmp/types" ;;
	--*) is_option "$1" ;;
	-*) is_option "--$(sed -n "s/^\t{\"\([a-z-]*\)\", .*'${1:1:1}'},\$/\1/p" src/cli/options.c)" ;;
	/dev/* | build/) ;;
	'./bootstrap '*) grep -q "^${1#* })" bootstrap ;;
	*=*' '*) # a command with its variables
		for word in $1; do
			case $word in
			*=*) is_word "${word%%=*}" || return 1 ;;
			*/*) is_path "$word" || return 1 ;;
			esac
		done
		;;
	.log) ;;
	*/* | *.*) is_path "$1" ;;
	*[!A-Za-z0-9_]*) return 1 ;;
	*) is_word "$1" || [ -d "src/$1" ] || [ -d "tests/$1" ] ;;
	esac
}

n=0
for page in $pages; do
	# Over the ends of lines; drawings, which are indented, are left out.
	perl -0777 -ne 's/^ {4}.*\n//gm; while (/`([^`]+)`/g) {
		my $t = $1; $t =~ s/\s+/ /g; print "$t\n" }' "$page" |
		sort -u >"$tmp/tokens"
	[ -s "$tmp/tokens" ] || not_ok "$page names nothing"
	while IFS= read -r token; do
		look "$token" || not_ok "$page names '$token', which is not there"
		n=$((n + 1))
	done <"$tmp/tokens"
done

# "FOLDER -> FOLDER...": each folder of src, and main.c.
perl -ne 'if (/^ {4}([a-z]+) +-> ([a-z ]+)$/) {
	my ($from, $to) = ($1, $2);
	for (split " ", $to) { print "$from -> $_\n" if $_ ne "nothing" }
	print STDERR "$from\n" }' src/README.md 2>"$tmp/drawn" | sort >"$tmp/arrows"
for file in src/*.c src/*/*.[ch]; do
	from=${file#src/}
	from=${from%.c}
	from=${from%%/*}
	echo "$from" >>"$tmp/folders"
	sed -n 's/^ *# *include "\([a-z]*\)\/.*/\1/p' "$file" |
		grep -Fxv "$from" | sed "s/^/$from -> /"
done | sort -u >"$tmp/includes"
while IFS= read -r arrow; do
	not_ok "src/README.md has no arrow for what is included: $arrow"
done < <(comm -13 "$tmp/arrows" "$tmp/includes")
while IFS= read -r arrow; do
	not_ok "src/README.md has an arrow that nothing includes: $arrow"
done < <(comm -23 "$tmp/arrows" "$tmp/includes")
while IFS= read -r folder; do
	not_ok "src/README.md has no arrows of $folder"
done < <(sort -u "$tmp/folders" | grep -Fxv -f "$tmp/drawn")

[ ! -e "$tmp/failed" ] || exit 1
echo "ok - $n names and $(wc -l <"$tmp/arrows") arrows in $pages are those of the tree"
