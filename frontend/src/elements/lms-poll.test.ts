import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import './lms-poll';

let answers: Response[] = [];
let asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  asked = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    const next = answers.shift();
    return next ? Promise.resolve(next) : Promise.reject(new TypeError('offline'));
  });
  document.body.innerHTML = '<lms-poll data-url="/part/" data-every="5"><p>40 %</p></lms-poll>';
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const text = (): string => document.querySelector('lms-poll')?.textContent.trim() ?? '';

test('shows each new fragment and ends when the server says done', async () => {
  answers = [new Response('<p>60 %</p>'), new Response('<p data-poll-done>ready</p>')];
  await vi.advanceTimersByTimeAsync(5000);
  expect(text()).toBe('60 %');
  await vi.advanceTimersByTimeAsync(5000);
  expect(text()).toBe('ready');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length).toBe(2);
});

test('the same fragment leaves the nodes in place', async () => {
  const before = document.querySelector('lms-poll p');
  answers = [new Response('<p>40 %</p>')];
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.length).toBe(1);
  expect(document.querySelector('lms-poll p')).toBe(before);
});

test('a failing server changes nothing on the page and is asked less and less', async () => {
  answers = [new Response('oops', { status: 502 }), new Response('oops', { status: 503 })];
  await vi.advanceTimersByTimeAsync(600_000);
  expect(text()).toBe('40 %');
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThan(30);
});

test('a refusal ends it, the last content stays', async () => {
  answers = [new Response('no', { status: 404 })];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length).toBe(1);
  expect(text()).toBe('40 %');
});

test('another origin is never asked', async () => {
  document.body.innerHTML = '<lms-poll data-url="https://example.invalid/x" data-every="1"><p>a</p></lms-poll>';
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked.length).toBe(0);
});
