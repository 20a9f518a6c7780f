// The other half of node.sh: texts, and Node's own upper case of them, which is
// ICU's.
//
//   node node.js points >OUT       every code point that Node knows, one a line
//   node node.js texts POINTS UPPER >OUT
//                                  a text in each line: these, alone and
//                                  between letters, and random strings; but
//                                  without what UPPER says has an upper case
//                                  that is newer than Node's Unicode
//   node node.js upper [TAG] <IN >OUT
//                                  the upper case of each line
//   node node.js check TEXTS WANT GOT
//                                  compares two files line by line
//   node node.js version           what it is

'use strict';
const fs = require('fs');

const AROUND = ['x', 'i', '\u0307', '\u03B1', '\u03AC', '\u03B9', '\u6F22'];
// These are many, without case, and alike.
const ALIKE = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Tangut}\p{Co}]/u;
const STARTS = [
  0x20, 0x60, 0xC0, 0x100, 0x250, 0x300, 0x380, 0x3A0, 0x400, 0x440, 0x560,
  0x10D0, 0x1C80, 0x1E00, 0x1F00, 0x1F80, 0x2160, 0x2C60, 0x4E00, 0xA640,
  0xAB70, 0xFB00, 0x10428, 0x1E920,
];
const SHOWN = 20;

function isKnown(c) {
  return c !== 10 && !(c >= 0xD800 && c <= 0xDFFF) &&
    !/\p{Cn}/u.test(String.fromCodePoint(c));
}

function random(seed) { // mulberry32: the same texts every time
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6D2B79F5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

function write(lines) {
  const bytes = Buffer.from(lines.join('\n') + '\n', 'utf8');
  for (let n = 0; n < bytes.length;) {
    try {
      n += fs.writeSync(1, bytes, n);
    } catch (e) {
      if (e.code === 'EPIPE') process.exit(141);
      if (e.code !== 'EAGAIN') throw e;
    }
  }
}

function linesOf(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  lines.pop();
  return lines;
}

function points() {
  const lines = [];
  for (let c = 0; c < 0x110000; c++) {
    if (isKnown(c)) lines.push(String.fromCodePoint(c));
  }
  write(lines);
}

// A character may be older than its upper case: Node leaves it as it is then.
function isNewer(c, upper) {
  return c.toUpperCase() === c && upper !== c && /\p{Cn}/u.test(upper);
}

function texts(pointFile, upperFile) {
  const points = linesOf(pointFile);
  const uppers = linesOf(upperFile);
  const known = [];
  const newer = [];
  const lines = [];
  points.forEach((s, i) => {
    const c = s.codePointAt(0);
    if (isNewer(s, uppers[i])) {
      newer.push(s);
      return;
    }
    known[c] = true;
    lines.push(s);
    if (ALIKE.test(s)) return;
    for (const a of AROUND) lines.push(a + s + a);
  });
  process.stderr.write(`left out, because their upper case is newer: ${newer.map(codes).join(', ')}\n`);
  const rnd = random(20260919);
  for (let round = 0; round < 20000; round++) {
    const script = rnd(STARTS.length);
    let s = '';
    for (let n = rnd(100) + 1; n > 0;) {
      const k = rnd(8) ? script : rnd(STARTS.length);
      const c = STARTS[k] + rnd(64);
      if (!known[c]) continue;
      s += String.fromCodePoint(c);
      n--;
    }
    lines.push(s);
  }
  write(lines);
}

function upper(tag) {
  write(linesOf(0).map((l) => (tag ? l.toLocaleUpperCase(tag) : l.toUpperCase())));
}

function codes(s) {
  return [...s].map((c) => c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')).join(' ');
}

function check(textFile, wantFile, gotFile) {
  const text = linesOf(textFile);
  const want = linesOf(wantFile);
  const got = linesOf(gotFile);
  let different = 0;
  if (text.length !== got.length || text.length !== want.length) {
    console.log(`${text.length} lines became ${got.length}; Node: ${want.length}`);
    process.exit(1);
  }
  for (let i = 0; i < text.length; i++) {
    if (want[i] === got[i]) continue;
    if (different++ >= SHOWN) continue;
    console.log(`  ${codes(text[i])}: ${codes(got[i])}; Node: ${codes(want[i])}`);
  }
  console.log(`${text.length} texts, ${different} differ`);
  process.exit(different > 0 ? 1 : 0);
}

const [mode, ...args] = process.argv.slice(2);
if (mode === 'points' && args.length === 0) points();
else if (mode === 'texts' && args.length === 2) texts(...args);
else if (mode === 'upper' && args.length <= 1) upper(args[0]);
else if (mode === 'check' && args.length === 3) check(...args);
else if (mode === 'version' && args.length === 0) {
  console.log(`Node ${process.versions.node}, ICU ${process.versions.icu}, Unicode ${process.versions.unicode}`);
} else {
  console.error('usage: node.js points | texts POINTS UPPER | upper [TAG] | check TEXTS WANT GOT | version');
  process.exit(2);
}
