// Measures what a browser must fetch (brotli) against the budget, and proves that old browsers can read the CSS.
import fs from 'node:fs';
import zlib from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(fs.readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const KB = 1024;

const brotli = (file) => zlib.brotliCompressSync(fs.readFileSync(new URL(file, dist))).length;

/** Files that load with `keys` before anybody does anything: the entries and what they import statically. */
function closure(keys) {
  const files = new Set();
  const visit = (key) => {
    const item = manifest[key];
    files.add(item.file);
    (item.imports ?? []).forEach(visit);
  };
  keys.forEach(visit);
  return [...files];
}

const sum = (files) => files.reduce((total, file) => total + brotli(file), 0);
const hls = Object.values(manifest).find((item) => item.file.includes('hls'));
const live = Object.values(manifest).find((item) => /\/live-/.test(item.file));
const css = manifest['styles/app.css'].file;
const lesson = closure(['src/entries/site.ts', 'src/entries/player.ts']);
if (!hls || !live) throw new Error('the hls and live chunks are missing: they must load on play');
if (lesson.includes(hls.file)) throw new Error('hls.js loads before play');

const rows = [
  ['any page, JS', sum(closure(['src/entries/site.ts'])), 20 * KB],
  ['lesson page before play, JS', sum(lesson), 25 * KB],
  ['on play, besides hls.js, JS', sum([live.file]), 6 * KB],
  ['hls.js chunk', sum([hls.file]), 100 * KB],
  ['scan page, JS', sum(closure(['src/entries/site.ts', 'src/entries/scan.ts'])), 25 * KB],
  ['upload page, JS', sum(closure(['src/entries/site.ts', 'src/entries/upload.ts'])), 25 * KB],
  ['all CSS', sum([css]), 12 * KB],
];
let failed = false;
for (const [name, bytes, limit] of rows) {
  const over = bytes > limit;
  failed ||= over;
  console.log(
    `${over ? 'OVER' : 'ok  '} ${name.padEnd(30)} ${(bytes / KB).toFixed(1).padStart(6)} of ${limit / KB} KB br`,
  );
}

const text = fs.readFileSync(new URL(css, dist), 'utf8');
const forbidden = {
  '@layer (Chrome < 99, Safari < 15.4 drop it whole)': /@layer/g,
  'oklch / oklab': /okl(ch|ab)\(/g,
  'color-mix (use an 8-digit hex)': /color-mix\(/g,
  ':has()': /:has\(/g,
  'dvh / svh / lvh': /\d[dsl]vh/g,
  'individual transforms': /[;{](translate|rotate|scale):/g,
  'another host': /url\(["']?https?:/g,
};
for (const [name, pattern] of Object.entries(forbidden)) {
  const count = (text.match(pattern) ?? []).length;
  failed ||= count > 0;
  console.log(`${count ? 'FOUND' : 'ok  '} CSS without ${name}${count ? `: ${count}` : ''}`);
}
process.exit(failed ? 1 : 0);
