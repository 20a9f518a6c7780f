#!/bin/bash
# replace.sh - outputs that take the place of a file: --in-place, --output-dir,
# --atomic, and the list that --files0-from names.
#
# shellcheck disable=SC2317,SC2016 # checks are called by name; Perl stands in
# single quotes
. "$(dirname "$0")/lib.sh" || exit 1

# fresh NAME...: nothing is there but these files, each with its name as text.
fresh() {
	local f
	find . -mindepth 1 -delete
	for f in "$@"; do printf 'text of %s\n' "$f" >"$f"; done
}
# only NAME...: what is here, in this order, hidden files and folders too.
only() {
	printf '%s\n' "$@" >"$tmp/std/wanted"
	find . -mindepth 1 -printf '%P\n' | sort | same "$tmp/std/wanted" -
}
inode() { stat -c %i "$1"; }
stays='it stays as it is'

# --- in place ------------------------------------------------------------------

files_are_replaced() {
	fresh a 'b c' -- && printf 'last\nline' >d && : >empty
	run --in-place -- a 'b c' -- d empty
	expect_outcome 0 '' '' && only -- a 'b c' d empty &&
		expect_file a 'TEXT OF A\n' && expect_file 'b c' 'TEXT OF B C\n' &&
		expect_file ./-- 'TEXT OF --\n' && expect_file d 'LAST\nLINE' &&
		size_is empty 0
}
check "each FILE is replaced by its upper case" files_are_replaced

odd_names() {
	local name=$'new\nline'
	fresh "$name" -i ' ' '*' "$(printf '%0250d' 7)"
	run --in-place -- "$name" -i ' ' '*' "$(printf '%0250d' 7)"
	expect_outcome 0 '' '' && [ "$(cat "$name")" = $'TEXT OF NEW\nLINE' ] &&
		expect_file ./-i 'TEXT OF -I\n' && expect_file ' ' 'TEXT OF  \n' &&
		[ "$(find . -type f | wc -l)" = 6 ]
}
check "names with newlines, dashes, blanks, stars and 250 characters" odd_names

unchanged() {
	fresh a
	printf 'NOTHING TO DO\n1234\n' >b
	numbered 60000 20 | tr '[:lower:]' '[:upper:]' >large
	touch -d @1000000000 b large
	local b large
	b=$(inode b) large=$(inode large)
	run --in-place --stats=json a b large
	expect_outcome 0 '' "$(cat "$err")\n" && [ "$(inode b)" = "$b" ] &&
		[ "$(inode large)" = "$large" ] &&
		[ "$(stat -c %Y b large | uniq)" = 1000000000 ] && only a b large &&
		grep -q '"files":{"done":1,"unchanged":2,"refused":0}' "$err"
}
check "a FILE that would not change is not replaced, and --stats tells" unchanged
in_words() {
	fresh a b
	run --in-place --stats a b
	expect_status 0 && grep -Eq '^files +2 done 0 unchanged 0 refused$' "$err"
}
check "so it does in words" in_words

keeps_old() {
	fresh a b
	printf 'stale\n' >a.bak
	run --in-place=.bak a b
	expect_outcome 0 '' '' && only a a.bak b b.bak &&
		expect_file a 'TEXT OF A\n' && expect_file a.bak 'text of a\n' &&
		expect_file b.bak 'text of b\n'
}
check "with a suffix the old one is kept, in place of what had that name" keeps_old

# What a run leaves that is killed behind the first link.
half_done() {
	fresh a
	ln a a.bak
	run --in-place=.bak a
	expect_outcome 0 '' '' && only a a.bak &&
		expect_file a 'TEXT OF A\n' && expect_file a.bak 'text of a\n' &&
		[ "$(stat -c %h a)" = 1 ]
}
check "a second link that is FILESUFFIX itself does not count" half_done

# never_without: at each system call that changes a name, as strace saw it, FILE
# has one.
no_moment_without() {
	fresh a
	traced -e trace=rename,renameat,renameat2,unlink,unlinkat,link,linkat -- \
		--in-place=.bak a
	expect_status 0 &&
		! grep -E '(unlink|rename)[a-z0-9]*\((AT_FDCWD, )?"a"' "$tmp/std/trace" &&
		grep -E 'link[a-z]*\(' "$tmp/std/trace"
}
no_links() {
	fresh a
	traced -e inject=link:error=EPERM -- --in-place=.bak a
	expect_outcome 1 '' 'upcase-pipe: a: cannot be kept as *.bak: Operation not permitted; it stays as it is\n' &&
		only a && expect_file a 'text of a\n'
}
if can_trace && ! sanitized; then
	check "there is no moment without FILE" no_moment_without
	check "where there are no links, FILE stays as it is" no_links
fi

attributes() {
	fresh a
	chmod 4751 a
	[ "$(id -u)" -ne 0 ] || { chown 1234:4321 a && chmod 4751 a; }
	local before
	before=$(stat -c '%a %u %g' a)
	umask 077
	run --in-place a
	umask 022
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\n' &&
		[ "$(stat -c '%a %u %g' a)" = "$before" ]
}
check "mode, owner and group are kept" attributes
extended() {
	fresh a
	setfattr -n user.comment -v 'keep me' a && setfattr -n user.empty a || return 1
	setfattr -n user.large -v "$(printf '%02000d' 0)" a || return 1
	setfacl -m u:1234:r,g:4321:rw a || return 1
	getfattr -d a | sed '/^#/d' >../before && getfacl -n a >>../before
	run --in-place a
	getfattr -d a | sed '/^#/d' >../after && getfacl -n a >>../after
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\n' && same ../before ../after
}
# A folder whose new files get a list.
inherited() {
	fresh
	mkdir d && printf 'x\n' >d/a && setfacl -d -m u:1234:rwx d || return 1
	setfacl -b d/a
	getfacl -n d/a >../before
	run --in-place d/a
	getfacl -n d/a >../after
	expect_outcome 0 '' '' && expect_file d/a 'X\n' && same ../before ../after
}
not_kept() {
	fresh a
	setfattr -n user.comment -v 'keep me' a
	traced -e inject=fsetxattr:error=ENOSPC -- --in-place a
	expect_status 3 && expect_file a 'text of a\n' && only a || return 1
	traced -e inject=fsetxattr:error=EPERM -- --in-place a
	expect_outcome 1 '' "upcase-pipe: a: its attribute user.comment cannot be kept: Operation not permitted; $stays\n" &&
		expect_file a 'text of a\n' && only a
}
: >attr
if ! built_with ATTRIBUTES; then
	skip "extended attributes and access control lists are kept" \
		"built without extended attributes"
elif have setfacl && have setfattr && setfattr -n user.x -v y attr 2>/dev/null &&
	setfacl -m u:1234:r attr 2>/dev/null; then
	check "extended attributes and access control lists are kept" extended
	check "a list that the folder gives to new files is not taken" inherited
	if can_trace && ! sanitized; then
		check "what cannot be kept is told, and FILE stays" not_kept
	fi
else
	skip "extended attributes and access control lists are kept" \
		"needs attr, acl and a file system that has them"
fi

links() {
	fresh
	mkdir d && printf 'x\n' >d/real && ln -s d/real one && ln -s ../one d/two
	run --in-place=.old d/two
	expect_outcome 0 '' '' && only d d/real d/real.old d/two one &&
		expect_file d/real 'X\n' && [ -L d/two ] && [ -L one ]
}
check "symbolic links are followed and stay" links
hard_links() {
	fresh a
	ln a b
	run --in-place a
	expect_outcome 1 '' "upcase-pipe: a: it has other names (hard links), under which it would stay (see --force); $stays\n" &&
		expect_file a 'text of a\n' || return 1
	run --in-place --force a
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\n' &&
		expect_file b 'text of a\n'
}
check "a file with several links is refused, unless --force" hard_links
no_file() {
	fresh a
	mkdir d
	mkfifo f
	run --in-place d f /dev/null nowhere a
	expect_status 1 && expect_file a 'TEXT OF A\n' &&
		expect_file "$err" "upcase-pipe: d: not a regular file, so it cannot be replaced; $stays
upcase-pipe: f: not a regular file, so it cannot be replaced; $stays
upcase-pipe: /dev/null: not a regular file, so it cannot be replaced; $stays
upcase-pipe: nowhere: No such file or directory\n"
}
check "what is no regular file is refused, the others are done" no_file

# A folder in which nothing can be made.
read_only() {
	fresh b
	mkdir d && printf 'x\n' >d/a && chmod 555 d
	run --in-place d/a b
	chmod 755 d
	expect_outcome 1 '' "upcase-pipe: d/a: no file can be made beside it: Permission denied; $stays\n" &&
		expect_file d/a 'x\n' && expect_file b 'TEXT OF B\n'
}
if [ "$(id -u)" -ne 0 ]; then
	check "a folder that may not be written to is told, the others are done" read_only
else
	skip "a folder that may not be written to is told, the others are done" \
		"root may write everywhere"
fi

# There the link to a file of somebody else could not be removed again.
sticky() {
	fresh
	mkdir d && echo x >d/a && chmod 666 d/a && chmod 1777 d || return 1
	as_nobody run --in-place=.bak d/a
	expect_outcome 1 '' "upcase-pipe: d/a: cannot be kept as *.bak: Operation not permitted; $stays\n" &&
		only d d/a && [ "$(stat -c %h d/a)" = 1 ] || return 1
	as_nobody run --in-place d/a
	expect_outcome 1 '' "upcase-pipe: d/a: cannot be replaced: Operation not permitted; $stays\n" &&
		only d d/a
}
# One that may be written to, but not read.
unread_folder() {
	fresh
	mkdir d && echo x >d/a && chmod 666 d/a && chmod 333 d || return 1
	as_nobody run --in-place d/a
	if built_with SYNCFS; then
		expect_outcome 0 '' ''
	else # the name cannot be synced, which is told
		expect_outcome 3 '' 'upcase-pipe: d/a: Permission denied (names may not be on the disk)\n'
	fi && expect_file d/a 'X\n'
}
# What a change of the owner would take away.
capability() {
	fresh a
	chown 1234:4321 a && setfattr -n security.capability \
		-v 0x0100000202000000000000000000000000000000 a || return 1
	run --in-place a
	expect_outcome 0 '' '' && getfattr -n security.capability a &&
		[ "$(stat -c '%u %g' a)" = '1234 4321' ]
}
if [ "$(id -u)" -eq 0 ] && can_be_nobody; then
	check "in a sticky folder files of others stay, and nothing is left" sticky
	check "a folder that may not be read is no hindrance" unread_folder
else
	skip "in a sticky folder files of others stay, and nothing is left" \
		"needs root, and a program that others may run"
	skip "a folder that may not be read is no hindrance" "the same"
fi
: >able
if [ "$(id -u)" -eq 0 ] && built_with ATTRIBUTES && have setfattr &&
	setfattr -n security.capability \
	-v 0x0100000202000000000000000000000000000000 able 2>/dev/null; then
	check "a capability is kept with the owner" capability
fi

twice() {
	fresh a b
	run --in-place a b a
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\n'
}
check "a FILE that is named twice is replaced once" twice
one_place() {
	fresh a
	ln -s a link
	run --in-place --stats=json a ./a link "$PWD/a"
	expect_status 0 && expect_file a 'TEXT OF A\n' &&
		grep -q '"files":{"done":1,"unchanged":0,"refused":0}' "$err" || return 1
	fresh a
	ln a b
	run --in-place --force a b ./b
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\n' && expect_file b 'TEXT OF A\n'
}
check "... by whatever name; hard links are several" one_place
kept_over_input() {
	local f
	for f in a ./a link "$PWD/a"; do
		fresh a a.bak
		ln -s a link
		run --in-place=.bak "$f" ./a.bak
		expect_usage_error "but is an input; nothing was done" &&
			expect_file a 'text of a\n' && expect_file a.bak 'text of a.bak\n' || return 1
	done
	rm a.bak && ln a a.bak
	run --in-place=.bak a a.bak
	expect_usage_error 'a.bak: would be the old file of a, but is an input' || return 1
	run --in-place=.old a a.bak --force
	expect_outcome 0 '' ''
}
check "where FILESUFFIX is a FILE as well, nothing is done" kept_over_input

# held_at CALL ACTION [ARG...]: the program is stopped by its first CALL, ACTION
# is evaluated, and it goes on; its standard error is in $err.
held_at() {
	local call=$1 action=$2 pid
	shift 2
	rm -f "$tmp/std/trace"
	start_command held '' env ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -o "$tmp/std/trace" \
		-e inject="$call":signal=SIGSTOP:when=1 "$UPCASE_PIPE" "$@" 2>"$err"
	wait_until "$deadline" grep -qs "stopped by SIGSTOP" "$tmp/std/trace" || return 1
	pid=$(pid_of held)
	pid=$(cat "/proc/$pid/task/$pid/children")
	eval "$action"
	kill -CONT $pid
}
changed_meanwhile() {
	fresh a
	held_at fchmod 'printf "more\n" >>a' --in-place a
	expect_end held "exit 1" && expect_file a 'text of a\nmore\n' && only a &&
		expect_file "$err" "upcase-pipe: a: somebody else changed it meanwhile; $stays\n"
}
replaced_meanwhile() {
	fresh a b
	touch -r a b
	held_at fchmod 'mv b a' --in-place=.bak a
	expect_end held "exit 1" && expect_file a 'text of b\n' && only a
}
gone_meanwhile() {
	fresh a b
	held_at fchmod 'rm a' --in-place a b
	expect_end held "exit 1" && only b && expect_file b 'TEXT OF B\n'
}
# Between the last look at FILE and the link by which the old one is kept.
kept_meanwhile() {
	fresh a b
	cat >swap.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>

		int link(const char *from, const char *to)
		{
			int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "link");

			rename("b", from);
			return real(from, to);
		}
	END
	$CC -shared -fPIC -o swap.so swap.c -ldl || return 1
	echo kept >a.bak
	LD_PRELOAD=$PWD/swap.so run --in-place=.bak a
	expect_outcome 1 '' "upcase-pipe: a: somebody else changed it meanwhile; $stays\n" &&
		expect_file a 'text of b\n' && expect_file a.bak 'kept\n' &&
		only a a.bak swap.c swap.so
}
if ! sanitized; then
	check "what somebody else put there is not kept as the old one" kept_meanwhile
fi
if can_trace && ! sanitized; then
	check "a FILE that grew meanwhile is not replaced" changed_meanwhile
	check "nor one that somebody else replaced meanwhile" replaced_meanwhile
	check "nor one that was removed meanwhile" gone_meanwhile
fi

# --- what is packed, and what is not text --------------------------------------

packed() {
	fresh
	numbered 20000 30 >text
	gzip -c text >a.gz && bgzip -c text >b.gz && bgzip -c text >c
	(gzip -c text && gzip -c text) >two.gz
	upper=$(tr '[:lower:]' '[:upper:]' <text | cksum)
	run --in-place a.gz b.gz c two.gz
	expect_outcome 0 '' '' && only a.gz b.gz c text two.gz &&
		[ "$(gzip -dc a.gz | cksum)" = "$upper" ] &&
		[ "$(gzip -dc <c | cksum)" = "$upper" ] &&
		[ "$(gzip -dc two.gz | cksum)" = "$(cat text text | tr '[:lower:]' '[:upper:]' | cksum)" ] &&
		bgzip -t b.gz && [ "$(bgzip -dc <b.gz | cksum)" = "$upper" ] &&
		for f in a.gz two.gz; do
			# One member, which is not BGZF.
			perl -e 'use IO::Uncompress::Gunzip qw(:all); local $/;
				my ($in, $out) = (scalar <STDIN>);
				gunzip \$in => \$out, MultiStream => 0 or die;
				print $out' <$f | cmp - <(gzip -dc $f) || return 1
		done &&
		[ "$(tail -c 28 c | od -An -tx1 | tr -d ' \n')" = 1f8b08040000000000ff0600424302001b0003000000000000000000 ]
}
if have bgzip; then
	check "gzip stays gzip, as one member, and BGZF stays BGZF" packed
else
	skip "gzip stays gzip, as one member, and BGZF stays BGZF" "no bgzip"
fi
packed_unchanged() {
	fresh
	printf 'NOTHING\n' | gzip >a.gz
	gzip </dev/null >b.gz
	printf '\n' | gzip -9 >c.gz
	cat a.gz b.gz c.gz >before
	run --in-place a.gz b.gz c.gz
	expect_outcome 0 '' '' && cat a.gz b.gz c.gz | same before -
}
check "packed text that would not change is not packed again" packed_unchanged
bytes_of_gzip() {
	fresh
	printf 'abc\n' | gzip -n >a.gz
	tr a-z A-Z <a.gz >want
	run --in-place --no-decompress -m ascii --invalid=keep a.gz
	expect_outcome 0 '' '' && same want a.gz
}
check "--no-decompress: packed bytes are replaced as bytes" bytes_of_gzip
refused_forms() {
	fresh
	printf 'abc\n' >text
	bzip2 -c text >a.bz2
	printf '\377\376a\0b\0' >wide
	cp wide before
	run --in-place a.bz2 wide
	expect_outcome 1 '' "upcase-pipe: a.bz2: bzip2 data; decode it first: bzip2 -dc a.bz2 | upcase-pipe
upcase-pipe: wide: UTF-16 or UTF-32, by its byte order mark, would become UTF-8; $stays (see --encoding)\n" &&
		same before wide || return 1
	run --in-place -E utf-16 wide
	expect_outcome 0 '' '' && expect_file wide 'AB' || return 1
	printf '\377\376C\0D\0' >wide
	run --in-place -E utf-16 wide
	expect_outcome 0 '' '' && expect_file wide 'CD'
}
check "what cannot be written as what it is, is refused" refused_forms
with_library() {
	fresh
	printf 'abc\n' >text
	"$2" -qc text >"a$3" 2>/dev/null || "$2" -c text >"a$3"
	cp "a$3" before
	run --in-place "a$3"
	expect_outcome 1 '' "upcase-pipe: a$3: $1 data cannot be written; $stays\n" &&
		same before "a$3"
}
for form in zstd xz; do
	if "$UPCASE_PIPE" --version | grep "^$form:" | grep -qv 'not'; then
		check "$form data stays as it is" with_library $form $form .$form
	else
		skip "$form data stays as it is" "not built in"
	fi
done
bad_input() {
	fresh b
	numbered 60000 20 >text
	gzip -c text | head -c 100000 >cut.gz
	printf 'abc\377def\n' >bytes
	printf '@r\nacgt\n+\nIIII\n@s\nac\nacgt\n' >reads
	printf 'a,"b\nc\n' >open.csv
	printf 'name\nx\n' >named.csv
	cat cut.gz bytes >before
	run --in-place cut.gz b
	expect_status 1 && expect_stderr_match 'upcase-pipe: cut.gz: unexpected end of gzip data at byte 100000; .*' &&
		expect_file b 'TEXT OF B\n' || return 1
	run --in-place --invalid=fail bytes text
	expect_status 1 && expect_stderr_match 'upcase-pipe: bytes:1:4: invalid UTF-8: 0xFF; .*' &&
		cat cut.gz bytes | same before - && head -n 1 text | grep -q '[A-Z]' || return 1
	run --in-place --fastq reads
	expect_status 1 && expect_file reads '@r\nacgt\n+\nIIII\n@s\nac\nacgt\n' || return 1
	run --in-place --csv open.csv
	expect_status 1 && expect_file open.csv 'a,"b\nc\n' || return 1
	run --in-place --csv --header -f other named.csv
	expect_status 1 && expect_file named.csv 'name\nx\n' &&
		only b before bytes cut.gz named.csv open.csv reads text
}
check "with bad input FILE stays as it is" bad_input
chosen() {
	fresh
	printf '>name\nacgt\n' >a.fa
	run --in-place --fasta a.fa
	expect_outcome 0 '' '' && expect_file a.fa '>name\nACGT\n'
}
check "what is chosen is replaced" chosen

# --- when it ends early ---------------------------------------------------------

own_mounts=(unshare -m)
[ "$(id -u)" -eq 0 ] || own_mounts=(unshare -rm)
mkdir -p ../disk
full_disk() {
	fresh
	numbered 3000 30 >text
	bounded "${own_mounts[@]}" bash -c 'mount -t tmpfs -o size=320k none ../disk &&
		cp text ../disk/a && cp text ../disk/b && cd ../disk &&
		head -c 80000 /dev/zero >fill || exit 99
		for sync in end none; do
			"$UPCASE_PIPE" --in-place=.bak --sync=$sync a b 2>../std/err
			[ $? = 3 ] || exit 98
			grep -qx "upcase-pipe: a: No space left on device; it and what was to follow stay as they were" ../std/err || exit 97
			cmp a ../work/text && cmp b ../work/text &&
			[ "$(ls -A | tr "\n" " ")" = "a b fill " ] || exit 96
			"$UPCASE_PIPE" -o new --atomic --sync=$sync a b 2>../std/err
			[ $? = 3 ] && [ "$(ls -A | tr "\n" " ")" = "a b fill " ] || exit 95
			"$UPCASE_PIPE" --output-dir=. --sync=$sync -z9 a 2>../std/err
			[ $? = 0 ] && rm a.gz || exit 94
		done'
	[ $? = 0 ]
}
if have unshare && "${own_mounts[@]}" mount -t tmpfs none ../disk 2>/dev/null; then
	check "a full disk leaves the old files, and nothing else" full_disk
else
	skip "a full disk leaves the old files, and nothing else" "no tmpfs"
fi

nameless=1
built_with DECL_O_TMPFILE || nameless=0
# What gives a new file its name, and what brings names to the disk.
give_name=linkat sync_names=syncfs n_syncs=1
[ $nameless = 1 ] || give_name=rename
built_with SYNCFS || sync_names=fsync n_syncs=2
# Killed at 300 random moments: of each FILE there is the old one or the new one.
killed() {
	fresh
	perl -e '
		use strict;
		use Time::HiRes qw(time usleep);
		use POSIX ":sys_wait_h";
		my ($program, $runs, $nameless) = @ARGV;
		my (%old, %new, @names);
		for my $i (1 .. 40) {
			my $n = "f$i";
			push @names, $n;
			$old{$n} = join "", map "line $_ of $n\n", 1 .. $i * 20;
			$new{$n} = uc $old{$n};
		}
		sub begin {
			for my $n (@names) {
				open my $f, ">", $n or die;
				print $f $old{$n};
				close $f or die;
			}
			unlink map "$_.bak", @names;
		}
		sub slurp { local $/; open my $f, "<", $_[0] or return; <$f> // "" }
		sub run { my $pid = fork // die;
			if (!$pid) { exec $program, @_, @names or exit 127 }
			return $pid }
		my ($took, $mixed, $olds, $news, $left, $killed) = (0, 0, 0, 0, 0, 0);
		srand 20261127;
		for my $r (0 .. $runs) {
			my @how = ($r % 2 ? "--sync=none" : "--sync=end");
			push @how, "--in-place" . ($r % 3 ? "" : "=.bak");
			begin();
			my $start = time;
			my $pid = run(@how);
			if ($r == 0) { waitpid $pid, 0; $took = time - $start; next }
			usleep(int rand $took * 1.2e6);
			kill KILL => $pid;
			waitpid $pid, 0;
			$killed++ if WIFSIGNALED($?);
			for my $n (@names) {
				my $is = slurp($n) // "";
				if ($is eq $old{$n}) { $olds++ }
				elsif ($is eq $new{$n}) { $news++ }
				else { $mixed++; print "$n is neither (run $r)\n" }
				my $bak = slurp("$n.bak");
				next if !defined $bak || $bak eq $old{$n};
				$mixed++;
				print "$n.bak is not the old one (run $r)\n";
			}
			opendir my $d, "." or die;
			for my $n (grep !/^f\d+(\.bak)?$|^\.\.?$/, readdir $d) {
				$n =~ /^\.f\d+\.upcase-pipe-\d+-\d+$/ or die "left: $n";
				$left++;
				unlink $n;
			}
		}
		print "killed $killed of $runs: $olds old, $news new, $left left over\n";
		die "nothing was met" unless $killed > $runs / 10 && $olds && $news;
		# Without files that have no name there are as many as are held
		# back.
		die "temporary files pile up" if $left > $killed && $nameless;
		exit($mixed > 0);
	' "$UPCASE_PIPE" 300 "$nameless"
}
check "kill -9 at 300 random moments leaves old or new files" killed

# The second FILE is still written to when the signal comes.
unsynced() {
	fresh a
	mkfifo f
	exec 8<>f
	start held --output-dir=out --sync="$1" a f 2>"$err"
	put 'one\ntwo\n' >&8
	wait_until "$deadline" all_read 8
	send INT held
	expect_end held "signal 2" && exec 8>&- && [ "$(ls -A out)" = "$2" ] &&
		expect_file "$err" "upcase-pipe: Interrupt: $3 of 2 FILEs written; the rest was left\n"
}
check "at a signal nothing gets its name that is not on the disk" unsynced end '' 0
check "at a signal those done are done, the one under way is not there" unsynced none a 1
under_way() {
	fresh a b
	held_at $give_name 'kill -INT $pid' --in-place --sync=none a b
	expect_end held "signal 2" && only a b && expect_file a 'TEXT OF A\n' &&
		expect_stderr_match 'upcase-pipe: Interrupt: [12] of 2 FILEs replaced; the rest was left'
}
sync_fails() {
	fresh a b
	traced -e inject=fsync,syncfs:error=EIO -- --in-place a b
	expect_status 3 && only a b && expect_file a 'text of a\n' &&
		expect_file b 'text of b\n' &&
		expect_stderr_match 'upcase-pipe: a: Input/output error \(what was written may not be on the disk\); it and what was to follow stay as they were'
}
# Who is told stays as it was is the first that does.
group_fails() {
	fresh a b c d
	traced -e inject=$give_name:error=ENOSPC:when=3 -- --in-place a b c d
	expect_outcome 3 '' 'upcase-pipe: c: cannot be replaced: No space left on device; it and what was to follow stay as they were\n' &&
		cat a b c d | same <(printf 'TEXT OF %s\n' A B && printf 'text of %s\n' c d) - &&
		only a b c d
}
name_fails() {
	fresh a b
	# What was written comes first: all at once, or file by file.
	traced -e inject=$sync_names:error=EIO:when=$((n_syncs + 1)) -- --in-place a b
	expect_outcome 3 '' 'upcase-pipe: b: Input/output error (names may not be on the disk)\n' &&
		expect_file a 'TEXT OF A\n' && expect_file b 'TEXT OF B\n' || return 1
	traced -e inject=$sync_names:error=EIO:when=$n_syncs -- --atomic -o all a
	expect_outcome 3 '' 'upcase-pipe: all: Input/output error (names may not be on the disk)\n' &&
		expect_file all 'TEXT OF A\n'
}
synced_first() {
	fresh a b
	traced -e trace=fsync,syncfs,linkat,rename,openat,read -- --in-place a b
	expect_status 0 && perl -ne '
		$synced++ if /(fsync|syncfs)\(\d+\) *= 0/;
		die "renamed before it was synced" if /rename\(/ && !$synced;
		$renamed = $synced if /rename\(/;
		END { die "the name is not synced" unless $synced > $renamed }' \
		"$tmp/std/trace" || return 1
	traced -e trace=fsync,syncfs,fdatasync -- --in-place --sync=none a b
	! grep -E 'sync' "$tmp/std/trace"
}
rename_fails() {
	fresh a b
	traced -e inject=rename:error=EACCES:when=1 -- --in-place --sync=none a b
	expect_outcome 1 '' 'upcase-pipe: a: cannot be replaced: Permission denied; it stays as it is\n' &&
		only a b && expect_file a 'text of a\n' && expect_file b 'TEXT OF B\n'
}
named_temporary() {
	fresh a b
	traced -e trace=openat,linkat,access -e inject=access:error=ENOENT -- \
		--in-place a b
	expect_outcome 0 '' '' && only a b && expect_file a 'TEXT OF A\n' &&
		grep -q 'upcase-pipe-[0-9]*-0", O_WRONLY|O_CREAT|O_EXCL' "$tmp/std/trace" &&
		! grep -q O_TMPFILE "$tmp/std/trace" || return 1
	traced -e inject=access:error=ENOENT -- --output-dir=out a b
	expect_outcome 0 '' '' && only a b out out/a out/b
}
many_open() {
	local f
	fresh
	for f in {1..60}; do echo text >"f$f"; done
	(ulimit -n 24 && run --in-place f*; expect_outcome 0 '' '') &&
		[ "$(cat f* | sort -u)" = TEXT ]
}
check "more FILEs than can be open at once" many_open
# Else who reads could not open the next one.
few_open() {
	local f
	fresh
	for f in {1..60}; do echo text >"f$f"; done
	(ulimit -n 40 && traced -e trace=syncfs,fsync -- --in-place f*; expect_outcome 0 '' '') &&
		[ "$(grep -c sync "$tmp/std/trace")" -gt 6 ]
}
if can_trace && ! sanitized; then
	check "at a signal those done are done" under_way
	check "a sync that fails leaves everything as it was" sync_fails
	check "a group of which one cannot be renamed is told by that" group_fails
	check "names that cannot be synced are told, and what is done is not denied" name_fails
	check "what is renamed was synced before, and its name is behind" synced_first
	check "a rename that fails is told, the others are done" rename_fails
	check "without O_TMPFILE or /proc there is a temporary name" named_temporary
	check "few files are held back where few can be open" few_open
fi

# --- a file for each, elsewhere --------------------------------------------------

to_folder() {
	fresh a
	mkdir -p sub/deep && printf 'x' >sub/deep/b && printf 'z\n' | gzip >sub/c.gz
	printf 'a..b\n' >a..b && : >empty
	run --output-dir=out/here a ./sub//deep/b sub/c.gz a..b empty "$PWD/a"
	expect_outcome 0 '' '' && expect_file out/here/a 'TEXT OF A\n' &&
		expect_file out/here/sub/deep/b X && expect_file out/here/sub/c 'Z\n' &&
		expect_file out/here/a..b 'A..B\n' && size_is out/here/empty 0 &&
		expect_file "out/here/$PWD/a" 'TEXT OF A\n' &&
		expect_file a 'text of a\n'
}
check "--output-dir: a file for each, by its path, folders made as needed" to_folder
folder_packed() {
	fresh a
	printf 'z\n' | gzip >c.gz && cp c.gz .gz
	run --output-dir=out -z a c.gz .gz
	expect_outcome 0 '' '' && only .gz a c.gz out out/.gz.gz out/a.gz out/c.gz &&
		[ "$(gzip -dc out/c.gz out/a.gz out/.gz.gz)" = $'Z\nTEXT OF A\nZ' ] || return 1
	rm -r out
	run --output-dir=out --no-decompress --bgzf c.gz
	expect_outcome 0 '' '' && only .gz a c.gz out out/c.gz.gz
}
check "--output-dir: endings are dropped and put on" folder_packed
there_already() {
	fresh a b
	mkdir out && echo old >out/a
	run --output-dir=out a b
	expect_outcome 1 '' "upcase-pipe: a: its output out/a is there already, and is left as it is (see --force)\n" &&
		expect_file out/a 'old\n' && expect_file out/b 'TEXT OF B\n' || return 1
	run --output-dir=out --force a b
	expect_outcome 0 '' '' && expect_file out/a 'TEXT OF A\n'
}
check "--output-dir: what is there stays, unless --force" there_already
appears_meanwhile() {
	fresh a
	held_at writev 'echo other >out/a' --output-dir=out --sync=none a
	expect_end held "exit 1" && expect_file out/a 'other\n' && only a out out/a &&
		expect_file "$err" 'upcase-pipe: out/a: cannot be made: File exists\n'
}
if can_trace && ! sanitized; then
	check "--output-dir: nor does it go over what appears meanwhile" appears_meanwhile
fi
one_name() {
	fresh a a.gz
	run --output-dir=out a ./a
	expect_usage_error 'out/a: would be the output of both a and ./a; nothing was done' || return 1
	run --output-dir=out a a.gz
	expect_usage_error 'would be the output of both' && only a a.gz || return 1
	mkdir out && ln -s ../a out/a
	run --output-dir=out --force a
	expect_usage_error 'out/a: would be an output, but is an input; nothing was done' || return 1
	run --output-dir=. a
	expect_usage_error './a: would be an output, but is an input; nothing was done' &&
		expect_file a 'text of a\n' || return 1
	run --output-dir=out sub/../a
	expect_usage_error "sub/../a: leads through '..'" &&
		run --output-dir=out . && expect_usage_error 'no name of a file'
}
check "--output-dir: one name for two, or an input: nothing is done" one_name
one_place_for_two() {
	fresh
	mkdir -p x/new y/new out/y && ln -s y out/x
	printf 'x\n' | tee x/f >x/new/f
	printf 'y\n' | tee y/f >y/new/f
	run --output-dir=out --force x/f y/f
	expect_usage_error 'out/y/f: would be the output of both x/f and y/f; nothing was done' || return 1
	run --output-dir=out x/new/f y/new/f
	expect_usage_error 'out/y/new/f: would be the output of both' && [ -z "$(ls out/y)" ] || return 1
	fresh a b
	mkdir out && echo old >out/b && ln -s b out/a
	run --output-dir=out --force a b
	expect_usage_error 'would be the output of both' && expect_file out/b 'old\n' || return 1
	ln -f out/b out/a
	run --output-dir=out --force a b
	expect_outcome 0 '' '' && expect_file out/a 'TEXT OF A\n' && expect_file out/b 'TEXT OF B\n'
}
check "--output-dir: nor one name for two by way of links" one_place_for_two
dots_only() {
	fresh
	mkdir d && echo x | gzip | tee d/..gz >d/...gz
	run --output-dir=out d/..gz d/...gz
	expect_outcome 0 '' '' && expect_file out/d/..gz 'X\n' && expect_file out/d/...gz 'X\n'
}
check "--output-dir: an ending that leaves only dots is none" dots_only
folder_bad() {
	fresh a
	printf 'abcdefgh\n' | gzip | head -c 25 >cut.gz
	run --output-dir=out a cut.gz nowhere
	expect_status 1 && only a cut.gz out out/a || return 1
	: >file
	run --output-dir=file/x a
	expect_outcome 1 '' 'upcase-pipe: a: its output file/x/a cannot be made: Not a directory\n'
}
check "--output-dir: complete or not there" folder_bad
folder_modes() {
	fresh a
	(umask 027 && run --output-dir=out a; expect_status 0) &&
		[ "$(stat -c %a out/a)" = 640 ] && [ "$(stat -c %a out)" = 750 ]
}
check "--output-dir: modes as the umask has them" folder_modes

# --- one file for all --------------------------------------------------------------

atomic() {
	fresh a b
	echo old >all
	chmod 600 all
	local before
	before=$(inode all)
	run -o all --atomic a b
	expect_outcome 0 '' '' && expect_file all 'TEXT OF A\nTEXT OF B\n' &&
		[ "$(stat -c %a all)" = 600 ] && [ "$(inode all)" != "$before" ] || return 1
	given 'from input'
	run -o all --atomic
	expect_outcome 0 '' '' && expect_file all 'FROM INPUT\n' && only a all b
}
check "--atomic: replaced as a whole, and not appended to" atomic
atomic_packed() {
	fresh a
	numbered 60000 20 >text
	run -o all.gz --atomic a text
	expect_outcome 0 '' '' && [ "$(gzip -dc all.gz | cksum)" = "$(cat a text | tr '[:lower:]' '[:upper:]' | cksum)" ] &&
		python3 -c 'import sys, zlib
d = zlib.decompressobj(31)
d.decompress(open("all.gz", "rb").read())
assert d.eof and not d.unused_data' || return 1
	given ''
	run -o all.gz --atomic
	expect_outcome 0 '' '' && gzip -t all.gz && [ "$(gzip -dc all.gz)" = '' ]
}
if have python3; then
	check "--atomic: gzip is one member" atomic_packed
else
	skip "--atomic: gzip is one member" "no python3"
fi
atomic_bad() {
	fresh a
	echo old >all
	run -o all --atomic a nowhere
	expect_outcome 1 '' 'upcase-pipe: nowhere: No such file or directory
upcase-pipe: all: not replaced, since not all of the input was good\n' &&
		expect_file all 'old\n' && only a all
}
check "--atomic: with bad input FILE is not replaced" atomic_bad
atomic_self() {
	fresh a
	run -o a --atomic a a
	expect_outcome 0 '' '' && expect_file a 'TEXT OF A\nTEXT OF A\n'
}
check "--atomic: an input may be the output" atomic_self
atomic_stopped() {
	fresh
	echo old >all
	fed -o all --atomic
	put 'one\ntwo\n' >&7
	wait_until "$deadline" all_read 7
	send TERM fed
	expect_end fed "signal 15" && expect_file all 'old\n' && rm feed && only all &&
		expect_file "$err" 'upcase-pipe: all: not replaced, since Terminated\n'
}
check "--atomic: a signal stops at once, and FILE is not replaced" atomic_stopped
atomic_pair() {
	fresh
	echo old >all
	fed -o all --atomic
	put 'slow\n' >&7
	wait_until "$deadline" all_read 7
	given 'quick\n'
	run -o all --atomic
	expect_outcome 0 '' '' && expect_file all 'QUICK\n' || return 1
	exec 7>&-
	expect_end fed "exit 0" && expect_file all 'SLOW\n'
}
check "--atomic: two attempts at one share, the last one counts" atomic_pair
atomic_link() {
	fresh
	mkdir d && echo old >d/real && ln -s d/real all
	given 'x\n'
	run -o all --atomic
	expect_outcome 0 '' '' && [ -L all ] && expect_file d/real 'X\n'
}
check "--atomic: a symbolic link is followed" atomic_link
atomic_dangling() {
	fresh
	mkdir d e && ln -s d/two one && ln -s three d/two && ln -s "$PWD/e/real" d/three
	given 'x\n'
	run -o one --atomic
	expect_outcome 0 '' '' && expect_file e/real 'X\n' && [ -L d/three ] &&
		only d d/three d/two e e/real one || return 1
	ln -s loop loop
	run -o loop --atomic
	expect_outcome 3 '' 'upcase-pipe: loop: no file can be made beside it: Too many levels of symbolic links\n'
}
check "--atomic: so is one that leads to no file yet" atomic_dangling
# Without O_TMPFILE others could open it, and be there when it is written.
atomic_secret() {
	fresh a
	echo old >all && chmod 600 all
	traced -e trace=openat,access -e inject=access:error=ENOENT -- \
		-o all --atomic a
	expect_outcome 0 '' '' && grep -q 'upcase-pipe-[0-9-]*", .*O_EXCL.*, 0600)' "$tmp/std/trace"
}
if can_trace && ! sanitized; then
	check "--atomic: a FILE for its owner only is so from the beginning" atomic_secret
fi
no_regular() {
	fresh
	mkfifo f && ln -s f l
	for f in f l /dev/null .; do
		run -o $f --atomic
		expect_usage_error 'not a regular file, so --atomic cannot replace it' || return 1
	done
	run -o - --atomic
	expect_usage_error '--atomic wants a FILE to replace: see --output'
}
check "--atomic: what is there has to be a regular file" no_regular

# --- the list ------------------------------------------------------------------------

listed() {
	fresh a 'b b' $'c\nc'
	mkdir d && cp a d/
	find . -type f -print0 >"$in"
	run --in-place --files0-from=-
	expect_outcome 0 '' '' && ! grep -rq text . && expect_file 'b b' 'TEXT OF B B\n' || return 1
	printf 'a\0d/a' >list
	run --files0-from=list
	expect_outcome 0 'TEXT OF A\nTEXT OF A\n' '' || return 1
	: >list
	run --in-place --files0-from=list
	expect_outcome 0 '' '' || return 1
	run --files0-from list -z
	expect_status 0 && gzip -t <"$out"
}
check "--files0-from: FILEs from a list" listed
bad_list() {
	fresh a
	printf 'a\0\0a\0' >list
	run --files0-from=list
	expect_usage_error 'list:2: a file name of no length' || return 1
	given 'a\0-\0'
	run --files0-from=-
	expect_usage_error 'standard input:2: standard input holds the list, so it is no FILE' || return 1
	run --files0-from=nowhere
	expect_usage_error 'nowhere: the list of FILEs cannot be read: No such file' || return 1
	run --files0-from=list a
	expect_usage_error '--files0-from does not go with FILEs beside the list' || return 1
	printf 'a\0-\0' >list
	run --in-place --files0-from=list
	expect_usage_error '--in-place wants FILEs with names, not standard input'
}
check "--files0-from: what is no list is told" bad_list

# --- what goes together ---------------------------------------------------------------

# pair ONE OTHER [ARG...]: both are named.
pair() {
	fresh a
	run "$1" "$2" "${@:3}"
	expect_usage_error "${1%%=*} does not go with ${2%%=*}" && expect_file a 'text of a\n'
}
for other in --output=b --output-dir=d --gzip --bgzf --no-gzip --atomic --repair \
	--on-full=wait --interactive --unbuffered; do
	check "--in-place does not go with $other" pair --in-place "$other" a
done
for other in --output=b --repair --on-full=wait --interactive --unbuffered --atomic; do
	check "--output-dir does not go with $other" pair --output-dir=d "$other" a
done
for other in --repair --on-full=wait; do
	check "--atomic does not go with $other" pair --atomic "$other" -o b a
done
alone() {
	fresh a
	run --in-place
	expect_usage_error '--in-place wants FILEs with names, not standard input' || return 1
	run --output-dir=d -
	expect_usage_error '--output-dir wants FILEs with names, not standard input' || return 1
	run --atomic a
	expect_usage_error '--atomic wants a FILE to replace: see --output' || return 1
	run --force a
	expect_usage_error '--force wants --in-place or --output-dir' || return 1
	run --in-place= a
	expect_usage_error "no suffix for --in-place: '' (it goes behind the name, such as .bak)" || return 1
	run --in-place=/x a
	expect_usage_error 'no suffix for --in-place' || return 1
	run --output-dir= a
	expect_usage_error 'missing folder name for --output-dir'
}
check "what they want is told" alone
habits() {
	fresh a
	run -i.bak a
	expect_usage_error "invalid option -- '.' (to replace FILEs: --in-place=SUFFIX)" || return 1
	run -i a
	expect_usage_error '(to replace these: --in-place)' || return 1
	run -9 a
	expect_usage_error "invalid option -- '9' (a level is said as in -z9)" &&
		expect_file a 'text of a\n'
}
check "the habits of sed and gzip are told what it is called here" habits
no_reopen() {
	fresh a
	held_at fchmod 'kill -USR2 $pid' --in-place a
	expect_end held "exit 0" && expect_file a 'TEXT OF A\n' && expect_file "$err" ''
}
if can_trace && ! sanitized; then
	check "SIGUSR2 does nothing" no_reopen
fi

finish
