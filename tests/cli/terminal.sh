#!/bin/bash
# terminal.sh - typing mode: in a real terminal, and what is left of it when
# standard input or output is none.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# --- without a terminal ------------------------------------------------------

check "-i with a pipe strips and skips empty lines, without a prompt" \
	converts '  one \n\n\t two\t\r\n   \nthree' 'ONE\nTWO\nTHREE\n' -i -q
count_converted() {
	given '  one \n\n two\n'
	run -i
	expect_outcome 0 'ONE\nTWO\n' 'upcase-pipe: 2 lines converted\n'
}
check "-i with a pipe tells a count at the end" count_converted
one_converted() {
	given 'one'
	run -i
	expect_outcome 0 'ONE\n' 'upcase-pipe: 1 line converted\n'
}
check "-i tells of one line in the singular" one_converted
count_appended() {
	rm -f db.txt
	given 'a\n b \n\nc\n'
	run -i -o db.txt
	expect_outcome 0 '' 'upcase-pipe: 3 lines appended to db.txt\n' &&
		expect_file db.txt 'A\nB\nC\n' || return 1
	given 'd\n'
	run --interactive -o db.txt
	expect_outcome 0 '' 'upcase-pipe: 1 line appended to db.txt\n' &&
		expect_file db.txt 'A\nB\nC\nD\n'
}
check "-i -o db.txt tells how many lines were appended" count_appended
check "-q drops the count" converts ' a \n' 'A\n' -i -q
check "-i strips Unicode white space, as Python's strip() does" \
	converts '\xe3\x80\x80\xc2\xa0a\xe3\x80\x80b\xe2\x80\xa8\xe2\x80\x83\n\xe3\x80\x80\n' \
	'A\xe3\x80\x80B\n' -i -q
check "-i strips vertical tab, form feed and the separators, too" \
	converts '\x0b\x0c\x1c\x1d\x1e\x1fa\xc2\x85\n' 'A\n' -i -q
check "-i does not strip what is no white space" \
	converts '\xe2\x80\x8ba\xef\xbb\xbf\n' '\xe2\x80\x8bA\xef\xbb\xbf\n' -i -q
check "-i - is typing mode on standard input" \
	converts ' a \n' 'A\n' -i -q -
interactive_file() {
	printf 'x\n' >file
	run -i file
	expect_usage_error ""
}
check "-i without standard input among the files is a usage error" \
	interactive_file
check "without -i a pipe is not stripped" converts ' a \n\n' ' A \n\n'
check "--no-interactive undoes -i" converts ' a \n\n' ' A \n\n' \
	-i --no-interactive
check "--prompt is not shown where nobody types" \
	converts 'a\n' 'A\n' -i -q --prompt='say: '
answers_in_turn() {
	local i line r=0
	mkfifo feed answers
	exec 5<>feed 8<>answers
	start turn -i -q <feed >answers 2>"$err"
	exec 7>feed 5>&- 9<answers 8>&-
	for i in 1 2 3 4 5; do
		printf ' line %d \n' $i >&7
		read -r -t "$deadline" -u 9 line && [ "$line" = "LINE $i" ] || r=1
	done
	exec 7>&-
	expect_end turn 'exit 0' || r=1
	exec 9<&-
	return $r
}
check "-i answers each line before the next one is given" answers_in_turn

# --- in a terminal, through expect ---------------------------------------------

have expect || {
	skip "typing mode in a terminal" "no expect"
	finish
}

# What the sessions share. Bytes are bytes: the encoding is one to one. The
# terminal shows a newline as CR LF.
prologue='
	encoding system iso8859-1
	log_user 0
	set timeout $env(DEADLINE)
	# Else a long pattern meets a buffer that has lost its beginning.
	match_max 65536
	set program $env(UPCASE_PIPE)
	proc bad {text} {
		global expect_out
		puts "$text"
		catch {puts "seen: [string map {\r \\r \n \\n\n} $expect_out(buffer)]"}
		exit 1
	}
	proc want {text} {
		global expect_out
		expect {
			-ex $text {}
			timeout {bad "no \"$text\""}
			eof {bad "ended before \"$text\""}
		}
		if {$expect_out(buffer) ne $text} {
			bad "something before \"$text\": \"$expect_out(buffer)\""
		}
	}
	# Until a condition holds.
	proc until {condition} {
		global timeout
		set end [expr {[clock seconds] + $timeout}]
		while {![uplevel expr $condition]} {
			if {[clock seconds] > $end} {bad "in vain: $condition"}
			after 10
		}
	}
	proc want_end {args} {
		global expect_out
		expect {
			eof {}
			timeout {bad "no end"}
		}
		if {[string trim $expect_out(buffer)] ne ""} {
			bad "at the end: \"$expect_out(buffer)\""
		}
		set how [wait]
		if {[llength $how] > 4} {
			set how [lindex $how 5]
		} else {
			set how [lindex $how 3]
		}
		if {$how ne $args} {bad "ended with $how, not $args"}
	}
	proc file_is {name text} {
		set f [open $name]
		fconfigure $f -translation binary
		set got [read $f]
		close $f
		if {$got ne $text} {bad "$name: \"$got\", not \"$text\""}
	}
	proc want_count {before text} {
		global expect_out
		expect {
			-re "^${before}(\r\n)?upcase-pipe: $text\r\n$" {}
			timeout {bad "no \"$text\""}
			eof {bad "ended before \"$text\""}
		}
	}
'

# session TCL: talks to the program in a terminal that edits lines by itself; what
# edits them otherwise is tested by prompt.sh.
session() {
	TERM=dumb DEADLINE=$deadline timeout -k 5 $((deadline * 4)) \
		expect -c "$prologue$1" </dev/null
}

check "on a terminal it prompts, and the result comes before the next prompt" \
	session '
	spawn -noecho $program
	want ">>: "
	send "hello\r"
	want "hello\r\nHELLO\r\n>>: "
	send "stra\xc3\x9fe\r"
	want "stra\xc3\x9fe\r\nSTRASSE\r\n>>: "
	send "\x04"
	want_count "" "2 lines converted"
	want_end 0'
check "typed lines are stripped and empty ones skipped" session '
	spawn -noecho $program
	want ">>: "
	send "   spaces   \r"
	want "   spaces   \r\nSPACES\r\n>>: "
	send "\r"
	want "\r\n>>: "
	send "    \r"
	want "    \r\n>>: "
	send "\xe3\x80\x80wide\xe3\x80\x80\r"
	want "\xe3\x80\x80wide\xe3\x80\x80\r\nWIDE\r\n>>: "
	send "\x04"
	want_count "" "2 lines converted"
	want_end 0'
check "a typed tab is stripped" session '
	spawn -noecho $program
	stty -echo < $spawn_out(slave,name)
	want ">>: "
	send "\ttab\t\r"
	expect {
		-ex "TAB\r\n>>: " {}
		timeout {bad "no TAB"}
		eof {bad "ended before TAB"}
	}
	if {[string first "\t" $expect_out(buffer)] >= 0} {bad "a tab is left"}
	close
	wait'
check "--prompt changes the prompt" session '
	spawn -noecho $program --prompt "say: "
	want "say: "
	send "a\r"
	want "a\r\nA\r\nsay: "
	send "\x04"
	want_count "" "1 line converted"
	want_end 0'
check "an empty --prompt shows none" session '
	spawn -noecho $program --prompt= -q
	send "a\r"
	want "a\r\nA\r\n"
	send "\x04"
	want_end 0'
check "-q drops the count, not the prompt" session '
	spawn -noecho $program -q
	want ">>: "
	send "a\r"
	want "a\r\nA\r\n>>: "
	send "\x04"
	want_end 0'
check "Ctrl-D at once ends with status 0" session '
	spawn -noecho $program
	want ">>: "
	send "\x04"
	expect {
		eof {}
		timeout {bad "no end"}
	}
	if {[string first "0 lines converted" $expect_out(buffer)] < 0 &&
	    [string trim $expect_out(buffer)] ne ""} {
		bad "it said \"$expect_out(buffer)\""
	}
	if {[lindex [wait] 3] != 0} {bad "status"}'
check "Ctrl-D twice behind an unfinished line takes it" session '
	spawn -noecho $program -q
	want ">>: "
	send "abc\x04\x04"
	expect {
		-re "abc\r?\n?ABC\r\n" {}
		timeout {bad "no ABC"}
		eof {bad "ended before ABC"}
	}
	expect {
		eof {}
		timeout {bad "no end"}
	}
	if {[lindex [wait] 3] != 0} {bad "status"}'
check "an unfinished last line is answered with a line of its own" session '
	spawn -noecho $program
	want ">>: "
	send "abc\x04\x04"
	expect {
		-re "ABC\r\nupcase-pipe: 1 line converted\r\n" {}
		timeout {bad "no end"}
		eof {bad "the count is glued to the result"}
	}'
check "Ctrl-C ends by SIGINT, with the count" session '
	spawn -noecho $program
	want ">>: "
	send "hello\r"
	want "hello\r\nHELLO\r\n>>: "
	send "\x03"
	want_count {\^C} "1 line converted"
	want_end SIGINT'
check "Ctrl-C gives a shell status 130" session '
	spawn -noecho sh -c "trap : INT; $program; echo status \$?"
	want ">>: "
	send "\x03"
	expect {
		-ex "status 130\r\n" {}
		timeout {bad "no status 130"}
		eof {bad "no status 130"}
	}
	expect eof
	wait'
check "invalid bytes may be typed" session '
	spawn -noecho $program
	want ">>: "
	send "a\xffz\r"
	want "a\xffz\r\nA\xffZ\r\n>>: "
	close
	wait'
check "options work on typed lines" session '
	spawn -noecho $program -l tr -m simple
	want ">>: "
	send "i\xc3\x9f\r"
	want "i\xc3\x9f\r\n\xc4\xb0\xc3\x9f\r\n>>: "
	close
	wait'

check "-o db.txt grows line by line in the order typed" session '
	file delete db.txt
	spawn -noecho $program -o db.txt
	want ">>: "
	send "first\r"
	want "first\r\n>>: "
	file_is db.txt "FIRST\n"
	send "  second  \r"
	want "  second  \r\n>>: "
	file_is db.txt "FIRST\nSECOND\n"
	send "\r"
	want "\r\n>>: "
	send "third\r"
	want "third\r\n>>: "
	file_is db.txt "FIRST\nSECOND\nTHIRD\n"
	send "\x04"
	want_count "" "3 lines appended to db.txt"
	want_end 0
	file_is db.txt "FIRST\nSECOND\nTHIRD\n"'
check "-o db.txt appends in the next session, Ctrl-C keeps every line" session '
	spawn -noecho $program -o db.txt
	want ">>: "
	send "fourth\r"
	want "fourth\r\n>>: "
	send "\x03"
	want_count {\^C} "1 line appended to db.txt"
	want_end SIGINT
	file_is db.txt "FIRST\nSECOND\nTHIRD\nFOURTH\n"'
check "-o db.gz holds the typed lines" session '
	file delete db.gz
	spawn -noecho $program -o db.gz
	want ">>: "
	send "one\r"
	want "one\r\n>>: "
	send "two\r"
	want "two\r\n>>: "
	send "\x04"
	want_count "" "2 lines appended to db.gz"
	want_end 0
	if {[exec gzip -dc < db.gz] ne "ONE\nTWO"} {bad "db.gz"}'

check "the prompt is shown on the terminal, not in redirected output" session '
	spawn -noecho sh -c "exec $program >redirected"
	want ">>: "
	send "hello\r"
	want "hello\r\n>>: "
	file_is redirected "HELLO\n"
	send "\x04"
	want_count "" "1 line converted"
	want_end 0
	file_is redirected "HELLO\n"'
check "the prompt is shown on the terminal when standard error is redirected" \
	session '
	spawn -noecho sh -c "exec $program >redirected 2>errors"
	want ">>: "
	send "hello\r"
	want "hello\r\n>>: "
	send "\x04"
	want_end 0
	file_is redirected "HELLO\n"
	file_is errors "upcase-pipe: 1 line converted\n"'

check "gzip is not written to a terminal" \
	session '
	spawn -noecho sh -c "exec $program -z </dev/null"
	want "upcase-pipe: gzip is not written to a terminal\r\nTry "
	want "'"'"'upcase-pipe --help'"'"' for more information.\r\n"
	want_end 2'

check "--no-interactive on a terminal neither prompts nor strips" session '
	spawn -noecho $program --no-interactive
	send "  a  \r"
	want "  a  \r\n  A  \r\n"
	send "\r"
	want "\r\n\r\n"
	send "\x04"
	want_end 0'
check "with a FILE it does not prompt" session '
	exec printf "x\n" > file
	spawn -noecho $program file
	want "X\r\n"
	want_end 0'
check "- on a terminal does not prompt without -i" session '
	spawn -noecho $program -
	send "a\r"
	expect {
		-ex "A\r\n" {}
		timeout {bad "no A"}
		eof {bad "no A"}
	}
	if {[string first ">>" $expect_out(buffer)] >= 0} {bad "a prompt"}
	close
	wait'
check "-i - on a terminal prompts" session '
	spawn -noecho $program -i -
	want ">>: "
	send "a\r"
	want "a\r\nA\r\n>>: "
	send "\x04"
	want_count "" "1 line converted"
	want_end 0'
check "it can be stopped and continued" session '
	spawn -noecho $program
	set pid [exp_pid]
	want ">>: "
	exec kill -STOP $pid
	exec kill -CONT $pid
	send "a\r"
	expect {
		-ex "A\r\n>>: " {}
		timeout {bad "no A"}
		eof {bad "no A"}
	}
	close
	wait'
check "a terminal that goes away ends it by SIGHUP, every line written" session '
	file delete db.txt
	spawn -noecho $program -o db.txt
	want ">>: "
	send "one\r"
	want "one\r\n>>: "
	close
	set how [wait]
	if {[lindex $how 5] ne "SIGHUP"} {bad "ended with $how"}
	file_is db.txt "ONE\n"'
check "a prompt that the terminal did not take yet is not forgotten over SIGUSR2" session '
	file delete db.txt db.old
	spawn -noecho $program -o db.txt
	set pid [exp_pid]
	want ">>: "
	send "\x13abc\r"
	until {[file exists db.txt] && [file size db.txt] == 4}
	file rename db.txt db.old
	exec kill -USR2 $pid
	until {[file exists db.txt]}
	send "\x11"
	want "abc\r\n>>: "
	close
	wait'
check "whole lines typed ahead are written at SIGTERM" session '
	file delete db.txt
	spawn -noecho $program -o db.txt
	set pid [exp_pid]
	want ">>: "
	exec kill -STOP $pid
	send "one\rtwo\rthr"
	want "one\r\ntwo\r\nthr"
	exec kill -TERM $pid
	exec kill -CONT $pid
	set how [wait]
	if {[lindex $how 5] ne "SIGTERM"} {bad "ended with $how"}
	file_is db.txt "ONE\nTWO\n"'
check "a long typed line comes back whole" session '
	spawn -noecho $program -b 7
	want ">>: "
	# In parts whose echo is waited for: a terminal whose echo nobody takes
	# does not take what is typed either.
	set part [string repeat "abcdefghi " 20]
	for {set i 0} {$i < 15} {incr i} {
		send $part
		want $part
	}
	send "j\r"
	expect {
		-ex "[string toupper [string repeat $part 15]]J\r\n>>: " {}
		timeout {bad "no long line"}
		eof {bad "no long line"}
	}
	close
	wait'

# --- the same screen as a user sees it, in tmux --------------------------------

shows() { tmux -S "$tmp/tmux" capture-pane -p -t typing 2>/dev/null | grep -Fxq -e "$1"; }
in_tmux() {
	rm -f db.txt
	tmux -S "$tmp/tmux" -f /dev/null new-session -d -s typing -x 80 -y 24 \
		"'$UPCASE_PIPE' -o db.txt; echo status \$?; exec cat" || return 1
	wait_until "$deadline" shows '>>:' &&
		tmux -S "$tmp/tmux" send-keys -t typing ' first line ' Enter &&
		wait_until "$deadline" shows '>>:  first line' &&
		wait_until "$deadline" has_size db.txt &&
		tmux -S "$tmp/tmux" send-keys -t typing 'second' Enter C-d &&
		wait_until "$deadline" shows 'upcase-pipe: 2 lines appended to db.txt' &&
		wait_until "$deadline" shows 'status 0' &&
		expect_file db.txt 'FIRST LINE\nSECOND\n'
	local r=$?
	[ $r -eq 0 ] || tmux -S "$tmp/tmux" capture-pane -p -t typing
	tmux -S "$tmp/tmux" kill-server
	return $r
}
if have tmux; then
	check "the whole session works in tmux" in_tmux
else
	skip "the whole session works in tmux" "no tmux"
fi

finish
