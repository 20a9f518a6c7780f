#!/bin/bash
# io.sh - files that are not there, not readable, not files; many of them; and
# descriptors as somebody else left them.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

printf 'one\n' >one
printf 'two\n' >two
mkdir directory

# --- inputs that cannot be read ----------------------------------------------

# gives STATUS OUTPUT ERRORS [ARG...]
gives() {
	run "${@:4}"
	expect_outcome "$1" "$2" "$3"
}
missing='upcase-pipe: missing: No such file or directory\n'
is_directory='upcase-pipe: directory: Is a directory\n'
check "a missing file: message, the others are processed, status 1" \
	gives 1 'ONE\nTWO\n' "$missing" one missing two
check "only a missing file: message, no output, status 1" \
	gives 1 '' "$missing" missing
check "a directory: message, the others are processed, status 1" \
	gives 1 'ONE\nTWO\n' "$is_directory" one directory two
empty_name() {
	run ""
	expect_status 1 && expect_output "" &&
		grep -q "No such file or directory" "$err"
}
check "an empty name: message, status 1" \
	empty_name
check "a path through a file: message, status 1" \
	gives 1 '' 'upcase-pipe: one/x: Not a directory\n' one/x
check "each bad file has its message once, in order" \
	gives 1 'ONE\n' "$missing$is_directory$missing" missing directory one missing
check "bad files between good ones take no newline away" \
	gives 1 'ONE\nONE\n' "$missing" one missing one
loops() {
	ln -s loop loop
	run loop one
	expect_outcome 1 'ONE\n' \
		'upcase-pipe: loop: Too many levels of symbolic links\n'
}
check "a link to itself: message, status 1" loops
unreadable() {
	printf 'secret\n' >secret
	chmod 000 secret
	chmod 644 one
	as_nobody run secret one
	expect_outcome 1 'ONE\n' 'upcase-pipe: secret: Permission denied\n'
}
if can_be_nobody; then
	check "a file without permission: message, the others are processed, status 1" \
		unreadable
else
	skip "a file without permission: message, the others are processed, status 1" \
		"cannot become an ordinary user"
fi
bad_inputs_and_o() {
	rm -f db
	run -o db missing one directory
	expect_outcome 1 '' "$missing$is_directory" && expect_file db 'ONE\n'
}
check "bad files with -o: the good ones are appended, status 1" bad_inputs_and_o
stdin_directory() {
	run_here <directory
	expect_outcome 1 '' 'upcase-pipe: standard input: Is a directory\n'
}
check "standard input that is a directory is named" stdin_directory
stdin_closed() {
	run_here <&-
	expect_outcome 1 '' 'upcase-pipe: standard input: Bad file descriptor\n'
}
check "closed standard input is named" stdin_closed
write_only_stdin() {
	: >written
	run_here 0>>written
	expect_outcome 1 '' 'upcase-pipe: standard input: Bad file descriptor\n'
}
check "standard input that is open for writing only is named" write_only_stdin

# --- descriptors that are closed ---------------------------------------------

no_stdout="upcase-pipe: standard output: Bad file descriptor"
stdout_closed() {
	bounded "$UPCASE_PIPE" "$@" </dev/null >&- 2>"$err"
	status=$?
	expect_status 3 && expect_errors "$no_stdout\n"
}
check "closed standard output is an error, also without a line" stdout_closed
check "closed standard output is an error, also without a line, with gzip" \
	stdout_closed -z
check "closed standard output is an error, also with empty files" \
	stdout_closed /dev/null /dev/null
read_only_stdout() {
	bounded "$UPCASE_PIPE" </dev/null 1</dev/null 2>"$err"
	status=$?
	expect_status 3 && expect_errors "$no_stdout\n"
}
check "standard output that is open for reading only is an error" \
	read_only_stdout
stdout_closed_with_lines() {
	printf 'a\nb\n' | bounded "$UPCASE_PIPE" >&- 2>"$err"
	status=$?
	expect_status 3 &&
		expect_errors "$no_stdout: 0 lines written, 2 lines lost\n"
}
check "closed standard output: lines are counted as lost" \
	stdout_closed_with_lines
stdout_closed_with_o() {
	rm -f db
	bounded "$UPCASE_PIPE" -o db one >&- 2>"$err"
	status=$?
	expect_status 0 && expect_errors '' && expect_file db 'ONE\n'
}
check "closed standard output is no matter with -o" stdout_closed_with_o

stdin_closed_with_o() {
	# The output file must not become standard input.
	rm -f db
	printf 'old\n' >db
	run_here -o db <&-
	expect_outcome 1 '' 'upcase-pipe: standard input: Bad file descriptor\n' &&
		expect_file db 'old\n'
}
check "closed standard input with -o: the file is not read and stays" \
	stdin_closed_with_o
stdin_closed_with_file() {
	run_here one <&-
	expect_outcome 0 'ONE\n' ''
}
check "closed standard input does not matter when it is not read" \
	stdin_closed_with_file
stdout_closed() {
	bounded "$UPCASE_PIPE" one >&- 2>"$err"
	status=$?
	expect_status 3 &&
		grep -q '^upcase-pipe: standard output: Bad file descriptor' "$err"
}
check "closed standard output: message, status 3" stdout_closed
stdout_closed_with_o() {
	rm -f db
	bounded "$UPCASE_PIPE" -o db one two >&- 2>"$err"
	status=$?
	expect_status 0 && expect_file db 'ONE\nTWO\n' && same /dev/null "$err"
}
check "closed standard output does not matter with -o" stdout_closed_with_o
names_of_closed() {
	bounded "$UPCASE_PIPE" -o /dev/stdout one >&- 2>"$err"
	status=$?
	expect_status 3 && grep -q '^upcase-pipe: /dev/stdout: ' "$err" || return 1
	run_here /dev/stdin one <&-
	expect_status 1 && expect_output 'ONE\n' &&
		grep -q '^upcase-pipe: /dev/stdin: ' "$err"
}
if [ -e /dev/stdin ] && [ -e /proc/self/fd ] && built_with DECL_O_PATH; then
	check "no name leads to anything behind a closed descriptor" names_of_closed
else
	skip "no name leads to anything behind a closed descriptor" "no such names here, or no O_PATH"
fi
stderr_closed() {
	# A message must not go into the output file.
	rm -f db
	bounded "$UPCASE_PIPE" -o db one missing two 2>&-
	status=$?
	expect_status 1 && expect_file db 'ONE\nTWO\n' || return 1
	bounded "$UPCASE_PIPE" -v one missing >"$out" 2>&-
	status=$?
	expect_status 1 && expect_output 'ONE\n'
}
check "closed standard error: no message gets into the output" stderr_closed
all_closed() {
	rm -f db
	bounded "$UPCASE_PIPE" -o db one missing <&- >&- 2>&-
	status=$?
	expect_status 1 && expect_file db 'ONE\n'
}
check "with all three closed -o FILE is still right" all_closed
stderr_full() {
	bounded "$UPCASE_PIPE" one missing >"$out" 2>/dev/full
	status=$?
	expect_status 1 && expect_output 'ONE\n'
}
check "standard error that takes nothing does not matter" stderr_full

# --- other kinds of files ----------------------------------------------------

fifo_as_file() {
	mkfifo pipe1 pipe2
	{ cat one >pipe1; printf 'straße' >pipe2; } &
	run pipe1 two pipe2
	wait $!
	expect_outcome 0 'ONE\nTWO\nSTRASSE' ''
}
check "FIFOs are files like others" fifo_as_file
substitution() {
	run <(cat one) <(gzip -c two) /dev/null
	expect_outcome 0 'ONE\nTWO\n' ''
}
check "process substitution and /dev/null are files like others" substitution
proc_file() {
	run /proc/self/comm
	expect_status 0 && has_size "$out"
}
check "a file whose size is told as 0 is read to its end" proc_file
dev_stdin() {
	given 'x\n'
	run /dev/stdin
	expect_outcome 0 'X\n' ''
}
check "/dev/stdin is standard input" dev_stdin
same_twice() {
	run one one ./one
	expect_outcome 0 'ONE\nONE\nONE\n' ''
}
check "a file may be given twice" same_twice
growing_file() {
	# What is read ends where the file ends; nothing waits for more.
	: >growing
	run growing
	expect_outcome 0 '' '' || return 1
	printf 'now\n' >>growing
	run growing
	expect_outcome 0 'NOW\n' ''
}
check "an empty file is read at once, and again when it has grown" growing_file
sparse_file() {
	truncate -s 3M sparse
	run sparse
	expect_status 0 && same sparse "$out"
}
check "a sparse file is a file of NULs" sparse_file

socket_pair='
	use Socket;
	socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die;
	my $pid = fork // die;
	if (!$pid) {
		open STDIN, "<&", $there or die;
		open STDOUT, ">&", $there or die;
		close $here; close $there;
		exec { $ARGV[0] } @ARGV;
	}
	close $there;
	alarm $ENV{SECONDS_LEFT};
	for my $i (1 .. 20) {
		syswrite $here, "line $i\n";
		my $answer = <$here>;
		$answer eq "LINE $i\n" or die "line $i: $answer";
	}
	syswrite $here, "the rest";
	shutdown $here, 1;
	<$here> eq "THE REST" or die "the rest";
	waitpid $pid, 0;
	$? == 0 or die "status $?";
'
through_a_socket() {
	SECONDS_LEFT=$deadline perl -e "$socket_pair" "$UPCASE_PIPE" "$@"
}
check "a socket may be standard input and output, line by line" through_a_socket
check "a socket: the same with 4 jobs" through_a_socket -j 4

# messages KIND SIZE COUNT: messages of a socket that keeps them apart.
messages='
	use Socket;
	my ($kind, $size, $count, @command) = @ARGV;
	socketpair my $here, my $there, AF_UNIX,
		$kind eq "datagram" ? SOCK_DGRAM : SOCK_SEQPACKET, PF_UNSPEC or die;
	setsockopt $here, SOL_SOCKET, SO_SNDBUF, 1 << 20 or die;
	my $pid = fork // die;
	if (!$pid) {
		open STDIN, "<&", $there or die;
		close $here; close $there;
		exec { $command[0] } @command;
	}
	my $message = "a" x ($size - 1) . "\n";
	for (1 .. $count) {
		(syswrite $here, $message) == $size or die "write: $!";
	}
	# Of datagrams no sender has the last word: who listens is told.
	if ($kind eq "datagram") { shutdown $there, 0 } else { shutdown $here, 1 }
	waitpid $pid, 0;
	exit $? >> 8;
'
send_messages() {
	bounded perl -e "$messages" "$1" "$2" "$3" "$UPCASE_PIPE" "${@:4}" \
		>"$out" 2>"$err"
	status=$?
}
whole_messages() {
	send_messages "$1" 1000 50 "${@:2}"
	perl -e 'print "A" x 999, "\n" for 1 .. 50' >wanted
	expect_status 0 && same wanted "$out" && same /dev/null "$err"
}
for kind in datagram packet; do
	check "a socket's messages ($kind) are longer than a batch has room" \
		whole_messages $kind -b 70
	check "the same ($kind) with --no-decompress" \
		whole_messages $kind -b 70 --no-decompress
done
too_long() {
	send_messages datagram 100000 1
	expect_outcome 1 '' "upcase-pipe: standard input: Message too long\n"
}
check "a message that is too long for us is told" too_long

own_mounts=(unshare -m)
[ "$(id -u)" -eq 0 ] || own_mounts=(unshare -rm)
without_proc() {
	make_text 2000 5
	tail -n +1 text | "${own_mounts[@]}" bash -c '
		mount -t tmpfs none /proc || exit 99
		timeout -k 5 120 "$UPCASE_PIPE" -b 4K' | cat >"$out"
	status=${PIPESTATUS[1]}
	expect_status 0 && same text.keep "$out"
}
if sanitized; then
	skip "it does not need /proc" "the sanitizer does"
elif have unshare && "${own_mounts[@]}" mount -t tmpfs none /proc 2>/dev/null; then
	check "it does not need /proc" without_proc
else
	skip "it does not need /proc" "no mount namespace of one's own"
fi

# --- many files --------------------------------------------------------------

many=2000
mkdir many
perl -e 'for (1 .. $ARGV[0]) {
	open my $f, ">", sprintf "many/%04d", $_ or die;
	print $f "file $_" if $_ % 5;
	print $f "\n" if $_ % 2;
}' $many
many_files() {
	# Reference: each file, with a newline where one is missing and more
	# text follows.
	perl -e 'my $out = "";
		for (@ARGV) {
			open my $f, "<", $_;
			local $/;
			my $t = <$f> // "";
			next if $t eq "";
			$out .= "\n" if $out ne "" && $out !~ /\n\z/;
			$out .= uc $t;
		}
		print $out' many/* >want
	(
		ulimit -n 64
		bounded "$UPCASE_PIPE" "$@" many/* >"$out" 2>"$err"
	)
	status=$?
	expect_status 0 && same /dev/null "$err" && same want "$out"
}
check "2000 files need no more than a few descriptors" many_files
check "2000 files: the same with 4 jobs and tiny batches" many_files -j 4 -b 3
many_missing() {
	run $(seq -f 'missing%g' 500) one
	expect_status 1 && expect_output 'ONE\n' &&
		[ "$(wc -l <"$err")" -eq 500 ] &&
		[ "$(sort -u "$err" | wc -l)" -eq 500 ]
}
check "500 missing files are told one by one" many_missing

# --- O_NONBLOCK --------------------------------------------------------------

# nonblocking COMMAND...: with O_NONBLOCK set on standard input and output.
nonblocking='
	use Fcntl;
	for my $handle (*STDIN, *STDOUT) {
		my $flags = fcntl $handle, F_GETFL, 0 or die;
		fcntl $handle, F_SETFL, $flags | O_NONBLOCK or die;
	}
	exec { $ARGV[0] } @ARGV;
'
# flags_of FD: of the open file description, octal, as the kernel sees them
flags_of() { sed -n 's/^flags:[\t ]*//p' /proc/self/fdinfo/0 <&"$1"; }
is_nonblocking() { [ $((0$(flags_of $1) & 04000)) -ne 0 ]; }

numbered 20000 >numbers
tr '[:lower:]' '[:upper:]' <numbers >numbers.want
tolerates_nonblocking() {
	local r=0
	rm -f feed sink
	mkfifo feed sink
	exec 5<>feed 8<>sink
	exec 6<feed 7>sink
	start_command nonblocking '' perl -e "$nonblocking" "$UPCASE_PIPE" "$@" \
		<&6 >&7 2>"$err"
	exec 9>feed 5>&-
	# Slow on both sides: it meets an empty input and a full output.
	wait_until "$deadline" is_nonblocking 6 || r=1
	cat numbers >&9 &
	wait_until "$deadline" stalled nonblocking 6 8 || r=1
	exec 4<sink 8>&-
	is_nonblocking 6 && is_nonblocking 7 || { echo "flag cleared"; r=1; }
	exec 7>&- 9>&-
	exec 6<&-
	cat <&4 >"$out"
	wait $!
	exec 4<&-
	expect_end nonblocking 'exit 0' && same numbers.want "$out" &&
		same /dev/null "$err" && return $r
}
check "O_NONBLOCK on inherited pipes is tolerated, nothing is lost" \
	tolerates_nonblocking -b 4K
check "O_NONBLOCK: the same with large batches and 2 jobs" \
	tolerates_nonblocking -b 64K --queue-depth=1 -j 2
nonblocking_idle() {
	# Empty at first: EAGAIN is not the end of input, nor is it polled in
	# a busy loop.
	local r=0
	rm -f feed
	mkfifo feed
	exec 5<>feed
	exec 6<feed 7>feed 5>&-
	start_command nonblocking '' perl -e "$nonblocking" "$UPCASE_PIPE" \
		<&6 >"$out" 2>"$err"
	wait_until "$deadline" is_nonblocking 6 || r=1
	wait_until "$deadline" runs_program nonblocking || r=1
	wait_until "$deadline" asleep nonblocking || r=1
	printf 'late\n' >&7
	wait_until "$deadline" size_is "$out" 5 || r=1
	wait_until "$deadline" asleep nonblocking || r=1
	exec 7>&- 6<&-
	expect_end nonblocking 'exit 0' && expect_output 'LATE\n' && return $r
}
runs_program() {
	[ "$(readlink /proc/"$(pid_of $1)"/exe)" = "$(readlink -f "$UPCASE_PIPE")" ]
}
check "O_NONBLOCK on an idle pipe is not taken for the end of input" \
	nonblocking_idle

flags_unchanged() {
	local r=0 in_before out_before err_before
	rm -f feed sink
	mkfifo feed sink
	exec 5<>feed 8<>sink
	exec 6<feed 7>sink 4>>"$err"
	in_before=$(flags_of 6)
	out_before=$(flags_of 7)
	err_before=$(flags_of 4)
	start polite "$@" <&6 >&7 2>&4
	exec 9>feed 5>&-
	printf 'one\n' >&9
	read -r -t "$deadline" -u 8 line && [ "$line" = ONE ] || r=1
	# While it runs, and when it is gone:
	for _ in 1 2; do
		[ "$(flags_of 6)" = "$in_before" ] &&
			[ "$(flags_of 7)" = "$out_before" ] &&
			[ "$(flags_of 4)" = "$err_before" ] || {
			echo "flags changed: $in_before $out_before $err_before"
			flags_of 6
			flags_of 7
			flags_of 4
			r=1
		}
		exec 9>&-
		expect_end polite 'exit 0' || r=1
	done
	exec 4>&- 6<&- 7>&- 8>&-
	return $r
}
check "the flags of inherited descriptors stay as they are" flags_unchanged
check "the flags stay in typing mode, too" flags_unchanged -i -q
flags_unchanged_after_signal() {
	local r=0 before
	rm -f feed
	mkfifo feed
	exec 5<>feed
	exec 6<feed
	before=$(flags_of 6)
	start polite <&6 >"$out" 2>"$err"
	printf 'one\n' >&5
	wait_until "$deadline" size_is "$out" 4 || r=1
	send TERM polite
	expect_end polite 'signal 15' || r=1
	[ "$(flags_of 6)" = "$before" ] || r=1
	exec 5>&- 6<&-
	return $r
}
check "the flags stay when a signal ends it" flags_unchanged_after_signal
file_position() {
	# What is behind a file that was not read is for whoever comes next.
	{
		run_here one
		cat >rest
	} <two
	expect_outcome 0 'ONE\n' '' && same two rest
}
check "standard input is left alone when it is not among the files" file_position

# --- messages ----------------------------------------------------------------

if can_trace; then
	one_write() {
		traced -e trace=write,writev -- missing directory one
		expect_status 1 && [ "$(grep -c 'write[v]*(2,' "$tmp/std/trace")" -eq 2 ]
	}
	check "each message is one write" one_write
else
	skip "each message is one write" "strace cannot trace"
fi
without_path() {
	run missing
	(cd directory && bounded "$UPCASE_PIPE" ../missing 2>"$tmp/std/other")
	expect_errors "$missing" && expect_file "$tmp/std/other" \
		'upcase-pipe: ../missing: No such file or directory\n'
}
check "messages begin with the program's name without path, then FILE as given" \
	without_path

# --- files larger than memory -----------------------------------------------------

# Little memory to the program, as far as it asks.
cat >small.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
long sysconf(int name)
{
	long (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "sysconf");
	return name == _SC_PHYS_PAGES ? 32768000 / real(_SC_PAGESIZE) : real(name);
}
END
why=
if sanitized; then why='a sanitizer wants to be loaded first'
elif ! built_with POSIX_FADVISE; then why='built without posix_fadvise'
elif ! can_trace; then why='strace cannot trace here'
elif ! $CC -shared -fPIC -o small.so small.c -ldl 2>/dev/null; then why="$CC makes no libraries"
fi
# drops MEGABYTES: which calls there are to let go of files of that size.
drops() {
	rm -f large.out
	head -c "$1"M /dev/zero | tr '\0' '\n' >large
	bounded strace -f -qq -e trace=fadvise64,sync_file_range -o calls \
		-E LD_PRELOAD="$PWD/small.so" \
		"$UPCASE_PIPE" -o large.out large || return 1
	cmp large large.out
}
lets_go() {
	drops 70 && grep -q 'fadvise64.*DONTNEED' calls &&
		grep -q sync_file_range calls || { cat calls; return 1; }
	# The input from its beginning on, and no byte twice.
	grep fadvise64 calls | grep -q ', 0, 8388608, POSIX_FADV_DONTNEED' || {
		cat calls
		return 1
	}
}
keeps() { drops 10 && same /dev/null calls; }
if [ -z "$why" ]; then
	check "of a file larger than half of the memory nothing stays in the cache" lets_go
	check "a smaller one is left in the cache" keeps
else
	skip "of a file larger than half of the memory nothing stays in the cache" "$why"
fi
rm -f large large.out

# --- what comes from outside, in messages ---------------------------------------

# tells WORDS COMMAND...: the message has these words, and nothing of what was
# typed reaches the terminal as it is.
tells() {
	local words=$1
	shift
	"$@" <"$in" >"$out" 2>"$err"
	grep -Fq -e "$words" "$err" && ! grep -aqP '[\x00-\x09\x0b-\x1f\x7f-\xff]' "$err" &&
		return 0
	cat -v "$err"
	return 1
}
red=$'\e[31mX'
turned=$'a\xe2\x80\xaetxt' # U+202E
check "a variant that the environment names is quoted" \
	tells "no variant '\\033[31mX'" env UPCASE_PIPE_VARIANT="$red" "$UPCASE_PIPE"
check "rules that the environment names are quoted" \
	tells "no such rules: '\\033[31mX'" env UPCASE_PIPE_HANDOVER="$red" "$UPCASE_PIPE"
check "an unknown long option is quoted" \
	tells "unrecognized option '--\\033[31mX'" "$UPCASE_PIPE" "--$red"
check "an unknown short option is quoted" \
	tells "invalid option -- '\\033'" "$UPCASE_PIPE" "-v$red"
check "an argument of an option is quoted" \
	tells "for --jobs: '\\033[31mX' (1 to" "$UPCASE_PIPE" -j "$red"
check "a file's name that turns the direction of text is quoted" \
	tells "'a\\342\\200\\256txt': No such file" "$UPCASE_PIPE" "$turned"
check "so is the name of the output" \
	tells "'dir/a\\342\\200\\256txt': No such file" "$UPCASE_PIPE" -o "dir/$turned"
long=$(perl -e 'print join "/", map { $_ x 200 } "a" .. "j"')
check "of a name that is too long beginning and end are told, and what is wrong" \
	tells "jj': No such file or directory" "$UPCASE_PIPE" "begin$long"
check "its middle is marked as cut" \
	tells "'...'" "$UPCASE_PIPE" "begin$long"

finish
