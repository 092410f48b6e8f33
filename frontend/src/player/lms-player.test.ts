import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../elements/lms-countdown';
import type { Beat, PlaySession, Progress } from './beat';
import './lms-player';

let at: number;
let paused: boolean;
let hidden: boolean;
let opened: unknown[];
let beats: Beat[];
let prompt: unknown;
let refusal: Response | null;
let progress: Progress;

const session: PlaySession = {
  session: 's1',
  token: 't1',
  next_seq: 4,
  heartbeat_seconds: 15,
  resume_position: 0,
  duration_seconds: 100,
  max_rate: 1,
  today_left_seconds: 9000,
  notices: [{ code: 'roster', text: 'not on the roster' }],
  playback: {
    master_url: '/m.m3u8',
    native_url: '/n.m3u8',
    poster_url: null,
    captions_url: null,
    captions_language: null,
  },
};

const question = {
  id: 'c1',
  result: null,
  method: 'click_code',
  round: 1,
  code: '47',
  choices: ['47', '12'],
  others: [],
  seconds_left: 60,
  spoken: false,
  notice: '',
};

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  at = 0;
  paused = true;
  hidden = false;
  opened = [];
  beats = [];
  prompt = null;
  refusal = null;
  progress = {
    credited: [[0, 5]],
    pending: [],
    refused: [{ from: 5, to: 9, reason: 'hidden', text: 'went away' }],
    credited_seconds: 5,
    pending_seconds: 0,
    unconfirmed_seconds: 0,
    prompt: null,
    unit_seconds: 100,
    today_left_seconds: 8100,
    modes: [{ mode: 'online', credited_seconds: 33_480, required_seconds: 43_200 }],
    settled_seq: null,
    closed: null,
  };
  vi.stubGlobal('fetch', (url: string, init?: { body?: string }) => {
    if (url.endsWith('/play-sessions/')) {
      opened.push(JSON.parse(init?.body ?? ''));
      return Promise.resolve(refusal ?? Response.json(session, { status: 201 }));
    }
    if (url.endsWith('/progress/')) return Promise.resolve(Response.json(progress));
    if (url.endsWith('/heartbeats/')) {
      const sent = (JSON.parse(init?.body ?? '') as { beats: Beat[] }).beats;
      beats.push(...sent);
      const seq = Math.max(...sent.map((beat) => beat.seq));
      const answer = {
        accepted_seq: seq,
        settled_seq: seq,
        credited_seconds: null,
        pending_seconds: null,
        verdicts: null,
        prompt,
      };
      prompt = null;
      return Promise.resolve(Response.json(answer, { status: 202 }));
    }
    if (url.endsWith('/shown/')) return Promise.resolve(Response.json(question));
    if (url.endsWith('/checks/')) return Promise.resolve(Response.json({ kind: 'presence', id: 'c9' }));
    return Promise.resolve(Response.json({ id: 'c1', result: 'passed', text: '' }));
  });
  vi.spyOn(navigator, 'sendBeacon').mockReturnValue(true);
  Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
  document.body.innerHTML = `<main><b data-figure="credited"></b><b data-figure="online"></b><b data-figure="today"></b><svg data-coverage></svg>
    <ul data-refusals></ul><template data-refusal><li><span data-when></span><button data-jump>again</button></li></template>
    <ul data-notices></ul><template data-notice><li><span data-words></span></li></template>
    <lms-player data-enrolment="7" data-unit="u9" data-unit-seconds="100" data-strings-no-skip="no skipping" data-strings-elsewhere="elsewhere" data-strings-slow="slow" data-strings-no-network="no network">
      <div data-stage><video></video><p data-chip data-state="idle" data-counting="counting"><span data-words></span></p><p data-say hidden><span></span></p>
      <button data-start>play</button></div></lms-player></main>
    <lms-sheet data-presence-sheet><section role="dialog"><div data-check="open"><lms-countdown data-seconds="60"></lms-countdown><div data-choices></div><template data-choice><button type="button"></button></template></div>
      <div data-check="missed" hidden></div></section></lms-sheet>`;
  const video = document.querySelector('video')!;
  const define = (name: string, get: () => unknown, set?: (value: never) => void): void => {
    Object.defineProperty(video, name, { get, ...(set ? { set } : {}), configurable: true });
  };
  define('paused', () => paused);
  define('ended', () => at >= 100);
  define('seeking', () => false);
  define('readyState', () => 4);
  define('duration', () => 100);
  define('buffered', () => ({ length: 1, start: () => 0, end: () => 100 }));
  define(
    'currentTime',
    () => at,
    (value: number) => {
      at = value;
      video.dispatchEvent(new Event('seeking'));
    },
  );
  video.play = () => {
    paused = false;
    video.dispatchEvent(new Event('playing'));
    return Promise.resolve();
  };
  video.pause = () => {
    if (paused) return;
    paused = true;
    video.dispatchEvent(new Event('pause'));
  };
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const chip = (): string | undefined => document.querySelector<HTMLElement>('[data-chip]')?.dataset['state'];
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) {
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(0);
  }
};
async function start(): Promise<void> {
  document.querySelector<HTMLElement>('[data-start]')!.click();
  await settle();
}
async function watch(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 4; i += 1) {
    await vi.advanceTimersByTimeAsync(250);
    if (paused) continue;
    at = Math.min(100, at + 0.25);
    document.querySelector('video')!.dispatchEvent(new Event('timeupdate'));
  }
  await settle();
}

test('nothing is opened before play; the first play opens, counts and numbers on from the server', async () => {
  expect(opened).toEqual([]);
  expect(chip()).toBe('idle');
  await start();
  expect(opened).toEqual([{ enrolment: 7, unit: 'u9' }]);
  expect(chip()).toBe('counting');
  await watch(16);
  expect(beats.map((beat) => [beat.seq, beat.why])).toEqual([[4, 'tick']]);
  expect(document.querySelector('[data-notices]')?.textContent).toBe('not on the roster');
});

test('the figures are those of the server', async () => {
  await start();
  await watch(20);
  expect(document.querySelector('[data-figure="credited"]')?.textContent).toBe('0:05');
  expect(document.querySelector('[data-figure="online"]')?.textContent).toBe('12.4');
  expect(document.querySelector('[data-figure="today"]')?.textContent).toBe('3');
  expect(document.querySelector('[data-when]')?.textContent).toBe('0:05–0:09');
});

test('on the first viewing a jump ahead comes back to what was watched', async () => {
  await start();
  await watch(4);
  document.querySelector('video')!.currentTime = 80;
  expect(at).toBeLessThan(10);
  expect(document.querySelector('[data-say] span')?.textContent).toBe('no skipping');
});

test('a page that nobody sees stops the video and says so at once', async () => {
  await start();
  await watch(5);
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  expect(paused).toBe(true);
  expect(beats.map((beat) => beat.why)).toEqual(['hidden']);
});

test('a presence check pauses first, then asks, and goes on after the tap', async () => {
  await start();
  prompt = { kind: 'presence', id: 'c1', deadline_s: 60 };
  await watch(18);
  expect(paused).toBe(true);
  expect(chip()).toBe('waiting');
  expect(document.querySelector('lms-sheet')?.hasAttribute('open')).toBe(true);
  document.querySelector<HTMLElement>('[data-answer="47"]')!.click();
  await settle();
  expect(document.querySelector('lms-sheet')?.hasAttribute('open')).toBe(false);
  expect(paused).toBe(false);
});

test('another device takes over: the video stops; pressing play takes the clock back', async () => {
  await start();
  prompt = { kind: 'superseded' };
  await watch(16);
  expect([chip(), paused]).toEqual(['elsewhere', true]);
  expect(document.querySelector('[data-say] span')?.textContent).toBe('elsewhere');
  await start();
  expect(opened.length).toBe(2);
  expect(chip()).toBe('counting');
});

test('a refused opening shows the words of the server and can be tried again', async () => {
  refusal = Response.json({ detail: 'finish lesson 8 first' }, { status: 409 });
  await start();
  expect(chip()).toBe('failed');
  expect(document.querySelector('[data-say] span')?.textContent).toBe('finish lesson 8 first');
  refusal = null;
  await start();
  expect(chip()).toBe('counting');
});

test('the end of the video is told as the end', async () => {
  progress = { ...progress, credited: [[0, 100]], refused: [] };
  await start();
  at = 96;
  await watch(6);
  paused = true;
  document.querySelector('video')!.dispatchEvent(new Event('pause'));
  await settle();
  expect(beats[beats.length - 1]).toMatchObject({ why: 'end', to_s: 100 });
});

test('without network the opening goes on by itself, and the first answer starts the video', async () => {
  const online = globalThis.fetch;
  let calls = 0;
  vi.stubGlobal('fetch', (url: string) => {
    if (url.endsWith('/play-sessions/')) calls += 1;
    return Promise.reject(new TypeError('no network'));
  });
  await start();
  expect([chip(), calls]).toEqual(['loading', 1]);
  expect(document.querySelector('[data-say] span')?.textContent).toBe('no network');
  vi.stubGlobal('fetch', online);
  window.dispatchEvent(new Event('online'));
  await settle();
  expect(opened.length).toBe(1);
  expect([chip(), paused]).toEqual(['counting', false]);
  expect(document.querySelector<HTMLElement>('[data-say]')?.hidden).toBe(true);
});

test('a picture that stands although nobody paused is told and brought back; a learner who pauses is left alone', async () => {
  await start();
  await watch(4);
  const video = document.querySelector('video')!;
  let nudged = 0;
  video.addEventListener('seeking', () => (nudged += 1));
  await vi.advanceTimersByTimeAsync(7000);
  expect(document.querySelector('[data-say] span')?.textContent).toBe('slow');
  expect(nudged).toBe(1);
  await watch(2);
  expect(document.querySelector<HTMLElement>('[data-say]')?.hidden).toBe(true);
  document.querySelector<HTMLElement>('[data-start]')!.click();
  expect(paused).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([paused, nudged]).toEqual([true, 1]);
});

test('what waits is confirmed by a button, and the picture that stood goes on standing', async () => {
  await start();
  await watch(3);
  document.querySelector('video')!.pause();
  document.body.insertAdjacentHTML('beforeend', '<button data-confirm>confirm now</button>');
  document.querySelector<HTMLElement>('[data-confirm]')!.click();
  await settle();
  expect(document.querySelector('lms-sheet')?.hasAttribute('open')).toBe(true);
  document.querySelector<HTMLElement>('[data-answer="47"]')!.click();
  await settle();
  expect([document.querySelector('lms-sheet')?.hasAttribute('open'), paused]).toEqual([false, true]);
});

test('two misses end the session with the words of the server; play opens a new one', async () => {
  await start();
  prompt = { kind: 'check_failed', text: 'two in a row' };
  await watch(16);
  expect([chip(), paused]).toEqual(['failed', true]);
  expect(document.querySelector('[data-say] span')?.textContent).toBe('two in a row');
  await start();
  expect(opened.length).toBe(2);
});
