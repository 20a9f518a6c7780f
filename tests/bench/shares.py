#!/usr/bin/env python3
"""How samples/cluster grows: one work in 1, 2, 4 ... 64 shares, and their merge, as
the tables of samples/cluster/README.md.

What two processors can do is measured by the clock. The time of a share is that of
the processor, the least of some rounds, so that what else runs counts little; all
is in memory, so that is all there is. What as many machines as shares would take is
computed from it: the longest share, then the merge. Environment: UPCASE_PIPE is
the program.
"""
import argparse
import glob
import os
import random
import shutil
import sys
import tempfile
import time

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
tools = os.path.join(top, "samples", "cluster")
counts = [1, 2, 4, 8, 16, 32, 64]
processors = [0, 1]


def begin(processor, command):
    """Has it run on one processor; the process."""
    pid = os.fork()
    if pid == 0:
        try:
            os.sched_setaffinity(0, {processor})
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    return pid


def ended():
    """Waits for one: the process, and the seconds of the processor that it took."""
    pid, status, usage = os.wait4(-1, 0)
    if status:
        sys.exit("shares.py: a share failed")
    return pid, usage.ru_utime + usage.ru_stime


def alone(command):
    begin(processors[0], command)
    return ended()[1]


def two(commands):
    """Seconds by the clock, with two of them at any time."""
    free, on = list(processors), {}
    began = time.monotonic()
    for command in commands:
        if not free:
            free.append(on.pop(ended()[0]))
        processor = free.pop()
        on[begin(processor, command)] = processor
    while on:
        on.pop(ended()[0])
    return time.monotonic() - began


def make_text(name, size):
    parts = []
    for path in sorted(glob.glob(os.path.join(top, "samples", "*.txt"))):
        if "mixed" not in path:
            with open(path, "rb") as file:
                parts.append(file.read())
    text = b"".join(parts)
    with open(name, "wb") as file:
        for _ in range(-(-size // len(text))):
            file.write(text)


def make_genome(name, size):
    """Soft-masked: runs of some hundred bases in either case."""
    chance = random.Random(1)
    bases, lower = [], False
    made = 0
    while made < size:
        run = chance.choices("acgt" if lower else "ACGT", k=chance.randint(100, 600))
        bases += run
        made += len(run)
        lower = not lower
    text = "".join(bases)
    with open(name, "w") as file:
        file.write(">chr1\n")
        for at in range(0, len(text), 60):
            file.write(text[at:at + 60] + "\n")


def measure(title, folder, options, file, rounds):
    parts, out = os.path.join(folder, "parts"), os.path.join(folder, "out")
    empty = os.path.join(folder, "empty")
    open(empty, "w").close()

    def share(i, n, name=file):
        return ["sh", tools + "/share.sh", str(i), str(n), parts, *options, name]

    start, shares, merges, clock = [], {}, {}, {}
    for turn in range(rounds):
        print(f"{title}: round {turn + 1} of {rounds}", file=sys.stderr)
        for n in counts:
            shutil.rmtree(parts, ignore_errors=True)
            os.mkdir(parts)
            start.append(alone(share(1, 1, empty)))
            for i in range(1, n + 1):
                shares.setdefault((n, i), []).append(alone(share(i, n)))
            merges.setdefault(n, []).append(
                alone(["sh", tools + "/merge.sh", str(n), parts, out]))
            clock.setdefault(n, []).append(two([share(i, n) for i in range(1, n + 1)]))

    read, written = os.path.getsize(file), os.path.getsize(out)
    one = min(shares[1, 1])
    print(f"{title}, {read / 1e6:.0f} MB to {written / 1e6:.0f} MB; start-up of a "
          f"share: {min(start):.3f} s\n")
    print("| shares | two processors, by the clock | the longest share | all shares "
          "| merge | as many machines | of one run | start-up and merge in it "
          "| asked of the file system |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for n in counts:
        each = [min(shares[n, i]) for i in range(1, n + 1)]
        # One share is the result as it is.
        merge = min(merges[n]) if n > 1 else 0
        total = max(each) + merge
        print(f"| {n} | {min(clock[n]):.2f} s | {max(each):.3f} s | {sum(each):.2f} s "
              f"| {merge:.3f} s | {total:.3f} s | 1/{one / total:.1f} "
              f"| {100 * (min(start) + merge) / total:.0f} % "
              f"| {(read + written) / 1e6 / max(each):.0f} MB/s |")
    print(flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--text", type=int, default=256, help="MB of text (256)")
    parser.add_argument("--genome", type=int, default=32, help="MB of FASTA (32)")
    parser.add_argument("--rounds", type=int, default=5,
                        help="the least of how many counts (5)")
    parser.add_argument("--folder", default="/dev/shm",
                        help="where all is (/dev/shm: no disk counts)")
    asked = parser.parse_args()
    program = os.path.abspath(os.environ.get("UPCASE_PIPE", "upcase-pipe"))
    with tempfile.TemporaryDirectory(prefix="upcase-pipe-shares.", dir=asked.folder) as folder:
        os.mkdir(folder + "/bin")
        os.symlink(program, folder + "/bin/upcase-pipe")
        os.environ["PATH"] = folder + "/bin:" + os.environ["PATH"]
        file = os.path.join(folder, "genome.fa")
        make_genome(file, asked.genome * 1000000)
        measure("FASTA to BGZF", folder, ["--fasta", "--bgzf", "-j1"], file, asked.rounds)
        os.unlink(file)
        file = os.path.join(folder, "text")
        make_text(file, asked.text * 1000000)
        measure("Text", folder, ["-j1"], file, asked.rounds)


main()
