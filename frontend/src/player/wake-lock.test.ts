import { afterEach, expect, test, vi } from 'vitest';
import { ScreenLock } from './wake-lock';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('one lock is held and given back; a refusal is ignored', async () => {
  let held = 0;
  const request = vi.fn(() => {
    held += 1;
    return Promise.resolve({
      release: () => {
        held -= 1;
        return Promise.resolve();
      },
    });
  });
  vi.stubGlobal('navigator', { wakeLock: { request } });
  const lock = new ScreenLock();
  lock.hold();
  await Promise.resolve();
  lock.hold();
  expect([held, request.mock.calls.length]).toEqual([1, 1]);
  lock.release();
  await Promise.resolve();
  expect(held).toBe(0);
  lock.hold();
  lock.release();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(held).toBe(0);
  vi.stubGlobal('navigator', {});
  new ScreenLock().hold();
});
