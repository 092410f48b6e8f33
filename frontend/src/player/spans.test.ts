import { expect, test } from 'vitest';
import type { Coverage } from './beat';
import { frontier, gaps, openRefusals, subtract, union } from './spans';

const none: Coverage = { credited: [], pending: [], refused: [] };

test('union sorts, merges and closes small holes', () => {
  expect(
    union(
      [
        [10, 20],
        [0, 5],
        [4, 6],
        [20.5, 30],
        [40, 40],
      ],
      1,
    ),
  ).toEqual([
    [0, 6],
    [10, 30],
  ]);
});

test('subtract cuts holes out', () => {
  expect(
    subtract(
      [[0, 100]],
      [
        [0, 10],
        [50, 60],
        [90, 120],
      ],
    ),
  ).toEqual([
    [10, 50],
    [60, 90],
  ]);
  expect(subtract([[0, 10]], [[0, 10]])).toEqual([]);
});

test('gaps are what is neither credited nor pending', () => {
  const coverage: Coverage = { ...none, credited: [[0, 725]], pending: [[800, 1000]] };
  expect(gaps(coverage, 1450)).toEqual([
    [725, 800],
    [1000, 1450],
  ]);
  expect(gaps({ ...none, credited: [[0, 99.4]] }, 100)).toEqual([]);
});

test('a refused part that was watched again is no longer shown', () => {
  const coverage: Coverage = {
    credited: [[0, 725]],
    pending: [[740, 760]],
    refused: [
      { from: 700, to: 800, reason: 'hidden', text: 'x' },
      { from: 100, to: 200, reason: 'hidden', text: 'y' },
    ],
  };
  expect(openRefusals(coverage).map((one) => [one.from, one.to])).toEqual([
    [725, 740],
    [760, 800],
  ]);
});

test('the frontier is the furthest second ever watched', () => {
  expect(frontier(none)).toBe(0);
  expect(
    frontier({ credited: [[0, 10]], pending: [[20, 30]], refused: [{ from: 30, to: 45, reason: '', text: '' }] }),
  ).toBe(45);
});
