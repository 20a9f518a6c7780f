"""pieces.py - -u gives what whole lines give, whatever the pieces are

    pieces.py PROGRAM TIMES [SEED]

Text that is drawn goes to PROGRAM -u through a socket, each piece sent when the
one before was taken, and to PROGRAM at once: the same bytes, messages, status
and counts have to come.
"""

import array
import fcntl
import json
import random
import socket
import subprocess
import sys
import termios
import time

PARTS = ["a", "b", "\n", "\n", "ß", "ή", "η", " ", ".", "i", "ı", "i\u0307", "ΐ",
         "\ufeff", "#", "#!", "##", ">", "@", "+", '"', '"', ",", "\t", "name",
         "ά", "ι", "\U00010428", "\u0301", "\udcc3", "\udce9", "\udcff"]
WAYS = ["", "-l el", "-l lt", "-l tr", "--invalid=replace", "--invalid=fail",
        "--fasta", "--fastq", "--skip-prefix=#!", "--csv -f 2",
        "--csv --header -f name", "-f 2", "-c 2-3", "-d , -f 1 --header",
        "--skip-prefix=## --csv -l el", "-c 2-3 -l el", "-f 2 -l lt", "-m ascii",
        "-E latin1", "-E utf-16", "-b 16", "--tsv -l el --skip-prefix=#"]
COUNTS = ["lines_in", "bytes_in", "lines_out", "bytes_out", "invalid"]


def outcome(child, out, err):
    said = err.decode("latin-1").splitlines()
    stats = json.loads(said.pop())
    return child.returncode, out, said, [stats[name] for name in COUNTS]


def start(command, stdin):
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def at_once(command, text):
    child = start(command, subprocess.PIPE)
    return outcome(child, *child.communicate(text))


def is_taken(client):
    unread = array.array("i", [0])
    fcntl.ioctl(client, termios.TIOCOUTQ, unread)
    return unread[0] == 0


def in_pieces(command, pieces):
    client, server = socket.socketpair()
    child = start(command, server)
    server.close()
    try:
        for piece in pieces:
            client.sendall(piece)
            end = time.monotonic() + 30
            while not is_taken(client) and time.monotonic() < end:
                time.sleep(0.0002)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it wanted no more
    result = outcome(child, *child.communicate())
    client.close()
    return result


def draw(rnd, way):
    text = "".join(rnd.choice(PARTS) for _ in range(rnd.randint(0, 40)))
    if "fastq" in way and rnd.random() < 0.7:
        text = "@n\nacgt\n+\nIIII\n" * 3
    if "name" in way:
        text = "id,name,x\n" + text
    text = text.encode("utf-8", "surrogateescape")
    pieces = []
    while text:
        n = rnd.choice([1, 1, 2, 3, 7])
        pieces.append(text[:n])
        text = text[n:]
    return pieces


def main():
    program, times = sys.argv[1], int(sys.argv[2])
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    for i in range(times):
        way = WAYS[i % len(WAYS)]
        pieces = draw(rnd, way)
        command = [program, "--stats=json"] + way.split()
        want = at_once(command, b"".join(pieces))
        got = in_pieces(command + ["-u"], pieces)
        if got != want:
            sys.exit(f"{way} {pieces}:\n{got}\nis not\n{want}")


main()
