import { expect, test } from 'vitest';
import { Patience } from './patience';

let now = 0;
const make = (): Patience => {
  now = 100_000;
  return new Patience({ returnMs: 20_000, idleMs: 600_000, now: () => now });
};

test('a prompt waits while the page is not calm and for twenty seconds after a return', () => {
  const patience = make();
  expect(patience.mayAsk('c1', false)).toBe(false);
  expect(patience.mayAsk('c1', true)).toBe(true);
  patience.returned();
  expect(patience.mayAsk('c2', true)).toBe(false);
  now += 20_000;
  expect(patience.mayAsk('c2', true)).toBe(true);
});

test('returning again and again puts a prompt off, but not for ever', () => {
  const patience = make();
  for (let time = 0; time < 4; time += 1) {
    patience.returned();
    expect(patience.mayAsk('c1', true)).toBe(false);
    now += 10_000;
  }
  expect(patience.mayAsk('c1', true)).toBe(true);
});

test('nobody has touched the page for ten minutes: told once, then again after a minute', () => {
  const patience = make();
  now += 599_000;
  expect(patience.isIdle(true)).toBe(false);
  patience.touch();
  now += 600_000;
  expect(patience.isIdle(false)).toBe(false);
  expect(patience.isIdle(true)).toBe(true);
  expect(patience.isIdle(true)).toBe(false);
  now += 60_000;
  expect(patience.isIdle(true)).toBe(true);
});
