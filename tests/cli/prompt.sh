#!/bin/bash
# prompt.sh - lines that are edited at the prompt, and what of it holds where the
# terminal does it: each key, each signal, each end. What is done at a terminal
# is in prompt.py.
#
# shellcheck disable=SC2317,SC2015 # checks are called by name, `A && B || { report; }`
# is meant as it is
. "$(dirname "$0")/lib.sh" || exit 1

have python3 || skip_all "no python3"

export UPCASE_PIPE_DEADLINE=$deadline
at_prompt() {
	bounded python3 "$root/tests/cli/prompt.py" "$@"
}

# What libtinfo forgets is not ours.
if sanitized; then
	echo 'leak:libtinfo' >"$tmp/std/forgotten"
	export LSAN_OPTIONS="suppressions=$tmp/std/forgotten:print_suppressions=0"
fi

edits() { "$UPCASE_PIPE" --version | grep -qx 'line editing: libedit.so.[0-9]'; }

# --- where the terminal does it ------------------------------------------------

check "without line editing the terminal does it, and is never changed" \
	at_prompt plain
check "without line editing 10,000 pasted lines lose none" \
	at_prompt pasted_plain
check "without line editing 2,000 lines typed ahead leave no prompts" \
	at_prompt few_prompts_plain
check "a line that the terminal may have cut is told" at_prompt cut_lines
check "without line editing Ctrl-C takes a begun line back" \
	at_prompt plain_line_at_signals
check "without line editing the prompt comes again after a message" \
	at_prompt message_plain
check "without line editing the prompt comes again after Ctrl-Z and fg" \
	at_prompt suspended_plain
check "without line editing the prompt comes again when continued" \
	at_prompt continued_plain
check "without line editing none is shown in the background" \
	at_prompt background_plain

check "without line editing it can be killed in the background" \
	at_prompt killed_in_background_plain
check "where nobody would continue it, it ends as others do" \
	at_prompt without_job_control

check "without line editing --history is told to be of no use" \
	at_prompt history_without_editing

if ! edits; then
	skip "lines are edited" "$("$UPCASE_PIPE" --version | grep '^line')"
	finish
fi

# --- where there is no libedit ---------------------------------------------------

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
	grep -qx 'line editing: libedit.so.2 is missing' "$out" &&
		HIDES_LIBEDIT=$PWD/none.so at_prompt missing
}
if sanitized; then
	skip "where libedit is missing the terminal does it" \
		"a sanitizer comes before what is preloaded"
elif "$CC" -w -shared -fPIC -o none.so none.c 2>/dev/null; then
	check "where libedit is missing the terminal does it" missing
else
	skip "where libedit is missing the terminal does it" \
		"$CC makes no shared libraries"
fi
loads() {
	LD_DEBUG=files run "$@"
	grep -q libedit "$err"
}
loaded_for_lines_only() {
	printf 'a\n' >file
	loads --version && ! loads file && ! loads -i </dev/null
}
LD_DEBUG=files run --version
if grep -q libedit "$err"; then
	check "libedit is loaded only where somebody types" loaded_for_lines_only
else
	skip "libedit is loaded only where somebody types" \
		"this C library does not tell what it loads"
fi

# --- keys ------------------------------------------------------------------------

check "the terminal is taken while lines are edited" at_prompt edited
check "arrows, Home, End and words move in a line" at_prompt keys_move
check "keys delete, kill and yank" at_prompt keys_delete
check "TAB and what is quoted insert themselves" at_prompt keys_insert
check "characters are characters in any locale" at_prompt characters
check "bytes that are not UTF-8 come through" at_prompt bytes_come_through
check "so does every byte that is no key" at_prompt every_byte
check "Ctrl-D ends the input at the beginning of a line only" \
	at_prompt end_of_input
check "what is typed behind the end is left to the shell" \
	at_prompt typed_ahead_for_others
check "earlier lines come back by Up and by search" at_prompt history
check "what ~/.editrc says counts" at_prompt user_settings
check "a prompt may have colours and any characters, or be empty" \
	at_prompt prompts

# --- history -----------------------------------------------------------------------

check "--history keeps each line as it comes, for its owner alone" \
	at_prompt history_is_kept
check "--history makes a FILE that others can read its owner's alone" \
	at_prompt history_mode
check "--history keeps 1,000 lines" at_prompt history_is_trimmed
check "--history follows no symbolic link, and takes regular files only" \
	at_prompt history_that_cannot_be
check "two programs with one --history lose nothing" at_prompt history_of_two
check "--history does not wait for ever for a lock" at_prompt history_locked
no_history_name() {
	run --history=
	expect_usage_error "--history"
}
check "--history= is a usage error" no_history_name
unused_history() {
	rm -f unused
	given 'a\n'
	run -i -q --history=unused
	expect_outcome 0 'A\n' '' && [ ! -e unused ]
}
check "--history is not touched where nobody types" unused_history

# --- much at once -------------------------------------------------------------------

check "a line of 20,000 characters comes through" at_prompt long_line
check "10,000 pasted lines lose none" at_prompt pasted_edited
check "2,000 lines typed ahead leave no prompts" at_prompt few_prompts_edited

# --- signals ------------------------------------------------------------------------

check "Ctrl-C and SIGINT take a begun line back" at_prompt interrupted_line
check "SIGTERM and SIGHUP write it" at_prompt terminated_line
check "a terminal that goes away writes it" at_prompt hung_up
check "what a search has found is such a line" at_prompt searched_line
check "pasted lines that were read are written after Ctrl-C" \
	at_prompt pasted_and_interrupted
check "pasted lines that were read are written after SIGTERM" \
	at_prompt pasted_and_terminated
check "pasted lines that were read are written when the terminal goes away" \
	at_prompt pasted_and_hung_up
check "so are those that waited in the terminal" at_prompt in_the_terminal
check "the terminal is as it was after a second signal and a timeout" \
	at_prompt second_signal
if ! can_trace || sanitized || ! have pgrep; then
	skip "it is as it was when who reads hangs" "no strace"
else
	check "it is as it was when who reads hangs" at_prompt stuck_reader
fi
check "it is as it was after Ctrl-\\ and SIGQUIT" at_prompt quit_key
check "it is as it was when the output fails" at_prompt output_fails
check "it is as it was with unusual settings, too" at_prompt settings_come_back
check "a screen that was stopped keeps nobody" at_prompt stopped_screen

# --- a screen that others use, too -----------------------------------------------------

check "the prompt and the begun line come again after a message" \
	at_prompt message_edited
check "messages that go elsewhere leave the prompt alone" \
	at_prompt redirected_messages
check "a screen of another size is drawn anew" at_prompt resized
check "the prompt and the begun line come again after Ctrl-Z and fg" \
	at_prompt suspended_edited
check "they come again when continued" at_prompt continued_edited
check "in the background no prompt is shown" at_prompt background_edited
check "it can be killed in the background" at_prompt killed_in_background_edited

# --- as a user sees it, in tmux -----------------------------------------------------------

pane() { tmux -S "$tmp/tmux" capture-pane -p -t typing 2>/dev/null; }
shows() { pane | grep -Fxq -e "$1"; }
keys() { tmux -S "$tmp/tmux" send-keys -t typing "$@"; }
in_tmux() {
	rm -f out past
	tmux -S "$tmp/tmux" -f /dev/null new-session -d -s typing -x 40 -y 12 \
		"trap : INT; stty -g >before; HOME=$PWD '$UPCASE_PIPE' -o out --history=past; \
		echo status \$?; stty -g >after; exec cat" || return 1
	wait_until "$deadline" shows '>>:' &&
		keys 'straße 中文x' BSpace Enter &&
		wait_until "$deadline" has_size out &&
		wait_until "$deadline" shows '>>: straße 中文' &&
		keys Up Home 'die ' End '!' &&
		wait_until "$deadline" shows '>>: die straße 中文!' &&
		tmux -S "$tmp/tmux" resize-window -t typing -x 30 -y 8 &&
		wait_until "$deadline" shows '>>: die straße 中文!' &&
		keys C-a C-k 'a line that is longer than the screen' Left Left X &&
		wait_until "$deadline" shows ' the screXen' &&
		keys Enter 'taken back' &&
		wait_until "$deadline" shows '>>: taken back' &&
		keys C-c &&
		wait_until "$deadline" shows '>>: taken back^C' &&
		wait_until "$deadline" shows 'status 130' &&
		wait_until "$deadline" has_size after &&
		expect_file out 'STRASSE 中文\nA LINE THAT IS LONGER THAN THE SCREXEN\n' &&
		expect_file past 'straße 中文\na line that is longer than the screXen\n' &&
		same before after
	local r=$?
	[ $r -eq 0 ] || pane
	tmux -S "$tmp/tmux" kill-server
	return $r
}
if have tmux; then
	check "the whole session works in tmux" in_tmux
else
	skip "the whole session works in tmux" "no tmux"
fi

finish
