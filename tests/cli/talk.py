"""talk.py - a client that waits for an answer before it says more

    talk.py [--times=N] [SAY ANSWER]... -- COMMAND [ARG]...

Runs COMMAND with one end of a socketpair as standard input and output, as a
server program does, says each SAY and waits for exactly its ANSWER (Python's
escapes for bytes, as in "a\\xc3"), which must come before anything else is said;
nothing more may come before COMMAND sleeps again. Then shuts its side down and
expects nothing more. N times, each with a new process.
"""

import array
import fcntl
import glob
import os
import select
import socket
import subprocess
import sys
import termios
import time


def as_bytes(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def answer(client, length):
    got = b""
    while len(got) < length:
        more = client.recv(length - len(got))
        if not more:
            break
        got += more
    return got


def is_quiet(client, pid):
    """All was taken, and every thread sleeps."""
    unread = array.array("i", [0])
    fcntl.ioctl(client, termios.TIOCOUTQ, unread)
    if unread[0] > 0:
        return False
    for name in glob.glob(f"/proc/{pid}/task/*/stat"):
        with open(name) as stat:
            if stat.read().rpartition(") ")[2][0] != "S":
                return False
    return True


def too_much(client, pid):
    """What came though nobody asked, once the program sleeps."""
    end = time.monotonic() + client.gettimeout()
    while not is_quiet(client, pid) and time.monotonic() < end:
        time.sleep(0.0005)
    ready, _, _ = select.select([client], [], [], 0)
    return client.recv(100) if ready else b""


def talk(turns, command):
    client, server = socket.socketpair()
    client.settimeout(float(os.environ.get("UPCASE_PIPE_DEADLINE", "30")))
    with client, subprocess.Popen(command, stdin=server, stdout=server) as child:
        server.close()
        for say, want in turns:
            client.sendall(say)
            try:
                got = answer(client, len(want))
            except socket.timeout:
                child.kill()
                return f"said {say!r}: no answer, {want!r} was waited for"
            if got != want:
                child.kill()
                return f"said {say!r}: the answer is {got!r}, not {want!r}"
            more = too_much(client, child.pid)
            if more:
                child.kill()
                return f"said {say!r}: behind {want!r} came {more!r}"
        client.shutdown(socket.SHUT_WR)
        rest = answer(client, 1)
        if rest:
            child.kill()
            return f"at the end: {rest!r}"
    return "" if child.returncode == 0 else f"status {child.returncode}"


def main():
    args = sys.argv[1:]
    times = 1
    if args[0].startswith("--times="):
        times = int(args.pop(0)[len("--times="):])
    cut = args.index("--")
    words = [as_bytes(word) for word in args[:cut]]
    turns = list(zip(words[::2], words[1::2]))
    for i in range(times):
        wrong = talk(turns, args[cut + 1:])
        if wrong:
            sys.exit(f"time {i + 1}: {wrong}")


main()
