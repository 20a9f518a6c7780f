#!/usr/bin/env python3
"""mutate - change the program, and see whether a test notices

A test suite is worth what it notices. Each mutant is one small change of the
source; it is killed when a test fails with it (or hangs, or the program does
not come to its end), and survives when all tests pass. A survivor is a missing
test, or a line of the program that nobody needs, or a change that changes
nothing, which is then said beside it.

  mutate.py list       the changes in mutants.list: chosen by hand
  mutate.py generated  changes made by rule: a comparison turned, a constant off
                       by one, a statement gone. What is known to survive is in
                       mutants-long.list

The work tree is never touched: each worker has a copy of the source and a build
of its own, which stay for the next run. Builds are incremental, and the test
that is expected to kill runs first.

Both lists have the same form, entries with a blank line between:

  src/pipeline/queue.c: close forgets who waits to put
  by tests/unit/test-queue
   	q->closed = true;
   	MUST(pthread_cond_broadcast(&q->not_empty));
  -	MUST(pthread_cond_broadcast(&q->not_full));

The hunk is as in a diff, without line numbers; its old lines must be in the
file exactly once. "by" names the tests that are expected to kill it (that is,
to fail), "survives: why" a change that no test can see. Lines that begin with
# are comments.
"""
import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent


class Trouble(Exception):
	"""The list or the tree is not as it must be."""


class Mutant:
	"""One change: the lines `old` of `path` become `new`."""

	def __init__(self, path, what, old, new, by=(), survives=None):
		self.path = path
		self.what = what
		self.old = old
		self.new = new
		self.by = list(by)
		self.survives = survives
		self.line = 0

	def key(self):
		return (self.path, self.old, self.new)

	def apply(self, text):
		"""The changed text. Notes in which line the change begins."""
		found = ('\n' + text).count('\n' + self.old)
		if found != 1:
			raise Trouble('%s: "%s" no longer applies: its old lines are there'
				' %d times' % (self.path, self.what, found))
		at = ('\n' + text).index('\n' + self.old)
		before = self.old.split('\n')
		after = self.new.split('\n')
		same = 0
		while same < min(len(before), len(after)) and \
				before[same] == after[same]:
			same += 1
		self.line = text.count('\n', 0, at) + 1 + same
		return text[:at] + self.new + text[at + len(self.old):]

	def hunk(self):
		"""As it stands in a list."""
		before = self.old.split('\n')[:-1]
		after = self.new.split('\n')[:-1]
		head = 0
		while head < min(len(before), len(after)) and \
				before[head] == after[head]:
			head += 1
		tail = 0
		while tail < min(len(before), len(after)) - head and \
				before[-1 - tail] == after[-1 - tail]:
			tail += 1
		lines = [' ' + l for l in before[:head]]
		lines += ['-' + l for l in before[head:len(before) - tail]]
		lines += ['+' + l for l in after[head:len(after) - tail]]
		lines += [' ' + l for l in before[len(before) - tail:]]
		return '\n'.join(l.rstrip() for l in lines)


def read_list(path):
	"""The mutants of a list."""
	lines = path.read_text().split('\n')
	mutants = []
	i = 0
	while i < len(lines):
		line = lines[i]
		i += 1
		if not line or line[0] == '#':
			continue
		m = re.fullmatch(r'(src/\S+): (.+)', line)
		if not m:
			raise Trouble('%s:%d: not the beginning of an entry: %s'
				% (path, i, line))
		mutant = Mutant(m[1], m[2], '', '')
		begin = i
		while i < len(lines):
			line = lines[i]
			# An empty line of the source stands within a hunk.
			inside = line[:1] in (' ', '-', '+') or \
				(not line and i > begin and lines[i + 1:i + 2] and
					lines[i + 1][:1] in (' ', '-', '+'))
			if line.startswith('by '):
				mutant.by += line.split()[1:]
			elif line.startswith('survives: '):
				mutant.survives = line[len('survives: '):]
			elif inside:
				if line[:1] != '+':
					mutant.old += line[1:] + '\n'
				if line[:1] != '-':
					mutant.new += line[1:] + '\n'
			else:
				break
			i += 1
		if mutant.old == mutant.new or not mutant.old:
			raise Trouble('%s:%d: nothing is changed' % (path, begin))
		if not mutant.by and not mutant.survives:
			raise Trouble('%s:%d: neither "by" nor "survives"' % (path, begin))
		mutants.append(mutant)
	return mutants


# ------------------------------------------------------------- generating

def blank(text):
	"""text with what is no code (comments, strings, the preprocessor's lines)
	made blank, and all else where it was."""
	token = re.compile(
		r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
		r'|^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
	return token.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)


# A comparison, at its border and turned; what joins two of them.
TURNED = {
	'==': ['!='], '!=': ['=='], '<': ['<=', '>='], '<=': ['<', '>'],
	'>': ['>=', '<='], '>=': ['>', '<'], '&&': ['||'], '||': ['&&'],
}
OPERATOR = re.compile(r'(?<=\s)(==|!=|<=|>=|<|>|&&|\|\|)(?=\s)')
NUMBER = re.compile(r'(?<![\w.])(0x[0-9a-fA-F]+|\d+)(?![\w.])')
TRUTH = re.compile(r'\b(true|false)\b')
DECLARATION = re.compile(
	r'\s*(?!return\b|goto\b|else\b)[A-Za-z_]\w*(\s+\**|\s*\*+)[A-Za-z_]')
STATEMENT = re.compile(r'\t+(\(void\))?(\+\+|--|\*)?[A-Za-z_][\w.>\[\]*()+ -]*?'
	r'(\s([-+*/|&^]|<<|>>)?=\s|\+\+|--|\()')
KEYWORDS = ('return', 'if', 'for', 'while', 'switch', 'do', 'else', 'case',
	'default', 'goto', 'sizeof')


def changes_of_words(code):
	"""(begin, end, new word, what) of changes within one line of code."""
	for m in OPERATOR.finditer(code):
		for new in TURNED[m[1]]:
			yield m.start(), m.end(), new, '%s for %s' % (new, m[1])
	for m in NUMBER.finditer(code):
		octal = re.fullmatch(r'0[0-7]+', m[1])
		value = int(m[1], 8 if octal else 0)
		for new in (value + 1, value - 1):
			if new >= 0:
				word = '%#x' % new if m[1][:2] == '0x' else \
					'0%o' % new if octal else str(new)
				yield m.start(), m.end(), word, '%s for %s' % (word, m[1])
	for m in TRUTH.finditer(code):
		new = 'false' if m[1] == 'true' else 'true'
		yield m.start(), m.end(), new, '%s for %s' % (new, m[1])


def statement_at(code, i):
	"""The number of lines of the statement that begins in line i, 0 if none
	does that could be taken away."""
	line = code[i]
	before = i - 1
	while before >= 0 and not code[before].strip():
		before -= 1
	ends = r'[;{}):]\s*$|\b(else|do)\s*$'
	if before < 0 or not re.search(ends, code[before]):
		return 0
	if re.fullmatch(r'\s*(break|continue);\s*', line):
		return 1
	if not STATEMENT.match(line) or DECLARATION.match(line):
		return 0
	if re.match(r'\s*(\w+)', line) and \
			re.match(r'\s*(\w*)', line)[1] in KEYWORDS:
		return 0
	for n in range(1, 12):
		if i + n > len(code):
			return 0
		part = '\n'.join(code[i:i + n])
		if '{' in part or '}' in part:
			return 0
		if part.rstrip().endswith(';'):
			return n
	return 0


def with_context(path, what, lines, i, n, new):
	"""The change of lines[i:i+n] to new, with as many lines around it as make
	it unique. None if there are not enough."""
	text = '\n' + '\n'.join(lines) + '\n'
	above = below = 0
	while True:
		old = '\n'.join(lines[i - above:i + n + below]) + '\n'
		if text.count('\n' + old) == 1:
			break
		if above > 12:
			return None
		if above <= below and i - above > 0:
			above += 1
		elif i + n + below < len(lines):
			below += 1
		else:
			above += 1
	changed = lines[i - above:i] + new + lines[i + n:i + n + below]
	return Mutant(path, what, old, '\n'.join(changed) + '\n')


def generate(path, text):
	"""All mutants of a file that the rules make."""
	lines = text.rstrip('\n').split('\n')
	code = blank(text).rstrip('\n').split('\n')
	mutants = []
	inside = False
	for i, line in enumerate(code):
		inside = inside and not line.startswith('}') or line.startswith('{')
		if not inside:
			continue
		declares = DECLARATION.match(line)
		for begin, end, word, what in changes_of_words(line):
			# How large a thing is made says nothing.
			if declares and '=' not in line[:begin]:
				continue
			new = lines[i][:begin] + word + lines[i][end:]
			mutants.append(with_context(path, what, lines, i, 1, [new]))
		n = statement_at(code, i)
		if n > 0:
			indent = re.match(r'\s*', lines[i])[0]
			mutants.append(with_context(path, 'a statement gone', lines, i, n,
				[indent + ';'] + [''] * (n - 1)))
	return [m for m in mutants if m]


# --------------------------------------------------------------- building

# What is made in a build inside the source folder, or is of no use to one.
NOT_COPIED = re.compile(r'.*\.(o|a|log|trs|gcda|gcno|pyc)|Makefile|config\.h'
	r'|config\.status|config\.log|stamp-h1|\.deps|\.dirstamp|\.git|\.ci'
	r'|autom4te\.cache|upcase-pipe|gen-tables')


def source_files(srcdir):
	"""The files of the source, as paths in it."""
	files = []
	for folder, folders, names in os.walk(srcdir):
		rel = os.path.relpath(folder, srcdir)
		folders[:] = [f for f in folders if not NOT_COPIED.fullmatch(f) and
			not os.path.exists(os.path.join(folder, f, 'config.status')) and
			not os.path.exists(os.path.join(folder, f, '.mutants'))]
		# A program stands beside its source where it was built.
		files += [os.path.normpath(os.path.join(rel, n)) for n in names
			if not NOT_COPIED.fullmatch(n) and n + '.c' not in names]
	return files


class Worker:
	"""A copy of the source, its build, and what can be done there."""

	def __init__(self, folder, srcdir, configure_flags):
		self.folder = folder
		self.source = folder / 'source'
		self.build = folder / 'build'
		self.srcdir = srcdir
		self.flags = configure_flags
		self.objects = {} # as they are without a change

	def prepare(self):
		"""Makes the copy the same as the source, and builds it."""
		files = source_files(self.srcdir)
		if self.is_other_package(files):
			shutil.rmtree(self.folder)
		self.folder.mkdir(parents=True, exist_ok=True)
		fresh = not self.build.exists()
		for name in files:
			self.copy(name, fresh)
		for name in set(source_files(self.source)) - set(files):
			(self.source / name).unlink()
		if not (self.build / 'config.status').exists():
			self.build.mkdir(exist_ok=True)
			self.must(['../source/configure', '--silent'] + self.flags)
		self.must(['make', '-s', 'upcase-pipe'])
		for path in files:
			if path.startswith('src/') and path.endswith('.c'):
				self.objects[path] = self.object_of(path)

	def is_other_package(self, files):
		"""Whether what configure makes of it has changed."""
		made = ['configure', 'Makefile.in', 'config.h.in', 'aclocal.m4']
		if not self.source.exists():
			return False
		return any(not (self.source / n).exists() or
			(self.source / n).read_bytes() != (self.srcdir / n).read_bytes()
			for n in made) or not (self.build / 'config.status').exists()

	def copy(self, name, fresh):
		to = self.source / name
		data = (self.srcdir / name).read_bytes()
		if to.exists() and to.read_bytes() == data:
			return
		to.parent.mkdir(parents=True, exist_ok=True)
		# What is new keeps its time, so that make finds all in order;
		# what has changed is newer than what was built of it.
		if fresh:
			shutil.copy2(self.srcdir / name, to)
		else:
			to.write_bytes(data)

	def must(self, command):
		run = subprocess.run(command, cwd=self.build,
			stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
		if run.returncode:
			raise Trouble('%s failed:\n%s' % (' '.join(command),
				run.stdout.decode(errors='replace')[-4000:]))

	def make(self, targets, seconds):
		"""Runs make for as long as that. Whether it succeeded; None when the
		time was over."""
		child = subprocess.Popen(['make', '-s'] + targets, cwd=self.build,
			stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
			stderr=subprocess.DEVNULL, start_new_session=True)
		try:
			return child.wait(seconds) == 0
		except subprocess.TimeoutExpired:
			return None
		finally:
			# Also what a test left behind; first so that it may tidy up.
			for sig in (signal.SIGTERM, signal.SIGKILL):
				try:
					os.killpg(child.pid, sig)
				except ProcessLookupError:
					break
				if sig == signal.SIGTERM and child.poll() is None:
					try:
						child.wait(2)
					except subprocess.TimeoutExpired:
						pass
			child.wait()

	def test(self, name, seconds):
		"""'pass', 'fail', 'skip' or 'time'. What it needs is built first."""
		stem = name[:-3] if name.endswith('.sh') else name
		for end in ('.log', '.trs'):
			(self.build / (stem + end)).unlink(missing_ok=True)
		done = self.make(['upcase-pipe', stem + '.log'] if stem != name
			else [stem + '.log'], seconds)
		if done is None:
			return 'time'
		try:
			text = (self.build / (stem + '.trs')).read_text()
		except FileNotFoundError:
			return 'fail'
		if ':global-test-result: PASS' in text:
			return 'pass'
		return 'skip' if ':global-test-result: SKIP' in text else 'fail'

	def log_of(self, name):
		"""What the test printed last."""
		stem = name[:-3] if name.endswith('.sh') else name
		try:
			return (self.build / (stem + '.log')).read_text(errors='replace')
		except FileNotFoundError:
			return name + ' left no log'

	def object_of(self, path):
		"""What was compiled of a file of the library, or None."""
		stem = pathlib.Path(path)
		for name in (stem.stem, 'libupcase_pipe_a-' + stem.stem,
				'libupcase_a-' + stem.stem):
			made = self.build / stem.parent / (name + '.o')
			if made.exists():
				return made.read_bytes()
		return None


# ---------------------------------------------------------------- running

def each(workers, things, do):
	"""do(worker, thing) for all things, a thread for each worker."""
	waiting = queue.SimpleQueue()
	errors = []
	for thing in things:
		waiting.put(thing)

	def work(worker):
		try:
			while not errors:
				do(worker, waiting.get_nowait())
		except queue.Empty:
			pass
		except Exception as e:
			errors.append(e)
	threads = [threading.Thread(target=work, args=(w,), daemon=True)
		for w in workers]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	if errors:
		raise errors[0]


ENGINE = ('tests/unit/test-engine', 'tests/unit/test-upcase')


class Run:
	"""Mutants, workers, and what came of it."""

	def __init__(self, workers, times, named_only):
		self.workers = workers
		self.named_only = named_only
		self.times = times
		self.tests = self.all_tests()
		self.lock = threading.Lock()
		self.results = []

	def all_tests(self):
		source = self.workers[0].source
		units = [str(p.relative_to(source))[:-2]
			for p in source.glob('tests/unit/test-*.c')]
		cli = [str(p.relative_to(source))
			for p in source.glob('tests/cli/*.sh') if p.name != 'lib.sh']
		return sorted(units) + sorted(cli)

	def relevant(self, mutant):
		"""The tests for a mutant: those named, its namesake, the others from
		the quick to the slow."""
		namesake = 'tests/unit/test-' + pathlib.Path(mutant.path).stem
		first = mutant.by + [t for t in self.tests if t == namesake]
		rest = [t for t in self.tests if t not in first]
		if self.named_only and first:
			rest = []
		if not re.match(r'src/(upcase|text)/', mutant.path):
			rest = [t for t in rest if t not in ENGINE]
		rest.sort(key=lambda t: self.times.get(t, 10))
		return list(dict.fromkeys(first)) + rest

	def limit(self, test):
		"""Seconds after which a test is taken to hang."""
		return 10 + 5 * self.times.get(test, 20)

	def check(self, tests):
		"""Each test passes without a change; how long that takes."""
		unknown = [t for t in tests if t not in self.tests]
		if unknown:
			raise Trouble('there is no test ' + ', '.join(unknown))
		each(self.workers, tests, self.check_one)
		failed = [t for t in tests if self.times.get(t, -1) < 0]
		if failed:
			raise Trouble('without a change these do not pass: ' +
				', '.join(failed))

	def check_one(self, worker, test):
		begin = time.monotonic()
		result = worker.test(test, 600)
		if result == 'skip':
			print('note: %s is skipped here, it kills nothing' % test)
		self.times[test] = time.monotonic() - begin \
			if result in ('pass', 'skip') else -1
		if self.times[test] < 0:
			print(worker.log_of(test))

	def try_mutant(self, worker, mutant):
		path = worker.source / mutant.path
		original = path.read_text()
		begin = time.monotonic()
		try:
			path.write_text(mutant.apply(original))
			result, test = self.verdict(worker, mutant)
		finally:
			path.write_text(original) # newer than its object
		seconds = time.monotonic() - begin
		with self.lock:
			self.results.append((mutant, result, test))
			word = {'time': 'killed', 'fail': 'killed'}.get(result, result)
			note = test or ''
			if result == 'time':
				note += ' (hangs)'
			if test and mutant.by and test not in mutant.by:
				note += ' (not by what the list says)'
			print('%-9s %5.1f s  %s:%d: %s%s' % (word.upper()
				if word == 'survived' else word, seconds, mutant.path,
				mutant.line, mutant.what, '  [%s]' % note if note else ''),
				flush=True)

	def verdict(self, worker, mutant):
		target = 'upcase-pipe' if mutant.path == 'src/main.c' \
			else 'libupcase.a' if mutant.path.startswith('src/upcase/') \
			else 'libupcase-pipe.a'
		if not worker.make([target], 600):
			return 'no build', None
		before = worker.objects.get(mutant.path)
		if before and worker.object_of(mutant.path) == before:
			return 'same', None
		for test in self.relevant(mutant):
			result = worker.test(test, self.limit(test))
			if result in ('fail', 'time'):
				return result, test
		return 'survived', None


def run_list(args, run):
	mutants = [m for m in read_list(HERE / 'mutants.list')
		if args.only in m.path + ': ' + m.what]
	stale = []
	for m in mutants:
		try:
			m.apply((args.srcdir / m.path).read_text())
		except (Trouble, FileNotFoundError) as e:
			stale.append(str(e))
	marked = [m for m in mutants if m.survives]
	todo = [m for m in mutants if not m.survives or args.all]
	run.check(sorted({t for m in mutants for t in m.by}))
	if not stale:
		todo.sort(key=lambda m: m.path)
		each(run.workers, todo, run.try_mutant)
	for line in stale:
		print(line)
	for m in marked:
		print('marked: %s: %s: %s' % (m.path, m.what, m.survives))
	unmarked = [m for m, result, _ in run.results
		if result in ('survived', 'same', 'no build') and not m.survives]
	summary(run)
	return 1 if stale or unmarked else 0


def draw(made, seed, count):
	"""So many of them. Each has a number of its own, which neither the others
	nor its place changes: when one file is changed, most of what is drawn from
	the others stays, and so do the words about it."""
	def number(mutant):
		key = repr((seed, mutant.key())).encode()
		return hashlib.sha256(key).digest()
	return sorted(made, key=number)[:count]


def run_generated(args, run):
	made = []
	for pattern in args.files:
		for path in sorted(args.srcdir.glob(pattern)):
			name = str(path.relative_to(args.srcdir))
			made += generate(name, path.read_text())
	if not made:
		raise Trouble('there is no file ' + ' '.join(args.files))
	made = list({m.key(): m for m in made}.values())
	known = {m.key(): m for m in read_list(HERE / 'mutants-long.list')}
	files = {m.path for m in made}
	stale = [m for k, m in known.items() if m.path in files and
		k not in {m.key() for m in made}]
	chosen = draw(made, args.seed, args.count)
	chosen = [m for m in chosen if args.only in m.path + ': ' + m.what]
	chosen.sort(key=lambda m: m.path)
	if args.print:
		for m in chosen:
			print('%s: %s\n%s\n' % (m.path, m.what, m.hunk()))
		return 0
	print('%d of %d changes, seed %d' % (len(chosen), len(made), args.seed))
	run.check(sorted({t for m in chosen for t in run.relevant(m)}))
	each(run.workers, [m for m in chosen if m.key() not in known],
		run.try_mutant)
	survivors = [m for m, result, _ in run.results if result == 'survived']
	print('\nKnown to change nothing: %d. Survivors without a word:\n'
		% sum(m.key() in known for m in chosen))
	for m in survivors:
		print('%s: %s\nsurvives: ?\n%s\n' % (m.path, m.what, m.hunk()))
	for m in stale:
		print('%s: "%s" no longer applies: the rules do not make it'
			% (m.path, m.what))
	summary(run)
	return 1 if survivors or stale else 0


def summary(run):
	count = lambda *words: sum(r in words for _, r, _ in run.results)
	same, broken = count('same'), count('no build')
	print('%d killed, %d survived%s%s' % (count('fail', 'time'),
		count('survived'),
		', %d compiled to the same' % same if same else '',
		', %d did not compile' % broken if broken else ''))


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument('mode', choices=('list', 'generated'))
	parser.add_argument('--srcdir', type=pathlib.Path, default=HERE.parent)
	parser.add_argument('--work', type=pathlib.Path, required=True,
		help='folder for the copies')
	parser.add_argument('--jobs', type=int,
		default=len(os.sched_getaffinity(0)))
	parser.add_argument('--only', default='',
		help='entries whose first line holds this')
	parser.add_argument('--all', action='store_true',
		help='list: also what is marked as surviving')
	parser.add_argument('--named', action='store_true',
		help='only the tests that are named, or the namesake')
	parser.add_argument('--seed', type=int, default=1)
	parser.add_argument('--count', type=int, default=300)
	parser.add_argument('--files', nargs='+', default=[
		'src/pipeline/cutter.c', 'src/pipeline/handover.c',
		'src/pipeline/output.c', 'src/io/sink.c', 'src/text/*.c'])
	parser.add_argument('--print', action='store_true',
		help='generated: only show the changes')
	args = parser.parse_args()
	args.srcdir = args.srcdir.resolve()
	work = args.work.resolve()
	work.mkdir(parents=True, exist_ok=True)
	# Two runs at a time would change each other's copies. Closed at the end.
	lock = open(work / '.mutants', 'w')
	try:
		fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
	except BlockingIOError:
		parser.error('another run is at work in %s' % work)
	# Not all of the long tests of the engine: they see in a part what they
	# see at all.
	os.environ.setdefault('UPCASE_TEST_SCALE', '20')
	for name in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'TESTS'):
		os.environ.pop(name, None)
	flags = ['CFLAGS=-O1']
	workers = [Worker(work / str(i), args.srcdir, flags)
		for i in range(max(args.jobs, 1))]
	times = work / 'times.json'
	try:
		if args.mode == 'generated' and args.print:
			return run_generated(args, None)
		each(workers, workers, lambda _, w: w.prepare())
		run = Run(workers,
			json.loads(times.read_text()) if times.exists() else {},
			args.named)
		status = (run_list if args.mode == 'list' else run_generated)(args, run)
		times.write_text(json.dumps(run.times))
		return status
	except Trouble as e:
		print('mutate.py: %s' % e, file=sys.stderr)
		return 2


if __name__ == '__main__':
	sys.exit(main())
