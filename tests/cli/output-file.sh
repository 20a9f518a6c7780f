#!/bin/bash
# output-file.sh - what others do to the output file while it is open: it is
# renamed, replaced, deleted, torn, cannot be locked; and that no file is made
# for a run that cannot be.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

no_more() { exec 7>&-; }
# outcome STATUS ERRORS: it has come to its end like this.
outcome() {
	no_more
	expect_end fed "exit $1" && expect_errors "$2"
}
# write_line LINE BYTES: and waits until db has so many.
write_line() {
	put "$1\n" >&7
	wait_until "$deadline" size_is db "$2" && wait_until "$deadline" asleep fed
}
# put_one: the same for a first line, in whatever form. That the program sleeps
# says that it has looked, behind the line, which file has the name.
put_one() {
	put 'one\n' >&7
	wait_until "$deadline" has_size db && wait_until "$deadline" asleep fed
}

# --- a name that goes to another file ----------------------------------------

no_name="db: the file was deleted or replaced meanwhile"
deleted() {
	rm -f db
	fed -o db
	write_line one 4 && rm db && put 'two\nthree\n' >&7 && outcome 3 \
		"upcase-pipe: $no_name: 1 line written, 2 lines lost\n" &&
		[ ! -e db ]
}
check "-o: lines for a file that was deleted meanwhile are lost" deleted
deleted_stats() {
	rm -f db
	fed -q --stats=json -o db
	write_line one 4 && rm db && put 'two\nthree\n' >&7 && exec 7>&- &&
		expect_end fed 'exit 3' &&
		grep -q '"lines_in":3,"bytes_in":14,"lines_out":1,"bytes_out":4,' "$err"
}
check "-o: what was lost like that is not in --stats" deleted_stats
replaced() {
	rm -f db
	fed -o db
	write_line one 4 && sed -i s/ONE/theirs/ db && put 'two\n' >&7 &&
		outcome 3 "upcase-pipe: $no_name: 1 line written, 1 line lost\n" &&
		expect_file db 'theirs\n'
}
check "-o: so are those for a file that sed -i has replaced" replaced
replaced_gzip() {
	rm -f db
	fed -o db -z --flush-interval=0
	put_one && rm db && put 'two\n' >&7 &&
		outcome 3 "upcase-pipe: $no_name: 1 line written, 1 line lost\n"
}
check "-o: the same with gzip" replaced_gzip
moved() {
	rm -f db moved
	fed -o db
	write_line one 4 && mv db moved && put 'two\nthree\n' >&7 && outcome 0 \
		'upcase-pipe: db: 2 lines went to a file that does not have this name any more\n' &&
		expect_file moved 'ONE\nTWO\nTHREE\n'
}
check "-o: lines for a file that was moved are told at the end" moved
rotated() {
	rm -f db moved
	fed -o db
	write_line one 4 && mv db moved && put 'two\n' >&7 &&
		wait_until "$deadline" size_is moved 8 && send USR2 fed &&
		wait_until "$deadline" test -e db && write_line three 6 &&
		outcome 0 '' && expect_file moved 'ONE\nTWO\n'
}
check "-o: a rotation is told of nothing" rotated
deleted_after() {
	rm -f db
	fed -o db
	write_line one 4 && rm db && outcome 0 ''
}
check "-o: a file that is deleted after the last line is no matter" \
	deleted_after

at_prompt() {
	rm -f db
	fed -i -o db
	write_line one 4 && sed -i s/ONE/theirs/ db && write_line two 11 &&
		rm db && write_line three 6 && outcome 0 \
		"upcase-pipe: db: was replaced or deleted meanwhile; opened anew\n\
upcase-pipe: db: was replaced or deleted meanwhile; opened anew\n\
upcase-pipe: 3 lines appended to db\n" && expect_file db 'THREE\n'
}
check "typing: a file that was replaced is opened anew, and that is told" \
	at_prompt
not_at_prompt() {
	rm -rf db moved
	fed -i -o db
	write_line one 4 && mv db moved && mkdir db && put 'two\nthree\n' >&7 &&
		outcome 0 \
			"upcase-pipe: db: cannot be opened anew: Is a directory; the file that is open stays in use\n\
upcase-pipe: db: 2 lines went to a file that does not have this name any more\n\
upcase-pipe: 3 lines appended to db\n" &&
		expect_file moved 'ONE\nTWO\nTHREE\n'
	local r=$?
	rm -rf db
	return "$r"
}
check "typing: one that cannot be opened anew stays in use, told once" \
	not_at_prompt

follows_later() {
	# The name is tried again at each line.
	rm -rf db moved
	fed -i -o db
	write_line one 4 && mv db moved && mkdir db && put 'two\n' >&7 &&
		wait_until "$deadline" size_is moved 8 && rmdir db &&
		write_line three 6 && outcome 0 \
		"upcase-pipe: db: cannot be opened anew: Is a directory; the file that is open stays in use\n\
upcase-pipe: db: was replaced or deleted meanwhile; opened anew\n\
upcase-pipe: db: 1 line went to a file that does not have this name any more\n\
upcase-pipe: 3 lines appended to db\n" &&
		expect_file moved 'ONE\nTWO\n' && expect_file db 'THREE\n'
}
check "typing: one that could not be opened anew is tried again" follows_later
not_made_for_nothing() {
	rm -rf db
	fed -i -o db
	write_line one 4 && rm db &&
		outcome 0 'upcase-pipe: 1 line appended to db\n' && [ ! -e db ]
}
check "typing: no empty file is made when no line comes any more" \
	not_made_for_nothing

# rotated_at_the_end [ARG...]: SIGUSR2 comes right before the end of the input,
# so that nobody serves the wish. The file may be deleted: it was known then.
rotated_at_the_end() {
	local i r=0
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rm -f db moved
		fed -o db "$@"
		put_one || r=1
		# More than once around, the input ends first for the program.
		[ $((i % 2)) = 0 ] && mv db moved || rm db
		put 'two\n' >&7
		send USR2 fed
		outcome 0 '' || r=1
	done
	return "$r"
}
check "SIGUSR2 right before the end of the input is a rotation, too" \
	rotated_at_the_end
check "SIGUSR2 right before the end: with gzip" rotated_at_the_end -z \
	--flush-interval=0

looks() {
	# One look at the name for a batch, and none that is not needed.
	rm -f db
	yes 'a line' | head -n 20000 >lines
	in=lines traced -P "$PWD/db" -P db -e trace=all -- -o db -b 4K
	expect_status 0 || return 1
	n=$(grep -c -E '(stat|statx|newfstatat)\("?(AT_FDCWD, ")?db"' \
		"$tmp/std/trace")
	batches=$(grep -c writev "$tmp/std/trace")
	[ "$batches" -gt 20 ] && [ "$n" -le $((batches + 2)) ] || {
		echo "$n looks at the name, $batches batches"
		return 1
	}
}
if can_trace; then
	check "-o: the name is looked at once for a batch" looks
else
	skip "-o: the name is looked at once for a batch" "strace cannot trace"
fi

# --- opened anew as what it must not be --------------------------------------

stays="; the file that is open stays in use\n"
elsewhere=' went to a file that does not have this name any more\n'
# other_kind CONTENT-COMMAND WHY [ARG...]: when db has become of another kind.
other_kind() {
	local r=0
	rm -f db moved
	fed -o db "${@:3}"
	put_one || r=1
	mv db moved
	eval "$1" >db
	cp db before
	send USR2 fed
	wait_until "$deadline" has_size "$err" || r=1
	put 'two\n' >&7
	outcome 0 "upcase-pipe: db: cannot be opened anew: $2${stays}\
upcase-pipe: db: 1 line$elsewhere" || r=1
	same before db && return $r
}
other_text() {
	other_kind 'printf "x\n" | gzip -n' \
		'the file holds gzip, so text is not appended to it (try --gzip)' &&
		expect_file moved 'ONE\nTWO\n'
}
check "SIGUSR2: gzip in the place of text is refused, the old file stays in use" \
	other_text
other_gzip() {
	other_kind 'echo text' \
		'the file does not hold gzip, so gzip is not appended to it (try --no-gzip)' \
		-z --flush-interval=0 && expect_gzip moved 'ONE\nTWO\n'
}
check "SIGUSR2: text in the place of gzip is refused, the old file stays in use" \
	other_gzip

reads_itself() {
	# Somebody has the lock, so the reader comes to a stop inside of FILE.
	local r=0
	rm -f db moved leash taken
	yes 'a line' | head -n 500000 >file
	tr '[:lower:]' '[:upper:]' <file >file.want
	: >db
	mkfifo leash
	exec 8<>leash
	flock -o db sh -c ': >taken; exec cat' <leash >"$out" 8>&- &
	wait_until "$deadline" test -e taken || r=1
	(
		ulimit -f 20000
		start fed -b 4K -o db file 2>"$err"
	)
	wait_until "$deadline" asleep fed || r=1
	mv db moved
	ln file db
	send USR2 fed
	wait_until "$deadline" taken 12 fed || r=1
	exec 8>&-
	expect_end fed 'exit 0' || r=1
	expect_errors "upcase-pipe: db: cannot be opened anew: output file is input file${stays}\
upcase-pipe: db: 500000 lines$elsewhere" &&
		same file.want moved && size_is file 3500000 && return $r
}
if have flock; then
	check "SIGUSR2: the file that is being read is refused" reads_itself
else
	skip "SIGUSR2: the file that is being read is refused" "no flock"
fi

reads_its_fifo() {
	local r=0
	rm -f db feed
	mkfifo feed
	exec 5<>feed
	start fed -o db feed 2>"$err"
	# 5 reads as long as the program may not have opened it.
	exec 7>feed
	write_line one 4 || r=1
	exec 5>&-
	rm db
	ln feed db
	send USR2 fed
	wait_until "$deadline" has_size "$err" || r=1
	put 'two\n' >&7
	outcome 3 "upcase-pipe: db: cannot be opened anew: output file is input file${stays}\
upcase-pipe: $no_name: 1 line written, 1 line lost\n" || r=1
	rm -f db
	return "$r"
}
check "SIGUSR2: a FIFO that is being read is refused" reads_its_fifo

# --- what a gzip file ends with ----------------------------------------------

# fresh_line WANTED [ARG...]: db.gz, to which a line is appended, then holds
# this.
fresh_line() {
	given 'new\n'
	run -o db.gz "${@:2}"
	expect_outcome 0 '' '' && gzip -dc db.gz >text && expect_file text "$1"
}
# killed: a process that appends to db.gz is killed inside of a line.
killed() {
	rm -f killed.feed
	mkfifo killed.feed
	exec 5<>killed.feed
	start killed -b 4K -o db.gz <killed.feed 2>/dev/null
	exec 6>killed.feed 5>&-
	local before
	before=$(stat -c %s db.gz 2>/dev/null || echo 0)
	head -c 10000 /dev/zero | tr '\0' a >&6
	wait_until "$deadline" larger db.gz $((before + 20)) || return 1
	wait_until "$deadline" asleep killed || return 1
	send KILL killed
	expect_end killed 'signal 9'
	local r=$?
	exec 6>&-
	return $r
}
larger() { [ -e "$1" ] && [ "$(stat -c %s "$1")" -gt "$2" ]; }
after_kill() {
	rm -f db.gz
	killed || return 1
	given 'new\n'
	run -o db.gz
	expect_outcome 0 '' '' && members db.gz >/dev/null &&
		gzip -dc db.gz >text && grep -qx 'A*' text && grep -qx NEW text &&
		[ "$(wc -l <text)" -eq 2 ]
}
check "gzip: after a kill inside of a line the next run begins a new one" \
	after_kill
after_kill_meanwhile() {
	rm -f db.gz
	fed --flush-interval=0 -o db.gz
	put 'one\n' >&7
	wait_until "$deadline" has_size db.gz || return 1
	killed || return 1
	put 'two\n' >&7
	outcome 0 '' || return 1
	gzip -dc db.gz >text && [ "$(sed 's/^A*$/A/' text | tr '\n' ' ')" = \
		'ONE A TWO ' ]
}
check "gzip: after a kill of another process, too" after_kill_meanwhile
foreign() {
	printf 'open' | gzip -n >db.gz
	fresh_line 'open\nNEW\n' || return 1
	printf 'whole\n' | gzip -n >db.gz
	fresh_line 'whole\nNEW\n'
}
check "gzip: the last line of a file from elsewhere is ended first" foreign
foreign_meanwhile() {
	# Its member does not say its size; what is behind our end is decoded.
	local r=0
	rm -f db.gz
	fed -z -o db.gz --flush-interval=0
	put 'one\n' >&7
	wait_until "$deadline" has_size db.gz || r=1
	printf 'theirs' | gzip -n >>db.gz
	put 'two\n' >&7
	outcome 0 '' && gzip -dc db.gz >"$out" &&
		expect_output 'ONE\ntheirs\nTWO\n' && return $r
}
check "gzip: so is that of a member that somebody appends meanwhile" \
	foreign_meanwhile
counts_members() {
	printf 'open' | gzip -n >db.gz
	given 'new\n'
	run --stats=json -o db.gz
	expect_status 0 && grep -q '"members":2\b' "$err" || { cat "$err"; false; }
}
check "gzip: the member that ends a line is counted" counts_members
unknown='upcase-pipe: db.gz: whether its last line has an end cannot be known'
large() {
	printf 'open' | gzip -n >db.gz
	truncate -s 70M db.gz
	given 'new\n'
	run -v -o db.gz
	expect_status 0 && expect_stderr_line "$unknown" || return 1
	printf 'new\n' | bounded "$UPCASE_PIPE" -o db.gz 2>"$err"
	expect_errors ''
}
check "gzip: of a large file from elsewhere -v says that it is not known" large
rm -f db.gz

# --- locks that cannot be had ------------------------------------------------

no_locks() {
	rm -f db
	: >db
	yes 'a line' | head -n 5000 >lines
	in=lines traced -P "$PWD/db" -e inject=flock:error=$1 -- -o db -b 4K
	expect_outcome 0 '' "upcase-pipe: db: cannot be locked ($2): lines of others may get between ours\n" &&
		[ "$(wc -l <db)" -eq 5000 ]
}
lock_fails() {
	rm -f db
	: >db
	given 'one\ntwo\n'
	traced -P "$PWD/db" -e inject=flock:error=EBADF -- -o db
	expect_outcome 3 '' 'upcase-pipe: db: cannot be locked: Bad file descriptor: 0 lines written, 2 lines lost\n' &&
		expect_file db ''
}
if can_trace; then
	check "a file system without locks (ENOLCK) is told once, then written to" \
		no_locks ENOLCK 'No locks available'
	check "the same for EOPNOTSUPP" \
		no_locks EOPNOTSUPP 'Operation not supported'
	check "the same for ENOSYS" no_locks ENOSYS 'Function not implemented'
	check "another error of the lock is failed output, and names the lock" \
		lock_fails
else
	skip "a lock that cannot be had is told" "strace cannot trace"
fi

# --- a line that was begun and given up --------------------------------------

# The second write to a file is held until the thread gets a signal: that is
# what happens to a write that is stuck when everything is given up.
can_shim() {
	cat >shim.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
ssize_t writev(int fd, const struct iovec *iov, int n)
{
	static int calls;
	struct stat st;
	if (fd > 2 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ++calls == 2) {
		close(open("held", O_WRONLY | O_CREAT, 0666));
		pause();
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_writev, fd, iov, n);
}
END
	! sanitized && $CC -shared -fPIC -o shim.so shim.c 2>/dev/null
}
given_up() {
	local r=0
	rm -f db feed held
	mkfifo feed
	exec 5<>feed
	start_command fed '' env LD_PRELOAD="$PWD/shim.so" "$UPCASE_PIPE" \
		-b 4096 -o db <feed 2>"$err"
	exec 7>feed 5>&-
	head -c 10000 /dev/zero | tr '\0' a >&7
	wait_until "$deadline" test -e held || r=1
	[ -z "$1" ] || printf "$1" >>db
	send_until_ended TERM fed
	outcome 3 "upcase-pipe: db: stopped by a second signal$2: 0 lines written, 1 line lost\n" ||
		r=1
	tr -d A <db >rest
	expect_file rest "$1" && return $r
}
if can_shim; then
	check "a line that was begun and given up is cut off" given_up '' ''
	check "... not where somebody else has appended: then the message says so" \
		given_up 'theirs\n' \
		' (somebody else changed the file meanwhile, so what is torn was left in it)'
else
	skip "a line that was begun and given up" \
		"no library can be put before this program"
fi

# --- no file for nothing -----------------------------------------------------

few_descriptors() {
	# Whatever there is too little of, a file that is there is good.
	local n fd refused=0
	printf 'one\n' >one
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
		rm -f new.gz
		(
			# Those that were inherited, of make say, do not count.
			for fd in /proc/"$BASHPID"/fd/*; do
				fd=${fd##*/}
				[ "$fd" -lt 3 ] || exec {fd}>&-
			done
			ulimit -n $n
			exec "$UPCASE_PIPE" -o new.gz one >"$out" 2>"$err"
		)
		status=$?
		if [ -e new.gz ]; then
			gzip -t <new.gz || return 1
		else
			refused=$((refused + 1))
			[ $n -lt 7 ] || expect_status 3 || return 1
		fi
	done
	expect_status 0 && expect_gzip new.gz 'ONE\n' && [ $refused -gt 3 ]
}
check "with too few descriptors no output file is made that is no gzip" \
	few_descriptors
no_thread() {
	rm -rf open
	mkdir -m 777 open
	printf 'one\n' >one
	chmod 644 one
	# The program may lie where others must not look.
	cp "$UPCASE_PIPE" program
	chmod 755 program "$tmp" "$tmp/work"
	local ordinary=()
	[ "$(id -u)" -ne 0 ] ||
		ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${ordinary[@]}" bash -c 'ulimit -u 1
		exec ./program -o open/new.gz one' >"$out" 2>"$err"
	status=$?
	expect_outcome 3 '' 'upcase-pipe: no thread can be started\n' &&
		[ ! -e open/new.gz ]
}
if sanitized; then
	skip "without a thread no output file is made" \
		"a sanitizer may need threads of its own"
elif can_be_nobody; then
	check "without a thread no output file is made" no_thread
else
	skip "without a thread no output file is made" \
		"cannot become an ordinary user"
fi

# What cannot be looked at is not appended to as if it were whole.
unreadable_end() {
	local from refused=0 lost=0
	printf 'torn line' | gzip >before.gz
	given 'more\n'
	# From the first look at it to the last.
	for from in $(seq 30); do
		cp before.gz torn.gz
		traced -P "$PWD/torn.gz" -e inject=pread64:error=EIO:when=$from+ -- \
			-o torn.gz
		[ "$status" -ne 0 ] || break
		expect_status 3 && same before.gz torn.gz || return 1
		if [ "$(cat "$err")" = 'upcase-pipe: torn.gz: Input/output error' ]; then
			refused=$((refused + 1))
		else
			expect_stderr_match 'upcase-pipe: torn.gz: Input/output error: 0 lines written, 1 line lost' || return 1
			lost=$((lost + 1))
		fi
	done
	expect_status 0 && [ $refused -gt 0 ] && [ $lost -gt 0 ]
}
if can_trace && ! sanitized; then
	check "a gzip file whose end cannot be read is not appended to" \
		unreadable_end
else
	skip "a gzip file whose end cannot be read is not appended to" \
		"strace cannot trace here"
fi

finish
