#!/bin/bash
# unbuffered.sh - -u: the beginning of a line goes on when nothing more is there;
# what is held back, and that text, counts and places are those of whole lines.
#
# shellcheck disable=SC2317,SC2015,SC2016 # checks are called by name, `A && B ||
# { report; }` is meant as it is, C stands in single quotes
. "$(dirname "$0")/lib.sh" || exit 1

have python3 || skip_all "needs python3 as a client"

# talk [SAY ANSWER]... -- [ARG...]: each ANSWER comes before the next SAY.
talk() {
	local turns=()
	while [ "$1" != -- ]; do
		turns+=("$1")
		shift
	done
	shift
	bounded python3 "$root/tests/cli/talk.py" "${turns[@]}" -- \
		"$UPCASE_PIPE" -u "$@" 2>"$err"
	status=$?
	[ "$status" -eq 0 ] || cat "$err"
	return "$status"
}

# --- an answer without a newline --------------------------------------------------

check "a client that sends no newline gets its answer" \
	talk 'hello' 'HELLO' ', wor' ', WOR' 'ld' 'LD' --
check "so do 50 of 50" talk --times=50 'hello' 'HELLO' --
check "--unbuffered is -u" talk 'a' 'A' 'b\nc' 'B\nC' -- --unbuffered
check "whole lines and the beginning behind them come at once" \
	talk 'one\ntwo\nthr' 'ONE\nTWO\nTHR' 'ee\n' 'EE\n' --
check "a byte at a time" \
	talk 'a' 'A' '\n' '\n' 'b' 'B' '\n' '\n' '\n' '\n' 'c' 'C' --
check "what grows, grows" talk 'stra\xc3\x9f' 'STRASS' 'e' 'E' --
asks() {
	talk 'name? ' 'NAME? ' 'x\n' 'X\n' -- -j 4 --queue-depth=1 -b 4
}
check "so it does with small batches and more threads" asks
# A prompt and what is typed behind it, by way of three programs.
question() {
	mkfifo ask said
	exec 8<>said 9<>ask
	start_command ask '' sh -c \
		"printf 'your name? '; read -r name; echo \"hello \$name\"" \
		<said >ask
	start question -u <ask >shown 2>"$err"
	exec 9>&-
	wait_until "$deadline" expect_file shown 'YOUR NAME? ' || return 1
	echo anne >&8
	exec 8>&-
	expect_end question 'exit 0' &&
		expect_file shown 'YOUR NAME? HELLO ANNE\n'
}
check "a question that waits for its answer behind it shows" question

# --- what is held back ------------------------------------------------------------

check "the beginning of a character is held back" \
	talk 'a\xc3' 'A' '\x9f\xef\xac' 'SS' '\x81' 'FI' --
check "what turns out to be none comes then" \
	talk 'a\xc3' 'A' 'b' '\xc3B' -- --invalid=keep -q
check "a Greek letter is held back until its marks are known" \
	talk '\xce\xba\xce\xac' '\xce\x9a' ' ' '\xce\x91 ' -- -l el
check "a lone eta until it is known to be a word" \
	talk 'a \xce\xae' 'A ' ' ' '\xce\x89 ' 'b' 'B' -- -l el
check "a Lithuanian i is not, nor is the dot above it forgotten" \
	talk 'i' 'I' '\xcc\x87' '' '\xcc\x80' '\xcc\x80' -- -l lt
check "a line that may begin with a prefix is held back until that is known" \
	talk 'a' '' 'c' 'AC' '\na' '\n' 'b' 'ab' 'c' 'c' '\nd' '\nD' \
	-- --skip-prefix=ab
check "a header with names is held back until it is there" \
	talk 'id,na' '' 'me\n1,' 'id,name\n1,' 'a' 'A' -- --csv --header -f name
check "one without names is not" \
	talk 'id' 'id' ',name\nx' ',name\nx' ',y' ',Y' -- --csv --header -f 2
check "a field in quotes is not" \
	talk 'a,"b' 'a,"B' ',c\n' ',C\n' 'd"' 'D"' ',e' ',e' -- --csv -f 2
check "sequences are not" talk '@nam' '@nam' 'e\nac' 'e\nAC' 'g\n+\n' 'G\n+\n' 'i' 'i' \
	'iii\n' 'iii\n' -- --fastq
check "the first character of decoded text is not" \
	talk 'a' 'A' '\xe9' '\xc3\x89' -- -E latin1
check "half of one is" talk 'a' '' '\x00b' 'A' '\x00' 'B' -- -E utf-16le
packed() {
	local bytes
	bytes=$(python3 -c 'import zlib
c = zlib.compressobj(wbits=31)
b = c.compress(b"one t") + c.flush(zlib.Z_SYNC_FLUSH)
print("".join("\\x%02x" % x for x in b))')
	# Two bytes tell nothing yet, the rest has the text.
	bounded python3 - "$bytes" "$UPCASE_PIPE" <<-'END'
		import socket, subprocess, sys
		data = sys.argv[1].encode().decode("unicode_escape").encode("latin-1")
		client, server = socket.socketpair()
		client.settimeout(30)
		child = subprocess.Popen([sys.argv[2], "-u"], stdin=server,
		                         stdout=server, stderr=subprocess.DEVNULL)
		server.close()
		client.sendall(data[:1])
		client.sendall(data[1:])
		got = b""
		while len(got) < 5:
		    got += client.recv(5)
		client.shutdown(socket.SHUT_WR)
		child.wait()
		sys.exit(0 if got == b"ONE T" else repr(got))
	END
}
check "the beginning of a line that was packed comes when it is unpacked" packed
first_file() {
	printf 'no newline' >first
	mkfifo second
	start files -u first second >shown 2>"$err"
	wait_until "$deadline" expect_file shown 'NO NEWLINE' || return 1
	echo more >second
	expect_end files 'exit 0' && expect_file shown 'NO NEWLINE\nMORE\n'
}
check "a FILE without its last newline does not wait for the next one" first_file

# --- it is the same text ----------------------------------------------------------

check "text, counts and places are those of whole lines, however it comes" \
	bounded python3 "$root/tests/cli/pieces.py" "$UPCASE_PIPE" $((240 / thin))
same_file() {
	seq 20000 | sed 's/$/ straße/' >file
	"$UPCASE_PIPE" file >want
	run -u file
	expect_status 0 && same want "$out" || return 1
	run_here -u <file
	expect_status 0 && same want "$out"
}
check "a file becomes the same" same_file
stopped() {
	fed -u
	printf 'one\nbeg' >&7
	wait_until "$deadline" expect_file "$out" 'ONE\nBEG' || return 1
	printf 'un\xc3' >&7
	wait_until "$deadline" expect_file "$out" 'ONE\nBEGUN' || return 1
	send TERM fed
	exec 7>&-
	expect_end fed 'signal 15' && expect_file "$out" 'ONE\nBEGUN\xc3'
}
check "SIGTERM: what was held back is written, too, and nothing twice" stopped

# --- what it does not go with -----------------------------------------------------

refuses() {
	given 'one\n'
	run "${@:2}"
	expect_usage_error "--unbuffered does not go with $1" && [ ! -e new ]
}
check "it does not go with -o" refuses --output -u -o new
check "nor with -z" refuses --gzip -u -z
check "nor with --bgzf" refuses '--gzip or --bgzf' -u --bgzf
check "nor with -i" refuses typing -u -i
check "a file in .gz is one with -o" refuses --output -u -o new.gz
if have script; then
	at_terminal() {
		script -qec "$UPCASE_PIPE -u" /dev/null >"$out" 2>&1 </dev/null
		grep -q 'does not go with typing' "$out" || { cat "$out"; return 1; }
		script -qec "printf x | $UPCASE_PIPE -u" /dev/null >"$out" </dev/null
		grep -q X "$out"
	}
	check "nor with a terminal to type at, if it is not said otherwise" at_terminal
else
	skip "nor with a terminal to type at, if it is not said otherwise" \
		"no script(1)"
fi

finish
