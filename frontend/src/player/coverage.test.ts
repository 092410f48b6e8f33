import { beforeEach, expect, test } from 'vitest';
import type { Coverage } from './beat';
import { drawBar, listRefusals, periodsText } from './coverage';

const coverage: Coverage = {
  credited: [
    [0, 725],
    [800, 1000],
  ],
  pending: [[1000, 1010]],
  refused: [{ from: 725, to: 800, reason: 'hidden', text: 'went to the background' }],
};

beforeEach(() => {
  document.body.innerHTML = `<svg class="coverage"><path d="M0 6H1"/></svg><ul></ul>
    <template><li><span data-when></span> <span data-why></span> <button data-jump>again</button></li></template>`;
});

test('the bar shows each kind at its place, what counts on top', () => {
  const bar = document.querySelector('svg')!;
  drawBar(bar, coverage, 1450, 925, '{credited} of {total} credited');
  expect(bar.getAttribute('viewBox')).toBe('0 0 1450 12');
  expect(
    [...bar.children].map((line) => `${line.getAttribute('class') ?? ''} ${line.getAttribute('d') ?? ''}`),
  ).toEqual([
    'cover-refused M725 6H800',
    'cover-pending M1000 6H1010',
    'cover-credited M0 6H725',
    'cover-credited M800 6H1000',
  ]);
  expect(bar.getAttribute('aria-label')).toBe('15:25 of 24:10 credited');
});

test('each part to watch again has its time, its reason and its button', () => {
  const list = document.querySelector('ul')!;
  listRefusals(list, document.querySelector('template')!, coverage);
  expect(list.textContent.replace(/\s+/g, ' ').trim()).toBe('12:05–13:20 went to the background again');
  expect(list.querySelector('button')?.getAttribute('data-jump')).toBe('725');
  listRefusals(list, document.querySelector('template')!, { ...coverage, credited: [[0, 1000]] });
  expect(list.children.length).toBe(0);
});

test('periods are never rounded up', () => {
  expect([33_480, 33_749, 2700, 0, 269, 5400 * 8, 2700 * 1234].map((seconds) => periodsText(seconds, 2700))).toEqual([
    '12.4',
    '12.4',
    '1',
    '0',
    '0',
    '16',
    '1,234',
  ]);
});
