#!/usr/bin/env python3
"""Random tables through the program, against a slow reference.

usage: tables.py RUNS [SEED]

The reference splits a table byte by byte; where Python's csv module defines
what a table is, both have to agree about its fields. Then the bytes of the
output are known, and so are the status and the messages. Needs UPCASE_PIPE;
works in the current directory.
"""

import csv
import gzip
import io
import os
import random
import re
import subprocess
import sys

MARK = b"\xef\xbb\xbf"
WORDS = [w.encode() for w in (
    "a", "zz", "Ab", "straße", "ﬁn", "éà", "жизнь", "καλημέρας", "ŉ", "中文",
    "𐐨", "i̇", "42", " ", "\0", "longer words than sixteen bytes", "b" * 70,
)]
BAD = [b"\xff", b"\xe2\x82", b"\x80", b"\xc3", b"\xf0\x9f\x98"]
PREFIXES = [b"#", b"##", b"//", b"b", "ß".encode(), b'"a']


# ---- The reference

def chars(text):
    """The characters of bytes, and what is none, each as bytes."""
    try:
        return [c.encode() for c in text.decode()]
    except UnicodeDecodeError as e:
        good, bad, rest = text[:e.start], text[e.start:e.end], text[e.end:]
        return chars(good) + [bad] + chars(rest)


def is_bad(char):
    try:
        char.decode()
        return False
    except UnicodeDecodeError:
        return True


def upper(text, invalid):
    if invalid == "replace":
        return text.decode("utf-8", "replace").upper().encode()
    return text.decode("utf-8", "surrogateescape").upper().encode(
        "utf-8", "surrogateescape")


def split(text, at, delimiter, quotes):
    """The fields (begin, end) of the record that begins at `at`; where the next
    one begins; and where a field does whose quote is not closed."""
    fields, begin, quoted = [], at, False
    if quotes and text[at:at + 1] == b'"':
        quoted, at = True, at + 1
    while at < len(text):
        if quoted:
            if text[at:at + 1] != b'"':
                at += 1
            elif text[at + 1:at + 2] == b'"':
                at += 2
            else:
                quoted, at = False, at + 1
        elif text[at:at + 1] == b"\n":
            fields.append((begin, at))
            return fields, at + 1, None
        elif text.startswith(delimiter, at):
            fields.append((begin, at))
            begin = at = at + len(delimiter)
            if quotes and text[at:at + 1] == b'"':
                quoted, at = True, at + 1
        else:
            at += 1
    fields.append((begin, at))
    return fields, at, begin if quoted else None


def name_of(field, quotes):
    """What a field is called in a header."""
    if not (quotes and field.startswith(b'"')):
        return field
    name, at = b"", 1
    while at < len(field):
        if field[at:at + 1] == b'"':
            if field[at + 1:at + 2] != b'"':
                break
            at += 1
        name += field[at:at + 1]
        at += 1
    return name


class Wanted:
    """What is to come of a file."""

    def __init__(self, how, text):
        self.how, self.text = how, text
        self.out, self.done = [], 0
        self.bad, self.first_bad = 0, None
        self.open, self.records = None, []
        at = len(MARK) if text.startswith(MARK) else 0
        header = how.header
        while at < len(text):
            if any(text.startswith(p, at) for p in how.prefixes):
                end = text.find(b"\n", at)
                at = end + 1 if end >= 0 else len(text)
                continue
            quotes = how.csv
            fields, following, self.open = split(
                text, at, how.delimiter, quotes)
            self.records.append([text[b:e] for b, e in fields])
            if header:
                header = False
            elif how.kind == "characters":
                self.turn_characters(at, fields[-1][1])
            else:
                for i, (begin, end) in enumerate(fields):
                    if how.chooses(i + 1):
                        self.turn(begin, end)
            at = following
        self.out.append(text[self.done:])
        self.out = b"".join(self.out)

    def turn(self, begin, end):
        self.out.append(self.text[self.done:begin])
        self.out.append(upper(self.text[begin:end], self.how.invalid))
        self.done = end
        at = begin
        for c in chars(self.text[begin:end]):
            if is_bad(c):
                self.bad += 1
                if self.first_bad is None:
                    self.first_bad = at
            at += len(c)

    def turn_characters(self, at, end):
        for i, c in enumerate(chars(self.text[at:end])):
            if self.how.chooses(i + 1):
                self.turn(at, at + len(c))
            at += len(c)

    def line(self, at):
        return self.text.count(b"\n", 0, at) + 1

    def column(self, at):
        begin = self.text.rfind(b"\n", 0, at) + 1
        before = chars(self.text[begin:at])
        if any(is_bad(c) for c in before):
            return None
        return len(before) + 1


def agrees_with_csv(how, text, records):
    """Whether the csv module finds the same fields. It knows neither lines that
    are left, nor characters of several bytes, nor lone carriage returns and
    NUL outside of quotes."""
    if how.kind == "characters" or how.prefixes or len(how.delimiter) > 1:
        return True
    if not how.csv and b'"' in text:
        return True
    if text.startswith(MARK):
        text = text[len(MARK):]
    if b"\0" in text:
        return True
    lines = io.StringIO(text.decode("latin-1"), newline="")
    rows = list(csv.reader(lines, delimiter=how.delimiter.decode("latin-1")))

    def plain(field, last):
        field = field.decode("latin-1")
        if how.csv and field.startswith('"'):
            at, inside = 1, ""
            while at < len(field):
                if field[at] == '"':
                    if field[at + 1:at + 2] != '"':
                        break
                    at += 1
                inside += field[at]
                at += 1
            closed, rest = at < len(field), field[at + 1:]
            if last and closed and rest.endswith("\r"):
                rest = rest[:-1]
            return inside + rest
        return field[:-1] if last and field.endswith("\r") else field

    mine = [[plain(f, i == len(r) - 1) for i, f in enumerate(r)]
            for r in records]
    rows = [r or [""] for r in rows]
    if rows != mine:
        print("the reference is wrong: csv has", rows, "it", mine)
        return False
    return True


# ---- What is tried

class How:
    """How a table is read, and which of it is turned."""

    def __init__(self, r):
        self.r = r
        self.kind = r.choice(["fields"] * 4 + ["characters", "all"])
        self.csv = self.kind != "characters" and r.random() < 0.7
        self.delimiter = b"," if self.csv else b"\t"
        self.args = ["--csv"] if self.csv else []
        if not self.csv and self.kind == "fields" and r.random() < 0.3:
            self.args = ["--tsv"]
        elif self.kind != "characters" and (self.csv or self.kind ==
                                            "fields") and r.random() < 0.5:
            self.delimiter = r.choice(
                [b";", b"|", b" ", b"x", "·".encode(), "→".encode()])
            self.args += [r.choice(["-d", "--delimiter="])]
            if self.args[-1] == "-d":
                self.args += [self.delimiter]
            else:
                self.args[-1] = self.args[-1].encode() + self.delimiter
        self.header = r.random() < 0.4
        self.prefixes = []
        if r.random() < 0.4:
            self.prefixes = r.sample(PREFIXES, r.randint(1, 3))
            self.args += [b"--skip-prefix=" + p for p in self.prefixes]
        if self.header:
            self.args.append("--header")
        self.ranges, self.complement = [(1, 1 << 30)], False
        self.invalid = r.choice(["keep", "keep", "replace"])
        self.args.append("--invalid=" + self.invalid)

    def choose(self, header):
        """Which fields; `header` are those of all files, None if they differ
        or cannot be asked for."""
        r = self.r
        if self.kind == "all":
            return
        self.ranges, items = [], []
        for _ in range(r.randint(1, 3)):
            first = r.randint(1, 6)
            last = r.choice([first, first, first + r.randint(0, 3), 1 << 30])
            self.ranges.append((first, last))
            items.append(str(first).encode() if last == first else b"%d-" %
                         first if last == 1 << 30 else b"%d-%d" %
                         (first, last))
        if header and r.random() < 0.7:
            names = [name_of(f, self.csv) for f in header]
            name = r.choice(names)
            ok = name and b"\n" not in name and b"\0" not in name and \
                b"\r" not in name and not re.fullmatch(rb"[0-9]*-?[0-9]*",
                                                       name)
            # A backslash before a comma would be two things.
            if ok and b"\\" not in name:
                self.ranges += [(i + 1, i + 1)
                                for i, n in enumerate(names) if n == name]
                items.insert(r.randint(0, len(items)),
                             name.replace(b",", b"\\,"))
        if r.random() < 0.3:
            self.complement = True
            self.args.append("--complement")
        option = "-f" if self.kind == "fields" else "-c"
        self.args += [option, b",".join(items)]

    def chooses(self, number):
        return self.complement != any(
            first <= number <= last for first, last in self.ranges)


def make_field(r, how):
    text = b"".join(r.choice(WORDS) for _ in range(r.choice([0, 1, 1, 2, 3])))
    if r.random() < 0.1:
        text += r.choice(BAD) + r.choice([b"z", b""])
    if r.random() < 0.02:
        text += r.choice(WORDS) * r.randint(20, 200)
    kind = r.random()
    if kind < 0.25:
        inside = text + r.choice(
            [b"", how.delimiter, b"\n", b"\r\n", b'""', b"q", b'""\n' * 3])
        text = b'"' + inside + r.choice([b"", text.replace(b'"', b"")]) + b'"'
        if r.random() < 0.1:
            text += r.choice([b"behind", b'be"hind"', b" "])
    elif kind < 0.3:
        text += r.choice([b'5" pipe', b'"', b'a"b"c'])
    elif kind < 0.31:
        text = b'"' + text
    return text


def make_table(r, how, header):
    rows = [] if header is None else [header]
    width = r.randint(1, 7)
    for _ in range(r.choice([0, 1, 2, 5, 20, 60])):
        n = width if r.random() < 0.8 else r.randint(1, 9)
        rows.append([make_field(r, how) for _ in range(n)])
        if how.prefixes and r.random() < 0.2:
            rows[-1][0] = r.choice(PREFIXES) + rows[-1][0]
        if r.random() < 0.05:
            rows.append([b""])
    end = r.choice([b"\n", b"\n", b"\r\n"])
    text = b"".join(how.delimiter.join(row) + end for row in rows)
    if r.random() < 0.3:
        text = text[:-len(end)]
    return (MARK if r.random() < 0.15 else b"") + text


def variants():
    told = subprocess.run([os.environ["UPCASE_PIPE"], "--version"], check=True,
                          capture_output=True, text=True).stdout
    return re.search(r"^engine: .*, of (.*)$", told, re.M).group(1).split()


def expected_errors(name, wanted, invalid):
    """Of each line the words that it must have."""
    lines = []
    if wanted.open is not None:
        lines.append("%s:%d: a field in quotes begins here and is not closed"
                     % (name, wanted.line(wanted.open)))
    if wanted.bad:
        column = wanted.column(wanted.first_bad)
        lines.append("%s: %d sequence%s not UTF-8, th%s at %d:%s" % (
            name, wanted.bad, " is" if wanted.bad == 1 else "s are",
            "at" if wanted.bad == 1 else "e first",
            wanted.line(wanted.first_bad),
            "%d; " % column if column else ""))
    return lines


def try_one(seed, all_variants):
    r = random.Random(seed)
    how = How(r)
    header = None
    if how.header:
        header = [make_field(r, how) for _ in range(r.randint(1, 6))]
        while header[0].startswith(tuple(PREFIXES)) or any(
                f.startswith(b'"') and split(f, 0, how.delimiter, True)[2]
                is not None for f in header):
            header = [make_field(r, how) for _ in range(r.randint(1, 6))]
    texts = [make_table(r, how, header) for _ in range(r.choice([1, 1, 2, 3]))]
    # Names are asked for only if they are the same everywhere.
    found = {tuple(Wanted(how, t).records[0]) if Wanted(how, t).records else ()
             for t in texts}
    first = found.pop() if len(found) == 1 else ()
    if first and first[-1].endswith(b"\r"):
        first = first[:-1] + (first[-1][:-1],)
    how.choose(list(first) if how.header and how.kind == "fields" else None)

    wanted = [Wanted(how, t) for t in texts]
    for w in wanted:
        if not agrees_with_csv(how, w.text, w.records):
            return False
    names = []
    for i, text in enumerate(texts):
        names.append("in%d" % i)
        packed = r.random() < 0.15
        with open(names[-1], "wb") as f:
            f.write(gzip.compress(text) if packed else text)
    args = [os.environ["UPCASE_PIPE"]] + how.args
    if r.random() < 0.9:
        args += ["-b", str(r.randint(4, 300))]
    if r.random() < 0.8:
        args += ["-j", str(r.randint(1, 4))]
    to_file = r.random() < 0.25
    if to_file:
        args += ["-o", "appended"]
        if os.path.exists("appended"):
            os.remove("appended")
    stdin = subprocess.DEVNULL
    if len(names) == 1 and r.random() < 0.3:
        stdin, names = open("in0", "rb"), ["standard input"]
    else:
        args += names
    variant = r.choice(all_variants)
    got = subprocess.run(args, stdin=stdin, capture_output=True, timeout=120,
                         env=dict(os.environ, UPCASE_PIPE_VARIANT=variant))

    want = b""
    for w in wanted:
        # A line that lacks its end gets it before the next file.
        if want and not want.endswith(b"\n") and w.text:
            want += b"\n"
        want += w.out
    out = got.stdout
    if to_file:
        with open("appended", "rb") as f:
            out = f.read()
        if want and not want.endswith(b"\n"):
            want += b"\n"
    errors = [e for n, w in zip(names, wanted)
              for e in expected_errors(n, w, how.invalid)]
    told = got.stderr.decode("utf-8", "replace").splitlines()
    status = 1 if any(w.open is not None for w in wanted) else 0
    good = (out == want and got.returncode == status and
            len(told) == len(errors) and
            all(any(e in t for t in told) for e in errors))
    if not good:
        print("seed %d, variant %s: %s" % (seed, variant, args))
        for w in wanted:
            print("text   ", w.text[:2000])
        print("wanted ", want[:2000], status, errors)
        print("got    ", out[:2000], got.returncode, told)
    return good


def main():
    runs = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    csv.field_size_limit(1 << 30)
    all_variants = variants()
    failed = [s for s in range(seed, seed + runs)
              if not try_one(s, all_variants)][:3]
    if failed:
        print("failed: UPCASE_PIPE=... tests/cli/tables.py 1 SEED, with SEED",
              *failed)
    return 1 if failed else 0


sys.exit(main())
