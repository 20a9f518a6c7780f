#!/usr/bin/env python3
"""coverage - which lines of src the tests reached

  coverage.py SRCDIR BUILDDIR

Reads what gcov makes of the counters in BUILDDIR, which each test has in a
folder of its own under counts. Prints a line for each file, the total, and the
lines that were not reached: those that coverage.list has a reason for in short,
the others in full. Fails when less than 95 % were reached, or when an entry of
the list names what is not there.

Only what was compiled on this machine counts. coverage.list has a line for each
function, for each line by its text (white space aside), or for a whole file:

  src/io/sink.c sink_init(): why no test comes here
  src/io/sink.c `return -errno;`: why
  src/upcase/avx512.c *: why
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

WANTED = 95.0


def counters(build):
	"""{file: {line: count}} and {file: {(first, last, function)}} of all that
	was compiled of src."""
	lines, functions = {}, {}
	notes = sorted((build / 'src').rglob('*.gcno'))
	if not notes:
		sys.exit('coverage.py: no counters in %s' % build)
	run_gcov(notes, build, lines, functions)
	for folder in sorted((build / 'counts').rglob('src')):
		counts = []
		for data in sorted(folder.rglob('*.gcda')):
			# Cut short by a fault that a test made.
			if data.read_bytes()[:4] not in (b'adcg', b'gcda'):
				continue
			note = data.with_suffix('.gcno')
			if not note.exists():
				shutil.copy(build / 'src' / note.relative_to(folder), note)
			counts.append(data)
		if counts:
			run_gcov(counts, build, lines, functions)
	return lines, functions


def run_gcov(files, build, lines, functions):
	# Its status says that a file without functions was among them.
	made = subprocess.run(['gcov', '--json-format', '--stdout'] +
		[str(f) for f in files], cwd=build, stdout=subprocess.PIPE,
		stderr=subprocess.DEVNULL)
	for text in made.stdout.decode().splitlines():
		add(json.loads(text), build, lines, functions)


def add(data, build, lines, functions):
	for f in data['files']:
		path = (build / f['file']).resolve().as_posix()
		m = re.search(r'/(src/[^/]+/[^/]+|src/main\.c)$', path)
		if not m:
			continue
		counts = lines.setdefault(m[1], {})
		for l in f['lines']:
			n = l['line_number']
			counts[n] = counts.get(n, 0) + l['count']
		functions.setdefault(m[1], set()).update(
			(x['start_line'], x['end_line'], x['name']) for x in f['functions'])


def function_of(functions, line):
	for first, last, name in functions:
		if first <= line <= last:
			return name
	return '?'


def read_reasons(path):
	"""{(file, function() or `text` or *): reason}"""
	reasons = {}
	for number, line in enumerate(path.read_text().splitlines(), 1):
		if not line or line[0] == '#':
			continue
		m = re.fullmatch(r'(src/\S+) (\w+\(\)|`.+?`|\*): (.+)', line)
		if not m:
			sys.exit('%s:%d: neither a function nor a line' % (path, number))
		reasons[m[1], m[2]] = m[3]
	return reasons


def main():
	srcdir, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
	lines, functions = counters(build)
	reasons = read_reasons(srcdir / 'tests/coverage.list')
	explained, open_lines, total, reached = {}, [], 0, 0

	for path in sorted(lines):
		text = (srcdir / path).read_text().splitlines()
		counts = lines[path]
		hit = sum(c > 0 for c in counts.values())
		total += len(counts)
		reached += hit
		print('%6.1f %%  %4d of %4d  %s' % (100 * hit / max(len(counts), 1),
			hit, len(counts), path))
		for n in sorted(n for n, c in counts.items() if c == 0):
			name = function_of(functions[path], n) + '()'
			line = '`' + ' '.join(text[n - 1].split()) + '`'
			for key in ((path, line), (path, name), (path, '*')):
				if key in reasons:
					explained.setdefault(key, []).append(n)
					break
			else:
				open_lines.append('%s:%d: %s %s' % (path, n, name, line))
	percent = 100 * reached / total
	print('%6.1f %%  %4d of %4d  of all' % (percent, reached, total))
	if explained:
		print('\nNot reached, with the reason:')
	for (path, what), numbers in sorted(explained.items()):
		print('%s %s, %d: %s' % (path, what, len(numbers),
			reasons[path, what]))
	if open_lines:
		print('\nNot reached, without a reason (%d):' % len(open_lines))
	for line in open_lines:
		print(line)

	stale = [k for k in reasons if k not in explained and
		not is_there(srcdir, functions, *k)]
	for path, what in stale:
		print('coverage.list: there is no %s in %s' % (what, path))
	if percent < WANTED:
		print('less than %.0f %% were reached' % WANTED)
	return 1 if stale or percent < WANTED else 0


def is_there(srcdir, functions, path, what):
	"""Whether the tree has what an entry is about, reached or not."""
	file = srcdir / path
	if not file.exists():
		return False
	if what == '*':
		return True
	if what.endswith('()'):
		return re.search(r'\b%s\(' % re.escape(what[:-2]),
			file.read_text()) is not None
	return any('`' + ' '.join(l.split()) + '`' == what
		for l in file.read_text().splitlines())


if __name__ == '__main__':
	sys.exit(main())
