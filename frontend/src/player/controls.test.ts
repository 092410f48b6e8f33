import { afterEach, beforeEach, expect, test } from 'vitest';
import { Controls, type ControlsHost } from './controls';

let controls: Controls;
let host: ControlsHost & { toggled: number; blocked: number };

beforeEach(() => {
  document.body.innerHTML = `<div class="stage"><video></video><button data-rate>1.0×</button><div class="stage-bar">
    <button data-toggle data-play="Play" data-pause="Pause"><svg data-when-paused></svg><svg data-when-playing hidden></svg></button>
    <output data-now></output><svg><rect data-played></rect></svg><input type="range" data-seek min="0" max="100"><output data-length></output>
    <button data-captions-toggle></button></div></div><p>text</p><textarea></textarea>`;
  const video = document.querySelector('video')!;
  let at = 0;
  let rate = 1;
  Object.defineProperty(video, 'duration', { value: 100, configurable: true });
  Object.defineProperty(video, 'currentTime', {
    get: () => at,
    set: (value: number) => (at = value),
    configurable: true,
  });
  Object.defineProperty(video, 'playbackRate', {
    get: () => rate,
    set: (value: number) => (rate = value),
    configurable: true,
  });
  Object.defineProperty(video, 'textTracks', { value: [], configurable: true });
  host = {
    video,
    stage: document.querySelector<HTMLElement>('.stage')!,
    captions: { on: true, toggle: () => undefined },
    limit: () => 40,
    maxRate: () => 1.5,
    toggle: () => (host.toggled += 1),
    onBlockedSeek: () => (host.blocked += 1),
    toggled: 0,
    blocked: 0,
  };
  controls = new Controls(host);
});
afterEach(() => {
  controls.destroy();
  document.body.innerHTML = '';
});
const key = (name: string, target: Element = document.body): boolean =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));

test('the seek line goes no further than what was watched, and says so', () => {
  const seek = document.querySelector('input')!;
  seek.value = '30';
  seek.dispatchEvent(new Event('change'));
  expect([host.video.currentTime, host.blocked]).toEqual([30, 0]);
  seek.value = '90';
  seek.dispatchEvent(new Event('change'));
  expect([host.video.currentTime, host.blocked]).toEqual([40, 1]);
  controls.nudge(-100);
  expect(host.video.currentTime).toBe(0);
});

test('keys work on the page but never while typing', () => {
  key(' ');
  key('ArrowRight');
  expect([host.toggled, host.video.currentTime]).toEqual([1, 5]);
  key(' ', document.querySelector('textarea')!);
  key('ArrowRight', document.querySelector('input')!);
  expect([host.toggled, host.video.currentTime]).toEqual([1, 5]);
});

test('keys rest while a sheet is open', () => {
  host.stage.setAttribute('inert', '');
  key(' ');
  expect(host.toggled).toBe(0);
});

test('the rate goes round within what still counts', () => {
  const button = document.querySelector<HTMLElement>('[data-rate]')!;
  const seen: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    button.click();
    seen.push(host.video.playbackRate);
  }
  expect(seen).toEqual([1.25, 1.5, 1, 1.25]);
});

/** What a pointer does on the picture: down, the moves of a trembling finger, up, click. */
const touch = (pointerType: string): void => {
  for (const name of ['pointerdown', 'pointermove', 'pointerup']) {
    const event = new Event(name, { bubbles: true });
    Object.defineProperty(event, 'pointerType', { value: pointerType });
    host.video.dispatchEvent(event);
  }
  host.video.click();
};

test('a touch on the quiet picture only shows the bar, however much the finger trembles; the next one pauses', () => {
  host.stage.classList.add('stage-quiet');
  touch('touch');
  expect([host.toggled, host.stage.classList.contains('stage-quiet')]).toEqual([0, false]);
  touch('touch');
  expect(host.toggled).toBe(1);
});

test('a mouse shows the bar by moving and pauses with its first click', () => {
  host.stage.classList.add('stage-quiet');
  touch('mouse');
  expect([host.toggled, host.stage.classList.contains('stage-quiet')]).toEqual([1, false]);
});

test('figures and names follow the video', () => {
  host.video.currentTime = 25;
  host.video.dispatchEvent(new Event('timeupdate'));
  expect(document.querySelector('[data-now]')?.textContent).toBe('0:25');
  expect(document.querySelector('[data-length]')?.textContent).toBe('1:40');
  expect(document.querySelector('[data-played]')?.getAttribute('width')).toBe('25.00');
  expect(document.querySelector('[data-toggle]')?.getAttribute('aria-label')).toBe('Play');
  expect(document.querySelector('input')?.getAttribute('aria-valuetext')).toBe('0:25 / 1:40');
});
