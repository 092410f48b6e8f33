import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../elements/lms-countdown';
import { LmsSheet } from '../elements/lms-sheet';
import type { CheckQuestion } from './beat';
import { PresenceCheck } from './presence';

let done: boolean[];
let shows: number;
let posts: [string, unknown][];
let answer: (url: string) => Promise<Response>;

const PROMPT = { kind: 'presence', id: 'c1', deadline_s: 60 };
const question = (changes: Partial<CheckQuestion> = {}): CheckQuestion => ({
  id: 'c1',
  result: null,
  method: 'click_code',
  round: 1,
  code: '47',
  choices: ['12', '47', '83'],
  others: ['sms_code'],
  seconds_left: 60,
  spoken: false,
  notice: '',
  ...changes,
});
const json = (body: unknown, status = 200): Promise<Response> => Promise.resolve(Response.json(body, { status }));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
  done = [];
  shows = 0;
  posts = [];
  answer = (url) => json(url.endsWith('/shown/') ? question() : { id: 'c1', result: 'passed', text: '' });
  vi.stubGlobal('fetch', (url: string, init?: { body?: string }) => {
    posts.push([url, JSON.parse(init?.body ?? 'null')]);
    return answer(url);
  });
  document.body.innerHTML = `<lms-sheet id="s" data-offline="no network" data-wrong="wrong one" data-too-quick="too quick"><section role="dialog">
    <div data-check="open"><lms-countdown data-seconds="60"><b data-left></b></lms-countdown>
    <div data-method="click_code"><p data-code></p><div data-choices></div><template data-choice><button type="button"></button></template></div>
    <form data-method="sms_code" hidden><input data-sms><button>ok</button></form>
    <button type="button" data-way="sms_code" hidden>sms</button><button type="button" data-way="camera" hidden>picture</button></div>
    <div data-check="missed" hidden><ul data-again></ul><template data-again-row><li><b data-when></b><button data-jump>again</button></li></template>
    <button data-close="resume">go on</button></div><p data-trouble hidden></p></section></lms-sheet>`;
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const sheet = (): LmsSheet => document.querySelector('lms-sheet')!;
const make = (): PresenceCheck =>
  new PresenceCheck(sheet(), {
    address: (id, rest) => `/p/checks/${id}/${rest}`,
    onShow: () => (shows += 1),
    onDone: (passed) => done.push(passed),
    onMissed: () => Promise.resolve([[725, 800]]),
  });
/** Lets everything under way arrive: a body is read over several turns of the real loop. */
async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(0);
  }
}
const tap = (selector: string): void => document.querySelector<HTMLElement>(selector)!.click();
const trouble = (): string => document.querySelector('[data-trouble]')?.textContent ?? '';
async function asked(): Promise<PresenceCheck> {
  const check = make();
  void check.ask(PROMPT);
  await settle();
  return check;
}

test('what is asked comes when it is shown, and one tap on the right number answers it', async () => {
  const check = await asked();
  expect(posts).toEqual([['/p/checks/c1/shown/', {}]]);
  expect(sheet().isOpen).toBe(true);
  expect(shows).toBe(1);
  expect(document.querySelector('[data-code]')?.textContent).toBe('47');
  tap('[data-answer="47"]');
  tap('[data-answer="47"]');
  await settle();
  expect(posts.slice(1)).toEqual([['/p/checks/c1/', { round: 1, answer: '47' }]]);
  expect(done).toEqual([true]);
  expect(sheet().isOpen).toBe(false);
  expect(check.isAsking).toBe(false);
  void check.ask(PROMPT); // old news from another process
  await settle();
  expect(posts.length).toBe(2);
});

test('a wrong number brings a new one, and the second miss of a try is told apart', async () => {
  await asked();
  answer = () => json(question({ round: 2, code: '83', notice: 'wrong' }));
  tap('[data-answer="12"]');
  await settle();
  expect(document.querySelector('[data-code]')?.textContent).toBe('83');
  expect(trouble()).toBe('wrong one');
  answer = () => json(question({ round: 3, notice: 'too_quick' }));
  tap('[data-answer="83"]');
  await settle();
  expect(trouble()).toBe('too quick');
});

test('without a network nothing is shown and the prompt may come again', async () => {
  answer = () => Promise.reject(new TypeError('offline'));
  const check = await asked();
  expect(sheet().isOpen).toBe(false);
  expect(check.isAsking).toBe(false);
  answer = () => json(question());
  void check.ask(PROMPT);
  await settle();
  expect(sheet().isOpen).toBe(true);
});

test('a tap on a shaky network is tried until the deadline', async () => {
  await asked();
  answer = () => Promise.reject(new TypeError('offline'));
  tap('[data-answer="47"]');
  await settle(4500);
  expect(posts.length).toBe(4);
  expect(trouble()).toBe('no network');
  answer = () => json({ id: 'c1', result: 'passed', text: '' });
  await settle(2000);
  expect(done).toEqual([true]);
});

test('another way is offered only where the class allows it, and changes what is asked', async () => {
  await asked();
  expect(document.querySelector<HTMLElement>('[data-way="sms_code"]')?.hidden).toBe(false);
  expect(document.querySelector<HTMLElement>('[data-way="camera"]')?.hidden).toBe(true);
  answer = (url) =>
    json(
      url.endsWith('/method/')
        ? question({ method: 'sms_code', round: 2, code: '', choices: [], others: ['click_code'], seconds_left: 180 })
        : { id: 'c1', result: 'passed', text: '' },
    );
  tap('[data-way="sms_code"]');
  await settle();
  expect(document.querySelector<HTMLElement>('form')?.hidden).toBe(false);
  document.querySelector<HTMLInputElement>('[data-sms]')!.value = '123456';
  document.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  await settle();
  expect(posts.slice(-1)).toEqual([['/p/checks/c1/', { round: 2, answer: '123456' }]]);
  expect(done).toEqual([true]);
});

test('a missed check says exactly what to watch again and goes there', async () => {
  await asked();
  answer = () => json({ id: 'c1', result: 'failed', text: '' });
  await settle(63_000);
  expect(document.querySelector<HTMLElement>('[data-check="open"]')?.hidden).toBe(true);
  expect(document.querySelector<HTMLElement>('[data-check="missed"]')?.hidden).toBe(false);
  expect(document.querySelector('[data-when]')?.textContent).toBe('12:05–13:20');
  expect(document.querySelector('[data-again] [data-jump]')?.getAttribute('data-jump')).toBe('725');
  expect(done).toEqual([]);
  tap('[data-again] [data-jump]');
  expect(done).toEqual([false]);
  expect(sheet().isOpen).toBe(false);
});

test('an answer that reached the server in time is no miss, whatever the page saw', async () => {
  await asked();
  answer = () => json({ id: 'c1', result: 'passed', text: '' });
  await settle(63_000);
  expect(done).toEqual([true]);
});

test('a code that can not be sent leaves the question and another way', async () => {
  let first = true;
  answer = () => {
    const refusal = first;
    first = false;
    return refusal ? json({ detail: 'not sent' }, 409) : json(question({ method: 'sms_code', others: ['click_code'] }));
  };
  await asked();
  expect(sheet().isOpen).toBe(true);
  expect(trouble()).toBe('not sent');
});

test('a supervisor is waited for', async () => {
  answer = () => json(question({ method: 'supervised', code: '', choices: [] }));
  await asked();
  await settle(3100);
  answer = () => json({ id: 'c1', result: 'passed', text: '' });
  await settle(3100);
  expect(done).toEqual([true]);
});
