import { beforeEach, expect, test } from 'vitest';
import type { Beat } from './beat';
import { WatchClock } from './clock';

let ms: number;
let skew: number;
let beats: Beat[];
let boots: number;
let clock: WatchClock;

beforeEach(() => {
  ms = 1000;
  skew = 0;
  beats = [];
  boots = 0;
  clock = new WatchClock({
    firstSeq: 1,
    newBoot: () => `b${(boots += 1)}`,
    tickMs: 15_000,
    now: () => ms,
    wall: () => 1_790_000_000_000 + ms + skew,
    emit: (beat) => beats.push(beat),
  });
});

/** The video runs for `seconds` from `from`, seen four times a second as a browser does. */
function play(from: number, seconds: number, rate = 1): number {
  let at = from;
  clock.running(at, rate);
  for (let i = 0; i < seconds * 4; i += 1) {
    ms += 250;
    at += 0.25 * rate;
    clock.running(at, rate);
  }
  return at;
}
const spans = (): [number, number, string][] => beats.map((beat) => [beat.from_s, beat.to_s, beat.why]);

test('steady watching is cut every 15 s without holes and numbered from one', () => {
  const at = play(0, 40);
  clock.stopped('pause', at);
  expect(spans()).toEqual([
    [0, 15, 'tick'],
    [15, 30, 'tick'],
    [30, 40, 'pause'],
  ]);
  expect(beats.map((beat) => beat.seq)).toEqual([1, 2, 3]);
  expect(beats.map((beat) => beat.to_ms - beat.from_ms)).toEqual([15_000, 15_000, 10_000]);
  expect(beats[1]?.from_ms).toBe(beats[0]?.to_ms);
});

test('a forward jump credits nothing in between', () => {
  play(0, 5);
  clock.stopped('seek');
  play(60, 3);
  clock.stopped('pause', 63);
  expect(spans()).toEqual([
    [0, 5, 'seek'],
    [60, 63, 'pause'],
  ]);
});

test('a jump that no event announced is cut at the last true sample', () => {
  play(0, 5);
  ms += 250;
  clock.running(60, 1);
  ms += 250;
  clock.stopped('pause', 60.25);
  expect(spans()).toEqual([
    [0, 5, 'pause'],
    [60, 60.25, 'pause'],
  ]);
});

test('sleep of the phone is not watching', () => {
  play(0, 5);
  skew = 3_600_000;
  ms += 250;
  clock.running(5.25, 1);
  const at = play(5.25, 2);
  clock.stopped('end', at);
  expect(spans()).toEqual([
    [0, 5, 'pause'],
    [5.25, 7.25, 'end'],
  ]);
  expect(beats.map((beat) => [beat.boot, beat.seq])).toEqual([
    ['b1', 1],
    ['b2', 2],
  ]);
});

test('a frozen timer does not stretch the time: the beat ends where it was last seen', () => {
  play(0, 5);
  ms += 30_000;
  clock.stopped('hidden', 5.1);
  expect(spans()).toEqual([[0, 5, 'hidden']]);
});

test('another rate begins another beat', () => {
  play(0, 5, 1);
  const at = play(5, 4, 1.5);
  clock.stopped('check', at);
  expect(beats.map((beat) => [beat.from_s, beat.to_s, beat.rate])).toEqual([
    [0, 5, 1],
    [5, 11, 1.5],
  ]);
});

test('a video a little ahead of the clock is told as far as the clock went, and the rest is carried over', () => {
  clock.running(0, 1);
  for (let i = 1; i <= 40; i += 1) {
    ms += 500;
    clock.running(i * 0.5 + 0.4, 1);
  }
  clock.stopped('pause', 20.4);
  expect(beats.map((beat) => [beat.from_s, beat.to_s, beat.to_ms - beat.from_ms])).toEqual([
    [0, 15, 15_000],
    [15, 20, 5000],
  ]);
});

test('the last stretch reaches the end of the video exactly', () => {
  play(0, 5);
  ms += 100;
  clock.stopped('end', 5.4);
  expect(spans()).toEqual([[0, 5.4, 'end']]);
});

test('the boot of a sleep that was noticed while resting is new too', () => {
  play(0, 5);
  skew = -60_000;
  ms += 250;
  clock.stopped('pause', 5.25);
  expect(clock.boot).toBe('b2');
});

test('nothing watched, nothing said', () => {
  clock.stopped('pause', 3);
  clock.running(3, 1);
  ms += 100;
  clock.stopped('pause', 3.1);
  clock.running(3.1, 1);
  ms += 5000;
  clock.stopped('pause', 3.1);
  expect(beats).toEqual([]);
  clock.running(3.1, 1);
  ms += 1000;
  clock.stopped('pause', 4.1);
  expect(beats.map((beat) => beat.seq)).toEqual([1]);
});

test('after a pause the frames before the first sample are not lost', () => {
  const at = play(0, 5);
  clock.stopped('pause', at);
  ms += 20_000;
  play(5.068, 3);
  clock.stopped('pause', 8.068);
  expect(spans()).toEqual([
    [0, 5, 'pause'],
    [5, 8.068, 'pause'],
  ]);
  expect(beats[1]?.from_ms).toBe(1000 + 5000 + 20_000 - 68);
});

test('a stretch too short to tell is told with the next one', () => {
  clock.running(0, 1);
  ms += 100;
  clock.stopped('pause', 0.1);
  ms += 5000;
  play(0.12, 2);
  clock.stopped('pause', 2.12);
  expect(spans()).toEqual([[0, 2.12, 'pause']]);
});

test('frames that the time since the end does not allow are not claimed', () => {
  const at = play(0, 5);
  clock.stopped('pause', at);
  ms += 100;
  play(5.3, 3);
  clock.stopped('pause', 8.3);
  expect(spans()[1]).toEqual([5.3, 8.3, 'pause']);
});
