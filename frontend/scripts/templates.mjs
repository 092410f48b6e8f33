// Reads every template: icons that exist, nothing the content policy forbids, no colour that is not ours.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../templates/', import.meta.url));
const icons = new Set(fs.readdirSync(path.join(root, 'parts/icons')).map((name) => name.replace(/\.html$/, '')));
const foreign =
  /\b(?:bg|text|border|ring|fill|stroke|from|to|divide|outline)-(?:red|blue|green|gray|grey|slate|zinc|neutral|stone|orange|amber|yellow|lime|emerald|teal|cyan|sky|indigo|violet|purple|fuchsia|pink|rose)-\d{2,3}\b/g;
const rules = [
  [/\sstyle\s*=\s*["']/g, 'style= is forbidden by the content policy: use a class, an SVG attribute or <progress>'],
  [/<style[\s>]/g, '<style> is forbidden by the content policy'],
  [/\son[a-z]+\s*=\s*["']/g, 'inline handlers are forbidden by the content policy'],
  [/\shx-on[:-]/g, 'hx-on needs eval: write a controller in src/'],
  [/hx-vals\s*=\s*["']js:/g, 'hx-vals js: needs eval'],
  [/<script(?![^>]*(?:src=|type="application\/json"))/g, 'inline scripts are forbidden by the content policy'],
  [/(?:src|href)\s*=\s*["'](?:https?:)?\/\/(?!\{)/g, 'another host'],
  // SVG that segno drew and help texts of our own forms are the only ready HTML in templates
  [
    /(?<!help_text|\bqr|\bsvg)\|safe\b/g,
    '|safe: give a SafeString from Python where the text is made, and say why it is safe',
  ],
  [foreign, 'not one of our colours (styles/tokens.css)'],
  [/\b(?:min-|max-)?h-(?:dvh|svh|lvh)\b/g, 'dvh is unknown to old phones: use h-screen'],
  [/\bhas-\[/g, ':has() is unknown to old phones'],
];

const problems = [];
for (const entry of fs.readdirSync(root, { recursive: true })) {
  const name = String(entry);
  if (!name.endsWith('.html') || name.startsWith(path.join('parts', 'icons'))) continue;
  const raw = fs.readFileSync(path.join(root, name), 'utf8');
  const text = raw.replace(/\{#[\s\S]*?#\}/g, (note) => note.replace(/[^\n]/g, ' '));
  if (/\{#(?:(?!#\})[^\n])*\n/.test(raw))
    problems.push(`${name} a {# comment #} must end on its line: use {% comment %}`);
  const at = (index) => `${name}:${text.slice(0, index).split('\n').length}`;
  for (const [pattern, words] of rules) {
    for (const found of text.matchAll(pattern)) problems.push(`${at(found.index)} ${found[0].trim()} — ${words}`);
  }
  for (const found of text.matchAll(/parts\/icon\.html"\s+with\s+[^%]*?name="([^"]+)"/g)) {
    if (!icons.has(found[1]))
      problems.push(`${at(found.index)} no icon "${found[1]}": add it to scripts/icons.txt, npm run icons`);
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log('templates: nothing forbidden');
