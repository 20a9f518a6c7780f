#!/bin/bash
# repair.sh - files that were torn by a kill or a power cut: nothing is appended
# behind a gzip member that is not whole; --repair moves what is torn aside.
#
# shellcheck disable=SC2317,SC2086,SC2016 # checks are called by name, numbers
# stand bare, Perl stands in single quotes
. "$(dirname "$0")/lib.sh" || exit 1

# Three members, of 100 lines each; `ends` has where each ends.
numbered 300 40 >text
for i in 1 2 3; do
	sed -n "$(((i - 1) * 100 + 1)),$((i * 100))p" text |
		"$UPCASE_PIPE" -z -o member$i || exit 1
done
cat member1 member2 member3 >whole
size1=$(stat -c %s member1)
size2=$(($(stat -c %s member2) + size1))
size3=$(stat -c %s whole)
upper() { tr '[:lower:]' '[:upper:]'; }
head -n 200 text | upper >two.want

# torn_at BYTES: db.gz is so much of the three members, and is kept as before.
torn_at() {
	head -c "$1" whole >db.gz
	cp db.gz before
}
# put_at FILE OFFSET BYTES: overwrites them there.
put_at() { printf '%s' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
clean() { rm -rf db db.gz db.gz.torn-* db.torn-* before; }
refused='upcase-pipe: db.gz: the file is torn: from byte'
why='on there is no whole gzip member, and nothing behind it could be read (try --repair)'
# aside BYTES NAME: this was moved aside, and told.
aside() {
	expect_stderr_match "upcase-pipe: $2: the torn end, $1 bytes?, was moved to this name with \.torn-[0-9]{8}T[0-9]{6}(-[0-9]+)? behind it" &&
		[ "$(ls -d $2.torn-* | wc -l)" = 1 ] && size_is $2.torn-* "$1"
}

# --- refused -------------------------------------------------------------------

refuses() {
	local r=0 n
	for n in 1 2 3 9 10 15 19 20 30 $((size1 - 1)); do
		clean
		torn_at "$n"
		printf 'new\n' >feed
		exec 6<feed
		run_here -o db.gz <&6
		expect_outcome 3 '' "$refused 0 $why\n" && same before db.gz || r=1
		# Nothing was read.
		[ "$(perl -e 'print sysseek STDIN, 0, 1' <&6)" = '0 but true' ] || r=1
		exec 6<&-
	done
	return "$r"
}
check "a file that is a torn member is refused, and nothing is read" refuses
refuses_behind() {
	local r=0 n
	for n in 1 10 19 25 $((size3 - size2 - 1)); do
		clean
		torn_at $((size2 + n))
		given 'new\n'
		run -o db.gz
		expect_outcome 3 '' "$refused $size2 $why\n" && same before db.gz ||
			{ echo "cut at $n"; r=1; }
	done
	return "$r"
}
check "so is one with a torn member behind whole ones; where it begins is told" \
	refuses_behind
zeros() {
	# After a power cut: the size is there, the bytes are not.
	clean
	cat member1 member2 >db.gz
	truncate -s +5000 db.gz
	given 'new\n'
	run -o db.gz
	expect_outcome 3 '' "$refused $size2 $why\n" || return 1
	head -c $((size2 + 100)) whole >db.gz
	truncate -s "$size3" db.gz
	run -o db.gz
	expect_outcome 3 '' "$refused $size2 $why\n"
}
check "zeros where a member should be are torn, too" zeros
zeros_in_head() {
	# They begin inside a head, as where that goes from one page to the next.
	local r=0 k n
	for k in 1 2 3 4 9 10 11 12 13 15 16 17 18 19 20 24; do
		for n in 3 4096; do
			clean
			{ cat member1 member2; head -c "$k" member3; } >db.gz
			truncate -s +$n db.gz
			given 'new\n'
			run -o db.gz
			expect_outcome 3 '' "$refused $size2 $why\n" || {
				echo "$n zeros behind $k bytes"
				r=1
			}
		done
	done
	return "$r"
}
check "so are zeros that begin inside its head" zeros_in_head
not_torn() {
	clean
	torn_at "$size3"
	given 'new\n'
	run -o db.gz
	expect_outcome 0 '' '' && { upper <text; echo NEW; } >want &&
		gzip -dc db.gz >got && same want got || return 1
	# One whose text holds members as they are is none of them.
	clean
	{ cat whole; head -c 100 whole; } | gzip -n1 >db.gz
	run -o db.gz
	expect_outcome 0 '' '' && gzip -dc db.gz | tail -n 1 >got && expect_file got 'NEW\n'
}
check "a whole file is not" not_torn
foreign() {
	# As ever: who made it does not say how long its members are.
	clean
	gzip -n <text | head -c 300 >db.gz
	given 'new\n'
	run -v -o db.gz
	expect_status 0 && expect_stderr_line \
		'upcase-pipe: db.gz: whether its last line has an end cannot be known'
}
check "a member of others that is cut is not known of" foreign
not_while_appending() {
	# Somebody is at an append: what looks torn is waited for under the lock.
	local r=0
	clean
	head -c $((size2 + 50)) whole >db.gz
	rm -f leash taken
	mkfifo leash
	exec 8<>leash
	flock -o db.gz sh -c ': >taken; exec cat' <leash >>db.gz 8>&- &
	wait_until "$deadline" test -e taken || r=1
	given 'new\n'
	start late -o db.gz <"$in" >"$out" 2>"$err"
	wait_until "$deadline" asleep late || r=1
	tail -c +$((size2 + 51)) whole >&8
	wait_until "$deadline" size_is db.gz "$size3" || r=1
	exec 8>&-
	expect_end late 'exit 0' && expect_errors '' &&
		gzip -dc db.gz | tail -n 1 >got && expect_file got 'NEW\n' && return "$r"
}
if have flock; then
	check "what somebody is appending is waited for" not_while_appending
else
	skip "what somebody is appending is waited for" "no flock"
fi

# --- moved aside ---------------------------------------------------------------

repairs() {
	local r=0 n
	for n in 1 10 19 25 $((size3 - size2 - 1)); do
		clean
		torn_at $((size2 + n))
		chmod 640 db.gz
		given 'new\n'
		run --repair -o db.gz
		expect_status 0 && expect_output '' && aside "$n" db.gz &&
			tail -c "$n" before >tail && same tail db.gz.torn-* &&
			[ "$(stat -c %a db.gz.torn-*)" = 640 ] &&
			{ cat two.want; echo NEW; } >want &&
			gzip -dc db.gz >got && same want got ||
			{ echo "cut at $n"; r=1; }
	done
	return "$r"
}
check "--repair moves the torn end aside, tells, and appends" repairs
only_repairs() {
	clean
	torn_at $((size2 + 25))
	given ''
	run --repair -o db.gz
	expect_status 0 && aside 25 db.gz && head -c "$size2" whole >want &&
		same want db.gz || return 1
	# What is whole is left alone.
	run --repair -o db.gz
	expect_outcome 0 '' '' && same want db.gz
}
check "--repair -o FILE </dev/null only repairs" only_repairs
all_torn() {
	clean
	torn_at 1
	given 'new\n'
	run --repair -o db.gz
	expect_status 0 && aside 1 db.gz && gzip -dc db.gz >got &&
		expect_file got 'NEW\n'
}
check "--repair: a file of which nothing is whole begins anew" all_torn
decodes_foreign() {
	clean
	gzip -n <text >foreign.gz
	local size
	size=$(stat -c %s foreign.gz)
	{ cat foreign.gz member1; head -c 200 foreign.gz; } >db.gz
	given 'new\n'
	run --repair -o db.gz
	expect_status 0 && aside 200 db.gz || return 1
	clean
	# Ours behind one of others: without --repair that is not known.
	{ cat foreign.gz; head -c 100 member1; } >db.gz
	run --repair -o db.gz
	expect_status 0 && aside 100 db.gz &&
		{ upper <text; echo NEW; } >want && { cat text; echo NEW; } >want &&
		gzip -dc db.gz >got && same want got
}
check "--repair decodes members of others" decodes_foreign
damaged_before() {
	# What is whole behind damage stays: a member of others that is damaged,
	# a head of ours, zeros in the middle.
	local r=0 i
	gzip -n <text >foreign.gz
	put_at foreign.gz $(($(stat -c %s foreign.gz) - 7)) 'XX'
	cp member1 headless
	put_at headless 1 'X'
	head -c 4096 /dev/zero >zeroes
	for i in foreign.gz headless zeroes; do
		clean
		{ cat member1 $i member2 member3; head -c 100 member1; } >db.gz
		head -c -100 db.gz >want
		given ''
		run --repair -o db.gz
		expect_status 0 && aside 100 db.gz && same want db.gz || r=1
	done
	# Without --repair the same place is told, as far as sizes tell.
	size=$(stat -c %s want)
	cat member1 zeroes member2 member3 >want
	{ cat want; head -c 100 member1; } >db.gz
	given 'new\n'
	run -o db.gz
	expect_outcome 3 '' "$refused $size $why\n" && return "$r"
}
check "--repair moves no whole member aside that stands behind damage" damaged_before
plain() {
	clean
	printf 'one\ntwo\nthr' >db
	given 'new\n'
	run --repair -o db
	expect_status 0 && aside 3 db && expect_file db 'one\ntwo\nNEW\n' &&
		expect_file db.torn-* 'thr' || return 1
	# Without it the line is ended.
	printf 'one\nthr' >db
	run -o db
	expect_outcome 0 '' '' && expect_file db 'one\nthr\nNEW\n' || return 1
	clean
	# A line of which the beginning is far away.
	{ echo one; head -c 100000 /dev/zero | tr '\0' x; } >db
	run --repair -o db
	expect_status 0 && aside 100000 db && expect_file db 'one\nNEW\n'
}
check "--repair moves an unterminated last line of plain text" plain
again() {
	clean
	printf 'thr' >db
	given ''
	# In the same second, or the next ones.
	local now
	now=$(date +%s)
	for i in 0 1 2 3 4 5 6 7 8 9; do
		: >"db.torn-$(date -d "@$((now + i))" +%Y%m%dT%H%M%S)"
	done
	run --repair -o db
	expect_status 0 && expect_stderr_match \
		'.* was moved to this name with \.torn-[0-9]{8}T[0-9]{6}-2 behind it' &&
		expect_file db.torn-*-2 thr
}
check "--repair never overwrites what was moved before" again
long_name() {
	clean
	local name
	name=$(head -c 255 /dev/zero | tr '\0' n)
	head -c $((size2 + 25)) whole >"$name"
	given ''
	run --repair --gzip -o "$name"
	expect_status 0 && size_is "$name" "$size2" &&
		expect_stderr_match "upcase-pipe: n*: the torn end, 25 bytes, was moved to this name, cut short, with \.torn-.* behind it" &&
		size_is n*.torn-* 25 || return 1
	rm -f n*.torn-* "$name"
}
check "--repair of a file with the longest name there is" long_name
usage() {
	given ''
	run --repair
	expect_usage_error '--repair wants an output file' || return 1
	run --repair -o -
	expect_usage_error '--repair wants an output file'
}
check "--repair without an output file is wrong" usage

# --- faults while it is moved ----------------------------------------------------

# faulty RESULT FAULT...: the repair meets it; the file is as it was, no copy is
# left, and it is told.
faulty() {
	local r=0
	clean
	torn_at $((size2 + 25))
	given 'new\n'
	traced "${@:2}" -- --repair -o db.gz
	expect_outcome 3 '' "upcase-pipe: db.gz: what is torn cannot be moved aside: $1\n" &&
		same before db.gz || r=1
	[ -z "$(ls -d db.gz.torn-* 2>/dev/null)" ] || {
		echo 'a copy is left'
		r=1
	}
	return "$r"
}
# killed CALL [WHEN]: it is killed as it comes to that call: nothing is gone.
killed() {
	clean
	torn_at $((size2 + 25))
	given 'new\n'
	traced -e trace="$1" -e inject="$1:signal=KILL" -- --repair -o db.gz
	# Either both, or FILE alone as it was.
	same before db.gz || return 1
	run --repair -o db.gz
	expect_status 0 && { cat two.want; echo NEW; } >want &&
		gzip -dc db.gz >got && same want got &&
		tail -c 25 before >tail && for f in db.gz.torn-*; do
			has_size "$f" || continue
			same tail "$f" || return 1
		done
}
if can_trace && ! sanitized; then
	check "no sync of the copy: nothing is cut" faulty \
		'Input/output error' -e inject=fsync:error=EIO:when=1
	check "no sync of its name: nothing is cut" faulty \
		'Input/output error' -e inject=fsync:error=EIO:when=2
	check "the file cannot be cut: no copy is left" faulty \
		'Operation not permitted' -e inject=ftruncate:error=EPERM
	check "no room for the copy: nothing is cut" faulty \
		'No space left on device' -e inject=writev:error=ENOSPC:when=1
	check "no lock, no repair" faulty 'No locks available' \
		-e inject=flock:error=ENOLCK
	for call in fsync ftruncate; do
		check "killed at $call, nothing is gone, and the next one repairs" \
			killed $call
	done
else
	skip "faults while it is moved" "strace cannot trace here"
fi
# ordinary COMMAND [ARG...]: as run, by a user who may not do everything.
ordinary() {
	local as=()
	# The program may lie where others must not look.
	cp "$UPCASE_PIPE" program
	chmod 755 program "$tmp" "$tmp/work"
	[ "$(id -u)" -ne 0 ] ||
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${as[@]}" "$@" <"$in" >"$out" 2>"$err"
	status=$?
	return 0
}
no_folder() {
	# A folder in which nothing can be made.
	local r=0
	clean
	rm -rf closed
	mkdir closed
	head -c $((size2 + 25)) whole >closed/db.gz
	chmod 666 closed/db.gz
	chmod 555 closed
	given 'new\n'
	ordinary ./program --repair -o closed/db.gz
	expect_outcome 3 '' 'upcase-pipe: closed/db.gz: what is torn cannot be moved aside: Permission denied\n' &&
		size_is closed/db.gz $((size2 + 25)) || r=1
	chmod 755 closed
	return "$r"
}
not_readable() {
	clean
	head -c $((size2 + 25)) whole >db.gz
	chmod 222 db.gz
	given 'new\n'
	ordinary ./program --repair -o db.gz
	expect_outcome 3 '' 'upcase-pipe: db.gz: cannot be repaired, since it may not be read: Permission denied\n' &&
		size_is db.gz $((size2 + 25))
}
whose() {
	# In a folder whose group new files get, a file of another one.
	local r=0
	clean
	rm -rf shared
	mkdir shared
	head -c $((size2 + 25)) whole >shared/db.gz
	chown 65534:4 shared/db.gz && chmod 640 shared/db.gz &&
		chgrp 100 shared && chmod 2777 shared || return 1
	given 'new\n'
	run --repair -o shared/db.gz
	expect_status 0 &&
		[ "$(stat -c '%u:%g %a' shared/db.gz.torn-*)" = '65534:4 640' ] || r=1
	# Who may not give it to that group gives it to no group.
	rm -rf shared/*
	head -c $((size2 + 25)) whole >shared/db.gz
	chown 0:4 shared/db.gz && chmod 646 shared/db.gz || return 1
	ordinary ./program --repair -o shared/db.gz
	expect_status 0 &&
		[ "$(stat -c '%u %a' shared/db.gz.torn-*)" = '65534 604' ] || r=1
	return "$r"
}
if [ "$(id -u)" -eq 0 ] && can_be_nobody; then
	check "nobody may read the copy who may not read the file" whose
else
	skip "nobody may read the copy who may not read the file" \
		"only root can give files away"
fi
if can_be_nobody; then
	check "--repair of a file that may not be read is refused" not_readable
	check "no file can be made beside it: nothing is cut" no_folder
else
	skip "--repair of a file that may not be read is refused" \
		"cannot become an ordinary user"
	skip "no file can be made beside it: nothing is cut" \
		"cannot become an ordinary user"
fi

# --- torn while we run -----------------------------------------------------------

# meanwhile [ARG...]: a line, then somebody is killed in an append, then a line.
meanwhile() {
	clean
	fed -o db.gz --flush-interval=0 "$@"
	put 'one\n' >&7
	wait_until "$deadline" has_size db.gz || return 1
	ours=$(stat -c %s db.gz)
	head -c 100 member1 >>db.gz
	cp db.gz before
	put 'two\n' >&7
	exec 7>&-
}
torn_meanwhile() {
	meanwhile && expect_end fed 'exit 3' && same before db.gz && expect_errors \
		"$refused $ours $why: 1 line written, 1 line lost\n"
}
check "torn by another process while we run: told, and the lines as lost" \
	torn_meanwhile
repaired_meanwhile() {
	meanwhile --repair && expect_end fed 'exit 0' && aside 100 db.gz &&
		gzip -dc db.gz >got && expect_file got 'ONE\nTWO\n'
}
check "--repair: torn by another process while we run, it is moved aside" \
	repaired_meanwhile
# reopened [ARG...]: SIGUSR2 when the name stands for a torn file.
reopened() {
	clean
	fed -o db.gz --flush-interval=0 "$@"
	put 'one\n' >&7
	wait_until "$deadline" has_size db.gz || return 1
	mv db.gz moved
	torn_at $((size2 + 25))
	send USR2 fed
	wait_until "$deadline" taken 12 fed || return 1
}
reopened_torn() {
	reopened && wait_until "$deadline" has_size "$err" && put 'two\n' >&7 &&
		exec 7>&- && expect_end fed 'exit 0' && same before db.gz &&
		gzip -dc moved >got && expect_file got 'ONE\nTWO\n' &&
		grep -q 'cannot be opened anew: the file is torn: from byte' "$err"
}
check "SIGUSR2: a torn file is refused, the old one stays in use" reopened_torn
reopened_repaired() {
	reopened --repair && put 'two\n' >&7 && exec 7>&- &&
		expect_end fed 'exit 0' && gzip -dc moved >got &&
		expect_file got 'ONE\n' && aside 25 db.gz &&
		{ cat two.want; echo TWO; } >want && gzip -dc db.gz >got && same want got
}
check "SIGUSR2 with --repair: what is torn is moved aside" reopened_repaired

# --- what the README says --------------------------------------------------------

readme=$root/README.md
as_told() {
	# The commands of its section, with the program found by its name.
	mkdir -p told bin && ln -sf "$UPCASE_PIPE" bin/upcase-pipe || return 1
	sed -n '/^### What is promised/,/^### /s/^    \$ //p' "$readme" >commands
	grep -q -e --repair commands || { echo 'no commands found'; return 1; }
	(cd told && PATH=$PWD/../bin:$PATH bash ../commands) >"$out" 2>"$err"
	status=$?
	expect_status 0 && [ "$(sed -n 1p "$out")" = LAST ] &&
		sed -n 2p "$out" | grep -q '^db\.gz\.torn-[0-9]*T[0-9]*$' &&
		grep -q '^upcase-pipe: db.gz: the file is torn: from byte [1-9]' "$err"
}
check "what the README tells to try is so" as_told

finish
