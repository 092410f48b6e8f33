import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../elements/lms-countdown';
import { LmsSheet } from '../elements/lms-sheet';
import { PresenceCheck } from './presence';

let results: boolean[];
let posts: string[];
let answer: () => Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
  results = [];
  posts = [];
  answer = () => Promise.resolve(new Response('{}'));
  vi.stubGlobal('fetch', (url: string) => {
    posts.push(url);
    return answer();
  });
  document.body.innerHTML = `<lms-sheet id="s" data-offline="no network"><section role="dialog">
    <div data-check="open"><lms-countdown data-seconds="60"><b data-left></b></lms-countdown><button data-present>here</button></div>
    <div data-check="missed" hidden><button data-close="resume">go on</button></div><p data-trouble hidden></p></section></lms-sheet>`;
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const sheet = (): LmsSheet => document.querySelector('lms-sheet')!;
function make(): PresenceCheck {
  return new PresenceCheck(
    sheet(),
    (id) => `/api/v1/play-sessions/p/checks/${id}/`,
    (passed) => results.push(passed),
  );
}
const tap = (): void => document.querySelector<HTMLElement>('[data-present]')!.click();
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('one tap answers and closes', async () => {
  const check = make();
  check.ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  expect(sheet().isOpen).toBe(true);
  expect(check.isAsking).toBe(true);
  tap();
  tap();
  await settle();
  expect(posts).toEqual(['/api/v1/play-sessions/p/checks/c1/']);
  expect(results).toEqual([true]);
  expect(sheet().isOpen).toBe(false);
});

test('the same question is not asked twice at once', async () => {
  const check = make();
  check.ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  await vi.advanceTimersByTimeAsync(30_000);
  check.ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  await vi.advanceTimersByTimeAsync(20_100);
  expect(document.querySelector('[data-left]')?.textContent).toBe('10');
});

test('a tap on a shaky network is tried until the deadline', async () => {
  make().ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  answer = () => Promise.reject(new TypeError('offline'));
  tap();
  await vi.advanceTimersByTimeAsync(4500);
  expect(posts.length).toBe(3);
  expect(document.querySelector('[data-trouble]')?.textContent).toBe('no network');
  answer = () => Promise.resolve(new Response('{}'));
  await vi.advanceTimersByTimeAsync(2000);
  expect(results).toEqual([true]);
});

test('a missed check says so and lets the learner go on', async () => {
  make().ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  await vi.advanceTimersByTimeAsync(61_000);
  expect(document.querySelector<HTMLElement>('[data-check="open"]')?.hidden).toBe(true);
  expect(document.querySelector<HTMLElement>('[data-check="missed"]')?.hidden).toBe(false);
  expect(results).toEqual([]);
  document.querySelector<HTMLElement>('[data-close="resume"]')!.click();
  expect(results).toEqual([false]);
  expect(posts).toEqual([]);
});

test('a check the server no longer takes counts as missed', async () => {
  make().ask({ kind: 'presence', id: 'c1', deadline_s: 60 });
  answer = () => Promise.resolve(Response.json({ detail: 'too late' }, { status: 409 }));
  tap();
  await settle();
  expect(document.querySelector<HTMLElement>('[data-check="missed"]')?.hidden).toBe(false);
  expect(document.querySelector('[data-trouble]')?.textContent).toBe('too late');
});
