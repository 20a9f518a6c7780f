// The independent half of oracle.sh: Node's own upper case, which is ICU's.
// It shares no table and no line of code with upcase-pipe.
//
//   node oracle.js upper [TAG] <IN >OUT     upper case, with the rules of
//                                           language TAG if one is given
//   node oracle.js corpus SEED BYTES FILE...    a text of about BYTES bytes,
//                                           on standard output
//   node oracle.js icu                      which ICU and Unicode this is

'use strict';
const fs = require('fs');
const zlib = require('zlib');

function writeAll(buf) {
  for (let n = 0; n < buf.length;) {
    try {
      n += fs.writeSync(1, buf, n);
    } catch (e) {
      if (e.code === 'EPIPE') process.exit(141);
      if (e.code !== 'EAGAIN') throw e;
    }
  }
}

function die(message) {
  process.stderr.write(`oracle.js: ${message}\n`);
  process.exit(1);
}

// --- upper ------------------------------------------------------------------

// With no language the mapping looks at one character at a time (a final sigma
// matters for lower case only), so many lines can be done in one call. A
// language looks at neighbours, so there each line is a call of its own.
function mapper(tag) {
  if (!tag) return (s) => s.toUpperCase();
  if (tag === 'hy') {
    // Not one of the languages of ECMAScript's engine; the rule is one line.
    return (s) => s.replace(/\u0587/g, '\u0535\u054E').toUpperCase();
  }
  if (Intl.getCanonicalLocales(tag)[0] !== tag) die(`${tag}: no such language`);
  return (s) => s.split('\n').map((l) => l.toLocaleUpperCase(tag)).join('\n');
}

function upper(tag) {
  const map = mapper(tag);
  // fatal: the corpus is valid or the comparison means nothing.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const chunk = Buffer.allocUnsafe(1 << 22);
  let held = [];
  let line = 0;
  const convert = (buf) => {
    let text;
    try {
      text = decoder.decode(buf);
    } catch (e) {
      die(`input is not UTF-8, after line ${line}`);
    }
    for (let i = buf.indexOf(10); i >= 0; i = buf.indexOf(10, i + 1)) line++;
    writeAll(Buffer.from(map(text), 'utf8'));
  };
  for (;;) {
    let n;
    try {
      n = fs.readSync(0, chunk, 0, chunk.length, null);
    } catch (e) {
      if (e.code === 'EAGAIN') continue;
      if (e.code !== 'EOF') throw e;
      n = 0;
    }
    if (n === 0) break;
    // Cut behind the last newline only: no call ever sees part of a line.
    const cut = chunk.lastIndexOf(10, n - 1) + 1;
    if (cut > 0) {
      held.push(Buffer.from(chunk.subarray(0, cut)));
      convert(Buffer.concat(held));
      held = [];
    }
    if (cut < n) held.push(Buffer.from(chunk.subarray(cut, n)));
  }
  if (held.length > 0) convert(Buffer.concat(held));
}

// --- corpus -----------------------------------------------------------------

function random(seed) { // mulberry32: the same corpus every time
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6D2B79F5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

function load(names) {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts = [];
  let dropped = 0;
  for (const name of names) {
    let buf = fs.readFileSync(name);
    try {
      if (name.endsWith('.gz')) buf = zlib.gunzipSync(buf);
      texts.push(decoder.decode(buf).split('\n'));
      if (texts[texts.length - 1].at(-1) === '') texts[texts.length - 1].pop();
    } catch (e) {
      dropped++;
    }
  }
  if (dropped > 0) process.stderr.write(`oracle.js: ${dropped} of ${names.length} files are not UTF-8, left out\n`);
  return texts;
}

// Every round takes the files in another order and gives them another shape.
const SHAPES = [
  (lines) => lines,
  (lines) => lines.map((l, i) => `${String(i + 1).padStart(7)}  ${l}`),
  (lines) => lines.slice().reverse(),
  (lines, other) => lines.flatMap((l, i) => (i < other.length ? [l, other[i]] : [l])),
  (lines) => lines.map((l) => `${l}\r`),
  (lines) => { // long lines, some of them longer than any small batch
    const out = [];
    for (let i = 0, k = 1; i < lines.length; i += k, k = k % 97 + 7) {
      out.push(lines.slice(i, i + k).join(' '));
    }
    return out;
  },
  (lines) => [lines.join('\t')], // the whole file in one line
  (lines, other) => lines.map((l, i) => `${other[i % Math.max(other.length, 1)] || ''}: ${l}`),
];

function corpus(seed, want, names) {
  const texts = load(names);
  if (texts.length === 0) die('no text to make a corpus of');
  const rnd = random(seed);
  const order = texts.map((_, i) => i);
  const parts = [];
  let held = 0;
  let done = 0;
  const flush = () => {
    writeAll(Buffer.concat(parts));
    parts.length = 0;
    held = 0;
  };
  for (let round = 0; ; round++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = rnd(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let i = 0; i < order.length; i++) {
      const other = texts[order[(i + 1) % order.length]];
      const shape = SHAPES[(round + rnd(SHAPES.length)) % SHAPES.length];
      let buf = Buffer.from(`${shape(texts[order[i]], other).join('\n')}\n`, 'utf8');
      done += buf.length;
      // The last line has no newline: a filter must not add one.
      if (done >= want) buf = buf.subarray(0, buf.length - 1);
      parts.push(buf);
      held += buf.length;
      if (held > 1 << 23 || done >= want) flush();
      if (done >= want) return;
    }
  }
}

// ----------------------------------------------------------------------------

const [mode, ...args] = process.argv.slice(2);
if (mode === 'upper' && args.length <= 1) {
  upper(args[0]);
} else if (mode === 'corpus' && args.length >= 3) {
  corpus(Number(args[0]), Number(args[1]), args.slice(2));
} else if (mode === 'icu' && args.length === 0) {
  console.log(`Node ${process.versions.node}, ICU ${process.versions.icu}, Unicode ${process.versions.unicode}`);
} else {
  die('usage: oracle.js upper [TAG] | corpus SEED BYTES FILE... | icu');
}
