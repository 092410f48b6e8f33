import { expect, test } from 'vitest';
import { StallWatch, hasData, type Picture, type Remedy } from './rescue';

const picture = (currentTime: number, upTo: number | null, paused = false): Picture => ({
  currentTime,
  paused,
  buffered: { length: upTo === null ? 0 : 1, start: () => 0, end: () => upTo ?? 0 },
});

/** Remedies by the second at which they came. */
function standStill(where: Picture, seconds: number): [number, Remedy][] {
  let now = 0;
  const watch = new StallWatch(() => now);
  const found: [number, Remedy][] = [];
  for (; now <= seconds * 1000; now += 1000) {
    const remedy = watch.due(where);
    if (remedy !== null) found.push([now / 1000, remedy]);
  }
  return found;
}

test('a picture that stands with data ahead is nudged, loaded anew, then attached anew, again and again', () => {
  expect(standStill(picture(2613.5, 2680), 60)).toEqual([
    [3, 'nudge'],
    [6, 'reload'],
    [9, 'restart'],
    [29, 'restart'],
    [49, 'restart'],
  ]);
});

test('without data it is the network: it gets time, then it is asked', () => {
  expect(standStill(picture(30, 30), 62)).toEqual([
    [12, 'ask'],
    [40, 'restart'],
    [60, 'restart'],
  ]);
});

test('a pause that nobody wanted is ended, not more often than every three seconds', () => {
  expect(standStill(picture(5, 60, true), 7)).toEqual([
    [1, 'resume'],
    [4, 'resume'],
    [7, 'resume'],
  ]);
});

test('a picture that moves needs nothing, and a rest starts the clock anew', () => {
  let now = 0;
  const watch = new StallWatch(() => now);
  for (let at = 0; at < 20; at += 1, now += 1000) expect(watch.due(picture(at, 60))).toBeNull();
  now += 3900;
  expect(watch.standing).toBeCloseTo(4.9);
  watch.rest();
  expect(watch.standing).toBe(0);
  expect(watch.due(picture(19, 60))).toBeNull();
});

test('data behind a hole is data, the last frames before the end of the buffer are not', () => {
  expect(hasData(picture(10, 10.5))).toBe(false);
  expect(hasData({ ...picture(10, null), buffered: { length: 1, start: () => 400, end: () => 480 } })).toBe(false);
  expect(
    hasData({ ...picture(10, null), buffered: { length: 2, start: (i) => [0, 16][i]!, end: (i) => [10, 40][i]! } }),
  ).toBe(true);
});
