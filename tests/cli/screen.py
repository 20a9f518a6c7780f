"""screen.py - a terminal for a program, and what is seen on it

    screen.py run COLUMNS LOG WORDS COMMAND [ARG]...

Runs COMMAND in a terminal of its own, as the leader of a session, until it has
ended; what it writes there goes to LOG as it comes. WORDS is a FIFO, or
/dev/null: "size COLUMNS" and "keys TEXT" (Python's escapes), a line each, are
done. The exit status is that of COMMAND, 128 and more for a signal.

    screen.py show COLUMNS LOG

Prints what stands on the screen behind all that is in LOG.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def set_size(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def obey(fd, line):
    word, _, rest = line.partition(" ")
    if word == "size":
        set_size(fd, int(rest))
    elif word == "keys":
        os.write(fd, rest.encode().decode("unicode_escape").encode("latin-1"))


def start(columns, command):
    master, slave = pty.openpty()
    set_size(slave, columns)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 256)
        os.execvp(command[0], command)
    os.close(slave)
    return pid, master


def run(columns, log_name, words_name, command):
    pid, master = start(columns, command)
    log = os.open(log_name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    words = os.open(words_name, os.O_RDWR)
    sources = [master] if words_name == "/dev/null" else [master, words]
    orders = ""
    while True:
        ready, _, _ = select.select(sources, [], [])
        if words in ready:
            *lines, orders = (orders + os.read(words, 4096).decode()).split("\n")
            for line in lines:
                obey(master, line)
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:  # nobody has it open any more
                break
            if not data:
                break
            os.write(log, data)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def show(columns, log_name):
    rows, row, at = [""], 0, 0
    with open(log_name, "rb") as log:
        text = log.read().decode("utf-8", "replace")
    for c in text:
        if c == "\r":
            at = 0
        elif c == "\n":
            row += 1
            if row == len(rows):
                rows.append("")
        else:
            if at == columns:
                at = 0
                row += 1
                if row == len(rows):
                    rows.append("")
            rows[row] = rows[row].ljust(at)[:at] + c + rows[row][at + 1:]
            at += 1
    for text in rows:
        print(text.rstrip())
    return 0


def main():
    what, columns, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if what == "run":
        sys.exit(run(columns, log, sys.argv[4], sys.argv[5:]))
    sys.exit(show(columns, log))


main()
