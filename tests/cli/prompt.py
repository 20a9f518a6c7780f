#!/usr/bin/env python3
"""Somebody at a prompt: the program at a terminal, key by key.

usage: prompt.py CHECK...

Each CHECK is the name of a function of this file, below. Says what is wrong,
with status 1. Needs UPCASE_PIPE; works in the current directory, where HOME is,
too. A terminal is a pseudo-terminal whose other side is held here. Nothing is
timed: what is waited for is seen, in what the program writes, in its files or
in the terminal; UPCASE_PIPE_DEADLINE is for what never comes.
"""

import array
import errno
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time

PROGRAM = os.environ["UPCASE_PIPE"]
DEADLINE = float(os.environ.get("UPCASE_PIPE_DEADLINE", "30"))
EDITED, PLAIN = "xterm", "dumb"
PROMPT = b">>: "


class Bad(Exception):
    pass


def want(condition, why):
    if not condition:
        raise Bad(why)


def until(condition, why):
    end = time.monotonic() + DEADLINE
    while not condition():
        want(time.monotonic() < end, "in vain: " + why)
        time.sleep(0.005)


def content(name):
    try:
        with open(name, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def remove(*names):
    for name in names:
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass


class Terminal:
    """A terminal, and the program, or another one, in it."""

    all = []

    def __init__(self, *args, term=EDITED, command=None, keep=True, **env):
        self.master, self.slave = os.openpty()
        self.size(24, 80)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.at = 0
        self.status = None
        where = dict(os.environ, TERM=term, HOME=os.getcwd(), **env)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in 0, 1, 2:
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            argv = command or [PROGRAM, *args]
            os.execvpe(argv[0], argv, where)
        self.all.append(self)
        if not keep:  # what hangs up when the master is closed
            os.close(self.slave)
            self.slave = None

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    array.array("H", [rows, columns, 0, 0]))

    def read(self, timeout):
        """What the terminal shows by now."""
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            more = os.read(self.master, 65536)
        except OSError as e:
            want(e.errno == errno.EIO, str(e))
            more = b""
        self.seen += more
        return bool(more)

    def wait(self, text):
        """Until text is shown; returns what is before it."""
        end = time.monotonic() + DEADLINE
        while self.seen.find(text, self.at) < 0:
            self.read(0.05)
            want(time.monotonic() < end, "no %r in %r" % (
                text, self.seen[self.at:][-2000:]))
        found = self.seen.find(text, self.at)
        before = self.seen[self.at:found]
        self.at = found + len(text)
        return before

    def until(self, condition, why):
        """As until, while what is shown is taken."""
        end = time.monotonic() + DEADLINE
        while not condition():
            self.read(0.005)
            want(time.monotonic() < end, "in vain: %s; seen: %r" % (
                why, self.seen[-2000:]))

    def keys(self, keys):
        while keys:
            n = os.write(self.master, keys[:1000])
            keys = keys[n:]
            self.read(0)

    def kill(self, sig):
        os.kill(self.pid, sig)

    def is_over(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def end(self, how=0):
        """Until the program has ended: by status, or by -signal."""
        self.until(self.is_over, "an end")
        while self.read(0):
            pass
        got = os.waitstatus_to_exitcode(self.status)
        want(got == how, "ended with %d, not %d; seen: %r" % (
            got, how, self.seen[-500:]))
        return self

    def is_as_before(self):
        now = termios.tcgetattr(self.slave)
        want(now == self.before,
             "the terminal was %r, is %r" % (self.before, now))

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def waiting(self):
        """Bytes that were typed and not read."""
        n = array.array("i", [0])
        fcntl.ioctl(self.slave, termios.FIONREAD, n)
        return n[0]

    def is_stopped(self, pid=None):
        with open("/proc/%d/stat" % (pid or self.pid)) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "T"

    def drop(self):
        """Ends it, whatever it does."""
        if not self.is_over():
            self.kill(signal.SIGKILL)
            until(self.is_over, "a death")


class Lock:
    """Somebody else appends to FILE: so the program's writer waits."""

    def __init__(self, name):
        self.file = open(name, "ab")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def release(self):
        self.file.close()


def session(*args, out="out", **more):
    remove(out)
    t = Terminal("-q", "-o", out, *args, **more)
    t.wait(PROMPT)
    return t


def typed(keys, text, **more):
    """What somebody types comes to text."""
    t = session(**more)
    t.keys(keys)
    t.until(lambda: content("out").endswith(b"\n"), "a line of %r" % keys)
    got = content("out")
    want(got == text + b"\n", "%r came to %r, not %r" % (keys, got, text))
    t.keys(b"\x04")
    t.end()
    t.is_as_before()


LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"


# ---- Keys

def edited():
    t = session()
    want(t.is_raw(), "raw with " + EDITED)
    t.keys(b"\x04")
    t.end()
    t.is_as_before()


def keys_move():
    for keys, text in (
            (b"ab" + LEFT + b"x\r", b"AXB"),
            (b"ab\x1bODx\r", b"AXB"),
            (b"ab" + LEFT + LEFT + RIGHT + b"x\r", b"AXB"),
            (b"ab\x02x\r", b"AXB"),
            (b"bc\x1b[Ha\r", b"ABC"),
            (b"bc\x1bOHa\r", b"ABC"),
            (b"bc\x1b[1~a\r", b"ABC"),
            (b"bc\x01a\r", b"ABC"),
            (b"ac\x1b[H\x1b[Fd\r", b"ACD"),
            (b"ac\x1b[H\x1b[4~d\r", b"ACD"),
            (b"ac\x1b[H\x05d\r", b"ACD"),
            (b"one two\x1b[1;5Dx\r", b"ONE XTWO"),
            (b"one two\x1bbx\r", b"ONE XTWO"),
            (b"one two\x1b[H\x1b[1;5Cx\r", b"ONEX TWO"),
            (b"one two\x1b[H\x1bfx\r", b"ONEX TWO")):
        typed(keys, text)


def keys_delete():
    for keys, text in (
            (b"abx\x7fc\r", b"ABC"),
            (b"abx\x08c\r", b"ABC"),
            (b"axb" + LEFT + LEFT + b"\x1b[3~\r", b"AB"),
            (b"axb" + LEFT + LEFT + b"\x04\r", b"AB"),
            (b"one two\x17three\r", b"ONE THREE"),
            (b"one two\x1b[H\x1bd\r", b"TWO"),
            (b"one two" + LEFT * 4 + b"\x0b\r", b"ONE"),
            (b"x\x15one\r", b"ONE"),
            (b"one" + LEFT + b"\x0b\x01\x19\r", b"EON"),
            (b"ab\x14\r", b"BA")):
        typed(keys, text)


def keys_insert():
    typed(b"a\tb\r", b"A\tB")
    typed(b"a\x16\x01b\r", b"A\x01B")
    typed(b"a\n", b"A")


def characters():
    for locale in "C", "POSIX", "C.UTF-8", "de_DE.ISO-8859-1", "none":
        typed("gr\u00fc\u00dfe\x7f\r".encode(), "GR\u00dcSS".encode(),
              LC_ALL=locale)
        typed("\u4e2d\u6587".encode() + LEFT + b"a\r",
              "\u4e2dA\u6587".encode(), LC_ALL=locale)
        typed("a\U0001f600b".encode() + LEFT + b"\x7f\r", b"AB",
              LC_ALL=locale)
        typed("\u03b1\u0301\x7f\x7fx\r".encode(), b"X", LC_ALL=locale)


def bytes_come_through():
    for text in (b"a\xffz", b"\xe2\x82", b"x\xc3", b"\xed\xa0\x80a",
                 b"\xf4\x90\x80\x80", b"a\xc2\x80b", b"a\xc2\xadb",
                 b"\xf0\x9f\x98 z", b"\x80"):
        typed(text + b"\r", text.replace(b"a", b"A").replace(
            b"b", b"B").replace(b"x", b"X").replace(b"z", b"Z"))
    typed(b"a\xffb" + LEFT + b"\x7f\r", b"AB")


def every_byte():
    """Each that is no key, in one line."""
    text = bytes(i for i in range(256) if i >= 0x80) + b"z"
    typed(text + b"\r", text[:-1] + b"Z")


def end_of_input():
    t = session()
    t.keys(b"abc" + b"\x04" + b"\r")
    t.wait(PROMPT)
    want(content("out") == b"ABC\n", "a line")
    t.keys(b"\x04")
    t.end()
    t.is_as_before()


def typed_ahead_for_others():
    """What is behind the end is the shell's."""
    t = Terminal(command=["bash", "--norc", "--noprofile", "+H", "-i"],
                 PS1="ready$ ", PROMPT_COMMAND="")
    t.wait(b"ready$ ")
    t.keys(b"'%s' -q\r" % PROGRAM.encode())
    t.wait(PROMPT)
    t.keys(b"\x04echo for me:$((6*7))\r")
    t.wait(b"for me:42")
    t.keys(b"exit\r")
    t.end()


# ---- History

def history():
    t = session()
    for keys, text in ((b"one\r", b"ONE"), (b"two\r", b"TWO"),
                       (UP + b"\r", b"TWO"), (UP + UP + b"\r", b"ONE"),
                       (UP + UP + UP + DOWN + b"!\r", b"TWO!"),
                       (b"\x10\r", b"TWO!"),
                       (b"\x12ne\r", b"ONE"),
                       (b"\x12tw\x12\x1b?\r", b"?TWO"),
                       (b"beg" + UP + DOWN + b"un\r", b"BEGUN")):
        before = content("out")
        t.keys(keys)
        t.until(lambda: len(content("out")) > len(before), "a line")
        got = content("out")[len(before):]
        want(got == text + b"\n",
             "%r came to %r, not %r" % (keys, got, text))
    t.keys(b"\x04")
    t.end()


def history_is_kept():
    remove("past")
    old = os.umask(0)
    t = session("--history=past")
    os.umask(old)
    t.keys(b"one\r")
    t.wait(PROMPT)
    want(content("past") == b"one\n", "written as lines come: %r" %
         content("past"))
    want(os.stat("past").st_mode & 0o777 == 0o600, "0600")
    t.keys(b" \r\r" + b"t\xc3\xa4\xff\r" + UP + b"\r")
    t.until(lambda: content("out").count(b"\n") == 3, "three lines")
    t.kill(signal.SIGTERM)
    t.end(-signal.SIGTERM)
    want(content("past") == b"one\nt\xc3\xa4\xff\n", repr(content("past")))
    t = session("--history", "past")
    t.keys(UP + b"\r" + UP + UP + b"\r\x04")
    t.end()
    want(content("out") == b"T\xc3\x84\xff\nONE\n", repr(content("out")))
    want(content("past") == b"one\nt\xc3\xa4\xff\none\n",
         repr(content("past")))


def history_mode():
    with open("wide-open", "wb") as f:
        f.write(b"old\n")
    os.chmod("wide-open", 0o644)
    t = session("--history=wide-open")
    t.keys(b"\x04")
    t.end()
    want(os.stat("wide-open").st_mode & 0o777 == 0o600, "0600")


def history_is_trimmed():
    with open("past", "wb") as f:
        f.write(b"".join(b"line %d\n" % i for i in range(1500)))
    t = session("--history=past")
    want(content("past") == b"".join(
        b"line %d\n" % i for i in range(500, 1500)), "the last 1,000")
    t.keys(UP + b"\r")
    t.until(lambda: content("out"), "a line")
    want(content("out") == b"LINE 1499\n", repr(content("out")))
    t.keys(UP * 1010 + b"\r\x04")
    t.end()
    want(content("out").endswith(b"\nLINE 500\n"), repr(content("out")))


def history_refused(name, why, kept=None):
    t = Terminal("-q", "-o", "out", "--history=" + name)
    t.wait(b"upcase-pipe: %s: %s; what is typed is not kept there\r\n" % (
        name.encode(), why))
    t.wait(PROMPT)
    t.keys(b"one\r" + UP + b"\r\x04")
    t.end()
    want(content("out").endswith(b"ONE\nONE\n"), "it works without")
    if kept is not None:
        want(content(kept) == b"kept\n", kept)


def history_that_cannot_be():
    remove("link", "fifo", "target", "out")
    with open("target", "wb") as f:
        f.write(b"kept\n")
    os.symlink("target", "link")
    os.mkfifo("fifo")
    history_refused("link", b"is a symbolic link, which is not followed",
                    "target")
    history_refused("fifo", b"is no regular file")
    history_refused("none/past", b"No such file or directory")
    want(not os.path.exists("none"), "none")


def history_of_two():
    """Nothing is lost, and no line is torn."""
    remove("past", "out2")
    a = session("--history=past")
    b = Terminal("-q", "-o", "out2", "--history=past")
    b.wait(PROMPT)
    lines = [b"%s%d" % (who, i) for i in range(300) for who in (b"a", b"b")]
    for i in range(300):
        a.keys(b"a%d\r" % i)
        b.keys(b"b%d\r" % i)
    for t in a, b:
        t.keys(b"\x04")
        t.end()
    got = content("past").splitlines()
    want(sorted(got) == sorted(lines), "%d lines" % len(got))
    for who in b"a", b"b":
        want([x for x in got if x.startswith(who)] ==
             [x for x in lines if x.startswith(who)], "in order")


def history_locked():
    """Who holds the lock for ever is not waited for."""
    remove("past")
    t = session("--history=past")
    lock = Lock("past")
    t.keys(b"one\r")
    t.wait(b"upcase-pipe: past: is locked by somebody else; "
           b"what is typed is not kept there\r\n")
    t.keys(b"two\r\x04")
    t.end()
    lock.release()
    want(content("out") == b"ONE\nTWO\n", "both lines")


def history_without_editing():
    remove("past")
    t = Terminal("-q", "--history=past", term=PLAIN)
    t.wait(b"upcase-pipe: past: lines are not edited here; "
           b"what is typed is not kept there\r\n")
    t.wait(PROMPT)
    t.keys(b"a\r\x04")
    t.end()
    want(not os.path.exists("past"), "past")


# ---- The user's settings

def editrc(text):
    with open(".editrc", "w") as f:
        f.write(text)


def user_settings():
    try:
        editrc("bind ^X ed-move-to-beg\n")
        typed(b"bc\x18a\r", b"ABC")
        editrc("upcase-pipe:bind ^I ed-move-to-beg\n")
        typed(b"bc\ta\r", b"ABC")
        editrc("bind -v\n")
        typed(b"bc\x1b0ia\r", b"ABC")
        editrc("edit off\n")
        t = session()
        want(not t.is_raw(), "the terminal edits")
        t.keys(b"a\r\x04")
        t.end()
    finally:
        remove(".editrc")


def prompts():
    t = Terminal("-q", "--prompt=\x1b[1mnow> \x1b[0m")
    t.wait(b"\x1b[1mnow>\x1b[0m ")
    t.keys(b"a\r")
    t.wait(b"A\r\n")
    t.wait(b"now>")
    t.keys(b"\x04")
    t.end()
    t = Terminal("-q", "--prompt=\u00fc\u4e2d: ")
    t.wait("\u00fc\u4e2d: ".encode())
    t.keys(b"\x04")
    t.end()
    t = Terminal("-q", "-o", "out", "--prompt=")
    t.until(t.is_raw, "editing")
    t.keys(b"a\r\x04")
    t.end()


# ---- Much at once

def long_line():
    remove("out")
    t = session()
    line = b"".join(b"%d " % i for i in range(5000))[:19999] + b"x"
    t.keys(line + b"\r")
    t.until(lambda: content("out").endswith(b"\n"), "a line")
    want(content("out") == line.upper() + b"\n", "whole")
    t.keys(UP + b"\x01y\x05z\r")
    t.until(lambda: content("out").count(b"\n") == 2, "two lines")
    want(content("out").endswith(b"\nY" + line.upper() + b"Z\n"), "again")
    t.keys(b"\x04")
    t.end()


def pasted(term):
    t = session(term=term)
    lines = b"".join(b"line %d of many\r" % i for i in range(10000))
    t.keys(lines)
    want_out = lines.upper().replace(b"\r", b"\n")
    t.until(lambda: len(content("out")) >= len(want_out), "all")
    t.keys(b"\x04")
    t.end()
    want(content("out") == want_out, "10,000 lines")
    t.is_as_before()


def pasted_edited():
    pasted(EDITED)


def pasted_plain():
    pasted(PLAIN)


def few_prompts(term):
    """All of them are there before the first is done."""
    t = session(term=term)
    lock = Lock("out")
    t.keys(b"first\r")
    t.wait(b"first\r\n")
    t.until(lambda: t.waiting() == 0, "the first line is read")
    t.keys(b"a\r" * 2000)
    t.until(lambda: t.waiting() >= 3900, "they wait")
    t.at = len(t.seen)
    lock.release()
    t.until(lambda: content("out").count(b"\n") == 2001, "all")
    t.wait(PROMPT)
    t.keys(b"\x04")
    t.end()
    shown = t.seen.count(PROMPT)
    want(shown == 2, "%d prompts" % shown)


def few_prompts_edited():
    few_prompts(EDITED)


def few_prompts_plain():
    few_prompts(PLAIN)


def cut_lines():
    """A terminal without editing takes 4,095 bytes and the newline."""
    t = Terminal("-q", "-o", "out", term=PLAIN)
    t.wait(PROMPT)
    for n, told in (4094, False), (4095, True), (4999, True):
        remove("out")
        t.keys(b"x" * n + b"\r")
        before = t.wait(PROMPT)
        want((b"upcase-pipe: standard input: the terminal may have cut this "
              b"line: it takes no more than 4095 bytes\r\n" in before) ==
             told, "%d: %r" % (n, before[-200:]))
    t.keys(b"\x04")
    t.end()


# ---- Signals

def begun(sig, text, term=EDITED):
    t = session(term=term)
    t.keys(b"whole\r")
    t.wait(PROMPT)
    t.keys(b"begun")
    t.wait(b"begun")
    t.until(lambda: t.waiting() == 0, "it is read")
    if sig is None:
        t.keys(b"\x03")
        sig = signal.SIGINT
    else:
        t.kill(sig)
    t.end(-sig)
    want(content("out") == text, repr(content("out")))
    t.is_as_before()


def interrupted_line():
    begun(None, b"WHOLE\n")
    begun(signal.SIGINT, b"WHOLE\n")


def terminated_line():
    begun(signal.SIGTERM, b"WHOLE\nBEGUN\n")
    begun(signal.SIGHUP, b"WHOLE\nBEGUN\n")


def plain_line_at_signals():
    for sig in None, signal.SIGINT:
        t = session(term=PLAIN)
        t.keys(b"whole\r")
        t.wait(PROMPT)
        t.keys(b"begun")
        t.wait(b"begun")
        t.keys(b"\x03") if sig is None else t.kill(sig)
        t.end(-signal.SIGINT)
        want(content("out") == b"WHOLE\n", repr(content("out")))
        t.is_as_before()


def hung_up():
    t = session(keep=False)
    t.keys(b"whole\r")
    t.wait(PROMPT)
    t.keys(b"begun")
    t.wait(b"begun")
    os.close(t.master)
    until(t.is_over, "an end")
    want(os.WIFSIGNALED(t.status) and
         os.WTERMSIG(t.status) == signal.SIGHUP, "by SIGHUP")
    want(content("out") == b"WHOLE\nBEGUN\n", repr(content("out")))


def searched_line():
    """While history is searched, it is what the search has found."""
    t = session()
    t.keys(b"whole\r")
    t.wait(PROMPT)
    t.keys(b"\x12who")
    t.wait(b"who")
    t.until(lambda: t.waiting() == 0, "it is read")
    t.kill(signal.SIGTERM)
    t.end(-signal.SIGTERM)
    want(content("out") == b"WHOLE\nWHOLE\n", repr(content("out")))
    t.is_as_before()


def in_our_buffer(sig, rest):
    """Pasted lines that were read, while the first of them is written."""
    t = session()
    t.kill(signal.SIGSTOP)
    until(t.is_stopped, "a stop")
    lock = Lock("out")
    t.keys(b"pasted\r" * 100 + b"begun")
    t.until(lambda: t.waiting() == 705, "it waits")
    t.kill(signal.SIGCONT)
    t.until(lambda: t.waiting() == 0, "it is read")
    if sig == signal.SIGINT:
        t.keys(b"\x03")
    else:
        t.kill(sig)
    lock.release()
    t.end(-sig)
    want(content("out") == b"PASTED\n" * 100 + rest, repr(content("out")))
    t.is_as_before()


def pasted_and_hung_up():
    """The terminal is gone, but what was read of it is not."""
    t = session()
    t.kill(signal.SIGSTOP)
    until(t.is_stopped, "a stop")
    lock = Lock("out")
    t.keys(b"pasted\r" * 100 + b"begun")
    t.until(lambda: t.waiting() == 705, "it waits")
    t.kill(signal.SIGCONT)
    t.until(lambda: t.waiting() == 0, "it is read")
    os.close(t.slave)
    os.close(t.master)
    lock.release()
    until(t.is_over, "an end")
    want(os.WIFSIGNALED(t.status) and
         os.WTERMSIG(t.status) == signal.SIGHUP, "by SIGHUP")
    want(content("out") == b"PASTED\n" * 100 + b"BEGUN\n",
         repr(content("out")))


def pasted_and_interrupted():
    in_our_buffer(signal.SIGINT, b"")


def pasted_and_terminated():
    in_our_buffer(signal.SIGTERM, b"BEGUN\n")


def in_the_terminal():
    """Lines that nobody has read yet, when the program is told to end."""
    for sig, text in ((signal.SIGTERM, b"ONE\nTWO\nTHR\n"),
                      (signal.SIGINT, b"ONE\nTWO\n")):
        t = session()
        t.kill(signal.SIGSTOP)
        until(t.is_stopped, "a stop")
        t.keys(b"one\rtwo\rthr")
        t.until(lambda: t.waiting() == 11, "it waits")
        t.kill(sig)
        t.kill(signal.SIGCONT)
        t.end(-sig)
        want(content("out") == text, repr(content("out")))
        t.is_as_before()


def second_signal():
    for args, kills in ((), 2), (("--shutdown-timeout=0.1",), 1):
        t = session(*args)
        lock = Lock("out")
        t.keys(b"stuck\r")
        t.wait(b"stuck\r\n")
        t.keys(b"x\r" * 100 + b"y")
        t.kill(signal.SIGTERM)
        while kills > 1 and not t.is_over():
            t.kill(signal.SIGTERM)
            t.read(0.05)
        t.until(t.is_over, "an end")
        lock.release()
        t.is_as_before()
        want(content("out") == b"", "nothing was written")


def stuck_reader():
    """It hangs in the file of the history, and main gives the terminal back."""
    remove("past")
    t = Terminal(command=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock",
        "-e", "inject=flock:delay_enter=%d:when=2+" % (DEADLINE * 1000000),
        PROGRAM, "-q", "--history=past"])
    t.wait(PROMPT)
    t.keys(b"a\r")
    t.wait(b"A\r\n")
    child = int(subprocess.run(["pgrep", "-P", str(t.pid)], check=True,
                               stdout=subprocess.PIPE).stdout.split()[0])
    t.until(lambda: os.path.exists("past"), "a history")
    want(t.is_raw(), "lines are edited")
    end = time.monotonic() + DEADLINE / 2
    while os.path.exists("/proc/%d" % child) and t.is_raw():
        os.kill(child, signal.SIGTERM)
        t.read(0.05)
        want(time.monotonic() < end, "it is still raw")
    t.is_as_before()


def quit_key():
    for key in b"\x1c", None:
        t = session()
        t.keys(b"begun")
        t.wait(b"begun")
        t.keys(key) if key else t.kill(signal.SIGQUIT)
        t.end(-signal.SIGQUIT)
        t.is_as_before()


def output_fails():
    t = Terminal("-q", "-o", "/dev/full")
    t.wait(PROMPT)
    t.keys(b"a\r")
    t.end(3)
    t.is_as_before()


def settings_come_back():
    """Also unusual ones."""
    t = Terminal(command=["sh", "-c",
                          "stty -icrnl -onlcr -echo -echoctl noflsh "
                          "erase ^H kill ^A susp ^A; stty -a >before; "
                          "'%s' -q -o out; stty -a >after" % PROGRAM])
    t.wait(PROMPT)
    t.keys(b"abx\x08c\r\x04")
    t.end()
    want(content("out") == b"ABC\n", repr(content("out")))
    want(content("before") == content("after"), "stty -a")


def stopped_screen():
    """Control-S: nothing is shown, but it ends, and is as before."""
    t = session()
    t.keys(b"one\r")
    t.wait(PROMPT)
    t.kill(signal.SIGSTOP)
    until(t.is_stopped, "a stop")
    t.keys(b"\x13begun")
    t.until(lambda: t.waiting() == 5, "it waits")
    t.kill(signal.SIGTERM)
    t.kill(signal.SIGCONT)
    t.end(-signal.SIGTERM)
    want(content("out") == b"ONE\nBEGUN\n", repr(content("out")))
    t.is_as_before()


# ---- A screen that others use, too

def message(term):
    t = Terminal("-o", "out", term=term)
    t.wait(PROMPT)
    t.keys(b"beg")
    t.wait(b"beg")
    t.until(lambda: term == PLAIN or t.waiting() == 0, "it is read")
    t.kill(signal.SIGUSR1)
    want(t.wait(b"upcase-pipe: ").endswith(b"\r\n"), "a line of its own")
    t.wait(b"\r\n")
    t.wait(PROMPT)
    if term == EDITED:
        t.wait(b"beg")
    t.keys(b"un\r\x04")
    t.end()
    want(content("out").endswith(b"BEGUN\n"), repr(content("out")))


def message_edited():
    message(EDITED)


def message_plain():
    message(PLAIN)


def redirected_messages():
    """They are no matter of the prompt."""
    remove("err")
    t = Terminal(command=["sh", "-c", "exec '%s' -q 2>err" % PROGRAM])
    t.wait(PROMPT)
    t.kill(signal.SIGUSR1)
    t.until(lambda: content("err").endswith(b"\n"), "a message")
    want(content("err").startswith(b"upcase-pipe: "), repr(content("err")))
    t.keys(b"a\r")
    want(PROMPT not in t.wait(b"A\r\n"), "one prompt so far")
    t.wait(PROMPT)
    t.keys(b"\x04")
    t.end()


def resized():
    t = session()
    t.keys(b"abc")
    t.wait(b"abc")
    t.size(10, 40)
    t.wait(PROMPT + b"abc")
    t.size(30, 7)
    t.wait(PROMPT)
    t.keys(b"\x01x\r\x04")
    t.end()
    want(content("out") == b"XABC\n", repr(content("out")))


def shell(term=EDITED):
    t = Terminal(command=["bash", "--norc", "--noprofile", "+H", "-i"],
                 term=term, PS1="ready$ ", PROMPT_COMMAND="")
    t.wait(b"ready$ ")
    t.keys(b"stty sane tostop erase ^H\r")
    t.wait(b"ready$ ")
    return t


def told(t, word):
    """Until the shell, which does so before a prompt, tells of that; and asks
    for the next command."""
    end = time.monotonic() + DEADLINE
    while word not in t.wait(b"ready$ "):
        t.keys(b"\r")
        want(time.monotonic() < end, "it is not " + word.decode())


def told_stopped(t):
    told(t, b"Stopped")


def leave_shell(t):
    t.wait(b"ready$ ")
    t.keys(b"exit\r")
    t.end()


def suspended(term):
    remove("out", "before", "stopped", "after")
    t = shell(term)
    t.keys(b"stty -a >before; '%s' -q -o out; stty -a >after\r" %
           PROGRAM.encode())
    t.wait(PROMPT)
    t.keys(b"beg")
    t.wait(b"beg")
    t.keys(b"\x1a")
    told_stopped(t)
    t.keys(b"stty -a >stopped\r")
    t.wait(b"ready$ ")
    want(content("stopped") == content("before"), "as before while stopped")
    t.keys(b"fg\r")
    t.wait(b"-o out")
    t.wait(PROMPT)
    if term == EDITED:
        t.wait(b"beg")
    t.keys(b"un\r")
    t.wait(PROMPT)
    want(content("out") == (b"BEGUN\n" if term == EDITED else b"UN\n"),
         repr(content("out")))
    t.keys(b"\x1a")
    told_stopped(t)
    t.keys(b"bg\r")
    told_stopped(t)
    t.keys(b"fg\r")
    t.wait(b"-o out")
    t.wait(PROMPT)
    t.keys(b"more\r\x04")
    leave_shell(t)
    want(content("out").endswith(b"\nMORE\n"), repr(content("out")))


def suspended_edited():
    suspended(EDITED)


def suspended_plain():
    suspended(PLAIN)


def continued(term):
    """Stopped by what no program sees."""
    t = session(term=term)
    t.keys(b"beg")
    t.wait(b"beg")
    t.until(lambda: term == PLAIN or t.waiting() == 0, "it is read")
    t.kill(signal.SIGSTOP)
    until(t.is_stopped, "a stop")
    t.kill(signal.SIGCONT)
    t.wait(PROMPT)
    t.keys(b"un\r\x04")
    t.end()
    want(content("out") == b"BEGUN\n", repr(content("out")))
    t.is_as_before()


def continued_edited():
    continued(EDITED)


def continued_plain():
    continued(PLAIN)


def background(term):
    t = shell(term)
    t.keys(b"'%s' -q -o out &\r" % PROGRAM.encode())
    told_stopped(t)
    want(PROMPT not in t.seen, "a prompt over the shell's")
    t.keys(b"fg\r")
    t.wait(PROMPT)
    t.keys(b"a\r")
    t.wait(PROMPT)
    t.keys(b"\x04")
    leave_shell(t)


def killed_in_background(term):
    """Though it would be stopped again when continued."""
    t = shell(term)
    t.keys(b"'%s' -q -o out &\r" % PROGRAM.encode())
    told_stopped(t)
    t.keys(b"kill %1\r")
    told(t, b"Terminated")
    t.keys(b"'%s' -q -o out\r" % PROGRAM.encode())
    t.wait(PROMPT)
    t.keys(b"begun")
    t.wait(b"begun")
    t.keys(b"\x1a")
    told_stopped(t)
    t.keys(b"kill %1\r")
    told(t, b"Terminated")
    t.keys(b"exit\r")
    t.end()
    want(content("out") == (b"BEGUN\n" if term == EDITED else b""),
         repr(content("out")))


def killed_in_background_edited():
    remove("out")
    killed_in_background(EDITED)


def killed_in_background_plain():
    remove("out")
    killed_in_background(PLAIN)


def without_job_control():
    """Nobody would continue it: it ends, as who reads there does."""
    for term in EDITED, PLAIN:
        t = Terminal(term=term, command=["sh", "-c", "python3 -c '"
                     "import os, sys\n"
                     "here = os.getpid()\n"
                     "if os.fork(): sys.exit()\n"
                     "os.setpgid(0, 0)\n"
                     "while os.getppid() == here: pass\n"
                     "os.execv(sys.argv[1], sys.argv[1:])' "
                     "'%s' -q -o out; cat" % PROGRAM])
        # It finds out when there is something to be read.
        end = time.monotonic() + DEADLINE
        while b"standard input: Input/output error\r\n" not in t.seen:
            t.keys(b"x\r")
            t.read(0.05)
            want(time.monotonic() < end, "it does not end")
        want(PROMPT not in t.seen, "no prompt")
        t.keys(b"\x04")
        t.end()


def background_edited():
    background(EDITED)


def background_plain():
    background(PLAIN)


# ---- Without line editing

def plain():
    """The terminal does it: it is never raw."""
    for term in PLAIN, "", "emacs", "no-such-terminal":
        t = session(term=term)
        want(not t.is_raw(), "not raw with " + term)
        t.keys(b"abx\x7fc\r")
        t.wait(PROMPT)
        want(content("out") == b"ABC\n", repr(content("out")))
        t.keys(b"\x04")
        t.end()
        t.is_as_before()


def missing():
    """LD_PRELOAD hides the library."""
    t = session(LD_PRELOAD=os.environ["HIDES_LIBEDIT"])
    want(not t.is_raw(), "not raw")
    t.keys(b"abx\x7fc\r\x04")
    t.end()
    want(content("out") == b"ABC\n", repr(content("out")))
    t.is_as_before()


def main(names):
    for name in names:
        try:
            globals()[name]()
        except Bad as e:
            print("%s: %s" % (name, e))
            return 1
        finally:
            for t in Terminal.all:
                t.drop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
