"""client.py - clients of an upper case server, as the exercise has them: each says
something without a newline and waits for the answer before it says more.

    client.py ADDRESS PORT many CLIENTS MESSAGES [SOURCES]
    client.py ADDRESS PORT leave
    client.py ADDRESS PORT flood
    client.py ADDRESS PORT giant BYTES
    client.py ADDRESS PORT full LIMIT waits|leaves [SOURCES]
    client.py ADDRESS PORT stay

many: all at once, beside one that says nothing. leave: some go away in the
middle, in each way that there is. flood: one sends until the server takes no more,
reads nothing, and goes. giant: one sends so many bytes and reads what comes back.
full: after LIMIT clients the next one waits for one to go, or is disconnected.
stay: one says 'here', reads the answer, prints a line, and goes when standard
input ends. SOURCES: clients take turns in coming from so many addresses.
Status 0, or 1 and what was not as it should be.
"""

import os
import socket
import struct
import sys
import threading

ADDRESS = (sys.argv[1], int(sys.argv[2]))
DEADLINE = float(os.environ.get("UPCASE_PIPE_DEADLINE", "30"))


def connect(source=None):
    s = socket.create_connection(ADDRESS, DEADLINE, source and (source, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def source_of(i, sources):
    """The I-th client's address: all of 127/8 is this machine."""
    return f"127.77.0.{1 + i % sources}" if sources else None


def receive(s, size):
    got = bytearray(size)
    view = memoryview(got)
    at = 0
    while at < size:
        n = s.recv_into(view[at:])
        if n == 0:
            break
        at += n
    return bytes(got[:at])


def ask(s, text):
    want = text.upper().encode()
    s.sendall(text.encode())
    got = receive(s, len(want))
    if got != want:
        raise ValueError(f"to {text!r} the answer is {got!r}, not {want!r}")


def no_more(s):
    """Closes one half, and expects the end and nothing before it."""
    s.shutdown(socket.SHUT_WR)
    rest = s.recv(100)
    if rest:
        raise ValueError(f"behind the last answer came {rest!r}")


def many(clients, messages, sources=0):
    wrong = []

    def client(i, s):
        try:
            with s:
                # Of this more could come, in UTF-32.
                ask(s, "\0")
                for k in range(messages):
                    ask(s, f"client {i}, message {k}: straße, жизнь")
                no_more(s)
        except (OSError, ValueError) as e:
            wrong.append(f"client {i}: {e}")

    with connect() as silent:
        all_there = [connect(source_of(i, sources)) for i in range(clients)]
        threads = [threading.Thread(target=client, args=(i, s))
                   for i, s in enumerate(all_there)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        no_more(silent)
    if wrong:
        raise ValueError("\n".join(wrong))


def leave():
    # Behind half a character, with the answer read and with it not read.
    with connect() as s:
        ask(s, "half")
        s.sendall(b"\xc3")
    with connect() as s:
        s.sendall(b"the answer to this is not waited for")
    # At once; and by breaking the connection.
    with connect():
        pass
    with connect() as s:
        ask(s, "cut")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    # Nobody else minds.
    with connect() as s:
        ask(s, "still there?")
        no_more(s)


def flood():
    """Leaves when the server cannot write any more."""
    with connect() as s:
        s.setblocking(False)
        try:
            while True:
                s.send(b"never read " * 10000)
        except BlockingIOError:
            pass
    with connect() as s:
        ask(s, "still there?")
        no_more(s)


def giant(size):
    piece = "zwölf große Boxkämpfer, жизнь и ёж, plain words\n" * 20000
    text = piece.encode()
    want = piece.upper().encode()
    times, rest = divmod(size, len(text))
    with connect() as s:
        def send():
            for _ in range(times):
                s.sendall(text)
            s.sendall(text[:rest])
            s.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        for i in range(times):
            if receive(s, len(want)) != want:
                raise ValueError(f"piece {i} of {times} is not right")
        # The last one may end within a character, whose beginning stays.
        last = text[:rest].decode(errors="ignore").upper().encode()
        got = s.makefile("rb").read()
        if not got.startswith(last) or len(got) != rest:
            raise ValueError(f"at the end: {len(got)} bytes, not {rest}")
        sender.join()


def listener():
    """The number of connections that wait to be accepted (proc(5), tcp)."""
    packed = struct.unpack("=I", socket.inet_aton(ADDRESS[0]))[0]
    place = f"{packed:08X}:{ADDRESS[1]:04X}"
    with open("/proc/net/tcp") as table:
        for line in table:
            words = line.split()
            if words[1] == place and words[3] == "0A":
                return int(words[4].split(":")[1], 16)
    raise ValueError("nobody listens")


def full(limit, how, sources=0):
    inside = []
    for i in range(limit):
        inside.append(connect(source_of(i, sources)))
        ask(inside[-1], f"client {i}")
    late = connect(source_of(0, sources))
    if how == "leaves":
        try:
            got = late.recv(100)
        except ConnectionResetError:
            got = b""
        if got:
            raise ValueError(f"one more than the limit was told {got!r}")
    else:
        # It stays among those that wait: what it says is not looked at until
        # somebody goes.
        late.sendall(b"late")
        for i, s in enumerate(inside):
            ask(s, f"again {i}")
        if listener() != 1:
            raise ValueError("one more than the limit was accepted")
    # There is room again, and only for one.
    no_more(inside[0])
    inside.pop(0).close()
    if how == "waits":
        got = receive(late, 4)
        if got != b"LATE":
            raise ValueError(f"the late one was told {got!r}")
        no_more(late)
    for s in inside:
        ask(s, "and again")
        no_more(s)
        s.close()


def stay():
    with connect() as s:
        ask(s, "here")
        print("here", flush=True)
        sys.stdin.read()


def main():
    what = {"many": many, "leave": leave, "flood": flood, "giant": giant,
            "full": full, "stay": stay}[sys.argv[3]]
    try:
        what(*(int(a) if a.isdigit() else a for a in sys.argv[4:]))
    except (OSError, ValueError) as e:
        sys.exit(f"{sys.argv[3]}: {e}")


main()
