// Writes templates/parts/icons/<name>.html (the inner shapes of a Lucide icon) for every name in scripts/icons.txt.
import fs from 'node:fs';

const names = fs
  .readFileSync(new URL('icons.txt', import.meta.url), 'utf8')
  .split(/\s+/)
  .filter(Boolean);
const target = new URL('../templates/parts/icons/', import.meta.url);
const source = new URL('../node_modules/lucide-static/icons/', import.meta.url);
fs.mkdirSync(target, { recursive: true });
for (const old of fs.readdirSync(target)) fs.rmSync(new URL(old, target));
const missing = [];
for (const name of names) {
  const file = new URL(`${name}.svg`, source);
  if (!fs.existsSync(file)) {
    missing.push(name);
    continue;
  }
  const svg = fs.readFileSync(file, 'utf8');
  const inner = svg
    .replace(/<!--.*?-->/gs, '')
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, '')
    .replace(/<\/svg>\s*$/, '')
    .split('\n')
    .map((line) => line.trim())
    .join('');
  fs.writeFileSync(new URL(`${name}.html`, target), inner);
}
if (missing.length > 0) {
  console.error(`not in Lucide: ${missing.join(', ')}`);
  process.exit(1);
}
console.log(`${names.length} icons`);
