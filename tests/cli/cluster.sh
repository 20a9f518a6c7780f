#!/bin/bash
# cluster.sh - samples/cluster, as far as no server is needed: shares that are
# killed, made again and put together, what is published without them, GNU parallel
# on this machine, and the commands of engines that are not here. With servers:
# tests/cluster/.
#
# shellcheck disable=SC2317,SC2015,SC2016,SC2086 # checks are called by name; `A && B ||
# { report; }` is meant as it is; of shells that are given it; lists of words
. "$(dirname "$0")/lib.sh" || exit 1
. "$here/samples.sh" || exit 1
. "$here/shares.sh" || exit 1

# share I [N]: with the program that may be killed; sets status.
share() {
	PATH=$PWD/faulty:$PATH bounded sh tools/share.sh "$1" "${2:-4}" parts \
		"${arguments[@]}" >"$out" 2>"$err"
	status=$?
}
merge() {
	bounded sh tools/merge.sh 4 parts "$1" >"$out" 2>"$err"
	status=$?
}
make_all() {
	local i
	rm -rf parts
	mkdir parts
	for i in 1 2 3 4; do
		share "$i"
		expect_outcome 0 '' '' || return 1
	done
}
# fresh: such as make_all made.
fresh() { rm -rf parts && cp -r made parts; }

# --- what is published without shares ------------------------------------------------

# A producer that is killed when half of its work is written.
half='head -c 300000 big.txt; kill -KILL $$'
half_published() {
	rm -f p.tmp p.gz
	sh -c "sh -c '$half' | upcase-pipe -q -z >p.tmp && mv p.tmp p.gz"
	[ $? -eq 0 ] && gzip -t p.gz && head -c 300000 big.txt | upcase-pipe -q >half &&
		gzip -dc p.gz | same half - && upcase-pipe -q big.txt | cmp -s - half
	[ $? -eq 1 ]
}
check "the danger: a killed producer publishes half a file, valid, with status 0" \
	half_published
twice() {
	rm -f twice
	# The engine saw the first one end by a signal, after it had written.
	upcase-pipe --split=2/4 -q -o twice "${arguments[@]}"
	upcase-pipe --split=2/4 -q -o twice "${arguments[@]}"
	upcase-pipe --split=2/4 -q "${arguments[@]}" >once
	cat once once | cmp -s - twice
}
check "the danger: a share that is made again without --atomic is there twice" twice

# --- shares and merge ----------------------------------------------------------------

plain() {
	make_all && cp -r parts made && merge plain && expect_outcome 0 '' '' && is_whole plain &&
		[ -z "$(ls -A parts | grep -v '^[1-4]\.')" ]
}
check "four shares and their merge are one run, and cat *.json is the manifest" plain
again() {
	cp parts/2.share before
	share 2 && same before parts/2.share && merge plain && is_whole plain
}
check "a share that is made again, alone, is the same" again
at_once() {
	local i running=()
	rm -f parts/3.*
	for i in 1 2 3 4 5 6; do
		sh tools/share.sh 3 4 parts "${arguments[@]}" 2>/dev/null &
		running+=($!)
	done
	wait "${running[@]}" && merge plain && is_whole plain
}
check "attempts of one share at once do no harm" at_once

# refused REASON: nothing is published, what was there stays.
refused() {
	echo old >there
	merge there
	expect_status 1 && expect_file there 'old\n' && [ ! -e there.json ] &&
		grep -Fq -e "$1" "$err" && [ -z "$(ls there.* 2>/dev/null)" ] && return 0
	cat "$err"
	return 1
}
killed() {
	fresh && rm parts/2.* && plan 2 1 && share 2
	expect_status 137 && was_killed 2 1 && [ ! -e parts/2.share ] &&
		refused 'share 2 of 4 is not there' || return 1
	share 2
	expect_status 0 && merge whole && expect_status 0 && is_whole whole
}
after_whole() {
	fresh && plan 2 1 && share 2
	expect_status 137 && was_killed 2 1 && merge whole && is_whole whole
}
if can_trace; then
	check "a share that is killed in the middle is not there, and there when made again" \
		killed
	check "one that was whole before stays so" after_whole
else
	skip "a share that is killed in the middle is not there" "no strace that can trace"
fi
plan 0 0

damaged() {
	fresh && rm parts/3.json && refused 'share 3 of 4 is not there' || return 1
	fresh && truncate -s -1 parts/3.share && refused '3.share: ' || return 1
	fresh && share 2 5 && refused 'share 2: it is of another job' || return 1
	fresh && cp parts/1.json parts/2.json && refused 'share 2: it is of another job' ||
		return 1
	fresh && : >parts/4.json && refused 'the manifest has 3 lines' || return 1
	fresh && head -c 100 parts/2.json >cut && mv cut parts/2.json && refused 'share 2:' ||
		return 1
	# As many bytes as before, together.
	fresh && truncate -s -1 parts/3.share && echo >>parts/2.share &&
		refused '3.share: ' || return 1
	fresh && sed -i 's/"status":0/"status":1/' parts/1.json && refused 'share 1: it was not made'
}
check "merge.sh publishes nothing where a share is missing, torn or of another job" damaged
unseen() {
	fresh && mv more.txt elsewhere && share 2
	expect_status 1 && expect_stderr_line "upcase-pipe: $PWD/more.txt: No such file or directory" ||
		return 1
	: >more.txt
	share 2
	mv elsewhere more.txt
	refused "share 2: its input had another size"
}
check "nor where a machine did not see all of the input" unseen
grown() {
	fresh && cp more.txt elsewhere && echo more >>more.txt && share 3
	mv elsewhere more.txt
	refused "share 3: its input had another size"
}
check "nor where the input has changed" grown

# With CDPATH cd prints where it went, and goes elsewhere.
elsewhere() {
	fresh && mkdir -p other/parts || return 1
	CDPATH=$PWD/other:$PWD merge plain
	expect_outcome 0 '' '' && is_whole plain
}
check "merge.sh: CDPATH does not lead it elsewhere" elsewhere
no_file() {
	fresh && mkdir -p folder || return 1
	merge folder
	expect_status 2 && [ -z "$(ls -A folder; ls -d folder.*)" ] || return 1
	mkfifo pipe
	merge pipe
	expect_status 2 && [ -p pipe ]
}
check "merge.sh: where OUT is a folder or no file, nothing is put into its place" no_file
# FOLDER and OUT as odd as FILE.
odd_names() {
	local odd=$'a b\n\'{}"share":9,%' i
	rm -rf "$odd" && mkdir "$odd" && cp big.txt "$odd/in $odd" || return 1
	for i in 1 2 3; do
		sh tools/share.sh $i 3 "$odd" --sync=none "$odd/in $odd" || return 1
	done
	sh tools/merge.sh 3 "$odd" "$odd/out" && upcase-pipe -q big.txt | same - "$odd/out" &&
		[ "$(wc -l <"$odd/out.json")" -eq 3 ]
}
check "names with blanks, newlines and quotes are names" odd_names

# On a disk that is full the share just fits, and its figures do not.
no_figures() {
	rm -rf parts && mkdir parts
	PATH=$PWD/mute:$PATH sh tools/share.sh 1 4 parts "${arguments[@]}" 2>"$err"
	[ $? -eq 3 ] && [ ! -e parts/1.json ] && grep -q 'no figures' "$err" || return 1
	sh tools/share.sh 01 4 parts "${arguments[@]}" 2>/dev/null
	[ $? -eq 2 ] && [ ! -e parts/01.share ]
}
mkdir mute
cat >mute/upcase-pipe <<END
#!/bin/sh
exec $PWD/bin/upcase-pipe "\$@" 2>/dev/null
END
chmod +x mute/upcase-pipe
check "a share whose line of the manifest found no room is to be made again" no_figures

# Attempts on several machines may have the same host name and process number: pods
# of a Kubernetes index have. Each is held until all have begun.
same_names() {
	local i
	rm -rf parts && mkdir parts || return 1
	plan 0 0
	for i in 1 2; do
		PATH=$PWD/gate:$PATH unshare -r -p -f --mount-proc \
			sh tools/share.sh 3 4 parts "${arguments[@]}" 2>/dev/null &
	done
	wait_until "$deadline" eval '[ "$(ls gate/*.here 2>/dev/null | wc -l)" -eq 2 ]' || return 1
	[ "$(find parts -name '.3.*' -type d | wc -l)" -eq 2 ]
	i=$?
	: >gate/open
	wait
	[ $i -eq 0 ] && [ -s parts/3.json ]
}
mkdir gate
cat >gate/upcase-pipe <<END
#!/bin/sh
: >\$(mktemp $PWD/gate/XXXXXX.here)
until [ -e $PWD/gate/open ]; do sleep 0.1; done
exec $PWD/bin/upcase-pipe "\$@"
END
chmod +x gate/upcase-pipe
if unshare -r -p -f --mount-proc true 2>/dev/null; then
	check "attempts that are process 1 of hosts of one name do not meet" same_names
else
	skip "attempts that are process 1 of hosts of one name do not meet" "no namespaces"
fi

statuses() {
	rm -rf parts && mkdir parts
	sh tools/share.sh 4 4 parts "$PWD/missing" 2>"$err"
	status=$?
	expect_status 1 && expect_stderr_line "upcase-pipe: $PWD/missing: No such file or directory" &&
		[ -s parts/4.failed ] && [ ! -e parts/4.share ] && [ ! -e parts/4.json ] || return 1
	sh tools/share.sh -k 4 4 parts "$PWD/missing" 2>/dev/null || return 1
	sh tools/share.sh -k 4 4 parts --nothing 2>/dev/null || return 1
	sh tools/share.sh 4 4 parts --nothing 2>/dev/null
	[ $? -eq 2 ] || return 1
	merge plain
	expect_status 1 && expect_stderr_match '    upcase-pipe: .*--nothing.*' || return 1
	sh tools/share.sh -k 4 4 nowhere big.txt 2>/dev/null
	[ $? -eq 3 ] || return 1
	(ulimit -f 16 && exec sh tools/share.sh -k 1 4 parts "${arguments[@]}") 2>/dev/null
	[ $? -eq 3 ] && [ ! -e parts/1.share ] && [ ! -e parts/1.json ] || return 1
	sh tools/share.sh 1 4 parts "${arguments[@]}" 2>/dev/null && [ -s parts/1.json ] &&
		[ ! -e parts/1.failed ]
}
check "share.sh: the statuses after which to try again, and with -k those alone" statuses
# SIGTERM to the shell alone, as the first process of a container gets it.
terminated() {
	rm -rf parts && mkdir parts
	PATH=$PWD/held:$PATH start_command share '' sh tools/share.sh 1 4 parts "${arguments[@]}" \
		2>/dev/null
	wait_until "$deadline" test -s held/pid && send TERM share &&
		expect_end share 'exit 143' && nobody_left && [ -z "$(ls -A parts)" ]
}
mkdir held
cat >held/upcase-pipe <<END
#!/bin/sh
# Reads what never comes.
echo \$\$ >$PWD/held/pid
exec 3<>$PWD/held/fifo
exec $PWD/bin/upcase-pipe <&3
END
chmod +x held/upcase-pipe
mkfifo held/fifo
check "share.sh: a signal to the shell ends the program, too" terminated

# The program itself, with shares: what was read by then is a part, and is not there.
in_the_middle() {
	rm -rf parts && mkdir parts
	PATH=$PWD/late:$PATH start_command share '' sh tools/share.sh 1 1 parts "${arguments[@]}" \
		2>/dev/null
	wait_until "$deadline" grep -qs writev late/seen && send TERM share &&
		expect_end share 'exit 143' && [ -z "$(ls -A parts)" ] && nobody_left &&
		wait_until "$deadline" grep -q 'killed by SIGTERM' late/seen
}
mkdir late
cat >late/upcase-pipe <<END
#!/bin/sh
exec strace -D -f -qq -o $PWD/late/seen -e trace=writev \
	-e inject=writev:delay_exit=300000 $PWD/bin/upcase-pipe "\$@"
END
chmod +x late/upcase-pipe
if can_trace; then
	check "share.sh: SIGTERM in the middle publishes nothing" in_the_middle
else
	skip "share.sh: SIGTERM in the middle publishes nothing" "no strace that can trace"
fi

# --- GNU parallel ----------------------------------------------------------------

# It keeps what it knows there.
export PARALLEL_HOME=$PWD/parallel
mkdir parallel
with_parallel() {
	ours parallel.sh "$@"
	PATH=$PWD/faulty:$PATH bounded sh our-parallel.sh >"$out" 2>"$err"
	status=$?
}
parallel_plain() {
	plan 0 0
	with_parallel local && expect_status 0 && is_whole local &&
		[ "$(wc -l <local.shares/joblog)" -eq 5 ]
}
parallel_killed() {
	plan 2 1
	with_parallel killed && expect_status 0 && was_killed 2 1 && were_attempts 2 2 &&
		is_whole killed
}
parallel_bad() {
	plan 0 0
	with_parallel bad "${bad_reads[@]}"
	expect_status 1 && were_attempts 4 1 && is_not_there bad
}
part_killed='if mkdir dies 2>/dev/null; then head -c 1000; kill -KILL $$; fi
	exec upcase-pipe -q'
pipepart() {
	rm -f dies
	printf '%s\n' "$part_killed" >part.sh
	upcase-pipe -q -l tr big.txt >want
	parallel --pipepart -a big.txt --block 64k -k upcase-pipe -q -l tr >got && same want got &&
		[ "$(wc -c <big.txt)" -gt 400000 ]
}
pipepart_killed() {
	parallel --pipepart -a big.txt --block 64k -k sh part.sh >got 2>/dev/null
	[ $? -ne 0 ]
}
# In this version a part that is made again gets nothing.
pipepart_loses() {
	rm -rf dies
	parallel --retries 3 --pipepart -a big.txt --block 64k -k sh part.sh >got 2>/dev/null &&
		[ "$(wc -c <got)" -lt "$(wc -c <want)" ]
}
if have parallel; then
	check "GNU parallel: shares on this machine" parallel_plain
	can_trace && check "GNU parallel: a share that is killed is made again" parallel_killed
	check "GNU parallel: one that is bad for good is not, and nothing is merged" parallel_bad
	check "GNU parallel: --pipepart makes what one run makes" pipepart
	check "GNU parallel: --pipepart tells that a part was killed" pipepart_killed
	[[ $(parallel --version) != 'GNU parallel 20221122'* ]] ||
		check "the danger: --pipepart with --retries loses a part, with status 0" pipepart_loses
else
	skip "GNU parallel: shares on this machine" "no parallel"
fi

# --- engines that are not here -------------------------------------------------------

# The words of a mapper, with lines on standard input, as Hadoop starts it.
hadoop() {
	local mapper
	mapper=$(sed -n "s/^\t-mapper '\.\/\(.*\)' .*/\1/p" tools/hadoop.sh)
	[ -n "$mapper" ] && sh -n tools/hadoop.sh && $mapper <big.txt >got &&
		upcase-pipe -q <big.txt | same - got
}
check "Hadoop: the mapper, by hand, is the filter" hadoop

# A module of that name which does what pipe is said to do: a process for each
# part, with this environment alone and the elements as lines.
mkdir stub
cat >stub/pyspark.py <<'END'
import shlex
import subprocess


class SparkContext:
    def __init__(self, appName):
        pass

    def parallelize(self, c, numSlices):
        self.parts = [[x] for x in c]
        assert len(self.parts) == numSlices
        return self

    def pipe(self, command, env=None, checkCode=False):
        self.command, self.env, self.check = command, env or {}, checkCode
        return self

    def collect(self):
        for part in self.parts:
            subprocess.run(shlex.split(self.command), env=self.env, check=self.check,
                           input="".join(f"{x}\n" for x in part).encode())
END
spark() {
	local words
	words=$(printf '"%s", ' "${arguments[@]}")
	sed -e "s|^OUT = .*|OUT = \"$PWD/spark\"|" -e "s|^TOOLS = .*|TOOLS = \"$PWD/tools\"|" \
		-e "s|^WORK = .*|WORK = [$words]|" tools/spark.py >our-spark.py
	PYTHONPATH=$PWD/stub PYTHONDONTWRITEBYTECODE=1 python3 our-spark.py && is_whole spark
}
if have python3; then
	check "Spark: the command of each task, by hand" spark
else
	skip "Spark: the command of each task, by hand" "no python3"
fi

# The commands of both jobs, one after the other, with its folders for ours.
cat >pods.py <<'END'
import os, subprocess, sys, yaml
here = os.getcwd()
share, merge = yaml.safe_load_all(open("tools/kubernetes.yaml"))
for job in share, merge:
    assert job["kind"] == "Job" and job["apiVersion"] == "batch/v1"
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    # What podFailurePolicy asks for, and that it names this container.
    assert pod["restartPolicy"] == "Never"
    (rule,) = [r for r in job["spec"]["podFailurePolicy"]["rules"] if "onExitCodes" in r]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert rule["onExitCodes"]["values"] == [1, 2] and rule["action"] == "FailJob"
assert merge["spec"]["suspend"] is True

def run(job, **env):
    (container,) = job["spec"]["template"]["spec"]["containers"]
    words = [w.replace("/tools/", here + "/tools/").replace("/shared/", here + "/shared/")
             for w in container["command"]]
    subprocess.run(words, env={**os.environ, **env}, check=True)

for index in range(share["spec"]["completions"]):
    run(share, JOB_COMPLETION_INDEX=str(index))
run(merge)
END
kubernetes() {
	rm -rf shared
	mkdir -p shared/upper.txt.shares
	cp big.txt more.txt shared/
	PYTHONDONTWRITEBYTECODE=1 python3 pods.py 2>/dev/null || return 1
	upcase-pipe -q -o all --mapping=full shared/big.txt shared/more.txt
	same all shared/upper.txt && is_manifest shared/upper.txt.json "$(wc -c <all)"
}
if python3 -c 'import yaml' 2>/dev/null; then
	check "Kubernetes: the commands of both jobs, by hand" kubernetes
else
	skip "Kubernetes: the commands of both jobs, by hand" "no yaml for python3 (Debian: python3-yaml)"
fi

check "no process is left over" nobody_left
finish
