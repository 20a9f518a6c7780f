#!/bin/bash
# service.sh - samples/service: the output of a daemon in a log that is rotated,
# under each of several supervisors. No line is lost, doubled or torn when the log
# is rotated, when the program is started anew, and when all is stopped.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2012,SC2034,SC2094 # checks are
# called by name, numbers stand bare, `A && B || { report; }` is meant as it is,
# Perl and shells stand in single quotes, the names of a log's files are known
. "$(dirname "$0")/lib.sh" || exit 1
. "$here/samples.sh" || exit 1

samples=$root/samples/service

# The daemon: lines that number themselves, until the file 'enough' is in the
# folder DIARY; then it leaves there how many there were. They come in bursts that
# fill a pipe, with pauses between them: on a machine that is busy all else takes
# its time, and the log must not grow to gigabytes meanwhile.
cat >bin/my-daemon <<'END'
#!/usr/bin/perl
use strict;
my ($diary, $n) = ($ENV{DIARY}, 0);
until (-e "$diary/enough") {
	select undef, undef, undef, 0.04 if $n > 0 && $n % 4000 == 0;
	my $text = "";
	$text .= sprintf "line %08d of straße\n", ++$n for 1 .. 50;
	while ($text ne "") {
		my $written = syswrite STDOUT, $text;
		defined $written or die "my-daemon: $!";
		substr($text, 0, $written) = "";
	}
}
open my $f, ">", "$diary/new" or die;
print $f "$n\n";
close $f;
rename "$diary/new", "$diary/said" or die;
sleep;
END
chmod +x bin/my-daemon
export DIARY=$PWD/diary

# begin: a new day, for the daemon and for its log.
begin() {
	rm -rf diary log
	mkdir diary log
}
# In order: what was rotated first has the highest number.
all_of_log() {
	ls "$1" | sort -t . -k 3,3nr | while read -r f; do
		case $f in
		*.gz) gzip -dc "$1/$f" ;;
		*) cat "$1/$f" ;;
		esac
	done
}
# Each file of the log ends with a whole line.
whole_lines() {
	local f
	for f in "$1"/*; do
		case $f in
		*.gz) gzip -dc "$f" ;;
		*) cat "$f" ;;
		esac | tail -c 1 | od -An -tx1 | grep -q 0a || {
			echo "$f does not end with a line"
			return 1
		}
	done
}
wanted() {
	perl -e 'printf "LINE %08d OF STRASSE\n", $_ for 1 .. shift' "$1"
}
# complete FOLDER LINES: the files there are so many lines, one behind the other.
complete() {
	wanted "$2" >wanted
	all_of_log "$1" >got
	whole_lines "$1" && same wanted got
}
has_last_line() {
	tail -n 1 log/app.log 2>/dev/null | grep -q "^LINE 0*$1 OF STRASSE$"
}
# enough: the daemon says no more; sets n, the number of lines. All of them are in
# the log soon.
enough() {
	: >diary/enough
	wait_until "$deadline" test -e diary/said && n=$(cat diary/said) &&
		wait_until "$deadline" has_last_line "$n"
}
# moved COMMAND...: the log is moved away, and COMMAND tells it.
moved() {
	mv log/app.log "log/app.log.1" && "$@" &&
		wait_until "$deadline" has_size log/app.log
}

# --- logrotate ---------------------------------------------------------------

# What the snippet calls, without systemd.
cat >bin/systemctl <<END
#!/bin/sh
case "\$*" in
"--quiet is-active upcase-log.service") ;;
"kill --signal=SIGUSR2 upcase-log.service") kill -USR2 "\$(cat $tmp/jobs/rotated.pid)" ;;
*) echo "systemctl \$*?" >&2; exit 1 ;;
esac
END
chmod +x bin/systemctl

rotate() { logrotate -f -s "$PWD/state" "$PWD/logrotate.conf"; }
rotated() {
	local i r=0
	begin
	rm -f feed
	sed "s|/var/log/upcase-log/|$PWD/log/|" "$samples/upcase-log.logrotate" \
		>logrotate.conf
	chmod 644 logrotate.conf
	mkfifo feed
	my-daemon >feed &
	local daemon=$!
	start rotated -o log/app.log <feed 2>"$err"
	for i in 1 2 3 4; do
		wait_until "$deadline" has_size log/app.log && rotate || r=1
	done
	wait_until "$deadline" has_size log/app.log && enough || r=1
	kill "$daemon"
	wait "$daemon"
	expect_end rotated 'exit 0' && [ -e log/app.log.1 ] &&
		[ -e log/app.log.4.gz ] && complete log "$n" &&
		same /dev/null "$err" && return $r
}
if have logrotate; then
	check "logrotate takes the snippet as it is" \
		logrotate -d -s "$PWD/state" "$samples/upcase-log.logrotate"
	check "a log that logrotate rotates four times while it grows loses nothing" \
		rotated
else
	skip "a log that logrotate rotates" "no logrotate"
fi

# --- s6 and runit ------------------------------------------------------------

# supervised NAME: the service folder of the sample under its supervisor, which
# NAME_start starts; NAME_rotate, NAME_restart and NAME_stop tell it what to do,
# NAME_logger prints the process id of what appends.
supervised() {
	local r=0 before
	begin
	rm -rf scan
	mkdir scan
	cp -r "$samples/$1/app" scan/
	chmod -R u+wx scan
	export LOG=$PWD/log/app.log
	"$1_start" >"$1.log" 2>&1
	wait_until "$deadline" has_size log/app.log &&
		moved "$1_rotate" || r=1
	before=$("$1_logger")
	"$1_restart" && wait_until "$deadline" is_another "$1" "$before" &&
		enough || r=1
	"$1_stop"
	wait_until "$deadline" ended "$1" && wait_until "$deadline" nobody_left &&
		[ $r -eq 0 ] && complete log "$n" && return 0
	cat "$1.log"
	return 1
}
is_another() {
	local now
	now=$("$1_logger")
	[ -n "$now" ] && [ "$now" != "$2" ] && [ "$now" != -1 ]
}
s6_start() { start_command s6 '' s6-svscan scan; }
s6_rotate() { s6-svc -2 scan/app/log; }
s6_restart() { s6-svc -r scan/app/log; }
s6_logger() { s6-svstat -o pid scan/app/log; }
s6_stop() { s6-svscanctl -t scan; }

runit_start() { start_command runit '' runsvdir scan; }
runit_rotate() { sv 2 "$PWD/scan/app/log"; }
runit_restart() { sv restart "$PWD/scan/app/log" >&2; }
runit_logger() { cat scan/app/log/supervise/pid; }
runit_stop() { send HUP runit; }

lossless="a log that is rotated, started anew and stopped loses nothing"
if have s6-svscan; then
	check "s6: $lossless" supervised s6
else
	skip "s6: $lossless" "no s6"
fi
if have runsvdir; then
	check "runit: $lossless" supervised runit
else
	skip "runit: $lossless" "no runit"
fi

# --- a container -------------------------------------------------------------

# The words of ENTRYPOINT, with the program and the folder of this test.
entrypoint() {
	perl -ne 'if (s/^ENTRYPOINT \[(.*)\]$/$1/) {
			s|/usr/bin/upcase-pipe|$ENV{UPCASE_PIPE}|;
			s|/log/|log/|;
			print "$_\n" for /"([^"]*)"/g }' "$samples/Dockerfile"
}
first_process_drains() {
	local words r=0
	begin
	rm -f feed
	mapfile -t words < <(entrypoint)
	[ ${#words[@]} -gt 2 ] || return 1
	mkfifo feed
	exec 5<>feed
	start_command container '' "${namespace[@]}" "${words[@]}" <feed >"$out" 2>"$err"
	exec 7>feed
	wanted 1 | tr '[:upper:]' '[:lower:]' >&7
	wait_until "$deadline" has_last_line 1 || r=1
	local inner
	inner=$(pgrep -P "$(pid_of container)")
	moved_in_container "$inner" || r=1
	# It is held up while there is something in its pipe, then told to stop.
	kill -STOP "$inner"
	wanted 1000 | tail -n +3 >&7
	kill -TERM "$inner"
	kill -CONT "$inner"
	expect_end container 'exit 143' || r=1
	exec 7>&- 5>&-
	complete log 1000 && same /dev/null "$err" && return $r
}
moved_in_container() {
	mv log/app.log log/app.log.1
	kill -USR2 "$1"
	wait_until "$deadline" test -e log/app.log || return 1
	echo 'line 00000002 of straße' >&7
	wait_until "$deadline" has_last_line 2
}
container="a container's first process: SIGUSR2 rotates, SIGTERM writes what has come"
namespace=(unshare -pf)
[ "$(id -u)" -eq 0 ] || namespace=(unshare -rpf)
if "${namespace[@]}" true 2>/dev/null; then
	check "$container" first_process_drains
else
	skip "$container" "no process namespace of one's own"
fi

# --- systemd -----------------------------------------------------------------

check_units "$samples" upcase-log.socket upcase-log.service

# The daemon's own unit, to which the sample adds where its output goes.
mkdir -p app/app.service.d
cp "$samples/app.service.d/upcase-log.conf" app/app.service.d/
cat >app/app.service <<END
[Service]
Environment=DIARY=/run/diary
ExecStart=/usr/bin/my-daemon
END

install_inside() {
	inside sh -c 'cat >"$1" && chmod 755 "$1"' sh "$2" <"$1"
}
# A folder in its place: nothing can be written there, however often it is tried.
# quick.conf: so that it does not take long.
starts_inside() {
	install_inside bin/my-daemon /usr/bin/my-daemon &&
		inside mkdir -p /run/diary /var/log/private/upcase-log/app.log \
			/run/systemd/system/upcase-log.service.d &&
		printf '[Service]\nRestartSec=0.1\n' >quick.conf &&
		install_inside quick.conf /run/systemd/system/upcase-log.service.d/quick.conf &&
		inside systemctl daemon-reload &&
		inside systemctl start app.service &&
		wait_until "$deadline" was_tried 10 &&
		inside rmdir /var/log/private/upcase-log/app.log &&
		wait_until "$deadline" log_inside &&
		inside rm -r /run/systemd/system/upcase-log.service.d &&
		inside systemctl daemon-reload
}
was_tried() {
	[ "$(inside systemctl show --property=NRestarts --value upcase-log.service)" -ge "$1" ]
}
log_inside() { inside test -s /var/log/upcase-log/app.log; }
rotates_inside() {
	local i
	install_inside "$samples/upcase-log.logrotate" /etc/logrotate.d/upcase-log &&
		inside chmod 644 /etc/logrotate.d/upcase-log || return 1
	for i in 1 2 3; do
		inside logrotate -f -s /run/state /etc/logrotate.d/upcase-log &&
			wait_until "$deadline" log_inside || return 1
	done
	inside test -e /var/log/upcase-log/app.log.3.gz
}
main_process() {
	inside systemctl show --property=MainPID --value upcase-log.service
}
restarts_inside() {
	local before
	before=$(main_process)
	inside systemctl restart upcase-log.service && [ "$before" -ne 0 ] &&
		[ "$(main_process)" != "$before" ]
}
said_inside() { inside test -e /run/diary/said; }
# The log's last line, as the daemon has it in its diary.
last_inside() {
	inside sh -c 'tail -n 1 /var/log/upcase-log/app.log |
		grep -q "^LINE 0*$(cat /run/diary/said) OF STRASSE$"'
}
complete_inside() {
	inside touch /run/diary/enough && wait_until "$deadline" said_inside &&
		wait_until "$deadline" last_inside &&
		inside systemctl stop app.service upcase-log.socket \
			upcase-log.service || return 1
	begin
	inside tar -C /var/log/upcase-log/ -cf - . | tar -C log -xf - &&
		complete log "$(inside cat /run/diary/said)"
}
with_systemd "systemd: $lossless" "$samples"/upcase-log.{socket,service} \
	"$PWD"/app/app.service "$PWD"/app/app.service.d && {
	check "systemd: the output of a daemon starts its log, as soon as it can be written" starts_inside
	if have logrotate; then
		check "systemd: logrotate rotates it" rotates_inside
	else
		skip "systemd: logrotate rotates it" "no logrotate"
	fi
	check "systemd: it is started anew" restarts_inside
	check "systemd: no line was lost, doubled or torn" complete_inside
	end_systemd
}

finish
